"""Reading and describing settings: one definition of a field serves flags, forms and checks."""

from __future__ import annotations

import csv
import io
import math
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar, get_args, get_origin

import msgspec
from msgspec import Meta

from engine.errors import BadInput
from engine.protocol import safe_text

ENGINE = Path(__file__).resolve().parents[1]

S = TypeVar("S", bound=msgspec.Struct)


def read(kind: type[S], values: dict[str, Any], whose: str = "") -> S:
    """Settings from plain values, checked; `whose` they are is the stage where nothing is said.
    Raises `BadInput` naming the setting and its bounds."""
    stage = whose or kind.__name__[:-8].lower()
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
    """The items of a list that is written with commas; one with a comma in it stands in quotes."""
    rows = csv.reader([value], skipinitialspace=True)
    return [item.strip() for row in rows for item in row if item.strip()]


def as_list(items: Iterable[str]) -> str:
    """Items as `listed` reads them."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(items)
    return line.getvalue()


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
    group: str = ""
    """The section that it belongs to; none is the first one."""
    form: str = ""
    """How a word is written that isn't free."""
    live: bool = False
    """Whether it can change while the stage runs."""

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
        if self.choices or self.form:
            return self.form or ", ".join(self.choices)
        if self.low is not None and self.high is not None:
            return f"{self.low:.10g} to {self.high:.10g}{unit}"
        if self.low is not None:
            return f"at least {self.low:.10g}{unit}"
        return ""

    def words(self) -> str:
        """Help, bounds, unit and default in one line."""
        bounds = f"{': ' if self.choices else ', '}{self.bounds()}" if self.bounds() else ""
        default = f" (default {self.default})" if self.default not in ("", ()) else ""
        return f"{self.help}{bounds}{default}"

    def refusal(self, stage: str, value: Any) -> str:
        """The sentence that refuses a value."""
        kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}
        among = "any of" if self.many else "one of"
        wanted = among if self.choices else kinds.get(self.type, "a list of words")
        multiple = f", a multiple of {self.multiple_of}" if self.multiple_of else ""
        bounds = f" {self.bounds()}".rstrip() if self.choices else f", {self.bounds()}"
        bounds = bounds if self.bounds() else ""
        return (
            f"{stage}'s {self.name} can't be {safe_text(str(value))!r}: "
            f"it is {wanted}{bounds}{multiple}."
        )


def fields(kind: type[msgspec.Struct]) -> list[Field]:
    """All settings of a stage in their written order."""
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
                group=extra.get("group", ""),
                form=extra.get("form", ""),
                live=extra.get("live", False),
            )
        )
    return found


def live(kind: type[msgspec.Struct], values: dict[str, Any]) -> None:
    """Raise `BadInput` where some of the values belong to settings that stay as they were begun."""
    may = {f.name for f in fields(kind) if f.live}
    for name in values:
        if name not in may:
            raise BadInput(
                f"{kind.__name__[:-8].lower()}'s {safe_text(name)} can't change on the way: "
                f"{', '.join(sorted(may))} can."
            )


def changed(settings: msgspec.Struct) -> dict[str, Any]:
    """Only the values that differ from the defaults, for `job.json`."""
    return {
        f.name: getattr(settings, f.name)
        for f in fields(type(settings))
        if getattr(settings, f.name) != f.default
    }
