"""What the extract step asks of faces.db, column by column: a take of 100,000 faces has 500 MB of
meshes, which nothing here reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from engine.faces.boxes import Box
from engine.store import Store
from engine.tables import CROP, USER, Face

PAINTED = frozenset({"custom"})
"""Masks that belong to the user: one that a face has is kept as it is."""
UNUSED = frozenset({USER, "aligner", "frames"})
"""Rejections that leave nothing to do with a face until they are taken back."""
CHUNK = 4096
"""Rows that are in memory at once."""

_FACES = " FROM face JOIN frame ON frame.id = face.frame JOIN media ON media.id = frame.media"


def crops(store: Store, side: str) -> list[tuple[int, str]]:
    """Id and crop of a side's faces, but for those that the user threw out."""
    return store.rows(
        f"SELECT face.id, face.crop{_FACES} WHERE media.side = ? AND face.crop IS NOT NULL"
        " AND face.rejected_by IS NOT ?",
        (side, USER),
    )


def decided(store: Store, media_id: int, decision: str) -> list[tuple[int, Box]]:
    """Frame index and box of the faces that the user threw out (`USER`) or keeps (`KEPT`)."""
    rows = store.rows(
        'SELECT frame.idx, face.left, face.top, "right", face.bottom'
        f"{_FACES} WHERE media.id = ? AND face.rejected_by = ?",
        (media_id, decision),
    )
    return [(index, tuple(box)) for index, *box in rows]


def edited(
    store: Store, media_id: int
) -> list[tuple[int, Box, bytes, tuple[bytes, bytes, int] | None]]:
    """Frame index, box, points and painted mask of the faces that the user edited."""
    rows = store.rows(
        'SELECT frame.idx, face.left, face.top, face."right", face.bottom, face.points,'
        " mask.picture, mask.matrix, mask.size FROM face JOIN frame ON frame.id = face.frame"
        f" LEFT JOIN mask ON mask.face = face.id AND mask.name IN ({_list(PAINTED)})"
        " WHERE frame.media = ? AND face.edited ORDER BY frame.idx, face.n",
        (media_id,),
    )
    return [
        (index, tuple(shape[:4]), shape[4], None if shape[5] is None else tuple(shape[5:]))
        for index, *shape in rows
    ]


def boxes(store: Store, media_id: int, indices: Iterable[int]) -> dict[int, list[Box]]:
    """The boxes of the faces in some of a medium's frames."""
    return {
        index: [
            tuple(box)
            for box in store.rows(
                f'SELECT face.left, face.top, face."right", face.bottom{_FACES}'
                " WHERE media.id = ? AND frame.idx = ?",
                (media_id, index),
            )
        ]
        for index in indices
    }


def count_frames_kept(store: Store, side: str) -> int:
    """How many frames of a side show a face that is not rejected."""
    rows = store.rows(
        f"SELECT COUNT(DISTINCT face.frame){_FACES} WHERE media.side = ? AND NOT face.rejected",
        (side,),
    )
    return int(rows[0][0])


def looked(store: Store, media_id: int) -> list[int]:
    """Indices of a medium's frames that were looked at, in order."""
    rows = store.rows("SELECT idx FROM frame WHERE media = ? ORDER BY idx", (media_id,))
    return [index for (index,) in rows]


def has_faces(store: Store, media_id: int) -> bool:
    """Whether a medium has any face, a rejected one too."""
    return bool(store.rows(f"SELECT 1{_FACES} WHERE media.id = ? LIMIT 1", (media_id,)))


# --- faces that are to be made anew ------------------------------------------------------------


def make_stale(store: Store, media_id: int, stale: int) -> None:
    """Have all faces of a medium made anew; points that the user edited stay. Call in a batch."""
    least = f"CASE WHEN edited THEN {CROP} ELSE ? END"
    store.write(
        f"UPDATE face SET stale = MAX(stale, {least})"
        " WHERE frame IN (SELECT id FROM frame WHERE media = ?)",
        [(stale, media_id)],
    )


