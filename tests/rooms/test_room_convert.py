"""The convert room: timeline, ranges, shots, report, models; what is offered when."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import fake
import pytest
from fake import FakeEngine
from PIL import Image
from target_project import add_clip, add_result
from textual.widgets import Input
from workbench import Bench, Open

from engine.convert.request import Request
from engine.convert.shots import begin_shots, read_shots, remove_shot
from engine.errors import NoSpace
from engine.project import Project
from engine.protocol import State
from engine.settings import listed
from fstui.model import cuts, pairs, preferences, preview, segments
from fstui.model.preview import Looked
from fstui.rooms import cast as cast_module
from fstui.rooms.choice import Choice
from fstui.rooms.report import ReportView
from fstui.rooms.shots import ShotForm, Shots
from fstui.rooms.start import StartForm
from fstui.rooms.tune import TuneForm
from fstui.rooms.worstframe import WorstFrame
from fstui.threads import in_thread
from fstui.widgets.picture import Picture
from fstui.widgets.timeline import Timeline


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    """With a model and a clip of 40 frames in the target."""
    made = fake.make_project(tmp_workspace)
    fake.add_faces(made)
    add_clip(made, "take", 40)
    (made.path / "model").mkdir(exist_ok=True)
    (made.path / "model" / "latest").write_text("000000500-abcd")
    return made


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What was asked of the preview, whose answers are a grey picture."""
    requests: list[Request] = []
    path = tmp_path / "look.jpg"
    Image.new("RGB", (96, 48), (120, 120, 120)).save(path)

    def look(_project: Project, request: Request) -> Looked:
        requests.append(request)
        frames = request.frames or [20]
        return Looked(str(path), "take", ["take"], frames, 40, 0, 0, "iteration 500", 0.1)

    monkeypatch.setattr(preview, "look", look)
    return requests


async def to_clip(b: Bench) -> Timeline:
    """Wait for the timeline, and go to it."""
    await b.sees("take.mp4 frame 1 of 40")
    timeline = b.app.screen.query_one(Timeline)
    timeline.focus()
    return timeline


def convert_settings(project: Project) -> dict[str, Any]:
    return Project.open(project.path).settings("convert")


# --- the timeline ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (200, 50)])
async def test_faces_shots_and_worst_frames_stand_on_the_timeline(
    bench: Open, project: Project, size: tuple[int, int]
) -> None:
    add_result(project)
    async with bench(project.path, "convert", size=size, ascii_only=True) as b:
        timeline = await to_clip(b)
        columns = timeline.content_size.width
        await b.sees(" >take")
        at = next(n for n, line in enumerate(b.lines()) if line.startswith(" >take"))
        bar, faces, marks = (line[19 : columns + 1] for line in b.lines()[at : at + 3])
        assert marks.count("!") == 2
        assert set(bar.strip()) == {"#"}, "all of it is converted"
        assert abs(faces.count("#") - (columns - 18) / 2) <= 2, "faces in the first half"
        await b.press("pagedown")
        said = (
            "take.mp4 frame 3 of 40, 0:00.080: person 0; is swapped; converted at iteration 500; "
            "among the worst: sharpness"
        )
        await b.until(lambda: said in " ".join(b.text().split()), said)


async def test_a_range_is_chosen_left_out_and_taken_back(bench: Open, project: Project) -> None:
    async with bench(project.path, "convert") as b:
        timeline = await to_clip(b)
        await b.press(*["right"] * 4, "space", *["right"] * 5)
        await b.sees("R takes 5 to 10")
        await b.press("R")
        await b.until(lambda: convert_settings(project) == {"frames": "5-10"}, "written")
        await b.until(lambda: timeline.clip and timeline.clip.chosen == ((4, 10),), "shown")
        await b.press("home")
        await b.sees("frame 1 of 40, 0:00.000: person 0; left out")
        await b.press("u")
        await b.until(lambda: convert_settings(project) == {}, "taken back")
        await b.press("U")
        await b.until(lambda: convert_settings(project) == {"frames": "5-10"}, "again")
        await b.until(lambda: timeline.clip and timeline.clip.chosen == ((4, 10),), "shown again")
        await b.press("A")
        await b.until(lambda: convert_settings(project) == {}, "all of them")


