"""Each room in a terminal while a recorded job plays at 10 times its speed: bytes, keys, rest.

Bytes are counted, which no other program on the machine changes; times are the best of a few.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import faces_project
import fake
import psutil
import pytest
from meter import Meter
from test_rooms_in_terminal import KIB, ROOT, workbench

from engine.project import Project
from engine.protocol import State, write_atomic
from fstui import state
from fstui.state import UiState, View

SPEED = 10
MEAN, PEAK = 4 * KIB, 16 * KIB
"""Bytes in a second on average, and in any one, without a new picture."""
PLAYED_S, REST_S = 3.0, 2.0
FACES = 60


class Place(NamedTuple):
    """A room, or what opens over one."""

    name: str
    words: str
    """On the screen when it is there."""
    job: str = "train"
    """The recording that plays."""
    key: str = ""
    """What opens it, where the workbench does not begin in it."""
    caption: str = ""
    """On the screen when the job's first picture begins to show."""
    moves: bool = False
    """Whether it is a list over a room, in which j and k move; else f freezes it."""


PLACES = (
    Place("home", "other", moves=True),
    Place("project", "Target", "extract"),
    Place("faces", f"/ {FACES} faces", "extract"),
    Place("train", "loss A", caption="A→B"),
    Place("convert", "people", "convert", caption="before after"),
    Place("log", "following the end"),
    Place("media", "target.png", "extract"),
    Place("queue", "at work", key="7"),
    Place("arrivals", "Nobody watches", "extract"),
    Place("models", "fullrange", key="9", moves=True),
    Place("settings", "poll_s", key="O", moves=True),
    Place("doctor", "CPU", key="d", moves=True),
    Place("help", "Keys", key="?", moves=True),
)

BEGUN_IN = tuple(place for place in PLACES if not place.key)


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    """A project with faces, a training that ended, and no second picture in a minute."""
    fake.make_project(tmp_workspace, "other")
    made = fake.make_project(tmp_workspace)
    faces_project.add_faces(made, FACES)
    engine = fake.FakeEngine(made.path)
    for number in range(1, 200):
        engine.train_to(number * 20, time.time() - 400 + number)
    engine.end(State.DONE, 0, "trained")
    config = Path(os.environ["FSTUI_CONFIG"])
    config.mkdir()
    write_atomic(config / "settings.toml", b"preview_every_s = 60.0\n")
    return made


@contextmanager
def playing(project: Path, kind: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that plays a recording while it holds the job's lock."""
    script = ROOT / "tests" / "rooms" / "player.py"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(script), "play", str(project), kind, str(SPEED)],
        stdout=subprocess.PIPE,
        env=env,
    ) as engine:
        assert engine.stdout is not None
        assert engine.stdout.readline() == b"ready\n"
        try:
            yield engine
        finally:
            engine.kill()


@contextmanager
def left_in(place: Place, project: Path) -> Iterator[Meter]:
    """The workbench in a room, started where it was left."""
    views = {str(project): View(room="project" if place.key else place.name)}
    state.save(UiState(project="" if place.name == "home" else str(project), views=views))
    with workbench(project.parent) as meter:
        yield meter


def open_place(meter: Meter, place: Place) -> None:
    """Wait until the room is there, and its pictures."""
    if place.key:
        meter.wait_for("the man")
        meter.press(place.key)
    meter.wait_for(place.words)


def cursors(meter: Meter) -> set[tuple[int, int]]:
    """Where cursors of lists stand, and signs of running jobs, but for the bars below."""
    lines = meter.text().splitlines()[:-2]
    return {(x, y) for y, line in enumerate(lines) for x, c in enumerate(line) if c == "►"}


def answers(meter: Meter, place: Place) -> Iterator[float]:
    """Press keys that change what is seen; how long each took, s."""
    for turn in range(6):
        before = cursors(meter)
        if place.moves:
            meter.press("jk"[turn % 2])
            yield meter.wait_until(lambda b=before: cursors(meter) != b, within=5)
        else:
            frozen = "frozen (f)" in meter.text()
            meter.press("f")
            yield meter.wait_until(lambda f=frozen: ("frozen (f)" in meter.text()) != f, within=5)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_room_keeps_its_budgets_while_a_job_plays(place: Place, project: Project) -> None:
    """None at all at rest; then bytes a second, and keys here and over 32 KiB/s. On a busy machine
    pictures may still be on their way as the job begins: the best of three."""
    with left_in(place, project.path) as meter:
        open_place(meter, place)
        meter.settle(1.0)
        assert 0 in (meter.bytes_in(REST_S) for _ in range(3)), "nothing changes"
        with playing(project.path, place.job):
            if place.caption:
                meter.wait_for(place.caption)
                meter.wait_for("▀")
            meter.wait_until(lambda: meter.pump(0.5) < MEAN / 2)
            for _ in range(3):
                since = time.monotonic()
                mean = meter.bytes_in(PLAYED_S) / PLAYED_S
                peak = meter.most_in_a_second(since)
                if mean <= MEAN and peak <= PEAK:
                    break
            here = min(answers(meter, place))
            meter.link = 32 * KIB
            far = min(answers(meter, place))
            meter.link = None
        figures = f"{mean:.0f} B/s, at most {peak}; a key {here:.3f} s here, {far:.3f} s far"
        print(f"{place.name}: {figures}")
        assert mean <= MEAN, figures
        assert peak <= PEAK, figures
        assert here <= 0.1, figures
        assert far <= 0.3, figures


def import_s() -> float:
    """Processor time that importing Textual takes, s."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", "import textual.app"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("place", BEGUN_IN, ids=lambda place: place.name)
def test_a_room_is_soon_there_where_it_was_left(place: Place, project: Project) -> None:
    """Its first paint in 0.6 s and its content in 1 s where importing Textual takes 0.2 s: in
    processor time, for the machine may be busy with others; the best of three each."""
    imports, painted, there = [], [], []
    for _ in range(3):
        imports.append(import_s())
        with left_in(place, project.path) as meter:
            meter.wait_for("leave")
            painted.append(sum(psutil.Process(meter.pid).cpu_times()[:2]))
            meter.wait_for(place.words)
            there.append(sum(psutil.Process(meter.pid).cpu_times()[:2]))
    figures = f"{min(painted):.2f} s, {min(there):.2f} s; the import {min(imports):.2f} s"
    print(f"{place.name}: {figures}")
    assert min(painted) / min(imports) <= 3.0, figures
    assert min(there) / min(imports) <= 5.0, figures
