"""What all rooms share: jumping, copying, a form's command, saved themes, looking only."""

from __future__ import annotations

import errno
import shlex
from pathlib import Path

import fake
import pytest
from textual.app import App
from textual.widgets import Input
from workbench import Bench, Open

from engine.project import Project
from engine.protocol import Snapshot, State
from engine.settings import ConvertSettings, ExtractSettings, TrainSettings, read
from fstui import cli, clipboard, keymap
from fstui.app import FstuiApp
from fstui.commands.shared import settings_of
from fstui.model.commandline import line_of, start_words
from fstui.rooms.choice import Choice

ROOMS = [name for name in FstuiApp.MODES if name != "home"]


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    project = fake.make_project(tmp_workspace)
    fake.add_faces(project)
    return project


async def test_letters_jump_to_a_pane(bench: Open, project: Project) -> None:
    async with bench(project.path, "log", size=(100, 30)) as b:
        await b.sees("5 Log")
        first = b.app.screen.focused
        chain = b.app.screen.focus_chain
        await b.press("apostrophe")
        await b.until(lambda: type(b.app.screen).__name__ == "Jump", "letters")
        await b.press("s")
        await b.until(lambda: b.app.screen.focused is not first, "another pane has the focus")
        assert b.app.screen.focused in chain
        await b.press("apostrophe", "escape")
        assert type(b.app.screen).__name__ == "Log"


async def test_a_row_is_copied_to_the_terminal_and_a_file(bench: Open, project: Project) -> None:
    async with bench(project.path, "arrivals") as b:
        await b.sees("media/inbox")
        await b.until(lambda: b.app.focused, "the list has the focus")
        await b.press("c")
        await b.sees("Copied")
        assert "recipes" in b.app.clipboard
        assert clipboard.clipboard_path().read_text() == b.app.clipboard
        assert "\t" in b.app.clipboard, "cells are told apart"


