"""The losses that are added up, as the user writes them: `ssim, mse:0.5`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from engine.errors import BadInput
from engine.protocol import safe_text
from engine.train.losses._registry import load

MOST_TERMS = 4
MOST_WEIGHT = 4.0


class Term(NamedTuple):
    """One loss of the sum."""

    name: str
    weight: float = 1.0
    """0 to 4: the share of the sum, 1 being 100 %."""


def parse(text: str) -> tuple[Term, ...]:
    """The terms of `NAME` or `NAME:WEIGHT`, commas between, a weight as `0.5` or `50%`.

    A term of weight 0 is left out. Raises `BadInput` for an unknown loss or one that is named
    twice, a weight out of bounds, more than four terms, or nothing of any weight.
    """
    found = [_term(item.strip()) for item in text.split(",") if item.strip()]
    if len(found) > MOST_TERMS:
        raise BadInput(f"{len(found)} losses are too many: name up to {MOST_TERMS}.")
    seen = [term.name for term in found]
    if twice := [name for name in seen if seen.count(name) > 1]:
        raise BadInput(f"The loss {twice[0]} is named twice: name it once, with its weight.")
    kept = tuple(term for term in found if term.weight)
    if not kept:
        raise BadInput("No loss has any weight: name at least one, as in 'ssim, mse:0.5'.")
    return kept


def require(terms: Iterable[Term]) -> None:
    """Read the weights of the terms that have a network. Raises `ModelMissing` or `Damaged`."""
    for term in terms:
        ready = getattr(load(term.name), "require", None)
        if ready:
            ready()


def _term(item: str) -> Term:
    name, colon, number = (part.strip() for part in item.partition(":"))
    load(name)
    if not colon:
        return Term(name)
    try:
        weight = float(number[:-1]) / 100.0 if number.endswith("%") else float(number)
    except ValueError:
        weight = -1.0
    if not 0.0 <= weight <= MOST_WEIGHT:
        raise BadInput(
            f"The weight of {name} can't be '{safe_text(number)}': it is a number from 0 to "
            f"{MOST_WEIGHT:g}, or 0% to {MOST_WEIGHT:.0%}."
        )
    return Term(name, weight)
