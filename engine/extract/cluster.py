"""Which faces are one person: identities put into groups, without pictures to compare with.

Two passes: faces (or tracks of one face) that lie within a small radius become one piece, then
pieces are joined by average linkage. Everything is decided in the order of the faces, so the same
faces give the same groups. A face that is like no other is a group of its own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]

RADIUS = 0.6
"""Radius of a piece as a share of the threshold: pieces of two people hardly meet."""
GROWTH = 1.2
MOST = 3000
"""Pieces that average linkage takes: it needs the square of that in memory, 36 MB."""
CHUNK = 1024
"""Faces that are compared with all pieces at once."""


class People(NamedTuple):
    """The groups, the largest first."""

    labels: NDArray[np.int64]
    """(n,) group of each face; 0 has the most faces."""
    representatives: NDArray[np.int64]
    """(groups,) the face of each group that stands for it."""


def cluster(
    identities: Numbers,
    tracks: NDArray[np.int64] | None,
    threshold: float,
    good: NDArray[np.bool_] | None = None,
) -> People:
    """Groups of identities (n, 128) whose mean distance is below the threshold.

    Faces of one of the `tracks` (n,) stay together. A representative is the face nearest to its
    group's mean, of those that are `good` (n,) where there are any.
    """
    identities = np.asarray(identities, np.float32)
    if not len(identities):
        return People(np.zeros(0, np.int64), np.zeros(0, np.int64))
    if tracks is None:
        units = np.arange(len(identities))
    else:
        units = np.unique(tracks, return_inverse=True)[1]
    means, counts = _means(identities, units)
    pieces, radius = np.arange(len(means)), threshold * RADIUS
    while True:
        found = _pieces(means, radius)
        pieces, (means, counts) = found[pieces], _means(means, found, counts)
        if len(means) <= MOST or radius >= threshold:
            break
        radius = min(radius * GROWTH, threshold)
    if len(means) <= MOST:
        pieces = _joined(means, counts, threshold)[pieces]
    labels = _by_size(pieces[units])
    return People(labels, _representatives(identities, labels, good))


def _means(
    vectors: Numbers, groups: NDArray[np.int64], weights: NDArray[np.float64] | None = None
) -> tuple[Numbers, NDArray[np.float64]]:
    """Weighted mean (k, d) of each group and its weight (k,)."""
    weights = np.ones(len(vectors)) if weights is None else weights
    count = int(groups.max()) + 1
    totals = np.zeros((count, vectors.shape[1]))
    np.add.at(totals, groups, vectors * weights[:, None])
    weight = np.bincount(groups, weights, count)
    return (totals / weight[:, None]).astype(np.float32), weight.astype(np.float64)


def _pieces(vectors: Numbers, radius: float) -> NDArray[np.int64]:
    """The piece (n,) of each vector: the nearest first vector of a piece within the radius, else
    it is the first of a new one."""
    found = np.empty(len(vectors), np.int64)
    firsts = np.empty((0, vectors.shape[1]), np.float32)
    for start in range(0, len(vectors), CHUNK):
        part = vectors[start : start + CHUNK]
        among = found[start : start + CHUNK]
        among[:] = -1
        if len(firsts):
            far = distances(part, firsts)
            nearest = far.argmin(1)
            near = far[np.arange(len(part)), nearest] < radius
            among[near] = nearest[near]
        new: list[Numbers] = []
        left = np.flatnonzero(among < 0)
        while len(left):
            first = left[0]
            near = distances(part[left], part[first : first + 1])[:, 0] < radius
            near[0] = True
            among[left[near]] = len(firsts) + len(new)
            new.append(part[first])
            left = left[~near]
        if new:
            firsts = np.concatenate([firsts, np.array(new)])
    return found


def _joined(means: Numbers, counts: NDArray[np.float64], threshold: float) -> NDArray[np.int64]:
    """The group (k,) of each piece by average linkage.

    The nearest two are joined until none are nearer than the threshold; a joined piece's distances
    are the means of its parts'. Source: G. N. Lance and W. T. Williams, "A general theory of
    classificatory sorting strategies", The Computer Journal 9 (1967).
    """
    counts = counts.copy()
    groups = np.arange(len(means))
    far = distances(means, means)
    np.fill_diagonal(far, np.inf)
    nearest = far.argmin(1)
    least = far[np.arange(len(far)), nearest]
    while len(far) > 1:
        a = int(least.argmin())
        if not least[a] < threshold:
            break
        b = int(nearest[a])
        row = (far[a] * counts[a] + far[b] * counts[b]) / (counts[a] + counts[b])
        row[a] = row[b] = np.inf
        far[a], far[:, a] = row, row
        far[b], far[:, b] = np.inf, np.inf
        counts[a] += counts[b]
        groups[groups == b] = a
        for stale in np.flatnonzero((nearest == a) | (nearest == b) | (row < least)):
            nearest[stale] = far[stale].argmin()
            least[stale] = far[stale, nearest[stale]]
        for changed in (a, b):
            nearest[changed] = far[changed].argmin()
            least[changed] = far[changed, nearest[changed]]
    return np.unique(groups, return_inverse=True)[1]


def _by_size(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Labels (n,) by falling size, then by the first face."""
    _, first, inverse, size = np.unique(
        groups, return_index=True, return_inverse=True, return_counts=True
    )
    label = np.empty(len(first), np.int64)
    label[np.lexsort((first, -size))] = np.arange(len(first))
    return label[inverse]


def _representatives(
    identities: Numbers, labels: NDArray[np.int64], good: NDArray[np.bool_] | None
) -> NDArray[np.int64]:
    """The face (groups,) nearest to its group's mean; a good one where the group has any."""
    means, _ = _means(identities, labels)
    away = np.linalg.norm(identities - means[labels], axis=1)
    worse = np.zeros(len(labels), np.bool_) if good is None else ~good
    order = np.lexsort((away, worse, labels))
    return order[np.searchsorted(labels[order], np.arange(len(means)))]


def distances(a: Numbers, b: Numbers) -> Numbers:
    """Euclidean distances (n, k) between rows."""
    squared = (a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2.0 * (a @ b.T)
    return np.sqrt(np.maximum(squared, 0.0))
