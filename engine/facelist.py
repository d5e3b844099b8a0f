"""Faces of a project by their figures, people and copies: chosen, sorted and counted by SQLite.

Light: the standard library only. Names of columns come from the lists here, never from outside.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from engine.errors import BadInput
from engine.facefields import FIGURES, Condition, field_sql, has_people
from engine.store import Store
from engine.tables import INDEX

HASH_BITS = 64
MOST_BITS = 8
BARS = 10
MOST_VALUES = 900

_FACES = " FROM face JOIN frame ON frame.id = face.frame JOIN media ON media.id = frame.media"


@dataclass(frozen=True)
class Choice:
    """Which faces, in which order."""

    side: str | None = None
    media: str | None = None
    """A medium's name."""
    person: int | None = None
    rejected: bool | None = False
    """None takes kept and rejected ones."""
    below: tuple[tuple[str, float], ...] = ()
    """Figures and the values that they are below; a face without the figure is not chosen."""
    above: tuple[tuple[str, float], ...] = ()
    where: tuple[Condition, ...] = ()
    """All of which hold."""
    sort: str | None = None
    """Of `NUMBERS`; None sorts by medium and frame. Faces without the figure come last."""
    descending: bool = False
    limit: int | None = None


class Listed(NamedTuple):
    """A face in a list."""

    id: int
    side: str
    media: str
    frame: int
    """From 0."""
    number: int
    """Of the face in its frame, from 0."""
    person: int | None
    rejected_by: str | None
    """Why, where it is rejected."""
    crop: str | None
    figures: dict[str, float | None]
    kept: bool
    """By the user, whatever filters say."""
    edited: bool
    stale: bool
    """Whether the next extraction cuts it anew."""


class Spread(NamedTuple):
    """How a figure is spread over faces."""

    figure: str
    faces: int
    low: float
    p5: float
    median: float
    p95: float
    high: float
    bars: list[int]
    """Faces in each equal part of the range from low to high."""


class Person(NamedTuple):
    """A person of a side."""

    side: str
    person: int
    faces: int
    """Those that are kept."""
    first: tuple[str, int]
    """Medium and frame, from 0."""
    last: tuple[str, int]
    crop: str | None
    """Of the face that stands for them."""


def listed(store: Store, choice: Choice) -> list[Listed]:
    """The chosen faces."""
    return [_listed(row) for row in _chosen(store, _listed_columns(store), choice)]


def listed_ids(store: Store, ids: Sequence[int], also: Sequence[str] = ()) -> list[Listed]:
    """These faces in this order, without those that are gone; `also` names more of `NUMBERS` for
    their figures."""
    columns = ", ".join([_listed_columns(store), *(field_sql(store, name) for name in also)])
    found: dict[int, Listed] = {}
    for some in _chunks(ids):
        for row in store.rows(f"SELECT {columns}{_FACES} WHERE face.id IN ({_marks(some)})", some):
            face = _listed(row[: len(row) - len(also)])
            face.figures.update(zip(also, row[len(row) - len(also) :], strict=True))
            found[face.id] = face
    return [found[i] for i in ids if i in found]


def ids(store: Store, choice: Choice) -> array[int]:
    """The chosen faces by id alone: 8 bytes each."""
    return array("q", (face for (face,) in _chosen(store, "face.id", choice)))


def chosen(store: Store, choice: Choice) -> list[tuple[int, str | None]]:
    """Id and crop of the chosen faces."""
    return [(face, crop) for face, crop in _chosen(store, "face.id, face.crop", choice)]


def spreads(
    store: Store, choice: Choice, figures: Sequence[str] = FIGURES, bars: int = BARS
) -> list[Spread]:
    """The spread of each figure over the chosen faces; none of a figure that no face has."""
    found = []
    for figure in figures:
        value = field_sql(store, figure)
        rows = _chosen(store, f"{value} AS value", choice, f"{value} IS NOT NULL", order="value")
        if rows:
            found.append(_spread(figure, [value for (value,) in rows], bars))
    return found


def people(store: Store, side: str | None = None) -> list[Person]:
    """The people that extraction, or a new grouping, has told apart."""
    rows = store.rows(
        "SELECT media.side, face.cluster, media.name, COUNT(*), MIN(frame.idx), MAX(frame.idx)"
        f"{_FACES} WHERE face.cluster IS NOT NULL AND NOT face.rejected"
        " AND (?1 IS NULL OR media.side = ?1) GROUP BY media.id, face.cluster"
        " ORDER BY media.side, face.cluster, media.id",
        (side,),
    )
    crops = _representatives(store)
    found: dict[tuple[str, int], Person] = {}
    for on, number, media, faces, first, last in rows:
        known = found.get((on, number))
        begin, count = (known.first, known.faces) if known else ((media, first), 0)
        found[on, number] = Person(
            on, number, count + faces, begin, (media, last), crops.get((on, number))
        )
    return list(found.values())


def duplicates(store: Store, choice: Choice, bits: int) -> list[list[tuple[int, str | None]]]:
    """Groups of faces whose pictures are nearly the same: id and crop, the sharpest first.

    Each face of a group differs from its first in at most so many of 64 `bits`.
    """
    if not 0 <= bits <= MOST_BITS:
        raise BadInput(f"Copies differ in 0 to {MOST_BITS} bits, not in {bits}.")
    rows = _chosen(
        store,
        "face.id, face.crop, face.duplicate, media.side",
        choice,
        f"length(face.duplicate) = {HASH_BITS // 8}",
        order="face.blur DESC, face.id",
    )
    groups = []
    for side in dict.fromkeys(row[3] for row in rows):
        faces = [row for row in rows if row[3] == side]
        hashes = [int.from_bytes(row[2], "big") for row in faces]
        groups += [[faces[n][:2] for n in group] for group in near(hashes, bits)]
    return groups


