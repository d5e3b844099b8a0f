"""The time-lapse: at every save one picture of the same faces, and a video of them all.

`model/timelapse/<iteration>.jpg` are the pictures. The video shows faces that were replaced, so it
leaves through the one door.
"""

from __future__ import annotations

import hashlib
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.digest import file_sha256
from engine.errors import BadInput, NothingToDo
from engine.faces.crops import encode_jpeg
from engine.media.codecs import Encoding
from engine.media.pictures import read_picture
from engine.media.write import HD_TAGS, Look, SegmentWriter, coded, join
from engine.project import Project
from engine.protocol import safe_text, write_atomic
from engine.train import sets
from engine.trust.consent import require_people
from engine.trust.door import Model, Origin, release
from engine.trust.mark import new_mark

FASTEST = 60
"""Frames a second."""
CRF, PRESET = 16, "medium"


class Timelapse:
    """The pictures of one model."""

    def __init__(self, model: Path) -> None:
        self.folder = folder_of(model)

    def has(self, iteration: int) -> bool:
        """Whether there is a picture of this iteration."""
        return self._path(iteration).exists()

    def add(self, iteration: int, picture: NDArray[np.uint8]) -> None:
        """Keep a picture (RGB)."""
        self.folder.mkdir(exist_ok=True)
        write_atomic(self._path(iteration), encode_jpeg(picture))

    def _path(self, iteration: int) -> Path:
        return self.folder / f"{iteration:09d}.jpg"


def folder_of(model: Path) -> Path:
    """Where a model's pictures are."""
    return model / "timelapse"


def frames_of(model: Path) -> list[Path]:
    """A model's pictures in their order."""
    return sorted(p for p in folder_of(model).glob("*.jpg") if p.stem.isdigit())


def forget_after(model: Path, iteration: int) -> None:
    """Remove what came after `iteration`: the training goes on from there another way."""
    for path in frames_of(model):
        if int(path.stem) > iteration:
            path.unlink(missing_ok=True)


# --- the video -------------------------------------------------------------------------------


def film(project: Project, fps: int, name: str) -> dict[str, Any]:
    """Make `out/<name>` of all pictures: its path and how many frames it has.

    Raises `NothingToDo` without pictures or model, `BadInput` for a rate or a name that can't be,
    `Refused` without recorded people, `NoSpace`.
    """
    if not 1 <= fps <= FASTEST:
        raise BadInput(f"A time-lapse has 1 to {FASTEST} frames a second, not {fps}.")
    if Path(name).name != name or Path(name).suffix.lower() != ".mp4":
        raise BadInput(
            f"A time-lapse can't be '{safe_text(name)}': it is an MP4 in the project's out/, named "
            "as in timelapse.mp4."
        )
    require_people(project)
    model = project.path / "model"
    frames, newest = frames_of(model), next(iter(sets.all_sets(model)), None)
    if not frames or newest is None:
        raise NothingToDo(
            f"{project.name} has no pictures for a time-lapse: 'train {project.typed} --timelapse' "
            "adds one at every save."
        )
    last = int(frames[-1].stem)
    staged = project.path / "out" / ".work" / f"timelapse-{os.getpid()}.mp4"
    _write(frames, fps, staged, new_mark(last).comment)
    out = release(
        project,
        staged,
        name,
        model=Model(last, newest.name, file_sha256(newest / "recipe.json")),
        source=Origin("model/timelapse", _digest(frames)),
        settings={"fps": fps},
        fingerprint=hashlib.sha256(f"{fps} {_digest(frames)}".encode()).hexdigest(),
    )
    return {"path": str(out), "frames": len(frames), "iteration": last}


def _digest(frames: list[Path]) -> str:
    """SHA-256 of all pictures with their names."""
    found = hashlib.sha256()
    for path in frames:
        found.update(f"{path.name} {file_sha256(path)}\n".encode())
    return found.hexdigest()


def _write(frames: list[Path], fps: int, staged: Path, comment: str) -> None:
    """Encode the pictures, as large as the last one, into a file with the comment."""
    height, width, _ = read_picture(frames[-1]).shape
    look = Look(width, height, "yuv420p", Fraction(fps), Fraction(1, fps), HD_TAGS, None, None)
    staged.parent.mkdir(parents=True, exist_ok=True)
    writer = SegmentWriter(staged.with_suffix(".part.mp4"), look, Encoding(crf=CRF, preset=PRESET))
    try:
        for number, path in enumerate(frames):
            writer.write(_frame(read_picture(path), look), number)
        segment = writer.close()
    except BaseException:
        writer.abandon()
        raise
    try:
        join([segment], look, segment.path, staged, comment=comment)
    finally:
        segment.path.unlink(missing_ok=True)


def _frame(rgb: NDArray[np.uint8], look: Look) -> Any:
    """A picture as a frame to encode."""
    if rgb.shape[:2] != (look.height, look.width):  # of a network with another output
        rgb = np.asarray(cv2.resize(rgb, (look.width, look.height)), np.uint8)
    return coded(rgb, look)
