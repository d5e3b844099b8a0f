"""What a job takes of the machine, and what NVIDIA devices tell of themselves."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.locks import holder_text
from engine.process import FileLock
from engine.project import Project
from engine.protocol import Job, JobFolder, Step
from fstui.model import machine
from fstui.model.words import size


class Silent(Exception):
    """The driver doesn't tell this."""


class Driver:
    """NVML of two devices, of which the second has no power sensor."""

    NVMLError = Silent
    NVML_TEMPERATURE_GPU = 0

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802  # NVML's own names
        return 2

    def nvmlDeviceGetHandleByIndex(self, number: int) -> int:  # noqa: N802
        return number

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> SimpleNamespace:  # noqa: N802
        return SimpleNamespace(gpu=93 - handle)

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> SimpleNamespace:  # noqa: N802
        return SimpleNamespace(used=7_100_000_000, total=24_000_000_000)

    def nvmlDeviceGetTemperature(self, handle: int, sensor: int) -> int:  # noqa: N802
        return 71

    def nvmlDeviceGetPowerUsage(self, handle: int) -> int:  # noqa: N802
        if handle:
            raise Silent
        return 247_300


def test_devices_tell_load_memory_heat_and_power(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "nvml", Driver)
    assert machine.devices() == (
        "GPU 0 95 %, 7.1 of 24.0 GB, 71 C, 250 W",
        "GPU 1 90 %, 7.1 of 24.0 GB, 71 C",
    )


def test_without_a_driver_there_are_none_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "nvml", lambda: None)
    assert machine.devices() == ()
    told = machine.MachineGlance("job", 150, 2_240_000_000, machine.devices())
    assert told.words() == "CPU 150 %, memory 2.2 GB | no NVIDIA GPU"


def test_a_driver_that_is_lost_on_the_way_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lost(Driver):
        def nvmlDeviceGetCount(self) -> int:  # noqa: N802
            raise Silent

    monkeypatch.setattr(machine, "nvml", Lost)
    assert machine.devices() == ()


def test_a_running_jobs_processes_are_counted(
    tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "nvml", lambda: None)
    project = Project.create(tmp_workspace, "film")
    folder = JobFolder.create(project.path, Job(1, "train", [Step("train")]))
    ask = machine.of_machine(folder, every_s=0.0)
    assert ask() is None, "nobody runs it"
    lock = FileLock(folder.lock_path)
    assert lock.acquire(holder_text(folder.name))
    told = ask()
    assert told is not None
    assert told.job == folder.name
    assert told.memory > 0
    assert f"memory {size(told.memory)}" in told.words()
    lock.release()
