"""The job folder: files that are torn, states that follow from lock and end, commands, names."""

from __future__ import annotations

import errno
import math
import os
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import protocol
from engine.errors import AlreadyRunning, Damaged, NoSpace
from engine.eventlog import Event, append_event, read_events
from engine.locks import Holder, holder_text, may_signal, read_holder, refuse_if_running, take_locks
from engine.process import FileLock
from engine.protocol import (
    Job,
    JobFolder,
    Snapshot,
    State,
    Step,
    find_job,
    jobs_of,
    safe_text,
    write_atomic,
)

WORDS = st.text(max_size=20)
VALUES = st.one_of(
    st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), WORDS, st.none()
)
EVENTS = st.lists(
    st.tuples(st.sampled_from(["metric", "warn", "new-kind"]), st.dictionaries(WORDS, VALUES)),
    min_size=1,
    max_size=5,
)


def make_job(project: Path, kind: str = "extract") -> JobFolder:
    return JobFolder.create(project, Job(1, kind, [Step(kind, "a", {"every": 2})]))


# --- events ----------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.floats(0, 1))
def test_events_torn_at_any_byte_are_read_right(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, dict]], share: float
) -> None:
    path = tmp_path_factory.mktemp("torn") / "events.jsonl"
    for kind, fields in events:
        append_event(path, kind, fields)
    whole = path.read_bytes()
    cut = int(len(whole) * share)
    path.write_bytes(whole[:cut])

    before, offset = read_events(path)
    complete = whole[:cut].count(b"\n")
    assert [(e.k, e.data) for e in before] == events[:complete]
    assert whole[:offset].count(b"\n") == complete

    # Whoever appends next must not lose its event to the torn line.
    append_event(path, "end", {"exit": 0})
    after, _ = read_events(path, offset)
    assert after[-1].k == "end"
    # A line that lacked only its newline is whole again by that; a torn one is skipped.
    assert [(e.k, e.data) for e in after[:-1]] in ([], events[complete : complete + 1])


def test_a_reader_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    seen: list[str] = []
    offset = 0
    for number in range(5):
        append_event(path, f"k{number}", {})
        events, offset = read_events(path, offset)
        seen += [e.k for e in events]
    assert seen == ["k0", "k1", "k2", "k3", "k4"]


