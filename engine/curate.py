"""What a person decides about faces: rejected, kept, moved points, painted masks; and the way back.

Command line and interface decide through here, so that both do the same. Light: the standard
library only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from engine.errors import BadInput, NothingToDo
from engine.project import Project
from engine.protocol import safe_text
from engine.store import Store
from engine.tables import CROP

PAINTED = "custom"
"""Name of the mask that the user paints: no extraction makes or drops it."""
POINTS_BYTES = 68 * 2 * 4
_SOME = 500
"""Values in one statement."""


class Decision(NamedTuple):
    """What deciding about a face changes of its row."""

    face: int
    rejected: int
    rejected_by: str | None
    crop: str | None
    stale: int


class Shape(NamedTuple):
    """What editing a face changes: columns of its row, and its painted mask."""

    left: float
    top: float
    right: float
    bottom: float
    points: bytes
    """68 x, y, float32 little-endian, in display-rotated frame pixels."""
    mesh: bytes | None
    raw_points: bytes | None
    edited: int
    stale: int
    mask: tuple[bytes, bytes, int] | None
    """As `Store.mask` gives it."""


# --- decisions ---------------------------------------------------------------------------------


def decisions(store: Store, faces: Sequence[int]) -> list[Decision]:
    """What holds of these faces now."""
    found: list[Decision] = []
    for some in _chunks(faces):
        rows = store.rows(
            "SELECT id, rejected, rejected_by, crop, stale FROM face"
            f" WHERE id IN ({', '.join('?' * len(some))})",
            some,
        )
        found += [Decision(*row) for row in rows]
    return found


def reject(store: Store, faces: Iterable[int]) -> None:
    """Leave faces out from now on."""
    with store.batch():
        store.reject(faces)


def keep(store: Store, project: Project, faces: Sequence[int]) -> None:
    """Use faces whatever the filters say; one whose crop is gone is cut again by the next
    extraction, for a missing crop would reject it."""
    lost = [
        d.face for d in decisions(store, faces) if d.crop and not project.inside(d.crop).is_file()
    ]
    with store.batch():
        store.keep(faces)
        store.write(
            "UPDATE face SET crop = NULL, stale = MAX(stale, ?) WHERE id = ?",
            [(CROP, face) for face in lost],
        )


def put_back(store: Store, before: Iterable[Decision]) -> None:
    """Have it as it was; a crop that was cut since stays."""
    with store.batch():
        store.write(
            "UPDATE face SET rejected = ?, rejected_by = ?, crop = COALESCE(crop, ?), stale = ?"
            " WHERE id = ?",
            [(d.rejected, d.rejected_by, d.crop, d.stale, d.face) for d in before],
        )


# --- editing -----------------------------------------------------------------------------------


def shape_of(store: Store, face: int) -> Shape:
    """A face as it can be edited. Raises `BadInput` when it is gone."""
    columns = ", ".join(f'"{name}"' for name in Shape._fields[:-1])
    rows = store.rows(f"SELECT {columns} FROM face WHERE id = ?", (face,))
    if not rows or len(rows[0][4]) != POINTS_BYTES:
        raise BadInput("This face isn't in faces.db any more: it was extracted anew meanwhile.")
    return Shape._make((*rows[0], store.mask(face, PAINTED)))


def edit(store: Store, face: int, shape: Shape) -> Shape:
    """Store a moved box or points and a painted mask; what is stored, of which nothing may be
    lost when the footage is extracted again.

    Where box or points moved the next extraction cuts and measures the face anew, and the mesh
    that the 68 points came from does not hold any more.
    """
    before = shape_of(store, face)
    moved = (*before[:4], before.points) != (*shape[:4], shape.points)
    after = shape._replace(
        edited=1,
        stale=max(before.stale, CROP) if moved else before.stale,
        mesh=None if before.points != shape.points else before.mesh,
        raw_points=None if before.points != shape.points else before.raw_points,
    )
    put_shape(store, face, after)
    return after


def put_shape(store: Store, face: int, shape: Shape) -> None:
    """Have a face's shape like this; a crop that was cut for other points is stale."""
    now = shape_of(store, face)
    values: dict[str, Any] = shape._asdict()
    if now.points != shape.points and not now.stale:
        values["stale"] = max(shape.stale, CROP)
    mask = values.pop("mask")
    with store.batch():
        store.set_face(face, **{f'"{name}"': value for name, value in values.items()})
        store.write("DELETE FROM mask WHERE face = ? AND name = ?", [(face, PAINTED)])
        if mask is not None:
            store.add_mask(face, PAINTED, *mask)


def place_of(store: Store, face: int) -> str:
    """Side, medium and frame of a face in words."""
    rows = store.rows(
        "SELECT media.side, media.name, frame.idx FROM face JOIN frame ON frame.id = face.frame"
        " JOIN media ON media.id = frame.media WHERE face.id = ?",
        (face,),
    )
    return "".join(safe_text(f"{side} {name} frame {idx + 1}") for side, name, idx in rows)


def neighbour(store: Store, face: int, by: int) -> int:
    """The like face in the nearest frame before (-1) or after (1) of the same medium that has one:
    of the same person where that is known, else the nearest by its box.

    Raises `NothingToDo` where no other frame has one.
    """
    way, end = ("<", "DESC") if by < 0 else (">", "ASC")
    rows = store.rows(
        "SELECT other.id FROM face JOIN frame ON frame.id = face.frame"
        f" JOIN frame AS near ON near.media = frame.media AND near.idx {way} frame.idx"
        " JOIN face AS other ON other.frame = near.id"
        f" WHERE face.id = ? ORDER BY near.idx {end}, other.cluster IS NOT face.cluster,"
        ' ABS(other.left + other."right" - face.left - face."right")'
        " + ABS(other.top + other.bottom - face.top - face.bottom) LIMIT 1",
        (face,),
    )
    if not rows:
        raise NothingToDo(f"No frame {'before' if by < 0 else 'after'} this one has a face.")
    return int(rows[0][0])


def _chunks(faces: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(faces), _SOME):
        yield list(faces[start : start + _SOME])
