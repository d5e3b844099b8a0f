"""The media tools: one table that command line and form are made from, one way to run them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.errors import BadInput
from engine.launch import ask
from fstui.i18n import later, tr
from fstui.model.commandline import flag_words
from fstui.places import typed_path


class Option(NamedTuple):
    """What a tool can be told beside its source and its result."""

    name: str
    """As the engine takes it."""
    help: str
    default: Any = ""
    """False for a switch; None for a path that need not be."""
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    flag: str = ""
    """Where it is another one than its name says."""
    required: bool = False

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off."""
        return self.default is False


class Tool(NamedTuple):
    """One action on films outside projects."""

    verb: str
    about: str
    source: str
    """FILE, FILM or FOLDER."""
    out: str = ""
    """The same of what is written; none of a look."""
    options: tuple[Option, ...] = ()

    @property
    def all_options(self) -> tuple[Option, ...]:
        """Its own, and what all have that write."""
        return (*self.options, OVERWRITE) if self.out else self.options


OVERWRITE = Option("overwrite", later("replace what is there"), False)
STRETCH = (
    Option("frames", later("only these frames, from 1, as in 1-250,300-"), metavar="SPANS"),
    Option("times", later("only these times, as in 0:10-0:25.5"), metavar="SPANS"),
)
CRF = Option("crf", later("quality if encoded (default 18)"), 18, "0-51")

TOOLS = (
    Tool("info", later("every stream, chapter and tag of a film"), "FILE"),
    Tool("fps", later("rate as declared and as measured, frames"), "FILE"),
    Tool(
        "extract",
        later("frames of a film as numbered pictures"),
        "FILM",
        "FOLDER",
        (
            Option("kind", later("png, jpg, tif, webp, bmp (default png)"), "png"),
            Option("every", later("every Nth frame"), 1, "N"),
            *STRETCH,
        ),
    ),
    Tool(
        "make",
        later("a film of a folder of pictures"),
        "FOLDER",
        "FILM",
        (
            Option("fps", later("as 25 or 30000/1001 (default 25)"), metavar="RATE"),
            Option("like", later("times, sound and colours of this film"), None, "FILM"),
            CRF,
        ),
    ),
    Tool(
        "slice",
        later("a stretch of a film, copied where that is exact"),
        "FILM",
        "OUT",
        (
            *STRETCH,
            Option("keys", later("widen to key frames, so that nothing is encoded"), False),
            CRF,
        ),
    ),
    Tool(
        "sound",
        later("another file's sound put to a film"),
        "FILM",
        "OUT",
        (
            Option("sound", later("its tracks"), None, "FILE", flag="--from", required=True),
            Option("delay", later("begin so many seconds later"), 0.0, "S"),
            Option("keep", later("keep the film's own tracks too"), False),
        ),
    ),
    Tool(
        "rescale",
        later("a film at another size"),
        "FILM",
        "OUT",
        (Option("size", later("as 1280x720, 1280x, x720 or 50%"), required=True), CRF),
    ),
    Tool(
        "rotate",
        later("a film turned clockwise or mirrored"),
        "FILM",
        "OUT",
        (
            Option("degrees", later("90, 180 or 270, clockwise"), 0),
            Option("flip", later("mirrored, after the turn"), choices=("horizontal", "vertical")),
            Option("pixels", later("turn the pictures, not what the file says of them"), False),
            CRF,
        ),
    ),
)
PATHS = ("source", "out", "like", "sound")


def tool(verb: str) -> Tool:
    """A tool by its verb."""
    return next(one for one in TOOLS if one.verb == verb)


def run(verb: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Let the engine do it: what it did or found. Paths count from here, wherever it runs.

    Raises `BadInput` for what is missing, and as the engine does.
    """
    answer: dict[str, Any] = ask("media-tool", verb, json.dumps(_taken(tool(verb), values)))
    return answer


def command_words(verb: str, values: Mapping[str, Any]) -> list[str]:
    """The words of the command media that does the same. Raises `BadInput` for what is missing."""
    asked = tool(verb)
    taken = _taken(asked, values)
    words = ["media", verb, taken["source"], *([taken["out"]] if asked.out else [])]
    for option in asked.all_options:
        value, flag = taken[option.name], option.flag or f"--{option.name}"
        if option.is_switch:
            words += [flag] if value else []
        elif value and value != option.default:
            words += flag_words(flag, value)
    return words


def _taken(asked: Tool, values: Mapping[str, Any]) -> dict[str, Any]:
    """All that a tool takes, paths absolute. Raises `BadInput` for what is missing."""
    needed = ["source", *(["out"] if asked.out else [])]
    needed += [option.name for option in asked.options if option.required]
    for name in needed:
        if not values.get(name):
            needs = tr("media {verb} needs a {name}: name one.")
            raise BadInput(needs.format(verb=asked.verb, name=name))
    taken = {name: values[name] for name in needed}
    taken |= {o.name: values.get(o.name, o.default) for o in asked.all_options}
    paths = {name: taken[name] for name in PATHS if taken.get(name)}
    return taken | {name: str(typed_path(str(path))) for name, path in paths.items()}
