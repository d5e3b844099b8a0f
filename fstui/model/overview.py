"""What each project has and what it needs next; for `status` and the interface's first screens."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from engine.errors import FstuiError
from engine.project import SIDES, Project
from engine.protocol import ENDS, JobFolder, Snapshot, State, foremost, safe_text
from engine.reached import FEWEST_FACES, checkpoint_iteration, converted_iteration
from engine.store import NoFacesYet, Store
from engine.trust.consent import problems_of
from engine.workspace import last_activity, projects_of
from fstui.i18n import tr

from . import jobs
from .joblist import JobList, SeenJob
from .words import plural

StageState = Literal["needs", "ready", "running", "part", "done"]


class SideCount(NamedTuple):
    """What one side has."""

    side: str
    sources: int
    done: int
    """Sources that were looked at to their end."""
    frames: int
    frames_with_face: int
    faces: int
    """Faces in use; rejected ones are not among them."""
    rejected: int


class Stage(NamedTuple):
    """Where a stage stands and what moves it on."""

    name: str
    state: StageState
    words: str
    """One line without the stage's name: what there is, or what it needs."""
    command: str
    """What to type next; empty when nothing is due."""


class Overview(NamedTuple):
    """One project at a glance."""

    path: Path
    damaged: str
    """Why the project can't be opened; empty when it can."""
    last_activity: float
    """UNIX time of the newest change."""
    sides: dict[str, SideCount]
    people: dict[str, str]
    """Who the sides show, as recorded."""
    stages: list[Stage]
    job: JobFolder | None
    """The newest job that runs, else the newest."""
    snapshot: Snapshot | None
    """The true state of `job`."""
    iteration: int | None
    """Of the newest checkpoint."""
    results: list[Path]
    """What conversions made in `out/`, newest first."""
    stamp: tuple[int, ...]
    """Changes when faces.db does."""

    @property
    def name(self) -> str:
        """The project's name, safe to show."""
        return safe_text(self.path.name)

    @property
    def running(self) -> bool:
        """Whether a job of the project has begun and not ended."""
        return self.snapshot is not None and self.snapshot.state not in (*ENDS, State.QUEUED)

    @property
    def next(self) -> Stage | None:
        """The first stage that something is due for."""
        return next((s for s in self.stages if s.command), None)


def overviews(workspace: Path) -> list[Overview]:
    """All projects of a workspace, newest change first."""
    return [overview(path) for path in projects_of(workspace)]


def overview(path: Path) -> Overview:
    """One project. A damaged one is described, never raised."""
    return ProjectLook(path).look()


class ProjectLook:
    """One project that is looked at again and again: what can't have changed is kept."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.project: Project | None = None
        """As its file was read last; None while it is damaged."""
        self._file: tuple[int, int] | None = None
        """The stamp of project.toml then."""
        self._jobs = JobList(path, SeenJob)
        self._counted: tuple[tuple[int, ...], dict[str, SideCount]] | None = None
        """What faces.db has, and its stamp then."""

    def look(self) -> Overview:
        """It now. Damage is described, never raised."""
        self._jobs.look()
        for folder in self._jobs.folders:
            folder.current()  # what ended is known to have ended from now on
        job = foremost(self._jobs.folders)
        snapshot = job.current() if job else None
        try:
            return self._sound(self._opened(), job, snapshot)
        except (FstuiError, OSError) as error:
            gone = tr("{path} is gone: moved, renamed or deleted? 0 shows what is there.")
            said = str(error) if self.path.exists() else gone.format(path=self.path)
            problem, activity = safe_text(said), last_activity(self.path)
            return Overview(self.path, problem, activity, {}, {}, [], job, snapshot, None, [], ())

    def _opened(self) -> Project:
        stamp = file_stamp(self.path / "project.toml")
        if self.project is None or self._file != stamp:
            self.project = None
            self.project, self._file = Project.open(self.path), stamp
        return self.project

    def _sound(
        self, project: Project, job: JobFolder | None, snapshot: Snapshot | None
    ) -> Overview:
        stamp = stamp_of(project.db_path)
        if self._counted is None or self._counted[0] != stamp:
            self._counted = stamp, _count(project)
        counted = self._counted[1]
        sides = {s: counted[s]._replace(sources=len(project.sources(s))) for s in counted}
        iteration = checkpoint_iteration(project.path)
        results = results_of(project.path)
        stages = [
            _extract_stage(project, sides),
            _train_stage(project, sides, iteration, self._jobs.folders),
            _convert_stage(project, sides, iteration, results),
        ]
        if snapshot and snapshot.state not in (*ENDS, State.QUEUED):
            follow = f"attach {shlex.quote(project.name)}"
            stages = [
                s._replace(state="running", command=follow) if s.name == snapshot.stage else s
                for s in stages
            ]
        people = {side: person.name for side, person in project.file.people.items()}
        activity = last_activity(self.path)
        return Overview(
            self.path, "", activity, sides, people, stages, job, snapshot, iteration, results, stamp
        )


def _count(project: Project) -> dict[str, SideCount]:
    empty = {side: SideCount(side, 0, 0, 0, 0, 0, 0) for side in SIDES}
    if not project.db_path.exists():
        return empty
    try:
        with Store(project.db_path, readonly=True) as store:
            return {side: _side(store, side) for side in SIDES}
    except NoFacesYet:
        return empty


def _side(store: Store, side: str) -> SideCount:
    c = store.counts(side)
    return SideCount(
        side,
        0,
        c["media_done"],
        c["frames"],
        c["frames_with_face"],
        c["faces"] - c["rejected"],
        c["rejected"],
    )


def file_stamp(path: Path) -> tuple[int, int]:
    """Changes when a file is written or replaced; zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_ino


