"""What the media tools found or did, in lines."""

from __future__ import annotations

from typing import Any

from fstui.i18n import tr, tr_n

from . import words


def said(verb: str, told: dict[str, Any]) -> list[str]:
    """The engine's answer to a tool, its warnings last."""
    return [*SAID[verb](told), *map(_warning, told.get("said", []))]


def _warning(text: str) -> str:
    return tr("Warning: {text}").format(text=text)


def _frames(count: int) -> str:
    return tr_n("{n} frame", "{n} frames", count).format(n=words.count(count))


def _info(told: dict[str, Any]) -> list[str]:
    head = tr("{kind}, {container}, {size}{turned}, {rate} a second{varies}, {frames}, {time}")
    turned = tr(", turned {n} degrees").format(n=told["rotation"]) if told["rotation"] else ""
    lines = [
        head.format(
            kind=told["kind"],
            container=told["container"] or told["codec"],
            size=f"{told['width']}x{told['height']}",
            turned=turned,
            rate=tr("{n:.6g} frames").format(n=told["fps_num"] / told["fps_den"]),
            varies=tr(" (varies)") if told["vfr"] else "",
            frames=_frames(told["frames"]) if told["frames"] else tr("unknown number of frames"),
            time=_clock(told["duration_s"]),
        )
    ]
    lines += [_stream(stream) for stream in told["streams"]]
    chapter = tr("chapter")
    lines += [f"{chapter} {_clock(c['start_s'])}  {c['title']}" for c in told["chapters"]]
    lines += [f"{name}: {value}" for name, value in told["metadata"].items()]
    lines += [tr("It {text}").format(text=told["note"])] if told["note"] else []
    return lines + ([_warning(told["problem"])] if told["problem"] else [])


def _stream(stream: dict[str, Any]) -> str:
    named = tr("stream")
    parts = [f"{named} {stream['index']}  {stream['type']}  {stream['codec']}"]
    if stream["type"] == "video":
        colours = [tr("colours"), "/".join(str(number) for number in stream["colours"].values())]
        parts += [
            f"{stream['width']}x{stream['height']}", stream["pixel_format"], stream["rate"],
            " ".join(colours),
        ]  # fmt: skip
    elif stream["type"] == "audio":
        parts += [f"{stream['rate_hz']} Hz", stream["layout"]]
    parts += [stream["language"], stream["title"]]
    return "  ".join(part for part in parts if part)


def _fps(told: dict[str, Any]) -> list[str]:
    parts = [f"{told['fps']:.6g} ({told['rate']})"]
    if told["measured_fps"]:
        parts.append(tr("measured {rate:.6g}").format(rate=told["measured_fps"]))
    parts.append(_frames(told["frames"]))
    if told["varies"]:
        varies = tr("varies: a frame lasts {shortest:.4f} to {longest:.4f} s")
        parts.append(varies.format(shortest=told["shortest_s"], longest=told["longest_s"]))
    return [", ".join(parts)]


def _made(told: dict[str, Any]) -> list[str]:
    problem = told.get("problem")
    warnings = [_warning(tr("the film {problem}").format(problem=problem))] if problem else []
    return [f"{told['path']}: {_frames(told['frames'])}.", *warnings]


def _slice(told: dict[str, Any]) -> list[str]:
    anew = tr(
        "the pictures were encoded anew, for a cut is not on a key frame (--keys avoids that)"
    )
    how = anew if told["encoded"] else tr("copied as it was")
    said = tr("{path}: frames {first} to {last}, {how}.")
    return [said.format(path=told["path"], first=told["first"], last=told["last"], how=how)]


def _sound(told: dict[str, Any]) -> list[str]:
    put = tr_n("{path}: {n} track put to it.", "{path}: {n} tracks put to it.", told["tracks"])
    return [put.format(path=told["path"], n=told["tracks"])]


def _rescale(told: dict[str, Any]) -> list[str]:
    return [f"{told['path']}: {told['width']}x{told['height']}."]


def _rotate(told: dict[str, Any]) -> list[str]:
    anew = tr("the pictures were turned and encoded anew")
    how = anew if told["encoded"] else tr("copied as it was")
    return [tr("{path}: turned, {how}.").format(path=told["path"], how=how)]


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return tr("unknown length")
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:06.3f}"


SAID = {
    "info": _info,
    "fps": _fps,
    "extract": _made,
    "make": _made,
    "sound": _sound,
    "rescale": _rescale,
    "rotate": _rotate,
    "slice": _slice,
}
