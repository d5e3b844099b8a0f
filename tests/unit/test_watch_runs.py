"""Recipes at work: when jobs are queued, and what becomes of a run as its job waits and ends."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from queue_tools import entry_of, order, put, standing
from test_jobs import add, ready_to_convert

from engine.errors import NoSpace
from engine.locks import holder_text
from engine.process import FileLock
from engine.project import Project
from engine.protocol import Job, JobFolder, Snapshot, State, Step, jobs_of
from engine.queue import again
from engine.queue.keeper import advance
from engine.queue.queue import Queue
from engine.queue.turn import Standing
from engine.report import Reporter
from engine.settings.user import UserSettings
from engine.watch import plan, runs, start
from engine.watch.ledger import Arrival, Ledger, Run, retry
from engine.watch.recipes import recipes_of
from engine.watch.runs import PUT_OFF_MOST, Runs, give
from fstui.commands import arrivals

RECIPE = '\n[[recipe]]\nname = "r"\nwhen = "b"\nsteps = ["extract"]\n'
LEARN = '\n[[recipe]]\nname = "learn"\nwhen = "a"\nsteps = ["train"]\nmore_iterations = 9\n'
FINISH = '\n[[recipe]]\nname = "finish"\nwhen = "target"\nsteps = ["convert"]\n'


class Desk:
    """A project with one recipe that something arrived for; its jobs are folders in the queue that
    a test begins and ends."""

    def __init__(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        self.project = project
        self.write(RECIPE)
        self.ledger = Ledger(project)
        self.queue = Queue(project.path.parent)
        self.watch = JobFolder.create(project.path, Job(1, "watch", [Step("watch")]))
        self.hour = 12
        self.kicked = 0
        for module in (runs, start):
            monkeypatch.setattr(module, "kick", self.kick)
        monkeypatch.setattr(start, "needs_bytes", lambda *_: 1234)
        self.runs = self.another()
        add(self.project, "b", extracted=False)
        self.arrive("media/b/x.mp4")

    def kick(self, *_: object) -> None:
        self.kicked += 1

    def write(self, text: str) -> None:
        toml = self.project.path / "project.toml"
        toml.write_text(toml.read_text() + text)
        self.project = Project.open(self.project.path)

    def another(self) -> Runs:
        def moment() -> datetime:
            return datetime(2026, 5, 1, self.hour, tzinfo=UTC)

        return Runs(self.project.path, Ledger(self.project), Reporter(self.watch), moment)

    def arrive(self, path: str) -> None:
        arrival = Arrival(Path(path).parent.name, "taken")
        with self.ledger.change() as book:
            book.files[path] = arrival
            give(book, recipes_of(Project.open(self.project.path)), {path: arrival})

    @property
    def jobs(self) -> list[JobFolder]:
        """What was queued, the oldest first."""
        return sorted((f for f in self.queue.jobs() if f.was_queued), key=lambda f: f.name)

    def begin(self, folder: JobFolder) -> FileLock:
        lock = FileLock(folder.lock_path)
        assert lock.acquire(holder_text(folder.name))
        return lock

    def end(self, state: State, message: str = "", code: int = 0) -> None:
        """The newest job begins, where it has not, and ends."""
        folder = self.jobs[-1]
        folder.lock_path.write_text("{}")
        folder.write_snapshot(Snapshot(state=state, message=message, exit=code))

    def settle(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What a keeper does about an end."""
        monkeypatch.setattr("engine.queue.keeper.start", lambda _item: None)
        with self.queue.locked():
            advance(self.queue)

    def told(self, kind: str) -> list[str | None]:
        return [e.data.get("state") for e in self.watch.events()[0] if e.k == kind]

    @property
    def run(self) -> Run:
        return self.ledger.book.runs[0]

    def edit(self, old: str, new: str) -> None:
        toml = self.project.path / "project.toml"
        toml.write_text(toml.read_text().replace(old, new))


