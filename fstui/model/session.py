"""What the interface is looking at: workspace, open project, its jobs, and acts on them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from engine.errors import NothingToDo, Refused, from_os_error
from engine.project import Project
from engine.protocol import JobFolder, may_signal
from fstui.settings import Settings
from fstui.state import UiState, View

from .jobview import JobView
from .series import EMPTY, Curve
from .tail import JobUpdate

ROOM_STAGES = {"faces": "extract", "train": "train", "convert": "convert"}


class Session:
    """The state that all rooms share. It belongs to the interface's thread."""

    def __init__(
        self, workspace: Path, state: UiState, settings: Settings, *, readonly: bool = False
    ) -> None:
        self.workspace = workspace
        self.state = state
        self.settings = settings
        self.readonly = readonly
        self.project: Project | None = None
        self.jobs: dict[str, JobView] = {}
        self.curve: Curve = EMPTY
        self.problem = ""
        """What keeps something from being shown; stays on screen until it is gone."""

    # --- the open project ---

    def open(self, path: Path) -> Project:
        """Turn to a project. Raises `BadInput` or `Damaged`; the old one stays open then."""
        project = Project.open(path)
        self.project = project
        self.jobs, self.curve = {}, EMPTY
        self.state.project = str(project.path)
        return project

    def close(self) -> None:
        """Turn to no project."""
        self.project = None
        self.jobs, self.curve = {}, EMPTY
        self.state.project = ""

    def reload(self) -> None:
        """Read project.toml again after a change."""
        if self.project:
            self.project = Project.open(self.project.path)

    @property
    def view(self) -> View:
        """How the open project is looked at."""
        return self.state.view(self.project.path if self.project else self.workspace)

    def last_project(self) -> Path | None:
        """The project that was open when the interface was left, if it is still there."""
        path = Path(self.state.project) if self.state.project else None
        if path and path.parent == self.workspace.resolve() and (path / "project.toml").exists():
            return path
        return None

    # --- what the tail tells ---

    def take(self, update: JobUpdate) -> JobView | None:
        """Take in news of a job; its view if it ended with this update."""
        if self.project is None or update.folder.project != self.project.path:
            return None  # a late word about a project that was left
        view = self.jobs.get(update.stage)
        if view is None or view.folder.path != update.folder.path:
            self.jobs[update.stage] = JobView.begin(update)
            return None
        was_running = view.running
        view.apply(update)
        return view if was_running and not view.running else None

    def running(self) -> list[JobView]:
        """Jobs of the open project that have not ended, each once."""
        views = {v.folder.name: v for v in self.jobs.values() if v.running}
        return list(views.values())

    def newest(self) -> JobView | None:
        """The job that matters most: a running one, else the newest."""
        views = sorted(self.jobs.values(), key=lambda v: v.folder.name, reverse=True)
        work = [v for v in views if v.stage != "watch"] or views
        return next((v for v in work if v.running), work[0] if work else None)

    # --- acts on jobs ---

    def writable(self) -> Project:
        """The open project, to be changed. Raises `Refused` under `--readonly`."""
        if self.readonly:
            raise Refused("Nothing is changed: fstui was started with --readonly.")
        if self.project is None:
            raise NothingToDo("No project is open: choose one first.")
        return self.project

    def stop(self, view: JobView) -> None:
        """Ask a job to save and stop."""
        self.writable()
        view.folder.send("stop")
        view.stop_asked = time.monotonic()

    def pause(self, view: JobView) -> str:
        """Pause a running job, let a paused one go on; the verb that was sent."""
        self.writable()
        verb = "resume" if view.snapshot.state == "paused" else "pause"
        view.folder.send(verb)
        return verb

    def ask_preview(self, view: JobView) -> None:
        """Ask a training for a new preview picture."""
        self.writable()
        view.folder.send("preview")

    def kill(self, view: JobView) -> None:
        """Kill a job's supervisor, and with it the step. Raises `Refused` unless the lock's
        process is surely still the one that took it."""
        self.writable()
        kill(view.folder)


def kill(folder: JobFolder) -> None:
    """SIGKILL for the process that holds a job's lock, after comparing pid, start time, host."""
    holder = folder.holder()
    if holder is None or not folder.alive():
        raise NothingToDo(f"The job {folder.name} has ended already.")
    if not may_signal(holder):
        raise Refused(
            f"The job {folder.name} is held by {holder.words()}, which can't be killed from here."
        )
    try:
        os.kill(holder.pid, signal.SIGKILL)
    except OSError as error:
        raise from_os_error(error, f"killing the job {folder.name}") from error
