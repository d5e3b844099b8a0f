"""What this machine has for the work: processors, GPUs, TensorFlow, limits, weights."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
from pathlib import Path
from typing import Any, Literal, NamedTuple

import psutil

from engine import __version__, packs
from engine.devices import gpus
from engine.launch import LINGER, kills_at_logout, lingers

Verdict = Literal["good", "note", "bad"]

MIN_WATCHES = 8192
"""inotify watches below which the watching of a few projects beside an editor may run out."""
MIN_MEMORY_BYTES = 4 << 30
INOTIFY = Path("/proc/sys/fs/inotify")
DRIVER = Path("/proc/driver/nvidia/version")


class Finding(NamedTuple):
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    words: str
    """What was found, and what to do where that is not good."""


def facts() -> list[dict[str, Any]]:
    """All findings as plain values. TensorFlow itself is not imported for it."""
    found = [program(), processor(), memory(), tensorflow(), graphics(), inotify(), logout()]
    return [finding._asdict() for finding in [*found, *weights()]]


def program() -> Finding:
    """Versions."""
    python = f"Python {platform.python_version()}"
    return Finding("fstui", "good", f"{__version__}, {python}, {platform.platform(terse=True)}")


def processor() -> Finding:
    """Cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Finding("processor", "good", f"{cores} cores, {platform.machine()}")


def memory() -> Finding:
    """Main memory."""
    have = psutil.virtual_memory()
    words = f"{have.available / 1e9:.1f} GB free of {have.total / 1e9:.1f} GB"
    if have.total < MIN_MEMORY_BYTES:
        return Finding("memory", "note", f"{words}: training wants 4 GB, use the model 'quick'")
    return Finding("memory", "good", words)


def tensorflow() -> Finding:
    """TensorFlow's version and what it was built for, read from its own file."""
    try:
        version = importlib.metadata.version("tensorflow")
    except importlib.metadata.PackageNotFoundError:
        return Finding("tensorflow", "bad", "not installed: 'run.py --repair' sets it up")
    build = build_info()
    cuda = build.get("cuda_version") if build.get("is_cuda_build") else None
    words = f"{version}, built {f'for CUDA {cuda}' if cuda else 'for the CPU alone'}"
    if cuda and DRIVER.exists() and not has_cuda_libraries():
        return Finding(
            "tensorflow",
            "note",
            f"{words}, but its CUDA libraries are missing: 'run.py --repair' brings them",
        )
    return Finding("tensorflow", "good", words)


def build_info() -> dict[str, Any]:
    """TensorFlow's own record of its build; importing TensorFlow would take seconds."""
    spec = importlib.util.find_spec("tensorflow")
    if spec is None or not spec.submodule_search_locations:
        return {}
    path = Path(spec.submodule_search_locations[0]) / "python" / "platform" / "build_info.py"
    if not path.is_file():
        return {}
    own = importlib.util.spec_from_file_location("fstui_tensorflow_build_info", path)
    if own is None or own.loader is None:
        return {}
    module = importlib.util.module_from_spec(own)
    own.loader.exec_module(module)
    return dict(module.build_info)


def has_cuda_libraries() -> bool:
    """Whether the CUDA runtime's package is in this environment."""
    return importlib.util.find_spec("nvidia") is not None


def graphics() -> Finding:
    """GPUs by the driver's own list."""
    found = gpus()
    if found:
        return Finding("gpu", "good", "; ".join(f"gpu:{g.number} {g.name}" for g in found))
    if DRIVER.exists():
        return Finding("gpu", "bad", "there is an NVIDIA driver, but it lists no GPU")
    return Finding("gpu", "note", "none with an NVIDIA driver: training runs on the CPU")


def inotify(root: Path = INOTIFY) -> Finding:
    """How many files may be watched."""
    try:
        watches = int((root / "max_user_watches").read_text())
        instances = int((root / "max_user_instances").read_text())
    except (OSError, ValueError):
        return Finding("inotify", "note", "not on this system: new footage is found by polling")
    words = f"{watches} watches, {instances} instances"
    if watches < MIN_WATCHES:
        hint = "'sysctl fs.inotify.max_user_watches=65536' raises it"
        return Finding("inotify", "note", f"{words}: few, {hint} (else it polls)")
    return Finding("inotify", "good", words)


def logout(linger: Path = LINGER) -> Finding:
    """Whether jobs live on after log-out."""
    if not kills_at_logout():
        return Finding("log-out", "good", "jobs run on")
    if lingers(user_name(), linger):
        return Finding("log-out", "good", "jobs run on (lingering is enabled)")
    return Finding(
        "log-out",
        "bad",
        "KillUserProcesses is set: 'loginctl enable-linger' once, or jobs end with the session",
    )


def user_name() -> str:
    """Who runs this."""
    try:
        return psutil.Process().username()
    except (psutil.Error, KeyError):
        return ""


def weights() -> list[Finding]:
    """Files that the networks need, and the demo's footage."""
    missing = [key for key in packs.NETWORKS if not packs.present(key)]
    lacking = [key for key in packs.DEMO_FOOTAGE if not packs.present(key)]
    where = packs.data_folder()
    return [
        Finding("weights", "bad", f"missing: {', '.join(missing)}: 'doctor --fetch' brings them")
        if missing
        else Finding("weights", "good", f"all {len(packs.NETWORKS)} in {where / 'models'}"),
        Finding("samples", "note", f"missing: {', '.join(lacking)}: 'demo' fetches them")
        if lacking
        else Finding("samples", "good", f"all that the demo needs in {where / 'samples'}"),
    ]
