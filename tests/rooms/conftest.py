"""The workbench under Textual's pilot, on a workspace of its own."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from workbench import Bench, Open

from fstui import keymap, places
from fstui.app import FstuiApp
from fstui.model.session import Session
from fstui.settings import UserSettings
from fstui.state import UiState


@pytest.fixture
def uncollected() -> Iterator[None]:
    """What there was before a test is left out of the collector's rounds, as the program does as it
    starts: after hundreds of tests they take as long as what is measured."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


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
        state: UiState | None = None,
        before: Callable[[FstuiApp], Awaitable[None]] | None = None,
    ) -> AsyncIterator[Bench]:
        seen = state or UiState()
        session = Session(tmp_workspace, seen, UserSettings(poll_s=0.1), readonly=readonly)
        if project is not None:
            session.open(project)
            session.view.room = room
        app = FstuiApp(session, ascii_only=ascii_only)
        async with app.run_test(size=size, notifications=True) as pilot:
            yield Bench(app, pilot)
        keymap.use({})
        bugs = places.state_folder() / "fstui.log"
        assert not bugs.exists(), f"a thread met a bug: {bugs.read_text()}"

    return opened
