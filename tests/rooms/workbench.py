"""A running workbench as tests see it: keys in, the screen's text out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot

from fstui.app import FstuiApp

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