def test_not_a_number_is_a_word(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    append_event(path, "metric", {"loss_a": math.nan, "loss_b": math.inf})
    assert read_events(path)[0][0].data == {"loss_a": "nan", "loss_b": "inf"}


def test_a_line_that_the_disk_took_in_part_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(protocol.os, "write", lambda fd, data: real(fd, data[: len(data) // 2]))
    with pytest.raises(OSError, match="space") as caught:
        append_event(tmp_path / "events.jsonl", "save", {"iteration": 5})
    assert caught.value.errno == errno.ENOSPC


def test_a_line_with_other_fields_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(
        b'{"nonsense": 1}\n[]\n\xff\xfe\n{"t": 1, "k": "ok", "data": {}, "later": 3}\n'
    )
    assert read_events(path)[0] == [Event(1.0, "ok", {})]


# --- states ----------------------------------------------------------------------------------


def test_state_follows_from_lock_and_end(tmp_path: Path) -> None:
    folder = make_job(tmp_path)
    assert folder.current().state is State.QUEUED

    lock = FileLock(folder.lock_path)
    assert lock.acquire(holder_text())
    folder.write_snapshot(Snapshot(state=State.RUNNING, kind="train", iteration=123))
    assert folder.current().state is State.RUNNING

    lock.release()  # what a power cut leaves: the lock is free and there is no end
    now = folder.current()
    assert now.state is State.INTERRUPTED
    assert "iteration 123" in now.message
    assert now.exit == 9

    folder.append("end", state="failed", exit=7, message="No space left.")
    now = folder.current()
    assert (now.state, now.exit, now.message) == (State.FAILED, 7, "No space left.")

    folder.write_snapshot(Snapshot(state=State.DONE, exit=0))
    assert folder.current().state is State.DONE


def test_a_lock_that_is_made_and_not_yet_held_interrupts_nothing(tmp_path: Path) -> None:
    """Between the two the supervisor may be kept from the processor: whoever looks then would take
    the job for over."""
    folder = make_job(tmp_path)
    folder.lock_path.touch()
    assert folder.current().state is State.QUEUED
    os.utime(folder.lock_path, (1, 1))
    assert folder.current().state is State.INTERRUPTED


def test_a_job_whose_supervisor_never_came_is_interrupted(tmp_path: Path) -> None:
    folder = make_job(tmp_path)
    assert folder.current().state is State.QUEUED
    old = JobFolder(folder.path.rename(tmp_path / "jobs" / "20260101T000000.000-train-abcd"))
    assert old.current().state is State.INTERRUPTED
    (old.path / "queue.json").write_text("{}")
    assert old.current().state is State.QUEUED


def test_a_torn_snapshot_is_no_snapshot(tmp_path: Path) -> None:
    folder = make_job(tmp_path, "train")
    folder.write_snapshot(Snapshot(state=State.RUNNING))
    path = folder.path / "state.json"
    path.write_bytes(path.read_bytes()[:-3])
    assert folder.snapshot().kind == "train"


def test_a_damaged_request_names_the_job(tmp_path: Path) -> None:
    folder = make_job(tmp_path)
    (folder.path / "job.json").write_text('{"v": 1, "kind": 3}')
    with pytest.raises(Damaged, match=folder.name):
        folder.job()


def test_a_job_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    folder = make_job(tmp_path)
    path = folder.path / "job.json"
    path.write_text(
        path.read_text().replace(f'"v": {protocol.VERSION}', f'"v": {protocol.VERSION + 1}')
    )
    with pytest.raises(Damaged, match="is of a newer fstui"):
        folder.job()


def test_job_round_trip(tmp_path: Path) -> None:
    folder = make_job(tmp_path)
    assert folder.job() == Job(1, "extract", [Step("extract", "a", {"every": 2})])


def test_a_job_folder_that_finds_no_room_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(protocol, "write_atomic", full)
    with pytest.raises(NoSpace):
        make_job(tmp_path)
    assert list((tmp_path / "jobs").iterdir()) == []


# --- commands --------------------------------------------------------------------------------


def test_commands_come_in_order_and_rubbish_is_dropped(tmp_path: Path) -> None:
    folder = make_job(tmp_path)
    first = folder.send("save")
    folder.send("preview", name="rate", value=0.1)
    rubbish = folder.path / "control" / "0.json"
    rubbish.write_text("stop")
    got = [command for _, command in folder.commands()]
    assert [c.verb for c in got] == ["save", "preview"]
    assert got[0].id == first
    assert got[1].args == {"name": "rate", "value": 0.1}
    assert not rubbish.exists()


# --- locks -----------------------------------------------------------------------------------


def test_a_second_start_is_refused_with_pid_host_and_time(tmp_path: Path) -> None:
    job = Job(1, "train", [Step("train")])
    held = take_locks(tmp_path, job, "the-first")
    with pytest.raises(AlreadyRunning) as caught:
        refuse_if_running(tmp_path, job)
    sentence = str(caught.value)
    assert f"pid {os.getpid()} on " in sentence
    assert "UTC" in sentence
    assert "the-first" in sentence
    for lock in held:
        lock.release()
    refuse_if_running(tmp_path, job)


def test_locks_are_taken_all_or_none(tmp_path: Path) -> None:
    out = FileLock(tmp_path / "locks" / "out")
    assert out.acquire()
    both = Job(1, "convert", [Step("extract", "target"), Step("convert")])
    with pytest.raises(AlreadyRunning):
        take_locks(tmp_path, both, "job")
    take_locks(tmp_path, Job(1, "extract", [Step("extract", "a")]), "job")[0].release()


def test_what_finds_no_room_for_its_name_holds_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []

    def full(fd: int, data: bytes, at: int) -> int:
        written.append(data)
        if len(written) == 2:
            raise OSError(errno.ENOSPC, "no room")
        return os.write(fd, data)

    both = Job(1, "convert", [Step("extract", "target"), Step("convert")])
    with monkeypatch.context() as patched:
        patched.setattr("engine.process.os.pwrite", full)
        with pytest.raises(OSError, match="no room"):
            take_locks(tmp_path, both, "job")
    assert len(take_locks(tmp_path, both, "job")) == 2


def test_other_stages_of_a_project_run_side_by_side(tmp_path: Path) -> None:
    held = take_locks(tmp_path, Job(1, "train", [Step("train")]), "training")
    refuse_if_running(tmp_path, Job(1, "extract", [Step("extract", "a")]))
    held[0].release()


def test_a_holder_is_only_signalled_when_surely_the_same(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    FileLock(path).acquire(holder_text("j"))
    holder = read_holder(path)
    assert holder is not None
    assert may_signal(holder)
    for change in (
        {"started": holder.started + 1},
        {"host": "elsewhere"},
        {"boot": "another boot"},
        {"pid": 2**22 + 5, "started": 0.0},
    ):
        assert not may_signal(msgspec.structs.replace(holder, **change))


@given(st.binary(max_size=60))
def test_any_bytes_in_a_lock_are_no_holder_or_one(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("l") / "lock"
    path.write_bytes(data)
    assert read_holder(path) is None or isinstance(read_holder(path), Holder)


# --- names and files -------------------------------------------------------------------------


def test_folders_with_a_request_are_jobs(tmp_path: Path) -> None:
    folders = [make_job(tmp_path, kind) for kind in ("extract", "train", "convert")]
    (tmp_path / "jobs" / "not-a-job").mkdir()
    assert {j.name for j in jobs_of(tmp_path)} == {f.name for f in folders}


def test_jobs_started_within_a_second_sort_by_time(tmp_path: Path) -> None:
    made = []
    for kind in ("train", "extract", "train", "convert"):
        made.append(make_job(tmp_path, kind).name)
        start = time.monotonic()
        while time.monotonic() - start < 0.002:
            pass
    assert [j.name for j in jobs_of(tmp_path)] == made[::-1]


def test_without_a_name_the_job_that_runs_is_meant(tmp_path: Path) -> None:
    assert find_job(tmp_path) is None
    first = make_job(tmp_path)
    lock = FileLock(first.lock_path)
    lock.acquire(holder_text())
    make_job(tmp_path, "zzz")
    found = find_job(tmp_path)
    assert found is not None
    assert found.name == first.name
    lock.release()


def test_write_atomic_keeps_the_old_file_when_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "project.toml"
    write_atomic(path, b"old")

    def full(_fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(protocol.os, "fsync", full)
    with pytest.raises(OSError, match="space"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["project.toml"]


@given(st.text())
def test_safe_text_has_nothing_that_a_terminal_obeys(text: str) -> None:
    safe = safe_text(text)
    assert safe.isprintable()
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0x202A <= ord(c) <= 0x202E for c in safe)
    assert safe_text(safe) == safe


def test_safe_text_keeps_what_people_write() -> None:
    assert safe_text("Zoë's 日本 “cut” 3") == "Zoë's 日本 “cut” 3"


@pytest.mark.parametrize(
    ("end", "state", "code"),
    [
        ({"state": "melted", "exit": 0}, State.FAILED, 0),
        ({"state": "running", "exit": 3}, State.FAILED, 3),
        ({"state": ["done"], "exit": [0]}, State.FAILED, None),
        ({"state": "done", "exit": 0}, State.DONE, 0),
    ],
)
def test_an_end_of_a_newer_version_is_no_success(
    tmp_path: Path, end: dict[str, object], state: State, code: int | None
) -> None:
    folder = make_job(tmp_path)
    folder.append("end", **end)
    folder.lock_path.write_text("{}")
    now = folder.current()
    assert (now.state, now.exit) == (state, code)


@pytest.mark.parametrize("time", ["1e300", "-1", "253402300800"])
def test_an_event_of_no_time_that_a_clock_shows_is_skipped(tmp_path: Path, time: str) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(f'{{"t": {time}, "k": "save"}}\n{{"t": 1, "k": "ok"}}\n')
    assert read_events(path)[0] == [Event(1.0, "ok", {})]
