"""The program in terminals of all depths: each starts, or says plainly why not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from meter import Meter

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = {("default", "default")}


def program(workspace: Path, *args: str, **env: str) -> Meter:
    """The program on an empty workspace, 80x24."""
    env = {"PYTHONPATH": str(ROOT), "FSTUI_WORKSPACE": str(workspace), **env}
    return Meter([sys.executable, "-m", "fstui", *args], columns=80, rows=24, env=env)


def colours_of(meter: Meter) -> set[tuple[str, str]]:
    """All pairs of colours on the screen."""
    return {(cell[1], cell[2]) for row in meter.cells() for cell in row}


@pytest.mark.parametrize(
    ("args", "env", "sends"),
    [
        ((), {"COLORTERM": "truecolor"}, b"38;2;"),
        ((), {"TERM": "xterm-256color"}, b"38;5;"),
        ((), {"TERM": "screen"}, b"\x1b[3"),
        (("--color", "256"), {"NO_COLOR": "1"}, b"38;5;"),
        (("--color", "16"), {"COLORTERM": "truecolor"}, b"\x1b[3"),
    ],
)
def test_depth_of_the_terminal_is_used_and_no_more(
    tmp_workspace: Path, args: tuple[str, ...], env: dict[str, str], sends: bytes
) -> None:
    with program(tmp_workspace, *args, **env) as meter:
        meter.wait_for("Welcome")
        meter.settle()
        deeper = {b"38;2;": (), b"38;5;": (b"38;2;",), b"\x1b[3": (b"38;2;", b"38;5;")}
        assert sends in meter.raw
        assert not any(code in meter.raw for code in deeper[sends])
        assert colours_of(meter) != DEFAULT


@pytest.mark.parametrize("args_env", [((), {"NO_COLOR": "1"}), (("--color", "never"), {})])
def test_no_colour_means_none(
    tmp_workspace: Path, args_env: tuple[tuple[str, ...], dict[str, str]]
) -> None:
    args, env = args_env
    with program(tmp_workspace, *args, COLORTERM="truecolor", **env) as meter:
        meter.wait_for("Welcome")
        meter.settle()
        assert colours_of(meter) == DEFAULT


@pytest.mark.parametrize(
    ("args", "env"),
    [(("--ascii",), {}), ((), {"LANG": "de_DE.ISO-8859-1"}), ((), {"TERM": "linux"})],
)
def test_ascii_is_ascii(tmp_workspace: Path, args: tuple[str, ...], env: dict[str, str]) -> None:
    with program(tmp_workspace, *args, **env) as meter:
        meter.wait_for("Welcome")
        meter.press("?")
        meter.settle()
        assert meter.raw.isascii()


@pytest.mark.parametrize("term", ["dumb", ""])
def test_dumb_terminal_is_exit_13_and_a_sentence(tmp_workspace: Path, term: str) -> None:
    with program(tmp_workspace, TERM=term) as meter:
        assert meter.wait_end() == 13
        assert "can't be shown" in meter.text().replace("\n", "")
        assert "Traceback" not in meter.text()


def test_first_paint_is_quick(tmp_workspace: Path) -> None:
    """0.6 s on an idle machine; a shared one may take some times that."""
    with program(tmp_workspace) as meter:
        assert meter.wait_for("Welcome") < 3.0
