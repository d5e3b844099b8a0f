"""The faces of a project as the faces room looks at them: ids in order, details of those in sight.

A hundred thousand faces are a hundred thousand ids of 8 bytes; what is said of a face is read when
it comes into sight. The functions that read faces.db are for a worker's thread.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, overload

from engine import facelist
from engine.errors import BadInput
from engine.facefields import FIGURES, NUMBERS
from engine.facefilter import conditions
from engine.facelist import Choice, Listed, Spread
from engine.project import Project
from engine.store import Store
from fstui.model.facewords import cells_of
from fstui.widgets.columns import Row

CHUNK = 64
"""Faces whose details are read together."""
MOST_DETAILS = 4096
"""Faces whose details are kept."""


@dataclass(frozen=True)
class Order:
    """Which faces, and in which order."""

    text: str = ""
    """In the language of `engine.facefilter`."""
    sort: str = ""
    """A figure; empty sorts by medium and frame."""
    descending: bool = False

    def choice(self) -> Choice:
        """For `engine.facelist`. Raises `BadInput` with one sentence for a wrong filter."""
        return Choice(
            rejected=None,
            where=conditions(self.text),
            sort=self.sort or None,
            descending=self.descending,
        )


@dataclass(frozen=True)
class Found:
    """The faces of an order."""

    order: Order
    ids: array[int]
    total: int
    """Faces of the project, chosen or not."""


def find(db: Path, order: Order) -> Found:
    """Look the faces up. Raises `BadInput` for a wrong filter, or where there are no faces yet."""
    choice = order.choice()
    with Store(db, readonly=True) as store:
        (total,) = store.rows("SELECT COUNT(*) FROM face")[0]
        return Found(order, facelist.ids(store, choice), total)


class Known(NamedTuple):
    """What is said of a face in sight."""

    face: Listed
    picture: Path | None
    """Its crop; None where it has none, or none inside the project."""


def details(project: Project, ids: Sequence[int], sort: str) -> list[Known]:
    """What is said of faces in a list, with the figure that they are sorted by."""
    also = (sort,) if sort in NUMBERS and sort not in FIGURES else ()
    with Store(project.db_path, readonly=True) as store:
        faces = facelist.listed_ids(store, ids, also)
    return [Known(face, _picture(project, face.crop)) for face in faces]


def _picture(project: Project, crop: str | None) -> Path | None:
    try:
        return project.inside(crop) if crop else None
    except (BadInput, ValueError):
        return None


def spread(db: Path, order: Order, figure: str, bars: int) -> Spread | None:
    """How a figure is spread over the faces of an order; None where none has it."""
    with Store(db, readonly=True) as store:
        return next(iter(facelist.spreads(store, order.choice(), (figure,), bars)), None)


class FaceSet(Sequence[Row]):
    """The faces of an order as rows of a list, some of whose details are still to be read."""

    def __init__(self, found: Found | None = None) -> None:
        self.found = found or Found(Order(), array("q"), 0)
        self._known: OrderedDict[int, Known] = OrderedDict()

    def turn_to(self, found: Found) -> None:
        """Take another order or a new look; what is known of faces is read again."""
        self.found = found
        self._known.clear()

    def __len__(self) -> int:
        return len(self.found.ids)

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...

    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        face = self.found.ids[index]
        known = self._known.get(face)
        return Row(str(face), cells_of(known.face, self.found.order.sort) if known else ("...",))

    def __iter__(self) -> Iterator[Row]:
        return (self[i] for i in range(len(self)))

    def index_of(self, key: str) -> int | None:
        """The place of a face, None when it is not among them."""
        try:
            return self.found.ids.index(int(key))
        except ValueError:
            return None

    def known(self, index: int) -> Known | None:
        """What is said of the face at a place; None until it was read."""
        return self._known.get(self.found.ids[index]) if 0 <= index < len(self) else None

    def take(self, known: Iterable[Known]) -> None:
        """Details were read; those that were taken first are forgotten first."""
        for one in known:
            self._known[one.face.id] = one
            self._known.move_to_end(one.face.id)
        while len(self._known) > MOST_DETAILS:
            self._known.popitem(last=False)

    def missing(self, first: int, count: int) -> list[int]:
        """Faces at these places, in whole chunks, of which nothing is known yet."""
        start = first // CHUNK * CHUNK
        stop = -(-(first + count) // CHUNK) * CHUNK
        return [face for face in self.found.ids[start:stop] if face not in self._known]

    def between(self, one: int, other: int) -> array[int]:
        """The faces from one place to another, both included, as far as there are any."""
        low, high = sorted((max(0, one), max(0, other)))
        return self.found.ids[low : high + 1]


def packed(ids: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers as ranges from first to last: marks of thousands of faces are a few."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(ids):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def unpacked(ranges: Iterable[tuple[int, int]], most: int) -> set[int]:
    """The numbers of ranges, `most` at most: a file of ranges may come from anywhere."""
    found: set[int] = set()
    for first, last in ranges:
        found.update(range(first, min(last + 1, first + most - len(found))))
    return found
