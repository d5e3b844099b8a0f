"""The train room: moving through the history, what is marked, runs held against each other, what a
training is asked for, going back to a set."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import fake
import long_history
import pytest
from fake import FakeEngine
from textual.widgets import Input
from workbench import Bench, Open

from engine.errors import BadInput
from engine.project import Project
from engine.protocol import State
from engine.sessions import Diary
from fstui.model import runs, trained
from fstui.model.series import EMPTY
from fstui.rooms.choice import Choice
from fstui.rooms.compare import Compare, Versus
from fstui.rooms.sets import ModelSets
from fstui.widgets.confirm import Confirm
from fstui.widgets.losschart import LossChart
from fstui.widgets.rows import Rows
from fstui.widgets.window import Window

WIDE = (120, 40)


def train(project: Project, to: int = 8000, **settings: Any) -> FakeEngine:
    """A training over the last minutes, with its diary."""
    engine = FakeEngine(project.path, **settings)
    diary = Diary(project.path / "model")
    diary.begin(engine.folder.name, 0, batch=8, faces_a=30, faces_b=40, settings=settings)
    begin = time.time() - to / 20
    for iteration in range(20, to + 1, 20):
        engine.train_to(iteration, begin + iteration / 20)
    diary.mark("save", to // 2, seconds=to / 40, examples=8 * to)
    diary.mark("change", to // 2 + 200, "learning_rate 1e-05")
    diary.mark("save", to, seconds=to / 20, examples=16 * to)
    return engine


def chart_of(b: Bench) -> LossChart:
    """The room's chart."""
    return b.app.screen.query_one(LossChart)


def shown(b: Bench) -> tuple[int, int]:
    """First and last iteration of what the chart was given."""
    curve = b.app.session.curve
    points = curve.seen or curve.points
    return points[0].iteration, points[-1].iteration


async def turned(b: Bench, *keys: str) -> tuple[int, int]:
    """Press keys and wait until the chart shows what they turned to."""
    await b.press(*keys)
    await b.until(lambda: b.app.session.curve.window == chart_of(b).window, "the part was read")
    return shown(b)


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    """With faces, so that it can be trained."""
    made = fake.make_project(tmp_workspace)
    fake.add_faces(made)
    return made


async def test_keys_move_through_the_whole_history(bench: Open, project: Project) -> None:
    engine = train(project)
    async with bench(project.path, "train", size=WIDE) as b:
        await b.sees("loss A")
        assert chart_of(b).has_focus
        assert shown(b) == (20, 8000)
        low, high = await turned(b, "up", "up")
        assert 6000 <= low <= 6300
        assert high == 8000
        await b.sees("live, from 6.22k")
        low, high = await turned(b, "left", "h", "left")
        assert (low, high) == (4520, 6500)
        await b.sees("4.51k to 6.5k, end: live")
        before = chart_of(b).render_line(5)
        engine.train_to(8020)
        await b.until(lambda: b.app.session.curve.points[-1].iteration == 8020, "the news")
        assert shown(b) == (4520, 6500), "what comes doesn't move it"
        assert chart_of(b).render_line(5) == before
        _, high = await turned(b, "end")
        assert high == 8020
        assert await turned(b, "home") == (20, 8020)
        assert "live" not in b.lines()[1]
    engine.vanish()


async def test_a_week_of_history_opens_at_once_with_its_last_value(
    bench: Open, project: Project
) -> None:
    """Seven days, ten million iterations: under 0.3 s, the best of five."""
    last = long_history.write_week(project.path / "model" / "history", time.time())
    engine = FakeEngine(project.path)
    async with bench(project.path, "train", size=WIDE) as b:
        await b.sees(f"A {last[0]:.4g}")
        await b.sees(f"B {last[1]:.4g}")
        times = []
        for _ in range(5):
            await b.press("1")
            b.app.session.curve = EMPTY
            start = time.monotonic()
            b.app.action_train()
            while not chart_of(b)._curves[0] if b.app.current_mode == "train" else True:
                await b.pilot.pause(0.005)
            times.append(time.monotonic() - start)
        assert min(times) < 0.3
        start = time.monotonic()
        await turned(b, *["up"] * 10)
        assert len(b.app.session.curve.seen) > 500, "finer where it is narrow"
    engine.vanish()


