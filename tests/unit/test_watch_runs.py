"""Recipes at work: when jobs begin, and what becomes of a run when its job ends."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from test_jobs import add

from engine.errors import AlreadyRunning, EngineCrashed
from engine.process import FileLock
from engine.project import Project
from engine.protocol import Job, JobFolder, Snapshot, State, Step, holder_text, jobs_of
from engine.report import Reporter
from engine.watch import runs
from engine.watch.ledger import Arrival, Ledger, Run, retry
from engine.watch.recipes import recipes_of
from engine.watch.runs import PUT_OFF_MOST, TRIES, Runs, give

RECIPE = '\n[[recipe]]\nname = "r"\nwhen = "b"\nsteps = ["extract"]\n'


class Desk:
    """A project with one recipe that something arrived for; jobs are only folders."""

    def __init__(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        toml = project.path / "project.toml"
        toml.write_text(toml.read_text() + RECIPE)
        self.project = Project.open(project.path)
        self.ledger = Ledger(project)
        self.watch = JobFolder.create(project.path, Job(1, "watch", [Step("watch")]))
        self.hour = 12
        self.started: list[tuple[list[Step], str]] = []
        monkeypatch.setattr(runs, "start_job", self.start)
        self.runs = self.another()
        add(self.project, "b", extracted=False)
        self.arrive("media/b/x.mp4")

    def another(self) -> Runs:
        def moment() -> datetime:
            return datetime(2026, 5, 1, self.hour, tzinfo=UTC)

        return Runs(self.project.path, Ledger(self.project), Reporter(self.watch), moment)

    def arrive(self, path: str) -> None:
        with self.ledger.change() as book:
            give(book, recipes_of(self.project), {path: Arrival("b", "taken")})

    def start(self, project: Project, steps: list[Step], goes_on_from: str = "") -> str:
        self.started.append((steps, goes_on_from))
        job = Job(1, "extract", steps, None, goes_on_from or None)
        self.folder = JobFolder.create(project.path, job)
        self.lock = FileLock(self.folder.lock_path)
        assert self.lock.acquire(holder_text(self.folder.name))
        return self.folder.name

    def end(self, state: State | None, message: str = "") -> None:
        if state:
            self.folder.write_snapshot(Snapshot(state=state, message=message, exit=0))
        self.lock.release()

    @property
    def run(self) -> Run:
        return self.ledger.book.runs[0]

    def edit(self, old: str, new: str) -> None:
        toml = self.project.path / "project.toml"
        toml.write_text(toml.read_text().replace(old, new))


@pytest.fixture
def desk(tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(Project.create(tmp_workspace, "film"), monkeypatch)


def test_a_run_begins_is_followed_and_done(desk: Desk) -> None:
    desk.runs.tick()
    assert desk.started == [([Step("extract", "b")], "")]
    assert (desk.run.state, desk.run.job) == ("running", desk.folder.name)
    desk.runs.tick()
    assert len(desk.started) == 1
    desk.end(State.DONE, "side b: 9 faces")
    desk.runs.tick()
    assert (desk.run.state, desk.run.why) == ("done", "side b: 9 faces")
    told = [(e.k, e.data.get("state")) for e in desk.watch.events()[0]]
    assert told == [("launch", None), ("run", "done")]


def test_a_job_that_was_cut_off_goes_on_with_the_same_steps(desk: Desk) -> None:
    desk.runs.tick()
    first = desk.folder.name
    desk.end(None)  # no end was recorded: power, or a kill of the supervisor
    desk.runs.tick()
    desk.another().tick()  # also by the next watcher
    assert desk.started[1] == (desk.started[0][0], first)


def test_a_job_that_is_cut_off_each_time_fails_in_the_end(desk: Desk) -> None:
    for _ in range(2 * TRIES + 2):
        desk.runs.tick()
        if desk.run.state == "running":
            desk.end(State.CRASHED, "its process died")
    assert (desk.run.state, len(desk.started)) == ("failed", TRIES)


@pytest.mark.parametrize("state", [State.FAILED, State.REFUSED, State.STOPPED])
def test_what_failed_or_was_stopped_waits_for_the_user(desk: Desk, state: State) -> None:
    desk.runs.tick()
    desk.end(state, "no face was found")
    for _ in range(3):
        desk.runs.tick()
    assert (desk.run.state, desk.run.why) == ("failed", "no face was found")
    assert len(desk.started) == 1
    retry(desk.ledger, "r")
    desk.runs.tick()
    assert len(desk.started) == 2


def test_outside_its_hours_a_run_waits_and_says_so(desk: Desk) -> None:
    desk.edit('when = "b"', 'when = "b"\nhours = "22:00-06:00"')
    desk.runs.tick()
    assert desk.run.why == "it begins within 22:00-06:00 and it is 12:00"
    desk.hour = 23
    desk.runs.tick()
    assert desk.run.state == "running"


def test_what_arrives_while_a_run_waits_is_done_together(desk: Desk) -> None:
    busy = FileLock(desk.project.path / "locks" / "faces")
    assert busy.acquire(holder_text("another"))
    desk.runs.tick()
    desk.arrive("media/b/y.mp4")
    desk.runs.tick()
    assert desk.started == []
    assert "another" in desk.run.why
    busy.release()
    desk.runs.tick()
    assert len(desk.started) == 1
    assert list(desk.run.files) == ["media/b/x.mp4", "media/b/y.mp4"]


def test_a_run_waits_for_what_is_still_arriving_but_not_for_ever(desk: Desk) -> None:
    for _ in range(PUT_OFF_MOST):
        desk.runs.tick(arriving=True)
    assert (desk.run.state, desk.run.why) == ("waiting", "more footage is arriving")
    desk.runs.tick(arriving=True)
    assert desk.run.state == "running"


def test_a_watcher_killed_before_its_job_began_begins_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> str:
        raise SystemExit

    monkeypatch.setattr(runs, "start_job", killed)
    with pytest.raises(SystemExit):
        desk.runs.tick()
    assert desk.run.steps == [Step("extract", "b")]
    monkeypatch.setattr(runs, "start_job", desk.start)
    desk.another().tick()
    assert desk.started == [([Step("extract", "b")], "")]


def test_an_engine_that_does_not_start_is_a_failed_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise EngineCrashed("The engine did not start.")

    monkeypatch.setattr(runs, "start_job", broken)
    desk.runs.tick()
    assert (desk.run.state, desk.run.why) == ("failed", "The engine did not start.")


def test_somebody_faster_is_no_failure(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def faster(*_: object) -> str:
        raise AlreadyRunning("A job is already running.")

    monkeypatch.setattr(runs, "start_job", faster)
    desk.runs.tick()
    assert desk.run.state == "waiting"
    monkeypatch.setattr(runs, "start_job", desk.start)
    desk.runs.tick()
    assert desk.run.state == "running"


def test_a_recipe_that_is_gone_or_broken_meanwhile_is_told(desk: Desk) -> None:
    desk.edit('steps = ["extract"]', 'steps = ["dance"]')
    desk.runs.tick()
    assert desk.run.state == "failed"
    assert "no such recipe" in desk.run.why
    warned = [e.data["text"] for e in desk.watch.events()[0] if e.k == "warn"]
    assert len(warned) == 1
    assert "recipe r: steps:" in warned[0]


def test_a_job_whose_folder_is_gone_was_cut_off(desk: Desk) -> None:
    desk.runs.tick()
    desk.lock.release()
    (desk.folder.path / "job.json").unlink()
    desk.runs.tick()
    assert desk.run.state == "waiting"
    assert [j.name for j in jobs_of(desk.project.path)] == [desk.watch.name]
