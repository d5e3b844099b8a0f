"""What `faces` answers with: faces, their figures, people, copies."""

from __future__ import annotations

from fstui.model.answers import Answer


class FaceAnswer(Answer, frozen=True):
    """One face."""

    id: int
    side: str
    media: str
    frame: int
    """From 1."""
    number: int
    """Of the face in its frame, from 0."""
    person: int | None
    rejected_by: str | None
    crop: str | None
    figures: dict[str, float | None]
    kept: bool
    edited: bool
    stale: bool


class SpreadAnswer(Answer, frozen=True):
    """How a figure is spread."""

    figure: str
    faces: int
    low: float
    p5: float
    median: float
    p95: float
    high: float
    bars: list[int]
    """Faces in ten equal parts from low to high."""


class PersonAnswer(Answer, frozen=True):
    """Somebody who was told apart."""

    side: str
    person: int
    faces: int
    first: tuple[str, int]
    """Medium and frame, from 0."""
    last: tuple[str, int]
    crop: str | None


class CopyAnswer(Answer, frozen=True):
    """One of a group of nearly the same pictures; the first of a group is the sharpest."""

    id: int
    crop: str | None
