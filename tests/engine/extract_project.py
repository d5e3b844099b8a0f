"""A project and the extract step in this process, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from engine.control import Control
from engine.eventlog import Event
from engine.extract import pipeline
from engine.project import Project
from engine.protocol import Job, JobFolder, Step
from engine.report import Reporter
from engine.work import Work


class StopAfter:
    """Stands in for `Control`: says stop after so many looks."""

    def __init__(self, looks: int | None = None) -> None:
        self._left = looks

    @property
    def stopping(self) -> bool:
        if self._left is None:
            return False
        self._left -= 1
        return self._left < 0


def project_with(workspace: Path, **sides: list[Path]) -> Project:
    project = Project.create(workspace, "p")
    for side, paths in sides.items():
        project.add_sources(side, paths)
    return project


def extract(
    project: Project, side: str, stop_after: int | None = None, **settings: Any
) -> tuple[str, list[Event]]:
    """Run the step; its sentence and its events. `stop_after` counts batches."""
    step = Step("extract", side, settings)
    folder = JobFolder.create(project.path, Job(1, "extract", [step]))
    control = cast(Control, StopAfter(stop_after))
    message = pipeline.run(Work(project, folder, step, Reporter(folder), control))
    return message, folder.events()[0]


def newest_events(project: Project) -> list[Event]:
    """Events of the newest job, also of one that raised."""
    folders = sorted((project.path / "jobs").iterdir(), key=lambda p: p.stat().st_mtime_ns)
    return JobFolder(folders[-1]).events()[0]


def warnings(events: list[Event]) -> list[str]:
    return [e.data["text"] for e in events if e.k == "warn"]
