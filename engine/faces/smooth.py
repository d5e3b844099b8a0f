"""Steady over time: one face's track inside a shot, smoothed, and the jitter that is left.

From what is stored of faces alone: where they are in which frame, and who.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.faces.boxes import Box, overlap

DEGREE = 2
"""Motion of a steady speed and of a steady acceleration stays as it is."""
SAME_TRACK = 0.5
"""A face whose box shares less of its union with the last one's is another or after a cut."""
OTHER_PERSON = 0.6
"""Identities this far apart are two people. Source: the threshold published with dlib's network."""
UNSEEN = 2
"""A track goes on after up to so many looked-at frames without the face."""


class Shaking(NamedTuple):
    """What smoothing took away, as means over so many faces."""

    before: float
    after: float
    faces: int


def together(told: Sequence[Shaking]) -> Shaking:
    """The mean over all faces."""
    faces = sum(t.faces for t in told)
    share = [t.faces / max(faces, 1) for t in told]
    return Shaking(
        sum(t.before * s for t, s in zip(told, share, strict=True)),
        sum(t.after * s for t, s in zip(told, share, strict=True)),
        faces,
    )


def smooth(
    points: NDArray[np.floating], times: NDArray[np.floating], radius: int
) -> NDArray[np.float32]:
    """Points (n, 68, 2), or any figures (n, ...), of one face in rising times (n,), smoothed over
    `radius` frames each way.

    Each is the value of a polynomial fitted to the nearest 2 * radius + 1 by least squares, with
    weights that fall to nothing at the window's edge; at the ends of the track the window reaches
    further to one side. The degree is 2, and 1 in a window of three, which a radius of 1 has: that
    keeps a steady speed only. Frames may be missing.

    Source: W. S. Cleveland, "Robust locally weighted regression and smoothing scatterplots",
    J. Am. Stat. Assoc. 74 (1979), without its robust passes; weights as M. Schmid, D. Rath and
    U. Diebold, "Why and how Savitzky-Golay filters should be replaced", ACS Meas. Sci. Au 2 (2022)
    find: less noise at high frequencies, which is what jitter is, than with equal ones.
    """
    if radius < 1 or len(points) < 3:
        return np.array(points, np.float32)
    flat = np.asarray(points, np.float64).reshape(len(points), -1)
    at = np.asarray(times, np.float64)
    step = float(np.median(np.diff(at)))
    smoothed = np.empty_like(flat)
    for row, time in enumerate(at):
        first = max(0, row - 2 * radius)  # the nearest of rising times lie in this part
        part = slice(first, row + 2 * radius + 1)
        distance = np.abs(at[part] - time) / step
        near = np.argsort(distance, kind="stable")[: 2 * radius + 1]
        smoothed[row] = fit(distance[near], (at[part][near] - time) / step) @ flat[part][near]
    return smoothed.reshape(points.shape).astype(np.float32)


def fit(distance: NDArray[np.float64], offset: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights (n,) that give the fitted polynomial's value at offset 0 from values at offsets.

    Distances and offsets are in frames. The window is cos^2, nought one frame beyond the farthest.
    """
    degree = min(DEGREE, max(len(offset) - 2, 1))
    window = np.cos(np.pi / 2 * distance / (distance.max() + 1.0))  # square root of cos^2
    powers = np.vander(offset, degree + 1, increasing=True)
    return np.linalg.pinv(powers * window[:, None])[0] * window


def tracks(
    frames: Sequence[int],
    boxes: Sequence[Box],
    identities: Sequence[NDArray[np.floating] | None],
    step: int = 1,
) -> NDArray[np.int64]:
    """The track (n,) of each face of one medium, from 0: one face inside one shot.

    Faces are in the order of their frames, of which every `step`th was looked at. A face goes on
    in the track whose last box it overlaps most, unless that was more than `UNSEEN` looked-at
    frames ago or shows someone else; so a cut ends all tracks whose faces move or change by it.
    """
    found = np.empty(len(frames), np.int64)
    last: dict[int, int] = {}  # of each track that can go on, its last face
    count = 0
    for frame, group in groupby(range(len(frames)), key=lambda face: frames[face]):
        last = {t: f for t, f in last.items() if frame - frames[f] <= (UNSEEN + 1) * step}
        here, before = list(group), list(last.items())
        shared = np.zeros((len(before), len(here)))
        for row, (_, old) in enumerate(before):
            for column, new in enumerate(here):
                if not _are_two_people(identities[old], identities[new]):
                    shared[row, column] = overlap(boxes[old], boxes[new])
        goes_on = _matched(shared)
        for column, new in enumerate(here):
            if column in goes_on:
                found[new] = before[goes_on[column]][0]
            else:
                found[new], count = count, count + 1
            last[int(found[new])] = new
    return found


def grouped(labels: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Indices of the faces of each track, in the faces' order."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)


def _matched(shared: NDArray[np.float64]) -> dict[int, int]:
    """For each new face (column) the track (row) that it shares most with, the best pair first."""
    matched: dict[int, int] = {}
    while shared.size and shared.max() >= SAME_TRACK:
        row, column = np.unravel_index(int(shared.argmax()), shared.shape)
        matched[int(column)] = int(row)
        shared[row], shared[:, column] = 0.0, 0.0
    return matched


def _are_two_people(a: NDArray[np.floating] | None, b: NDArray[np.floating] | None) -> bool:
    """Whether both are known and too far apart to be one."""
    return a is not None and b is not None and float(np.linalg.norm(a - b)) > OTHER_PERSON


def jitter(points: NDArray[np.floating], sizes: NDArray[np.floating]) -> float:
    """How much points (n, 68, 2) of one track shake, in percent of the face's size (n,): see
    `shake`."""
    return 100.0 * shake(points, sizes)


def shake(figures: NDArray[np.floating], unit: NDArray[np.floating]) -> float:
    """How much figures (n, k, dimensions) shake in time, in units (n,): the mean length of their
    second difference from frame to frame, 0 for fewer than three frames.

    Source: the acceleration of A. Kanazawa et al., "Learning 3D human dynamics from video", CVPR
    2019, which is measured there against a known motion's.
    """
    if len(figures) < 3:
        return 0.0
    second = np.diff(np.asarray(figures, np.float64), 2, axis=0)
    shaken = np.linalg.norm(second, axis=2).mean(1) / np.asarray(unit, np.float64)[1:-1]
    return float(shaken.mean())
