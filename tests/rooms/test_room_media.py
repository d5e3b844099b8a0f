"""The media room: footage by side, arrivals, films that play, the trash."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fake
import pytest
from PIL import Image
from workbench import Bench, Open

from engine import discard
from engine.errors import AlreadyRunning, BadInput, NotPossible
from engine.project import Project, Source
from fstui import places
from fstui.model import media
from fstui.rooms.add import AddFootage
from fstui.rooms.choice import Choice
from fstui.rooms.contact import ContactSheet
from fstui.rooms.lines import Lines
from fstui.rooms.media import MediaRoom
from fstui.widgets.confirm import Confirm
from fstui.widgets.film import FilmView
from fstui.widgets.rows import Rows


def film(path: Path, frames: int = 40) -> Path:
    """A GIF of ten frames a second, which is a film to FFmpeg; each frame has its own grey."""
    pictures = [Image.new("L", (64, 48), 40 + 4 * number) for number in range(frames)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100, loop=0)
    return path


@pytest.fixture
def project(tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    def no_watcher(_project: Project) -> None:
        raise AlreadyRunning("Somebody else's.")

    monkeypatch.setattr("fstui.model.jobs.start_watch", no_watcher)
    project = fake.make_project(tmp_workspace)
    project.add_sources("b", [film(project.path / "media" / "b" / "film.gif")])
    return project


def room(b: Bench) -> MediaRoom:
    assert isinstance(b.app.screen, MediaRoom)
    return b.app.screen


def view(b: Bench) -> FilmView:
    return room(b).query_one(FilmView)


async def on(b: Bench, name: str) -> None:
    """Put the cursor on a clip."""
    await b.sees(name)
    (clip,) = [clip for clip in room(b).clips if clip.path.name == name]
    room(b).query_one(Rows).select(clip.key)
    await b.until(lambda: room(b).chosen is not None and room(b).chosen.key == clip.key, name)


def row(b: Bench, name: str) -> str:
    return next(line for line in b.lines() if f"  {name}" in line)


async def test_footage_stands_by_side_with_what_the_engine_says(
    bench: Open, project: Project
) -> None:
    async with bench(project.path, "media", size=(150, 40)) as b:
        await on(b, "film.gif")
        await b.until(lambda: "40" in row(b, "film.gif"), "its frames")
        for side in ("A  is replaced", "B  is put in", "Target  shows A"):
            assert side in b.text()
        assert "2 clips" in next(line for line in b.lines() if "B  is put in" in line)
        assert "new" in row(b, "film.gif")
        about = room(b).query_one("#about", Lines)
        await b.until(lambda: "64x48, 10 frames/s, 4 s, gif" in about.text, "what it is")
        assert "Not extracted yet" in about.text


async def test_a_file_that_arrives_grows_until_it_is_ready(bench: Open, project: Project) -> None:
    path = project.path / "media" / "a" / "new.gif"
    async with bench(project.path, "media") as b:
        await b.sees("film.gif")
        path.write_bytes(b"x" * 5000)
        await b.until(lambda: "new.gif" in b.text() and "arriving" in row(b, "new.gif"), "arrives")
        assert "5.0 kB" in row(b, "new.gif")
        path.write_bytes(b"x" * 9000)
        await b.until(lambda: "9.0 kB" in row(b, "new.gif"), "it grew")
        film(path)
        os.utime(path, (time.time() - 60,) * 2)
        await b.until(lambda: "ready" in row(b, "new.gif"), "it stands still")
        await on(b, "new.gif")
        await b.sees("w has arriving footage taken in")


async def test_a_clip_plays_pauses_steps_and_ends(bench: Open, project: Project) -> None:
    async with bench(project.path, "media", size=(120, 30)) as b:
        await on(b, "film.gif")
        await b.sees("1/40")
        await b.until(lambda: view(b)._lines, "its picture")
        first = view(b)._lines
        await b.press("enter")
        await b.until(lambda: view(b).at > 2, "it plays")
        await b.press("space")
        assert not view(b).playing
        await b.until(lambda: not view(b)._asking, "the last frame that was asked for")
        at = view(b).at
        await b.press("right")
        await b.sees(f"{at + 2}/40")
        await b.press("left", "left")
        await b.sees(f"{at}/40")
        await b.press("home")
        await b.sees("1/40")
        await b.until(lambda: view(b)._lines == first, "the first picture again")
        await b.press("end")
        await b.sees("40/40  0:03.90  paused")
        await b.press("pageup")
        await b.sees("1/40")
        await b.press("pagedown")
        await b.until(lambda: view(b)._last, "the end")
        await b.press("enter")
        await b.until(lambda: 1 < view(b).at < 39, "it begins anew")
        assert view(b).playing
        await b.press("escape")
        assert b.app.focused is room(b).query_one(Rows)
        assert not view(b).playing


async def test_it_stops_at_the_end_by_itself(bench: Open, project: Project) -> None:
    async with bench(project.path, "media", size=(120, 30)) as b:
        await on(b, "film.gif")
        await b.sees("1/40")
        await b.press("enter", "end")
        await b.sees("40/40")
        await b.press("left", "enter")
        await b.until(lambda: view(b)._last and not view(b).playing, "it stopped")
        assert view(b).at == 39


async def test_where_it_is_narrow_the_film_takes_the_lists_place(
    bench: Open, project: Project
) -> None:
    async with bench(project.path, "media") as b:
        await on(b, "film.gif")
        assert not view(b).display
        assert view(b)._lines == []
        await b.press("enter")
        await b.until(lambda: view(b).at > 1, "it plays")
        assert not room(b).query_one("#list").display
        await b.sees("esc Back to the list")
        await b.press("escape")
        await b.sees("B  is put in")
        assert not view(b).display


async def test_in_ascii_it_is_shades(bench: Open, project: Project) -> None:
    async with bench(project.path, "media", size=(120, 30), ascii_only=True) as b:
        await on(b, "film.gif")
        await b.sees("1/40")
        await b.until(lambda: view(b)._lines, "a picture")
        assert "".join(line.text for line in view(b)._lines).isascii()
        assert b.text().isascii()


async def test_a_clip_that_cannot_be_read_says_why(bench: Open, project: Project) -> None:
    path = project.path / "media" / "target" / "broken.mp4"
    path.write_bytes(b"this is no film\n" * 50)
    project.add_sources("target", [path])
    async with bench(project.path, "media", size=(120, 30)) as b:
        await on(b, "broken.mp4")
        about = room(b).query_one("#about", Lines)
        await b.until(lambda: "is no video that can be read" in about.text, "why, in words")
        await b.until(lambda: "can be read" in view(b)._problem, "and in the picture's place")
        await b.press("enter")
        await b.until(lambda: not view(b).playing, "it doesn't play")
        await on(b, "film.gif")
        await b.sees("1/40")


async def test_the_process_goes_when_nobody_looks(bench: Open, project: Project) -> None:
    async with bench(project.path, "media", size=(120, 30)) as b:
        await on(b, "film.gif")
        await b.sees("1/40")
        films = room(b)._films
        await b.until(lambda: view(b)._lines, "a picture")
        assert films._process is not None
        await b.press("enter")
        await b.until(lambda: view(b).at > 1, "it plays")
        media = room(b)
        await b.press("1")
        await b.until(lambda: films._process is None, "the process is gone")
        assert not media.query_one(FilmView).playing
        await b.press("6")
        await b.until(lambda: not view(b)._asking and view(b)._lines, "it shows again")
        assert view(b)._problem == ""
        at = view(b).at
        await b.press("right")
        await b.until(lambda: view(b).at == at + 1 and not view(b)._asking, "and steps")


async def test_a_question_that_is_cut_off_is_put_again(bench: Open, project: Project) -> None:
    """The room is left while a frame is on its way."""
    async with bench(project.path, "media", size=(120, 30)) as b:
        await on(b, "film.gif")
        await b.sees("1/40")
        await b.until(lambda: view(b)._lines, "a picture")
        view(b).focus()
        await b.press("end", "1", "6")
        await b.until(lambda: view(b).at == 39 and not view(b)._asking, "the last frame")
        assert view(b)._problem == ""


async def test_one_pane_alone(bench: Open, project: Project) -> None:
    async with bench(project.path, "media") as b:
        await on(b, "film.gif")
        shown = []
        for _ in range(3):
            await b.press("z")
            shown.append((room(b).query_one("#list").display, view(b).display))
        assert shown == [(True, False), (False, True), (True, False)]


async def test_footage_goes_to_the_trash_after_a_question_and_comes_back(
    bench: Open, project: Project
) -> None:
    path = project.path / "media" / "b" / "film.gif"
    async with bench(project.path, "media") as b:
        await on(b, "film.gif")
        await b.press("delete")
        await b.sees("Put 1 clip into the trash: film.gif?")
        assert "no faces go along" in b.text()
        await b.press("enter")
        await b.until(lambda: not isinstance(b.app.screen, Confirm), "the safe answer")
        assert path.exists()
        await b.press("delete")
        await b.sees("Put 1 clip")
        await b.press("y")
        await b.until(lambda: not path.exists(), "it is gone")
        await b.until(lambda: "  film.gif" not in b.text(), "the list knows it")
        await b.until(lambda: room(b).check_action("undo", ()), "it can be taken back")
        await b.press("u")
        await b.sees("1 clip is back.")
        await on(b, "film.gif")
    assert path.exists()
    assert discard.thrown(project) == []


async def test_marked_footage_goes_together(bench: Open, project: Project) -> None:
    async with bench(project.path, "media") as b:
        await on(b, "b.png")
        await b.press("space")
        await on(b, "film.gif")
        await b.press("space")
        await b.press("delete")
        await b.sees("Put 2 clips into the trash: b.png, film.gif?")
        await b.press("y")
        await b.until(lambda: not Project.open(project.path).sources("b"), "both are out")


async def test_a_job_that_uses_footage_is_named(bench: Open, project: Project) -> None:
    from engine.process import FileLock

    lock = FileLock(project.path / "locks" / "out")
    assert lock.acquire()
    async with bench(project.path, "media") as b:
        await on(b, "film.gif")
        await b.press("delete")
        await b.sees("Put 1 clip")
        await b.press("y")
        await b.sees("already running")
    lock.release()
    assert (project.path / "media" / "b" / "film.gif").exists()


async def test_readonly_changes_nothing(bench: Open, project: Project) -> None:
    discard.discard(project, project.sources("a"))
    async with bench(project.path, "media", readonly=True) as b:
        await on(b, "film.gif")
        for action in ("remove", "undo", "add", "watch"):
            assert not room(b).check_action(action, ())
        await b.press("delete")
        assert b.app.screen is room(b)


async def test_adding_begins_with_the_side_under_the_cursor(bench: Open, project: Project) -> None:
    async with bench(project.path, "media") as b:
        await on(b, "film.gif")
        await b.press("a")
        await b.sees("Add footage")
        assert isinstance(b.app.screen, AddFootage)
        assert b.app.screen.query_one("#side", Choice).value == "b"


async def test_the_list_is_filtered(bench: Open, project: Project) -> None:
    async with bench(project.path, "media") as b:
        await b.sees("film.gif")
        await b.press("slash", *"film")
        await b.sees("1 of 4")
        assert "b.png" not in b.text()
        await b.press("backspace", "x")
        await b.sees("Nothing matches: esc clears the filter.")


async def test_the_contact_sheet_opens(bench: Open, project: Project) -> None:
    async with bench(project.path, "media") as b:
        await on(b, "film.gif")
        await b.press("b")
        await b.sees("Frames of film.gif")
        sheet = b.app.screen
        assert isinstance(sheet, ContactSheet)
        folder = Path(sheet._folder.name)
        await b.until(lambda: (folder / "sheet.jpg").exists(), "it is made")
        await b.sees("o shows it at full size")
        await b.press("escape")
        await b.until(lambda: not folder.exists(), "nothing is left behind")


async def test_many_clips_open_at_once(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under 0.3 s from the key to the list with 2 000 clips; the best of three."""
    new = [
        Source("a", f"media/a/{number:05}.mp4", f"{number:064}", 1000, "2026-11-01T00:00:00+00:00")
        for number in range(2000)
    ]
    project.change(lambda doc: _enter(doc, new))
    times = []
    async with bench(project.path, "media") as b:
        await b.sees("00003.mp4")
        for _ in range(3):
            await b.press("1")
            begin = time.perf_counter()
            await b.pilot.press("6")
            await b.until(lambda: "00003.mp4" in b.text(), "rows")
            times.append(time.perf_counter() - begin)
    assert min(times) < 0.3, times


