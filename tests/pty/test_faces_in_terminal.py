"""The faces room in a pseudo-terminal: bytes while moving and at rest, colours, a slow link."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import fake
import pytest
from faces_project import add_faces, states
from meter import Meter
from test_rooms_in_terminal import KIB, ROOT, workbench

from engine.project import Project

COUNT = 1000
KEY_S = 0.03
"""A key that is held comes about so often."""


@pytest.fixture
def project(tmp_workspace: Path) -> Path:
    """A thousand faces of forty pictures."""
    made = fake.make_project(tmp_workspace)
    add_faces(made, COUNT, pictures=40)
    return made.path


def open_faces(meter: Meter) -> None:
    """From home into the faces room, until its pictures are there."""
    meter.wait_for("demo")
    meter.press("\r")
    meter.wait_for("Target")
    meter.press("2")
    meter.wait_for("1 / 1 000 faces")
    meter.settle(1.5, within=40)


def moved(meter: Meter, key: str, count: int) -> int:
    """Hold a key; how many bytes came meanwhile."""
    sent = 0
    for _ in range(count):
        meter.press(key)
        sent += meter.pump(KEY_S)
    return sent


def worst_second(log: list[tuple[float, int]]) -> int:
    """The most bytes in any second that begins at a moment of the log."""
    return max(sum(n for t, n in log if start <= t < start + 1) for start, _ in log)


@pytest.mark.parametrize(("columns", "rows", "key"), [(120, 40, "l"), (80, 24, "j")])
def test_moving_through_a_thousand_faces_is_cheap(
    tmp_workspace: Path, project: Path, columns: int, rows: int, key: str
) -> None:
    """Thumbnails and list: no picture while a key is held, then a few lines a tick."""
    with workbench(tmp_workspace, columns=columns, rows=rows) as meter:
        open_faces(meter)
        start = len(meter.log)
        sent = moved(meter, key, 200)
        assert sent / 200 <= 1.5 * KIB
        meter.press(key * (COUNT - 201))
        meter.wait_for("1 000 / 1 000 faces")
        meter.settle(1.5, within=40)
        # 8 ticks a second of at most 4 KiB of pictures, and what the keys themselves change
        assert worst_second(meter.log[start:]) <= 9 * 4.5 * KIB + 33 * 1.5 * KIB
        assert "frame 1 000" in meter.text()
        assert meter.bytes_in(2.0) == 0, "nothing is sent at rest"


def test_keys_are_quick_on_a_slow_link(tmp_workspace: Path, project: Path) -> None:
    """32 KiB/s: a key is answered while pictures are on their way."""
    with workbench(tmp_workspace) as meter:
        open_faces(meter)
        meter.link = 32 * KIB
        for number in (13, 25, 37):
            meter.press("\x1b[6~")  # page down: all thumbnails are others
            took = meter.wait_for(f"{number} / 1 000 faces", within=5)
            assert took < 1.0


def test_what_is_typed_ahead_of_the_filter_does_nothing_else(
    tmp_workspace: Path, project: Path
) -> None:
    """One packet with the filter's key and letters that are keys of the room."""
    with workbench(tmp_workspace) as meter:
        open_faces(meter)
        meter.press("/os-w")
        meter.wait_for("1000 of 1000")
        meter.settle()
        assert "enter goes back" not in meter.text(), "o leaves the screen"
        assert "Extract faces" not in meter.text(), "s opens a form"
        meter.press("\x1b")
        meter.settle()
        meter.press("/blur<5")
        meter.wait_for("of 1000")
        meter.press("q")
        meter.wait_for("/ ")
        assert meter.code is None, "q is a letter of the filter"
    assert states(Project.open(project)) == {}


@pytest.mark.parametrize(
    ("env", "sign"), [({"COLORTERM": "truecolor"}, "▀"), ({"NO_COLOR": "1"}, "⣿"), ({}, "▀")]
)
def test_thumbnails_take_the_form_of_the_terminal(
    tmp_workspace: Path, project: Path, env: dict[str, str], sign: str
) -> None:
    meter = workbench(tmp_workspace)
    meter.env |= env
    with meter:
        open_faces(meter)
        assert sign in meter.text()


def test_no_heavy_module_is_loaded_by_looking_at_faces(tmp_workspace: Path, project: Path) -> None:
    """Pillow decodes; NumPy and OpenCV stay in the engine's processes."""
    code = (
        "import sys; import fstui.rooms.faces, fstui.rooms.editor, fstui.rooms.sourceframe,"
        " fstui.rooms.figures; print(*sys.modules)"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"numpy", "cv2", "av", "tensorflow", "PIL", "watchdog"}
