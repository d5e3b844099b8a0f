"""What the interface knows without a terminal: tails, series, log text, states in words."""

from __future__ import annotations

import errno
import math
import os
import queue
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import fake
import pytest

from engine.errors import BadInput, NothingToDo, Refused
from engine.eventlog import Event
from engine.history import History, Point
from engine.process import FileLock
from engine.protocol import Snapshot, State, Step, sheet_of
from engine.sessions import Diary
from fstui import places, settings, state
from fstui.model import series, words
from fstui.model.eventwords import event_words
from fstui.model.jobview import EVENTS_KEPT, JobView, progress_words, state_words
from fstui.model.logtext import LogText
from fstui.model.series import CurveReader
from fstui.model.session import Session
from fstui.model.tail import (
    FIRST_BYTES,
    JobTail,
    JobUpdate,
    LineTail,
    Tail,
    TailProblem,
    clean,
)
from fstui.rooms.trainlines import settings_now


def test_importing_the_app_loads_nothing_heavy() -> None:
    code = (
        "import sys, fstui.app; from fstui.rooms import home, train; "
        "print([m for m in 'tensorflow numpy cv2 av PIL watchdog tomlkit'.split()"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- tails -----------------------------------------------------------------------------------


def test_a_torn_last_line_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    tail = LineTail(path)
    assert tail.read() == []
    path.write_bytes(b"one\ntw")
    assert tail.read() == [b"one"]
    assert tail.read() == []
    with open(path, "ab") as file:
        file.write(b"o\nthree\n")
    assert tail.read() == [b"two", b"three"]


def test_of_a_long_old_file_only_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"".join(b"%06d\n" % n for n in range(1000)))
    assert LineTail(path, first_bytes=24).read() == [b"000997", b"000998", b"000999"]


def test_an_emptied_file_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"old line\n")
    tail = LineTail(path)
    tail.read()
    path.write_bytes(b"new\n")
    assert tail.read() == [b"new"]


def test_raw_output_has_no_escapes_and_only_the_last_drawing_of_a_line() -> None:
    assert clean(b"10%\r20%\r\x1b[31mdone\x1b[0m\x1b]0;title\x07") == "done"
    assert clean("a\tb \u202egpj.exe".encode()) == "a   b gpj.exe"


