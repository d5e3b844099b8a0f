"""Each text of the interface can be translated, and words of twice the width fit: every room and
what its keys open, in a language whose letters are all full-width."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faces_project
import fake
import pseudo
import pytest
import target_project
from rich.cells import cell_len
from workbench import Bench, Open

from engine.errors import BadInput
from engine.project import Project
from engine.protocol import Job, Snapshot, State, Step
from engine.queue.queue import Queue
from engine.settings import STAGE_SETTINGS, fields
from engine.settings.user import UserSettings
from fstui import i18n, keymap
from fstui.app import FstuiApp
from fstui.model.facewords import SORT_KEYS
from fstui.model.jobview import state_words
from fstui.model.mediatools import TOOLS
from fstui.model.words import age, duration
from fstui.rooms.bars import KeyBar, valid_keys
from fstui.rooms.help import live_keys
from fstui.widgets.menu import Menu

ROOMS = [room for room in FstuiApp.MODES if room != "home"]
EVERYWHERE = frozenset({"help", "doctor", "freeze", "jump", "stop"})
"""Actions that are the same in each room: they are looked at in one."""
ASKING = (
    *("model.checkup", "model.cuts", "model.faceviews", "model.mediatools", "model.networks"),
    *("model.pairs", "model.stored", "model.trained"),
    *("rooms.augmentations", "rooms.contact", "rooms.sets"),
)
"""Modules that ask the engine something."""
STARTS_WORK = frozenset(
    {"models: fetch", "settings: keys", "settings: theme"}
    | {"train: snapshot", "train: save", "train: slower"}
)
"""Choices of menus that download, leave for an editor, or wait for a job's answer."""
FURTHER = (
    ("settings", "enter", "ChangeSetting"),
    ("settings", "m s", "SavePreset"),
    ("convert", "W enter", "WorstFrame"),
    ("convert", "C a", "ShotForm"),
    ("convert", "s ctrl+t", "Cast"),
    ("media", "down b", "ContactSheet"),
    ("train", "ctrl+e c", "Runs"),
    ("models", "end enter", "Details"),
)
"""Room, keys, and what they open in the end."""
LEFT_OUT = frozenset(
    {"leave", "edit", "full", "watch", "pause", "theme", "home", "command_palette", "copy"}
)
"""Actions that leave the room, the workbench or the terminal, start a job at once, or tell a path
that goes on in a second line."""
DATA = frozenset(
    """
    fstui demo workspace the man woman sample test box CPU take shots png
    project toml media inbox target trash out faces model jobs
    esc tab bksp ctrl enter space delete shift home end pageup pagedown pgup pgdn
    GPU GFLOP MiB GiB NaN EGs TERM xterm UTF tmux SSH
    true false terminal rejected
    """.split()
)
"""What is no text: names of the test's project and files, of folders, keys and units, values."""
SETTINGS = frozenset(
    word
    for kind in (*STAGE_SETTINGS.values(), UserSettings)
    for field in fields(kind)
    for text in (field.name, str(field.default), *field.choices)
    for word in re.findall(r"[A-Za-z]{3,}", text)
)
"""Names and values of settings."""
TYPED = frozenset({*SORT_KEYS, *(name.title() for name in SORT_KEYS), "source"}) | {
    word for tool in TOOLS for word in (tool.verb, *(option.name for option in tool.all_options))
}
"""Figures of faces, which are typed into the filter; tools and their options."""


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("locale")
    pseudo.write(folder)
    return folder


@pytest.fixture(autouse=True)
def spoken(catalogue: Path) -> Iterator[None]:
    i18n.use([pseudo.NAME], catalogue)
    yield
    i18n.use([])


def leftovers(b: Bench) -> set[str]:
    """Runs of letters on the screen that no catalogue changed and that are no data."""
    text = re.sub(r"\S*(/|\.\w|_|\d|…)\S*", " ", b.text())  # paths, file names, names with numbers
    found = set(re.findall(r"[A-Za-z]{3,}", text))
    return found - DATA - SETTINGS - TYPED


async def settled(b: Bench) -> None:
    """Wait until the screen stands still."""
    before = ""
    for _ in range(30):
        await b.pilot.pause(0.05)
        if before == (before := b.text()):
            return


