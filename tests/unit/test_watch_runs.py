"""Recipes at work: when jobs begin, and what becomes of a run when its job ends."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from queue_tools import entry_of, put
from test_jobs import add

from engine.errors import AlreadyRunning, FstuiError, NoSpace
from engine.process import FileLock
from engine.project import Project
from engine.protocol import Job, JobFolder, Snapshot, State, Step, holder_text, jobs_of
from engine.queue.keeper import settle
from engine.queue.queue import queue_of
from engine.report import Reporter
from engine.watch import start
from engine.watch.ledger import Arrival, Ledger, Run, retry
from engine.watch.recipes import recipes_of
from engine.watch.runs import PUT_OFF_MOST, Runs, give

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
        monkeypatch.setattr(start, "kick", lambda _workspace: None)
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

    @property
    def jobs(self) -> list[JobFolder]:
        """What was queued for recipes, newest first."""
        return [j for j in jobs_of(self.project.path) if j.name != self.watch.name]

    def begin(self) -> None:
        """The keeper begins the newest job."""
        self.folder = self.jobs[0]
        self.lock = FileLock(self.folder.lock_path)
        assert self.lock.acquire(holder_text(self.folder.name))
        self.folder.append("start", pid=1, host="box", version="0", kind="extract")
        self.folder.write_snapshot(Snapshot(state=State.RUNNING))

    def end(self, state: State | None, message: str = "", code: int = 0) -> None:
        if state:
            self.folder.append("end", state=state, exit=code, message=message)
            self.folder.write_snapshot(Snapshot(state=state, message=message, exit=code))
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


def test_a_run_is_queued_begins_and_is_done(desk: Desk) -> None:
    desk.runs.tick()
    (folder,) = desk.jobs
    assert folder.was_queued
    assert folder.job().steps == [Step("extract", "b")]
    assert (desk.run.state, desk.run.job) == ("queued", folder.name)
    desk.runs.tick()
    assert len(desk.jobs) == 1
    desk.begin()
    desk.runs.tick()
    assert (desk.run.state, desk.run.why) == ("running", "")
    desk.end(State.DONE, "side b: 9 faces")
    desk.runs.tick()
    assert (desk.run.state, desk.run.why) == ("done", "side b: 9 faces")
    told = [(e.k, e.data.get("state")) for e in desk.watch.events()[0]]
    assert told == [("launch", None), ("run", "done")]


def test_a_job_that_was_cut_off_is_followed_to_its_next_try(desk: Desk) -> None:
    desk.runs.tick()
    desk.begin()
    first = desk.folder
    desk.end(None)  # no end was recorded: power, or a kill of the supervisor
    desk.another().tick()  # by the next watcher
    assert desk.run.state == "running"
    queue = queue_of(desk.project.path)
    (over,) = [item for item in queue.items() if item.name == first.name]
    with queue.locked():
        settle(queue, over)
    assert desk.jobs[0].job().resumes == first.name
    desk.runs.tick()
    assert (desk.run.state, desk.run.job) == ("queued", desk.jobs[0].name)
    desk.begin()
    desk.end(State.DONE, "done")
    desk.runs.tick()
    assert desk.run.state == "done"


@pytest.mark.parametrize(
    ("state", "code"),
    [(State.FAILED, 3), (State.REFUSED, 5), (State.STOPPED, 9)],
)
def test_what_failed_or_was_stopped_waits_for_the_user(desk: Desk, state: State, code: int) -> None:
    desk.runs.tick()
    desk.begin()
    desk.end(state, "no face was found", code)
    for _ in range(3):
        desk.runs.tick()
    assert (desk.run.state, desk.run.why) == ("failed", "no face was found")
    assert len(desk.jobs) == 1
    retry(desk.ledger, "r")
    desk.runs.tick()
    assert len(desk.jobs) == 2
    assert desk.jobs[0].job().resumes == desk.jobs[1].name


def test_in_the_queue_the_recipes_hours_still_hold(desk: Desk) -> None:
    desk.edit('when = "b"', 'when = "b"\nhours = "06:00-14:00"')
    desk.runs.tick()
    (folder,) = desk.jobs
    desk.hour = 15
    desk.runs.tick()
    assert entry_of(folder).held == "recipe r: it begins within 06:00-14:00 and it is 15:00"
    desk.hour = 7
    desk.runs.tick()
    assert entry_of(folder).held == ""
    queue_of(desk.project.path).change(folder, held="you hold it")
    desk.hour = 15
    desk.runs.tick()
    desk.hour = 7
    desk.runs.tick()
    assert entry_of(folder).held == "you hold it"


def test_a_job_whose_recipe_is_gone_leaves_the_queue(desk: Desk) -> None:
    desk.runs.tick()
    desk.edit('name = "r"', 'name = "other"')
    desk.runs.tick()
    assert desk.run.state == "failed"
    assert "taken out of the queue" in desk.run.why
    assert queue_of(desk.project.path).waiting() == []


def test_a_job_that_the_user_takes_out_is_told(desk: Desk) -> None:
    desk.runs.tick()
    queue_of(desk.project.path).cancel(desk.jobs[0])
    desk.runs.tick()
    assert (desk.run.state, len(desk.jobs)) == ("failed", 1)
    assert "taken out of the queue" in desk.run.why


def test_after_a_restart_a_recipe_wakes_nothing_that_the_user_queued(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(Project.create(desk.project.path.parent, "other"))
    queue = queue_of(desk.project.path)
    queue.boot_path.write_text("another start of the machine")
    launched: list[Job] = []

    def launch(project: Path, job: Job) -> JobFolder:
        launched.append(job)
        return JobFolder.create(project, job)

    monkeypatch.setattr(start, "launch", launch)
    desk.runs.tick()
    assert [job.steps for job in launched] == [[Step("extract", "b")]]
    assert queue.stands_still()


def test_outside_its_hours_a_run_waits_and_says_so(desk: Desk) -> None:
    desk.edit('when = "b"', 'when = "b"\nhours = "22:00-06:00"')
    desk.runs.tick()
    assert desk.run.why == "it begins within 22:00-06:00 and it is 12:00"
    assert desk.jobs == []
    desk.hour = 23
    desk.runs.tick()
    assert desk.run.state == "queued"


def test_what_arrives_while_a_run_waits_is_done_together(desk: Desk) -> None:
    busy = FileLock(desk.project.path / "locks" / "faces")
    assert busy.acquire(holder_text("another"))
    desk.runs.tick()
    desk.arrive("media/b/y.mp4")
    desk.runs.tick()
    assert desk.jobs == []
    assert "another" in desk.run.why
    busy.release()
    desk.runs.tick()
    assert len(desk.jobs) == 1
    assert list(desk.run.files) == ["media/b/x.mp4", "media/b/y.mp4"]


def test_a_run_waits_for_what_is_still_arriving_but_not_for_ever(desk: Desk) -> None:
    for _ in range(PUT_OFF_MOST):
        desk.runs.tick(arriving=True)
    assert (desk.run.state, desk.run.why) == ("waiting", "more footage is arriving")
    desk.runs.tick(arriving=True)
    assert desk.run.state == "queued"


@pytest.mark.parametrize("queued_already", [False, True])
def test_a_watcher_killed_as_it_queues_a_job_queues_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, queued_already: bool
) -> None:
    real = start.start_job

    def killed(*args: Any) -> None:
        if queued_already:
            real(*args)
        raise SystemExit

    monkeypatch.setattr(start, "start_job", killed)
    with pytest.raises(SystemExit):
        desk.runs.tick()
    assert desk.run.steps == [Step("extract", "b")]
    assert (desk.run.state, desk.run.job) == ("waiting", "")
    monkeypatch.setattr(start, "start_job", real)
    desk.another().tick()
    assert desk.run.state == "queued"
    assert [j.job().steps for j in desk.jobs] == [[Step("extract", "b")]]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (NoSpace("The disk is full."), "failed"),
        (AlreadyRunning("The queue is being changed by another program."), "waiting"),
    ],
)
def test_what_keeps_a_job_from_the_queue(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: FstuiError, state: str
) -> None:
    real = start.start_job

    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(start, "start_job", broken)
    desk.runs.tick()
    assert desk.run.state == state
    if state == "waiting":
        monkeypatch.setattr(start, "start_job", real)
        desk.runs.tick()
        assert desk.run.state == "queued"


def test_a_recipe_that_is_gone_or_broken_meanwhile_is_told(desk: Desk) -> None:
    desk.edit('steps = ["extract"]', 'steps = ["dance"]')
    desk.runs.tick()
    assert desk.run.state == "failed"
    assert "no such recipe" in desk.run.why
    warned = [e.data["text"] for e in desk.watch.events()[0] if e.k == "warn"]
    assert len(warned) == 1
    assert "recipe r: steps:" in warned[0]


def test_a_job_whose_folder_is_gone_is_begun_anew(desk: Desk) -> None:
    desk.runs.tick()
    desk.begin()
    desk.lock.release()
    shutil.rmtree(desk.folder.path)
    desk.runs.tick()
    assert desk.run.state == "waiting"
    desk.runs.tick()
    assert (desk.run.state, len(desk.jobs)) == ("queued", 1)
