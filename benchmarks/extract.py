"""How fast extraction is against its parts, all measured in one run on a pinned clip."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import packs
from engine.control import Control
from engine.extract import pipeline
from engine.extract.describe import FaceFinder, FoundFace
from engine.extract.identify.chip import chip
from engine.extract.identify.dlib_resnet import Identifier
from engine.faces.crops import encode_jpeg, write_synced
from engine.media.read import read_frames
from engine.project import Project
from engine.protocol import Job, JobFolder, Step
from engine.report import Reporter
from engine.settings import ExtractSettings
from engine.work import Work

CLIP = "woman"
CLIP_FRAMES = 472
SAMPLE_STEP = 8
"""Parts are timed on every eighth frame."""


def bench() -> dict[str, float]:
    """Core-milliseconds of each part, frames a second of the whole, and their ratios.

    `of_ideal` is the whole's time over max(slowest part, all parts / cores): 1 is perfect.
    """
    cv2.setNumThreads(1)
    clip = packs.find(CLIP)
    parts = _parts(clip)
    with tempfile.TemporaryDirectory(prefix="fstui-bench-") as folder:
        whole_ms = _whole(Path(folder), clip)
    ideal_ms = max(parts["decode"], sum(parts.values()) / (os.cpu_count() or 1))
    return {
        **{f"{name}_core_ms": round(value, 3) for name, value in parts.items()},
        "frames_per_s": round(1e3 / whole_ms, 1),
        "decode_frames_per_s": round(1e3 / parts["decode"], 1),
        "of_decode": round(whole_ms / parts["decode"], 2),
        "of_ideal": round(whole_ms / ideal_ms, 2),
    }


def _parts(clip: Path) -> dict[str, float]:
    """Core-milliseconds a frame of each part."""
    decode_ms = _core_ms(CLIP_FRAMES, lambda: [frame.index for frame in read_frames(clip)])
    frames = list(read_frames(clip, step=SAMPLE_STEP))
    finder, identifier = FaceFinder(ExtractSettings()), Identifier()
    found: list[tuple[NDArray[np.uint8], FoundFace]] = []

    def find() -> None:
        found.extend((frame.rgb, face) for frame in frames for face in finder.find(frame))

    find_ms = _core_ms(len(frames), find)
    chips = [chip(rgb, face.points) for rgb, face in found]
    identifier.embed_chips(chips[:16])  # traced and compiled
    identity_ms = _core_ms(len(frames), lambda: identifier.embed_chips(chips))
    with tempfile.TemporaryDirectory(prefix="fstui-bench-") as folder:
        path = Path(folder) / "crop.jpg"

        def save() -> None:
            for _, face in found:
                write_synced(path, encode_jpeg(face.crop))

        save_ms = _core_ms(len(frames), save)
    return {"decode": decode_ms, "find": find_ms, "identity": identity_ms, "save": save_ms}


def _core_ms(frames: int, act: Callable[[], object]) -> float:
    """Core-milliseconds a frame of an act on so many frames."""
    start = time.process_time()
    act()
    return 1e3 * (time.process_time() - start) / frames


def _whole(workspace: Path, clip: Path) -> float:
    """Milliseconds a frame of the real step, from its first batch's end on: networks are loaded
    and compiled then."""
    project = Project.create(workspace, "bench")
    project.add_sources("b", [clip])
    step = Step("extract", "b")
    folder = JobFolder.create(project.path, Job(1, "extract", [step]))
    report = Reporter(folder)
    pipeline.run(Work(project, folder, step, report, Control(report)))
    marks = [(e.t, e.data["done"]) for e in folder.events()[0] if e.k == "progress"]
    (first_s, first), (last_s, last) = marks[0], marks[-1]
    return float(1e3 * (last_s - first_s) / (last - first))
