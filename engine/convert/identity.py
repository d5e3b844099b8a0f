"""Whom the finished video shows: measured on its decoded frames, not on what went into it.

The distance of a face to a person is the median Euclidean distance between the face's embedding
and up to 200 embeddings of that person's own footage, evenly spread over it; the same for both
people. Embeddings are those of dlib's network (128 numbers): two pictures of one person lie about
0.36 apart, of two people 0.84; 0.6 is its usual limit for "the same person".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.convert.patch import Landmarks
from engine.media.read import FrameReader, to_rgb
from engine.store import Store

if TYPE_CHECKING:
    from engine.extract.describe import FoundFace

MAX_REFERENCES = 200
MAX_FRAMES = 400
"""Frames that are measured, evenly spread; measuring costs about as much as converting."""
NEAR = 0.5
"""A found face is the swapped one if its centre is within this share of the face's width."""

Embeddings = NDArray[np.float32]


class Measured(msgspec.Struct, frozen=True):
    """One swapped face in the finished video; None where no face was found there any more."""

    frame: int
    to_new: float | None
    to_replaced: float | None


class Identity(msgspec.Struct, frozen=True):
    """How much the swapped faces are the new person."""

    nearer_to_new: float | None
    """Share of the measured faces, 0..1; one that isn't found any more counts as not nearer."""
    median_to_new: float | None
    median_to_replaced: float | None
    faces_measured: int


def summary(faces: Iterable[Measured]) -> Identity:
    """The report's figures of measured faces; None where nothing could be measured."""
    faces = list(faces)
    found = [(f.to_new, f.to_replaced) for f in faces if f.to_new is not None]
    if not found:
        return Identity(0.0 if faces else None, None, None, len(faces))
    new, replaced = np.array(found, float).T
    return Identity(
        float((new < replaced).sum() / len(faces)),
        float(np.median(new)),
        float(np.median(replaced)),
        len(faces),
    )


def references(store: Store, side: str) -> Embeddings:
    """Embeddings (n, 128) of a person's own footage; n is 0 if it was extracted without them."""
    found = [f.face.identity for f in store.faces(side=side)]
    rows = [np.frombuffer(i, "<f4") for i in found if i]
    picked = spread(len(rows), MAX_REFERENCES)
    return np.stack([rows[i] for i in picked]) if rows else np.zeros((0, 128), np.float32)


def measure(
    video: Path, faces: dict[int, list[Landmarks]], new: Embeddings, replaced: Embeddings
) -> list[Measured]:
    """Find and embed the swapped faces of a finished video again."""
    if not len(new) or not len(replaced):
        return []
    from engine.extract.describe import Describer  # TensorFlow comes with it and takes seconds

    describe = Describer()
    frames = sorted(faces)
    wanted = [frames[i] for i in spread(len(frames), MAX_FRAMES)]
    measured: list[Measured] = []
    for index, rgb in pictures(video, wanted):
        (found,) = describe([rgb])
        for face in faces[index]:
            at_place = _nearest(found, face)
            embedding = None if at_place is None else at_place.identity
            if embedding is None:
                measured.append(Measured(index, None, None))
            else:
                far = (distance_to(embedding, person) for person in (new, replaced))
                measured.append(Measured(index, *far))
    return measured


def distance_to(embedding: NDArray[np.float32], person: Embeddings) -> float:
    """Median Euclidean distance of an embedding (128,) to a person's references (n, 128)."""
    return float(np.median(np.linalg.norm(person - embedding, axis=1)))


def pictures(video: Path, wanted: Iterable[int]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """RGB of the frames with the wanted indices, in one pass; the others are only decoded."""
    left = set(wanted)
    if not left:
        return
    with FrameReader(video, stop=max(left) + 1) as reader:
        for index, _, frame in reader.raw():
            if index in left:
                yield index, to_rgb(frame)


def spread(count: int, most: int) -> list[int]:
    """At most `most` indices below `count`, evenly spread, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return [int(i) for i in np.linspace(0, count - 1, most).round()]


def _nearest(found: list[FoundFace], face: Landmarks) -> FoundFace | None:
    """The found face at a face's place."""
    centre, width = face.points.mean(0), float(np.ptp(face.points[:, 0]))
    near = [(float(np.linalg.norm(f.points.mean(0) - centre)), i) for i, f in enumerate(found)]
    best = min(near, default=None)
    return found[best[1]] if best and best[0] < NEAR * width else None
