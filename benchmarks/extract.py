"""How fast extraction is against its parts, all measured in one run on a pinned clip."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import cv2

from engine import packs
from engine.control import Control
from engine.extract import pipeline
from engine.extract.crew import Crew
from engine.extract.describe import FaceFinder, FoundFace, describe
from engine.extract.detect import Detection
from engine.extract.footage import prepare
from engine.extract.identify.chip import chip
from engine.extract.identify.dlib_resnet import Identifier
from engine.extract.networks import network
from engine.extract.save import Saver, SeenFrame
from engine.faces.crops import encode_jpeg
from engine.faces.landmarks import Landmarks
from engine.media.read import Frame, read_frames
from engine.project import Project
from engine.protocol import Job, JobFolder, Step
from engine.report import Reporter
from engine.settings import ExtractSettings
from engine.store import Store
from engine.work import Work

CLIP = "woman"
CLIP_FRAMES = 472
SAMPLE_STEP = 8
"""Networks are timed on every eighth frame."""
STORED = 600
"""Faces that are stored for the rate of storing alone."""


def bench() -> dict[str, float]:
    """Frames a second of each part on one core and of the whole, one face a frame.

    `slowest_fps` is the limit that the parts set, with and without identity: of the slowest one
    alone, or of all parts' work divided among the cores, whichever is less. `ratio` is that over
    `whole_fps`: 1 is perfect. `store_fps` is faces a second of encoding, saving and committing
    alone.
    """
    cv2.setNumThreads(1)
    clip = packs.find(CLIP)
    with tempfile.TemporaryDirectory(prefix="fstui-bench-") as folder:
        parts = _parts(clip)
        whole_s = _whole(Path(folder), "plain", clip, identity=False)
        whole_identity_s = _whole(Path(folder), "identity", clip, identity=True)
        store_fps, parts["commit"] = _store(Path(folder), clip)
    slowest_identity_s = _slowest_s(parts)
    slowest_s = _slowest_s({k: v for k, v in parts.items() if k != "identity"})
    rates = {f"{name}_fps": 1 / seconds for name, seconds in parts.items()}
    rates |= {"whole_fps": 1 / whole_s, "whole_identity_fps": 1 / whole_identity_s}
    rates |= {"slowest_fps": 1 / slowest_s, "slowest_identity_fps": 1 / slowest_identity_s}
    figures = {name: round(rate, 1) for name, rate in (rates | {"store_fps": store_fps}).items()}
    ratios = {"ratio": whole_s / slowest_s, "ratio_identity": whole_identity_s / slowest_identity_s}
    return figures | {name: round(ratio, 2) for name, ratio in ratios.items()}


def _slowest_s(parts: dict[str, float]) -> float:
    """Seconds a frame that nothing could be faster than."""
    return max(*parts.values(), sum(parts.values()) / (os.cpu_count() or 1))


def _parts(clip: Path) -> dict[str, float]:
    """Core-seconds a frame of each part."""
    settings = ExtractSettings()
    parts = {"decode": _core_s(CLIP_FRAMES, lambda: [f.index for f in read_frames(clip)])}
    frames = list(read_frames(clip, step=SAMPLE_STEP))
    detect = network("detect", settings.detector).Detector(settings)
    align = network("align", settings.aligner).Aligner(settings)
    found: list[list[Detection]] = []
    parts["detect"] = _core_s(len(frames), lambda: found.extend(detect([f])[0] for f in frames))
    shown = [(f.rgb, faces[0]) for f, faces in zip(frames, found, strict=True) if faces]
    parts["align"] = _core_s(len(frames), lambda: [align([face]) for face in shown])
    faces = _described(frames)
    parts["describe"] = _core_s(len(frames), lambda: [_again(f, face) for f, face in faces])
    identifier = Identifier()
    identifier.embed_chips([chip(f.rgb, face.points) for f, face in faces[:16]])  # compiled
    parts["identity"] = _core_s(
        len(frames), lambda: identifier.embed_chips([chip(f.rgb, face.points) for f, face in faces])
    )
    return parts


def _described(frames: list[Frame]) -> list[tuple[Frame, FoundFace]]:
    finder = FaceFinder(ExtractSettings())
    return [(frame, face) for frame in frames for face in finder.find([frame])[0][:1]]


def _again(frame: Frame, face: FoundFace) -> bytes:
    """The pose, crop and figures of a face whose points are known, and the crop's JPEG."""
    landmarks = Landmarks(face.points, face.mesh)
    described = describe(frame.rgb, face.box, face.score, landmarks, ExtractSettings().size)
    return encode_jpeg(described.crop)


def _core_s(frames: int, act: Callable[[], object]) -> float:
    """Core-seconds a frame of an act on so many frames."""
    start = time.process_time()
    act()
    return (time.process_time() - start) / frames


@contextmanager
def _work(workspace: Path, name: str, clip: Path, settings: dict[str, Any]) -> Iterator[Work]:
    """An extract step of a new project."""
    project = Project.create(workspace, name)
    project.add_sources("b", [clip])
    step = Step("extract", "b", settings)
    folder = JobFolder.create(project.path, Job(1, "extract", [step]))
    report = Reporter(folder)
    yield Work(project, folder, step, report, Control(report))


def _whole(workspace: Path, name: str, clip: Path, *, identity: bool) -> float:
    """Seconds a frame of the real step, from its first batch's end on: networks are loaded and
    compiled then."""
    with _work(workspace, name, clip, {"identity": identity}) as work:
        pipeline.run(work)
        events = work.folder.events()[0]
    marks = [(e.t, e.data["done"]) for e in events if e.k == "progress"]
    (first_s, first), (last_s, last) = marks[0], marks[-1]
    return float((last_s - first_s) / (last - first))


def _store(workspace: Path, clip: Path) -> tuple[float, float]:
    """Faces a second that are encoded, synced to disk and committed, and core-seconds a frame of
    the last two."""
    ((_, face),) = _described(list(islice(read_frames(clip), 1)))
    settings = ExtractSettings()
    with (
        _work(workspace, "store", clip, {}) as work,
        Store(work.project.db_path) as store,
        Crew(work, store, settings) as crew,
    ):
        saver = Saver(crew, prepare(store, work.project, "b", clip, settings))
        start, commit_s = time.perf_counter(), 0.0
        for first in range(0, STORED, settings.batch):
            indices = range(first, min(first + settings.batch, STORED))
            jpegs = list(crew.pool.map(lambda _: encode_jpeg(face.crop), indices))
            begin = time.process_time()
            saver.commit(
                [
                    SeenFrame(i, i, [face], jpegs=[jpeg], chips=[])
                    for i, jpeg in zip(indices, jpegs, strict=True)
                ]
            )
            commit_s += time.process_time() - begin
        return STORED / (time.perf_counter() - start), commit_s / STORED