async def test_marks_stand_on_the_axis_with_their_words(bench: Open, project: Project) -> None:
    engine = train(project)
    async with bench(project.path, "train", size=WIDE) as b:
        await b.sees("4.2k learning_rate 1e-05")
        axis = next(line for line in b.lines() if "└" in line)
        assert axis.count("▴") == 2
        assert axis.index("▴") < axis.index("◆") < axis.rindex("▴")
        Diary(project.path / "model").mark("rollback", 8000, "back to 4000")
        await b.sees("8k back to 4000")
    engine.vanish()


async def test_losses_over_time_are_remembered(bench: Open, project: Project) -> None:
    engine = train(project)
    async with bench(project.path, "train", size=WIDE) as b:
        await b.sees("10k")
        await b.press("ctrl+x")
        clock = time.strftime("%H:%M", time.localtime(time.time() - 120))[:3]
        await b.until(lambda: clock in b.text().split("└")[1].splitlines()[1], "the time of day")
        assert b.app.session.view.time_axis
        await b.press("ctrl+x")
        await b.sees("10k")
    engine.vanish()


async def test_going_back_in_previews_shows_where_they_are_from(
    bench: Open, project: Project
) -> None:
    engine = train(project)
    for number in (2000, 8000):
        engine.preview(number, iteration=number, columns=["A", "A>B"])
    async with bench(project.path, "train", size=WIDE) as b:
        await b.sees("it 8 000")
        await turned(b, "up", "up")
        assert shown(b)[0] > 2000
        await turned(b, "left_square_bracket")
        await b.sees("it 2 000")
        await b.sees("at 2k")
        low, high = shown(b)
        assert low < 2000 < high, "the chart went along"
        assert "┊" in b.text()
        told = next(p for p in b.app.session.curve.seen if p.iteration == 2000)
        assert f"A {told.loss_a:.4g}" in b.lines()[1]
        await b.press("right_square_bracket")
        await b.until(lambda: "┊" not in b.text(), "no line at the newest")
    engine.vanish()


async def test_another_project_is_seen_whole(
    bench: Open, project: Project, tmp_workspace: Path
) -> None:
    engine = train(project)
    other = train(fake.make_project(tmp_workspace, "other"), 400)
    async with bench(project.path, "train", size=WIDE) as b:
        await b.sees("loss A")
        await turned(b, "up", "up", "left")
        b.app.open_project(other.folder.project, "train")
        await b.sees("iteration 400")
        await b.until(lambda: b.app.session.curve.points, "its losses")
        assert chart_of(b).window == Window()
        assert shown(b) == (20, 400)
    engine.vanish()
    other.vanish()


# --- runs ------------------------------------------------------------------------------------


async def test_two_runs_are_held_against_each_other(
    bench: Open, project: Project, tmp_workspace: Path
) -> None:
    first = train(project, batch=4)
    second = train(fake.make_project(tmp_workspace, "other"), 4000, batch=8, flip=0.0)
    async with bench(project.path, "train", size=WIDE) as b:
        await b.sees("loss A")
        await b.press("ctrl+e", "c")
        await b.sees("other")
        rows = b.app.screen.query_one(Rows)
        rows.select(f"{second.folder.project} ")
        await b.press("enter")
        await b.until(lambda: isinstance(b.app.screen, Compare), "the comparison")
        await b.sees("1: demo, all   2: other, all")
        await b.until(lambda: b.app.screen.query_one(Versus)._curves[1], "both curves")
        one, two = b.app.screen.query_one(Versus)._curves
        assert (one[-1].at, two[-1].at) == (8000, 4000)
        text = " ".join(b.text().split())
        assert "batch 4 8" in text
        assert "iterations 4" not in text, "only what differs"
        b.app.screen.query_one("#along", Choice).action_turn(1)
        await b.until(lambda: b.app.screen.query_one(Versus)._curves[1][-1].at < 1, "hours")
        one, two = b.app.screen.query_one(Versus)._curves
        assert one[-1].at == pytest.approx(399 / 3600, rel=0.01)
        b.app.screen.query_one("#side", Choice).action_turn(1)
        await b.until(lambda: b.app.screen.query_one(Versus)._curves[0][0].mean > 0.13, "side B")
    first.vanish()
    second.vanish()


