"""The queue's room: what runs, waits and ended, over all projects; acts on it."""

from __future__ import annotations

import errno
import shutil
import time
from pathlib import Path

import fake
import pytest
from workbench import Open

from engine.project import Project
from engine.protocol import Job, JobFolder, Snapshot, State, Step
from engine.queue.queue import Queue
from fstui.model import queue as model_queue
from fstui.model import queueview
from fstui.model.queueview import Jobs


@pytest.fixture(autouse=True)
def unkept(monkeypatch: pytest.MonkeyPatch) -> None:
    """No keeper is started."""
    monkeypatch.setattr(model_queue, "kick", lambda _workspace: None)


@pytest.fixture
def queue(tmp_workspace: Path) -> Queue:
    return Queue(tmp_workspace)


def put(project: Project, kind: str = "train", **more: object) -> JobFolder:
    return Queue(project.path.parent).add(project.path, Job(1, kind, [Step(kind)]), **more)


def ended(project: Project, state: State = State.DONE, message: str = "trained") -> JobFolder:
    folder = JobFolder.create(project.path, Job(1, "train", [Step("train")]))
    folder.append("start", pid=1, host="box", version="0", kind="train")
    folder.append("end", state=state, exit=0, message=message)
    folder.write_snapshot(Snapshot(state=state, kind="train", exit=0, message=message))
    folder.lock_path.write_text("{}")
    return folder


def old_job(
    project: Project, name: str, state: State = State.DONE, message: str = "trained"
) -> None:
    """The folder of a job that ended, with its name."""
    folder = JobFolder(project.path / "jobs" / name)
    folder.path.mkdir()
    (folder.path / "job.json").write_bytes(b'{"v":1,"kind":"train","steps":[]}')
    end = Snapshot(state=state, kind=folder.kind, exit=0, message=message)
    folder.write_snapshot(end)


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return fake.make_project(tmp_workspace, "film")


async def test_all_jobs_of_all_projects_are_shown_without_an_open_one(
    bench: Open, project: Project, tmp_workspace: Path
) -> None:
    other = Project.create(tmp_workspace, "other")
    ended(other, State.FAILED, "the disk was full")
    first, second = put(project), put(project, "convert")
    engine = fake.FakeEngine(other.path, "extract", "a")
    engine.work_to(3, 12)
    engine.put(phase="looking for faces", phase_since=time.time() - 17)
    async with bench(size=(120, 30)) as b:
        await b.press("7")
        await b.sees("1 at work, 2 waiting, 1 ended")
        rows = [line for line in b.lines() if "film" in line or "other" in line]
        assert "other" in rows[0]
        assert "25 %" in rows[0]
        assert "extracting A " in rows[0]
        assert "looking for faces, 15 s" in b.text()
        assert "convert" in next(r for r in rows if " 2 " in r)
        assert "failed" in rows[-1]
        await b.press("end")
        await b.sees("the disk was full")
        await b.press("home", "down")
        await b.sees(first.name)
        await b.press("down")
        await b.sees(second.name)
    engine.vanish()


async def test_jobs_change_their_order_are_held_and_taken_out(
    bench: Open, project: Project, queue: Queue
) -> None:
    first, second = put(project), put(project, "convert")

    def order() -> list[str]:
        return [item.name for item in queue.waiting()]

    async with bench(size=(120, 24)) as b:
        await b.press("7")
        await b.sees("0 at work, 2 waiting")
        await b.press("J")
        await b.until(lambda: order() == [second.name, first.name], "the first is second")
        await b.until(lambda: b.app.screen.query_one("#jobs").index == 1, "the cursor followed it")
        await b.press("K")
        await b.until(lambda: order() == [first.name, second.name], "it is first again")
        await b.press("P")
        await b.sees("held")
        await b.sees("let it go")
        await b.press("P")
        await b.until(lambda: not queue.waiting()[0].entry.held, "it is let go")
        await b.press("Z")
        await b.until(lambda: all(i.entry.held for i in queue.waiting()), "all are held")
        await b.sees("go on after this one")
        await b.press("Z")
        await b.until(lambda: not any(i.entry.held for i in queue.waiting()), "all may go")
        await b.press("x")
        await b.sees("Take it out")
        await b.press("n")
        assert len(order()) == 2
        await b.press("x")
        await b.sees("Take it out")
        await b.press("y")
        await b.until(lambda: order() == [second.name], "it was taken out")
        await b.sees("1 waiting, 1 ended")