def fits(b: Bench) -> None:
    """No line of the screen is wider than it; the footer has its last key, whole."""
    width = b.app.size.width
    wide = [text for text in b.lines() if cell_len(text) != width]
    assert wide == []
    for bar in b.app.screen.query(KeyBar):
        pieces = bar.pieces(bar.content_size.width)
        assert sum(cell_len(p.text) for p in pieces) <= bar.content_size.width, b.text()
        if keys := valid_keys(b.app.screen):
            assert keys[-1][1] in [p.text for p in pieces], b.text()


def answer(*question: str, **_how: object) -> Any:
    """What the engine says, in words of two letters."""
    network = {
        "name": "iae",
        "about": "-",
        "weights": 4,
        "input": 64,
        "outputs": [64],
        "training_bytes": 6,
        "flop": 4e9,
        "parts": {"x": 4},
        "weights_with_mask": None,
        "options": [],
        "habits": {"loss": "mae", "learning_rate": 5e-5, "decay": True},
    }
    store = {
        "name": "fan",
        "title": "-",
        "for": "-",
        "state": "missing",
        "size": 0,
        "how": "",
        "licence": "-",
        "verified": "",
        "origin": "-",
        "files": [],
    }
    one = {
        "set": "1-a",
        "iteration": 10,
        "saved": "2026-11-01T10:00:00",
        "loss_a": 0.1,
        "loss_b": 0.2,
        "bytes": 5,
        "best": True,
    }
    recipe = {
        "model": "quick",
        "input_size": 64,
        "output_size": 96,
        "centring": "-",
        "coverage": 70.0,
        "mask": "-",
        "weights_from": "",
    }
    facts = {"recipe": recipe, "parts": {"x": 4}, "checkpoints": [one], "snapshots": []}
    known = {
        "models-list": [store], "networks": [network], "model-info": facts,
        "models-trained": [{"project": question[-1] + "/demo", "problem": "", "model": facts}],
        "doctor": [],
    }  # fmt: skip
    if question[0] not in known:
        raise BadInput("-")
    return known[question[0]]


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started: the engine answers at once, or refuses."""
    for module in ASKING:
        monkeypatch.setattr(f"fstui.{module}.ask", answer)
    monkeypatch.setattr("fstui.model.media.ask_engine", answer)
    for module in ("model.trained", "rooms.cast"):
        monkeypatch.setattr(f"fstui.{module}.checkpoint_iteration", lambda _path: 20)
    monkeypatch.setattr("fstui.model.queue.kick", lambda _workspace: None)


@pytest.fixture
def full(tmp_workspace: Path) -> Iterator[Project]:
    """A project with everything: faces, a training that runs, a job that failed, one that waits,
    a result."""
    project = fake.make_project(tmp_workspace)
    faces_project.add_faces(project, 6)
    fake.add_faces(project)
    target_project.add_clip(project, "take", 40)
    target_project.add_result(project)
    broken = fake.FakeEngine(project.path, "convert")
    broken.say("-")
    broken.end(State.FAILED, 1, "-")
    done = fake.FakeEngine(project.path, "extract", "a")
    done.work_to(3, 12, faces=3, per_frame=1.0, rejected={"min_face": 2})
    done.end(State.DONE, 0, "-")
    engine = fake.FakeEngine(project.path, model="quick", iterations=1000)
    for number in range(1, 40):
        engine.train_to(number * 20, rate=0.5)
    engine.folder.append("save", iteration=700)
    engine.preview(780, iteration=780, columns=["A", "B"], sheet=True)
    Queue(tmp_workspace).add(project.path, Job(1, "convert", [Step("convert")]))
    yield project
    engine.end(State.DONE, 0, "-")


@pytest.fixture
def bare(tmp_workspace: Path) -> Project:
    """A project without anything."""
    return Project.create(tmp_workspace, "demo")


async def look(b: Bench, where: str, found: dict[str, set[str]]) -> None:
    """Take in what is on the screen."""
    await settled(b)
    fits(b)
    if rest := leftovers(b):
        found.setdefault(where, set()).update(rest)


async def back_to(b: Bench, depth: int) -> None:
    """Close what lies over the room."""
    for _ in range(5):
        if len(b.app.screen_stack) <= depth:
            return
        await b.press("escape")
    b.app.pop_screen()


async def each_key(b: Bench, room: str, found: dict[str, set[str]]) -> None:
    """What the keys of the room open, and the menus among them open in turn."""
    known = {k.id: k for k in keymap.KEYS}
    depth = len(b.app.screen_stack)
    for action, *_ in live_keys(b.app.screen):
        if action not in known or action in LEFT_OUT or known[action].group == "Rooms":
            continue
        if action in EVERYWHERE and room != ROOMS[0]:
            continue
        key = known[action].keys.split(",")[0]
        await b.press(key)
        await look(b, f"{room}: {action}", found)
        if isinstance(b.app.screen, Menu):
            for letter, value, _words in list(b.app.screen._choices):
                if f"{room}: {value}" in STARTS_WORK:
                    continue
                if not isinstance(b.app.screen, Menu):
                    await back_to(b, depth)
                    await b.press(key)
                await b.press(letter)
                await look(b, f"{room}: {action}: {value}", found)
        await back_to(b, depth)


def read_back(found: dict[str, set[str]]) -> str:
    return "\n".join(f"{where}: {sorted(words)}" for where, words in sorted(found.items()))


@pytest.mark.parametrize("room", ROOMS)
async def test_all_that_the_keys_of_a_room_open_is_translated_and_fits(
    bench: Open, full: Project, room: str
) -> None:
    found: dict[str, set[str]] = {}
    async with bench(full.path, room) as b:
        await look(b, room, found)
        await each_key(b, room, found)
        await b.press("colon")
        await look(b, f"{room}: palette", found)
    assert not found, read_back(found)


@pytest.mark.parametrize(("room", "keys", "opened"), FURTHER)
async def test_what_opens_from_a_dialogue_or_a_row_is_translated_and_fits(
    bench: Open, full: Project, room: str, keys: str, opened: str
) -> None:
    found: dict[str, set[str]] = {}
    async with bench(full.path, room) as b:
        await settled(b)
        for key in keys.split():
            await b.press(key)
            await settled(b)
        await look(b, opened, found)
        assert type(b.app.screen).__name__ == opened
    assert not found, read_back(found)


async def test_rooms_of_a_full_project_are_translated_and_fit_a_wider_terminal(
    bench: Open, full: Project
) -> None:
    found: dict[str, set[str]] = {}
    async with bench(full.path, ROOMS[0], size=(120, 40)) as b:
        for room in ROOMS:
            await b.press(keymap.key(room).keys)
            await look(b, room, found)
    assert not found, read_back(found)


async def test_rooms_of_an_empty_project_are_translated(bench: Open, bare: Project) -> None:
    found: dict[str, set[str]] = {}
    async with bench(bare.path, ROOMS[0]) as b:
        for room in ROOMS:
            await b.press(keymap.key(room).keys)
            await look(b, room, found)
    assert not found, read_back(found)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
async def test_home_is_translated_with_and_without_projects(
    bench: Open, tmp_workspace: Path, size: tuple[int, int]
) -> None:
    found: dict[str, set[str]] = {}
    async with bench(size=size) as b:
        await look(b, "first run", found)
    engine = fake.FakeEngine(fake.make_project(tmp_workspace).path)
    engine.train_to(20)
    Project.create(tmp_workspace, "01")
    async with bench(size=size) as b:
        await look(b, "home", found)
        await each_key(b, "home", found)
        await b.press("slash", "x")
        await look(b, "no match", found)
    engine.end(State.DONE, 0, "-")
    assert not found, read_back(found)


def test_states_of_jobs_are_translated() -> None:
    for state in State:
        for now in (Snapshot(state, "train", iteration=5), Snapshot(state, "extract", side="a")):
            assert not re.findall(r"[A-Za-z]{3,}", state_words(now)), state
    silent = Snapshot(State.RUNNING, "train", heartbeat=1.0)
    assert not re.findall(r"[A-Za-z]{3,}", state_words(silent))
    for seconds in (5, 50, 500, 50_000, 500_000):
        assert not re.findall(r"[A-Za-z]", duration(seconds) + age(seconds))


async def test_a_terminal_that_is_too_small_says_so(bench: Open, bare: Project) -> None:
    async with bench(bare.path, size=(50, 12)) as b:
        await settled(b)
        assert leftovers(b) == set(), b.text()