def test_a_job_is_told_once_and_then_only_its_news(tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    engine = fake.FakeEngine(project.path)
    engine.train_to(100)
    engine.preview(100, iteration=100, columns=["A", "A>B"])
    tail = JobTail(engine.folder, "train")
    first = tail.look()
    assert first is not None
    assert first.snapshot.iteration == 100
    assert [p.columns for p in first.previews] == [("A", "A>B")]
    assert tail.look() is None
    engine.folder.log_path.write_text("hello\n")
    second = tail.look()
    assert second is not None
    assert second.lines == ["hello"]
    assert second.events == []
    engine.vanish()
    third = tail.look()
    assert third is not None
    assert third.snapshot.state is State.INTERRUPTED
    assert tail.look() is None, "an ended job isn't looked at again"


def test_sheets_belong_to_their_previews_and_are_none_themselves(tmp_workspace: Path) -> None:
    engine = fake.FakeEngine(fake.make_project(tmp_workspace).path)
    columns = {"columns": ["A", "A>B"]}
    old = engine.preview(100, sheet=True, iteration=100, **columns)
    # So many events that a first look reads the end of them only.
    for number in range(6000):
        engine.folder.append("progress", done=number, total=9000, unit="iteration")
    new = engine.preview(200, sheet=True, iteration=200, **columns)
    engine.folder.append("preview", path="preview/x.jpg", sheet="../../../etc/passwd", iteration=1)
    update = JobTail(engine.folder, "train").look()
    assert update is not None
    assert [p.place for p in update.previews] == [100, 200, 1]
    sheets = [p.sheet for p in update.previews]
    assert sheets == [sheet_of(old).resolve(), sheet_of(new).resolve(), None]
    assert update.previews[1].sheet_columns == ("A", "mask")
    engine.vanish()


def test_a_preview_outside_its_job_is_not_shown(tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    engine = fake.FakeEngine(project.path)
    engine.folder.append("preview", path="../../../../../etc/passwd", iteration=1)
    update = JobTail(engine.folder, "train").look()
    assert update is not None
    assert update.previews == []
    engine.vanish()


def test_the_tail_turns_to_the_newest_job_of_a_stage(tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    old = fake.FakeEngine(project.path)
    old.vanish()
    os.rename(old.folder.path, old.folder.path.with_name("20200101T000000-train-0000"))
    new = fake.FakeEngine(project.path)
    tail = Tail(lambda _: None)
    tail.follow(project.path)
    updates = [u for u in tail.look() if isinstance(u, JobUpdate)]
    assert [u.folder.name for u in updates] == [new.folder.name]
    new.vanish()


def test_a_project_followed_again_is_told_from_its_beginning(tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    engine = fake.FakeEngine(project.path)
    engine.train_to(20)
    engine.vanish()
    tail = Tail(lambda _: None)
    for _ in range(2):
        tail.follow(project.path)
        updates = [u for u in tail.look() if isinstance(u, JobUpdate)]
        assert [len(u.events) for u in updates] == [3]
        assert [u for u in tail.look() if isinstance(u, JobUpdate)] == []


# --- session ---------------------------------------------------------------------------------


def session_of(project_path: Path, readonly: bool = False) -> Session:
    session = Session(
        project_path.parent, state.UiState(), settings.UserSettings(), readonly=readonly
    )
    session.open(project_path)
    return session


def test_a_crash_is_named_by_its_signal(tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    engine = fake.FakeEngine(project.path)
    session = session_of(project.path)
    tail = JobTail(engine.folder, "train")
    update = tail.look()
    assert update is not None
    assert session.take(update) is None
    engine.end(State.CRASHED, 12, "The train step's process died (signal 9 (SIGKILL)).")
    update = tail.look()
    assert update is not None
    ended = session.take(update)
    assert ended is not None
    assert ended.words() == "crashed (signal 9)"
    assert ended.resumable()
    assert ended.severity() == "error"


def test_a_job_that_ended_before_it_was_seen_is_told(tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    before = fake.FakeEngine(project.path)
    before.end(State.DONE, 0, "trained")
    session = session_of(project.path)
    old = JobTail(before.folder, "train").look()
    assert session.take(old) is None, "that was before the project was opened"
    engine = fake.FakeEngine(project.path)
    engine.end(State.FAILED, 3, "no faces")
    ended = session.take(JobTail(engine.folder, "train").look())
    assert ended is not None
    assert ended.farewell() == "failed: no faces"


def test_a_job_that_is_joined_late_is_known_from_its_beginning(tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    steps = [Step("extract", "a"), Step("train", None, {"batch": 4})]
    engine = fake.FakeEngine(project.path, "demo", steps=steps)
    engine.folder.append("step-end", message="30 faces")
    engine.step(1)
    engine.folder.append("change", settings={"iterations": 900})
    engine.folder.append("save", iteration=100)
    for number in range(6000):
        engine.folder.append("metric", iteration=number, loss_a=0.0213, loss_b=0.0245, rate=20.0)
    assert engine.folder.events_path.stat().st_size > 2 * FIRST_BYTES
    views = {}
    for stage in ("extract", "train"):
        update = JobTail(engine.folder, stage).look()
        assert update is not None
        views[stage] = JobView.begin(update)
        assert len(update.events) < 4000, "of old figures nothing is told"
    assert views["extract"].results == ["30 faces"]
    train = views["train"]
    assert settings_now(train) == {"batch": 4, "iterations": 900}
    assert train.saves == [100]
    assert train.metric["iteration"] == 5999
    assert [e.k for e in train.events][:3] == ["start", "step", "step-end"]
    engine.vanish()


def test_faces_found_so_far_are_told_of_a_long_extraction(tmp_workspace: Path) -> None:
    engine = fake.FakeEngine(fake.make_project(tmp_workspace).path, "extract", "a")
    for number in range(4000):
        engine.work_to(number, 5000, faces=number // 2)
    update = JobTail(engine.folder, "extract").look()
    assert update is not None
    assert JobView.begin(update).figures["faces"] == 1999
    engine.vanish()


def test_a_change_is_remembered_longer_than_its_event(tmp_workspace: Path) -> None:
    engine = fake.FakeEngine(fake.make_project(tmp_workspace).path)
    engine.folder.append("change", settings={"iterations": 900})
    for number in range(EVENTS_KEPT + 1):
        engine.folder.append("save", iteration=number)
    update = JobTail(engine.folder, "train").look()
    assert update is not None
    assert settings_now(JobView.begin(update)) == {"iterations": 900}
    engine.vanish()


def test_stopping_is_said_at_once_and_kill_is_offered_late(tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    engine = fake.FakeEngine(project.path)
    update = JobTail(engine.folder, "train").look()
    assert update is not None
    view = JobView.begin(update)
    session = session_of(project.path)
    session.stop(view)
    assert view.words() == "stopping (saving)"
    assert view.shown().state is State.STOPPING
    assert [c.verb for _, c in engine.folder.commands()] == ["stop"]
    assert view.stop_asked is not None
    assert not view.may_kill(view.stop_asked + 19)
    assert view.may_kill(view.stop_asked + 20)
    engine.vanish()


def test_readonly_sends_nothing(tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    engine = fake.FakeEngine(project.path)
    update = JobTail(engine.folder, "train").look()
    assert update is not None
    session = session_of(project.path, readonly=True)
    with pytest.raises(Refused):
        session.stop(JobView.begin(update))
    assert list(engine.folder.commands()) == []
    engine.vanish()


def test_without_a_project_there_is_nothing_to_change(tmp_workspace: Path) -> None:
    session = Session(tmp_workspace, state.UiState(), settings.UserSettings())
    with pytest.raises(NothingToDo):
        session.writable()


def test_states_have_words() -> None:
    now = 1000.0
    running = Snapshot(State.RUNNING, "train", stage="train", heartbeat=now)
    assert state_words(running, now) == "training"
    assert state_words(running, now + 61) == "stalled: silent for 61 s"
    running.phase, running.phase_since = "importing TensorFlow", now
    assert state_words(running, now + 72) == "training: importing TensorFlow, 70 s"
    side = Snapshot(State.RUNNING, "extract", stage="extract", side="a", heartbeat=now)
    assert state_words(side, now) == "extracting A"
    gone = Snapshot(State.INTERRUPTED, "train", iteration=123400)
    assert state_words(gone, now) == "interrupted at iteration 123 400"
    assert progress_words(gone) == "iteration 123 400"


# --- series ----------------------------------------------------------------------------------


def points(count: int, loss: float = 0.1, step: float = -0.0001) -> list[Point]:
    return [
        Point(10 * n, 1.0 * n, v, v, 5.0, v, v, v, v)
        for n in range(1, count + 1)
        for v in [loss + step * n]
    ]


def test_trend_says_which_way_and_over_what_time() -> None:
    assert series.trend(points(600)).startswith("falling ")
    assert series.trend(points(600)).endswith("over the last 9 min")
    assert series.trend(points(600, step=0.0001)).startswith("rising ")
    assert series.trend(points(600, step=0.0)).startswith("level ")
    assert series.trend(points(5)) == ""


def test_pace_names_time_and_aim() -> None:
    assert series.pace(40_000, 100_000, 20.0, now=0.0).startswith("50 min to 100 000 (about ")
    assert series.pace(None, 100, 1.0) == ""
    assert series.pace(10, 100, 0.0) == ""


def test_nan_is_found_where_it_began() -> None:
    some = points(50)
    assert series.nan_since(some) is None
    broken = [p._replace(loss_a=math.nan) for p in points(53)[50:]]
    assert series.nan_since(some + broken) == 510


def test_the_curve_grows_with_the_file_and_only_then(tmp_path: Path) -> None:
    history = History(tmp_path / "history")
    reader = CurveReader(tmp_path)
    for n in range(1, 11):
        history.append(n, float(n), 0.1, 0.2, 3.0)
    first = reader.read()
    assert first is not None
    assert len(first.points) == 10
    assert reader.read() is None
    history.append(11, 11.0, 0.05, 0.15, 3.0)
    second = reader.read()
    assert second is not None
    assert second.points[-1].loss_a == pytest.approx(0.05)
    assert len(first.points) == 10, "what was published before isn't touched"


def test_a_model_begun_anew_has_its_own_marks_and_points(tmp_path: Path) -> None:
    def train(model: Path, saves: range, loss: float) -> None:
        history, diary = History(model / "history"), Diary(model)
        diary.begin("job", 0)
        for n in saves:
            history.append(n, float(n), loss, loss, 3.0)
            diary.mark("save", n)

    model = tmp_path / "model"
    train(model, range(1, 11), 0.9)
    reader = CurveReader(model)
    assert reader.read() is not None
    model.rename(tmp_path / "trash")
    # Longer than the old one: nobody looked while it was short.
    train(model, range(101, 141), 0.1)
    curve = reader.read()
    assert curve is not None
    assert [mark.iteration for mark in curve.marks] == [0, *range(101, 141)]
    assert {round(point.loss_a, 1) for point in curve.points} == {0.1}
    assert reader.read() is None


def test_a_week_of_history_becomes_few_points_with_the_last_exact(tmp_path: Path) -> None:
    history = History(tmp_path / "history")
    for n in range(1, 20_001):
        history.append(n, float(n), 0.1, 0.2, 3.0)
    history.append(20_001, 20_001.0, 0.77, 0.2, 3.0)
    curve = CurveReader(tmp_path).read()
    assert curve is not None
    assert len(curve.points) < 2 * series.MOST_POINTS + 100
    assert curve.points[-1].iteration == 20_001
    assert curve.points[-1].loss_a == pytest.approx(0.77)


# --- log, words, files -----------------------------------------------------------------------

NOISE = "2026-11-22 21:37:29.123456: I external/local_xla/xla/stream.cc:32] could not find"


def test_noise_is_folded_and_the_rest_kept() -> None:
    log = LogText()
    log.add(["hello", NOISE, "I0000 00:00:1795 cpu_feature_guard.cc:210] x"])
    log.add([NOISE, "world"])
    assert log.folded == ["hello", "... 3 lines of TensorFlow's own (v shows them)", "world"]
    assert len(log.raw) == 5
    assert log.last(20)[-1] == "world"


def test_a_log_is_cut_at_its_front_and_counts_on() -> None:
    log = LogText(kept=10)
    log.add(str(n) for n in range(25))
    assert log.raw[-1] == "24"
    assert int(log.raw[0]) == log.raw_dropped
    assert len(log.raw) <= 12


def test_words() -> None:
    assert words.count(41200) == "41 200"
    assert words.plural(1, "face") == "1 face"
    assert words.plural(0, "face") == "no faces"
    assert words.age(12) == "10 s ago"
    assert words.size(1_640_000) == "1.6 MB"
    assert words.loss(math.nan) == "NaN"


def test_where_the_interface_was_comes_back(tmp_workspace: Path) -> None:
    before = state.UiState(project="/x/demo", theme="fstui-light")
    before.view(Path("/x/demo")).room = "train"
    state.save(before)
    after = state.load()
    assert after == before
    state.state_path().write_bytes(b"{broken")
    assert state.load() == state.UiState()


def test_two_interfaces_remember_both_what_they_saw(tmp_workspace: Path) -> None:
    first = state.UiState(theme="dark")
    for name in ("a", "b"):
        first.view(Path(f"/x/{name}")).room = "log"
    state.save(first)
    one, other = state.load(), state.load()
    one.view(Path("/x/a")).room = "train"
    one.view(Path("/x/mine")).raw_log = True
    one.theme, one.project = "light", "/x/mine"
    one.looked_at(Path("/x"))
    state.save(one)
    other.view(Path("/x/b")).room = "faces"
    other.looked_at(Path("/y"))
    other.project = "/x/b"
    state.save(other)
    state.save(one)  # it has changed nothing since
    found = state.load()
    rooms = {path: view.room for path, view in found.views.items()}
    assert rooms == {"/x/a": "train", "/x/b": "faces", "/x/mine": "project"}
    assert found.views["/x/mine"].raw_log
    assert (found.theme, found.project) == ("light", "/x/mine")
    assert found.workspaces == ["/x", "/y"]
    one.view(Path("/x/b")).room = "media"
    state.save(one)
    assert state.load().views["/x/b"].room == "media", "who changes it last"


def test_a_view_that_was_not_looked_at_for_long_is_forgotten(
    tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "VIEWS_KEPT", 3)
    mine = state.UiState()
    for name in "abc":
        mine.view(Path(name))
    state.save(mine)
    mine.view(Path("a")).room = "train"
    mine.view(Path("d"))
    state.save(mine)
    assert list(state.load().views) == ["c", "a", "d"]


def test_while_another_interface_writes_nothing_is_lost(tmp_workspace: Path) -> None:
    mine = state.UiState(project="/x/demo")
    other = FileLock(state.state_path().with_name("ui.lock"))
    assert other.acquire()
    state.save(mine)
    assert state.load() == state.UiState()
    other.release()
    state.save(mine)
    assert state.load().project == "/x/demo"


def test_settings_out_of_bounds_are_refused_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("preview_every_s = 1.0\n")
    with pytest.raises(BadInput) as caught:
        settings.load(tmp_path)
    assert "settings.toml" in str(caught.value)
    (tmp_path / "settings.toml").write_text('theme = "fstui-light"\n')
    assert settings.load(tmp_path).theme == "fstui-light"


def test_an_unknown_event_is_no_error() -> None:
    assert event_words(Event(0.0, "novelty", {"x": 1})) == "novelty x=1"


# --- the tail's thread ------------------------------------------------------------------------


def fail_with(error: Exception) -> Callable[[], object]:
    """A question that fails."""

    def ask() -> object:
        raise error

    return ask


def test_a_question_that_fails_keeps_no_other_from_being_asked() -> None:
    tail = Tail(lambda _: None)
    dead = OSError(errno.ENOTCONN, "Transport endpoint is not connected")
    tail.also(fail_with(dead), lambda: "second", fail_with(BadInput("third")), lambda: "fourth")
    assert list(tail.look()) == ["second", "fourth", TailProblem(str(dead))]
    assert list(tail.look()) == ["second", "fourth"], "trouble is told once"
    tail.also(lambda: "second")
    assert list(tail.look()) == ["second", TailProblem("")]


def test_a_chore_that_fails_is_told_until_it_is_tried_again() -> None:
    def chore() -> None:
        raise BadInput("The queue can't be kept.")

    tail = Tail(lambda _: None, chore=chore)
    assert list(tail.look()) == [TailProblem("The queue can't be kept.")]
    assert list(tail.look()) == []


def test_a_damaged_job_hides_no_other(tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = fake.make_project(tmp_workspace)
    engines = [fake.FakeEngine(project.path, kind, "a") for kind in ("extract", "convert")]
    look = JobTail.look

    def dead(tail: JobTail) -> JobUpdate | None:
        if tail.stage == "convert":  # the newer one, which is looked at first
            raise OSError(errno.EIO, "Input/output error")
        return look(tail)

    monkeypatch.setattr(JobTail, "look", dead)
    tail = Tail(lambda _: None)
    tail.follow(project.path)
    assert [u.stage for u in tail.look() if isinstance(u, JobUpdate)] == ["extract"]
    for engine in engines:
        engine.vanish()


def test_the_tail_outlives_a_bug_and_says_it(tmp_workspace: Path) -> None:
    told: queue.SimpleQueue[object] = queue.SimpleQueue()
    tail = Tail(told.put, interval_s=0.01)
    tail.also(fail_with(ZeroDivisionError("by nought")))
    tail.start()
    try:
        problem = told.get(timeout=20)
        assert isinstance(problem, TailProblem)
        assert problem.text.startswith("A bug of ours: ZeroDivisionError: by nought")
        tail.also(lambda: "well again")
        assert told.get(timeout=20) == "well again"
    finally:
        tail.stop()
    record = places.state_folder() / "fstui.log"
    assert record.read_text().count("Traceback") == 1, "once, not at each look"


@pytest.mark.parametrize(
    "odd",
    [
        {"path": "a\0b"},
        {"path": "x" * 5000},
        {"path": 7, "columns": 5},
        {"path": "preview/1.jpg", "columns": {"A": 1}, "sheet": "\0", "sheet_columns": None},
        {"path": ["preview/1.jpg"], "iteration": "many", "media": {}},
    ],
)
def test_an_event_that_is_not_ours_stops_no_tail(
    tmp_workspace: Path, odd: dict[str, object]
) -> None:
    engine = fake.FakeEngine(fake.make_project(tmp_workspace).path)
    engine.folder.append("preview", **odd)
    engine.folder.append("change", settings=[1], iteration=None)
    update = JobTail(engine.folder, "train").look()
    assert update is not None
    view = JobView.begin(update)
    assert [event.k for event in view.events][-2:] == ["preview", "change"]
    assert all(event_words(event) for event in view.events)
    engine.vanish()
