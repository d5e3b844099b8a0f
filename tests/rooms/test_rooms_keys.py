"""The key table: one meaning a key, in the footer, in help, in the palette and by the user."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path

import fake
import pytest
from textual import events
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Input
from workbench import Bench, Open

import fstui.rooms
import fstui.widgets
from engine.errors import BadInput
from engine.project import Project
from engine.protocol import State
from fstui import keymap
from fstui.app import FstuiApp
from fstui.rooms.bars import valid_keys
from fstui.rooms.dialog import Dialog
from fstui.rooms.facesort import SortMenu
from fstui.rooms.help import Help, live_keys
from fstui.rooms.palette import Actions
from fstui.widgets.confirm import Confirm
from fstui.widgets.filter import Filter
from fstui.widgets.rows import Rows

OVER_A_ROOM = (Dialog, Help, Confirm, SortMenu)
"""While one of these is open no key of a room is live: y and n answer, q and esc close, letters
name figures."""


def all_bindings() -> list[tuple[str, Binding]]:
    """(class, binding) of every room and widget of ours."""
    found = {}
    for package in (fstui.rooms, fstui.widgets):
        for module in pkgutil.iter_modules(package.__path__):
            loaded = importlib.import_module(f"{package.__name__}.{module.name}")
            for name, kind in inspect.getmembers(loaded, inspect.isclass):
                if issubclass(kind, Widget) and kind.__module__.startswith("fstui."):
                    found[f"{kind.__module__}.{name}"] = kind
    assert len(found) > 20
    rows = []
    for name, kind in found.items():
        if not issubclass(kind, OVER_A_ROOM):
            for binding in Binding.make_bindings(kind.__dict__.get("BINDINGS", [])):
                rows.append((name, binding))
    return rows


def test_the_table_has_no_clash() -> None:
    assert keymap.clashes() == []
    assert keymap.clashes((*keymap.KEYS, keymap.Key("z", "s", "", ""))) == [("s", "start", "z")]


def test_a_key_means_one_thing_in_the_whole_program() -> None:
    table = {one: k.id for k in keymap.KEYS for one in k.keys.split(",")}
    moves = {"move", "page", "go", "shift", "turn", "choose", "accept", "leave"}
    for name, binding in all_bindings():
        owner = table.get(binding.key)
        if owner is None:
            continue
        if binding.key == "escape":
            continue  # esc is "back" everywhere, whatever it leaves
        assert binding.action.partition("(")[0].rpartition(".")[2] == owner, (name, binding)
    own: dict[str, str] = {}
    for name, binding in all_bindings():
        action = binding.action.partition("(")[0].rpartition(".")[2]
        if action in moves or binding.key in ("escape", "tab", "enter"):
            continue  # arrows and hjkl move within whatever has the focus
        assert own.setdefault(binding.key, action) == action, (name, binding)


def test_every_row_has_words_and_a_group() -> None:
    for row in keymap.KEYS:
        assert row.words
        assert row.group
    for name, binding in all_bindings():
        assert binding.description, (name, binding)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('start = "x"\n', ":1: the key x would mean both"),
        ('theme = "T"\n\nno_such = "m"\n', ":3: 'no_such' is no action"),
        ("start = 5\n", ":1: 'start' is no action with keys"),
        ("start = \n", "can't be read"),
        ('log_scale = "f8"\nlog = "x"\n', ":2: the key x would mean both"),
        ('"log" = "x"\n', ":1: the key x would mean both"),
        ('log_scale = "f8"\nlog = ""\nmedia = ""\n', ":2: 'log' lacks a key"),
        ('\nlog = "f8,"\n', ":2: 'log' lacks a key"),
        ('log = "f8,j"\n', ":1: the key j moves in lists: 'log' needs another"),
    ],
)
def test_a_bad_key_map_is_refused_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "keymap.toml").write_text(text)
    with pytest.raises(BadInput) as caught:
        keymap.load_overrides(tmp_path)
    assert said in str(caught.value)
    assert "keymap.toml" in str(caught.value)


async def test_the_users_key_map_changes_key_footer_and_help(
    bench: Open, tmp_path: Path, tmp_workspace: Path
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "keymap.toml").write_text('new = "Q"\n')
    async with bench() as b:
        await b.sees("Welcome")
        await b.press("plus")
        assert "New project" not in b.text()
        assert "Q" in [key for _, key, words in valid_keys(b.app.screen) if words == "new project"]
        await b.press("Q")
        await b.sees("New project")


async def test_every_key_that_is_named_is_the_users(
    bench: Open, tmp_path: Path, tmp_workspace: Path
) -> None:
    project = fake.make_project(tmp_workspace)
    (tmp_path / "config").mkdir()
    keys = 'media = "M,f6"\nhome = "f10"\nfaces = "f2"\nstart = "f5"\nadd = "f7"\n'
    (tmp_path / "config" / "keymap.toml").write_text(keys + 'aim = "f12"\n')
    async with bench(project.path, size=(200, 50)) as b:
        await b.sees("Next: press  f5  to extract")
        assert b.lines()[0].startswith("f10 fstui ")
        assert " f2 Faces  3 Train  4 Convert  5 Log  M Media  7 Queue " in b.lines()[0]
        assert any(line.split()[:3] == ["f2", "Extract", "ready"] for line in b.lines())
        await b.until(lambda: b.text().count("f2 Faces") == 2, "the column's title too")
        await b.press("M")
        await b.until(lambda: b.app.current_mode == "media", "the room")
        await b.press("f10", "6")
        await b.sees("demo")
        assert "That room is a project's" not in b.text(), "6 means nothing now"
        await b.press("f6")
        await b.sees("That room is a project's: f10 lists them")


async def test_a_stage_that_lacks_something_names_the_users_keys(
    bench: Open, tmp_path: Path, tmp_workspace: Path
) -> None:
    project = Project.create(tmp_workspace, "bare")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "keymap.toml").write_text('project = "f1"\nadd = "f7"\n')
    async with bench(project.path, "faces") as b:
        await b.sees("needs footage: press f1, then f7")


async def test_keys_edited_inside_hold_at_once(
    bench: Open, tmp_path: Path, tmp_workspace: Path
) -> None:
    (tmp_path / "config").mkdir()
    async with bench(size=(120, 30)) as b:
        await b.press("O")
        await b.sees("fstui.workspace")
        assert " 9 Models " in b.lines()[0]
        (tmp_path / "config" / "keymap.toml").write_text('models = "f9"\nfaces = "f2"\n')
        await b.until(lambda: " f9 Models " in b.lines()[0], "the bar")
        await b.press("f2")
        await b.sees("That room is a project's")


def test_lists_keys_are_those_of_the_lists() -> None:
    bound = {one.key for one in Binding.make_bindings(Rows.BINDINGS)}
    assert bound <= keymap.LISTS
    assert not keymap.LISTS & {one for row in keymap.KEYS for one in row.keys.split(",")}


@pytest.mark.parametrize("room", ["project", "faces", "train", "convert", "log"])
async def test_the_footer_has_at_most_eight_valid_keys(
    bench: Open, tmp_workspace: Path, room: str
) -> None:
    project = fake.make_project(tmp_workspace)
    engine = fake.FakeEngine(project.path)
    engine.train_to(20)
    async with bench(project.path, room) as b:
        await b.sees("it 20")
        keys = valid_keys(b.app.screen)
        assert 3 <= len(keys) <= 8
        assert {"help", "leave"} <= {action.removeprefix("app.") for action, _, _ in keys}
        if room in ("train", "project", "log"):
            assert "start" not in [action for action, _, _ in keys], "it runs already"
        await b.until(
            lambda: all(f"{key} {w}" in b.lines()[-1] for _, key, w in valid_keys(b.app.screen)),
            "every valid key in the footer",
        )
    engine.end(State.DONE, 0, "done")


async def test_help_is_made_from_the_live_bindings(bench: Open, tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    async with bench(project.path, "log", size=(100, 54)) as b:
        await b.sees("raw log")
        live = {words for _, _, words, _ in live_keys(b.app.screen)}
        await b.press("question_mark")
        await b.sees("Keys of the log room")
        for words in live:
            assert words in b.text()
        assert "Copy selected" not in b.text(), "Textual's own binding"
        assert "preview" not in b.text(), "the train room's key isn't valid here"
        await b.press("escape")
        await b.until(lambda: not isinstance(b.app.screen, Help), "help is closed")


async def test_the_palette_finds_actions_by_words_of_the_same_meaning(
    bench: Open, tmp_workspace: Path
) -> None:
    project = fake.make_project(tmp_workspace)
    async with bench(project.path, size=(100, 40)) as b:
        await b.sees("Target")
        await b.press("colon")
        await b.sees("train room  (3)")
        await b.press(*"swap")
        await b.sees("convert room  (4)")
        await b.press("down", "enter")
        await b.until(lambda: b.app.current_mode == "convert", "the convert room")


@pytest.mark.parametrize("room", [room for room in FstuiApp.MODES if room != "home"])
async def test_every_valid_action_is_in_the_palette_with_its_words_and_key(
    bench: Open, tmp_workspace: Path, room: str
) -> None:
    project = fake.make_project(tmp_workspace)
    fake.add_faces(project)
    engine = fake.FakeEngine(project.path)
    engine.train_to(20)
    async with bench(project.path, room, size=(120, 40)) as b:
        await b.sees("help")
        offered = {text for _, text, _ in Actions(b.app.screen)._valid()}
        for action, key, words in valid_keys(b.app.screen):
            name = action.removeprefix("app.")
            if name in {k.id for k in keymap.KEYS} - {"command_palette", "back"}:
                assert any(text.startswith(f"{words}  (") for text in offered), (key, words)
        table = {k.id for k in keymap.KEYS} - {"command_palette", "back"}
        assert len(offered) == len({k.id for k in keymap.KEYS if valid(b, k.id)} & table)
    engine.end(State.DONE, 0, "done")


async def test_a_click_does_what_the_key_does(bench: Open, tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    async with bench(project.path) as b:
        await b.sees("Target")
        column = b.lines()[0].index("3 Train") + 2
        await b.pilot.click(offset=(column, 0))
        await b.until(lambda: b.app.current_mode == "train", "the train room")
        column = b.lines()[-1].index("? help")
        await b.pilot.click(offset=(column, 23))
        await b.sees("Keys of the train room")


@pytest.mark.parametrize(
    "room", ["home", "faces", "log", "queue", "arrivals", "models", "settings"]
)
async def test_letters_behind_the_filters_key_are_the_filters(
    bench: Open, tmp_workspace: Path, room: str
) -> None:
    project = fake.make_project(tmp_workspace)
    fake.add_faces(project)
    engine = fake.FakeEngine(project.path)
    engine.end(State.DONE, 0, "done")
    async with bench(project.path, "project" if room == "home" else room, size=(100, 30)) as b:
        await b.sees("help")
        if room == "home":
            await b.press("0")
        await b.until(lambda: valid(b, "filter"), "something to filter")
        theme = b.app.theme
        for one in ("slash", *"atxS8q", "enter"):  # one packet: nothing is handled in between
            b.app.post_message(events.Key(one, one if len(one) == 1 else None))
        entry = b.app.screen.query_one(Filter)
        await b.until(lambda: entry.text == "atxS8q", "all of it in the filter")
        await b.until(lambda: not isinstance(b.app.focused, Input), "enter goes to the list")
        assert b.app.theme == theme, "t is a letter here"
        assert b.app.current_mode == room
        assert len(b.app.screen_stack) == 1
        assert entry.display, "an active filter is seen"


def valid(b: Bench, action: str) -> bool:
    """Whether an action can be done on the screen now."""
    bound = b.app.screen.active_bindings.values()
    return any(one.binding.action == action and one.enabled for one in bound)
