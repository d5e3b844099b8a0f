"""A conversion that is killed at any moment goes on from its last whole segment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import frames_of, make_clip, times_of
from convert_project import Painter, make_project, make_work, painter

from engine.convert import pipeline
from engine.project import Project

SCRIPT = """
import json
import sys
from pathlib import Path
from convert_project import make_work, painter
from engine.convert import pipeline
from engine.project import Project
settings = json.loads(sys.argv[2])
pipeline.run(make_work(Project.open(Path(sys.argv[1])), **settings), painter)
"""
DEADLINE_S = 60.0


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Until a file is there; fails if the process ends before."""
    end = time.monotonic() + DEADLINE_S
    while not path.exists():
        assert process.poll() is None, "it ended before it was killed"
        assert time.monotonic() < end
        time.sleep(0.002)


def kill_at(project: Project, name: str, settings: dict[str, Any]) -> None:
    """Convert in a process of its own, killed as soon as a file is in the work folder."""
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parent.parent)])
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(project.path), json.dumps(settings)],
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.DEVNULL,
    )
    wait_for(project.path / "out" / ".work" / "a" / name, process)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("frames/000100.png", {"writer": "pictures", "mask_as": "separate"}),
        pytest.param(
            "mask-00001.mkv",
            {"codec": "ffv1", "preset": "fast", "mask_as": "separate"},
            marks=pytest.mark.all,
        ),
    ],
)
def test_sigkill_of_other_writers(
    tmp_workspace: Path, tmp_path: Path, name: str, settings: dict[str, Any]
) -> None:
    """Pictures and masks: what was whole stays, the rest comes out as without the kill."""
    source = make_clip(tmp_path / "a.mp4", width=160, height=120, frames=250)
    whole, project = (make_project(tmp_workspace / n, [source]) for n in "12")
    pipeline.run(make_work(whole, **settings), painter)
    kill_at(project, name, settings)
    assert not [p for p in (project.path / "out").iterdir() if p.name != ".work"]
    models: list[Painter] = []

    def load(_found: Any) -> Painter:
        models.append(Painter())
        return models[0]

    pipeline.run(make_work(project, **settings), load)
    assert sum(models[0].batches) <= 250 - 24
    names = [
        sorted(p.relative_to(q.path) for p in (q.path / "out").rglob("*.[pm][nk][gv]"))
        for q in (whole, project)
    ]
    assert names[0] == names[1]
    assert len(names[0]) == (500 if "pictures" in settings.values() else 2)
    for item in names[0]:
        pairs = zip(frames_of(whole.path / item), frames_of(project.path / item), strict=True)
        assert all(np.array_equal(a, b) for a, b in pairs), item


def test_sigkill_in_the_middle(tmp_workspace: Path, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", width=320, height=240, frames=250)
    whole = make_project(tmp_workspace / "1", [source])
    pipeline.run(make_work(whole), painter)
    project = make_project(tmp_workspace / "2", [source])
    work = project.path / "out" / ".work" / "a"
    kill_at(project, "segment-00001.mp4", {})
    assert not (project.path / "out" / "a.mp4").exists()
    kept = {p.name: p.stat().st_mtime_ns for p in work.glob("segment-*.mp4")}
    seen: dict[str, int] = {}

    def look(name: str) -> None:
        seen.update({p.name: p.stat().st_mtime_ns for p in work.glob("segment-*.mp4")})

    resumed = make_work(project)
    phase = resumed.report.phase
    resumed.report.phase = lambda name: (look(name), phase(name))[1]  # type: ignore[method-assign]
    pipeline.run(resumed, painter)
    assert seen["segment-00000.mp4"] == kept["segment-00000.mp4"]  # not made again
    one, two = whole.path / "out" / "a.mp4", project.path / "out" / "a.mp4"
    assert times_of(one) == times_of(two) == times_of(source)
    pairs = zip(frames_of(one), frames_of(two), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
