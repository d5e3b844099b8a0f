"""Nobody is there: clips come in slowly, the machine dies twice, the video is finished. The queue
is killed too while it has a job to start."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import unattended as u

from engine import history, packs
from engine.project import Ground, Project
from engine.protocol import JobFolder
from engine.store import Store

FACES, TARGET, ITERATIONS = 30, 12, 12
RECIPES = f"""
[[recipe]]
name = "learn"
when = ["a", "b"]
steps = ["extract", "train"]
more_iterations = {ITERATIONS}

[recipe.settings.train]
model = "quick"
batch = 2
save_every = 10

[[recipe]]
name = "finish"
when = "target"
steps = ["extract", "convert"]

[recipe.settings.convert]
report = "identity"
"""

Step = Callable[[], None]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """About a second of each: A, B, and the target."""
    folder = tmp_path_factory.mktemp("clips")
    packs.fetch([*packs.NETWORKS, "man", "woman"])
    man, woman = packs.find("man"), packs.find("woman")
    cuts = {
        "a/man.mp4": u.cut(man, folder / "a.mp4", f"1-{FACES}"),
        "b/woman.mp4": u.cut(woman, folder / "b.mp4", f"1-{FACES}"),
        "target/scene.mp4": u.cut(man, folder / "t.mp4", f"41-{40 + TARGET}"),
    }
    return {name: path.read_bytes() for name, path in cuts.items()}


@pytest.fixture
def projects(tmp_workspace: Path) -> Iterator[Callable[[str], Project]]:
    made: list[Project] = []

    def make(name: str) -> Project:
        project = Project.create(tmp_workspace, name)
        for side in ("a", "b"):
            project.set_person(side, "Somebody", Ground.SAMPLE, "test")
        toml = project.path / "project.toml"
        toml.write_text(toml.read_text() + RECIPES)
        made.append(project)
        return project

    yield make
    for project in made:
        u.stop(project)


def watch(project: Project) -> JobFolder:
    words = ("--detach", "--settle-s", "0.5", "--patience-s", "60", "--poll-s", "0.2")
    done = u.fstui("watch", project.name, *words)
    assert done.returncode == 0, done.stderr
    folder = u.newest(project, "watch")
    assert folder is not None
    return folder


def told(project: Project, name: str) -> list[str]:
    """States of a file that the watchers told of."""
    watchers = [j for j in u.jobs_of(project.path) if "-watch-" in j.name]
    said = [data for folder in watchers for data in u.events(folder, "arrival")]
    return [data["state"] for data in said if data["path"] == f"media/{name}"]


def write_slowly(project: Project, name: str, data: bytes, on_the_way: Step) -> None:
    """A copy of which only a part is there for a while."""
    path = project.path / "media" / name
    with open(path, "wb", buffering=0) as file:
        file.write(data[: len(data) // 2])
        u.until(lambda: "arriving" in told(project, name), f"{name} was seen")
        on_the_way()
        file.write(data[len(data) // 2 :])


def work_through(project: Project, clips: dict[str, bytes], *, kills: bool) -> dict[str, Any]:
    """All three clips come in; with `kills` the machine dies twice. What it came to."""

    def die(*expected: str) -> None:
        if kills:
            assert u.kill_all(project) == set(expected)
            watch(project)

    watch(project)
    write_slowly(project, "a/man.mp4", clips["a/man.mp4"], on_the_way=lambda: die("watch"))
    write_slowly(project, "b/woman.mp4", clips["b/woman.mp4"], on_the_way=lambda: None)
    u.until(lambda: u.stages(u.newest(project, "train")), "the job of both sides began")
    write_slowly(project, "target/scene.mp4", clips["target/scene.mp4"], on_the_way=lambda: None)
    u.until(lambda: u.newest(project, "convert"), "the conversion stands in the queue")
    u.until(lambda: "train" in u.stages(u.newest(project, "train")), "training began")
    die("watch", "train", "keeper")
    u.run_done(project, "learn")
    u.run_done(project, "finish")
    assert u.fstui("stop", project.name).returncode == 0
    return outcome(project)


def outcome(project: Project) -> dict[str, Any]:
    """What is compared: every face with its points, how far the model learnt and by which reports
    its history goes on, what the finished video and its report have."""
    with Store(project.db_path, readonly=True) as store:
        names = {m.id: (m.side, m.path) for m in store.media()}
        faces = [
            (*names[f.media], f.idx, f.face.n, f.face.points, f.face.rejected)
            for f in store.faces(rejected=None)
        ]
    report = json.loads((project.path / "out" / "report.json").read_text())
    iterations = [p.iteration for p in history.read_range(project.path / "model" / "history")]
    return {
        "faces": sorted(faces),
        "sources": sorted((s.side, s.path) for s in Project.open(project.path).sources()),
        "iterations": iterations[-1],
        "history": iterations == sorted(set(iterations)),
        "clips": report["clips"],
        "frames": (report["frames"], report["frames_swapped"], report["iterations"]),
        "measured": report["identity"]["faces_measured"],
        "results": sorted(p.name for p in (project.path / "out").iterdir() if p.name[0] != "."),
        "runs": sorted((run.recipe, run.state, *run.files) for run in u.book(project).runs),
    }


@pytest.mark.timeout(280)
def test_a_machine_that_dies_twice_finishes_what_arrives(
    clips: dict[str, bytes], projects: Callable[[str], Project]
) -> None:
    found = work_through(projects("killed"), clips, kills=True)
    sides = [face[0] for face in found["faces"]]
    assert {side: sides.count(side) for side in ("a", "b", "target")} == {
        **{"a": FACES, "b": FACES},
        "target": TARGET,
    }
    assert found["iterations"] == ITERATIONS
    assert found["history"], "the history has no fold"
    assert found["frames"] == (TARGET, TARGET, ITERATIONS)
    assert "scene.mp4" in found["results"]
    assert found["runs"] == [
        ("finish", "done", "media/target/scene.mp4"),
        ("learn", "done", "media/a/man.mp4", "media/b/woman.mp4"),
    ]


@pytest.mark.all
@pytest.mark.timeout(400)
def test_it_comes_to_the_same_as_without_a_kill(
    clips: dict[str, bytes], projects: Callable[[str], Project]
) -> None:
    whole = work_through(projects("whole"), clips, kills=False)
    assert work_through(projects("killed"), clips, kills=True) == whole