async def test_one_run_alone_is_no_comparison(bench: Open, project: Project) -> None:
    engine = train(project)
    async with bench(project.path, "train", size=WIDE) as b:
        await b.sees("loss A")
        await b.press("ctrl+e", "c")
        await b.sees("320.0")
        await b.press("enter")
        await b.sees("That is one run")
    engine.vanish()


def test_a_session_goes_up_to_where_the_next_one_took_up(project: Project) -> None:
    train(project, 4000).end(State.STOPPED, 9, "stopped")
    diary = Diary(project.path / "model")
    diary.begin("later", 4000, batch=8, settings={"batch": 2})
    whole, later, first = runs.runs_of_project(project.path)
    assert (whole.session, whole.reached, whole.settings) == (None, 4000, {"batch": 2})
    assert [p.iteration for p in runs.points_of(first)][-1] == 4000
    assert runs.points_of(later) == []
    assert [name for name, *_ in runs.differing(first, later)] == ["batch"]


def test_a_night_between_two_jobs_is_no_training(project: Project) -> None:
    engine = FakeEngine(project.path)
    for n in range(1, 21):
        engine.train_to(20 * n, 1000.0 + n)
    for n in range(21, 41):
        engine.train_to(20 * n, 50_000.0 + n)
    found = runs.hours(engine.history and runs.history.read_level(engine.history.folder, 0, 0, 99))
    assert found[-1] == pytest.approx(39 / 3600)
    engine.vanish()


# --- acts ------------------------------------------------------------------------------------


