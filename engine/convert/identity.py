"""Whom the finished video shows: measured on its decoded frames, not on what went into it.

The distance of a face to a person is the Euclidean distance between the face's embedding and the
person's mean embedding: the plain mean over all kept faces of that person's own footage, the same
for both people. Somebody of the target who isn't the other side of the model's project is replaced
as the target shows them: their mean is that of their faces there. Embeddings are those of dlib's
network (128 numbers). To read the figures: in the sample footage a person's own frames lie 0.1 to
0.3 from their mean, another person's 0.8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.convert.roles import Role
from engine.faces.landmarks import Landmarks
from engine.media.read import FrameReader, to_rgb
from engine.project import Project
from engine.store import Store

if TYPE_CHECKING:
    from engine.extract.describe import FoundFace

MAX_FRAMES = 400
"""Frames that are measured, evenly spread; measuring costs about as much as converting."""
NETWORK = "dlib-resnet"
NEAR = 0.5
"""A found face is the swapped one if its centre is within this share of the face's width."""

Embedding = NDArray[np.float32]


class Measured(msgspec.Struct, frozen=True):
    """One swapped face in the finished video; None where no face was found there any more."""

    frame: int
    to_new: float | None
    to_replaced: float | None
    model: int = 0
    """Number of the model that painted it, in a pass with several."""


class Identity(msgspec.Struct, frozen=True):
    """How much the swapped faces are the new person."""

    nearer_to_new: float | None
    """Share of the measured faces, 0..1; one that isn't found any more counts as not nearer."""
    median_to_new: float | None
    median_to_replaced: float | None
    median_within_new: float | None
    """Of the new person's own footage to the same mean: what could be reached at best. None where
    several people are put in."""
    faces_measured: int


def summary(faces: Iterable[Measured], within_new: float | None) -> Identity:
    """The report's figures of measured faces; None where nothing could be measured."""
    faces = list(faces)
    found = [(f.to_new, f.to_replaced) for f in faces if f.to_new is not None]
    if not found:
        return Identity(0.0 if faces else None, None, None, within_new, len(faces))
    new, replaced = np.array(found, float).T
    return Identity(
        float((new < replaced).sum() / len(faces)),
        float(np.median(new)),
        float(np.median(replaced)),
        within_new,
        len(faces),
    )


class Person(NamedTuple):
    """How a person looks to the identity network."""

    mean: Embedding
    within: float
    """Median distance of the person's own faces to the mean."""


class Pair(NamedTuple):
    """Whom a swapped face is compared with."""

    new: Person
    replaced: Person


def pair_of(target: Project, role: Role, threshold: float) -> Pair | None:
    """Who is put in and who is replaced in a role on people of the `target`; None where one of them
    has no embeddings. `threshold` is the distance from which on a person of the target isn't the
    one of the other side."""
    if not role.project.db_path.exists():
        return None
    with Store(role.project.db_path, readonly=True) as store:
        new, replaced = person_of(store, role.put_in), person_of(store, role.replaced)
    if role.person is not None:
        with Store(target.db_path, readonly=True) as store:
            shown = person_of(store, "target", role.person)
        if shown and (replaced is None or distance_to(shown.mean, replaced.mean) >= threshold):
            replaced = shown
    return Pair(new, replaced) if new and replaced else None


def person_of(store: Store, side: str, cluster: int | None = None) -> Person | None:
    """The person of a side, or one of several that it shows; None if it has no embeddings of our
    network (imported faces may have another's, which can't be compared)."""
    found = [f.face for f in store.faces(side=side)]
    rows = [
        np.frombuffer(f.identity, "<f4")
        for f in found
        if f.identity and f.identity_network == NETWORK and cluster in (None, f.cluster)
    ]
    if not rows:
        return None
    mean = np.stack(rows).mean(0)
    return Person(mean, float(np.median([distance_to(row, mean) for row in rows])))


def distance_to(embedding: Embedding, mean: Embedding) -> float:
    """Euclidean distance of an embedding (128,) to a person's mean."""
    return float(np.linalg.norm(embedding - mean))


def measure(
    video: Path,
    faces: dict[int, list[Landmarks]],
    pairs: Sequence[Pair],
    model_of: Callable[[int, int], int] = lambda _index, _number: 0,
) -> list[Measured]:
    """Find and embed the swapped faces of a finished video again; each is compared with the pair of
    its model, that of the frame's face of so many."""
    from engine.extract.describe import Describer  # TensorFlow comes with it and takes seconds

    describe = Describer()
    frames = sorted(faces)
    wanted = [frames[i] for i in spread(len(frames), MAX_FRAMES)]
    measured: list[Measured] = []
    for index, rgb in pictures(video, wanted):
        (found,) = describe([rgb])
        for number, face in enumerate(faces[index]):
            at_place, model = _nearest(found, face), model_of(index, number)
            embedding = None if at_place is None else at_place.identity
            if embedding is None:
                measured.append(Measured(index, None, None, model))
            else:
                new, replaced = (distance_to(embedding, person.mean) for person in pairs[model])
                measured.append(Measured(index, new, replaced, model))
    return measured


def pictures(video: Path, wanted: Iterable[int]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """RGB of the frames with the wanted indices, in one pass; the others are only decoded."""
    left = set(wanted)
    if not left:
        return
    with FrameReader(video, stop=max(left) + 1) as reader:
        if reader.info.kind != "video":
            yield from ((f.index, f.rgb) for f in reader if f.index in left)
            return
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
