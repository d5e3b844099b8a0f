"""A step at work: what every stage is given, and the stages there are."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from engine import settings
from engine.control import Control
from engine.project import Project
from engine.protocol import JobFolder, Step
from engine.report import Reporter

S = TypeVar("S", bound=msgspec.Struct)

STAGES: dict[str, str] = {
    "extract": "engine.extract.pipeline",
    "train": "engine.train.loop",
    "convert": "engine.convert.pipeline",
    "preview": "engine.convert.preview",
    "watch": "engine.watch.watcher",
    "import": "engine.interop.bring",
}
"""Each module has `run(work: Work) -> str`, which returns the sentence that the step ends with."""


@dataclass(frozen=True)
class Work:
    """What a stage works on and talks to."""

    project: Project
    folder: JobFolder
    step: Step
    report: Reporter
    control: Control

    def settings(self, kind: type[S]) -> S:
        """The step's settings over the project's own defaults, checked."""
        values = {**self.project.settings(self.step.stage), **self.step.settings}
        return settings.read(kind, values)


def stage(name: str) -> Callable[[Work], str]:
    """A stage's `run`; importing it may take seconds."""
    run: Callable[[Work], str] = importlib.import_module(STAGES[name]).run
    return run
