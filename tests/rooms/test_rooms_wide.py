"""Where a terminal has 200 columns, faces, training and conversion stand side by side."""

from __future__ import annotations

from pathlib import Path

import faces_project
import fake
import pytest
from textual.geometry import Region
from workbench import Bench, Open

from engine.protocol import State
from fstui.model.faceviews import Place
from fstui.rooms import facelook
from fstui.rooms.browser import Browser
from fstui.rooms.facelook import FaceLook
from fstui.widgets.chart import Chart
from fstui.widgets.grid import Grid

WIDE = (200, 50)


def region_of(b: Bench, selector: str) -> Region:
    """Where a part of the screen is."""
    return b.app.screen.query_one(selector).region


async def test_three_rooms_stand_side_by_side(bench: Open, tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    faces_project.add_faces(project, 12)
    engine = fake.FakeEngine(project.path)
    engine.train_to(20)
    async with bench(project.path, size=WIDE) as b:
        await b.until(lambda: len(b.app.screen.query_one(Grid)) == 12, "the faces")
        await b.sees("iteration 20")
        await b.until(lambda: b.app.session.curve.points, "the losses")
        tops = {region_of(b, name).y for name in ("#beside-extract", "#beside-train")}
        tops |= {region_of(b, "#beside-convert").y}
        assert len(tops) == 1
        before = b.app.session.curve
        engine.train_to(40)
        await b.until(lambda: b.app.session.curve is not before, "losses that come")
        await b.sees("iteration 40")
        title = next(row for row in b.lines()[12:] if "3 Train" in row)
        y = b.lines().index(title)
        await b.pilot.click(offset=(title.index("3 Train") + 3, y))
        await b.until(lambda: b.app.current_mode == "train", "the train room")
    engine.end(State.DONE, 0, "done")


async def test_looking_from_there_leaves_the_rooms_cursor(bench: Open, tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    faces_project.add_faces(project, 12)
    async with bench(project.path, size=WIDE) as b:
        b.app.session.view.faces.face = 7
        b.app.session.view.faces.filter = "blur>0"
        await b.until(lambda: b.app.screen.query(Grid), "the panes")
        await b.until(lambda: len(b.app.screen.query_one(Grid)) > 0, "the faces")
        assert b.app.session.view.faces.face == 7
        assert b.app.screen.focused is not None
        assert b.app.screen.focused.id == "sources"
        await b.press("tab", "tab")
        assert not isinstance(b.app.screen.focused, Grid), "it is there to be looked at"


async def test_less_room_takes_them_away_and_more_brings_them(
    bench: Open, tmp_workspace: Path
) -> None:
    project = fake.make_project(tmp_workspace)
    async with bench(project.path) as b:
        await b.sees("Target")
        assert not b.app.screen.query(Chart)
        await b.pilot.resize_terminal(*WIDE)
        await b.until(lambda: b.app.screen.query(Chart), "side by side")
        await b.sees("No losses yet.")
        await b.pilot.resize_terminal(80, 24)
        await b.until(lambda: "No losses yet." not in b.text(), "one room again")
        await b.sees("Next: press")
        for number in range(20):
            await b.pilot.resize_terminal(*(WIDE if number % 2 else (199, 50)))
        await b.sees("No losses yet.")


async def test_the_engine_is_not_asked_for_a_picture_that_is_not_shown(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[int]] = []

    def places(_project: Path, faces: list[int]) -> dict[int, Place]:
        asked.append(faces)
        return {}

    monkeypatch.setattr(facelook, "places", places)
    monkeypatch.setattr(facelook, "REST_S", 0.01)
    project = fake.make_project(tmp_workspace)
    faces_project.add_faces(project, 12)
    async with bench(project.path, size=WIDE) as b:
        await b.until(lambda: b.app.screen.query(Grid), "the panes")
        browser = b.app.screen.query_one(Browser)
        await b.until(lambda: browser.current is not None, "the face under the cursor")
        look = browser.query_one(FaceLook)
        assert look._wanted
        assert look._due is None
        look.styles.display = "block"
        await b.until(lambda: asked, "somebody sees it now")
