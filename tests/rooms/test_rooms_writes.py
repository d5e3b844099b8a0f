"""What rooms write: in the order of the keys, and for the project that was open then."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import fake
import pytest
from faces_project import add_faces, states
from textual.app import App
from workbench import Open

from engine import curate
from engine.errors import NoSpace
from engine.store import Store
from engine.tables import USER
from fstui.rooms.writes import Writes

WIDE = (120, 40)


def saying(told: list[str], text: str) -> Callable[[], Callable[[], object]]:
    """A write that says so when it is done."""
    return lambda: lambda: partial(told.append, text)


async def test_each_write_is_done_once_and_in_order_however_they_come() -> None:
    """Also one that is asked for as the last one ends, when a worker would just be going."""
    told: list[str] = []
    writes = Writes(App())

    def last() -> None:
        told.append("second")
        writes.add(saying(told, "third"), told.append)

    writes.add(saying(told, "first"), told.append)
    writes.add(lambda: lambda: last, told.append)
    await writes.finished()
    writes.add(saying(told, "fourth"), told.append)
    await writes.finished()
    assert told == ["first", "second", "third", "fourth"]


@pytest.mark.parametrize(
    ("error", "says"),
    [(NoSpace("The disk is full."), "The disk is full."), (OSError(107, "It is gone"), "gone")],
)
async def test_a_write_that_fails_is_told_and_the_next_is_done(error: Exception, says: str) -> None:
    done, problems = list[str](), list[str]()
    writes = Writes(App())

    def fails() -> Callable[[], object]:
        raise error

    writes.add(lambda: fails, problems.append)
    writes.add(lambda: None, problems.append)
    writes.add(saying(done, "next"), problems.append)
    await writes.finished()
    assert done == ["next"]
    assert len(problems) == 1
    assert says in problems[0]


async def test_what_a_write_does_follows_from_those_before_it() -> None:
    steps = ["a", "b"]
    taken: list[str] = []
    writes, go = Writes(App()), threading.Event()

    def slow() -> Callable[[], object]:
        assert go.wait(10)
        return lambda: steps.append("c")

    def undo() -> Callable[[], Callable[[], object]]:
        step = steps.pop()
        return lambda: partial(taken.append, step)

    writes.add(lambda: slow, taken.append)
    writes.add(undo, taken.append)
    await asyncio.sleep(0)
    go.set()
    await writes.finished()
    assert (taken, steps) == (["c"], ["a", "b"])


# --- the faces room ------------------------------------------------------------------------------


async def test_a_decision_that_ends_late_leaves_the_next_project_alone(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, then = (fake.make_project(tmp_workspace, name) for name in ("first", "then"))
    add_faces(first, 6)
    add_faces(then, 6)
    opened, reject = threading.Event(), curate.reject

    def slow(store: Store, faces: list[int]) -> None:
        assert opened.wait(10)
        reject(store, faces)

    monkeypatch.setattr(curate, "reject", slow)
    async with bench(first.path, "faces", size=WIDE) as b:
        await b.sees("1 / 6 faces")
        curation = b.app.room.curation
        await b.press("A")
        await b.sees("6 marked")
        await b.press("minus")
        b.app.open_project(then.path, "faces")
        browser = b.app.room.browser
        await b.until(lambda: browser.project.path == then.path and browser.loaded, "the other one")
        await b.press("A")
        await b.sees("6 marked")
        opened.set()
        await b.until(lambda: len(curation.steps) == 2, "written: the marks, the decision")
        assert len(b.app.room.browser.marked) == 6
        assert "u takes it back" not in b.text()
        assert states(first) == dict.fromkeys(range(1, 7), USER)
        assert states(then) == {}


async def test_undo_takes_back_a_decision_that_is_still_being_written(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = fake.make_project(tmp_workspace)
    add_faces(project, 6)
    pressed, reject = threading.Event(), curate.reject

    def slow(store: Store, faces: list[int]) -> None:
        assert pressed.wait(10)
        reject(store, faces)

    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 6 faces")
        monkeypatch.setattr(curate, "reject", slow)
        await b.press("minus", "u")
        pressed.set()
        steps = b.app.room.curation.steps
        await b.until(lambda: steps.undone == 1, "written, and taken back in its turn")
        await b.until(lambda: states(project) == {}, "as it was before")
