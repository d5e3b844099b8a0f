"""Which GPUs the machine has, without TensorFlow, and the locks that queue jobs on them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from engine.errors import NotPossible
from engine.process import FileLock, device_lock_folder


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


def candidates(device: str | None) -> list[Gpu]:
    """The devices a job may take, in order; empty means the CPU."""
    have = gpus()
    if device is None:
        return have
    if device == "cpu":
        return []
    number = device.removeprefix("gpu:")
    hits = [g for g in have if str(g.number) == number]
    if not hits:
        raise NotPossible(f"This machine has no device '{device}': it has {len(have)} GPUs.")
    return hits


AMD_DRIVER = Path("/dev/kfd")
"""AMD's compute driver; its devices aren't listed here, so TensorFlow finds them by itself."""


def visibility(gpu: Gpu | None, device: str | None) -> dict[str, str]:
    """The environment that shows a step its device alone. ROCm obeys this variable too, so an AMD
    device that may be used is not hidden by it."""
    if gpu is None and device is None and AMD_DRIVER.exists():
        return {}
    return {"CUDA_VISIBLE_DEVICES": gpu.uuid if gpu else "-1"}


def device_lock(gpu: Gpu) -> FileLock:
    """The lock that every user of the machine shares for one device."""
    return FileLock(device_lock_folder() / f"fstui-gpu-{gpu.uuid}.lock", shared=True)
