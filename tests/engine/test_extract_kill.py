"""The real step, killed at random moments and run again until it is done: the same rows and files
as those of an unbroken run."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from extract_project import project_with

from engine.project import Project

SCRIPT = """
import json, sys
from pathlib import Path
from engine.extract import align, detect, pipeline
from engine.extract.align import mesh
from engine.extract.detect import fullrange
from engine.project import Project
from extract_project import extract
print("ready", flush=True)
extract(Project.open(Path(sys.argv[1])), "a", **json.loads(sys.argv[2]))
"""
PASS = {"batch": 4, "masks": "extended", "smooth": 2, "min_face": 37}
RUNS = (PASS, {**PASS, "size": 256, "refeed": 1, "smooth": 3, "masks": "oval,extended"})
"""Faces are found, cut, smoothed, masked and judged; then found, cut and smoothed otherwise."""
EXACT = (
    "idx, pts, n, left, top, right, bottom, score, detector, points, mesh, aligner, yaw, pitch,"
    " roll, blur, size, brightness, misalignment, duplicate, identity_network, crop, crop_size,"
    " rejected, rejected_by, stale, raw_points, spectrum, occlusion"
)


def start(project: Project, settings: dict[str, Any]) -> subprocess.Popen[str]:
    """The step in a process of its own, which says when it begins."""
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parent.parent)])
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(project.path), json.dumps(settings)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def seconds_of(project: Project, settings: dict[str, Any]) -> float:
    """How long an unbroken run takes."""
    process = start(project, settings)
    begin = time.monotonic()
    assert process.wait(300) == 0
    return time.monotonic() - begin


def outcome(project: Project) -> dict[str, Any]:
    """All that an extraction leaves behind, without ids."""
    with sqlite3.connect(project.db_path) as db:
        joined = "FROM face JOIN frame ON frame.id = face.frame"
        masks = f"SELECT idx, n, name, picture, matrix, mask.size {joined} JOIN mask"
        return {
            "media": db.execute("SELECT name, frames, done, settings FROM media").fetchall(),
            "frames": db.execute("SELECT idx, pts FROM frame ORDER BY idx").fetchall(),
            "faces": db.execute(f"SELECT {EXACT} {joined} ORDER BY idx, n").fetchall(),
            "masks": db.execute(f"{masks} ON mask.face = face.id ORDER BY idx, n, name").fetchall(),
            "crops": {p.name: p.read_bytes() for p in (project.path / "faces").rglob("*.jpg")},
        }


def identities(project: Project) -> np.ndarray:
    with sqlite3.connect(project.db_path) as db:
        rows = db.execute(
            "SELECT identity FROM face JOIN frame ON frame.id = face.frame ORDER BY idx, n"
        ).fetchall()
    return np.stack([np.frombuffer(row or b"", "<f4") for (row,) in rows])


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("kills", "identity", "frames"),
    [
        (3, False, "1-60"),
        pytest.param(20, False, "", marks=pytest.mark.all),
        pytest.param(20, True, "", marks=pytest.mark.all),
    ],
)
def test_kills_at_random_moments(
    sample: Callable[[str], Path], tmp_path: Path, kills: int, identity: bool, frames: str
) -> None:
    random_of = random.Random(20)
    clip = sample("second-man")
    runs = [{**settings, "identity": identity, "frames": frames} for settings in RUNS]
    whole = project_with(tmp_path / "whole", a=[clip])
    seconds, expected = [], []
    for settings in runs:
        seconds.append(seconds_of(whole, settings))
        expected.append(outcome(whole))
    made = number = 0
    while made < kills:
        broken = project_with(tmp_path / f"broken-{number}", a=[clip])
        number += 1
        for settings, whole_s, aim in zip(runs, seconds, expected, strict=True):
            while made < kills:
                process = start(broken, settings)
                try:
                    assert process.wait(random_of.uniform(0, whole_s)) == 0
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(30)
                    made += 1
            else:
                assert start(broken, settings).wait(300) == 0
            now = outcome(broken)
            assert {k: len(v) for k, v in now.items()} == {k: len(v) for k, v in aim.items()}
            assert now == aim
    assert number > 0
    if identity:
        assert np.abs(identities(broken) - identities(whole)).max() < 0.01
