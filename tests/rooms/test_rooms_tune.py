"""The form of convert with its preview: what it asks for, what it shows, that it starts nothing."""

from __future__ import annotations

from pathlib import Path

import fake
import pytest
from PIL import Image
from textual.widgets import Input
from workbench import Bench, Open

from engine.convert.request import Request
from engine.errors import NothingToDo
from engine.project import Project
from fstui.model import preview
from fstui.model.preview import Looked
from fstui.rooms.choice import Choice
from fstui.rooms.tune import Look, TuneForm, beside
from fstui.widgets.picture import Picture
from fstui.widgets.section import Heading


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    """With a model, so that converting can be asked for."""
    made = fake.make_project(tmp_workspace)
    fake.add_faces(made)
    (made.path / "model").mkdir(exist_ok=True)
    (made.path / "model" / "latest").write_text("000000500-abcd")
    return made


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What was asked of the engine, whose answers are a grey picture."""
    requests: list[Request] = []
    path = tmp_path / "look.jpg"
    Image.new("RGB", (96, 48), (120, 120, 120)).save(path)

    def look(_project: Project, request: Request) -> Looked:
        requests.append(request)
        if request.frames == [7]:
            raise NothingToDo("Frame 7 of take has no face that is swapped.")
        frames = request.frames or [30]
        last = frames[-1]
        clip = request.clip or "take"
        return Looked(
            str(path), clip, ["take", "other"], frames, 60, last - 1, last + 1, "iteration 500", 0.1
        )

    monkeypatch.setattr(preview, "look", look)
    return requests


async def opened(b: Bench) -> TuneForm:
    """The form, with its preview shown."""
    await b.until(lambda: "r preview" in b.lines()[-1], "the key of the preview")
    await b.press("r")
    await b.sees("ame 30 of 60, iteration 500")
    form = b.app.screen
    assert isinstance(form, TuneForm)
    return form


async def test_a_changed_setting_is_shown_at_once(
    bench: Open, project: Project, asked: list[Request]
) -> None:
    async with bench(project.path, "convert") as b:
        form = await opened(b)
        assert asked == [Request(show="both", close=True)]
        colour = form.query_one("#set-colour", Choice)
        colour.focus()
        await b.press("right")
        await b.until(lambda: len(asked) == 2, "asked again")
        assert asked[1].settings == {"colour": colour.value}
        assert asked[1].frames == [30]
        form.query_one("#set-erosion", Input).focus()
        await b.press("backspace", "1", "5")
        await b.until(lambda: asked[-1].settings.get("erosion") == 15.0, "the erosion")
        assert list((project.path / "jobs").glob("*convert*")) == []


async def test_a_path_that_is_being_typed_brings_nothing_into_the_project(
    bench: Open, project: Project, asked: list[Request], tmp_path: Path
) -> None:
    folder = tmp_path / "ann"
    folder.mkdir()
    Image.new("RGB", (8, 8)).save(folder / "1.png")
    async with bench(project.path, "convert") as b:
        form = await opened(b)
        form.query_one("#set-filter", Input).focus()
        form.query_one("#set-filter", Input).value = str(folder)
        await b.press("pagedown")
        await b.until(lambda: asked[-1].frames == [31], "the next frame")
        assert asked[-1].settings == {}
        assert not (project.path / "references").exists()
        await b.press("tab")
        await b.until(lambda: "filter" in asked[-1].settings, "the filter")
        assert asked[-1].settings["filter"].startswith("references/ann-")


async def test_other_frames_and_views(bench: Open, project: Project, asked: list[Request]) -> None:
    async with bench(project.path, "convert") as b:
        form = await opened(b)
        await b.press("pagedown")
        await b.sees("frame 31 of 60")
        await b.press("pageup")
        await b.sees("frame 30 of 60")
        await b.press("ctrl+l")
        await b.until(lambda: not asked[-1].close, "the whole frame")
        await b.press("ctrl+l")
        await b.sees("before, after, mask:")
        entry = form.query_one("#look-frames", Input)
        entry.focus()
        entry.value = "10,20"
        await b.sees("frame 10,20 of 60")
        await b.press("enter")
        await b.until(lambda: asked[-1].frames == [10, 20], "asked again")
        assert b.app.screen is form, "enter among the frames starts no conversion"
        entry.value = "ten"
        await b.sees("Frames can't be 'ten'")
        entry.value = "7"
        await b.sees("Frame 7 of take has no face")
        entry.value = "8"
        await b.sees("frame 8 of 60")
        await b.until(lambda: "has no face" not in b.text(), "the sentence goes")


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 50)])
async def test_every_field_can_be_seen_beside_the_picture(
    bench: Open, project: Project, asked: list[Request], size: tuple[int, int]
) -> None:
    async with bench(project.path, "convert", size=size) as b:
        form = await opened(b)
        inside = form.query_one(".dialog").content_region
        assert form.query_one(Picture).size.height >= 4
        for wanted in ("#accept", "#look-frames", ".dialog--problem"):
            assert inside.contains_region(form.query_one(wanted).region), wanted
        for field in form.query(".section--rows Input, .section--rows Choice"):
            field.focus()
            view = form.query_one(".dialog--fields").content_region
            await b.until(
                lambda at=field, view=view: view.contains_region(at.region), f"{field.id} in sight"
            )


async def test_arrows_go_from_field_to_field(
    bench: Open, project: Project, asked: list[Request]
) -> None:
    async with bench(project.path, "convert") as b:
        form = await opened(b)
        form.query_one("#set-colour").focus()
        await b.press("down", "down", "down")
        assert isinstance(form.focused, Heading)
        assert not form.focused.parent.query_one(".section--rows").display
        await b.press("enter", "down")
        assert form.focused is form.query(".section--rows Input, .section--rows Choice").first()


async def test_the_preview_is_put_away_and_costs_nothing_then(
    bench: Open, project: Project, asked: list[Request]
) -> None:
    async with bench(project.path, "convert") as b:
        form = await opened(b)
        await b.press("ctrl+r")
        await b.until(lambda: not form.query(Look), "the picture gone")
        await b.sees("ctrl+r preview")
        form.query_one("#set-erosion", Input).value = "12"
        await b.press("ctrl+r")
        await b.until(lambda: len(asked) == 2, "asked again")
        assert asked[1].settings == {"erosion": 12.0}


async def test_under_readonly_no_preview_is_started(
    bench: Open, project: Project, asked: list[Request]
) -> None:
    async with bench(project.path, "convert", readonly=True) as b:
        await b.sees("read-only")
        await b.press("r")
        assert not isinstance(b.app.screen, TuneForm)
    assert asked == []


def test_behind_a_clips_last_frame_comes_the_next_clip() -> None:
    made = Looked("x.jpg", "b", ["a", "b"], [9], 9, 8, 0, "iteration 500", 0.1)
    assert beside(made, 1) == ("a", 0)
    assert beside(made, -1) == ("b", 8)