async def test_what_ended_badly_is_tried_again(bench: Open, project: Project, queue: Queue) -> None:
    failed = ended(project, State.FAILED, "no")
    async with bench() as b:
        await b.press("7")
        await b.sees("1 ended")
        await b.press("Y")
        await b.until(lambda: len(queue.waiting()) == 1, "it waits again")
        assert queue.waiting()[0].entry.again_of == failed.name


async def test_a_filter_and_the_way_to_the_project(bench: Open, tmp_workspace: Path) -> None:
    for name in ("rome", "oslo"):
        put(fake.make_project(tmp_workspace, name))
    async with bench() as b:
        await b.press("7")
        await b.sees("2 waiting")
        await b.press("slash", *"oslo", "enter")
        await b.sees("1 of 2")
        assert not any("rome" in line for line in b.lines()[2:])
        await b.press("enter")
        await b.sees("3 Train")
        assert b.app.session.project.name == "oslo"
        assert b.app.session.view.room == "train"


async def test_nothing_is_changed_under_readonly(
    bench: Open, project: Project, queue: Queue
) -> None:
    put(project), put(project, "convert")
    before = [(i.name, i.entry) for i in queue.waiting()]
    async with bench(readonly=True) as b:
        await b.press("7")
        await b.sees("2 waiting")
        await b.press("J", "P", "Z", "x", "Y")
        assert "Take it out" not in b.text()
    assert [(i.name, i.entry) for i in queue.waiting()] == before


def test_a_job_that_goes_on_is_told_once(tmp_workspace: Path, project: Project) -> None:
    engine = fake.FakeEngine(project.path)
    jobs = Jobs(tmp_workspace, every_s=0.0)
    first = jobs()
    assert first is not None
    assert [folder.name for folder, _ in first.running] == [engine.folder.name]
    engine.put()  # a heartbeat
    assert jobs() is None
    engine.put(iteration=7)
    assert jobs() is not None
    engine.end(State.DONE, 0, "trained")
    last = jobs()
    assert last is not None
    assert [f.name for f, _ in last.ended] == [engine.folder.name]


@pytest.mark.usefixtures("uncollected")
async def test_ten_thousand_jobs_open_at_once(bench: Open, tmp_workspace: Path) -> None:
    """They cost under 0.3 s from the key to the list: what they take more than a few, in this
    process's own time, for the machine may be busy with others; the best of some."""

    async def opens() -> float:
        async with bench(size=(120, 40)) as b:
            await b.sees("film19")  # home has looked at its projects
            begin = time.process_time()
            await b.press("7")
            await b.sees("ended")
            return time.process_time() - begin

    projects = [Project.create(tmp_workspace, f"film{number}") for number in range(20)]
    few = min([await opens() for _ in range(3)])
    for number, project in enumerate(projects):
        for job in range(500):
            old_job(project, f"20260101T{job:06d}.000-train-{number:04x}")
    many: list[float] = []
    while len(many) < 12 and min(many, default=9) - few >= 0.3:
        many.append(await opens())
    assert min(many) - few < 0.3, (few, many)


def test_many_jobs_are_read_bit_by_bit_and_once(tmp_workspace: Path, project: Project) -> None:
    for job in range(300):
        old_job(project, f"20260101T{job:06d}.000-train-0000")
    waits = put(project)
    jobs = Jobs(tmp_workspace, every_s=0.0, reads_s=0.0)
    first = jobs()
    assert first is not None
    assert (len(first.ended), first.unread) == (301, 301)
    jobs._reads_s = 0.001
    told = [first]
    while told[-1].unread:
        told.append(jobs() or told[-1])
    assert len(told) > 2, "all were read at one look"
    assert [turn.item.name for turn in told[1].waiting] == [waits.name], "the newest come first"
    last = told[-1]
    assert {state.state for _, state in last.ended if state} == {State.DONE}
    shutil.rmtree(project.path / "jobs" / "20260101T000000.000-train-0000")
    for folder, _ in last.ended:
        (folder.path / "state.json").unlink(missing_ok=True)
    now = jobs()
    assert now is not None
    assert len(now.ended) == 299, "one that was removed is still there"
    assert all(state and state.state is State.DONE for _, state in now.ended), "read again"