def near(hashes: Sequence[int], bits: int) -> list[list[int]]:
    """Groups of two and more of 64-bit hashes, by index; the first of a group is within `bits` of
    each other one.

    Hashes that differ in at most n bits are equal in one of n + 1 bands, so each is compared only
    with the groups' firsts that share a band with it.
    """
    edges = [HASH_BITS * band // (bits + 1) for band in range(bits + 2)]
    bands = [(low, (1 << (high - low)) - 1) for low, high in pairwise(edges)]
    groups: dict[int, list[int]] = {}
    firsts: dict[tuple[int, int], list[int]] = {}
    for index, value in enumerate(hashes):
        keys = [(low, value >> low & mask) for low, mask in bands]
        first = value if value in groups else _first(value, keys, firsts, bits)
        if first is None:
            groups[value] = [index]
            for key in keys:
                firsts.setdefault(key, []).append(value)
        else:
            groups[first].append(index)
    return [group for group in groups.values() if len(group) > 1]


def _first(
    value: int,
    keys: Iterable[tuple[int, int]],
    firsts: dict[tuple[int, int], list[int]],
    bits: int,
) -> int | None:
    """The first of a group that a hash belongs to."""
    for key in keys:
        for other in firsts.get(key, ()):
            if (value ^ other).bit_count() <= bits:
                return other
    return None


def _chosen(
    store: Store, columns: str, choice: Choice, also: str = "1", order: str = ""
) -> list[Any]:
    """Columns of the chosen faces; `columns`, `also` and `order` are words of this file."""
    where: list[str] = [also]
    args: list[Any] = []
    for condition, value in (
        ("media.side = ?", choice.side),
        ("media.name = ?", choice.media),
        ("face.cluster = ?", choice.person),
        ("face.rejected = ?", None if choice.rejected is None else int(choice.rejected)),
        *((f"{field_sql(store, f)} < ?", v) for f, v in choice.below),
        *((f"{field_sql(store, f)} > ?", v) for f, v in choice.above),
        *((f"{field_sql(store, c.field)} {c.op} ?", c.value) for c in choice.where),
    ):
        if value is not None:
            where.append(condition)
            args.append(value)
    for c in choice.where:
        if c.value is None:
            where.append(f"{field_sql(store, c.field)} IS {'NOT ' if c.op == '!=' else ''}NULL")
    by_place = "media.id, frame.idx, face.n"
    if choice.sort:
        by = field_sql(store, choice.sort)
        by_figure = f"{by} IS NULL, {by} {'DESC' if choice.descending else 'ASC'}"
        by_place = f"{by_figure}, {by_place}"
    faces = _FACES.replace("FROM face", f"FROM face{_by_index(store)}")
    sql = f"SELECT {columns}{faces} WHERE {' AND '.join(where)} ORDER BY "
    if choice.limit is None:
        return store.rows(sql + (order or by_place), args)
    if not order:
        return store.rows(f"{sql}{by_place} LIMIT ?", [*args, choice.limit])
    # what is limited is the choice's own order, then another one is wanted
    inner = f"SELECT face.id{faces} WHERE {' AND '.join(where)} ORDER BY {by_place} LIMIT ?"
    return store.rows(
        f"SELECT {columns}{_FACES} WHERE face.id IN ({inner}) ORDER BY {order}",
        [*args, choice.limit],
    )


def _by_index(store: Store) -> str:
    """Have SQLite read the index that holds the figures: by itself it reads the rows, each with its
    points, mesh and identity. A file that no new program has written to lacks it."""
    known = store.rows("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?", (INDEX,))
    return f" INDEXED BY {INDEX}" if known else ""


def _listed_columns(store: Store) -> str:
    columns = ", ".join(field_sql(store, figure) for figure in FIGURES)
    flags = ", ".join(field_sql(store, flag) for flag in ("kept", "edited", "stale"))
    return (
        "face.id, media.side, media.name, frame.idx, face.n, face.cluster,"
        f" {field_sql(store, 'why')}, face.crop, {flags}, {columns}"
    )


def _listed(row: Sequence[Any]) -> Listed:
    kept, edited, stale, *figures = row[8:]
    named = dict(zip(FIGURES, figures, strict=True))
    return Listed._make((*row[:8], named, bool(kept), bool(edited), bool(stale)))


def _chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    """As many at a time as SQLite takes values in one statement anywhere."""
    for start in range(0, len(ids), MOST_VALUES):
        yield list(ids[start : start + MOST_VALUES])


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _representatives(store: Store) -> dict[tuple[str, int], str | None]:
    """The crop that stands for each person."""
    if not has_people(store):
        return {}
    rows = store.rows(
        "SELECT person.side, person.cluster, face.crop FROM person"
        " LEFT JOIN face ON face.id = person.face"
    )
    return {(side, number): crop for side, number, crop in rows}


def _spread(figure: str, values: Sequence[float], count: int) -> Spread:
    """Of values in rising order."""
    low, high, last = values[0], values[-1], len(values) - 1
    bars = [0] * count
    for value in values:
        share = (value - low) / (high - low) if high > low else 0.0
        bars[min(int(share * count), count - 1)] += 1
    p5, median, p95 = (values[round(last * share)] for share in (0.05, 0.5, 0.95))
    return Spread(figure, len(values), low, p5, median, p95, high, bars)
