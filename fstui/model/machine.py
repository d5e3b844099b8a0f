"""What a job asks of the machine: processor and memory of its processes, load, memory, heat and
power of NVIDIA devices. Asked in the tail's thread, at most once in two seconds."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from engine.process import start_time
from engine.protocol import JobFolder
from fstui.i18n import tr
from fstui.model import words
from fstui.model.told import Told

EVERY_S = 2.0
GB = 1_000_000_000
STEP_PERCENT, STEP_BYTES = 5, 10_000_000
"""They are told in steps: a figure that trembles would be painted ever anew."""


class MachineGlance(NamedTuple):
    """News of what a job takes."""

    job: str
    processor: int | None
    """Percent of one core; None where its processes can't be looked at."""
    memory: int
    """Bytes that its processes hold, in steps of 10 MB."""
    devices: tuple[str, ...]
    """A line for each NVIDIA device; none without."""

    def words(self) -> str:
        """`CPU 185 %, memory 2.3 GB | GPU 0 95 %, 7.1 of 24.0 GB, 71 C, 250 W`."""
        own = tr("CPU {load} %, memory {held}").format(
            load=self.processor, held=words.size(self.memory)
        )
        mine = () if self.processor is None else (own,)
        return " | ".join((*mine, *(self.devices or (tr("no NVIDIA GPU"),))))


def of_machine(folder: JobFolder, every_s: float = EVERY_S) -> Told[MachineGlance]:
    """A question for `Tail.also` about a running job."""
    seen: dict[int, Any] = {}

    def look() -> MachineGlance | None:
        if not folder.alive():
            return None
        return MachineGlance(folder.name, *_processes(folder, seen), devices())

    return Told(look, every_s)


def _processes(folder: JobFolder, seen: dict[int, Any]) -> tuple[int | None, int]:
    """Percent of a core and bytes of the supervisor and its children. `seen` keeps their clocks: a
    process tells its load since it was asked last."""
    import psutil

    holder = folder.holder()
    if holder is None or start_time(holder.pid) != holder.started:
        return None, 0
    try:
        supervisor = psutil.Process(holder.pid)
        running = {p.pid: p for p in (supervisor, *supervisor.children(recursive=True))}
    except psutil.Error:
        return None, 0
    load, memory = 0.0, 0
    for pid, process in running.items():
        try:
            load += seen.setdefault(pid, process).cpu_percent()
            memory += process.memory_info().rss
        except psutil.Error:
            continue
    return STEP_PERCENT * round(load / STEP_PERCENT), STEP_BYTES * round(memory / STEP_BYTES)


# --- NVIDIA ----------------------------------------------------------------------------------


@cache
def nvml() -> Any:
    """NVML, started once; None where this machine has no NVIDIA driver."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:  # the library's own errors, a missing driver library
        return None
    return pynvml


def devices() -> tuple[str, ...]:
    """A line for each NVIDIA device; none without, or while the driver doesn't answer."""
    library = nvml()
    if library is None:
        return ()
    try:
        return tuple(_device(library, n) for n in range(library.nvmlDeviceGetCount()))
    except library.NVMLError:
        return ()


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
    return tr("{used} of {total} GB").format(
        used=f"{info.used / GB:.1f}", total=f"{info.total / GB:.1f}"
    )


def _heat(library: Any, handle: Any) -> str:
    return f"{library.nvmlDeviceGetTemperature(handle, library.NVML_TEMPERATURE_GPU)} C"


def _power(library: Any, handle: Any) -> str:
    return f"{round(library.nvmlDeviceGetPowerUsage(handle) / 10_000) * 10} W"
