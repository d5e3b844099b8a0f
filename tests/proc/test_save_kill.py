"""A save that is killed at any point leaves a model that goes on from the newest set or the one
before, without a warning: nothing is damaged by a kill."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from engine.launch import ROOT, engine_environment
from engine.train import checkpoint, sets

SCRIPT = Path(__file__).with_name("save_and_die.py")


def child(model: Path, how: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(model), how],
        env=engine_environment(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_kill_at_every_point_of_a_save(tmp_path: Path) -> None:
    with child(tmp_path, "points") as process:
        assert process.stdout is not None
        lines = [json.loads(line) for line in process.stdout]
    assert process.returncode == 0
    assert len(lines) > 60, "every call of a save was a point"
    assert not lines[-1]["died"], "the last one came through"
    reached = 1
    for line in lines:
        assert line["warned"] == []
        assert line["found"] in (reached, line["iteration"]), "the newest or the one before"
        reached = line["found"]
    assert any(line["died"] and line["found"] == line["iteration"] for line in lines)
    snapshots = [line["snapshots"] for line in lines]
    assert all(set(a) <= set(b) for a, b in pairwise(snapshots))
    left = [
        path for path in (tmp_path / "checkpoints").iterdir() if not (path / sets.SUMS).exists()
    ]
    assert left == [], "what the kills left is gone after a save that came through"


@pytest.mark.all
def test_fifty_kills_at_random_moments_of_saving(tmp_path: Path) -> None:
    rng = random.Random(1)
    for number in range(50):
        model = tmp_path / str(number)
        with child(model, "loop") as process:
            assert process.stdout is not None
            for _ in range(rng.randint(2, 5)):
                begun = int(process.stdout.readline())
            time.sleep(rng.uniform(0.0, 0.02))  # the moment of the kill, not a synchronisation
            process.kill()
            begun = max([begun, *map(int, process.stdout.read().split())])
        warned: list[str] = []
        found = checkpoint.load(model, warned.append)
        assert found.state.iteration in (begun - 1, begun)
        assert warned == []
