"""Makes docs/rooms/NAME-WIDTHxHEIGHT.svg: every room and dialogue of the workbench at 80x24 and
200x50.

    python docs/pictures.py [PROJECT] [--only NAME...]

With PROJECT (a folder, as the demo leaves one) it shows a copy of that project; without one a
made-up one, in which there is nothing to open for the dialogues about faces and footage.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from picture import PATIENCE_S, ROOT, made_up

SIZES = ((80, 24), (200, 50))
SHOWN = ROOT / "docs" / "rooms"
ENGINE_S = 25.0
"""Time for what the engine has to load its networks for."""


class View(NamedTuple):
    """What is shown: a room, or what some keys open over it."""

    name: str
    room: str
    keys: tuple[str, ...] = ()
    wait_s: float = PATIENCE_S


DIALOGUES = (
    View("new", "home", ("plus",)),
    View("manage", "home", ("m",)),
    View("workspaces", "home", ("X",)),
    View("doctor", "home", ("d",)),
    View("palette", "home", ("colon",)),
    View("add", "project", ("a",)),
    View("people", "project", ("p",)),
    View("extract-settings", "faces", ("s",)),
    View("sort", "faces", ("S",)),
    View("histograms", "faces", ("H",)),
    View("source-frame", "faces", ("F",), ENGINE_S),
    View("editor", "faces", ("E",), ENGINE_S),
    View("train-settings", "train", ("s",)),
    View("augmentations", "train", ("i",), ENGINE_S),
    View("sessions", "train", ("ctrl+e", "s")),
    View("compare", "train", ("ctrl+e", "c")),
    View("model", "train", ("ctrl+e", "m")),
    View("jump", "train", ("apostrophe",)),
    View("help", "train", ("question_mark",)),
    View("convert-settings", "convert", ("r",), ENGINE_S),
    View("shots", "convert", ("C",)),
    View("tools", "convert", ("V",)),
    View("report", "convert", ("W",)),
    View("worst-frame", "convert", ("W", "enter"), ENGINE_S),
    View("jobs", "log", ("number_sign",)),
    View("film", "media", ("down", "enter"), ENGINE_S),
    View("contact-sheet", "media", ("down", "b"), ENGINE_S),
    View("presets", "settings", ("m",)),
)


def views() -> tuple[View, ...]:
    """Every room, then what opens over them."""
    from fstui.app import FstuiApp

    return (*(View(room, room) for room in FstuiApp.MODES), *DIALOGUES)


async def draw(project: Path, view: View, size: tuple[int, int]) -> str:
    """One view as SVG."""
    from fstui.app import FstuiApp
    from fstui.model.session import Session
    from fstui.settings import UserSettings
    from fstui.state import UiState

    session = Session(project.parent, UiState(), UserSettings())
    if view.room != "home":
        session.open(project)
        session.view.room = view.room
    app = FstuiApp(session, remote=False)
    async with app.run_test(size=size) as pilot:
        if view.room not in ("home", session.view.room):
            app.enter(view.room)
        await pilot.pause(PATIENCE_S)
        before = ""
        for key in view.keys:
            before = app.export_screenshot(title=f"fstui: {view.name}")
            await pilot.press(key)
            await pilot.pause(1.0)
        if view.keys:
            await pilot.pause(view.wait_s)
        shown = app.export_screenshot(title=f"fstui: {view.name}")
        if view.keys and shown == before:
            print(f"{view.name}: nothing opens in this project", file=sys.stderr)
        return shown


def arguments() -> argparse.Namespace:
    """The project and which views."""
    parser = argparse.ArgumentParser(description="pictures of all rooms and dialogues")
    parser.add_argument("project", nargs="?", type=Path, help="a folder as the demo leaves one")
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME", help="these views alone")
    asked = parser.parse_args()
    if unknown := set(asked.only) - {view.name for view in views()}:
        parser.error(f"there is no view called {', '.join(sorted(unknown))}")
    return asked


def main() -> None:
    """Write them."""
    sys.path.insert(0, str(ROOT))
    asked = arguments()
    os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
    os.environ.pop("NO_COLOR", None)
    SHOWN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"FSTUI_CONFIG": folder, "FSTUI_STATE": folder, "FSTUI_CACHE": folder}
        workspace = Path(folder) / "films"
        if asked.project:
            project = workspace / asked.project.resolve().name
            shutil.copytree(asked.project, project)
        else:
            project = made_up(workspace)
        for view in views():
            if asked.only and view.name not in asked.only:
                continue
            for width, height in SIZES:
                aim = SHOWN / f"{view.name}-{width}x{height}.svg"
                aim.write_text(asyncio.run(draw(project, view, (width, height))), "utf-8")
                print(f"{aim}: {aim.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
