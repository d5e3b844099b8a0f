"""The supervisor's end: whose wish a stop was, and what follows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import supervise
from engine.errors import Exit
from engine.project import Project
from engine.protocol import Job, JobFolder, State, Step
from engine.supervise import BY_SIGNAL, Supervisor, afterwards


@pytest.fixture
def folder(tmp_workspace: Path) -> JobFolder:
    project = Project.create(tmp_workspace, "film")
    return JobFolder.create(project.path, Job(1, "train", [Step("train")]))


def ended(folder: JobFolder, supervisor: Supervisor, message: str = "stopped here.") -> State:
    supervisor.end(int(Exit.STOPPED), message)
    return folder.current().state


def test_a_stop_by_a_signal_alone_is_a_cut_that_says_so(folder: JobFolder) -> None:
    supervisor = Supervisor(folder, folder.job())
    supervisor.on_stop_signal(15)
    assert ended(folder, supervisor) is State.INTERRUPTED
    now = folder.current()
    assert (now.exit, now.message) == (9, f"stopped here {BY_SIGNAL}")
    end = folder.end_event()
    assert end is not None
    assert end.data["state"] == "interrupted"


def test_a_stop_that_nobody_has_read_yet_is_the_users(folder: JobFolder) -> None:
    folder.send("stop")
    supervisor = Supervisor(folder, folder.job())
    supervisor.on_stop_signal(15)
    assert ended(folder, supervisor) is State.STOPPED
    assert folder.current().message == "stopped here."


def test_other_commands_are_no_wish_to_stop(folder: JobFolder) -> None:
    folder.send("save")
    assert ended(folder, Supervisor(folder, folder.job())) is State.INTERRUPTED


def test_a_kill_at_the_users_word_is_the_users(folder: JobFolder) -> None:
    supervisor = Supervisor(folder, folder.job())
    supervisor.on_kill_signal()
    assert ended(folder, supervisor) is State.STOPPED


@pytest.mark.parametrize(
    ("state", "kicks"), [(State.DONE, 1), (State.STOPPED, 1), (State.INTERRUPTED, 0)]
)
def test_the_queue_goes_on_after_an_end_but_not_into_a_shutdown(
    folder: JobFolder, monkeypatch: pytest.MonkeyPatch, state: State, kicks: int
) -> None:
    kicked: list[Path] = []
    monkeypatch.setattr(supervise, "kick", kicked.append)
    afterwards(folder, state)
    assert len(kicked) == kicks
