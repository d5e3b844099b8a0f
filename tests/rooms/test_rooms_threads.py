"""What rooms do in threads: what fails there is said, what nobody waits for ends, and what is found
belongs to the one that asked."""

from __future__ import annotations

import ast
import errno
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fake
import pytest
from textual.widgets import Input
from workbench import Bench, Open

from engine.cancel import stop_if_cancelled
from engine.errors import BadInput
from engine.project import Project
from engine.protocol import State
from fstui import places, threads
from fstui.app import FstuiApp
from fstui.model import footage, mediatools
from fstui.model.jobview import JobView
from fstui.model.tail import JobTail
from fstui.rooms import log, media, models, start
from fstui.rooms import project as project_room
from fstui.rooms.tools import Tools
from fstui.widgets.pathinput import PathInput

ROOMS = list(FstuiApp.MODES)
FSTUI = Path(threads.__file__).parent


class Gate:
    """Holds a thread up at a place until the test lets it on; what is closed at the end opens."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()

    def __call__(self) -> None:
        """The thread is here."""
        self.reached.set()
        assert self.open.wait(30)


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open.set()


# --- the door --------------------------------------------------------------------------------


def test_there_is_one_door() -> None:
    others = []
    for path in FSTUI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            words = node.keywords if isinstance(node, ast.Call) else []
            if any(word.arg == "thread" for word in words) and path.name != "threads.py":
                others.append(f"{path.relative_to(FSTUI)}:{node.lineno}")  # type: ignore[attr-defined]
    assert others == [], "use fstui.threads"


def fail_with(error: Exception) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (BadInput("The film [b]is[/b] none."), "The film [b]is[/b] none."),
        (OSError(errno.EIO, "Input/output error", "/mnt/x"), "failed while working on /mnt/x"),
    ],
)
async def test_what_fails_in_a_thread_is_a_notice(bench: Open, error: Exception, said: str) -> None:
    async with bench() as b:
        await b.sees("Welcome")
        threads.begin_thread(b.app.screen, fail_with(error))
        await b.until(lambda: any(said in n.message for n in b.app._notifications), said)


async def test_a_bug_in_a_thread_is_told_and_recorded(bench: Open) -> None:
    async with bench() as b:
        await b.sees("Welcome")
        threads.begin_thread(b.app.screen, fail_with(ZeroDivisionError("by nought")))
        said = "A bug of ours: ZeroDivisionError: by nought"
        await b.until(lambda: any(said in n.message for n in b.app._notifications), said)
        record = places.state_folder() / "fstui.log"
        assert "test_rooms_threads.py" in record.read_text()
        record.unlink()


async def test_nothing_is_said_of_what_nobody_waits_for(bench: Open, gate: Gate) -> None:
    ended = threading.Event()

    def act() -> None:
        try:
            gate()
            stop_if_cancelled()
            raise AssertionError("it goes on for nobody")
        finally:
            ended.set()

    async with bench() as b:
        await b.sees("Welcome")
        worker = threads.begin_thread(b.app.screen, act)
        await b.until(gate.reached.is_set, "the thread")
        worker.cancel()
        gate.open.set()
        await b.until(ended.is_set, "its end")
        assert not b.app._notifications


async def test_a_drive_that_goes_away_is_said_where_its_footage_is(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = fake.make_project(tmp_workspace)
    away = project.source_path(project.sources("b")[0])
    is_dir = Path.is_dir

    def without_drive(path: Path) -> bool:
        if path == away:
            raise OSError(errno.ENOTCONN, "Transport endpoint is not connected", str(path))
        return is_dir(path)

    async with bench(project.path) as b:
        await b.sees("b.png")
        monkeypatch.setattr(Path, "is_dir", without_drive)
        rows = b.app.screen.query_one("#sources")
        rows.focus()
        assert rows.select(project_room.key_of(project.sources("b")[0]))
        await b.sees("transport endpoint is not connected")
        assert b.app.is_running


def is_in(function: str, thread: int) -> bool:
    """Whether a thread is in a function."""
    frame = sys._current_frames().get(thread)
    while frame is not None and frame.f_code.co_name != function:
        frame = frame.f_back
    return frame is not None


# --- whose answer ----------------------------------------------------------------------------


async def left_while_asked(b: Bench, gate: Gate, room: str) -> None:
    """Enter a room and leave it again before it is answered."""
    await b.press(room)
    await b.until(gate.reached.is_set, "the question")
    await b.press("1")
    await b.until(lambda: b.app.room and b.app.room.room == "project", "the other room")
    gate.open.set()
    await b.sees("Target")


async def test_footage_that_is_told_to_a_hidden_room_is_there_when_it_is_shown(
    bench: Open, tmp_workspace: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = fake.make_project(tmp_workspace)
    of_footage = media.of_footage

    def held_up(path: Path) -> Callable[[], object]:
        ask = of_footage(path)

        def asked() -> object:
            gate()
            return ask()

        return asked

    monkeypatch.setattr(media, "of_footage", held_up)
    async with bench(project.path) as b:
        await b.sees("Target")
        await left_while_asked(b, gate, "6")
        await b.press("6")
        await b.until(lambda: b.app.room and b.app.room.room == "media", "the room")
        await b.sees("a.png")


async def test_a_log_that_is_told_to_a_hidden_room_is_there_when_it_is_shown(
    bench: Open, tmp_workspace: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = fake.make_project(tmp_workspace)
    for line in ("of the first", "of the second"):
        engine = fake.FakeEngine(project.path)
        engine.say(line)
        engine.vanish()
    of_job = log.of_job

    def held_up(folder: Any) -> Callable[[], object]:
        ask = of_job(folder)

        def asked() -> object:
            gate()
            return ask()

        return asked

    monkeypatch.setattr(log, "of_job", held_up)
    async with bench(project.path, "log") as b:
        await b.sees("job 2 of 2")
        await left_while_asked(b, gate, "left_square_bracket")
        await b.press("5")
        await b.until(lambda: b.app.room and b.app.room.room == "log", "the room")
        await b.sees("of the first")


async def test_facts_stand_under_the_name_that_they_are_of(
    bench: Open, tmp_workspace: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (fake.make_project(tmp_workspace, name) for name in ("one", "other"))
    asked: list[str] = []
    held: list[int] = []

    def ask(path: Path) -> dict[str, Any]:
        asked.append(path.name)
        if path.name == "b.png":
            held.append(threading.get_ident())
            gate()
        return {"width": 111 if path.name == "b.png" else 222, "height": 9}

    monkeypatch.setattr(project_room.media, "ask", ask)
    async with bench(one.path) as b:
        await b.sees("a.png: 222x9")
        rows = b.app.screen.query_one("#sources")
        rows.focus()
        await b.press("j")
        await b.until(gate.reached.is_set, "b.png is asked about")
        await b.press("j")
        await b.sees("target.png: 222x9")
        gate.open.set()
        await b.until(lambda: not is_in("ask_facts", held[0]), "the late answer")
        assert "111x9" not in b.text()
        asked.clear()
        await b.press("k", "j")
        assert "target.png: 222x9" in b.text(), "what was told once is known"
        b.app.open_project(other.path, "project")
        await b.until(lambda: asked, "the other project's footage is asked about anew")


async def test_a_cursor_that_moves_on_asks_nothing(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = fake.make_project(tmp_workspace)
    asked: list[str] = []

    def ask(path: Path) -> dict[str, Any]:
        asked.append(path.name)
        return {"width": 1, "height": 1}

    monkeypatch.setattr(project_room.media, "ask", ask)
    monkeypatch.setattr(project_room, "REST_S", 3600.0)
    async with bench(project.path) as b:
        await b.sees("a.png: 1x1")
        b.app.screen.query_one("#sources").focus()
        await b.press("j", "j", "k", "j")
        assert asked == ["a.png"]


# --- leaving ---------------------------------------------------------------------------------


@pytest.mark.parametrize("room", ROOMS)
async def test_leaving_while_a_room_is_entered(bench: Open, tmp_workspace: Path, room: str) -> None:
    project = fake.make_project(tmp_workspace)
    async with bench(project.path, "project" if room == "log" else "log") as b:
        await b.until(lambda: b.app.screen.query("#banner"), "the first room")
        getattr(b.app, f"action_{room}")()
        b.app.action_leave()
    assert b.app.return_code == 0


# --- dialogues -------------------------------------------------------------------------------


async def test_esc_while_footage_is_looked_at_adds_none(
    bench: Open, tmp_workspace: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = fake.make_project(tmp_workspace)
    new = project.source_path(project.sources("target")[0]).with_name("new.png")
    new.write_bytes(project.source_path(project.sources("b")[0]).read_bytes() + b"other")
    ended = threading.Event()
    add = footage.add

    def ask_all(paths: list[Path]) -> list[dict[str, Any]]:
        gate()
        return [{"width": 1, "height": 1} for _ in paths]

    def watched(*args: Any, **kwargs: Any) -> Any:
        try:
            return add(*args, **kwargs)
        finally:
            ended.set()

    monkeypatch.setattr(footage.media, "ask_all", ask_all)
    monkeypatch.setattr(footage, "add", watched)
    async with bench(project.path) as b:
        await b.sees("Target")
        await b.press("a")
        await b.until(lambda: b.app.screen.query(PathInput), "the form")
        b.app.screen.query_one(PathInput).text = str(new)
        await b.press("enter")
        await b.until(gate.reached.is_set, "it looks")
        await b.press("escape")
        await b.until(lambda: len(b.app.screen_stack) == 1, "the room")
        gate.open.set()
        await b.until(ended.is_set, "the thread's end")
    assert len(Project.open(project.path).sources()) == 3


async def test_enter_twice_works_once(
    bench: Open, tmp_workspace: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = fake.make_project(tmp_workspace)
    asked: list[str] = []

    def ask(*words: str) -> dict[str, Any]:
        asked.append(words[1])
        gate()
        raise BadInput("That was all.")

    monkeypatch.setattr(mediatools, "ask", ask)
    async with bench(project.path, "convert") as b:
        await b.until(lambda: b.app.screen.query("#timeline"), "the room")
        await b.press("V")
        await b.until(lambda: isinstance(b.app.screen, Tools), "the form")
        form = b.app.screen
        await b.until(lambda: form.query("#tool-source"), "its fields")
        form.query_one("#tool-source", PathInput).text = "/a.mp4"
        form.query_one("#tool-source", PathInput).focus()
        await b.press("enter")
        await b.until(gate.reached.is_set, "it works")
        await b.press("enter")
        assert len(asked) == 1
        gate.open.set()
        await b.sees("That was all.")
        assert not form.busy


async def test_the_home_of_nobody_is_a_sentence(bench: Open, tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    async with bench(project.path) as b:
        await b.sees("Target")
        await b.press("a")
        await b.until(lambda: b.app.screen.query(PathInput), "the form")
        b.app.screen.query_one(PathInput).text = "~nosuchuser/film.mp4"
        await b.press("enter")
        await b.sees("nosuchuser/film.mp4 can't be read")
        b.app.screen.action_copy_command()
        await b.sees("There is no user 'nosuchuser'")


# --- reading and writing aside -----------------------------------------------------------------


async def test_a_form_is_read_aside(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch, gate: Gate
) -> None:
    project = fake.make_project(tmp_workspace)
    fake.add_faces(project)
    read = start.starting

    def slow(project: Project, stage: str) -> start.Start:
        gate()
        return read(project, stage)

    monkeypatch.setattr(start, "starting", slow)
    async with bench(project.path, "faces") as b:
        await b.sees("2 Faces")
        await b.press("s")
        await b.until(gate.reached.is_set, "the jobs are being read")
        assert not isinstance(b.app.screen, start.StartForm)
        gate.open.set()
        await b.sees("Extract faces")
        await b.until(lambda: b.app.screen.query_one("#accept").has_focus, "the form")


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """The threads that read a project.toml."""
    found: list[threading.Thread] = []
    read = Project.open

    def watched(path: Path) -> Project:
        found.append(threading.current_thread())
        return read(path)

    monkeypatch.setattr(Project, "open", staticmethod(watched))
    return found


async def test_what_was_changed_is_read_aside(
    bench: Open, tmp_workspace: Path, readers: list[threading.Thread]
) -> None:
    project = fake.make_project(tmp_workspace)
    async with bench(project.path, "convert") as b:
        await b.until(lambda: b.app.screen.query("#timeline"), "the room")
        readers.clear()
        await b.press("p")
        await b.until(lambda: b.app.screen.query("#name-a"), "the form")
        b.app.screen.query_one("#name-a", Input).value = "somebody else"
        b.app.screen.submit()
        people = lambda: b.app.session.project.file.people  # noqa: E731
        await b.until(lambda: people()["a"].name == "somebody else", "it is read again")
        assert threading.main_thread() not in readers


async def test_a_record_of_consent_is_written_aside(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch, gate: Gate
) -> None:
    project = fake.make_project(tmp_workspace)
    write = Project.set_person

    def slow(*args: Any) -> None:
        gate()
        write(*args)

    monkeypatch.setattr(Project, "set_person", slow)
    async with bench(project.path) as b:
        await b.sees("Target")
        await b.press("p")
        await b.until(lambda: b.app.screen.query("#name-a"), "the form")
        b.app.screen.query_one("#name-a", Input).value = "somebody else"
        b.app.screen.submit()
        await b.until(gate.reached.is_set, "it is being written")
        assert b.app.screen.busy
        gate.open.set()
        await b.until(lambda: len(b.app.screen_stack) == 1, "written")
        assert Project.open(project.path).file.people["a"].name == "somebody else"


def test_whether_a_job_goes_on_is_known_without_the_disk(tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    engine = fake.FakeEngine(project.path)
    update = JobTail(engine.folder, "train").look()
    assert update is not None
    view = JobView.begin(update)
    assert not view.resumable()
    engine.vanish()
    shutil.rmtree(engine.folder.path)
    view.snapshot.state = State.STOPPED
    assert view.resumable()


# --- the models room -------------------------------------------------------------------------


async def test_the_engine_is_asked_when_the_room_is_entered_not_behind_a_dialogue(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = fake.make_project(tmp_workspace)
    looks: list[Path] = []

    def all_of(workspace: Path) -> list[Any]:
        looks.append(workspace)
        return []

    monkeypatch.setattr(models.trained, "all_of", all_of)
    monkeypatch.setattr(models.stored, "listed", list)
    monkeypatch.setattr(models.networks, "listed", list)
    async with bench(project.path) as b:
        await b.sees("Target")
        await b.press("9")
        await b.until(lambda: len(looks) == 1, "the first look")
        await b.sees("0 networks missing")
        for _ in range(2):
            await b.press("question_mark")
            await b.until(lambda: len(b.app.screen_stack) == 2, "the help")
            await b.press("escape")
            await b.until(lambda: len(b.app.screen_stack) == 1, "the room")
            await b.pilot.pause()
        assert len(looks) == 1
        await b.press("1")
        await b.sees("Target")
        await b.press("9")
        await b.until(lambda: len(looks) == 2, "a look on entering again")
