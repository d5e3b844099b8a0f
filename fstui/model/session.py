"""What the interface is looking at: workspace, open project, its jobs, and acts on them."""

from __future__ import annotations

import time
from pathlib import Path

from engine.errors import AlreadyRunning, FstuiError, NothingToDo, Refused
from engine.project import Project
from engine.protocol import JobFolder, State
from engine.workspace import is_project
from fstui.i18n import tr
from fstui.settings import UserSettings
from fstui.state import UiState, View

from . import jobs
from .glance import DiskGlance, DisksGlance, ProjectGlance, WorkspaceGlance, of_project
from .jobview import DOING, JobView
from .overview import Overview
from .series import EMPTY, Curve
from .tail import JobUpdate, TailProblem
from .told import Told


class Session:
    """The state that all rooms share. It belongs to the interface's thread."""

    def __init__(
        self, workspace: Path, state: UiState, settings: UserSettings, *, readonly: bool = False
    ) -> None:
        self.workspace = workspace
        self.state = state
        self.settings = settings
        self.readonly = readonly
        self.project: Project | None = None
        self.jobs: dict[str, JobView] = {}
        self.curve: Curve = EMPTY
        self.overview: Overview | None = None
        self.looks: Told[ProjectGlance] | None = None
        """The question about the open project; kept from room to room with what it knows."""
        self.overviews: list[Overview] | None = None
        """None until the first look."""
        self.disks: dict[Path, int] = {}
        """Bytes that projects of the workspace hold, as far as they were counted."""
        self.log_asked: JobFolder | None = None
        """The job that the log's room turns to when it is entered next."""
        self._opened = 0.0
        """UNIX time when the project was."""
        self._unreadable = ""
        self._disk = ""

    @property
    def problem(self) -> str:
        """Lasting trouble; stays on screen until it is gone."""
        damaged = self.overview.damaged if self.overview else ""
        return damaged or self._unreadable or self._disk

    # --- the open project ---

    def open(self, path: Path) -> Project:
        """Turn to a project. Raises `BadInput` or `Damaged`; the old one stays open then."""
        project = Project.open(path)
        self.project, self._opened = project, time.time()
        self.jobs, self.curve, self.overview = {}, EMPTY, None
        self.looks = of_project(project.path)
        self.state.project = str(project.path)
        return project

    def is_open(self, path: Path) -> bool:
        """Whether this project is the open one."""
        return self.project is not None and self.project.path == path

    def close(self) -> None:
        """Turn to no project."""
        self.project = self.looks = None
        self.jobs, self.curve, self.overview = {}, EMPTY, None
        self.state.project = ""

    def renew(self, project: Project) -> None:
        """Take a project as it was read again after a change, unless another one is open by
        now."""
        if self.project and self.project.path == project.path:
            self.project = project

    @property
    def view(self) -> View:
        """How the open project is looked at."""
        return self.state.view(self.project.path if self.project else self.workspace)

    def resume(self) -> str:
        """Turn to the project that was open when the interface was left, if it is still there; what
        keeps it from being opened, or ""."""
        path = Path(self.state.project) if self.state.project else None
        if path is None or path.parent != self.workspace.resolve():
            return ""
        try:
            if is_project(path):
                self.open(path)
        except FstuiError as error:
            return str(error)
        return ""

    # --- what the tail tells ---

    def take(self, update: object) -> JobView | None:
        """Take in news; the view of a job that ended with them."""
        match update:
            case JobUpdate():
                return self._take_job(update)
            case Curve() if self.project:
                self.curve = update
            case ProjectGlance() if self.project and update.overview.path == self.project.path:
                self.overview = update.overview
                # Another hand may have added footage; damaged, it stays as it was.
                self.project = update.project or self.project
            case WorkspaceGlance():
                self.overviews = update.overviews
            case DisksGlance():
                self.disks.update(update.held)
            case TailProblem():
                self._unreadable = update.text
            case DiskGlance():
                self._disk = update.problem
        return None

    def _take_job(self, update: JobUpdate) -> JobView | None:
        if not self.is_open(update.folder.project):
            return None  # a late word about a project that was left
        view = self.jobs.get(update.stage)
        if view is None or view.folder.path != update.folder.path:
            view = self.jobs[update.stage] = JobView.begin(update)
            # It may have begun and ended between two looks.
            ran = view.snapshot.heartbeat > self._opened
            return view if ran and not view.running else None
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

    def farewell(self) -> str:
        """What to say on the way out: that jobs go on."""
        if self.project is None:
            return ""
        doing = [tr(DOING.get(v.stage, v.stage)) for v in self.running()]
        if not doing:
            return ""
        told = tr("{project}: {doing} goes on; start fstui again to come back.")
        return told.format(project=self.project.name, doing=tr(" and ").join(doing))

    def watch_if_asked(self) -> str:
        """Start the watching job where the project says so; what kept it from starting, or ""."""
        project = self.project
        if project is None or self.readonly or not project.asks_for_watcher:
            return ""
        try:
            jobs.start_watch(project)
        except AlreadyRunning:
            return ""
        except FstuiError as error:
            return str(error)
        return ""

    # --- acts on jobs ---

    def require_writing(self) -> None:
        """Raise `Refused` under `--readonly`."""
        if self.readonly:
            raise Refused(tr("Nothing is changed: fstui was started with --readonly."))

    def writable(self) -> Project:
        """The open project, to be changed. Raises `Refused` under `--readonly`."""
        self.require_writing()
        if self.project is None:
            raise NothingToDo(tr("No project is open: choose one first."))
        return self.project

    def stop(self, view: JobView) -> None:
        """Ask a job to save and stop."""
        self.writable()
        jobs.stop(view.folder)
        view.stop_asked = time.monotonic()

    def pause(self, view: JobView) -> str:
        """Pause a running job, let a paused one go on; the verb that was sent."""
        self.writable()
        verb = "resume" if view.snapshot.state is State.PAUSED else "pause"
        view.folder.send(verb)
        return verb

    def ask_preview(self, view: JobView) -> None:
        """Ask a training for a new preview picture."""
        self.writable()
        view.folder.send("preview")