def stamp_of(db: Path) -> tuple[int, ...]:
    """Changes when a face store is written to."""
    parts: list[int] = []
    for path in (db, db.with_name(db.name + "-wal")):
        try:
            stat = path.stat()
        except OSError:
            continue
        if stat.st_size:  # reading makes an empty log beside the file
            parts += [stat.st_mtime_ns, stat.st_size]
    return tuple(parts)


# --- stages ----------------------------------------------------------------------------------


def _extract_stage(project: Project, sides: dict[str, SideCount]) -> Stage:
    name = shlex.quote(project.name)
    bare = [s for s in SIDES if not sides[s].sources]
    if len(bare) == len(SIDES):
        return Stage("extract", "needs", tr("needs footage"), f"add {name} a|b|target PATH...")
    faces = sum(s.faces for s in sides.values())
    undone = [s for s in SIDES if sides[s].done < sides[s].sources]
    if bare and not any(s.frames for s in sides.values()):
        # Nothing was begun: all footage first, then one extraction.
        words = tr("needs footage of {sides}").format(sides=listed(bare))
        return Stage("extract", "part", words, f"add {name} {bare[0]} PATH...")
    if undone:
        words = tr("{sides} not extracted yet").format(sides=listed(undone))
        if faces:
            words += tr("; {faces} so far").format(faces=plural(faces, "face"))
        return Stage("extract", "part" if faces else "ready", words, f"extract {name}")
    if bare:
        words = tr("{faces}; needs footage of {sides}").format(
            faces=plural(faces, "face"), sides=listed(bare)
        )
        return Stage("extract", "part", words, f"add {name} {bare[0]} PATH...")
    return Stage("extract", "done", plural(faces, "face"), "")


def _train_stage(
    project: Project,
    sides: dict[str, SideCount],
    iteration: int | None,
    folders: Iterable[JobFolder],
) -> Stage:
    name = shlex.quote(project.name)
    lacking = [s for s in ("a", "b") if not sides[s].faces]
    if lacking:
        # Extracting or adding comes first, and the stage before says so.
        return Stage(
            "train", "needs", tr("needs faces of {sides}").format(sides=listed(lacking)), ""
        )
    have = tr("{a} and {b} faces").format(a=sides["a"].faces, b=sides["b"].faces)
    if iteration is None:
        if min(sides[s].faces for s in ("a", "b")) < FEWEST_FACES:
            few = tr("{have}, needs {n} of each").format(have=have, n=FEWEST_FACES)
            return Stage("train", "needs", few, "")
        return Stage("train", "ready", have, f"train {name}")
    newest = jobs.newest_with(folders, "train")
    if newest and jobs.is_cut_off(*newest):
        state = tr(str(newest[0].current().state))
        words = tr("{state} at iteration {n}").format(state=state, n=iteration)
        return Stage("train", "part", words, f"train {name}")
    return Stage("train", "done", tr("iteration {n}").format(n=iteration), "")


def _convert_stage(
    project: Project, sides: dict[str, SideCount], iteration: int | None, results: list[Path]
) -> Stage:
    name = shlex.quote(project.name)
    made = converted_iteration(project.path)
    if results and None not in (made, iteration) and made != iteration:
        words = tr("{n} in out, made at iteration {made} of the model").format(
            n=len(results), made=made
        )
        return Stage("convert", "ready", words, f"convert {name}")
    if results:
        words = tr("{n} in out, the newest {name}").format(
            n=len(results), name=safe_text(results[0].name)
        )
        return Stage("convert", "done", words, "")
    missing = list(problems_of(project))
    if not sides["target"].sources:
        return Stage("convert", "needs", tr("needs target footage"), f"add {name} target PATH...")
    if iteration is None:
        return Stage("convert", "needs", tr("needs a trained model"), "")
    if missing:
        command = f"people {name} {missing[0]} NAME --ground GROUND"
        return Stage("convert", "needs", tr("needs the people recorded"), command)
    return Stage("convert", "ready", "", f"convert {name}")


def listed(sides: Sequence[str]) -> str:
    """`A, B, target`."""
    return ", ".join(side.upper() if len(side) == 1 else side for side in sides)


FINISHED = re.compile(r"\.(mp4|mkv|mov|webm|gif|webp|patches)$")
"""What a result has behind its clip's name; a folder of pictures has nothing."""


def results_of(project: Path) -> list[Path]:
    """What conversions made in `out/`, newest first: films, animations, folders of pictures or
    patches. Beside each lies its clip's report; masks, time-lapses and whatever else is there have
    none."""
    try:
        there = {e.name: e for e in os.scandir(project / "out")}
        found = [
            (e.stat().st_mtime, project / "out" / name)
            for name, e in there.items()
            if f"{FINISHED.sub('', name)}.json" in there
        ]
    except OSError:
        return []
    return [path for _, path in sorted(found, reverse=True)]
