"""A conversion that is killed at any moment goes on from its last whole segment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from clips import frames_of, make_clip, times_of
from convert_project import make_project, make_work, painter

from engine.convert import pipeline

SCRIPT = """
import sys
from pathlib import Path
from convert_project import make_work, painter
from engine.convert import pipeline
from engine.project import Project
pipeline.run(make_work(Project.open(Path(sys.argv[1]))), painter)
"""
DEADLINE_S = 60.0


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Until a file is there; fails if the process ends before."""
    end = time.monotonic() + DEADLINE_S
    while not path.exists():
        assert process.poll() is None, "it ended before it was killed"
        assert time.monotonic() < end
        time.sleep(0.002)


def test_sigkill_in_the_middle(tmp_workspace: Path, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", width=320, height=240, frames=250)
    whole = make_project(tmp_workspace / "1", [source])
    pipeline.run(make_work(whole), painter)
    project = make_project(tmp_workspace / "2", [source])
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parent.parent)])
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(project.path)],
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.DEVNULL,
    )
    work = project.path / "out" / ".work" / "a"
    wait_for(work / "segment-00001.mp4", process)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
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