async def test_choices_are_taken_back_in_the_order_of_the_keys(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is slower than the keys: the first write waits until all were pressed."""
    written, pressed, choose = list[str](), threading.Event(), segments.choose

    def slow(project: Project, values: dict[str, str]) -> dict[str, str]:
        assert pressed.wait(10)
        written.append(values.get("frames", ""))
        return choose(project, values)

    monkeypatch.setattr(segments, "choose", slow)
    async with bench(project.path, "convert") as b:
        await to_clip(b)
        await b.press("space", "right", "R", "space", "right", "right", "R", "u", "u", "U")
        pressed.set()
        await b.until(lambda: len(written) == 5, "all are written")
        assert written == ["1-2", "2-4", "1-2", "", "1-2"]
        await b.until(lambda: len(b.app.screen._undo) == 1, "the steps say the same")
    assert convert_settings(project) == {"frames": "1-2"}


async def test_an_undo_that_cannot_be_written_can_be_tried_again(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(project.path, "convert") as b:
        await to_clip(b)
        await b.press("space", "right", "R")
        await b.until(lambda: convert_settings(project) == {"frames": "1-2"}, "written")
        await b.until(lambda: len(b.app.screen._undo) == 1, "it can be taken back")

        def full(_project: Project, _values: dict[str, str]) -> dict[str, str]:
            raise NoSpace("The disk is full.")

        with monkeypatch.context() as patched:
            patched.setattr(segments, "choose", full)
            await b.press("u")
            await b.sees("The disk is full.")
        await b.press("u")
        await b.until(lambda: convert_settings(project) == {}, "taken back")


async def test_a_choice_for_one_project_is_not_written_into_the_next(
    bench: Open, project: Project, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = fake.make_project(tmp_workspace, "other")
    add_clip(other, "take", 40)
    opened, choose = threading.Event(), segments.choose

    def slow(project: Project, values: dict[str, str]) -> dict[str, str]:
        assert opened.wait(10)
        return choose(project, values)

    monkeypatch.setattr(segments, "choose", slow)
    async with bench(project.path, "convert") as b:
        await to_clip(b)
        await b.press("space", "right", "R")
        b.app.open_project(other.path, "convert")
        await b.until(lambda: b.app.session.project.path == other.path, "the other")
        await to_clip(b)
        opened.set()
        await b.until(lambda: convert_settings(project) == {"frames": "1-2"}, "written")
        await b.pilot.pause()
        assert len(b.app.screen._undo) == 0
        assert "are swapped now" not in b.text()
    assert convert_settings(other) == {}


async def test_leaving_writes_what_was_chosen(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, leaves, choose = threading.Event(), threading.Event(), segments.choose

    def slow(project: Project, values: dict[str, str]) -> dict[str, str]:
        began.set()
        assert leaves.wait(10)
        return choose(project, values)

    monkeypatch.setattr(segments, "choose", slow)
    async with bench(project.path, "convert") as b:
        await to_clip(b)
        await b.press("space", "right", "R")
        b.app.screen.choose({"frames": "7-9"})
        await b.until(began.is_set, "it is being written")
        asyncio.get_running_loop().call_later(0.01, leaves.set)
    assert convert_settings(project) == {"frames": "7-9"}


async def test_a_range_of_one_of_several_clips_leaves_the_others_out(
    bench: Open, project: Project
) -> None:
    add_clip(project, "other", 30, people=2)
    async with bench(project.path, "convert") as b:
        await to_clip(b)
        await b.press("down")
        await b.sees("other.mp4 frame 1 of 30, 0:00.000: person 0, person 1")
        await b.press("space", "right", "R")
        wanted = {"frames": "1-2", "clips": "other.mp4"}
        await b.until(lambda: convert_settings(project) == wanted, "written")
        await b.press("up")
        await b.sees("take.mp4 frame 2 of 40, 0:00.040: person 0; left out")


async def test_a_clip_with_a_comma_in_its_name_is_one_clip(bench: Open, project: Project) -> None:
    add_clip(project, "x,y", 30)
    async with bench(project.path, "convert") as b:
        await to_clip(b)
        await b.press("down")
        await b.sees("x,y.mp4 frame 1 of 30")
        await b.press("space", "right", "R")
        said = "Only frames 1-2 of x,y.mp4 are swapped now"
        await b.until(lambda: any(said in n.message for n in b.app._notifications), said)
        assert listed(convert_settings(project)["clips"]) == ["x,y.mp4"]
        await b.press("right")
        await b.sees("x,y.mp4 frame 3 of 30, 0:00.080: person 0; left out")
        await b.press("left")
        await b.until(lambda: "left out" not in b.text(), "frame 2 is swapped")


async def test_a_clip_that_got_shorter_forgets_the_mark_behind_its_end(
    bench: Open, project: Project
) -> None:
    async with bench(project.path, "convert") as b:
        timeline = await to_clip(b)
        await b.press("end", "space")
        assert timeline.mark == 39
        timeline.show([timeline.clip._replace(frames=20)])
        assert (timeline.mark, timeline.frame) == (None, 19)
        assert timeline.paint(80, 5)
        timeline.action_mark()
        timeline.show([timeline.clip._replace(frames=30)])
        assert timeline.mark == 19, "it is in the clip still"


async def test_enter_looks_at_the_frame_under_the_cursor(
    bench: Open, project: Project, asked: list[Request]
) -> None:
    async with bench(project.path, "convert") as b:
        await to_clip(b)
        await b.press("right", "right", "enter")
        await b.sees("ame 3 of 40, iteration 500")
        assert (asked[0].clip, asked[0].frames, asked[0].near) == ("take", [3], True)


async def test_readonly_shows_the_timeline_and_changes_nothing(
    bench: Open, project: Project
) -> None:
    async with bench(project.path, "convert", readonly=True) as b:
        await to_clip(b)
        await b.press("space", "right", "R", "C")
        await b.sees("frame 2 of 40")
        assert not isinstance(b.app.screen, Shots)
        assert convert_settings(project) == {}


async def test_an_unextracted_target_names_the_next_step(bench: Open, tmp_workspace: Path) -> None:
    empty = fake.make_project(tmp_workspace)
    async with bench(empty.path, "convert") as b:
        await b.sees("once they are extracted (2, then s)")


async def test_a_long_target_is_told_and_moved_over_at_once(
    bench: Open, tmp_workspace: Path
) -> None:
    long = fake.make_project(tmp_workspace)
    add_clip(long, "take", 200_000)
    async with bench(long.path, "convert") as b:
        await b.sees("take.mp4 frame 1 of 200000")
        timeline = b.app.screen.query_one(Timeline)
        timeline.focus()
        best = 1.0
        for _ in range(5):
            began = time.perf_counter()
            timeline.action_move(1)
            timeline.paint(80, 5)
            best = min(best, time.perf_counter() - began)
        assert best < 0.05


# --- people, progress ------------------------------------------------------------------------


async def test_missing_consent_names_the_key_that_records_it(bench: Open, project: Project) -> None:
    project.remove_person("b")
    async with bench(project.path, "convert") as b:
        await b.sees("! B is not recorded: p records it")
        await b.press("p")
        await b.sees("B, who is put in")


async def test_the_last_frame_is_told_before_and_after(bench: Open, project: Project) -> None:
    engine = FakeEngine(project.path, "convert")
    engine.work_to(10, 40, media="take")
    engine.preview(9, frame=9, media="take", columns=["before", "after"])
    async with bench(project.path, "convert") as b:
        await b.sees("before after · take frame 9")
        await b.sees("10 of 40 frames")
        assert "people:" not in b.text()
        engine.end(State.DONE, 0, "converted")
        await b.sees("people: A: the man")


# --- the form --------------------------------------------------------------------------------


async def test_what_differs_is_marked_and_goes_back(bench: Open, project: Project) -> None:
    async with bench(project.path, "convert") as b:
        await b.until(lambda: "s start" in b.text(), "s")
        await b.press("s")
        await b.until(lambda: isinstance(b.app.screen, StartForm), "the form")
        form = b.app.screen
        form.query_one("#set-erosion", Input).focus()
        await b.press("end", "5")
        await b.sees("* erosion")
        await b.until(lambda: "[else 0]" in b.text().replace("\n", " "), "what it is else")
        form.query_one("#set-grain", Input).value = "30"
        form.query_one("#set-colour", Choice).put("mkl")
        await b.press("ctrl+z")
        await b.until(lambda: "* erosion" not in b.text(), "one back")
        assert form.accept() == {"grain": 30.0, "colour": "mkl"}
        await b.press("ctrl+y", "d")
        await b.until(lambda: form.accept() == {}, "all back")


async def test_before_and_after_take_turns_in_one_place(
    bench: Open, project: Project, asked: list[Request]
) -> None:
    async with bench(project.path, "convert") as b:
        await to_clip(b)
        await b.press("r")
        await b.sees("before, after: take")
        await b.press("ctrl+n")
        await b.sees("before: take")
        await b.press("ctrl+n")
        await b.sees("after: take")
        assert [r.show for r in asked] == ["both", "before", "swap"]
        assert all(r.close for r in asked)
        await b.press("ctrl+l")
        await b.sees("before, after: take")


async def test_models_are_given_to_people_by_a_form(
    bench: Open, project: Project, tmp_workspace: Path
) -> None:
    add_clip(project, "two", 20, people=2)
    async with bench(project.path, "convert") as b:
        await b.until(lambda: "s start" in b.text(), "s")
        await b.press("s")
        await b.until(lambda: isinstance(b.app.screen, TuneForm), "the form")
        form = b.app.screen
        await b.press("ctrl+t")
        await b.sees("30 faces, first in take")
        await b.press("tab", "tab")
        b.app.screen.query_one("#cast-1", Choice).put("demo:a")
        await b.press("enter")
        await b.until(lambda: b.app.screen is form, "back")
        assert form.query_one("#set-models", Input).value == "1=demo:a"


async def test_the_form_keeps_whom_and_what_it_cannot_show(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cast_module, "MOST_PEOPLE", 1)
    add_clip(project, "two", 20, people=2)
    preferences.change(project, "convert.models", "0=gone,1=demo:a")
    async with bench(project.path, "convert") as b:
        await b.until(lambda: "s start" in b.text(), "s")
        await b.press("s")
        await b.until(lambda: isinstance(b.app.screen, TuneForm), "the form")
        form = b.app.screen
        await b.press("ctrl+t")
        await b.sees("gone")
        assert not b.app.screen.query("#cast-1")
        await b.press("enter")
        await b.until(lambda: b.app.screen is form, "back")
        assert form.query_one("#set-models", Input).value == "0=gone,1=demo:a"


# --- shots -----------------------------------------------------------------------------------


async def test_shots_are_made_found_removed_and_taken_back(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuts, "ask", lambda *_words: [10, 25])
    async with bench(project.path, "convert") as b:
        await to_clip(b)
        await b.press(*["right"] * 4, "C")
        await b.sees("No shots: all frames have convert's settings.")
        await b.press("a")
        await b.until(lambda: isinstance(b.app.screen, ShotForm), "the form")
        b.app.screen.query_one("#set-blur", Input).value = "8"
        await b.press("ctrl+g")
        assert b.app.clipboard == "fstui shots demo take --from 5 --blur 8"
        await b.press("enter")
        await b.sees("5 blur 8")
        await b.press("B")
        await b.sees("2 cuts found.")
        await b.sees("26 as the job")
        await b.press("end", "delete")
        await b.until(lambda: "26 as the job" not in b.text(), "removed")
        await b.press("u")
        await b.sees("26 as the job")
        shots = read_shots(project)["take"]
        assert [(s.first, s.settings) for s in shots] == [(4, {"blur": 8.0}), (10, {}), (25, {})]
        await b.press("escape")
        await b.sees("shot from 5 (blur 8.0)")


async def test_shots_are_closed_when_all_is_written(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed = threading.Event()

    def slow(project: Project, clip: str, first: int) -> None:
        assert pressed.wait(10)
        remove_shot(project, clip, first)

    monkeypatch.setattr("fstui.rooms.shots.remove_shot", slow)
    begin_shots(project, "take", [4, 9])
    async with bench(project.path, "convert") as b:
        await to_clip(b)
        await b.press("C")
        await b.sees("10 as the job")
        await b.press("delete", "u", "delete", "escape")
        assert isinstance(b.app.screen, Shots)
        pressed.set()
        await b.until(lambda: not isinstance(b.app.screen, Shots), "closed")
        assert [s.first for s in read_shots(project)["take"]] == [9]


async def test_cuts_that_nobody_waits_for_any_more_change_nothing(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, closed, told = threading.Event(), threading.Event(), threading.Event()

    def find(*_words: str) -> list[int]:
        asked.set()
        assert closed.wait(10)
        return [10, 25]

    look = Shots._look_for_cuts.__wrapped__

    def looked(screen: Shots) -> None:
        try:
            look(screen)
        finally:
            told.set()

    monkeypatch.setattr(cuts, "ask", find)
    monkeypatch.setattr(Shots, "_look_for_cuts", in_thread()(looked))
    async with bench(project.path, "convert") as b:
        await to_clip(b)
        await b.press("C", "B")
        await b.until(asked.is_set, "asked")
        await b.press("B")  # one look at a time
        await b.press("escape")
        await b.until(lambda: not isinstance(b.app.screen, Shots), "closed")
        closed.set()
        await b.until(told.is_set, "the engine has answered")
    assert read_shots(project) == {}


async def test_a_shots_field_that_is_as_in_the_job_is_not_kept(
    bench: Open, project: Project
) -> None:
    async with bench(project.path, "convert") as b:
        await to_clip(b)
        await b.press("C", "a")
        await b.until(lambda: isinstance(b.app.screen, ShotForm), "the form")
        form = b.app.screen
        assert not form.query("#set-crf"), "a codec can't change on the way"
        form.query_one("#set-blur", Input).value = "twenty"
        await b.press("enter")
        await b.sees("blur can't be 'twenty'")
        await b.press("ctrl+y", "d", "enter")
        await b.sees("1 as the job")


# --- the report ------------------------------------------------------------------------------


async def test_the_worst_frames_are_listed_and_shown(
    bench: Open, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []

    def ask(*words: str, patience_s: float | None = None) -> dict[str, Any]:
        asked.append(words)
        path = Path(words[-1]) / f"{len(asked)}.jpg"
        Image.new("RGB", (96, 48), (90, 120, 120)).save(path)
        return {"path": str(path), "source": 2}

    monkeypatch.setattr(pairs, "ask", ask)
    add_result(project)
    async with bench(project.path, "convert") as b:
        await to_clip(b)
        await b.until(lambda: "W report" in b.text(), "the key")
        await b.press("W")
        await b.sees("20 of 40 frames swapped, model iteration 500")
        await b.sees("median    1.500   worst twentieth    4.000")
        text = " ".join(b.text().split())
        assert "21 pose, degrees 9.250 1.500" in text
        assert "3 sharpness (the source: 1) 0.412 0.900" in text
        await b.press("enter")
        await b.sees("1 of 2: take frame 21, pose")
        await b.until(lambda: b.app.screen.query_one(Picture).path is not None, "the picture")
        assert asked[0][:5] == ("result-frame", str(project.path), "take", "20", "true")
        folder = Path(asked[0][-1])
        await b.press("right_square_bracket")
        await b.sees("2 of 2: take frame 3, sharpness")
        await b.until(lambda: len(asked) == 2, "asked")
        await b.press("ctrl+l")
        await b.until(lambda: asked[-1][4] == "false", "the whole frame")
        await b.press("escape")
        await b.until(lambda: isinstance(b.app.screen, ReportView), "the list")
        await b.press("escape")
        await b.until(lambda: not folder.exists(), "the pictures go")


async def test_pictures_are_a_result_too(bench: Open, project: Project) -> None:
    add_result(project)
    (project.path / "out" / "take.mp4").unlink()
    (project.path / "out" / "take").mkdir()
    async with bench(project.path, "convert", size=(140, 30)) as b:
        await b.sees("1 result: ")
        await b.until(lambda: "W report" in b.text(), "the key")
        await b.press("1")
        await b.sees("folder of pictures")


async def test_a_frame_that_is_gone_says_so(
    bench: Open, project: Project, tmp_workspace: Path
) -> None:
    add_result(project)
    async with bench(project.path, "convert") as b:
        await to_clip(b)
        await b.until(lambda: "W report" in b.text(), "the key")
        await b.press("W", "enter")
        await b.until(lambda: isinstance(b.app.screen, WorstFrame), "the frame")
        await b.sees("No picture.")
        await b.until(lambda: "take" in b.text() and "convert it" in b.text(), "why")
