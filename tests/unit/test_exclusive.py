"""Files that several programs change: one after the other, and what each changed is kept."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from engine.convert import shots
from engine.errors import AlreadyRunning
from engine.exclusive import changing
from engine.process import FileLock
from engine.project import Project


def test_two_writers_of_shots_lose_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project.create(tmp_path, "film")
    writes, other_is_there = threading.Event(), threading.Event()
    write, acquire = shots.write_atomic, FileLock.acquire

    def slow(path: Path, data: bytes) -> None:
        """The first one is as slow as the other needs to come between."""
        if not writes.is_set():
            writes.set()
            assert other_is_there.wait(10)
        write(path, data)

    def acquired(lock: FileLock, text: str = "") -> bool:
        done = acquire(lock, text)
        if not done:
            other_is_there.set()
        return done

    monkeypatch.setattr(shots, "write_atomic", slow)
    monkeypatch.setattr(FileLock, "acquire", acquired)
    first = threading.Thread(target=shots.set_shot, args=(project, "clip", 10, {"grain": 5.0}))
    first.start()
    assert writes.wait(10)
    shots.set_shot(project, "clip", 20, {"grain": 7.0})
    other_is_there.set()
    first.join()
    assert [s.first for s in shots.read_shots(project)["clip"]] == [10, 20]


def test_who_never_lets_go_is_told_of(tmp_path: Path) -> None:
    held = FileLock(tmp_path / "lock")
    assert held.acquire()
    with (
        pytest.raises(AlreadyRunning, match=r"notes\.json is being changed by another program"),
        changing(tmp_path / "notes.json", tmp_path / "lock", patience_s=0.0),
    ):
        pass
    held.release()
    with changing(tmp_path / "notes.json", tmp_path / "lock"):
        assert not FileLock(tmp_path / "lock").acquire()
    assert FileLock(tmp_path / "lock").acquire()