async def test_a_copy_that_no_file_has_names_none(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_what: object, **_how: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(clipboard, "write_atomic", full)
    async with bench(project.path) as b:
        await b.sees("Target")
        await b.press("c")
        await b.sees("Copied: ")
        assert "also in" not in b.text()
        assert b.app.clipboard == str(project.path)


async def test_a_form_gives_its_command(bench: Open, project: Project) -> None:
    async with bench(project.path, "train") as b:
        b.app.screen.ask_settings("train")
        await b.sees("enter accept")
        form = b.app.screen
        form.query_one("#set-iterations", Input).value = "1234"
        form.query_one("#set-recompute", Choice).action_turn(1)
        await b.press("ctrl+g")
        await b.until(lambda: "1234" in b.app.clipboard, "it was copied")
        words = shlex.split(b.app.clipboard)
        args = cli.parser().parse_args(words[1:])
        assert read(TrainSettings, settings_of(args)) == read(TrainSettings, form.accept())
        assert "--batch" not in words, "what is as it was needs no flag"


@pytest.mark.parametrize(
    ("stage", "kind", "settings"),
    [
        ("train", TrainSettings, {"model": "iae", "flip": 0.0, "learning_rate": 3.3e-05}),
        ("train", TrainSettings, {"recompute": True, "roll_back": False}),
        ("convert", ConvertSettings, {"erosion": -12.5, "clips": "a b.mp4,c", "crops_left": True}),
        ("extract", ExtractSettings, {"upside_down": False, "frames": "1-5,9-", "rotate": "90"}),
    ],
)
def test_the_command_of_settings_reads_back_as_them(
    project: Project, stage: str, kind: type, settings: dict[str, object]
) -> None:
    line = line_of(start_words(project, stage, settings))
    args = cli.parser().parse_args(shlex.split(line)[1:])
    assert (args.command, args.project) == (stage, project.name)
    assert read(kind, settings_of(args)) == read(kind, settings)


def test_what_the_project_says_needs_no_flag_and_its_default_does(project: Project) -> None:
    toml = project.path / "project.toml"
    toml.write_text(toml.read_text() + "\n[settings.train]\nbatch = 4\n")
    known = Project.open(project.path)
    assert start_words(known, "train", {"batch": 4}) == ["train", "demo"]
    assert start_words(known, "train", {}) == ["train", "demo", "--batch", "16"]


async def test_a_theme_is_used_again_as_it_is_saved(bench: Open, tmp_path: Path) -> None:
    folder = tmp_path / "config" / "themes"
    folder.mkdir(parents=True)
    mine = folder / "mine.toml"
    mine.write_text("name = 'mine'\n[colours]\nprimary = '#112233'\n")
    async with bench() as b:
        b.app.theme = "mine"
        await b.pilot.pause()
        assert b.app.get_css_variables()["primary"] == "#112233"
        mine.write_text("name = 'mine'\n[colours]\nprimary = '#445566'\n")
        await b.until(lambda: b.app.get_css_variables()["primary"] == "#445566", "the new colour")
        mine.write_text("name = 'mine'\n[colours\n")
        await b.sees("mine.toml")
        mine.unlink()
        await b.until(lambda: b.app.theme != "mine", "another theme, for that one is gone")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder; locks are taken by looking, and are empty."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "locks" not in path.parts and not path.name.endswith(("-shm", "-wal"))
    }


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leaves the workbench for another program."""
    monkeypatch.setattr(App, "suspend", lambda self: pytest.fail("an editor was opened"))


@pytest.mark.parametrize("room", ["home", *ROOMS])
async def test_readonly_changes_nothing_whatever_is_pressed(
    bench: Open, project: Project, room: str, still: None
) -> None:
    engine = fake.FakeEngine(project.path, "train")
    engine.end(State.STOPPED, 9, "stopped")
    engine.folder.write_snapshot(Snapshot(state=State.STOPPED, kind="train", exit=9))
    before = contents(project.path.parent)
    async with bench(project.path, room if room != "home" else "project", readonly=True) as b:
        await enter(b, room)
        for row in keymap.KEYS:
            if row.id in ("leave", "home", "project") or row.group == "Rooms":
                continue
            for one in row.keys.split(","):
                if one in ("ctrl+o", "o"):
                    continue  # shows a picture outside the workbench
                await b.pilot.press(one)
                if len(b.app.screen_stack) > 1 or row.id in ("back", "filter"):
                    await enter(b, room)
            if row.writes or (row.id in GUARDED and room == "convert"):
                bound = b.app.screen.active_bindings.values()
                valid = {active.binding.action for active in bound if active.enabled}
                assert row.id not in valid, f"{row.id} is offered in {room}"
            await enter(b, room)
    assert contents(project.path.parent) == before


async def enter(b: Bench, room: str) -> None:
    """Be in a room, whatever was pressed."""
    while len(b.app.screen_stack) > 1:
        b.app.pop_screen()
    if b.app.session.project is None and room != "home":
        b.app.open_project(b.app.session.workspace / "demo", room)
    elif b.app.current_mode != room:
        b.app.action_home() if room == "home" else b.app.enter(room)
    await b.pilot.pause()
    await b.until(lambda: getattr(b.app.screen, "room", "") == room, f"in {room}")


GUARDED = frozenset(("undo", "redo", "mark_range", "mark_all"))
"""Change only the marks in Faces; Convert, where they write, refuses them under `--readonly`."""
EDITOR = frozenset(("save", "pen", "copy_before", "copy_after", "grow", "shrink", "aim"))
"""Of the editor, whose key `edit_face` writes: it doesn't open under `--readonly`."""
LOOKS = frozenset(
    "anticlockwise arrivals back cast clockwise command_palette convert copy copy_command default "
    "doctor earlier faces figures filter finer flip following freeze full help home jobs jump "
    "later leave log log_scale media models overlay preceding project queue raw report runs "
    "settings sheet sort source_frame theme thumbnails time_axis tools train view wider "
    "workspaces zoom".split()
)


def test_of_every_key_it_is_known_whether_it_writes() -> None:
    """A new key is marked as one that writes, or somebody saw that it doesn't."""
    assert {key.id for key in keymap.KEYS if not key.writes} == LOOKS | GUARDED | EDITOR
