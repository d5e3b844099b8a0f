"""Training faces: cut once at the size that the model needs, then read from a memory map.

One file a side in `model/cache`, `uint8` (faces, side, side, 4): RGB and the face mask, with a
margin around the crop so that augmentation finds real pixels there. The file is named after all
that went into it; when that changes, it is built again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.errors import BadInput, NothingToDo, from_os_error
from engine.faces import crops
from engine.faces.geometry import align, compose, invert, warp
from engine.faces.landmarks import Landmarks
from engine.faces.masks import FINER, Packed, fine_mask, mask_in, stored, stored_of
from engine.process import fsync_folder
from engine.project import Project
from engine.store import Face, Store

VERSION = 1
FEWEST = 25
"""Faces of a side without which a decoder learns pictures by heart."""
MARGIN = 8
"""The margin on each side is this part of the crop's side: 1/8."""
PREFETCHED = 3
"""Batches kept ready."""


@dataclass(frozen=True)
class Cut:
    """Which part of a face is trained, and how large."""

    size: int
    """Side of the crop, px: the larger of the model's input and output."""
    centring: str
    coverage: float
    """Share of the crop, 0..1."""
    mask: str
    """none, one that is drawn, or the name of a stored one."""

    @property
    def margin(self) -> int:
        """Margin on each side, px."""
        return self.size // MARGIN

    @property
    def side(self) -> int:
        """Side with both margins, px."""
        return self.size + 2 * self.margin


def load(
    project: Project, side: str, cut: Cut, progress: Callable[[int, int], None]
) -> NDArray[np.uint8]:
    """The side's faces as a read-only memory map (faces, side, side, 4).

    `progress(done, total)` is called while they are cut. Raises `NothingToDo` for a side without
    faces, `BadInput` for one with fewer than 25 or without the masks.
    """
    faces = usable(project, side)
    with Store(project.db_path) as store:
        masks = stored_of(store, faces, cut.mask, f"side {side.upper()}", project.name)
    folder = project.path / "model" / "cache"
    path = folder / f"{side}-{fingerprint(project, faces, masks, cut)}.npy"
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
    return cached


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
    if len(faces) < FEWEST:
        raise BadInput(
            f"Side {side.upper()} of {project.name} has {len(faces)} faces and training needs at "
            f"least {FEWEST}: add more footage of that person and extract it."
        )
    return faces


def crop_path(project: Project, face: Face) -> Path:
    """Where a face's crop lies. Raises `BadInput` for one outside the project."""
    return project.inside(str(face.crop))


def fingerprint(project: Project, faces: list[Face], masks: list[Packed | None], cut: Cut) -> str:
    """Sixteen hex digits of all that decides what is in the cache."""
    digest = hashlib.sha256(f"{VERSION} {cut} {MARGIN} {FINER}".encode())
    for face, mask in zip(faces, masks, strict=True):
        stat = crop_path(project, face).stat()
        digest.update(
            f"\0{face.crop}\0{face.crop_size}\0{stat.st_size}\0{stat.st_mtime_ns}".encode()
        )
        digest.update(face.points + (face.mesh or b""))
        if mask:
            digest.update(mask[0] + mask[1])
    return digest.hexdigest()[:16]


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
    shape = (len(faces), cut.side, cut.side, 4)
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


def piece(
    head: NDArray[np.uint8], face: Face, cut: Cut, mask: Packed | None = None
) -> NDArray[np.uint8]:
    """RGB and mask (side, side, 4) of one face out of its head-centred crop and stored mask."""
    alignment = align(np.frombuffer(face.points, "<f4").reshape(68, 2))
    to_crop = alignment.crop_matrix(cut.size, cut.centring, cut.coverage)
    to_crop[:, 2] += cut.margin
    matrix = compose(to_crop, invert(alignment.crop_matrix(head.shape[0])))
    rgb = np.asarray(warp(head, matrix, cut.side), np.uint8)
    return np.dstack([rgb, _mask(face, mask, to_crop, cut)])


def _mask(
    face: Face, mask: Packed | None, to_crop: NDArray[np.float64], cut: Cut
) -> NDArray[np.uint8]:
    """The face's mask at the crop's size with margins."""
    if cut.mask == "none":
        return np.full((cut.side, cut.side), 255, np.uint8)
    if mask:
        return mask_in(*stored(*mask), to_crop, cut.side)
    here = Landmarks.of(face)
    return fine_mask(cut.mask, here.points, here.mesh, to_crop, cut.side)


# --- batches ---------------------------------------------------------------------------------


def batches(sides: dict[str, NDArray[np.uint8]], size: int, seed: int, first: int) -> Any:
    """An endless iterator over (2 size, side, side, 4): A's faces, then B's, from iteration
    `first` on. Reading the map happens in threads of TensorFlow's, ahead of the step."""

    def generate() -> Iterator[NDArray[np.uint8]]:
        for iteration in count(first):
            yield batch(sides, size, seed, iteration)

    shape = (2 * size, *sides["a"].shape[1:])
    data = tf.data.Dataset.from_generator(generate, output_signature=tf.TensorSpec(shape, tf.uint8))
    return iter(data.prefetch(PREFETCHED))


def batch(
    sides: dict[str, NDArray[np.uint8]], size: int, seed: int, iteration: int
) -> NDArray[np.uint8]:
    """The faces of one iteration (counted from 1), the same whenever it is asked for."""
    return np.concatenate(
        [
            sides[side][chosen(len(sides[side]), size, seed + number, iteration)]
            for number, side in enumerate(("a", "b"))
        ]
    )


def chosen(faces: int, size: int, seed: int, iteration: int) -> NDArray[np.int64]:
    """Indices of one side's batch: permutation after permutation, each face once in each."""
    places = np.arange((iteration - 1) * size, iteration * size)
    return np.array([order(faces, seed, int(p // faces))[p % faces] for p in places])


@lru_cache(maxsize=8)
def order(faces: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The permutation of one pass over a side's faces."""
    return np.random.default_rng([seed, epoch]).permutation(faces)
