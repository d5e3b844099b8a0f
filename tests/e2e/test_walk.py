"""The whole way by keys alone, in a terminal of 80x24: new project, footage, people, extract,
curate, train, look, stop, train on, convert, report."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
import unattended as u

from engine import packs
from engine.launch import ROOT
from engine.project import Project
from engine.protocol import jobs_of
from engine.reached import checkpoint_iteration
from engine.store import Store

sys.path.insert(0, str(ROOT / "tests" / "pty"))
from meter import Meter

FACES = 26
"""Frames of each side: training needs 25 faces, and one is rejected."""
TARGET_FRAMES = 8
PATIENCE_S = 120.0
RIGHT, TAB, ENTER, SAVE, BACK = "\x1b[C", "\t", "\r", "\x13", "\x1b"


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """About a second of each: A, B and the target."""
    folder = tmp_path_factory.mktemp("walk")
    packs.fetch([*packs.NETWORKS, "man", "woman"])
    man, woman = packs.find("man"), packs.find("woman")
    return [
        u.cut(man, folder / "man.mp4", f"1-{FACES}"),
        u.cut(woman, folder / "woman.mp4", f"1-{FACES}"),
        u.cut(man, folder / "scene.mp4", f"41-{40 + TARGET_FRAMES}"),
    ]


class Walk:
    """A person at the keyboard: reads, then presses what the screen says."""

    def __init__(self, screen: Meter, project: Path) -> None:
        self.screen, self.path = screen, project

    @property
    def project(self) -> Project:
        """The project as it is on disk now."""
        return Project.open(self.path)

    def see(self, *texts: str) -> None:
        """Wait until all texts are on the screen."""
        for text in texts:
            self.screen.wait_for(text, within=PATIENCE_S)

    def gone(self, text: str) -> None:
        """Wait until a text is not on the screen any more."""
        self.screen.wait_until(lambda: text not in self.screen.text(), PATIENCE_S)

    def press(self, *keys: str) -> None:
        """One key or text after the other, each when the screen has taken the one before."""
        for key in keys:
            self.screen.press(key)
            self.screen.settle(0.15)

    def marks(self, word: str) -> int:
        """Faces of the store that are rejected, or edited."""
        with Store(self.project.db_path, readonly=True) as store:
            return sum(bool(getattr(row.face, word)) for row in store.faces(rejected=None))

    def wait_marks(self, word: str, number: int) -> None:
        """Wait until so many faces are rejected, or edited."""
        self.screen.wait_until(lambda: self.marks(word) == number, PATIENCE_S)


@pytest.fixture
def walk(tmp_workspace: Path) -> Iterator[Walk]:
    """The workbench as it is started first, in an empty workspace."""
    env = {"PYTHONPATH": str(ROOT), "FSTUI_WORKSPACE": str(tmp_workspace)}
    path = tmp_workspace / "walk"
    try:
        with Meter([sys.executable, "-m", "fstui"], columns=80, rows=24, env=env) as screen:
            yield Walk(screen, path)
    finally:
        if path.exists():
            u.stop(Project.open(path))


@pytest.mark.timeout(600)
def test_the_whole_way_by_keys_alone(walk: Walk, clips: list[Path]) -> None:
    begin(walk, clips)
    extract_and_curate(walk)
    train_look_and_train_on(walk)
    convert_and_read_the_report(walk)
    walk.press("q")
    assert walk.screen.wait_end(PATIENCE_S) == 0
    look_at_the_results(walk.path)
    assert not any(job.alive() for job in jobs_of(walk.path))


def begin(walk: Walk, clips: list[Path]) -> None:
    """A project with footage of each side, and who is shown."""
    walk.see("Welcome")
    walk.press("+")
    walk.see("New project")
    walk.press("walk", ENTER)
    for number, clip in enumerate(clips, 1):
        walk.see("Next: press  a")
        walk.press("a")
        walk.see("Add footage")
        walk.press(str(clip), ENTER)  # the form begins with the side that has none yet
        walk.gone("Add footage")
        walk.see(clip.name)
        assert len(walk.project.sources()) == number
    walk.press("p")
    walk.see("on what ground")
    walk.press("Tom", TAB, RIGHT, TAB, TAB, "Ann", TAB, RIGHT, ENTER)
    walk.gone("on what ground")
    assert {side: p.name for side, p in walk.project.file.people.items()} == {
        "a": "Tom",
        "b": "Ann",
    }


def extract_and_curate(walk: Walk) -> None:
    """Faces; one is rejected, taken back and rejected again, of the next one the points move."""
    walk.see("Next: press  s")
    walk.press("s")
    walk.see("Extract faces")
    walk.press(ENTER)
    walk.see("to train")
    walk.press("2")
    walk.see(f"1 / {2 * FACES + TARGET_FRAMES} faces")
    for key, rejected in (("-", 1), ("u", 0), ("-", 1)):
        walk.press(key)
        walk.wait_marks("rejected", rejected)
    walk.press("E")
    walk.see("points: whole face")
    walk.press(RIGHT)
    walk.see("not saved", "^s save")
    walk.press(SAVE)
    walk.see("Saved:")
    walk.wait_marks("edited", 1)
    walk.press(BACK)
    walk.gone("points: whole face")


def train_look_and_train_on(walk: Walk) -> None:
    """A few iterations, previews, chart and picture alone; stopped, and a few more."""
    walk.press("3")
    walk.see("Not trained yet")
    walk.press("s")
    walk.see("model", "quick")
    walk.press(ENTER)
    walk.see("loss A")
    walk.press("r")
    walk.see("A→B")
    walk.press("z")
    walk.gone("A→B")  # the chart alone
    walk.press("z")
    walk.see("A→B")  # the picture alone
    walk.press("z")
    first = stop_training(walk)
    walk.press("s")
    walk.see("goes on from what is saved")
    walk.press(ENTER)
    walk.see("learning rate")
    assert stop_training(walk) > first


def stop_training(walk: Walk) -> int:
    """Stop, which saves; the iteration that was reached."""
    walk.press("x")
    walk.see("stopped at iteration")
    iteration = checkpoint_iteration(walk.path)
    assert iteration
    return iteration


def convert_and_read_the_report(walk: Walk) -> None:
    """The target, then its figures and a worst frame."""
    walk.press("4")
    walk.see("scene.mp4 frame 1 of 8")
    walk.press("s")
    walk.see("Convert the target")
    walk.press(ENTER)
    walk.see(f"{TARGET_FRAMES} of {TARGET_FRAMES} frames swapped", "1 result", "W report")
    walk.press("W")
    walk.see("Report", "distance to the new person", "frame what is bad")
    walk.press(ENTER)
    walk.see(": scene frame ")
    walk.press(BACK, BACK)
    walk.gone("Report")


def look_at_the_results(project: Path) -> None:
    """The video with its sound, its report, and what marks it as made."""
    out = project / "out"
    with av.open(str(out / "scene.mp4")) as film:
        assert len(list(film.decode(video=0))) == TARGET_FRAMES
    report = json.loads((out / "report.json").read_text())
    assert report["frames_swapped"] == TARGET_FRAMES
    assert report["iterations"] == checkpoint_iteration(project)
    checked = u.fstui("verify", str(out / "scene.mp4"))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "Tom" in checked.stdout
    assert "Ann" in checked.stdout
