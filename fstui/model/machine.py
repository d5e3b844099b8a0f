"""What a job asks of the machine: processor and memory of its processes, load, memory, heat and
power of NVIDIA devices. Asked in the tail's thread, at most once in two seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from engine.process import start_time
from engine.protocol import JobFolder

EVERY_S = 2.0
GB = 1_000_000_000
STEP_PERCENT = 5
"""Loads are told in steps: a figure that trembles would be painted ever anew."""


class MachineGlance(NamedTuple):
    """News of what a job takes."""

    job: str
    processor: int | None
    """Percent of one core; None where its processes can't be looked at."""
    memory: float
    """GB that its processes hold."""
    devices: tuple[str, ...]
    """A line for each NVIDIA device; none without."""

    def words(self) -> str:
        """`CPU 185 %, memory 2.3 GB | GPU 0 95 %, 7.1 of 24.0 GB, 71 C, 250 W`."""
        own = (
            "" if self.processor is None else f"CPU {self.processor} %, memory {self.memory:.1f} GB"
        )
        return " | ".join(part for part in (own, *self.devices) if part)


def of_machine(folder: JobFolder, every_s: float = EVERY_S) -> Callable[[], MachineGlance | None]:
    """A question for `Tail.also` about a running job; told when its figures changed."""
    last: MachineGlance | None = None
    seen: dict[int, Any] = {}
    due = 0.0

    def ask() -> MachineGlance | None:
        nonlocal last, due
        if time.monotonic() < due or not folder.alive():
            return None
        due = time.monotonic() + every_s
        processor, memory = _processes(folder, seen)
        now = MachineGlance(folder.name, processor, memory, devices())
        if now == last:
            return None
        last = now
        return now

    return ask


def _processes(folder: JobFolder, seen: dict[int, Any]) -> tuple[int | None, float]:
    """Percent of a core and GB of the supervisor and its children. `seen` keeps their clocks: a
    process tells its load since it was asked last."""
    import psutil

    holder = folder.holder()
    if holder is None or start_time(holder.pid) != holder.started:
        return None, 0.0
    try:
        supervisor = psutil.Process(holder.pid)
        running = {p.pid: p for p in (supervisor, *supervisor.children(recursive=True))}
    except psutil.Error:
        return None, 0.0
    load, memory = 0.0, 0
    for pid, process in running.items():
        try:
            load += seen.setdefault(pid, process).cpu_percent()
            memory += process.memory_info().rss
        except psutil.Error:
            continue
    return STEP_PERCENT * round(load / STEP_PERCENT), round(memory / GB, 1)


# --- NVIDIA ----------------------------------------------------------------------------------

_nvml: Any = None
"""pynvml once it was started; False where there is no driver."""


def nvml() -> Any:
    """NVML, started once; False where this machine has no NVIDIA driver."""
    global _nvml
    if _nvml is None:
        try:
            import pynvml

            pynvml.nvmlInit()
            _nvml = pynvml
        except Exception:  # the library's own errors, a missing driver library
            _nvml = False
    return _nvml


def devices() -> tuple[str, ...]:
    """A line for each NVIDIA device."""
    library = nvml()
    if not library:
        return ()
    return tuple(_device(library, n) for n in range(library.nvmlDeviceGetCount()))


def _device(library: Any, number: int) -> str:
    """Load, memory, heat and power of one device; what it doesn't tell is left out."""
    handle = library.nvmlDeviceGetHandleByIndex(number)
    parts = []
    for tell in (_load, _memory, _heat, _power):
        try:
            parts.append(tell(library, handle))
        except library.NVMLError:
            continue
    return f"GPU {number} {', '.join(parts)}".rstrip()


def _load(library: Any, handle: Any) -> str:
    load = library.nvmlDeviceGetUtilizationRates(handle).gpu
    return f"{STEP_PERCENT * round(load / STEP_PERCENT)} %"


def _memory(library: Any, handle: Any) -> str:
    info = library.nvmlDeviceGetMemoryInfo(handle)
    return f"{info.used / GB:.1f} of {info.total / GB:.1f} GB"


def _heat(library: Any, handle: Any) -> str:
    return f"{library.nvmlDeviceGetTemperature(handle, library.NVML_TEMPERATURE_GPU)} C"


def _power(library: Any, handle: Any) -> str:
    return f"{round(library.nvmlDeviceGetPowerUsage(handle) / 10_000) * 10} W"