def _enter(doc: dict[str, list[object]], new: list[Source]) -> None:
    from engine.project import enter_sources

    act: Callable[..., None] = enter_sources
    act(doc, new)


async def test_a_heading_is_not_offered_to_be_played(bench: Open, project: Project) -> None:
    async with bench(project.path, "media") as b:
        await on(b, "film.gif")
        await b.until(lambda: "enter play" in b.lines()[-1], "a film can be played")
        await b.press("g")
        await b.until(lambda: room(b).chosen is None, "the heading of side A")
        await b.until(lambda: "enter" not in b.lines()[-1], "nothing to play")


async def test_what_the_engine_did_not_answer_is_asked_again_on_entering(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash says nothing of a film; a film that is none stays none."""
    asked: list[str] = []
    ask_all = media.ask_all

    def ask(paths: list[Path]) -> list[dict[str, Any]]:
        if len(paths) == 1:
            asked.append(paths[0].name)
            if paths[0].name == "film.gif":
                raise NotPossible("The engine fell over.")
        raise BadInput("No film.")

    monkeypatch.setattr(media, "ask_all", ask)
    async with bench(project.path, "media", size=(120, 30)) as b:
        await on(b, "film.gif")
        about = room(b).query_one("#about", Lines)
        await b.until(lambda: "The engine fell over." in about.text, "why")
        await on(b, "b.png")
        await b.until(lambda: "No film." in about.text, "why")
        assert set(asked) == {"a.png", "b.png", "film.gif", "target.png"}
        await on(b, "film.gif")
        monkeypatch.setattr(media, "ask_all", ask_all)
        await b.press("1", "6")
        await b.until(lambda: "64x48, 10 frames/s" in about.text, "it is asked again")
        await on(b, "b.png")
        await b.until(lambda: "b.png" in about.text, "the other one")
        assert "No film." in about.text


async def test_a_bug_in_asking_is_told_once(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def ask(paths: list[Path]) -> list[dict[str, Any]]:
        asked.append(paths)
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(media, "ask_all", ask)
    async with bench(project.path, "media", size=(120, 30)) as b:
        await on(b, "film.gif")
        about = room(b).query_one("#about", Lines)
        await b.until(lambda: "A bug of ours: ZeroDivisionError" in about.text, "why")
        for _ in range(3):
            room(b).show()
            await b.pilot.pause()
        assert len(asked) == 1
        (places.state_folder() / "fstui.log").unlink()