@pytest.fixture
def desk(tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(Project.create(tmp_workspace, "film"), monkeypatch)


# --- a job's way ---


def test_a_run_is_queued_followed_and_done(desk: Desk) -> None:
    desk.runs.tick()
    (job,) = desk.jobs
    assert job.job().steps == [Step("extract", "b")]
    assert (desk.run.state, desk.run.job) == ("queued", job.name)
    assert (entry_of(job).needs_bytes, desk.kicked) == (1234, 1)
    desk.runs.tick()
    assert len(desk.jobs) == 1
    assert desk.kicked > 1, "a keeper that was killed is started again"
    lock = desk.begin(job)
    desk.runs.tick()
    assert (desk.run.state, desk.run.why) == ("running", "")
    lock.release()
    desk.end(State.DONE, "side b: 9 faces")
    desk.runs.tick()
    assert (desk.run.state, desk.run.why) == ("done", "side b: 9 faces")
    assert desk.told("run") == ["queued", "done"]
    assert desk.told("launch") == [None]


def test_what_a_job_waits_for_is_told(desk: Desk) -> None:
    busy = FileLock(desk.project.path / "locks" / "faces")
    assert busy.acquire(holder_text("another"))
    for _ in range(2):
        desk.runs.tick()
    assert desk.run.why == "project: another uses the same part of the project"
    busy.release()
    desk.runs.tick()
    assert desk.run.why == "its turn is next"


def test_what_can_succeed_later_is_tried_again_by_the_queue(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.runs.tick()
    desk.end(State.INTERRUPTED, "interrupted", code=9)
    desk.runs.tick()
    assert desk.run.state == "queued", "nobody has looked at its end yet"
    desk.settle(monkeypatch)
    desk.runs.tick()
    first, second = desk.jobs
    assert second.job().resumes == first.name
    assert second.job().steps == first.job().steps
    assert (desk.run.state, desk.run.job) == ("queued", second.name)
    assert desk.run.why == "its turn is next"
    desk.end(State.DONE)
    desk.runs.tick()
    assert desk.run.state == "done"


def test_a_copy_of_the_project_is_no_business_of_its_watcher(desk: Desk) -> None:
    """Its jobs have the same names."""
    desk.runs.tick()
    copy = desk.project.path.with_name("copied")
    shutil.copytree(desk.project.path, copy)
    desk.edit(RECIPE, "")
    desk.runs.tick()
    left = {item.folder.project.name for item in desk.queue.waiting()}
    assert left == {"copied"}


def test_the_next_watcher_has_what_was_cut_off_go_on_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.runs.tick()
    for _ in range(2):
        desk.end(State.INTERRUPTED, "interrupted", code=9)
        desk.settle(monkeypatch)
        desk.runs.tick()
    assert desk.run.why == "rests"
    written = desk.ledger.path.stat().st_mtime_ns
    for _ in range(3):
        desk.runs.tick()
    assert desk.ledger.path.stat().st_mtime_ns == written, "the rest's seconds are the queue's"
    next_one = desk.another()
    next_one.catch_up()
    next_one.tick()
    assert standing(desk.jobs[-1])[0] is Standing.READY


# --- after a restart of the machine ---


def test_a_watcher_has_its_jobs_go_on_and_wakes_nothing_that_the_user_queued(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = put(Project.create(desk.project.path.parent, "other"))
    desk.runs.tick()
    desk.end(State.INTERRUPTED, "interrupted", code=9)
    for module in ("queue.turn", "queue.queue", "watch.start"):
        monkeypatch.setattr(f"engine.{module}.boot_id", lambda: "the next start")
    desk.settle(monkeypatch)
    assert [standing(f)[0] for f in (desk.jobs[-1], mine)] == [Standing.STILL, Standing.STILL]
    next_one = desk.another()
    next_one.catch_up()
    for _ in range(2):
        next_one.tick()
    assert desk.queue.stands_still()
    assert [standing(f)[0] for f in (desk.jobs[-1], mine)] == [Standing.READY, Standing.STILL]


def test_what_arrives_after_a_restart_begins_although_the_queue_stands_still(desk: Desk) -> None:
    mine = put(Project.create(desk.project.path.parent, "other"))
    desk.queue.boot_path.write_text("another start of the machine")
    desk.runs.tick()
    assert desk.queue.stands_still()
    assert [standing(f)[0] for f in (desk.jobs[-1], mine)] == [Standing.READY, Standing.STILL]


# --- ends that the queue does not try again ---


def test_a_job_that_is_cut_off_each_time_fails_in_the_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2 * again.TRIES[9]):
        desk.runs.tick()
        if desk.run.state != "failed":
            desk.end(State.INTERRUPTED, "cut off", code=9)
        desk.settle(monkeypatch)
    assert (desk.run.state, desk.run.why) == ("failed", "cut off")
    assert len(desk.jobs) == again.TRIES[9]


@pytest.mark.parametrize("state", [State.FAILED, State.REFUSED, State.STOPPED])
def test_what_failed_or_was_stopped_waits_for_the_user(desk: Desk, state: State) -> None:
    desk.runs.tick()
    desk.end(state, "no face was found", code=9 if state is State.STOPPED else 3)
    for _ in range(3):
        desk.runs.tick()
    assert (desk.run.state, desk.run.why) == ("failed", "no face was found")
    assert len(desk.jobs) == 1
    retry(desk.ledger, "r")
    desk.runs.tick()
    first, second = desk.jobs
    assert second.job().resumes == first.name
    desk.arrive("media/b/y.mp4")
    desk.runs.tick()
    assert second.job().steps == first.job().steps, "it goes on as planned: nothing more joins it"
    files = [list(run.files) for run in desk.ledger.book.runs]
    assert files == [["media/b/x.mp4"], ["media/b/y.mp4"]]


def test_a_failed_run_follows_its_job_when_the_queue_tries_that_again(desk: Desk) -> None:
    desk.runs.tick()
    desk.end(State.FAILED, "no face was found", code=3)
    desk.runs.tick()
    later = desk.queue.retry(desk.jobs[0])
    desk.runs.tick()
    assert (desk.run.state, desk.run.job) == ("queued", later.name)


def test_a_job_that_the_user_takes_out_is_a_failed_run(desk: Desk) -> None:
    desk.runs.tick()
    desk.queue.cancel(desk.jobs[0])
    desk.runs.tick()
    assert desk.run.state == "failed"
    assert "taken out of the queue before it began" in desk.run.why


def test_a_job_that_was_tried_again_by_hand_and_a_retry_are_one(desk: Desk) -> None:
    desk.runs.tick()
    desk.end(State.FAILED, "no face was found", code=3)
    desk.runs.tick()
    assert desk.run.state == "failed"
    second = desk.queue.retry(desk.jobs[0])
    retry(desk.ledger, "r")
    desk.runs.tick()
    assert [f.name for f in desk.jobs[1:]] == [second.name]
    assert (desk.run.state, desk.run.job) == ("queued", second.name)


def test_a_job_whose_folder_is_gone_is_queued_again(desk: Desk) -> None:
    desk.runs.tick()
    (desk.jobs[0].path / "job.json").unlink()
    desk.runs.tick()
    assert desk.run.state == "queued"
    assert len(desk.jobs) == 1
    assert [j.name for j in jobs_of(desk.project.path)] == [desk.run.job, desk.watch.name]


# --- conditions ---


def test_outside_its_hours_a_run_waits_and_says_so(desk: Desk) -> None:
    desk.edit('when = "b"', 'when = "b"\nhours = "22:00-06:00"')
    desk.runs.tick()
    assert desk.run.why == "it begins within 22:00-06:00 and it is 12:00"
    desk.arrive("media/b/y.mp4")
    desk.runs.tick()
    assert desk.jobs == []
    desk.hour = 23
    desk.runs.tick()
    assert desk.run.state == "queued"
    assert list(desk.run.files) == ["media/b/x.mp4", "media/b/y.mp4"]
    assert entry_of(desk.jobs[0]).only_when.hours == "22:00-06:00"


@pytest.mark.parametrize(
    ("condition", "found", "why"),
    [
        ('hours = "{over}"', Standing.HOURS, "it begins within"),
        ("disk_free_gb = 1e9", Standing.DISK, "1e+09 GB are to be free"),
        ("at_most = 1", Standing.PROJECT, "1 job runs and 1 may"),
        ("device_free = true", Standing.DEVICE, "1 at once compute on the CPU already"),
        ("at_most = 2", Standing.READY, ""),
    ],
)
def test_conditions_also_hold_in_the_queue(
    desk: Desk, condition: str, found: Standing, why: str
) -> None:
    now = datetime.now().astimezone()
    over = f"{(now.hour + 2) % 24:02}:00-{(now.hour + 3) % 24:02}:00"
    desk.edit('when = "b"', f'when = "b"\nat_most = 9\n{condition.format(over=over)}')
    if "at_most" in condition:
        desk.edit("at_most = 9\n", "")
    desk.hour = (now.hour + 2) % 24
    other = desk.begin(JobFolder.create(desk.project.path, Job(1, "train", [Step("train")])))
    by = desk.begin(JobFolder.create(desk.project.path, Job(1, "preview", [Step("preview")])))
    desk.runs.tick()
    seen = standing(desk.jobs[0], UserSettings(spare_gb=0.0, at_once=9))
    assert seen[0] is found
    assert why in seen[1]
    other.release()
    by.release()


def test_two_jobs_of_one_look_are_not_more_than_allowed(desk: Desk) -> None:
    desk.runs.tick()
    desk.write(LEARN)
    add(desk.project, "a")
    desk.arrive("media/a/y.mp4")
    desk.runs.tick()
    settings = UserSettings(spare_gb=0.0, at_once=9)
    assert [standing(f, settings)[0] for f in desk.jobs] == [Standing.READY, Standing.PROJECT]


def test_a_conversion_waits_for_the_training_that_was_queued_before(desk: Desk) -> None:
    ready_to_convert(desk.project)
    add(desk.project, "a")
    (desk.project.path / "model" / "latest").unlink()
    desk.write(LEARN + FINISH)
    desk.edit('name = "r"\nwhen = "b"', 'name = "r"\nwhen = "inbox"')
    with desk.ledger.change() as book:
        book.runs.clear()
    desk.arrive("media/target/scene.mp4")
    desk.runs.tick()
    assert desk.run.why == "there is no trained model"
    desk.arrive("media/a/y.mp4")
    for _ in range(2):
        desk.runs.tick()
    by_kind = {folder.kind: folder for folder in desk.jobs}
    assert entry_of(by_kind["convert"]).after == [by_kind["train"].name]
    assert standing(by_kind["convert"])[0] is Standing.AFTER
    assert standing(by_kind["convert"])[1] == f"{by_kind['train'].name} is to be done first"


@pytest.mark.parametrize("by_hand", [False, True])
def test_what_trains_on_by_so_many_counts_from_where_a_training_ends(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, by_hand: bool
) -> None:
    desk.write(LEARN)
    add(desk.project, "a")
    with desk.ledger.change() as book:
        book.runs.clear()
    if by_hand:
        before = JobFolder.create(desk.project.path, Job(1, "train", [Step("train")]))
    else:
        desk.arrive("media/a/x.mp4")
        desk.runs.tick()
        before = desk.jobs[-1]
    lock = desk.begin(before)
    desk.arrive("media/a/y.mp4")
    desk.runs.tick()
    run = desk.ledger.book.runs[-1]
    assert (run.state, run.why) == ("waiting", f"it trains on from where {before.name} ends")
    lock.release()
    before.write_snapshot(Snapshot(state=State.DONE))
    monkeypatch.setattr(plan, "checkpoint_iteration", lambda _path: 100)
    desk.runs.tick()
    assert desk.jobs[-1].job().steps[-1].settings == {"iterations": 109}


# --- what comes together ---


def test_what_arrives_while_a_job_waits_is_done_by_it(desk: Desk) -> None:
    desk.edit('"b"\nsteps', '["b", "target"]\nsteps')
    desk.runs.tick()
    (job,) = desk.jobs
    desk.queue.change(job, priority=3, held="you hold it")
    desk.runs.tick()
    add(desk.project, "target", extracted=False)
    desk.arrive("media/target/y.mp4")
    desk.runs.tick()
    assert [f.name for f in desk.jobs] == [job.name]
    assert (entry_of(job).priority, entry_of(job).held) == (3, "you hold it")
    assert job.job().steps == [Step("extract", "b"), Step("extract", "target")]
    (run,) = desk.ledger.book.runs
    assert (run.state, run.job) == ("queued", job.name)
    assert list(run.files) == ["media/b/x.mp4", "media/target/y.mp4"]


def test_a_recipe_that_is_changed_changes_the_job_that_waits(desk: Desk) -> None:
    desk.runs.tick()
    (job,) = desk.jobs
    desk.write("[recipe.settings.extract]\nevery = 3\n")
    desk.runs.tick()
    assert job.job().steps == desk.run.steps == [Step("extract", "b", {"every": 3})]


def test_what_arrives_when_the_job_has_begun_is_done_after_it(desk: Desk) -> None:
    desk.runs.tick()
    lock = desk.begin(desk.jobs[0])
    desk.arrive("media/b/y.mp4")
    desk.another().tick()
    assert [list(run.files) for run in desk.ledger.book.runs] == [
        ["media/b/x.mp4"],
        ["media/b/y.mp4"],
    ]
    assert [run.state for run in desk.ledger.book.runs] == ["running", "queued"]
    assert len(desk.jobs) == 2
    lock.release()


def test_a_run_waits_for_what_is_still_arriving_but_not_for_ever(desk: Desk) -> None:
    for _ in range(PUT_OFF_MOST):
        desk.runs.tick(arriving=True)
    assert (desk.run.state, desk.run.why) == ("waiting", "more footage is arriving")
    desk.runs.tick(arriving=True)
    assert desk.run.state == "queued"


# --- kills and troubles ---


class KilledError(BaseException):
    """The watcher is gone."""


def killed_at(monkeypatch: pytest.MonkeyPatch, desk: Desk, where: Any, name: str) -> None:
    """Tick, and be killed when something would be called."""

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(where, name, killed)
        with pytest.raises(KilledError):
            desk.runs.tick()


def test_a_watcher_killed_before_its_job_was_queued_queues_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_at(monkeypatch, desk, Queue, "add")
    assert desk.run.steps == [Step("extract", "b")]
    desk.another().tick()
    assert [f.job().steps for f in desk.jobs] == [[Step("extract", "b")]]


@pytest.mark.parametrize("begun", [False, True])
def test_a_watcher_killed_before_it_noted_its_job_starts_nothing_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, begun: bool
) -> None:
    killed_at(monkeypatch, desk, Runs, "_note")
    (job,) = desk.jobs
    assert (desk.run.state, desk.run.job) == ("waiting", "")
    if begun:
        desk.end(State.DONE, "side b: 9 faces")
    for _ in range(2):
        desk.another().tick()
    assert [f.name for f in desk.jobs] == [job.name]
    assert (desk.run.state, desk.run.job) == ("done" if begun else "queued", job.name)


def test_a_watcher_killed_as_more_footage_joined_a_job_has_it_join_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.edit('"b"\nsteps', '["b", "target"]\nsteps')
    desk.runs.tick()
    add(desk.project, "target", extracted=False)
    desk.arrive("media/target/y.mp4")
    real = Queue.replace

    def killed(*args: Any, **fields: Any) -> None:
        real(*args, **fields)
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(Queue, "replace", killed)
        with pytest.raises(KilledError):
            desk.runs.tick()
    assert len(desk.ledger.book.runs) == 2
    desk.another().tick()
    assert [list(run.files) for run in desk.ledger.book.runs] == [
        ["media/b/x.mp4", "media/target/y.mp4"]
    ]
    assert [f.job().steps for f in desk.jobs] == [[Step("extract", "b"), Step("extract", "target")]]


def test_a_job_that_cannot_be_queued_now_is_queued_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise NoSpace("No space left while making the job folder.")

    with monkeypatch.context() as patch:
        patch.setattr(Queue, "add", full)
        desk.runs.tick()
    assert (desk.run.state, desk.run.why) == (
        "waiting",
        "No space left while making the job folder.",
    )
    desk.runs.tick()
    assert desk.run.state == "queued"


# --- a recipe that is gone, or wrong for a while ---


def test_a_recipe_that_is_gone_meanwhile_is_told(desk: Desk) -> None:
    desk.edit(RECIPE, "")
    desk.runs.tick()
    assert (desk.run.state, "no such recipe" in desk.run.why) == ("failed", True)


def test_what_a_wrong_recipe_has_to_do_waits_until_it_is_mended(desk: Desk) -> None:
    desk.edit('steps = ["extract"]', 'steps = ["dance"]')
    for _ in range(2):
        desk.runs.tick()
    assert (desk.run.state, "recipe r: steps:" in desk.run.why) == ("waiting", True)
    (warned,) = [e.data["text"] for e in desk.watch.events()[0] if e.k == "warn"]
    assert "recipe r: steps:" in warned
    for path in ("media/b/y.mp4", "media/a/z.mp4"):
        desk.arrive(path)
    desk.edit("dance", "extract")
    desk.runs.tick()
    (run,) = desk.ledger.book.runs
    assert (run.state, list(run.files)) == ("queued", ["media/b/x.mp4", "media/b/y.mp4"])


def test_what_arrives_while_nobody_can_tell_what_a_recipe_is_for_is_sorted_out_later(
    desk: Desk,
) -> None:
    add(desk.project, "a", extracted=False)
    desk.edit('when = "b"', 'when = "bb"')
    for path in ("media/b/y.mp4", "media/a/z.mp4"):
        desk.arrive(path)
    desk.runs.tick()
    assert (desk.run.state, "when: name one" in desk.run.why) == ("waiting", True)
    with desk.ledger.change() as book:
        del book.files["media/a/z.mp4"]  # it is no longer there
    desk.edit('when = "bb"', 'when = "b"')
    desk.runs.tick()
    (run,) = desk.ledger.book.runs
    assert (run.state, list(run.files)) == ("queued", ["media/b/x.mp4", "media/b/y.mp4"])
    assert desk.jobs[0].job().steps == [Step("extract", "b")]


def test_a_recipe_that_turns_out_to_be_for_nothing_that_arrived_does_nothing(desk: Desk) -> None:
    desk.edit('when = "b"', 'when = "inboks"')
    desk.arrive("media/b/x.mp4")
    desk.edit("inboks", "inbox")
    desk.runs.tick()
    assert (desk.ledger.book.runs, desk.jobs) == ([], [])


@pytest.mark.parametrize("watched", [False, True])
def test_a_job_that_waits_keeps_its_place_while_its_recipe_is_wrong(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, watched: bool
) -> None:
    desk.runs.tick()
    desk.edit("steps =", "at_most = 0\nsteps =")
    if watched:
        desk.runs.tick()
    else:
        desk.settle(monkeypatch)
    assert order(desk.queue) == [desk.jobs[0].name]
    assert desk.run.state == "queued"


@pytest.mark.parametrize("watched", [False, True])
def test_a_job_that_waits_for_a_recipe_that_is_gone_is_taken_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, watched: bool
) -> None:
    desk.runs.tick()
    desk.edit(RECIPE, "")
    if not watched:
        desk.settle(monkeypatch)
        assert order(desk.queue) == []
        said = "; ".join(arrivals.lines(desk.project, desk.ledger.book))
        assert "its job is stopped: taken out of the queue: project.toml has no" in said
    desk.runs.tick()
    assert desk.run.state == "failed"
    assert "taken out of the queue" in desk.run.why
    assert "project.toml has no such recipe" in desk.run.why
    assert order(desk.queue) == []
    assert desk.jobs[0].current().state is State.STOPPED


def test_without_a_watcher_a_waiting_job_has_its_recipes_new_conditions(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.runs.tick()
    desk.edit("steps =", "disk_free_gb = 1e9\nsteps =")
    desk.settle(monkeypatch)
    assert standing(desk.jobs[0])[0] is Standing.DISK
    toml = desk.project.path / "project.toml"
    whole = toml.read_text()
    toml.write_text("half a li")
    desk.settle(monkeypatch)
    assert standing(desk.jobs[0])[0] is Standing.DISK, "a file that is being edited ends nothing"
    toml.write_text(whole.replace("disk_free_gb = 1e9\n", ""))
    desk.settle(monkeypatch)
    assert standing(desk.jobs[0])[0] is Standing.READY


def test_a_job_that_runs_outlives_its_recipe(desk: Desk) -> None:
    desk.runs.tick()
    lock = desk.begin(desk.jobs[0])
    desk.edit(RECIPE, "")
    desk.runs.tick()
    assert desk.run.state == "running"
    lock.release()
    desk.end(State.DONE)
    desk.runs.tick()
    assert desk.run.state == "done"
