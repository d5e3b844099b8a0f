"""Faces chosen in words: `yaw>30 blur<10 person=1 rejected=no`, all of which must hold.

A term is a name of `facefields`, one of `< <= > >= = !=`, and a value without blanks: a number, a
range `-20..20`, `yes` or `no`, a word (`why=user`), or `none` for what a face does not have.
"""

from __future__ import annotations

import math
import re

from engine.errors import BadInput
from engine.facefields import FLAGS, NUMBERS, WORDS, Condition
from engine.protocol import safe_text
from engine.tables import KEPT, REASONS

_TERM = re.compile(r"([A-Za-z_]*)\s*(<=|>=|!=|<|>|=)\s*(\S*)")
ALIASES = {"cluster": "person", "identity": "distance"}
NONE = "none"
YES_NO = {"yes": True, "no": False}
SIDES = ("a", "b", "target")


def conditions(text: str) -> tuple[Condition, ...]:
    """What a filter says. Raises `BadInput` with one sentence."""
    found: list[Condition] = []
    at = 0
    while rest := text[at:].lstrip():
        at = len(text) - len(rest)
        term = _TERM.match(text, at)
        if term is None:
            raise BadInput(
                f"'{_shown(rest.split()[0])}' is no term of a filter: write a figure, a sign and a "
                "value, as in yaw>30."
            )
        found += _conditions(*term.groups())
        at = term.end()
    return tuple(found)


def text_of(found: tuple[Condition, ...]) -> str:
    """A filter that says these conditions."""
    return " ".join(f"{c.field}{c.op}{_value_text(c.value)}" for c in found)


def _conditions(name: str, op: str, value: str) -> list[Condition]:
    """One term; a range makes two."""
    field = ALIASES.get(name.lower(), name.lower())
    if field not in (*NUMBERS, *FLAGS, *WORDS):
        raise BadInput(
            f"'{_shown(name)}' is no figure: there is {', '.join((*NUMBERS, *FLAGS, *WORDS))}."
        )
    if not value:
        raise BadInput(f"'{field}{op}' has no value: write it as in {_example(field, op)}.")
    if field not in NUMBERS and op not in ("=", "!="):
        raise BadInput(f"{field} is no number: write it as in {_example(field, '=')}.")
    low, dots, high = value.partition("..")
    if dots and field in NUMBERS and op == "=":
        return [
            Condition(field, ">=", _number(field, op, low)),
            Condition(field, "<=", _number(field, op, high)),
        ]
    return [Condition(field, op, _value(field, op, value))]  # type: ignore[arg-type]  # matched


def _value(field: str, op: str, text: str) -> float | str | bool | None:
    if text.lower() == NONE and field not in FLAGS and op in ("=", "!="):
        return None
    if field in NUMBERS:
        return _number(field, op, text)
    if field in FLAGS:
        if text.lower() not in YES_NO:
            raise BadInput(f"{field} is yes or no, not '{_shown(text)}'.")
        return YES_NO[text.lower()]
    choices = {"side": SIDES, "why": tuple(r for r in REASONS if r != KEPT)}.get(field)
    if choices and text.lower() not in choices:
        raise BadInput(f"{field} is one of {', '.join(choices)}, not '{_shown(text)}'.")
    return text.lower() if choices else text


def _number(field: str, op: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadInput(
            f"'{_shown(text)}' is no number: write it as in {_example(field, op)}."
        ) from None
    return value


def _example(field: str, op: str) -> str:
    """A term of such a field that is right."""
    if field in FLAGS:
        return f"{field}=yes"
    return f"{field}{op}" + {"side": "a", "media": "take1", "why": "user"}.get(field, "10")


def _value_text(value: float | str | bool | None) -> str:
    match value:
        case None:
            return NONE
        case bool():
            return "yes" if value else "no"
        case float():
            return repr(value).removesuffix(".0")
    return value


def _shown(text: str) -> str:
    """What the user wrote, as it can stand in a sentence."""
    return safe_text(text)[:40]
