"""Settings of each stage: one struct a stage, each field with bounds, default, unit and help.

One definition serves the command line's flags, the forms of the interface, validation and the
documentation. Light: msgspec and the standard library only.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, get_args, get_origin

import msgspec
from msgspec import Meta

from engine.errors import BadInput
from engine.protocol import safe_text

ENGINE = Path(__file__).resolve().parent


class ExtractSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Find, describe and crop faces."""

    frames: Annotated[str, Meta(description="only these frames, from 1, as in 1-250,300-")] = ""
    times: Annotated[str, Meta(description="only these times, as in 0:10-0:25.5,1:02-")] = ""
    every: Annotated[int, Meta(ge=1, le=1000, description="look at every nth frame: 1 is all")] = 1
    detector: Annotated[
        str, Meta(description="network that finds faces", extra={"folder": "extract/detect"})
    ] = "fullrange"
    confidence: Annotated[
        float, Meta(ge=0.05, le=1.0, description="how sure it must be that something is a face")
    ] = 0.5
    rotate: Annotated[
        str,
        Meta(
            description="look again at empty frames turned: 90, or 90,270",
            extra={"unit": "degrees"},
        ),
    ] = ""
    aligner: Annotated[
        str,
        Meta(
            description="network that finds the points of a face", extra={"folder": "extract/align"}
        ),
    ] = "mesh"
    presence: Annotated[
        float,
        Meta(ge=0.0, le=1.0, description="how sure the mesh must be that it is a face"),
    ] = 0.5
    refeed: Annotated[
        int,
        Meta(
            ge=0,
            le=10,
            description="average the points of so many shifted crops more",
        ),
    ] = 0
    realign: Annotated[bool, Meta(description="find the points again on an upright crop")] = False
    normalise: Annotated[
        Literal["none", "clahe", "hist", "mean"],
        Meta(description="even out the light of what the aligner sees"),
    ] = "none"
    faces_file: Annotated[
        str,
        Meta(
            description="boxes and points for the networks called file",
            extra={"path": True},
        ),
    ] = ""
    smooth: Annotated[
        int,
        Meta(
            ge=0,
            le=15,
            description="smooth points over so many frames each way; 0 is off",
        ),
    ] = 0
    min_face: Annotated[
        float,
        Meta(
            ge=0,
            le=100,
            description="reject smaller boxes, of the frame's short side",
            extra={"unit": "%"},
        ),
    ] = 0.0
    max_face: Annotated[
        float,
        Meta(
            ge=0,
            le=500,
            description="reject larger boxes; 0 is no limit",
            extra={"unit": "%"},
        ),
    ] = 0.0
    max_misalignment: Annotated[
        float,
        Meta(
            ge=0,
            le=45,
            description="reject points further from the mean face; 0 is off",
            extra={"unit": "%"},
        ),
    ] = 0.0
    max_roll: Annotated[
        float,
        Meta(
            ge=0,
            le=180,
            description="reject heads that are tilted more; 0 is no limit",
            extra={"unit": "degrees"},
        ),
    ] = 0.0
    upside_down: Annotated[bool, Meta(description="keep faces whose eyes are below the mouth")] = (
        True
    )
    size: Annotated[
        int,
        Meta(
            ge=128,
            le=1024,
            multiple_of=64,
            description="width and height of a saved face picture",
            extra={"unit": "px"},
        ),
    ] = 512
    masks: Annotated[
        str,
        Meta(
            description="masks to store with each face, commas between",
            extra={"folder": "extract/segment", "many": True},
        ),
    ] = ""
    mask_size: Annotated[
        int,
        Meta(
            ge=64,
            le=1024,
            multiple_of=64,
            description="width and height of a stored mask",
            extra={"unit": "px"},
        ),
    ] = 128
    identity: Annotated[bool, Meta(description="measure who each face is: tells likeness")] = True
    filter: Annotated[
        str,
        Meta(
            description="keep only the people of this picture or folder",
            extra={"path": True},
        ),
    ] = ""
    nfilter: Annotated[
        str,
        Meta(
            description="reject the people of this picture or folder",
            extra={"path": True},
        ),
    ] = ""
    threshold: Annotated[
        float,
        Meta(
            ge=0.1,
            le=1.5,
            description="nearer identities than this are one person",
        ),
    ] = 0.5
    batch: Annotated[
        int, Meta(ge=1, le=256, description="frames looked at together: fewer need less memory")
    ] = 16


class TrainSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Learn one shared encoder and a decoder for each person."""

    model: Annotated[
        str, Meta(description="network that is trained", extra={"folder": "train/models"})
    ] = "original"
    iterations: Annotated[int, Meta(ge=1, le=100_000_000, description="stop at this iteration")] = (
        1_000_000
    )
    seconds: Annotated[
        float,
        Meta(ge=0, description="stop after this training time; 0 is no limit", extra={"unit": "s"}),
    ] = 0.0
    batch: Annotated[
        int,
        Meta(
            ge=1,
            le=256,
            description="faces of each side at once: fewer need less memory",
        ),
    ] = 16
    learning_rate: Annotated[
        float,
        Meta(ge=0, le=0.1, description="how fast it learns; 0 is the network's own default"),
    ] = 0.0
    seed: Annotated[
        int,
        Meta(
            ge=0,
            le=2**31 - 1,
            description="number that all random choices start from",
        ),
    ] = 1
    centring: Annotated[
        Literal["face", "head", "legacy"],
        Meta(description="how much of the head is learnt; legacy is least"),
    ] = "face"
    coverage: Annotated[
        float,
        Meta(ge=62.5, le=100.0, description="how much of that crop is used", extra={"unit": "%"}),
    ] = 87.5
    mask: Annotated[
        str,
        Meta(
            description="which part of the face counts in learning",
            extra={"folder": "extract/segment", "also": ("none",)},
        ),
    ] = "extended"
    warp: Annotated[
        bool,
        Meta(description="bend the faces a little, against learning by heart"),
    ] = True
    flip: Annotated[
        float, Meta(ge=0, le=100, description="how many faces are mirrored", extra={"unit": "%"})
    ] = 50.0
    colour: Annotated[bool, Meta(description="vary light and colour")] = True
    rotation: Annotated[
        float, Meta(ge=0, le=25, description="turn faces by up to", extra={"unit": "degrees"})
    ] = 10.0
    zoom: Annotated[
        float, Meta(ge=0, le=25, description="scale faces by up to", extra={"unit": "%"})
    ] = 5.0
    shift: Annotated[
        float, Meta(ge=0, le=25, description="move faces by up to", extra={"unit": "%"})
    ] = 5.0
    save_every: Annotated[
        int, Meta(ge=10, le=100_000, description="save after so many iterations")
    ] = 250
    preview_s: Annotated[
        float, Meta(ge=1, le=3600, description="new preview pictures after", extra={"unit": "s"})
    ] = 15.0
    keep: Annotated[
        int, Meta(ge=2, le=100, description="how many of the newest saves are kept")
    ] = 2
    anew: Annotated[
        bool, Meta(description="put the model there is into trash/ and begin again")
    ] = False


class ConvertSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Put B's face on A in the target footage."""

    colour: Annotated[
        Literal["none", "average", "lab"], Meta(description="match the swap's colour to the frame")
    ] = "lab"
    mask: Annotated[
        str, Meta(description="which part is replaced", extra={"folder": "extract/segment"})
    ] = "extended"
    erosion: Annotated[
        float,
        Meta(
            ge=-20,
            le=20,
            description="make the replaced part smaller; below 0 larger",
            extra={"unit": "%"},
        ),
    ] = 0.0
    blur: Annotated[
        float,
        Meta(
            ge=0,
            le=20,
            description="how soft the edge of the replaced part is",
            extra={"unit": "%"},
        ),
    ] = 5.0
    sharpen: Annotated[
        float, Meta(ge=0, le=100, description="sharpen the new face", extra={"unit": "%"})
    ] = 50.0
    crf: Annotated[
        int,
        Meta(
            ge=0,
            le=51,
            description="video quality (x264): lower is better and larger",
        ),
    ] = 18
    preset: Annotated[
        Literal["ultrafast", "veryfast", "fast", "medium", "slow"],
        Meta(description="compression (x264), slower makes smaller files"),
    ] = "fast"
    segment_frames: Annotated[
        int, Meta(ge=24, le=10_000, description="frames in a piece of the video: a stop loses one")
    ] = 240
    batch: Annotated[
        int, Meta(ge=1, le=32, description="faces swapped together: fewer need less memory")
    ] = 16


class WatchSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take in footage as it arrives."""

    settle_s: Annotated[
        float,
        Meta(
            ge=0.5,
            le=3600,
            description="a file counts once it stood still for",
            extra={"unit": "s"},
        ),
    ] = 2.0
    poll_s: Annotated[
        float, Meta(ge=0.1, le=3600, description="time between two looks", extra={"unit": "s"})
    ] = 1.0
    polling: Annotated[bool, Meta(description="look again and again, as network drives need")] = (
        False
    )


STAGE_SETTINGS: dict[str, type[msgspec.Struct]] = {
    "extract": ExtractSettings,
    "train": TrainSettings,
    "convert": ConvertSettings,
    "watch": WatchSettings,
}

S = TypeVar("S", bound=msgspec.Struct)


def read(kind: type[S], values: dict[str, Any]) -> S:
    """Settings from plain values, checked. Raises `BadInput` naming the setting and its bounds."""
    stage = kind.__name__[:-8].lower()
    known = {f.name: f for f in fields(kind)}
    for name, value in values.items():
        field = known.get(name)
        if field is None:
            near = ", ".join(known)
            raise BadInput(f"{stage} has no setting '{safe_text(name)}': it has {near}.")
        if field.type is float and not _is_finite(value):
            raise BadInput(field.refusal(stage, value))
        if not field.allows(value):
            raise BadInput(field.refusal(stage, value))
        try:
            msgspec.convert({name: value}, kind, strict=False)
        except msgspec.ValidationError as error:
            raise BadInput(field.refusal(stage, value)) from error
    return msgspec.convert(values, kind, strict=False)


def listed(value: str) -> list[str]:
    """The items of a list that is written with commas."""
    return [item.strip() for item in value.split(",") if item.strip()]


def _networks(folder: str) -> tuple[str, ...]:
    """Names of a folder's network files, which are not imported."""
    return tuple(sorted(p.stem for p in (ENGINE / folder).glob("*.py") if p.stem[0] != "_"))


def _is_finite(value: Any) -> bool:
    """Bounds are comparisons, which "not a number" passes: it is refused here."""
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError):
        return False


class Field(NamedTuple):
    """One setting as forms and flags need it."""

    name: str
    type: type
    """bool, int, float or str."""
    default: Any
    help: str
    unit: str
    choices: tuple[str, ...]
    low: float | None
    high: float | None
    multiple_of: float | None = None
    many: bool = False
    """Whether more than one choice can be named, with commas between; none is none."""
    is_path: bool = False
    """Whether it names a file or folder: of the project, else it is copied into it."""

    def allows(self, value: Any) -> bool:
        """Whether a value is among the choices, where there are any."""
        if not self.choices:
            return True
        if self.many:
            return isinstance(value, str) and set(listed(value)) <= set(self.choices)
        return value in self.choices

    def bounds(self) -> str:
        """`1 to 256`, `at least 0 s`, the choices, or nothing."""
        unit = f" {self.unit}" if self.unit else ""
        if self.choices:
            return ", ".join(self.choices)
        if self.low is not None and self.high is not None:
            return f"{self.low:.10g} to {self.high:.10g}{unit}"
        if self.low is not None:
            return f"at least {self.low:.10g}{unit}"
        return ""

    def words(self) -> str:
        """Help, bounds, unit and default in one line."""
        bounds = f"{': ' if self.choices else ', '}{self.bounds()}" if self.bounds() else ""
        default = f" (default {self.default})" if self.default != "" else ""
        return f"{self.help}{bounds}{default}"

    def refusal(self, stage: str, value: Any) -> str:
        """The sentence that refuses a value."""
        kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}
        among = "any of" if self.many else "one of"
        wanted = among if self.choices else kinds[self.type]
        multiple = f", a multiple of {self.multiple_of}" if self.multiple_of else ""
        bounds = f" {self.bounds()}".rstrip() if self.choices else f", {self.bounds()}"
        bounds = bounds if self.bounds() else ""
        return (
            f"{stage}'s {self.name} can't be {safe_text(str(value))!r}: "
            f"it is {wanted}{bounds}{multiple}."
        )


def fields(kind: type[msgspec.Struct]) -> list[Field]:
    """All settings of a stage in their written order."""
    import typing

    hints = typing.get_type_hints(kind, include_extras=True)
    found = []
    for field in msgspec.structs.fields(kind):
        base, *metas = get_args(hints[field.name])
        meta = next(m for m in metas if isinstance(m, Meta))
        literal = get_origin(base) is Literal
        extra = meta.extra or {}
        networks = _networks(extra["folder"]) if "folder" in extra else ()
        networks = (*extra.get("also", ()), *networks)
        found.append(
            Field(
                name=field.name,
                type=str if literal else base,
                default=field.default,
                help=meta.description or "",
                unit=extra.get("unit", ""),
                choices=tuple(get_args(base)) if literal else networks,
                low=meta.ge if meta.ge is not None else meta.gt,
                high=meta.le if meta.le is not None else meta.lt,
                multiple_of=meta.multiple_of,
                many=extra.get("many", False),
                is_path=extra.get("path", False),
            )
        )
    return found


def changed(settings: msgspec.Struct) -> dict[str, Any]:
    """Only the values that differ from the defaults, for `job.json`."""
    return {
        f.name: getattr(settings, f.name)
        for f in fields(type(settings))
        if getattr(settings, f.name) != f.default
    }
