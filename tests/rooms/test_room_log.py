"""The log's room: any job of the project, a search that keeps what stands round a match."""

from __future__ import annotations

from pathlib import Path

import fake
import pytest
from workbench import Bench, Open

from engine.protocol import State
from fstui.model.joblog import of_job, of_jobs
from fstui.model.jobview import EVENTS_KEPT
from fstui.rooms.log import Log
from fstui.rooms.loglines import Search, log_rows, next_match
from fstui.widgets.rows import Rows


@pytest.fixture
def engine(tmp_workspace: Path) -> fake.FakeEngine:
    """Two trainings that ended and one at work, each with a line of its own."""
    project = fake.make_project(tmp_workspace)
    for number in range(2):
        old = fake.FakeEngine(project.path)
        old.say(f"of training {number}")
        old.end(State.DONE if number else State.FAILED, number, f"the end of {number}")
    engine = fake.FakeEngine(project.path)
    engine.folder.log_path.write_text(
        "".join(f"line {n}{' with a spike' if n % 30 == 7 else ''}\n" for n in range(100))
    )
    return engine


def cursor(b: Bench) -> str:
    """The line of output under the cursor."""
    row = b.app.screen.query_one("#output", Rows).row
    return str(row.cells[0]) if row else ""


async def test_brackets_turn_to_every_job_of_the_project(
    bench: Open, engine: fake.FakeEngine
) -> None:
    async with bench(engine.folder.project, "log") as b:
        await b.sees("job 3 of 3")
        await b.press("left_square_bracket")
        await b.sees("of training 1")
        await b.sees("job 2 of 3")
        await b.press("left_square_bracket", "left_square_bracket")
        await b.sees("of training 0")
        await b.sees("the end of 0")
        assert "line 99" not in b.text()
        await b.press("1")
        await b.press("5")
        await b.sees("of training 0")
        await b.press("right_square_bracket", "right_square_bracket")
        await b.sees("line 99")
    engine.vanish()


async def test_a_job_is_chosen_among_all(bench: Open, engine: fake.FakeEngine) -> None:
    async with bench(engine.folder.project, "log") as b:
        await b.sees("job 3 of 3")
        await b.press("number_sign")
        await b.sees("Jobs of this project")
        await b.sees("the end of 0")
        await b.press("slash", *"failed", "enter", "enter")
        await b.sees("of training 0")
        assert "Jobs of this project" not in b.text()
    engine.vanish()


async def test_n_goes_from_match_to_match_among_all_lines(
    bench: Open, engine: fake.FakeEngine
) -> None:
    async with bench(engine.folder.project, "log") as b:
        await b.sees("line 99")
        await b.press("slash", *"spike")
        await b.sees("4 of 100")
        await b.press("enter", "n")
        await b.sees("line 8")  # what stands round the match is there
        assert cursor(b) == "line 7 with a spike"  # from the end round to the first
        await b.sees("1 of 4")
        await b.press("n", "n")
        assert cursor(b) == "line 67 with a spike"
        await b.sees("3 of 4")
        await b.press("N")
        assert cursor(b) == "line 37 with a spike"
        await b.press("escape")
        await b.until(lambda: "spike" not in b.lines()[-3], "the filter is gone")
        assert cursor(b) == "line 37 with a spike"
        assert b.app.screen.room == "log"
    engine.vanish()


async def test_the_cursor_stays_on_its_event_when_older_ones_are_let_go(
    bench: Open, engine: fake.FakeEngine
) -> None:
    for number in range(EVENTS_KEPT):
        engine.folder.append("warn", text=f"w{number}")
    async with bench(engine.folder.project, "log") as b:
        await b.sees(f"w{EVENTS_KEPT - 1}")
        events = b.app.screen.query_one("#events", Rows)
        events.focus()
        events.move_to(1000)
        before = events.row
        for number in range(40):
            engine.folder.append("warn", text=f"new{number}")
        await b.until(lambda: "new39" in str(events._rows[-1].cells), "the new events")
        assert events.row == before
    engine.vanish()


async def test_moving_the_cursor_makes_no_rows_anew(
    bench: Open, engine: fake.FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(engine.folder.project, "log") as b:
        await b.sees("line 99")
        await b.sees("following the end")
        b.app.screen.query_one("#output", Rows).focus()
        b.app.tail.stop()  # no news: what is shown now is shown for the keys
        monkeypatch.setattr(Log, "show", lambda _: pytest.fail("all of it was made anew"))
        await b.press("k", "k")
        await b.sees("not following - G")
        await b.press("G")
        await b.sees("following the end")
    engine.vanish()


async def test_a_filter_finds_in_the_next_job_what_that_one_has(
    bench: Open, engine: fake.FakeEngine
) -> None:
    async with bench(engine.folder.project, "log") as b:
        await b.sees("line 99")
        await b.press("slash", *"of", "enter")
        await b.press("left_square_bracket")
        await b.sees("of training 1")
        await b.press("right_square_bracket")
        await b.sees("no match: esc clears")
    engine.vanish()


async def test_a_damaged_job_says_so(bench: Open, engine: fake.FakeEngine) -> None:
    oldest = sorted((engine.folder.project / "jobs").iterdir())[0]
    (oldest / "job.json").write_text("{")
    async with bench(engine.folder.project, "log", size=(140, 30)) as b:
        await b.sees("job 3 of 3")
        await b.press("left_square_bracket", "left_square_bracket")
        await b.sees("is damaged: job.json")
    engine.vanish()


def test_a_search_goes_on_with_new_lines_and_lets_old_ones_go() -> None:
    lines = ["a x", "b", "c x", "... 1 line"]
    search = Search("X")
    assert search.among(log_rows(lines, 0)) == [0, 2]
    lines[-1] = "... 2 lines, x"  # a fold that grew
    lines.append("d x")
    assert search.among(log_rows(lines, 0)) == [0, 2, 3, 4]
    assert search.among(log_rows([*lines[2:], "e", "f x"], 2)) == [0, 1, 2, 4]


def test_the_next_match_goes_round() -> None:
    assert next_match([2, 5], 2, 1) == 5
    assert next_match([2, 5], 5, 1) == 2
    assert next_match([2, 5], 2, -1) == 5
    assert next_match([2, 5], 4, -1) == 2
    assert next_match([], 0, 1) is None


def test_jobs_and_their_words_are_told_once(engine: fake.FakeEngine) -> None:
    listed = of_jobs(engine.folder.project)
    told = listed()
    assert told is not None
    assert told.folders[0].name == engine.folder.name
    assert listed() is None
    new = fake.FakeEngine(engine.folder.project, "convert")
    again = listed()
    assert again is not None
    assert again.folders[0].name == new.folder.name
    bare = engine.folder.project / "jobs" / "20991231T000000.000-train-0000"
    bare.mkdir()
    assert listed() is None  # a folder without its request is no job yet
    (bare / "job.json").write_bytes((engine.folder.path / "job.json").read_bytes())
    third = listed()
    assert third is not None
    assert third.folders[0].name == bare.name
    read = of_job(again.folders[-1])
    assert read() is not None
    assert read() is None
    engine.vanish()
    new.vanish()
