"""What is painted can be read: the contrast of each text as it stands on the screen."""

from __future__ import annotations

from pathlib import Path

import fake
import pytest
from rich.segment import Segment
from textual.color import Color
from workbench import Bench, Open

from engine.protocol import State
from fstui import theme
from fstui.app import FstuiApp
from fstui.widgets.confirm import Confirm

NAMES = [t.name for t in map(theme.load, sorted(theme.SHIPPED.glob("*.toml"))) if not t.ansi]
ROOMS = [room for room in FstuiApp.MODES if room != "home"]
BOXES = ".dialog, Confirm > Vertical, #--input, CommandList"
LEAST = 4.5
"""WCAG 2.1, level AA, for text of normal size."""


def luminance(colour: Color) -> float:
    """Relative luminance (WCAG 2.1)."""
    parts = [c / 255 for c in colour.rgb]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(segment: Segment) -> float:
    """Contrast ratio of a segment's text on its ground, 1 to 21."""
    style = segment.style
    assert style is not None
    assert style.color is not None, segment
    assert style.bgcolor is not None, segment
    pair = [Color.from_rich_color(c) for c in (style.color, style.bgcolor)]
    low, high = sorted(map(luminance, pair))
    return (high + 0.05) / (low + 0.05)


def faint(b: Bench) -> set[tuple[str, str, float]]:
    """(theme, text, ratio) of what is on the screen and can hardly be read."""
    strips = b.app.screen._compositor.render_strips()
    boxes = [w.region for w in b.app.screen.query(BOXES) if w.region]
    if boxes:  # the room behind them is dimmed
        strips = [s.crop(box.x, box.right) for box in boxes for s in strips[box.y : box.bottom]]
    worded = {s for strip in strips for s in strip if any(c.isalnum() for c in s.text)}
    assert worded
    ratios = [(b.app.theme, s.text.strip(), round(contrast(s), 2)) for s in worded]
    return {row for row in ratios if row[2] < LEAST}


async def in_each_theme(b: Bench) -> set[tuple[str, str, float]]:
    """What can hardly be read in any theme."""
    found = set()
    for name in NAMES:
        b.app.theme = name
        await b.pilot.pause()
        found |= faint(b)
    return found


@pytest.mark.parametrize("room", ROOMS)
async def test_rooms_can_be_read(bench: Open, tmp_workspace: Path, room: str) -> None:
    project = fake.make_project(tmp_workspace)
    engine = fake.FakeEngine(project.path)
    engine.train_to(20)
    async with bench(project.path, room, size=(120, 40)) as b:
        await b.sees("help")
        assert await in_each_theme(b) == set()
    engine.end(State.DONE, 0, "done")


@pytest.mark.parametrize("over", ["train", "convert", "help", "palette", "confirm", "notice"])
async def test_what_opens_over_a_room_can_be_read(
    bench: Open, tmp_workspace: Path, over: str
) -> None:
    project = fake.make_project(tmp_workspace)
    fake.add_faces(project)
    async with bench(project.path, "project", size=(100, 40)) as b:
        await b.sees("Target")
        b.app.theme = NAMES[0]
        if over in ("train", "convert"):
            b.app.room.ask_settings(over)
        elif over == "notice":
            for severity in ("information", "warning", "error"):
                b.app.room.say("a notice", severity, timeout=600)
        elif over == "confirm":
            b.app.push_screen(Confirm("Really?", "All is lost."))
        else:
            await b.press({"help": "question_mark", "palette": "colon"}[over])
        if over != "notice":
            await b.until(lambda: any(w.region.height for w in b.app.screen.query(BOXES)), over)
        assert await in_each_theme(b) == set()


async def test_a_themes_name_is_text_and_no_markup(bench: Open, tmp_path: Path) -> None:
    folder = tmp_path / "config" / "themes"
    folder.mkdir(parents=True)
    named = "aaa[/b]"
    (folder / "x.toml").write_text(f"name = '{named}'\n[colours]\nprimary = '#112233'\n")
    async with bench() as b:
        await b.sees("Welcome")
        for _ in b.app.available_themes:
            if b.app.theme == named:
                break
            await b.press("t")
        await b.sees(f"theme: {named}")
