"""Tools for films outside projects: look, take frames out, make a film of pictures, put sound to
it, rescale, rotate, slice. Times, rotation, colours and all sound are kept; what can be copied is
not encoded; no file is replaced unless --overwrite says so."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from engine.launch import ask
from fstui.cli import add_global_options
from fstui.commands.shared import add_json, print_answer, require_writing, say
from fstui.model import words
from fstui.model.answers.engine import MediaAnswer, RateAnswer

LOOKS = {"info": MediaAnswer, "fps": RateAnswer}
"""The verbs that write nothing, and what they answer with."""
STRETCH = {
    "--frames": "only these frames, from 1, as in 1-250,300-",
    "--times": "only these times, as in 0:10-0:25.5",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """A verb, the source, the result and what the verb needs."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)

    def verb(name: str, about: str, source: str, out: str = "") -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=about, description=about)
        made.add_argument("source", metavar=source)
        if out:
            made.add_argument("out", metavar=out)
            made.add_argument("--overwrite", action="store_true", help="replace what is there")
        else:
            add_json(made, LOOKS[name])
        add_global_options(made)
        return made

    verb("info", "every stream, chapter and tag of a film", "FILE")
    verb("fps", "rate as declared and as measured, frames", "FILE")
    extract = verb("extract", "frames of a film as numbered pictures", "FILM", "FOLDER")
    make = verb("make", "a film of a folder of pictures", "FOLDER", "FILM")
    cut = verb("slice", "a stretch of a film, copied where that is exact", "FILM", "OUT")
    sound = verb("sound", "another file's sound put to a film", "FILM", "OUT")
    rescale = verb("rescale", "a film at another size", "FILM", "OUT")
    rotate = verb("rotate", "a film turned clockwise or mirrored", "FILM", "OUT")
    sound.add_argument("--from", dest="sound", required=True, metavar="FILE", help="its tracks")
    sound.add_argument(
        "--delay", type=float, default=0.0, metavar="S", help="begin so many seconds later"
    )
    sound.add_argument("--keep", action="store_true", help="keep the film's own tracks too")
    rescale.add_argument("--size", required=True, help="as 1280x720, 1280x, x720 or 50%%")
    rotate.add_argument("--degrees", type=int, default=0, help="90, 180 or 270, clockwise")
    rotate.add_argument(
        "--flip", default="", choices=("horizontal", "vertical"), help="mirrored, after the turn"
    )
    rotate.add_argument(
        "--pixels", action="store_true", help="turn the pictures, not what the file says of them"
    )
    extract.add_argument("--kind", default="png", help="png, jpg, tif, webp, bmp (default png)")
    extract.add_argument("--every", type=int, default=1, metavar="N", help="every Nth frame")
    for tool in (extract, cut):
        for flag, about in STRETCH.items():
            tool.add_argument(flag, default="", metavar="SPANS", help=about)
    make.add_argument("--fps", default="", metavar="RATE", help="as 25 or 30000/1001 (default 25)")
    make.add_argument("--like", metavar="FILM", help="times, sound and colours of this film")
    cut.add_argument(
        "--keys", action="store_true", help="widen to key frames, so that nothing is encoded"
    )
    for tool in (make, cut, rescale, rotate):
        tool.add_argument(
            "--crf", type=int, default=18, metavar="0-51", help="quality if encoded (default 18)"
        )


def run(args: argparse.Namespace) -> int:
    """Ask the engine, say what it did."""
    if args.verb not in LOOKS:
        require_writing(args)
    answer = ask("media-tool", args.verb, json.dumps(_settings(args)))
    if args.verb in LOOKS and args.json:
        print_answer(LOOKS[args.verb], answer)
    else:
        say(*SAID[args.verb](answer))
        say(*(f"Warning: {text}" for text in answer.get("said", [])))
    return 0


SETTINGS = (
    "out overwrite kind every frames times fps like keys crf sound delay keep size degrees flip "
    "pixels"
).split()
PATHS = ("out", "like", "sound")


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    """The verb's settings; paths count from here, wherever the engine runs."""
    given = {name: getattr(args, name) for name in SETTINGS if hasattr(args, name)}
    paths = {"source": args.source, **{k: given[k] for k in PATHS if given.get(k)}}
    return given | {k: str(Path(v).expanduser().absolute()) for k, v in paths.items()}


# --- what is said ----------------------------------------------------------------------------


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