async def test_a_training_is_asked_for_a_snapshot(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = train(project, 400)
    sent: list[str] = []
    monkeypatch.setattr("fstui.model.jobs.tell", lambda _folder, verb: sent.append(verb))
    async with bench(project.path, "train", size=WIDE) as b:
        await b.sees("loss A")
        await b.press("m", "n")
        await b.sees("A snapshot is made.")
        await b.press("m", "h")
        await b.sees("half the learning rate")
        assert sent == ["snapshot", "slower"]
        engine.end(State.DONE, 0, "trained")
        await b.sees("trained")
        await b.press("m")
        assert b.app.screen is b.app.room, "nobody is there to be asked"


async def test_the_form_of_changes_begins_with_what_was_changed_before(
    bench: Open, project: Project
) -> None:
    engine = train(project, 400, batch=4, learning_rate=3e-5)
    engine.folder.append("change", iteration=200, settings={"learning_rate": 1e-5})
    async with bench(project.path, "train", size=WIDE) as b:
        await b.sees("loss A")
        await b.press("m", "c")
        await b.sees("Change while it runs")
        assert b.app.screen.query_one("#set-learning_rate", Input).value == "1e-05"
        assert b.app.screen.query_one("#set-batch", Input).value == "4"
        assert not b.app.screen.query("#set-model"), "what can't change isn't asked"
        b.app.screen.submit()
        await b.sees("Nothing was changed")
    engine.vanish()


FACTS = {
    "recipe": {"model": "quick", "input_size": 64, "output_size": 64, "centring": "face",
               "coverage": 87.5, "mask": "hull", "weights_from": ""},
    "parts": {"encoder": 1000, "decoder_a": 500, "decoder_b": 500},
    "checkpoints": [
        {"set": f"{n:09d}-abcd", "iteration": n, "saved": "2026-11-27T10:00:00", "loss_a": 0.02,
         "loss_b": 0.03, "seconds": 9.0, "bytes": 200_000_000, "best": n == 250}
        for n in (750, 500, 250)
    ],
    "snapshots": [],
}  # fmt: skip


@pytest.fixture
def sets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The engine has three sets; what it was told to go back to."""
    gone_back: list[str] = []

    def restore(_path: Path, name: str) -> str:
        if gone_back:
            raise BadInput("There is no such set any more.")
        gone_back.append(name)
        return "Training goes on from iteration 250."

    monkeypatch.setattr("fstui.rooms.sets.ask", lambda *_: FACTS)
    monkeypatch.setattr(trained, "restore", restore)
    return gone_back


async def test_the_model_goes_back_to_a_set_after_a_question(
    bench: Open, project: Project, sets: list[str]
) -> None:
    train(project, 400, freeze="encoder").end(State.DONE, 0, "trained")
    async with bench(project.path, "train", size=WIDE) as b:
        await b.sees("trained")
        await b.press("ctrl+e", "m")
        await b.sees("encoder 1 000, decoder_a 500")
        await b.sees("frozen     encoder")
        await b.press("G", "enter")
        await b.sees("2 newer sets (400.0 MB) go to trash/")
        await b.press("enter")
        await b.until(lambda: isinstance(b.app.screen, ModelSets), "the safe answer is the first")
        assert not sets
        await b.press("enter", "y")
        await b.sees("Training goes on from iteration 250.")
        assert sets == ["000000250-abcd"]
        await b.until(lambda: not isinstance(b.app.screen, Confirm), "the sets")
        await b.press("enter", "y")
        await b.sees("There is no such set any more.")
        assert "000000750-abcd" in b.text(), "the list stays"


@pytest.mark.parametrize(("readonly", "why"), [(True, "read-only"), (False, "stop the training")])
async def test_what_keeps_a_model_from_going_back_is_said(
    bench: Open, project: Project, sets: list[str], readonly: bool, why: str
) -> None:
    engine = train(project, 400)
    async with bench(project.path, "train", size=WIDE, readonly=readonly) as b:
        await b.sees("loss A")
        await b.press("ctrl+e", "m")
        await b.sees("000000250-abcd")
        assert why in b.text()
        await b.press("G", "enter")
        assert not isinstance(b.app.screen, Confirm)
        assert not sets
    engine.vanish()


async def test_without_a_device_that_is_said(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fstui.model.machine.nvml", lambda: None)
    engine = train(project, 400)
    async with bench(project.path, "train") as b:
        await b.sees("no NVIDIA GPU")
        assert "memory" in b.text()
    engine.vanish()


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_what_lies_over_the_room_fits(
    bench: Open, project: Project, sets: list[str], size: tuple[int, int]
) -> None:
    """In ASCII too."""
    engine = train(project, 400)
    async with bench(project.path, "train", size=size, ascii_only=True) as b:
        await b.sees("loss A")
        for key, words in (("s", "EGs/s"), ("c", "EGs/s"), ("m", "decoder_b 500")):
            await b.press("ctrl+e", key)
            await b.sees(words)
            assert b.text().isascii()
            await b.press("escape")
        await b.press("ctrl+e", "c")
        await b.sees("320.0")
        await b.press("j", "enter")
        await b.until(lambda: isinstance(b.app.screen, Compare), "the comparison")
        await b.until(lambda: b.app.screen.query_one(Versus)._curves[0], "the curves")
        await b.sees("Both were trained with the same settings.")
        assert b.app.screen.query_one(Versus).size.height >= 5
        assert b.text().isascii()
    engine.vanish()
