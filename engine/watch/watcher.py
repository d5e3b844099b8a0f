"""The step of a watching job: footage that arrives in `media/` becomes a source of its side.

A file counts once its writer closed or renamed it and it stood still for a while. It is opened by
a process of the engine's own, so that a file made to crash a decoder doesn't end the watching.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from engine.errors import AlreadyRunning, BadInput, Damaged, FstuiError, NoSpace, Stopped
from engine.launch import ask, launch
from engine.process import is_locked
from engine.project import SIDES, Project, content_hash
from engine.protocol import PROJECT_LOCKS, VERSION, Job, Step
from engine.settings import WatchSettings
from engine.store import Store
from engine.watch import observe
from engine.watch.candidates import Candidate, Signature, candidates, misplaced, refusal
from engine.watch.settle import Settler
from engine.work import Work

LOOK_S = 0.2
"""Commands are looked at this often."""
PASSING = (AlreadyRunning, Damaged, NoSpace)
"""Trouble of the project, not of the footage: project.toml is held by another program, is half
edited, or the disk is full. What arrived is tried again."""
BESIDE = "it lies beside the sides' folders: put it into a, b or target"
LOOK_ANYWAY_S = 10.0
"""The kernel drops notices when too many come at once: look at least this often."""


def run(work: Work) -> str:
    """Watch until asked to stop. Raises `Stopped` then, so that the job can be gone on with."""
    watcher = Watcher(work)
    notices = observe.Notices()
    observer, how = observe.start(
        watcher.folders.values(),
        notices,
        polling=watcher.settings.polling,
        poll_s=watcher.settings.poll_s,
    )
    try:
        work.report.phase(f"watching {how}")
        if "ran out" in how:
            work.report.warn(f"New footage is found {how}.")
        watcher.loop(notices)
    finally:
        observer.stop()
        observer.join()
    raise Stopped(
        f"stopped watching {work.project.name}; {watcher.taken} taken in, {watcher.refused} refused"
    )


class Watcher:
    """What was seen, what is arriving, and which sides wait for their extraction."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.settings = work.settings(WatchSettings)
        self.media = work.project.path / "media"
        self.folders = {side: self.media / side for side in SIDES}
        for folder in self.folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        self.taken = 0
        self.refused = 0
        self._settler = Settler(self.settings.settle_s)
        self._warned: set[str] = set()
        self._decided = self._known()
        self._to_extract = self._left_over()

    def loop(self, notices: observe.Notices) -> None:
        """Look when something changed or is arriving; launch extractions when they can run."""
        changed, next_look, next_anyway = True, 0.0, 0.0
        while not self.work.control.stopping:
            now = time.monotonic()
            changed |= now >= next_anyway
            if (changed or len(self._settler)) and now >= next_look:
                self.look(notices, now)
                changed, next_anyway = False, now + LOOK_ANYWAY_S
                next_look = now + min(self.settings.poll_s, self.settings.settle_s)
            self._extract()
            self.work.report.heartbeat()
            changed |= notices.wait(LOOK_S)

    # --- arrivals ---

    def _known(self) -> dict[Path, Signature]:
        """What lies there and is a source already: nothing to say about it."""
        project = self.work.project
        listed = {(s.side, project.source_path(s)) for s in project.sources()}
        return {
            c.path: c.signature
            for side, folder in self.folders.items()
            for c in candidates(side, folder)
            if (side, c.path) in listed and is_listed(project, side, c.path)
        }

    def look(self, notices: observe.Notices, now: float) -> None:
        """One look at the folders: note what is new, drop what is gone, take in what is ready."""
        present: set[Path] = set()
        for candidate in self._all():
            present.add(candidate.path)
            if self._decided.get(candidate.path) == candidate.signature:
                continue
            if self._settler.see(candidate, now):
                self._tell(candidate.path, candidate.side, "arriving")
        for path in self._settler.drop_missing(present):
            first = path.relative_to(self.media).parts[0]
            self._tell(path, first if first in SIDES else "", "gone")
        for candidate in self._settler.take_ready(notices.being_written(), now):
            if self.work.control.stopping:
                break  # the next watching finds the rest
            notices.forget(candidate.path)
            try:
                self._decide(candidate)
            except PASSING as error:
                self._put_off(candidate, str(error), now)

    def _all(self) -> Iterator[Candidate]:
        """What lies in the sides' folders, and beside them."""
        for side, folder in self.folders.items():
            yield from candidates(side, folder)
        yield from misplaced(self.media)

    def _put_off(self, candidate: Candidate, why: str, now: float) -> None:
        """Try a candidate again once it has stood still for as long again."""
        del self._decided[candidate.path]
        self._settler.see(candidate, now)
        if why not in self._warned:
            self._warned.add(why)
            self.work.report.warn(f"{why} Footage that arrives meanwhile is tried again.")

    def _decide(self, candidate: Candidate) -> None:
        """Take a candidate in or refuse it, each with an event; what vanishes is let go. Raises
        `PASSING`."""
        path, side = candidate.path, candidate.side
        self._decided[path] = candidate.signature
        why = refusal(path, self.folders[side]) if side else BESIDE
        if why is None:
            try:
                new = self._take_in(path.resolve(), side)
            except PASSING:
                raise
            except (FstuiError, OSError) as error:
                why = str(error)
            else:
                self.taken += new
                self._tell(path, side, "ready", "" if new else "it was listed already")
                return
        if not path.is_symlink() and not path.exists():
            self._tell(path, side, "gone")
            return
        self.refused += 1
        self._tell(path, side, "refused", why)

    def _take_in(self, path: Path, side: str) -> bool:
        """List a medium as a source; whether it was new. Raises `BadInput` when it is none."""
        project = Project.open(self.work.project.path)
        if is_listed(project, side, path):
            return False  # 'add --copy' put it here
        (facts,) = ask("media", str(path))
        if not project.add_sources(side, [path]):
            raise BadInput("the same footage is listed on this side already")
        if problem := facts.get("problem"):
            self.work.report.warn(f"{path.name}: {problem}")
        if project.file.watch.extract:
            self._to_extract.add(side)
        return True

    def _tell(self, path: Path, side: str, state: str, why: str = "") -> None:
        shown = str(path.relative_to(self.work.project.path))
        self.work.report.event("arrival", path=shown, side=side, state=state, why=why)

    # --- extraction ---

    def _left_over(self) -> set[str]:
        """Sides with footage that an earlier watching took in and nobody has extracted yet."""
        project = self.work.project
        if not project.file.watch.extract:
            return set()
        try:
            with Store(project.db_path, readonly=True) as store:
                done = {(m.side, m.hash) for m in store.media() if m.done}
        except BadInput:
            done = set()
        return {s.side for s in project.sources() if (s.side, s.hash) not in done}

    def _extract(self) -> None:
        """Launch an extraction for the waiting sides, after the one that runs has ended."""
        project = self.work.project
        lock = project.path / "locks" / PROJECT_LOCKS["extract"]
        if not self._to_extract or is_locked(lock):
            return
        sides = [side for side in SIDES if side in self._to_extract]
        job = Job(VERSION, "extract", [Step("extract", side) for side in sides])
        try:
            folder = launch(project.path, job)
        except AlreadyRunning:
            return  # somebody was faster: these sides are still waiting
        except FstuiError as error:
            self.work.report.warn(f"The extraction could not be started: {error}")
        else:
            self.work.report.event("launch", job=folder.name, sides=sides)
        self._to_extract.clear()


def is_listed(project: Project, side: str, path: Path) -> bool:
    """Whether this very file, with this content, is a source of the side."""
    known = {project.source_path(s): s.hash for s in project.sources(side)}
    try:
        return path in known and content_hash(path) == known[path]
    except OSError:
        return False
