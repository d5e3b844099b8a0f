"""Makes docs/rooms/ROOM-WIDTHxHEIGHT.svg: every room of the workbench at 80x24 and 200x50.

    python docs/pictures.py [PROJECT]

With PROJECT (a folder, as the demo leaves one) it shows that project; without one a made-up one.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from picture import PATIENCE_S, ROOT, made_up

SIZES = ((80, 24), (200, 50))
SHOWN = ROOT / "docs" / "rooms"


async def draw(project: Path, room: str, size: tuple[int, int]) -> str:
    """One room as SVG."""
    from fstui.app import FstuiApp
    from fstui.model.session import Session
    from fstui.settings import UserSettings
    from fstui.state import UiState

    session = Session(project.parent, UiState(), UserSettings(), readonly=True)
    if room != "home":
        session.open(project)
        session.view.room = room
    app = FstuiApp(session, remote=False)
    async with app.run_test(size=size) as pilot:
        if room not in ("home", session.view.room):
            app.enter(room)
        await pilot.pause(PATIENCE_S)
        return app.export_screenshot(title=f"fstui: {room}")


def main(arguments: list[str]) -> None:
    """Write them all."""
    sys.path.insert(0, str(ROOT))
    os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
    os.environ.pop("NO_COLOR", None)
    from fstui.app import FstuiApp

    SHOWN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"FSTUI_CONFIG": folder, "FSTUI_STATE": folder, "FSTUI_CACHE": folder}
        workspace = Path(folder) / "films"
        project = Path(arguments[0]).resolve() if arguments else made_up(workspace)
        for room in FstuiApp.MODES:
            for width, height in SIZES:
                aim = SHOWN / f"{room}-{width}x{height}.svg"
                aim.write_text(asyncio.run(draw(project, room, (width, height))), "utf-8")
                print(f"{aim}: {aim.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
