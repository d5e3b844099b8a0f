"""Detectors: one network a file, each with a class `Detector(confidence)` to call on a frame."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Detection:
    """A face that a detector found, in frame pixels."""

    box: tuple[float, float, float, float]
    """Left, top, right, bottom."""
    score: float
    right_eye: tuple[float, float]
    left_eye: tuple[float, float]
    """The subject's own right and left."""
