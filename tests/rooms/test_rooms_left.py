"""Leaving the workbench and coming back: nothing that was not saved is lost, nothing keeps it from
opening."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import fake
import pytest
from faces_project import POINTS, add_faces, packed
from workbench import Bench, Open

from engine import curate
from engine.curate import Shape
from engine.errors import Damaged
from engine.project import Project
from engine.store import Store
from fstui import app as program
from fstui import state
from fstui.app import FstuiApp
from fstui.rooms.editor import Editor

WIDE = (120, 40)


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    """Some faces."""
    made = fake.make_project(tmp_workspace)
    add_faces(made, 6, pictures=6)
    return made


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[FstuiApp]:
    """What `run` begins, in place of showing it."""
    apps: list[FstuiApp] = []
    monkeypatch.setattr(FstuiApp, "run", lambda self: apps.append(self))
    monkeypatch.setattr(gc, "freeze", lambda: None)
    return apps


# --- the project that was open -------------------------------------------------------------------


async def test_a_damaged_last_project_is_told_at_home(
    tmp_workspace: Path, project: Project, begun: list[FstuiApp]
) -> None:
    toml = project.path / "project.toml"
    sound = toml.read_text()
    toml.write_text("format = = 1\n")
    state.save(state.UiState(project=str(project.path.resolve())))
    assert program.run(tmp_workspace) == 0
    async with begun[0].run_test(size=WIDE, notifications=True) as pilot:
        b = Bench(begun[0], pilot)
        await b.sees("project.toml can't be read")
        await b.sees("damaged")
        assert b.app.room is not None
        assert b.app.room.room == "home"
    toml.write_text(sound)
    program.run(tmp_workspace)
    assert begun[1].session.project is not None, "mended, it is the one to come back to"


def test_a_damaged_project_that_was_asked_for_is_refused(
    tmp_workspace: Path, project: Project, begun: list[FstuiApp]
) -> None:
    (project.path / "project.toml").write_text("format = = 1\n")
    with pytest.raises(Damaged, match=r"project\.toml"):
        program.run(tmp_workspace, "demo")
    assert begun == []


# --- the editor of a face ------------------------------------------------------------------------


async def editor(b: Bench) -> Editor:
    """The editor of the face under the cursor, once its frame is there."""
    await b.sees("/ 6 faces")
    await b.press("E")
    await b.until(lambda: isinstance(b.app.screen, Editor), "the editor")
    screen = b.app.screen
    assert isinstance(screen, Editor)
    await b.until(lambda: screen.editing is not None, "the frame")
    return screen


def shape(project: Project, face: int) -> Shape:
    with Store(project.db_path, readonly=True) as store:
        return curate.shape_of(store, face)


async def test_a_save_that_ends_after_the_editor_was_left_ends_nothing_else(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, edit = threading.Event(), curate.edit

    def slow(store: Store, face: int, shape: Shape) -> Shape:
        assert left.wait(10)
        return edit(store, face, shape)

    monkeypatch.setattr(curate, "edit", slow)
    async with bench(project.path, "faces", size=WIDE) as b:
        screen = await editor(b)
        await b.press("l", "ctrl+s", "escape")
        await b.sees("Leave this face without saving?")
        await b.press("y")
        await b.until(lambda: b.app.screen is b.app.room, "left")
        left.set()
        await b.until(lambda: not screen._curation.writes.busy, "saved")
        await b.until(lambda: shape(project, 1).edited, "it is there")
        assert b.app.is_running


@pytest.mark.parametrize("answer", ["n", "y"])
async def test_ctrl_q_in_the_editor_asks_what_esc_asks(
    bench: Open, project: Project, answer: str
) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        screen = await editor(b)
        await b.press("l", "ctrl+q")
        await b.sees("Leave this face without saving?")
        await b.press(answer)
        if answer == "n":
            await b.until(lambda: b.app.screen is screen, "stayed")
            await b.press("u")
        await b.press("ctrl+q")
        await b.until(lambda: b.app._exit, "leaves")
    assert state.load().view(project.path).faces.unsaved == {}


async def test_what_is_not_saved_outlives_the_interface(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        screen = await editor(b)
        await b.press("right_square_bracket")
        await b.sees("frame 2")
        await b.until(lambda: screen.editing is not None, "the next face")
        await b.press("l", "M", "M", "D", *["shift+right"] * 5)
        assert screen.editing is not None
        draft = screen.editing.draft
        b.app.action_leave()  # as SIGTERM and a lost terminal do
        await b.until(lambda: b.app._exit, "leaves")
    assert shape(project, 2).edited == 0
    kept = state.load()
    async with bench(project.path, "faces", size=WIDE, state=kept) as b:
        await b.sees("2 / 6 faces")  # the cursor is on it
        screen = await editor(b)
        await b.sees("What was not saved here is there again; u takes it back.")
        assert screen.editing is not None
        assert screen.editing.draft == draft
        await b.sees("not saved")
        await b.press("ctrl+s")
        await b.until(lambda: not screen.editing.dirty, "saved")
    assert shape(project, 2).edited == 1
    assert state.load().view(project.path).faces.unsaved == {}


async def test_a_face_that_was_changed_meanwhile_stays_as_it_is(
    bench: Open, project: Project
) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await editor(b)
        await b.press("l")
        await b.sees("not saved")
        b.app.action_leave()
        await b.until(lambda: b.app._exit, "leaves")
    kept = state.load()
    assert list(kept.view(project.path).faces.unsaved) == [1]
    other = packed([(x + 7, y) for x, y in POINTS])
    with Store(project.db_path) as store:
        store.set_face(1, points=other)
    async with bench(project.path, "faces", size=WIDE, state=kept) as b:
        screen = await editor(b)
        await b.sees("What was not saved here is left out: ")
        assert screen.editing is not None
        assert not screen.editing.dirty
        await b.press("escape")
        await b.sees("1 / 6 faces")
    assert shape(project, 1).points == other