async def test_a_state_is_found_that_was_never_on_the_screen(bench: Open, project: Project) -> None:
    for job in range(60):
        old_job(project, f"20260101T{job:06d}.000-train-0000")
    old_job(project, "20250101T000000.000-convert-0000", State.FAILED, "no room on the disk")
    async with bench() as b:
        await b.press("7")
        await b.sees("61 ended")
        assert "failed" not in b.text()
        await b.press("slash", *"failed", "enter")
        await b.sees("1 of 61")
        await b.sees("no room on the disk")


async def test_two_presses_are_two_steps(bench: Open, project: Project, queue: Queue) -> None:
    first, *others = [put(project) for _ in range(4)]
    async with bench() as b:
        await b.press("7")
        await b.sees("4 waiting")
        await b.press("J", "J")
        await b.until(
            lambda: (
                [i.name for i in queue.waiting()]
                == [others[0].name, others[1].name, first.name, others[2].name]
            ),
            "two places on",
        )


async def test_jobs_of_a_copied_project_are_told_apart(
    bench: Open, project: Project, tmp_workspace: Path
) -> None:
    old_job(project, "20260101T000000.000-train-0000")
    copy = Project.create(tmp_workspace, "twin")
    old_job(copy, "20260101T000000.000-train-0000")
    async with bench() as b:
        await b.press("7")
        await b.sees("2 ended")
        await b.press("end")
        name = b.app.screen.chosen.folder.project.name
        await b.press("enter")
        await b.sees("3 Train")
        assert b.app.session.project.name == name
        await b.press("0", "7")
        await b.sees("2 ended")
        await b.press("home")
        assert b.app.screen.chosen.folder.project.name != name


async def test_a_stop_that_takes_long_offers_to_kill(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = fake.FakeEngine(project.path)
    async with bench() as b:
        await b.press("7")
        await b.sees("1 at work")
        await b.press("x")
        await b.until(lambda: list(engine.folder.commands()), "it was asked to stop")
        await b.press("x")
        await b.sees("It saves and stops")
        monkeypatch.setattr("fstui.rooms.queue.KILL_AFTER_S", 0.0)
        await b.press("x")
        await b.sees("Kill it?")
        await b.press("n", "escape")
        await b.sees("0 fstui")
        assert b.app.screen.room == "home", "back without a project is home"
    engine.vanish()


async def test_the_end_of_a_job_of_any_project_is_told(
    bench: Open, project: Project, tmp_workspace: Path
) -> None:
    other = fake.make_project(tmp_workspace, "other")
    old, mine = fake.FakeEngine(other.path), fake.FakeEngine(project.path)
    async with bench(project.path) as b:
        rung: list[None] = []
        b.app.bell = lambda: rung.append(None)
        await b.press("7")
        await b.sees("2 at work")
        old.end(State.DONE, 0, "trained")
        await b.sees("other: train")
        await b.sees("done: trained")
        assert len(rung) == 1
        mine.end(State.FAILED, 7, "no space")
        await b.until(lambda: len(rung) == 2, "the open one's, once")
        await b.sees("2 ended")
        assert len(rung) == 2
        assert len(b.app._notifications) == 2


def test_after_a_pause_an_end_is_no_news(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, engine = Jobs(project.path.parent), fake.FakeEngine(project.path)
    assert [job for job, _ in jobs.look().running] == [jobs.queue.jobs()[0]]
    engine.end(State.DONE, 0, "trained")
    monkeypatch.setattr(queueview, "PAUSE_S", -1.0)
    assert jobs.look().just_ended == []


async def test_a_job_without_a_room_of_its_own_opens_its_log(bench: Open, project: Project) -> None:
    old_job(project, "20260101T000000.000-preview-0000", message="previews made")
    ended(project, State.DONE, "trained on")
    async with bench() as b:
        await b.press("7")
        await b.sees("2 ended")
        await b.press("end", "enter")
        await b.sees("20260101T000000.000-preview-0000")
        await b.sees("(job 1 of 2)")
        assert b.app.screen.room == "log"


async def test_a_stop_that_could_not_be_asked_for_is_asked_for_again(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = fake.FakeEngine(project.path)
    asked: list[str] = []

    def stop(folder: JobFolder) -> None:
        asked.append(folder.name)
        raise OSError(errno.ENOSPC, "No space left on device", str(folder.path))

    monkeypatch.setattr("fstui.rooms.queue.jobs.stop", stop)
    async with bench() as b:
        await b.press("7")
        await b.sees("1 at work")
        await b.press("x")
        await b.sees("No space left")
        await b.press("x")
        await b.until(lambda: len(asked) == 2, "the second time")
    engine.vanish()
