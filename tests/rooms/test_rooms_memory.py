"""Where one was comes back: cursor and filter of each room's list, in the next workbench too."""

from __future__ import annotations

from pathlib import Path

import fake
import pytest
from workbench import Bench, Open

from engine.protocol import State
from fstui import state
from fstui.app import FstuiApp
from fstui.model.session import Session
from fstui.settings import UserSettings
from fstui.widgets.filter import Filter
from fstui.widgets.rows import Rows


async def leave_and_come_back(workspace: Path, project: Path, room: str) -> tuple[str, str | None]:
    """Filter and row of a room in a second workbench, which reads what the first one wrote."""
    session = Session(workspace, state.load(), UserSettings(poll_s=0.1))
    session.open(project)
    async with FstuiApp(session).run_test(size=(100, 30)) as pilot:
        pilot.app.enter(room) if room != "home" else pilot.app.action_home()
        bench = Bench(pilot.app, pilot)
        await bench.until(lambda: is_there(pilot.app, room), room)
        await bench.until(lambda: pilot.app.screen.query_one(Filter).text, "the filter")
        await bench.until(lambda: rows_of(pilot.app).index, "the row")
        return pilot.app.screen.query_one(Filter).text, rows_of(pilot.app).key


def is_there(app: FstuiApp, room: str) -> bool:
    """Whether a room is shown and made."""
    return getattr(app.screen, "room", "") == room and app.screen.is_mounted


def rows_of(app: FstuiApp) -> Rows:
    """The room's list."""
    return app.screen.query_one("#body > Rows", Rows)


@pytest.mark.parametrize("room", ["home", "queue", "settings"])
async def test_row_and_filter_of_a_room_come_back(
    bench: Open, tmp_workspace: Path, room: str
) -> None:
    project = fake.make_project(tmp_workspace)
    for name in ("dennis", "denise", "anna"):
        engine = fake.FakeEngine(fake.make_project(tmp_workspace, name).path)
        engine.end(State.DONE, 0, "done")
    async with bench(project.path) as b:
        await b.sees("Target")
        b.app.enter(room) if room != "home" else b.app.action_home()
        await b.until(lambda: is_there(b.app, room), room)
        await b.until(lambda: len(rows_of(b.app)) > 2, "a list")
        await b.press("slash", "e", "enter")
        await b.until(lambda: b.app.screen.query_one(Filter).text == "e", "a filter")
        await b.press("down", "down")
        row = rows_of(b.app)
        assert row.index == 2
        key = row.key
        await b.press("1") if room != "home" else None
        b.app.action_leave()
    assert await leave_and_come_back(tmp_workspace, project.path, room) == ("e", key)


@pytest.mark.parametrize(("room", "shown"), [("log", "raw log"), ("media", "target.png")])
async def test_each_project_has_its_own_filter(
    bench: Open, tmp_workspace: Path, room: str, shown: str
) -> None:
    one, other = (fake.make_project(tmp_workspace, name) for name in ("one", "other"))
    async with bench(one.path, room) as b:
        await b.sees(shown)
        await b.press("slash", "w", "enter")
        b.app.open_project(other.path, room)
        await b.until(lambda: b.app.screen.query_one(Filter).text == "", "nothing filtered")
        b.app.open_project(one.path, room)
        await b.until(lambda: b.app.screen.query_one(Filter).text == "w", "filtered again")