def stale_frames(store: Store, media_id: int, least: int = CROP) -> list[int]:
    """Indices of frames with faces that are to be made anew, in order; not those that the user
    threw out, whose deleted crops would come back."""
    rows = store.rows(
        f"SELECT DISTINCT frame.idx{_FACES} WHERE media.id = ? AND face.stale >= ?"
        " AND face.rejected_by IS NOT ? ORDER BY frame.idx",
        (media_id, least, USER),
    )
    return [index for (index,) in rows]


def faces_at(store: Store, media_id: int, index: int, least: int = CROP) -> list[Face]:
    """The faces of one frame that are to be made anew, whole."""
    rows = store.rows(
        f"SELECT {', '.join('face.' + c for c in Face._fields)}{_FACES}"
        " WHERE media.id = ? AND frame.idx = ? AND face.stale >= ?"
        " AND face.rejected_by IS NOT ? ORDER BY face.n",
        (media_id, index, least, USER),
    )
    return [Face(*row) for row in rows]


# --- points smoothed over time -----------------------------------------------------------------

_STEADY = "COALESCE(face.rejected_by, '') NOT IN ('user', 'aligner')"
"""The faces that are smoothed."""


class Placed(NamedTuple):
    """What smoothing needs of a face."""

    id: int
    idx: int
    pts: int
    left: float
    top: float
    right: float
    bottom: float
    size: float | None
    edited: int
    found: bytes
    """The points as they were found, or as the user edited them."""
    identity: bytes | None


def has_unsmoothed(store: Store, media_id: int) -> bool:
    """Whether a medium has a face that was not smoothed with the others."""
    return bool(
        store.rows(
            f"SELECT 1{_FACES} WHERE media.id = ? AND face.raw_points IS NULL AND {_STEADY}"
            " LIMIT 1",
            (media_id,),
        )
    )


def placed(store: Store, media_id: int) -> list[Placed]:
    """The faces of a medium that are to be smoothed, in the order of their frames."""
    rows = store.rows(
        'SELECT face.id, frame.idx, frame.pts, face.left, face.top, face."right", face.bottom,'
        " face.size, face.edited,"
        " CASE WHEN face.edited THEN face.points ELSE COALESCE(face.raw_points, face.points) END,"
        f" face.identity{_FACES} WHERE media.id = ? AND {_STEADY} ORDER BY frame.idx, face.n",
        (media_id,),
    )
    return [Placed(*row) for row in rows]


def set_smoothed(store: Store, faces: Iterable[tuple[bytes, bytes, int]]) -> None:
    """Store smoothed and found points of faces; where they moved, the face is stale and forgets
    its masks. Call in a batch."""
    for points, found, face in faces:
        if store.rows("SELECT 1 FROM face WHERE id = ? AND points <> ?", (face, points)):
            drop_masks(store, [(face,)])
            store.write(
                f"UPDATE face SET points = ?, stale = MAX(stale, {CROP}) WHERE id = ?",
                [(points, face)],
            )
        store.write("UPDATE face SET raw_points = ? WHERE id = ?", [(found, face)])


def restore_raw(store: Store, media_id: int) -> None:
    """Take smoothed points back to those that were found. Call in a batch."""
    moved = "face.raw_points <> face.points AND NOT face.edited"
    drop_masks(
        store, store.rows(f"SELECT face.id{_FACES} WHERE media.id = ? AND {moved}", (media_id,))
    )
    store.write(
        f"UPDATE face SET stale = CASE WHEN {moved} THEN MAX(stale, {CROP}) ELSE stale END,"
        " points = CASE WHEN edited THEN points ELSE raw_points END, raw_points = NULL"
        " WHERE raw_points IS NOT NULL AND frame IN (SELECT id FROM frame WHERE media = ?)",
        [(media_id,)],
    )


