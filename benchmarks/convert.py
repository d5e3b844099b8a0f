"""How fast converting is against its parts, all measured in one run on a pinned clip at 1280x720.

The model is `original` with fresh weights: how long a face takes doesn't depend on what it learnt.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine import packs
from engine.convert.clip import Clip, Conversion
from engine.convert.journal import WorkFolder
from engine.convert.outputs.choose import output_of
from engine.convert.patch import Cutter, FrameInFlight
from engine.extract.describe import FaceFinder
from engine.extract.flow import ordered
from engine.faces.landmarks import Landmarks
from engine.media.codecs import Encoding
from engine.media.probe import probe
from engine.media.read import FrameReader, read_frames
from engine.media.tools import rescale
from engine.media.write import SegmentWriter, look_of
from engine.settings import ConvertSettings, ExtractSettings
from engine.train import checkpoint, estimate
from engine.train.flops import matrix_rate
from engine.train.network import Network
from engine.train.predict import Swapper

CLIP = "woman"
CLIP_FRAMES = 472
SIZE = "1280x720"
FACE_STEP = 8
"""Faces are looked for in every eighth frame; the seven after it take the same place."""
ENCODED = 240
"""Frames that are encoded alone."""
MODEL = "original"
FACE_GFLOP = 3.77
"""Of `original`, forward, one face."""


def bench() -> dict[str, float]:
    """Frames a second of each part alone on all cores, of the whole, and their ratio.

    `slowest_fps` is the limit that the parts set: of the slowest one alone, or of all parts' work
    divided among the cores, whichever is less. `ratio` is that over `whole_fps`: 1 is perfect.
    `predict_of_matrix` is what a prediction reaches of the rate of a float32 matrix product.
    """
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(prefix="fstui-bench-") as folder:
        swapper, clip = Swapper(_untrained()), _clip(Path(folder))
        settings = ConvertSettings()
        parts = _parts(clip, swapper, settings)
        work = WorkFolder(Path(folder) / "work", "bench")
        conversion = Conversion(clip, [swapper], settings, work, output_of(clip, settings))
        began = time.perf_counter()
        conversion.run(lambda item: None)
        whole_s = (time.perf_counter() - began) / CLIP_FRAMES
    slowest_s = max(
        *(part.wall_s for part in parts.values()),
        sum(part.core_s for part in parts.values()) / _cores(),
    )
    gflops = matrix_rate() / 1e9
    return {
        **{f"{name}_core_ms": round(1e3 * part.core_s, 3) for name, part in parts.items()},
        **{f"{name}_fps": round(1 / part.wall_s, 1) for name, part in parts.items()},
        "composite_fps": round(1 / (parts["cut"].wall_s + parts["paste"].wall_s), 1),
        "whole_fps": round(1 / whole_s, 1),
        "slowest_fps": round(1 / slowest_s, 1),
        "ratio": round(whole_s / slowest_s, 2),
        "matrix_gflops": round(gflops, 1),
        "predict_of_matrix": round(FACE_GFLOP / parts["predict"].wall_s / gflops, 2),
        "peak_mib": estimate.peak_mib(),
    }


@dataclass(frozen=True)
class Part:
    """What a frame costs in one part alone."""

    wall_s: float
    core_s: float
    """Of all cores together."""


def _clip(folder: Path) -> Clip:
    """The pinned clip, enlarged, with a face in every frame."""
    path = folder / "clip.mp4"
    rescale.run(packs.find(CLIP), path, size=SIZE)
    finder = FaceFinder(ExtractSettings())
    faces: dict[int, list[Landmarks]] = {}
    for frame in read_frames(path, step=FACE_STEP):
        found = [Landmarks(f.points, f.mesh) for f in finder.find([frame])[0]][:1]
        faces.update(dict.fromkeys(range(frame.index, frame.index + FACE_STEP), found))
    return Clip(CLIP, path, "", probe(path), CLIP_FRAMES, faces)


def _parts(clip: Clip, swapper: Swapper, settings: ConvertSettings) -> dict[str, Part]:
    """Each part, one after the other."""
    cutter = Cutter(swapper, settings)
    parts = {}
    with FrameReader(clip.path) as reader:
        parts["decode"] = _part(CLIP_FRAMES, lambda: [index for index, _, _ in reader.raw()])
    with FrameReader(clip.path, step=FACE_STEP) as reader:
        items = [FrameInFlight(index, pts, frame, index) for index, pts, frame in reader.raw()]
    items = [item for item in items if clip.faces[item.index]]

    def cut(item: FrameInFlight) -> Any:
        return cutter.cut(item.frame, clip.faces[item.index][0])

    patches = [cut(item) for item in items]
    parts["cut"] = _pooled(cut, items)
    crops = np.stack([patch.face for patch in patches[: settings.batch]])
    swapper.predict(crops)  # traced and compiled
    predicted = swapper.predict(crops)
    parts["predict"] = _part(len(crops) * 5, lambda: [swapper.predict(crops) for _ in range(5)])

    def paste(number: int) -> None:
        items[number].frame.make_writable()
        new = predicted[number % len(predicted)]
        cutter.paste(items[number].frame, patches[number], new)

    parts["paste"] = _pooled(paste, list(range(len(items))))
    parts["encode"] = _encoding(clip, settings)
    return parts


def _encoding(clip: Clip, settings: ConvertSettings) -> Part:
    look = look_of(clip.path)
    with FrameReader(clip.path, stop=ENCODED) as reader:
        frames = [(pts, frame) for _, pts, frame in reader.raw()]
    path = clip.path.with_name("encoded.mp4")

    def encode() -> None:
        writer = SegmentWriter(path, look, Encoding(crf=settings.crf, preset=settings.preset))
        for pts, frame in frames:
            writer.write(frame, pts)
        writer.close()

    return _part(len(frames), encode)


def _pooled(act: Callable[[Any], Any], items: list[Any]) -> Part:
    """An act on each of the items, by as many threads as a conversion has."""

    def run() -> None:
        with ThreadPoolExecutor(_cores()) as pool:
            for _ in ordered(pool, act, iter(items), _cores() + 1):
                pass

    return _part(len(items), run)


def _part(frames: int, act: Callable[[], object]) -> Part:
    began, cores_began = time.perf_counter(), time.process_time()
    act()
    wall_s, core_s = time.perf_counter() - began, time.process_time() - cores_began
    return Part(wall_s / frames, core_s / frames)


def _cores() -> int:
    return os.cpu_count() or 1


def _untrained() -> checkpoint.Checkpoint:
    """A checkpoint of the model as it is before the first iteration, in memory alone."""
    network = Network(MODEL)
    weights = {name: np.asarray(value) for name, value in network.weights().items()}
    recipe = checkpoint.Recipe(
        format=checkpoint.FORMAT,
        model=MODEL,
        options={},
        input_size=network.input_size,
        output_size=network.output_size,
        centring="face",
        coverage=87.5,
        mask="extended",
        shapes={name: list(array.shape) for name, array in weights.items()},
    )
    state = checkpoint.TrainState(checkpoint.FORMAT, 0, 1, 0.0, "")
    return checkpoint.Checkpoint(Path(), recipe, state, "", weights)
