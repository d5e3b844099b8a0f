"""What somebody meets who uses the workbench for the first time: keys that do something, words that
say what, news that hide nothing."""

from __future__ import annotations

from pathlib import Path

import fake
import pytest
from textual.widgets import Input
from workbench import Open

from engine.protocol import Progress, State
from engine.store import Store
from fstui.model.jobview import NOTICE
from fstui.rooms.start import StartForm

WARNING = (
    "There are 32 faces on side A: with 250 or more, seen from more sides, a swap looks better."
)


async def test_an_empty_workspace_offers_nothing_for_projects_that_are_not_there(
    bench: Open,
) -> None:
    async with bench() as b:
        await b.sees("Welcome")
        assert "rename" not in b.lines()[-1]
        assert "m archive, trash" in b.lines()[-1]


async def test_ctrl_c_says_how_to_leave_and_leaves_nothing(bench: Open) -> None:
    async with bench() as b:
        await b.sees("Welcome")
        await b.press("ctrl+c")
        await b.sees("q leaves; jobs run on.")
        assert b.app.is_running


async def test_no_key_for_faces_is_offered_while_they_are_extracted(
    bench: Open, tmp_workspace: Path
) -> None:
    project = fake.make_project(tmp_workspace)
    engine = fake.FakeEngine(project.path, "extract", "a")
    engine.work_to(3, 10)
    async with bench(project.path, "faces") as b:
        await b.sees("extracting A")
        await b.until(lambda: "x stop" in b.lines()[-1], "the footer")
        assert "enter" not in b.lines()[-1]


async def test_a_trainings_warning_has_a_line_of_its_own_at_80_columns(
    bench: Open, tmp_workspace: Path
) -> None:
    project = fake.make_project(tmp_workspace)
    engine = fake.FakeEngine(project.path)
    engine.train_to(100)
    engine.put(warnings=1, last_warning=WARNING)
    async with bench(project.path, "train") as b:
        await b.sees("! There are 32 faces on side A: with 250 or more, seen from more sides")
        await b.sees("iteration 100")


async def test_good_news_take_two_lines_and_bad_ones_are_told_whole(
    bench: Open, tmp_workspace: Path
) -> None:
    project = fake.make_project(tmp_workspace)
    for state, code in ((State.DONE, 0), (State.FAILED, 7)):
        engine = fake.FakeEngine(project.path)
        engine.train_to(100)
        async with bench(project.path, "faces") as b:
            await b.sees("training")
            engine.end(state, code, f"{WARNING} And again: {WARNING}")
            await b.until(lambda: b.app._notifications, "the news")
            (news,) = b.app._notifications
            assert (len(news.message) <= NOTICE) == (state is State.DONE)


@pytest.mark.parametrize("room", ["home", "queue"])
async def test_a_key_of_a_projects_room_says_that_none_is_open(
    bench: Open, tmp_workspace: Path, room: str
) -> None:
    fake.make_project(tmp_workspace)
    async with bench() as b:
        await b.sees("demo")
        b.app.enter(room)
        await b.pilot.pause()
        await b.press("7", "9", "0")
        assert not b.app._notifications, "rooms that need none"
        await b.press("3")
        await b.sees("That room is a project's")
        await b.press("slash", "3")
        assert len(b.app._notifications) == 1, "a letter of the filter is no key"


async def test_how_a_training_failed_is_said_once_where_it_can_be_read(
    bench: Open, tmp_workspace: Path
) -> None:
    project = fake.make_project(tmp_workspace)
    engine = fake.FakeEngine(project.path)
    engine.train_to(100)
    async with bench(project.path, "train") as b:
        await b.sees("training")
        engine.end(State.FAILED, 7, "The disk is full.")
        await b.sees("failed: The disk is full.")
        assert b.text().count("The disk is full.") == 1
        assert not b.app._notifications


async def test_one_end_of_a_training_is_told_and_none_while_it_stops(
    bench: Open, tmp_workspace: Path
) -> None:
    project = fake.make_project(tmp_workspace)
    engine = fake.FakeEngine(project.path)
    engine.train_to(100)
    engine.put(progress=Progress(100, 1_000_000, 2.0, "iteration", 499_950.0))
    async with bench(project.path, "train", size=(100, 30)) as b:
        await b.sees("5 d 18 h to 1 000 000")
        assert "5 d 18 h left" in b.text()
        engine.put(state=State.STOPPING)
        await b.sees("stopping (saving)")
        await b.until(lambda: "5 d 18 h" not in b.text(), "no forecast")


async def test_the_first_iterations_fill_the_chart(bench: Open, tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    engine = fake.FakeEngine(project.path)
    for iteration in range(1, 21):
        engine.train_to(iteration)
    async with bench(project.path, "train", size=(140, 40)) as b:
        await b.sees("iteration 20")
        labels: list[list[str]] = []

        def drawn() -> bool:
            labels[:] = [words for words in map(str.split, b.lines()) if words[:2] == ["10", "20"]]
            return bool(labels)

        await b.until(drawn, "the axis")
        assert "40" not in labels[0]


async def test_the_themes_notice_says_what_it_is_for(bench: Open) -> None:
    async with bench() as b:
        await b.sees("Welcome")
        b.app.theme = "textual-dark"
        said = set()
        for _ in range(6):
            await b.press("t")
            said.add(list(b.app._notifications)[-1].message.partition(" (")[2])
        assert {"high contrast)", "light)", "dark)"} <= said
        assert len(said) == 6


async def test_whole_numbers_of_a_form_stand_in_groups(bench: Open, tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    fake.add_faces(project)
    async with bench(project.path, "train") as b:
        await b.until(lambda: "s start training" in b.text(), "the key")
        await b.press("s")
        await b.until(lambda: isinstance(b.app.screen, StartForm), "the form")
        form = b.app.screen
        assert isinstance(form, StartForm)
        entry = form.query_one("#set-iterations", Input)
        assert entry.value == "1 000 000"
        assert "iterations" not in form.accept()
        entry.value = ""
        entry.focus()
        await b.press(*("2", "space", "5", "0", "0", "x"))
        assert entry.value == "2 500"
        assert form.accept()["iterations"] == 2500


async def test_side_by_side_no_line_of_faces_is_cut(bench: Open, tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    fake.add_faces(project)
    with Store(project.db_path) as store, store.batch():
        for medium in store.media("a"):
            for index in range(1, 1000):
                store.add_frame(medium.id, index, index)
    async with bench(project.path, size=(200, 40)) as b:
        await b.sees("25 faces in 1 000 frames, 0 of 1 source done")
