"""How fast converting is against its parts, all measured in one run on a pinned clip.

The model is `original` with fresh weights: how long a face takes doesn't depend on what it learnt.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tensorflow as tf

from engine import packs
from engine.convert.clip import Clip, Conversion
from engine.convert.journal import WorkFolder
from engine.convert.outputs.choose import output_of
from engine.convert.patch import Cutter, Item
from engine.extract.describe import FaceFinder
from engine.faces.landmarks import Landmarks
from engine.media.codecs import Encoding
from engine.media.planes import to_display
from engine.media.probe import probe
from engine.media.read import FrameReader, read_frames
from engine.media.write import SegmentWriter, look_of
from engine.settings import ConvertSettings, ExtractSettings
from engine.train import checkpoint
from engine.train.network import Network
from engine.train.predict import Swapper

CLIP = "woman"
CLIP_FRAMES = 472
FACE_STEP = 8
"""Faces are looked for in every eighth frame; the seven after it take the same place."""
MODEL = "original"
FACE_GFLOP = 3.77
"""Of `original`, forward, one face."""
MATRIX_SIDE = 2048


def bench() -> dict[str, float]:
    """Core-milliseconds a frame of each part, frames a second of the whole, and their ratios.

    `of_ideal` is the whole's time over max(slowest part, all parts / cores): 1 is perfect.
    `predict_of_matrix` is what a prediction reaches of the rate of a float32 matrix product.
    """
    cv2.setNumThreads(1)
    swapper, clip = Swapper(_untrained()), _clip()
    settings = ConvertSettings()
    parts = _parts(clip, swapper, settings)
    with tempfile.TemporaryDirectory(prefix="fstui-bench-") as folder:
        work = WorkFolder(Path(folder) / "work", "bench")
        conversion = Conversion(clip, [swapper], settings, work, output_of(clip, settings))
        began = time.perf_counter()
        conversion.run(lambda item: None)
        whole_ms = 1e3 * (time.perf_counter() - began) / CLIP_FRAMES
    cores = os.cpu_count() or 1
    ideal_ms = max(parts["decode"], sum(parts.values()) / cores)
    gflop_per_s = _matrix_rate()
    predicted = FACE_GFLOP / (parts["predict"] / cores / 1e3)
    return {
        **{f"{name}_core_ms": round(value, 3) for name, value in parts.items()},
        "frames_per_s": round(1e3 / whole_ms, 1),
        "decode_frames_per_s": round(1e3 / parts["decode"], 1),
        "encode_frames_per_s": round(1e3 * cores / parts["encode"], 1),
        "matrix_gflop_per_s": round(gflop_per_s, 1),
        "predict_of_matrix": round(predicted / gflop_per_s, 2),
        "of_decode": round(whole_ms / parts["decode"], 2),
        "of_encode": round(whole_ms * cores / parts["encode"], 2),
        "of_ideal": round(whole_ms / ideal_ms, 2),
    }


def _clip() -> Clip:
    """The pinned clip with a face in every frame."""
    path = packs.find(CLIP)
    finder = FaceFinder(ExtractSettings())
    faces: dict[int, list[Landmarks]] = {}
    for frame in read_frames(path, step=FACE_STEP):
        found = [Landmarks(f.points, f.mesh) for f in finder.find([frame])[0]][:1]
        faces.update(dict.fromkeys(range(frame.index, frame.index + FACE_STEP), found))
    return Clip(CLIP, path, "", probe(path), CLIP_FRAMES, faces)


def _parts(clip: Clip, swapper: Swapper, settings: ConvertSettings) -> dict[str, float]:
    """Core-milliseconds a frame of each part, one after the other."""
    look = look_of(clip.path)
    cutter = Cutter(swapper, settings, to_display(0, look.width, look.height))
    with FrameReader(clip.path) as reader:
        decode_ms = _core_ms(CLIP_FRAMES, lambda: [index for index, _, _ in reader.raw()])
    with FrameReader(clip.path, step=FACE_STEP) as reader:
        items = [Item(index, pts, frame, index) for index, pts, frame in reader.raw()]
    faces = [clip.faces[item.index][0] for item in items if clip.faces[item.index]]
    items = [item for item in items if clip.faces[item.index]]
    patches: list[Any] = []
    cut_ms = _core_ms(
        len(items),
        lambda: patches.extend(cutter.cut(i.frame, f) for i, f in zip(items, faces, strict=True)),
    )
    crops = np.stack([patch.face for patch in patches[: settings.batch]])
    swapper.predict(crops)  # traced and compiled
    predicted = swapper.predict(crops)
    predict_ms = _core_ms(len(crops) * 3, lambda: [swapper.predict(crops) for _ in range(3)])

    def paste() -> None:
        for number, (item, patch) in enumerate(zip(items, patches, strict=True)):
            item.frame.make_writable()
            cutter.paste(item.frame, patch, predicted[number % len(predicted)])

    paste_ms = _core_ms(len(items), paste)
    return {
        "decode": decode_ms,
        "cut": cut_ms,
        "predict": predict_ms,
        "paste": paste_ms,
        "encode": _encode_ms(clip, settings),
    }


def _encode_ms(clip: Clip, settings: ConvertSettings) -> float:
    look = look_of(clip.path)
    with FrameReader(clip.path, stop=settings.segment_frames) as reader:
        frames = [(pts, frame) for _, pts, frame in reader.raw()]
    with tempfile.TemporaryDirectory(prefix="fstui-bench-") as folder:
        path = Path(folder) / "segment.mp4"

        def encode() -> None:
            writer = SegmentWriter(path, look, Encoding(crf=settings.crf, preset=settings.preset))
            for pts, frame in frames:
                writer.write(frame, pts)
            writer.close()

        return _core_ms(len(frames), encode)


def _matrix_rate() -> float:
    """GFLOP/s of a float32 matrix product, the best of five."""
    square = tf.random.normal((MATRIX_SIDE, MATRIX_SIDE))
    seconds = []
    for _ in range(6):
        began = time.perf_counter()
        (square @ square).numpy()
        seconds.append(time.perf_counter() - began)
    return float(Fraction(2 * MATRIX_SIDE**3, 10**9)) / min(seconds[1:])


def _core_ms(frames: int, act: Callable[[], object]) -> float:
    """Core-milliseconds a frame of an act on so many frames."""
    start = time.process_time()
    act()
    return 1e3 * (time.process_time() - start) / frames


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