# --- what faces lack ---------------------------------------------------------------------------


def drop_masks(store: Store, faces: Iterable[tuple[int]]) -> None:
    """Forget the masks of faces whose points moved, but for those that the user painted."""
    store.write(f"DELETE FROM mask WHERE face = ? AND name NOT IN ({_list(PAINTED)})", faces)


class Wanted(NamedTuple):
    """What every face is to have."""

    identity: str | None
    """Of this network; None if none is wanted."""
    masks: dict[str, int | None]
    """Names and sides; None takes any side."""


def lacking(
    store: Store, media_id: int, wanted: Wanted, count: int
) -> Iterator[tuple[Face, list[str]]]:
    """A medium's faces that lack something, and the masks that they lack, `count` at a time."""
    last = 0
    where, args = _lacking(wanted)
    while rows := store.rows(
        f"SELECT {', '.join('face.' + c for c in Face._fields)}{_FACES} WHERE {where}"
        " AND media.id = ? AND face.id > ? ORDER BY face.id LIMIT ?",
        (*args, media_id, last, count),
    ):
        faces = [Face(*row) for row in rows]
        ids = ", ".join(str(face.id) for face in faces)
        have = set(store.rows(f"SELECT face, name, size FROM mask WHERE face IN ({ids})"))
        named = {(face, name) for face, name, _ in have}
        for face in faces:
            masks = [
                name
                for name, size in wanted.masks.items()
                if ((face.id, name) not in named)
                or (size is not None and (face.id, name, size) not in have)
            ]
            yield face, masks
        last = faces[-1].id


def count_lacking(store: Store, media_id: int, wanted: Wanted) -> int:
    """How many faces of a medium lack something."""
    where, args = _lacking(wanted)
    ((count,),) = store.rows(
        f"SELECT COUNT(*){_FACES} WHERE {where} AND media.id = ?", (*args, media_id)
    )
    return int(count)


def _lacking(wanted: Wanted) -> tuple[str, list[Any]]:
    """The condition under which a face lacks something, and its values."""
    lacks = ["face.spectrum IS NULL"]
    args: list[Any] = []
    if wanted.identity is not None:
        lacks.append("face.identity_network IS NOT ?")
        args.append(wanted.identity)
    for name, size in wanted.masks.items():
        lacks.append(
            "NOT EXISTS (SELECT 1 FROM mask WHERE mask.face = face.id AND mask.name = ?"
            " AND mask.size = COALESCE(?, mask.size))"
        )
        args += [name, size]
    return (
        "face.crop IS NOT NULL AND face.stale = 0"
        f" AND COALESCE(face.rejected_by, '') NOT IN ({_list(UNUSED)})"
        f" AND ({' OR '.join(lacks)})",
        args,
    )


def _list(names: Iterable[str]) -> str:
    """Names of ours in SQL."""
    return ", ".join(f"'{name}'" for name in sorted(names))


# --- rejections --------------------------------------------------------------------------------


class Judged(NamedTuple):
    """What the filters need of a face."""

    id: int
    idx: int
    """Of its frame."""
    left: float
    top: float
    right: float
    bottom: float
    points: bytes
    identity: bytes | None
    network: str | None
    rejected_by: str | None


def judged(store: Store, media_id: int) -> Iterator[Judged]:
    """All faces of a medium that the user has not thrown out, as the filters see them."""
    last = 0
    while rows := store.rows(
        'SELECT face.id, frame.idx, face.left, face.top, face."right", face.bottom, face.points,'
        f" face.identity, face.identity_network, face.rejected_by{_FACES}"
        " WHERE media.id = ? AND face.id > ? AND face.rejected_by IS NOT ?"
        f" ORDER BY face.id LIMIT {CHUNK}",
        (media_id, last, USER),
    ):
        yield from (Judged(*row) for row in rows)
        last = rows[-1][0]


