"""The whole way by keys alone, in a terminal: new project, footage, people, extract, curate, train,
look, stop, convert, report."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import unattended as u

from engine import packs
from engine.launch import ROOT
from engine.project import Project
from engine.protocol import find_job
from engine.store import Store

sys.path.insert(0, str(ROOT / "tests" / "pty"))
from meter import Meter

FRAMES = 24
PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """About a second of each: A, B and the target."""
    folder = tmp_path_factory.mktemp("walk")
    packs.fetch([*packs.NETWORKS, "man", "woman"])
    man, woman = packs.find("man"), packs.find("woman")
    return [
        u.cut(man, folder / "man.mp4", f"1-{FRAMES}"),
        u.cut(woman, folder / "woman.mp4", f"1-{FRAMES}"),
        u.cut(man, folder / "scene.mp4", f"41-{40 + FRAMES // 2}"),
    ]


def rejected(project: Project) -> int:
    """Faces that were thrown out."""
    with Store(project.db_path, readonly=True) as store:
        return len(list(store.faces(rejected=True)))


@pytest.mark.timeout(400)
def test_the_whole_way_by_keys_alone(tmp_workspace: Path, clips: list[Path]) -> None:
    env = {"PYTHONPATH": str(ROOT), "FSTUI_WORKSPACE": str(tmp_workspace)}
    with Meter([sys.executable, "-m", "fstui"], columns=120, rows=40, env=env) as screen:

        def see(text: str) -> None:
            screen.wait_for(text, within=PATIENCE_S)

        see("Welcome")
        screen.press("+")
        see("New project")
        screen.press("walk\r")
        see("Next: press  a")
        project = Project.open(tmp_workspace / "walk")
        for number, clip in enumerate(clips, 1):
            screen.press("a")
            see("Add footage")
            screen.press(f"{clip}\r")
            screen.wait_until(lambda: "Add footage" not in screen.text(), PATIENCE_S)
            see(clip.name)
            assert len(Project.open(project.path).sources()) == number

        see("Next: press  s")
        screen.press("p")
        see("on what ground")
        for keys in ("Tom", "\t", "\x1b[C", "\t", "\t", "Ann", "\t", "\x1b[C", "\r"):
            screen.press(keys)
            screen.settle(0.3)  # as a person types: field after field
        screen.wait_until(lambda: len(Project.open(project.path).file.people) == 2, PATIENCE_S)

        screen.press("s")
        see("Extract faces")
        screen.press("\r")
        see("to train")
        screen.press("2")
        see(f"{2 * FRAMES + FRAMES // 2} faces")
        screen.press("-")
        screen.wait_until(lambda: rejected(project) == 1, PATIENCE_S)

        screen.press("3")
        see("Not trained yet")
        screen.press("s")
        see("enter accept")
        screen.press("\r")
        see("loss A")
        see("A→B")
        screen.press("x")
        see("stopped at iteration")

        screen.press("4")
        see("4 Convert")
        screen.press("s")
        see("enter accept")
        screen.press("\r")
        see("frames swapped")
        screen.press("W")
        see("frames swapped")
        screen.press("\x1bq")
        assert screen.wait_end(PATIENCE_S) == 0
    assert [path.name for path in (project.path / "out").glob("*.mp4")] == ["scene.mp4"]
    job = find_job(project.path)
    assert job is not None
    assert not job.alive()
