"""A small app of our widgets for the tests in a pseudo-terminal; keys drive it.

python widget_app.py [--hz N] [--ask] [--colour C] [--ascii] [--picture PATH]
"""

from __future__ import annotations

import argparse
import math
import random
from pathlib import Path
from typing import ClassVar

from fstui import terminal

parser = argparse.ArgumentParser()
parser.add_argument("--hz", type=float, default=0)
parser.add_argument("--ask", action="store_true", help="a question over it all; 30 updates")
parser.add_argument("--colour", default="auto")
parser.add_argument("--ascii", action="store_true")
parser.add_argument("--picture", type=Path)
args = parser.parse_args()
facts = terminal.prepare(args.colour, args.ascii)

from textual.app import ComposeResult  # noqa: E402  # after terminal.prepare, as in the program
from textual.containers import Horizontal  # noqa: E402

from engine.history import Point  # noqa: E402
from engine.protocol import Progress as Share  # noqa: E402
from engine.protocol import Snapshot, State  # noqa: E402
from engine.sessions import Mark  # noqa: E402
from fstui import theme  # noqa: E402
from fstui.widgets.chart import Chart  # noqa: E402
from fstui.widgets.confirm import Confirm  # noqa: E402
from fstui.widgets.display import LeanDisplay  # noqa: E402
from fstui.widgets.picture import Picture  # noqa: E402
from fstui.widgets.progress import Progress  # noqa: E402
from fstui.widgets.rows import Column, Row, Rows  # noqa: E402
from fstui.widgets.status import StatusLine  # noqa: E402


class WidgetApp(LeanDisplay):
    """Chart, list, picture, bar and status line; `u` updates, `R` repaints all, `q` ends."""

    CSS = """
    Chart { border: round $primary; padding: 0 1; height: 2fr; }
    .below { height: 1fr; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[tuple[str, str, str]]] = [
        ("q", "leave", "Quit"),
        ("u", "step", "Update"),
        ("R", "all", "Repaint"),
        ("t", "theme", "Theme"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.ascii_only, self.remote = facts.ascii_only, facts.remote
        self.random = random.Random(7)
        self.points = [self.point(i) for i in range(800)]

    def point(self, i: int) -> Point:
        """A loss that falls, with noise."""
        a = 0.02 + 0.3 * math.exp(-i / 200) + self.random.gauss(0, 0.002)
        b = 0.03 + 0.25 * math.exp(-i / 300) + self.random.gauss(0, 0.002)
        return Point(i * 50, float(i), a, b, 4.0, a, a, b, b)

    def compose(self) -> ComposeResult:
        """All widgets."""
        yield Chart()
        with Horizontal(classes="below"):
            yield Rows([Column("Name"), Column("Loss", 10, right=True), Column("State", 8)])
            yield Picture()
        yield Progress()
        yield StatusLine()

    def on_mount(self) -> None:
        """Begin."""
        theme.register(self)
        self.theme = theme.first(self)
        self.query_one(Rows).focus()
        self.query_one(Picture).show(args.picture, "the picture")
        self.show()
        if args.hz:
            self.set_interval(1 / args.hz, self.action_step)
        if args.ask:
            self.push_screen(Confirm("Leave?", "Training goes on.", act="Leave", keep="Stay"))

    def show(self) -> None:
        """Give all widgets the present data."""
        n, last = len(self.points), self.points[-1]
        marks = [Mark("save", i, 0.0) for i in (10_000, 20_000)]
        self.query_one(Chart).show(self.points, marks)
        self.query_one(Rows).show(
            [
                Row(
                    str(i),
                    (
                        f"image_{i:05}_漢字.png" if i % 3 else f"plain_{i:05}.png",
                        f"{last.loss_a:.5f}" if i == 3 else "0.1",
                        "new",
                    ),
                )
                for i in range(500)
            ]
        )
        self.query_one(Progress).show(n, 2000)
        progress = Share(n, 2000, 4.0, "iteration", (2000 - n) / 4)
        self.query_one(StatusLine).show(
            Snapshot(
                state=State.RUNNING,
                stage="train",
                progress=progress,
                iteration=last.iteration,
                device="CPU",
            ),
            f"update {n}",
        )

    def action_step(self) -> None:
        """One more point; behind a question only thirty."""
        if args.ask and len(self.points) >= 830:
            return
        self.points.append(self.point(len(self.points)))
        self.show()

    def action_all(self) -> None:
        """Paint everything anew, as a resize does."""
        self.shown.forget()
        self.screen.refresh()
        for widget in self.query("*"):
            widget.refresh()

    def action_theme(self) -> None:
        """The next theme."""
        self.theme = theme.after(self)

    def action_leave(self) -> None:
        """End."""
        self.exit(0)


WidgetApp().run()
