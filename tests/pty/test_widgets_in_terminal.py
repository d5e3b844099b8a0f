"""The widgets in a pseudo-terminal: bytes a second, exactness of partial updates, latency."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from meter import Meter
from PIL import Image

APP = Path(__file__).with_name("widget_app.py")
ROOT = Path(__file__).resolve().parents[2]
KIB = 1024


def widget_app(
    *args: str, columns: int = 120, rows: int = 40, link: float | None = None, **env: str
) -> Meter:
    """The small app of all widgets."""
    env = {"PYTHONPATH": str(ROOT), "FSTUI_CONFIG": "/nonexistent", **env}
    return Meter([sys.executable, str(APP), *args], columns=columns, rows=rows, env=env, link=link)


def test_nothing_is_written_while_nothing_changes() -> None:
    with widget_app() as meter:
        meter.wait_for("update 800")
        meter.settle()
        assert meter.bytes_in(2.0) == 0


def update_on_screen(meter: Meter) -> int:
    """The number that the status line shows; a busy machine may never show some of them."""
    found = re.search(r"update (\d+)", meter.text())
    return int(found[1]) if found else 0


@pytest.mark.parametrize(("hz", "most"), [(2, 1.5 * KIB), (10, 5 * KIB)])
def test_live_screen_is_cheap(hz: float, most: float) -> None:
    """Chart, list, bar and status line together; the stock widgets take 187 KiB/s at 10 Hz."""
    with widget_app("--hz", str(hz), COLORTERM="truecolor") as meter:
        meter.wait_until(lambda: update_on_screen(meter) > 801)
        meter.pump(1.0)
        sent = meter.bytes_in(4.0)
        assert 0 < sent / 4.0 < most


@pytest.mark.parametrize(
    ("args", "env"),
    [
        ((), {"COLORTERM": "truecolor"}),
        ((), {}),
        ((), {"TERM": "screen"}),
        (("--ascii",), {"NO_COLOR": "1"}),
    ],
)
def test_partial_updates_equal_a_full_repaint(args: tuple[str, ...], env: dict[str, str]) -> None:
    """Text, colours and attributes of every cell, borders and padding too."""
    with widget_app(*args, **env) as meter:
        meter.wait_for("update 800")
        meter.press("u" * 20 + "jjj" + "u" * 20 + "kG" + "u" * 3 + "g")
        meter.wait_for("update 843")
        meter.settle()
        partial = meter.cells()
        before = len(meter.raw)
        meter.press("R")
        meter.settle()
        assert len(meter.raw) - before > 4 * KIB, "it was no full repaint"
        assert meter.cells() == partial


def test_updates_under_a_question_leave_it_whole() -> None:
    with widget_app("--ask", "--hz", "20") as meter:
        meter.wait_for("update 830")
        meter.settle()
        partial = meter.cells()
        assert "Stay (n)" in meter.text()
        meter.resize(119, 40)
        meter.settle()
        meter.resize(120, 40)
        meter.settle()
        assert meter.cells() == partial


def test_resizes_end_in_the_same_screen_as_a_fresh_start() -> None:
    with widget_app() as meter:
        meter.wait_for("update 800")
        for step in range(20):
            meter.resize(80 + 2 * step, 30 + step % 10)
            meter.pump(0.02)
        meter.resize(100, 36)
        meter.settle()
        resized = meter.text()
        meter.press("q")
        assert meter.wait_end() == 0
    with widget_app(columns=100, rows=36) as fresh:
        fresh.wait_for("update 800")
        fresh.settle()
        assert resized == fresh.text()


def test_another_theme_repaints_everything() -> None:
    with widget_app() as meter:
        meter.wait_for("update 800")
        meter.settle()
        dark = meter.cells()
        meter.press("t")
        meter.settle()
        changed = sum(
            a != b
            for one, two in zip(dark, meter.cells(), strict=True)
            for a, b in zip(one, two, strict=True)
        )
        assert changed == 120 * 40, "a cell kept its old colours"
        meter.press("R")
        before = meter.cells()
        meter.settle()
        assert meter.cells() == before


def test_keys_are_quick_on_a_slow_link() -> None:
    with widget_app("--hz", "10", link=32 * KIB, SSH_TTY="/dev/pts/9") as meter:
        meter.wait_until(lambda: re.search(r"update \d{3}", meter.text()) is not None)
        for key, name in (("G", "00499"), ("g", "00000"), ("G", "00499"), ("g", "00000")):
            cursor = [f"► plain_{name}", f"► image_{name}"]
            meter.press(key)
            took = meter.wait_until(lambda c=cursor: any(t in meter.text() for t in c))
            assert took < 1.0  # 0.05 s on an idle machine; stock widgets take 17 s


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """A picture in which no two cells are alike."""
    path = tmp_path / "noise.png"
    Image.frombytes("RGB", (400, 400), os.urandom(400 * 400 * 3)).save(path)
    return path


def test_picture_comes_in_small_pieces_over_ssh(noise: Path) -> None:
    with widget_app("--picture", str(noise), columns=200, rows=60, SSH_TTY="/dev/pts/9") as meter:
        meter.wait_for("update 800")
        meter.wait_until(lambda: "▀" in meter.text())
        start = len(meter.log)
        meter.settle()
        times = meter.log[start:]
        assert sum(n for _, n in times) > 8 * KIB, "too small a picture to tell"
        first = times[0][0]
        worst = max(
            sum(n for t, n in times if second <= t < second + 1)
            for second in [first + i / 10 for i in range(50)]
        )
        assert worst <= 9 * 4.5 * KIB  # 8 ticks a second of at most 4 KiB


@pytest.mark.parametrize(
    ("args", "env", "sign"),
    [
        ((), {"COLORTERM": "truecolor"}, "▀"),
        ((), {}, "▀"),
        ((), {"TERM": "xterm"}, "⣿"),
        ((), {"NO_COLOR": "1"}, "⣿"),
        (("--ascii",), {}, "@"),
        ((), {"LANG": "de_DE.ISO-8859-1"}, "@"),
    ],
)
def test_picture_takes_the_form_of_the_terminal(
    tmp_path: Path, args: tuple[str, ...], env: dict[str, str], sign: str
) -> None:
    path = tmp_path / "gradient.png"
    Image.radial_gradient("L").save(path)
    with widget_app("--picture", str(path), *args, **env) as meter:
        meter.wait_until(lambda: sign in meter.text())
        meter.settle()
        if sign == "@":
            assert meter.text().isascii()


def test_no_colour_sends_no_colours() -> None:
    with widget_app(NO_COLOR="1") as meter:
        meter.wait_for("update 800")
        meter.settle()
        colours = {(cell[1], cell[2]) for row in meter.cells() for cell in row}
        assert colours == {("default", "default")}


@pytest.mark.parametrize("term", ["dumb", ""])
def test_terminal_that_cannot_is_refused_in_one_sentence(term: str) -> None:
    with widget_app(TERM=term) as meter:
        assert meter.wait_end() != 0
        assert "so the workbench can't be shown" in meter.text().replace("\n", "")


def test_terminated_app_leaves_the_alternate_screen() -> None:
    with widget_app() as meter:
        meter.wait_for("update 800")
        meter.press("q")
        assert meter.wait_end() == 0
        assert meter.raw.rfind(b"\x1b[?1049l") > meter.raw.rfind(b"\x1b[?1049h")
