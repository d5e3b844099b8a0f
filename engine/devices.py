"""Which GPUs the machine has, without TensorFlow, and the locks that queue jobs on them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from engine.errors import NotPossible
from engine.process import FileLock, device_lock_folder
from engine.protocol import Job


class Gpu(NamedTuple):
    """One NVIDIA device as its driver lists it."""

    number: int
    uuid: str
    name: str


def gpus(root: Path = Path("/proc/driver/nvidia/gpus")) -> list[Gpu]:
    """NVIDIA devices by the driver's own list; empty without a driver."""
    found = []
    try:
        folders = sorted(root.iterdir())
    except OSError:
        return []
    for index, folder in enumerate(folders):
        try:
            text = (folder / "information").read_text()
        except OSError:
            continue
        uuid = re.search(r"GPU UUID:\s*(\S+)", text)
        model = re.search(r"Model:\s*(.+)", text)
        found.append(
            Gpu(
                index,
                uuid.group(1) if uuid else folder.name,
                model.group(1).strip() if model else "GPU",
            )
        )
    return found


USES_DEVICE = frozenset({"extract", "train", "convert"})
"""Stages that compute on a device."""


def computes(job: Job) -> bool:
    """Whether a job needs a device."""
    return any(step.stage in USES_DEVICE for step in job.steps)


Choice = tuple[Gpu, ...]
"""Devices that a job takes together."""


def choices(device: str | None) -> list[Choice]:
    """What a job may take, in order: any one device, or the ones named (`gpu:0`, `gpu:0,1`); empty
    means the CPU. Raises `NotPossible` for a device that isn't there."""
    have = gpus()
    if device is None:
        return [(gpu,) for gpu in have]
    if device == "cpu":
        return []
    numbers = device.removeprefix("gpu:").split(",")
    named = {str(g.number): g for g in have}
    if len(set(numbers)) < len(numbers) or not set(numbers) <= set(named):
        raise NotPossible(f"This machine has no device '{device}': it has {len(have)} GPUs.")
    return [tuple(named[number] for number in numbers)]


AMD_DRIVER = Path("/dev/kfd")
"""AMD's compute driver; its devices aren't listed here, so TensorFlow finds them by itself."""


def visibility(taken: Choice, device: str | None) -> dict[str, str]:
    """The environment that shows a step its devices alone. ROCm obeys this variable too, so an AMD
    device that may be used is not hidden by it."""
    if not taken and device is None and AMD_DRIVER.exists():
        return {}
    return {"CUDA_VISIBLE_DEVICES": ",".join(gpu.uuid for gpu in taken) or "-1"}


def device_lock(gpu: Gpu) -> FileLock:
    """The lock that every user of the machine shares for one device."""
    return FileLock(device_lock_folder() / f"fstui-gpu-{gpu.uuid}.lock", shared=True)


def take(choice: Choice, holder: str) -> list[FileLock] | None:
    """The locks of all devices of a choice, or None where one of them is taken."""
    locks: list[FileLock] = []
    # In the order of their numbers: two jobs that want the same two can't each hold one.
    for gpu in sorted(choice, key=lambda g: g.number):
        lock = device_lock(gpu)
        if not lock.acquire(holder):
            for held in locks:
                held.release()
            return None
        locks.append(lock)
    return locks
