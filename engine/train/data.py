"""Training faces: cut once at the size that the model needs, then read from a memory map.

One file a side in `model/cache`, `uint8` (faces, side, side, channels): RGB, the face's mask and,
when wanted, eyes and mouth, with a margin around the crop so that augmentation finds real pixels
there. The file is named after all that went into it; when that changes, it is built again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import BadInput, NothingToDo, from_os_error
from engine.faces import crops
from engine.faces.masks import FINER, Packed, stored_of
from engine.process import fsync_folder
from engine.project import Project
from engine.reached import FEWEST_FACES, too_few
from engine.store import Store
from engine.tables import Face
from engine.train.cutting import MARGIN, Cut, piece, placed

VERSION = 2
FEW = 250
"""Faces of a side below which a swap seldom looks well from all sides."""


@dataclass(frozen=True)
class Side:
    """The faces of one side, ready to be trained."""

    crops: NDArray[np.uint8]
    """Read-only memory map (faces, side, side, channels)."""
    landmarks: NDArray[np.float32]
    """(faces, 68, 2) in their frames."""
    cut: Cut
    digest: str
    """Sixteen hex digits of which faces they are, however they are cut."""

    @cached_property
    def points(self) -> NDArray[np.float32]:
        """(faces, 68, 2) landmarks in shares of the crop from its centre."""
        return np.stack([placed(points, self.cut) for points in self.landmarks])


def load(project: Project, side: str, cut: Cut, progress: Callable[[int, int], None]) -> Side:
    """The side's faces, cut.

    `progress(done, total)` is called while they are cut. Raises `NothingToDo` for a side without
    faces, `BadInput` for one with fewer than 25 or without the masks.
    """
    faces = usable(project, side)
    with Store(project.db_path) as store:
        masks = stored_of(store, faces, cut.mask, f"side {side.upper()}", project.name)
    folder = project.path / "model" / "cache"
    who = digest(project, faces)
    path = folder / f"{side}-{fingerprint(who, masks, cut)}.npy"
    if not path.exists():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _build(project, faces, masks, cut, path, progress)
        except OSError as error:
            raise from_os_error(error, f"writing the training faces to {path}") from error
    for old in folder.glob(f"{side}-*.npy"):
        if old != path:
            old.unlink(missing_ok=True)
    cached: NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
    landmarks = np.stack([np.frombuffer(face.points, "<f4").reshape(68, 2) for face in faces])
    return Side(cached, landmarks, cut, who)


def usable(project: Project, side: str) -> list[Face]:
    """Faces that are not rejected; one whose crop was deleted is rejected from now on."""
    faces: list[Face] = []
    if project.db_path.exists():
        with Store(project.db_path) as store:
            rows = [f.face for f in store.faces(side=side) if f.face.crop]
            faces = [f for f in rows if crop_path(project, f).is_file()]
            gone = {f.id for f in rows} - {f.id for f in faces}
            if gone:
                with store.batch():
                    store.reject(gone)
    if not faces:
        raise NothingToDo(
            f"Side {side.upper()} of {project.name} has no faces: add footage with "
            f"'add {project.typed} {side} PATH' and run 'extract {project.typed}'."
        )
    if len(faces) < FEWEST_FACES:
        raise BadInput(too_few(project, side, len(faces)))
    return faces


def crop_path(project: Project, face: Face) -> Path:
    """Where a face's crop lies. Raises `BadInput` for one outside the project."""
    return project.inside(str(face.crop))


def digest(project: Project, faces: list[Face]) -> str:
    """Sixteen hex digits of which faces these are and what they look like."""
    found = hashlib.sha256()
    for face in faces:
        stat = crop_path(project, face).stat()
        found.update(
            f"\0{face.crop}\0{face.crop_size}\0{stat.st_size}\0{stat.st_mtime_ns}".encode()
        )
        found.update(face.points + (face.mesh or b""))
    return found.hexdigest()[:16]


def fingerprint(faces: str, masks: list[Packed | None], cut: Cut) -> str:
    """Sixteen hex digits of all that decides what is in the cache; `faces` is their digest."""
    found = hashlib.sha256(f"{VERSION} {faces} {cut} {MARGIN} {FINER}".encode())
    for mask in masks:
        found.update(mask[0] + mask[1] if mask else b"\0")
    return found.hexdigest()[:16]


def _build(
    project: Project,
    faces: list[Face],
    masks: list[Packed | None],
    cut: Cut,
    path: Path,
    progress: Callable[[int, int], None],
) -> None:
    """Cut every face into a file aside, sync it, give it its name."""
    aside = path.with_suffix(".part")
    shape = (len(faces), cut.side, cut.side, cut.channels)
    cache = np.lib.format.open_memmap(aside, "w+", np.uint8, shape)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        pieces = pool.map(
            lambda face, mask: piece(crops.read(crop_path(project, face)), face, cut, mask),
            faces,
            masks,
        )
        for number, picture in enumerate(pieces):
            cache[number] = picture
            progress(number + 1, len(faces))
    cache.flush()
    with open(aside, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(aside, path)
    fsync_folder(path.parent)
