"""Steady colours: what a new face is matched to, measured in every frame and smoothed over time.

A method of `engine.convert.colours` takes the colours of each frame by itself, so that a hand
before the face or a mask that shakes makes the new face flicker. Here the mean and spread of the
replaced face's L*a*b* channels become steady along its track, and the target of the match is
given those. A light that changes over more frames than are smoothed stays.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.convert.colours import LEAST_WEIGHT, Picture, Weight
from engine.convert.colours._moments import SPREAD_LIMITS, moments
from engine.convert.tracks import Track
from engine.faces.smooth import Shaking, shake, smooth, together
from engine.protocol import write_atomic

LEAST_SPREAD = 0.1
"""Of a channel, on its scale of 100: a flat face has no spread to divide by."""

Tone = NDArray[np.float32]
"""(2, 3): mean and spread of L*, a* and b*, CIE units."""
Place = tuple[int, int]
"""Frame index and the face's number in it."""
Tones = dict[Place, Tone]


def tone_of(target: Picture, weight: Weight) -> Tone | None:
    """The tone of a replaced face, RGB float32 0..1, where `weight` counts; None where too little
    of it is seen."""
    if weight.sum() < LEAST_WEIGHT:
        return None
    return np.stack(moments(_lab(target), weight))


def toned(target: Picture, have: Tone, wanted: Tone) -> Picture:
    """A target of tone `have` as one of tone `wanted`, RGB 0..1; spreads change within limits."""
    gain = np.clip(wanted[1] / np.maximum(have[1], LEAST_SPREAD), *SPREAD_LIMITS)
    lab = (_lab(target) - have[0]) * gain.astype(np.float32) + wanted[0]
    rgb = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB)
    return np.asarray(np.clip(rgb, 0.0, 1.0), np.float32)


def nearest(track: Track, index: int, radius: int) -> Track:
    """The places of a track that decide what is steady in a frame: see `faces.smooth.smooth`."""
    near = sorted(track, key=lambda place: abs(place[0] - index))
    return sorted(near[: 2 * radius + 1])


def steady(found: Tones, tracks: Sequence[Track], radius: int) -> tuple[Tones, Shaking]:
    """Tones smoothed over `radius` frames each way along each track, and how much the mean colour
    shook before and after, in CIE 1976 colour differences (see `faces.smooth.shake`)."""
    made, told = Tones(), []
    for track in tracks:
        places = [place for place in track if place in found]
        if not places:
            continue
        tones = np.stack([found[place] for place in places])
        times = np.array([index for index, _ in places], float)
        smoothed = smooth(tones, times, radius)
        smoothed[:, 1] = np.maximum(smoothed[:, 1], LEAST_SPREAD)
        made.update(zip(places, smoothed, strict=True))
        ones = np.ones(len(places))
        shaken = shake(tones[:, :1], ones), shake(smoothed[:, :1], ones)
        told.append(Shaking(*shaken, len(places) if len(places) > 2 else 0))
    return made, together(told)


def keep(path: Path, found: Tones) -> None:
    """Write measured tones: one row a face."""
    rows = np.array([[*place, *tone.ravel()] for place, tone in found.items()], np.float64)
    buffer = io.BytesIO()
    np.save(buffer, rows.reshape(-1, 8), allow_pickle=False)
    write_atomic(path, buffer.getvalue())


def kept(path: Path) -> Tones | None:
    """Measured tones as they were written; None where there are none that can be read."""
    try:
        rows = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    if rows.ndim != 2 or rows.shape[1] != 8 or not np.isfinite(rows).all():
        return None
    return {(int(r[0]), int(r[1])): r[2:].astype(np.float32).reshape(2, 3) for r in rows}


def _lab(picture: Picture) -> Picture:
    lab = cv2.cvtColor(np.clip(picture, 0.0, 1.0), cv2.COLOR_RGB2LAB)
    return np.asarray(lab, np.float32)
