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

from engine.project import Ground, Project
from engine.protocol import Snapshot, State
from engine.settings import ConvertSettings, ExtractSettings, TrainSettings, fields, read
from fstui import cli, clipboard, keymap
from fstui.app import FstuiApp
from fstui.commands.shared import settings_of
from fstui.model.commandline import flags_of, line_of, start_words
from fstui.rooms.choice import Choice
from fstui.settings import UserSettings

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
    words = start_words(project, stage, settings, {})
    line = line_of([words], project.path.parent, UserSettings())
    args = cli.parser().parse_args(shlex.split(line)[1:])
    assert (args.command, args.project) == (stage, project.name)
    assert read(kind, settings_of(args)) == read(kind, settings)


def test_what_the_project_says_needs_no_flag_and_its_default_does(project: Project) -> None:
    toml = project.path / "project.toml"
    toml.write_text(toml.read_text() + "\n[settings.train]\nbatch = 4\n")
    known = Project.open(project.path).settings("train")
    assert start_words(project, "train", {"batch": 4}, known) == ["train", "demo"]
    assert start_words(project, "train", {}, known) == ["train", "demo", "--batch", "16"]


def test_a_command_names_the_workspace_where_it_is_another_one(
    project: Project, tmp_path: Path
) -> None:
    here, words = project.path.parent, [["new", "a b"], ["status"]]
    assert line_of(words, here, UserSettings()) == "fstui new 'a b' && fstui status"
    other = tmp_path / "other films"
    line = line_of([["train", "demo"]], other, UserSettings())
    args = cli.parser().parse_args(shlex.split(line)[1:])
    assert (args.workspace, args.command, args.project) == (str(other), "train", "demo")


def test_what_changes_while_it_runs_is_typed_as_its_command_takes_it() -> None:
    values = {"flip": 0.1 + 0.2, "warp": False, "learning_rate": 1e-05, "losses": "-x"}
    words = flags_of(fields(TrainSettings), values, {"learning_rate": 1e-05})
    assert words == ["--losses=-x", "--no-warp", "--flip", "0.3"]


async def test_a_form_without_a_command_offers_none(bench: Open, project: Project) -> None:
    async with bench() as b:
        await b.sees("demo")
        await b.press("X", "o")
        await b.sees("Open another workspace")
        assert not b.app.screen.check_action("copy_command", ())
        await b.press("ctrl+g")
        assert b.app.clipboard == ""


async def test_a_preset_of_what_is_nowhere_kept_is_no_command(
    bench: Open, project: Project
) -> None:
    async with bench(project.path, "train") as b:
        b.app.screen.ask_settings("train")
        await b.sees("enter accept")
        b.app.screen.query_one("#set-iterations", Input).value = "1234"
        await b.press("ctrl+y", "s")
        await b.sees("Save these settings")
        await b.press("ctrl+g")
        await b.sees("No command does the same.")


async def test_records_of_both_sides_are_two_commands(bench: Open, project: Project) -> None:
    project.set_person("a", "the man", Ground.SELF, "me", "")
    project.set_person("b", "the woman", Ground.SELF, "me", "")
    async with bench(project.path) as b:
        await b.sees("Target")
        await b.press("p")
        await b.until(lambda: b.app.screen.query("#name-a"), "the form")
        form = b.app.screen
        await b.press("ctrl+g")
        await b.sees("Nothing was changed")
        form.query_one("#name-a", Input).value = ""
        form.query_one("#name-b", Input).value = "Ann Other"
        form.query_one("#ground-b", Choice).put(Ground.CONSENT)
        form.query_one("#until-b", Input).value = "2097-12-31"
        await b.press("ctrl+g")
        first, second = b.app.clipboard.split(" && ")
        assert first == "fstui people demo a --remove"
        assert cli.main(shlex.split(first)[1:]) == 0
        assert cli.main(shlex.split(second)[1:]) == 0
    people = Project.open(project.path).file.people
    assert list(people) == ["b"]
    now = people["b"]
    assert (now.name, now.ground, now.until) == ("Ann Other", Ground.CONSENT, "2097-12-31")


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
