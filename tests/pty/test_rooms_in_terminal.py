"""The workbench in a pseudo-terminal: bytes while training and at rest, leaving, sizes, kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fake
import pytest
from meter import Meter

ROOT = Path(__file__).resolve().parents[2]
KIB = 1024


def workbench(workspace: Path, *args: str, columns: int = 120, rows: int = 40) -> Meter:
    """The program as a user starts it."""
    env = {
        "PYTHONPATH": str(ROOT),
        "FSTUI_WORKSPACE": str(workspace),
        "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22",
    }
    return Meter([sys.executable, "-m", "fstui", *args], columns=columns, rows=rows, env=env)


@contextmanager
def training(project: Path, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    """A process that trains at two reports a second while it holds the job's lock."""
    script = ROOT / "tests" / "rooms" / "fake.py"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(script), str(project), str(seconds)], stdout=subprocess.PIPE, env=env
    ) as engine:
        assert engine.stdout is not None
        assert engine.stdout.readline() == b"ready\n"
        try:
            yield engine
        finally:
            engine.kill()


def open_train_room(meter: Meter) -> None:
    """From home into the train room, until its picture is there."""
    meter.wait_for("training")
    meter.press("\r")
    meter.wait_for("Target")
    meter.press("3")
    meter.wait_for("loss A")
    meter.wait_for("A→B")
    meter.pump(2.0)


def test_train_room_writes_little_while_training(tmp_workspace: Path) -> None:
    """At most 4 KiB a second on average without a new picture, at 120x40 over a link."""
    project = fake.make_project(tmp_workspace)
    with training(project.path, 40), workbench(tmp_workspace) as meter:
        open_train_room(meter)
        before = meter.text()
        sent = meter.bytes_in(8.0)
        assert meter.text() != before, "nothing was shown"
        assert 0 < sent / 8.0 <= 4 * KIB
        meter.press("q")
        assert meter.wait_end() == 0


def test_nothing_is_written_at_rest(tmp_workspace: Path) -> None:
    """Home, a project and its train room, with no job."""
    project = fake.make_project(tmp_workspace)
    with workbench(tmp_workspace) as meter:
        meter.wait_for("demo")
        meter.settle(1.5)
        assert meter.bytes_in(3.0) == 0
        meter.press("\r")
        meter.wait_for(project.path.name)
        meter.wait_for("Target")
        meter.settle(2.0)
        assert meter.bytes_in(3.0) == 0
        meter.press("3")
        meter.wait_for("Not trained yet")
        meter.settle(1.5)
        assert meter.bytes_in(3.0) == 0
