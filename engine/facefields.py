"""The words by which faces are chosen and sorted, and what each is in SQL.

Light: the standard library only. Names of columns come from the lists here, never from outside.
"""

from __future__ import annotations

import math
from array import array
from functools import lru_cache
from typing import Literal, NamedTuple

from engine.errors import BadInput
from engine.protocol import safe_text
from engine.store import Store
from engine.tables import KEPT

FIGURES = (
    *("blur", "spectrum", "size", "yaw", "pitch", "roll"),
    *("brightness", "misalignment", "occlusion", "score"),
)
"""Columns of `face` that are numbers to sort and choose by."""
NUMBERS = (*FIGURES, "frame", "person", "distance")
"""All that faces can be sorted by: `frame` counts from 1, `distance` is that of the identity to the
one that stands for the face's person."""
FLAGS = ("rejected", "kept", "edited", "stale")
"""What is so of a face or not."""
WORDS = ("side", "media", "why")
"""What a face is chosen by in words; `why` is who or what rejected it."""


class Condition(NamedTuple):
    """One thing that must be so of a chosen face; one without the figure is not chosen."""

    field: str
    """Of `NUMBERS`, `FLAGS` or `WORDS`."""
    op: Literal["<", "<=", ">", ">=", "=", "!="]
    value: float | str | bool | None
    """None is no value: `=` and `!=` alone."""


def check_figure(name: str) -> str:
    """A figure's name. Raises `BadInput` for any other word."""
    if name not in FIGURES:
        raise BadInput(f"'{safe_text(name)}' is no figure: there is {', '.join(FIGURES)}.")
    return name


def field_sql(store: Store, name: str) -> str:
    """What a word of `NUMBERS`, `FLAGS` or `WORDS` is in SQL; no other word gets so far."""
    match name:
        case "frame":
            return "(frame.idx + 1)"
        case "person":
            return "face.cluster"
        case "distance":
            return _distance_column(store)
        case "rejected" | "edited":
            return f"face.{name}"
        case "kept":
            return f"({_column(store, 'rejected_by')} IS '{KEPT}')"
        case "stale":
            return f"({_column(store, 'stale')} > 0)"
        case "side" | "media":
            return f"media.{'side' if name == 'side' else 'name'}"
        case "why":
            by = _column(store, "rejected_by")
            return f"(CASE WHEN face.rejected THEN COALESCE({by}, 'user') END)"
    return _column(store, check_figure(name))


def _distance_column(store: Store) -> str:
    """The distance of identities in SQL."""
    if not has_people(store):
        return "NULL"
    store.function("identity_distance", 2, _distance)
    return (
        "identity_distance(face.identity, (SELECT first.identity FROM person"
        " JOIN face AS first ON first.id = person.face"
        " WHERE person.side = media.side AND person.cluster = face.cluster))"
    )


def _distance(one: bytes | None, other: bytes | None) -> float | None:
    """Euclidean distance of two float32 embeddings; None where one is missing or of another
    network."""
    if not one or not other or len(one) != len(other) or len(one) % 4:
        return None
    return math.dist(array("f", one), _numbers(other))


@lru_cache(64)
def _numbers(embedding: bytes) -> tuple[float, ...]:
    """Of the faces that stand for people: each is compared with many."""
    return tuple(array("f", embedding))


def has_people(store: Store) -> bool:
    """Whether the file is of a format that knows who stands for whom."""
    return bool(store.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'person'"))


def _column(store: Store, name: str) -> str:
    """A column of `face`; a file of an older format, opened for reading alone, may lack it."""
    return f"face.{name}" if name in store.face_columns else "NULL"
