"""Training shared by the devices of one machine, tried with logical CPU devices."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from engine.errors import BadInput
from engine.train import replicas

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What two devices made of it, beside one."""
    paths = [str(HERE.parents[1]), str(HERE), str(HERE.parent)]
    done = subprocess.run(
        [sys.executable, str(HERE / "two_devices.py"), str(tmp_path_factory.mktemp("two"))],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.parametrize("plan", ["adam", "much"])
def test_two_devices_learn_what_one_would(found: dict[str, Any], plan: str) -> None:
    """Also with clipping, accumulation, averages and loss scale."""
    far = found[plan]
    assert far["losses"] < 1e-5
    assert far["learnt"] > 1e-3
    assert far["weights"] < 0.02 * far["learnt"]


def test_a_job_on_two_devices_is_saved_and_goes_on(found: dict[str, Any]) -> None:
    assert found["job"]["iteration"] == 20
    assert "a multiple of 2" in found["job"]["refused"]


def test_each_device_gets_its_part_of_both_sides() -> None:
    whole = tf.range(16)  # eight faces of A, eight of B
    parts = [replicas.part(whole, number, 4).numpy().tolist() for number in range(4)]
    assert parts == [[2 * i, 2 * i + 1, 8 + 2 * i, 9 + 2 * i] for i in range(4)]
    pictures = tf.reshape(tf.range(8 * 6), (8, 2, 3))
    both = np.concatenate([replicas.part(pictures, n, 2).numpy() for n in range(2)])
    assert sorted(both.ravel()) == list(range(48))


def test_a_batch_that_cannot_be_shared_is_refused() -> None:
    replicas.require_parts(16, 2)
    with pytest.raises(BadInput, match="A batch of 15 can't be shared by 2 devices"):
        replicas.require_parts(15, 2)
