"""The watch room: folders, recipes, what arrived, answers and tries."""

from __future__ import annotations

from pathlib import Path

import fake
import pytest
from workbench import Open

from engine.errors import AlreadyRunning
from engine.project import Project
from engine.protocol import State
from engine.watch.ledger import Arrival, Ledger, Run, stamped
from fstui.model.arrivals import of_arrivals

RECIPES = """
[[recipe]]
name = "night"
when = "b"
steps = ["extract"]
hours = "22:00-22:01"

[[recipe]]
name = "bad"
when = "b"
steps = ["dance"]
"""


@pytest.fixture
def project(tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    def no_watcher(_project: Project) -> None:
        raise AlreadyRunning("Somebody else's.")

    monkeypatch.setattr("fstui.model.jobs.start_watch", no_watcher)
    project = fake.make_project(tmp_workspace)
    toml = project.path / "project.toml"
    toml.write_text(toml.read_text() + RECIPES)
    media = project.path / "media"
    (media / "inbox" / "who.mp4").write_bytes(b"x")
    (media / "a" / "broken.mp4").write_bytes(b"x")
    (media / "b" / "fresh.mp4").write_bytes(b"x")
    with Ledger(project).change() as book:
        book.files["media/inbox/who.mp4"] = stamped(Arrival("inbox", "question", why="shows both"))
        book.files["media/a/broken.mp4"] = stamped(Arrival("a", "dead", why="it is cut off"))
        book.runs.append(Run("1", "night", {"media/b/x.mp4": "b"}, "failed", "no face was found"))
    return project


async def test_everything_that_arrived_is_shown_with_its_reason(
    bench: Open, project: Project
) -> None:
    async with bench(project.path, "arrivals", size=(140, 40)) as b:
        await b.sees("Nobody watches: press w")
        await b.sees("media/inbox/who.mp4")
        for told in ("shows both", "it is cut off", "fresh.mp4", "no face was found", "recipe"):
            assert told in b.text(), told
        await b.press("slash", *"night", "enter", "end")
        await b.sees("when something arrives in b: extract; within 22:00-22:01")
        await b.sees("now: for media/b/fresh.mp4: extract b")
        await b.sees("now: it waits: ")
        await b.press("slash", *[*["backspace"] * 5, *"dance"], "enter")
        await b.sees("not dance")
        await b.press("slash", *[*["backspace"] * 5, *"media/target"], "enter")
        await b.sees("not watched")


async def test_it_says_by_what_it_hears_of_new_files(bench: Open, project: Project) -> None:
    engine = fake.FakeEngine(project.path, "watch")
    async with bench(project.path, "arrivals", size=(80, 24)) as b:
        await b.sees("The watcher starts")
        why = "a network drive, where the kernel tells nothing of what others write"
        engine.put(phase=f"watching by inotify and by polling every 1 s (scenes: {why})")
        await b.sees("Watched by inotify and by polling every 1 s (scenes: a network")
        await b.sees("what others write")  # the sentence is longer than a line
        await b.press("slash", *"media/b", "enter", "end")
        assert "not watched" not in b.text()
        engine.end(State.STOPPED, 5, "stopped")
        await b.sees("Nobody watches: press w")
        await b.sees("not watched")


async def test_without_recipes_the_next_step_is_told(bench: Open, tmp_workspace: Path) -> None:
    bare = fake.make_project(tmp_workspace, "bare")
    async with bench(bare.path, "arrivals", size=(120, 24)) as b:
        await b.sees("docs/automation.md shows how to write one")


async def test_a_question_is_answered_and_a_letter_tried_again(
    bench: Open, project: Project
) -> None:
    async with bench(project.path, "arrivals") as b:
        await b.sees("who.mp4")
        await b.press("enter")
        await b.sees("Where does who.mp4 belong?")
        await b.press("t")
        target = project.path / "media" / "target" / "who.mp4"
        await b.until(target.exists, "it was filed")
        await b.press("slash", *"broken", "enter")
        await b.press("Y")
        await b.until(
            lambda: "media/a/broken.mp4" not in Ledger(project).book.files, "it is looked at anew"
        )
        await b.press("slash", "escape")
        await b.press("slash", *"night failed", "enter")
        await b.press("Y")
        await b.until(lambda: Ledger(project).book.runs[0].state == "waiting", "the run waits")


async def test_the_file_that_was_asked_about_is_filed_and_not_its_namesake(
    bench: Open, project: Project
) -> None:
    inbox = project.path / "media" / "inbox"
    (inbox / "scene").mkdir()
    (inbox / "scene" / "who.mp4").write_bytes(b"the other one")
    with Ledger(project).change() as book:
        book.files["media/inbox/scene/who.mp4"] = stamped(Arrival("inbox", "question", why="?"))
    async with bench(project.path, "arrivals") as b:
        await b.press("slash", *"scene/who", "enter")
        await b.sees("1 of")
        await b.press("enter")
        await b.sees("Where does who.mp4 belong?")
        await b.press("b")
        filed = project.path / "media" / "b" / "who.mp4"
        await b.until(filed.exists, "it was filed")
    assert filed.read_bytes() == b"the other one"
    assert (inbox / "who.mp4").exists()


async def test_the_failed_run_under_the_cursor_is_tried_again(
    bench: Open, project: Project
) -> None:
    with Ledger(project).change() as book:  # the same recipe, and the same moment
        book.runs.append(Run("2", "night", {"media/b/y.mp4": "b"}, "failed", "the disk was full"))
        book.files["night"] = stamped(Arrival("", "dead", why="it is called as a recipe"))
    async with bench(project.path, "arrivals") as b:
        await b.press("slash", *"no face was found", "enter")
        await b.sees("1 of")
        await b.press("Y")
        await b.until(lambda: Ledger(project).book.runs[0].state == "waiting", "the older one")
        assert Ledger(project).book.runs[1].state == "failed"
        await b.press("slash", *["backspace"] * 20, *"it is called", "enter")
        await b.sees("1 of")
        await b.press("Y")
        await b.until(lambda: "night" not in Ledger(project).book.files, "the letter")
        assert Ledger(project).book.runs[1].state == "failed"


async def test_looking_only_answers_nothing(bench: Open, project: Project) -> None:
    before = (project.path / "arrivals.json").read_bytes()
    async with bench(project.path, "arrivals", readonly=True) as b:
        await b.sees("who.mp4")
        await b.press("enter", "I", "Y", "w", "e")
        assert "belong?" not in b.text()
    assert (project.path / "arrivals.json").read_bytes() == before


def test_nothing_is_told_twice(project: Project) -> None:
    ask = of_arrivals(project.path, every_s=0.0)
    assert ask() is not None
    ask.soon()
    assert ask() is None
    (project.path / "media" / "b" / "more.mp4").write_bytes(b"x")
    ask.soon()
    told = ask()
    assert told is not None
    assert any(row.name == "media/b/more.mp4" for row in told.rows)
