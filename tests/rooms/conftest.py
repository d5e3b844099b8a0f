"""The workbench under Textual's pilot, on a workspace of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from fstui.app import FstuiApp
from fstui.model.session import Session
from fstui.settings import UserSettings
from fstui.state import UiState

PATIENCE_S = 15.0


class Bench:
    """A running workbench: its app, its pilot, and what is on the screen."""

    def __init__(self, app: FstuiApp, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot

    def text(self) -> str:
        """The screen's text."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    def lines(self) -> list[str]:
        """The screen's text by line."""
        return self.text().splitlines()

    async def until(self, true: Callable[[], object], what: str = "") -> None:
        """Wait until something is so; fails with the screen otherwise."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE_S
        while not true():
            assert loop.time() < end, f"never: {what}\n{self.text()}"
            await self.pilot.pause(0.05)

    async def sees(self, text: str) -> None:
        """Wait until a text is on the screen."""
        await self.until(lambda: text in self.text(), f"'{text}' on the screen")

    async def press(self, *keys: str) -> None:
        """Type."""
        await self.pilot.press(*keys)
        await self.pilot.pause()


Open = Callable[..., Any]


@pytest.fixture
def bench(tmp_workspace: Path) -> Open:
    """`async with bench(project) as b:` opens home, or a project in a room."""

    @asynccontextmanager
    async def opened(
        project: Path | None = None,
        room: str = "project",
        *,
        size: tuple[int, int] = (80, 24),
        readonly: bool = False,
        ascii_only: bool = False,
        before: Callable[[FstuiApp], Awaitable[None]] | None = None,
    ) -> AsyncIterator[Bench]:
        session = Session(tmp_workspace, UiState(), UserSettings(poll_s=0.1), readonly=readonly)
        if project is not None:
            session.open(project)
            session.view.room = room
        app = FstuiApp(session, ascii_only=ascii_only)
        async with app.run_test(size=size, notifications=True) as pilot:
            yield Bench(app, pilot)

    return opened
