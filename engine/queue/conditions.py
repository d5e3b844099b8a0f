"""Conditions that a job waits for beside its turn: hours of the day, room, how much else runs."""

from __future__ import annotations

import shutil
from datetime import datetime
from datetime import time as clock_time
from pathlib import Path

import msgspec

from engine.errors import BadInput
from engine.protocol import safe_text

GB = 1_000_000_000
NOT_COUNTED = frozenset({"watch", "preview"})
"""Kinds of jobs that stand by, and of which there may be any number beside others."""


def local_time() -> datetime:
    """Now, by the machine's own clock and zone: hours are in it."""
    return datetime.now().astimezone()


class Conditions(msgspec.Struct, frozen=True, omit_defaults=True):
    """When a job may begin; the defaults are no conditions."""

    hours: str = ""
    """Hours of the machine's day, as in 22:00-06:00; several with commas."""
    device_free: bool = False
    """Only while no other job computes on its device."""
    disk_free_gb: float = 0.0
    """Only with so much room on the project's disk, GB."""
    at_most: int = 0
    """Only while fewer jobs of its project run; 0: however many do."""


def too_early(conditions: Conditions, moment: datetime) -> str:
    """Why it may not begin at a moment of the machine's own day; "" when it may. Raises `BadInput`
    for hours that are none."""
    if within(hours_of(conditions.hours), moment):
        return ""
    return f"it begins within {conditions.hours} and it is {moment:%H:%M}"


def too_full(conditions: Conditions, project: Path) -> str:
    """The same for the room on the project's disk. Raises `OSError`."""
    if not conditions.disk_free_gb:
        return ""
    free_gb = shutil.disk_usage(project).free / GB
    if free_gb >= conditions.disk_free_gb:
        return ""
    return f"{conditions.disk_free_gb:g} GB are to be free and {free_gb:.1f} are"


def too_many(conditions: Conditions, running: int) -> str:
    """The same for so many running jobs of the project."""
    if not conditions.at_most or running < conditions.at_most:
        return ""
    return f"{running} {'job runs' if running == 1 else 'jobs run'} and {conditions.at_most} may"


# --- hours -----------------------------------------------------------------------------------

Span = tuple[clock_time, clock_time]


def hours_of(text: str) -> list[Span]:
    """Spans of the day, the end not in them; none for every hour. Raises `BadInput`."""
    spans = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        try:
            first, _, last = part.partition("-")
            spans.append((_clock(first), _clock(last)))
        except ValueError as error:
            raise BadInput(
                f"hours: '{safe_text(part)}' is no span of the day: write it as 22:00-06:00."
            ) from error
    return spans


def within(spans: list[Span], moment: datetime) -> bool:
    """Whether a moment lies in the hours; spans may go over midnight, and one whose ends are the
    same is the whole day."""
    at = moment.time()
    return not spans or any(
        first <= at < last if first < last else at >= first or at < last for first, last in spans
    )


def _clock(text: str) -> clock_time:
    hour, minute = (int(part) for part in text.strip().split(":"))
    return clock_time(0 if (hour, minute) == (24, 0) else hour, minute)
