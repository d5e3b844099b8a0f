"""Makes docs/fstui.svg, the picture in the README: the train room of a project.

    python docs/picture.py [PROJECT]

With PROJECT (a folder) it shows that project as it is; without one a made-up training.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SIZE = (120, 36)
PATIENCE_S = 6.0
"""Time for the picture's decoding and its way to the screen."""


def made_up(workspace: Path) -> Path:
    """A project whose training looks alive; the files are those that the tests use."""
    sys.path.insert(0, str(ROOT / "tests" / "rooms"))
    import fake

    project = fake.make_project(workspace)
    engine = fake.FakeEngine(project.path, model="quick", iterations=100_000)
    begin = time.time() - 1800
    for number in range(1, 1801):
        engine.train_to(number * 20, begin + number)
    for saved in range(2500, 36_000, 2500):
        engine.folder.append("save", iteration=saved)
    engine.put(saved_iteration=35_000)
    engine.preview(36_000, iteration=36_000, columns=["A", "A>A", "A>B", "B", "B>B", "B>A"])
    return project.path


async def draw(project: Path) -> str:
    """The train room as SVG."""
    from fstui.app import FstuiApp
    from fstui.model.session import Session
    from fstui.settings import UserSettings
    from fstui.state import UiState

    session = Session(project.parent, UiState(), UserSettings(), readonly=False)
    session.open(project)
    session.view.room = "train"
    app = FstuiApp(session, remote=False)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(PATIENCE_S)
        return app.export_screenshot(title="fstui")


def main(arguments: list[str]) -> None:
    """Write the file."""
    sys.path.insert(0, str(ROOT))
    os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
    os.environ.pop("NO_COLOR", None)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FSTUI_CONFIG"] = os.environ["FSTUI_STATE"] = folder
        project = Path(arguments[0]).resolve() if arguments else made_up(Path(folder))
        svg = asyncio.run(draw(project))
    aim = ROOT / "docs" / "fstui.svg"
    aim.write_text(svg, "utf-8")
    print(f"{aim}: {len(svg) // 1000} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
