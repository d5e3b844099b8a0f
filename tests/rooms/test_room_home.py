"""Home: projects with their pace and size; what is done with whole projects; other workspaces."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

import fake
import pytest
from textual.widgets import Input
from workbench import Open

from engine import shelf
from engine.project import Project
from engine.workspace import projects_of
from fstui.rooms.choice import Choice


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return fake.make_project(tmp_workspace, "film")


async def test_a_row_tells_pace_device_and_disk(bench: Open, project: Project) -> None:
    engine = fake.FakeEngine(project.path, "extract", "a")
    engine.work_to(3, 12)
    async with bench(size=(160, 30)) as b:
        await b.sees("25 %")
        row = next(line for line in b.lines() if "film" in line)
        assert "12 frame/s" in row
        assert "CPU" in row
        await b.until(lambda: any("kB" in line for line in b.lines()), "what it holds")
    engine.vanish()


async def test_a_project_is_renamed_and_copied(
    bench: Open, project: Project, tmp_workspace: Path
) -> None:
    async with bench() as b:
        await b.sees("film")
        await b.press("m", "r")
        await b.sees("Rename film")
        b.app.screen.query_one("#name", Input).value = "cinema"
        await b.press("ctrl+g")
        assert b.app.clipboard == "fstui project rename film cinema"
        await b.press("enter")
        await b.until(lambda: (tmp_workspace / "cinema").exists(), "it has its new name")
        await b.until(lambda: b.app.screen.chosen == tmp_workspace / "cinema", "the list knows it")
        await b.press("m", "d")
        await b.sees("A second project")
        b.app.screen.query_one("#model", Choice).action_turn(-1)
        await b.press("enter")
        await b.sees("cinema-2")
    assert {p.name for p in projects_of(tmp_workspace)} == {"cinema", "cinema-2"}


async def test_a_project_goes_into_the_trash_after_a_question_and_comes_back(
    bench: Open, project: Project, tmp_workspace: Path
) -> None:
    async with bench() as b:
        await b.sees("film")
        await b.press("m", "x")
        await b.sees("Put film into the trash?")
        await b.sees("3 sources")
        await b.press("enter")
        assert project.path.exists(), "the safe answer has the focus"
        await b.press("m", "x")
        await b.sees("Put film into the trash?")
        await b.press("y")
        await b.until(lambda: not project.path.exists(), "it is gone from here")
        assert [(k.place, k.name) for k in shelf.kept(tmp_workspace)] == [("trash", "film")]
        await b.sees("Welcome")
        await b.press("m")
        await b.sees("take trash/film out")
        await b.press("1")
        await b.until(project.path.exists, "it is back")


async def test_a_damaged_project_goes_into_the_trash_too(
    bench: Open, project: Project, tmp_workspace: Path
) -> None:
    (project.path / "project.toml").write_text("format = [")
    async with bench() as b:
        await b.sees("film")
        await b.press("m", "x")
        await b.sees("Put film into the trash?")
        await b.sees("its project.toml can't be read")
        await b.press("y")
        await b.until(lambda: not project.path.exists(), "it is gone from here")
        assert [(k.place, k.name) for k in shelf.kept(tmp_workspace)] == [("trash", "film")]


async def test_a_project_that_works_stays(bench: Open, project: Project) -> None:
    engine = fake.FakeEngine(project.path)
    async with bench() as b:
        await b.sees("film")
        await b.press("m", "a")
        await b.sees("Put film into the archive?")
        await b.press("y")
        await b.sees("try again")
    assert project.path.exists()
    engine.vanish()


async def test_another_workspace_is_opened_and_remembered(
    bench: Open, project: Project, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    fake.make_project(other, "second")
    async with bench() as b:
        await b.sees("film")
        await b.press("X")
        await b.sees("another folder")
        await b.press("o")
        await b.sees("Open another workspace")
        b.app.screen.query_one("PathEntry", Input).value = str(other)
        await b.press("enter")
        await b.sees("second")
        assert "film" not in "\n".join(b.lines()[1:])
        assert b.app.session.state.workspaces[0] == str(other)
        await b.press("X")
        await b.sees("1 ")
        await b.press("1")
        await b.sees("film")


async def test_fifty_projects_open_at_once(bench: Open, tmp_workspace: Path) -> None:
    """Under 0.3 s from the key to the list; the best of three."""
    for number in range(50):
        made = fake.make_project(tmp_workspace, f"film{number:02}")
        engine = fake.FakeEngine(made.path)
        for step in range(1, 20):
            engine.train_to(step * 10)
        engine.end("done", 0, "trained")  # type: ignore[arg-type]
    times = []
    async with bench(size=(120, 60)) as b:
        await b.sees("film49")
        for _ in range(3):
            await b.press("7")
            begin = time.perf_counter()
            await b.pilot.press("0")
            await b.until(lambda: "film49" in b.text(), "rows")
            times.append(time.perf_counter() - begin)
    assert min(times) < 0.3, times


async def test_esc_shows_the_whole_list_again(bench: Open, project: Project) -> None:
    async with bench() as b:
        await b.sees("film")
        assert not b.app.screen.check_action("back", ())
        await b.press("slash", "x", "enter")
        await b.sees("No project matches: esc clears the filter.")
        await b.press("escape")
        await b.until(lambda: "No project matches" not in b.text(), "all of them")
        assert not b.app.screen.check_action("back", ())


async def test_a_new_name_is_given_aside_and_a_wrong_one_in_the_form(
    bench: Open, project: Project, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[object] = []
    rename = shelf.rename

    def watched(path: Path, name: str) -> Path:
        threads.append(threading.current_thread())
        return rename(path, name)

    monkeypatch.setattr(shelf, "rename", watched)
    async with bench() as b:
        await b.sees("film")
        await b.press("m", "r")
        await b.sees("Rename film")
        name = b.app.screen.query_one("#name", Input)
        name.value = "a/b"
        await b.press("enter")
        await b.sees("can't be a folder's name")
        name.value = "cinema"
        await b.press("enter")
        await b.until(lambda: (tmp_workspace / "cinema").exists(), "it has its new name")
    assert threads
    assert threading.main_thread() not in threads


async def test_what_was_put_away_last_is_first_and_nothing_is_left_out(
    bench: Open, project: Project, tmp_workspace: Path
) -> None:
    for number in range(11):
        shelf.put_away(Project.create(tmp_workspace, f"old{number:02}").path, "archive")
    wait_for_the_clock(tmp_workspace)
    shelf.put_away(Project.create(tmp_workspace, "last").path, "trash")
    async with bench(size=(80, 40)) as b:
        await b.sees("film")
        await b.press("m")
        await b.sees("take trash/last out")
        first = next(line for line in b.lines() if " take " in line)
        assert re.search(r"\b1 +take trash/last out", first)
        for number in range(11):
            assert f"archive/old{number:02} out" in b.text()
        await b.press("G", "enter")
        await b.until(lambda: len(projects_of(tmp_workspace)) == 2, "one that has no key")


def wait_for_the_clock(folder: Path) -> None:
    """Until the file system's clock shows another time."""
    (folder / ".a").touch()
    first = (folder / ".a").stat().st_ctime_ns
    while True:
        (folder / ".a").touch()
        if (folder / ".a").stat().st_ctime_ns > first:
            return


async def test_another_workspace_is_completed_by_folders(
    bench: Open, project: Project, tmp_path: Path
) -> None:
    (tmp_path / "films").mkdir()
    (tmp_path / "films.mp4").touch()
    async with bench() as b:
        await b.sees("film")
        await b.press("X", "o")
        await b.sees("path of a folder")
        b.app.screen.query_one("PathEntry", Input).value = f"{tmp_path}/fil"
        await b.press("tab")
        await b.until(
            lambda: b.app.screen.query_one("PathEntry", Input).value == f"{tmp_path}/films/", "tab"
        )
