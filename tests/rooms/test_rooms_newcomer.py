"""What somebody meets who uses the workbench for the first time: keys that do something, words that
say what, news that hide nothing."""

from __future__ import annotations

from pathlib import Path

import fake
from workbench import Open

from engine.protocol import State
from fstui.model.jobview import NOTICE

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
        async with bench(project.path, "train") as b:
            await b.sees("training")
            engine.end(state, code, f"{WARNING} And again: {WARNING}")
            await b.until(lambda: b.app._notifications, "the news")
            (news,) = b.app._notifications
            assert (len(news.message) <= NOTICE) == (state is State.DONE)
