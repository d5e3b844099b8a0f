"""Both films read side by side, every measured face cut out of both at the same place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.convert.identity import NEAR, Measured, alike, pictures, spread
from engine.faces.boxes import around
from engine.faces.geometry import Matrix, warp
from engine.faces.landmarks import Landmarks
from engine.quality import figures
from engine.quality.worst import Row

LEAST, SHARE, MOST = 40, 5, 300
"""Frames that are measured: one of five, but at least and at most so many, evenly spread, each with
the one behind it. A measured frame costs about as much as two converted ones."""
SIDE = 256
"""Side of the crops in pixels."""

Align = Callable[[NDArray[np.uint8], Landmarks], NDArray[np.float32] | None]
"""The (68, 2) landmarks of the face around given ones in an RGB frame; None if there is none."""
Place = Callable[[int, int], tuple[Matrix, figures.Mask]]
"""Of a frame's nth face: 2x3 from the frame to the crop of SIDE pixels, and the swap's mask."""


class _Cut(NamedTuple):
    """A face cut out of both films."""

    source: figures.Picture
    swap: figures.Picture
    mask: figures.Mask


@dataclass
class Found:
    """What measuring found."""

    rows: list[Row] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    """Frames where the aligner sees a face in the source and none in the swap."""


def measure(
    source: Path,
    swap: Path,
    faces: Mapping[int, Sequence[Landmarks]],
    place: Place,
    align: Align,
    *,
    most: int | None = None,
    origin: Callable[[int], int] = int,
    who: Callable[[int, int], int] = lambda _index, number: number,
) -> Found:
    """Figures of the swapped faces; `faces` by frame of the swap, in display-rotated pixels, whose
    source is the frame `origin` of that film. `who` tells people apart, by a frame and its nth
    face.

    Two frames of each film are held at a time.
    """
    indices = sorted(faces)
    count = min(MOST, max(LEAST, len(indices) // SHARE)) if most is None else most
    wanted = {indices[i] for i in spread(len(indices), count)}
    needed = wanted | {i + 1 for i in wanted if i + 1 in faces}
    found, changes = Found(), list[tuple[int, NDArray[np.float64]]]()
    before: dict[int, list[_Cut]] = {}
    for index, was, now in _both(source, swap, needed, origin):
        cuts = [_cut(was, now, *place(index, n)) for n in range(len(faces[index]))]
        if index - 1 in wanted and index - 1 in before:
            _add_flicker(found.rows, before[index - 1], cuts, faces, index)
        if index in wanted:
            for number, (cut, face) in enumerate(zip(cuts, faces[index], strict=True)):
                told, change = _still(cut, was, now, face, align)
                if change is not None:
                    changes.append((len(found.rows), change))
                elif told.pop("lost", None):
                    found.lost.append(index)
                found.rows.append(Row(index, number, told))
        before = {index: cuts}
    _add_expressions(found.rows, changes, who)
    return found


def _both(
    source: Path, swap: Path, wanted: Iterable[int], origin: Callable[[int], int]
) -> Iterator[tuple[int, NDArray[np.uint8], NDArray[np.uint8]]]:
    """The wanted frames that both films have, the swap's at the size of the source's."""
    back = {origin(index): index for index in wanted}
    films = (((back[i], p) for i, p in pictures(source, back)), pictures(swap, back.values()))
    was, now = (next(film, None) for film in films)
    while was and now:
        if was[0] == now[0]:
            yield was[0], was[1], alike(now[1], (was[1].shape[1], was[1].shape[0]))
        step = (was[0] <= now[0], now[0] <= was[0])
        was = next(films[0], None) if step[0] else was
        now = next(films[1], None) if step[1] else now


def _cut(
    was: NDArray[np.uint8], now: NDArray[np.uint8], to_crop: Matrix, mask: figures.Mask
) -> _Cut:
    one, other = (np.asarray(warp(p, to_crop, SIDE), np.float32) for p in (was, now))
    return _Cut(one, other, mask)


def _still(
    cut: _Cut, was: NDArray[np.uint8], now: NDArray[np.uint8], face: Landmarks, align: Align
) -> tuple[dict[str, float], NDArray[np.float64] | None]:
    """The figures of one frame's face, and how its shape changed."""
    told = {
        "edge": figures.edge_step(*cut),
        "sharpness": figures.sharpness(*cut),
    }
    change = None
    before, after = align(was, face), align(now, face)
    if before is not None and after is not None:
        told["pose"] = figures.pose_error(before, after)
        change = figures.shape_change(before, after)
    elif before is not None:
        told["lost"] = 1.0
    return {name: value for name, value in told.items() if value is not None}, change


def _add_flicker(
    rows: list[Row],
    before: list[_Cut],
    now: list[_Cut],
    faces: Mapping[int, Sequence[Landmarks]],
    index: int,
) -> None:
    """To the rows of the frame before; a face that is not at its place any more has none."""
    for row in rows[-len(before) :]:
        if row.face >= len(now) or not _same(faces[index - 1][row.face], faces[index][row.face]):
            continue
        one, two = before[row.face], now[row.face]
        value = figures.flicker((one.source, two.source), (one.swap, two.swap), one.mask)
        if value is not None:
            row.figures["flicker"] = value


def _same(one: Landmarks, other: Landmarks) -> bool:
    width = float(np.ptp(one.points[:, 0]))
    return float(np.linalg.norm(one.points.mean(0) - other.points.mean(0))) < NEAR * width


def _add_expressions(
    rows: list[Row],
    changes: list[tuple[int, NDArray[np.float64]]],
    who: Callable[[int, int], int],
) -> None:
    """Of each person by themselves: two people have two shapes."""
    people: dict[int, list[tuple[int, NDArray[np.float64]]]] = {}
    for at, change in changes:
        people.setdefault(who(rows[at].frame, rows[at].face), []).append((at, change))
    for own in people.values():
        errors = figures.expression_errors(np.stack([change for _, change in own]))
        for (at, _), error in zip(own, errors, strict=True):
            rows[at].figures["expression"] = float(error)


def with_identity(rows: list[Row], measured: Sequence[Measured]) -> list[Row]:
    """The rows and those of the faces whose likeness was measured, each frame's in order."""
    by_place = {(row.frame, row.face): dict(row.figures) for row in rows}
    count: dict[int, int] = {}
    for face in measured:
        number = count.get(face.frame, 0)
        count[face.frame] = number + 1
        told = by_place.setdefault((face.frame, number), {})
        if face.to_new is not None and face.to_replaced is not None:
            told |= {"to_new": face.to_new, "to_replaced": face.to_replaced}
    return [Row(*place, told) for place, told in sorted(by_place.items())]


def aligner() -> Align:
    """The default aligner, laid on the place of known landmarks; it finds them anew in both films,
    so that one network's habits are in both."""
    from engine.extract.describe import aligner as lent
    from engine.extract.detect import Detection
    from engine.settings import ExtractSettings

    align_faces = lent(ExtractSettings(), 1)

    def align(rgb: NDArray[np.uint8], face: Landmarks) -> NDArray[np.float32] | None:
        points = face.points
        eyes = tuple(
            (float(x), float(y)) for x, y in (points[36:42].mean(0), points[42:48].mean(0))
        )
        (found,) = align_faces([(rgb, Detection(around(points), 1.0, eyes=(eyes[0], eyes[1])))])
        return None if found is None else found.points

    return align
