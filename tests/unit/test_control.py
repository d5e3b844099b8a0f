"""Commands and reports of a step: each obeyed once, events few, pictures kept few."""

from __future__ import annotations

import errno
import signal
from pathlib import Path

import pytest

from engine import control, report
from engine.control import Control
from engine.protocol import Job, JobFolder, Step, sheet_of
from engine.report import Reporter

pytestmark = pytest.mark.usefixtures("stop_signals")


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    return JobFolder.create(tmp_path, Job(1, "train", [Step("train")]))


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    own = Clock()
    monkeypatch.setattr(control, "time", own)
    monkeypatch.setattr(report, "time", own)
    return own


def kinds(folder: JobFolder) -> list[str]:
    return [e.k for e in folder.events()[0]]


def test_a_command_is_obeyed_once_and_its_file_goes(folder: JobFolder, clock: Clock) -> None:
    asked: list[str] = []
    own = Control(Reporter(folder))
    own.on("save", lambda command: asked.append(command.id))
    sent = folder.send("save")
    assert not own.stopping
    clock.now += 1
    assert not own.stopping
    assert asked == [sent]
    assert list((folder.path / "control").iterdir()) == []
    (ack,) = folder.events()[0]
    assert ack.data == {"verb": "save", "id": sent, "known": True}


def test_the_folder_is_looked_at_five_times_a_second_at_most(
    folder: JobFolder, clock: Clock
) -> None:
    own = Control(Reporter(folder))
    assert not own.stopping
    folder.send("stop")
    clock.now += 0.1
    assert not own.stopping
    clock.now += 0.2
    assert own.stopping


def test_on_a_full_disk_a_stop_is_obeyed_without_an_answer(
    folder: JobFolder, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    own = Control(Reporter(folder))
    folder.send("stop")
    monkeypatch.setattr("engine.protocol.append_event", full)
    assert own.stopping


def test_a_signal_stops_at_once(folder: JobFolder, clock: Clock) -> None:
    own = Control(Reporter(folder))
    signal.raise_signal(signal.SIGTERM)
    assert own.stopping


def test_a_pause_holds_until_it_is_told_to_go_on(
    folder: JobFolder, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Control(Reporter(folder))
    folder.send("pause")
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        clock.now += seconds
        slept.append(seconds)
        if len(slept) == 100:
            folder.send("resume")

    monkeypatch.setattr(clock, "sleep", sleep)
    assert not own.stopping
    assert len(slept) >= 100
    # 20 s of pause show life every five.
    assert 3 <= kinds(folder).count("heartbeat") <= 5


def test_progress_is_said_twice_a_second_and_at_the_end(folder: JobFolder, clock: Clock) -> None:
    own = Reporter(folder)
    for frame in range(1, 1001):
        clock.now += 0.01
        own.progress(frame, 1000)
    events = folder.events()[0]
    assert 19 <= len(events) <= 22
    last = events[-1].data
    assert last["done"] == last["total"] == 1000
    assert last["rate"] == pytest.approx(100, rel=0.02)
    assert last["eta_s"] == 0


def test_old_pictures_go(folder: JobFolder) -> None:
    own = Reporter(folder)
    for number in range(report.PREVIEWS_KEPT + 5):
        path = folder.preview_folder / f"{number}.jpg"
        path.write_bytes(b"x")
        own.preview(path, iteration=number)
    assert len(list(folder.preview_folder.iterdir())) == report.PREVIEWS_KEPT
    assert path.exists()
    assert folder.events()[0][-1].data["path"] == f"preview/{path.name}"


def test_old_sheets_go_with_their_pictures(folder: JobFolder) -> None:
    own = Reporter(folder)
    for number in range(report.PREVIEWS_KEPT + 5):
        path = folder.preview_folder / f"{number}.jpg"
        for file in (path, sheet_of(path)):
            file.write_bytes(b"x")
        own.preview(path, sheet_of(path), iteration=number)
    kept = folder.previews()
    assert len(kept) == report.PREVIEWS_KEPT
    assert {p.name for p in folder.preview_folder.iterdir()} == {
        file.name for path in kept for file in (path, sheet_of(path))
    }
    assert folder.events()[0][-1].data["sheet"] == f"preview/{path.stem}-sheet.jpg"
