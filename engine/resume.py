"""What a job that goes on from another one repeats of it. Light."""

from __future__ import annotations

from typing import Any

from engine.protocol import JobFolder, Step


def going_on(folder: JobFolder, index: int) -> Step:
    """A step as going on repeats it: what was changed while it ran stays so, and a model that was
    begun anew is not thrown away again. Raises `Damaged`."""
    step = folder.job().steps[index]
    settings = {k: v for k, v in step.settings.items() if k != "anew"}
    changed = changes(folder) if step.stage == "train" else {}
    return Step(step.stage, step.side, {**settings, **changed})


def changes(folder: JobFolder) -> dict[str, Any]:
    """What was changed of a training while it ran."""
    made: dict[str, Any] = {}
    for event in folder.events()[0]:
        if event.k == "change":
            made |= event.data["settings"]
    return made