def rejections(store: Store, media_id: int) -> dict[str, int]:
    """How many faces of a medium each filter, or the user, rejected."""
    return dict(
        store.rows(
            f"SELECT face.rejected_by, COUNT(*){_FACES} WHERE media.id = ?"
            " AND face.rejected GROUP BY face.rejected_by ORDER BY 2 DESC, 1",
            (media_id,),
        )
    )


def examples(store: Store, media_id: int, by: str, count: int) -> list[str]:
    """Crops of faces that a filter rejected, spread over the medium."""
    rows = store.rows(
        f"SELECT face.crop{_FACES} WHERE media.id = ? AND face.rejected_by = ?"
        " AND face.crop IS NOT NULL ORDER BY frame.idx, face.n",
        (media_id, by),
    )
    found = [crop for (crop,) in rows]
    return [found[i * len(found) // count] for i in range(count)] if len(found) > count else found


def reject(store: Store, reasons: Iterable[tuple[str | None, int]]) -> None:
    """Set why faces are rejected, or that they are kept (None). Call in a batch."""
    store.write(
        "UPDATE face SET rejected_by = ?1, rejected = ?1 IS NOT NULL WHERE id = ?2", reasons
    )


# --- people ------------------------------------------------------------------------------------


class Known(NamedTuple):
    """What grouping by person needs of a face."""

    media: int
    id: int
    idx: int
    left: float
    top: float
    right: float
    bottom: float
    yaw: float | None
    pitch: float | None
    blur: float | None
    occlusion: float | None
    rejected: int
    identity: bytes


_KNOWN = "face.identity_network = ? AND face.rejected_by IS NOT ?"
"""Faces that have a person: a network's, not those that the user threw out."""


def has_unknown(store: Store, side: str, network: str) -> bool:
    """Whether a side has a face without a person, or a person without a face."""
    return bool(
        store.rows(
            f"SELECT 1{_FACES} WHERE media.side = ? AND {_KNOWN} AND face.cluster IS NULL"
            " UNION ALL SELECT 1 FROM person WHERE side = ? AND face IS NULL LIMIT 1",
            (side, network, USER, side),
        )
    )


def known(store: Store, side: str, network: str) -> list[Known]:
    """The faces of a side that have an identity, by medium in their frames' order."""
    rows = store.rows(
        'SELECT media.id, face.id, frame.idx, face.left, face.top, face."right", face.bottom,'
        " face.yaw, face.pitch, face.blur, face.occlusion, face.rejected,"
        f" face.identity{_FACES}"
        f" WHERE media.side = ? AND {_KNOWN} ORDER BY media.id, frame.idx, face.n",
        (side, network, USER),
    )
    return [Known(*row) for row in rows]


def set_people(
    store: Store, side: str, labels: Iterable[tuple[int, int]], people: Iterable[tuple[int, int]]
) -> None:
    """Replace a side's people: (person, face) of each face, (person, representative). Call in a
    batch."""
    store.write("DELETE FROM person WHERE side = ?", [(side,)])
    store.write(
        "UPDATE face SET cluster = NULL WHERE cluster IS NOT NULL AND frame IN (SELECT frame.id"
        " FROM frame JOIN media ON media.id = frame.media WHERE media.side = ?)",
        [(side,)],
    )
    store.write("UPDATE face SET cluster = ? WHERE id = ?", labels)
    store.write("INSERT INTO person VALUES (?, ?, ?)", [(side, *person) for person in people])


def count_people(store: Store, side: str) -> int:
    """How many people a side has."""
    return int(store.rows("SELECT COUNT(*) FROM person WHERE side = ?", (side,))[0][0])


def forget_people(store: Store, media_id: int) -> None:
    """Have a medium's faces grouped anew. Call in a batch."""
    store.write(
        "UPDATE face SET cluster = NULL WHERE frame IN (SELECT id FROM frame WHERE media = ?)",
        [(media_id,)],
    )
