"""The terminal's title: its words, how seldom it is written, where it is not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine.project import Project
from engine.protocol import VERSION, Job, JobFolder, Progress, Snapshot, State, Step
from fstui import terminal
from fstui.model.jobview import JobView
from fstui.model.session import Session
from fstui.model.tail import JobUpdate
from fstui.settings import UserSettings
from fstui.state import UiState
from fstui.title import GIVE_BACK, KEEP, MOST, Title, title_of


def facts(term: str) -> terminal.Terminal:
    return terminal.look({"TERM": term}, interactive=True)


def test_a_title_is_written_once_for_its_words_and_given_back() -> None:
    sent: list[str] = []
    title = Title(sent.append, facts("xterm-256color"))
    title.end()
    assert sent == []
    for words in ("fstui", "fstui", "fstui: films, 42 %", "fstui: films, 42 %"):
        title.show(words)
    title.end()
    title.end()
    assert sent == [
        f"{KEEP}\x1b]0;fstui\x07",
        "\x1b]0;fstui: films, 42 %\x07",
        GIVE_BACK,
    ]


@pytest.mark.parametrize("term", ["linux", "dumb", ""])
def test_a_terminal_without_a_title_gets_none(term: str) -> None:
    sent: list[str] = []
    title = Title(sent.append, facts(term))
    title.show("fstui")
    title.end()
    assert sent == []


def test_no_name_steers_the_terminal() -> None:
    sent: list[str] = []
    Title(sent.append, facts("xterm")).show("fstui: \x07\x1b[2J" + "long " * 40)
    words = sent[0].removeprefix(f"{KEEP}\x1b]0;").removesuffix("\x07")
    assert words.isprintable()
    assert len(words) <= MOST


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"progress": Progress(42, 100, 1.0, "frame", 5400.0)}, "fstui: films, 42 %, 90 min left"),
        ({"iteration": 41_200}, "fstui: films, iteration 41 200"),
        ({"phase": "compiling"}, "fstui: films"),
        ({"state": State.CRASHED}, "fstui: films, crashed"),
        ({"state": State.DONE}, "fstui: films"),
    ],
)
def test_its_words_are_project_share_and_time_left(
    tmp_workspace: Path, changes: dict[str, object], words: str
) -> None:
    session = Session(tmp_workspace, UiState(), UserSettings())
    assert title_of(session) == "fstui"
    project = session.open(Project.create(tmp_workspace, "films").path)
    assert title_of(session) == "fstui: films"
    job = Job(VERSION, "train", [Step("train")])
    now = Snapshot(State.RUNNING, "train", stage="train", heartbeat=time.time())
    for name, value in changes.items():
        setattr(now, name, value)
    folder = JobFolder.create(project.path, job)
    update = JobUpdate(folder, job, "train", now, [], [], [])
    session.jobs["train"] = JobView.begin(update)
    assert title_of(session) == words
