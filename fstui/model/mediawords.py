"""What the media tools found or did, in lines."""

from __future__ import annotations

from typing import Any

from . import words


def said(verb: str, told: dict[str, Any]) -> list[str]:
    """The engine's answer to a tool, its warnings last."""
    return [*SAID[verb](told), *(f"Warning: {text}" for text in told.get("said", []))]


def _info(told: dict[str, Any]) -> list[str]:
    rate = f"{told['fps_num'] / told['fps_den']:.6g} frames a second"
    turned = f", turned {told['rotation']} degrees" if told["rotation"] else ""
    lines = [
        f"{told['kind']}, {told['container'] or told['codec']}, {told['width']}x{told['height']}"
        f"{turned}, {rate}{' (varies)' if told['vfr'] else ''}, "
        f"{told['frames'] or 'unknown number of'} frames, {_clock(told['duration_s'])}",
    ]
    lines += [_stream(stream) for stream in told["streams"]]
    lines += [f"chapter {_clock(c['start_s'])}  {c['title']}" for c in told["chapters"]]
    lines += [f"{name}: {value}" for name, value in told["metadata"].items()]
    return (
        lines
        + [f"It {text}" for text in (told["note"],) if text]
        + [f"Warning: {text}" for text in (told["problem"],) if text]
    )


def _stream(stream: dict[str, Any]) -> str:
    parts = [f"stream {stream['index']}  {stream['type']}  {stream['codec']}"]
    if stream["type"] == "video":
        colours = "/".join(str(number) for number in stream["colours"].values())
        parts += [
            f"{stream['width']}x{stream['height']}", stream["pixel_format"], stream["rate"],
            f"colours {colours}",
        ]  # fmt: skip
    elif stream["type"] == "audio":
        parts += [f"{stream['rate_hz']} Hz", stream["layout"]]
    parts += [stream["language"], stream["title"]]
    return "  ".join(part for part in parts if part)


def _fps(told: dict[str, Any]) -> list[str]:
    varies = (
        f", varies: a frame lasts {told['shortest_s']:.4f} to {told['longest_s']:.4f} s"
        if told["varies"]
        else ""
    )
    measured = f", measured {told['measured_fps']:.6g}" if told["measured_fps"] else ""
    return [
        f"{told['fps']:.6g} ({told['rate']}){measured}, "
        f"{words.plural(told['frames'], 'frame')}{varies}"
    ]


def _made(told: dict[str, Any]) -> list[str]:
    problem = [f"Warning: the film {told['problem']}"] if told.get("problem") else []
    return [f"{told['path']}: {words.plural(told['frames'], 'frame')}.", *problem]


def _slice(told: dict[str, Any]) -> list[str]:
    how = (
        "the pictures were encoded anew, for a cut is not on a key frame (--keys avoids that)"
        if told["encoded"]
        else "copied as it was"
    )
    return [f"{told['path']}: frames {told['first']} to {told['last']}, {how}."]


def _sound(told: dict[str, Any]) -> list[str]:
    return [f"{told['path']}: {words.plural(told['tracks'], 'track')} put to it."]


def _rescale(told: dict[str, Any]) -> list[str]:
    return [f"{told['path']}: {told['width']}x{told['height']}."]


def _rotate(told: dict[str, Any]) -> list[str]:
    how = "the pictures were turned and encoded anew" if told["encoded"] else "copied as it was"
    return [f"{told['path']}: turned, {how}."]


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return "unknown length"
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
