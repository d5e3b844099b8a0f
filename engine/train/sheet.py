"""A picture of what training makes of the faces: a few of each side through each step alone,
through all of them, and what is asked of the network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine import settings
from engine.errors import from_os_error
from engine.faces import crops
from engine.faces.masks import stored_of
from engine.project import Project
from engine.protocol import write_atomic
from engine.settings import TrainSettings
from engine.store import Store
from engine.tables import Face
from engine.train import checkpoint
from engine.train.augment import Augmentation, augment
from engine.train.cutting import Cut, piece, placed
from engine.train.data import crop_path, usable
from engine.train.feed import Batch, nearest
from engine.train.montage import cells, labels
from engine.train.session import asked_for
from engine.train.sight import augmentation_of, cut_of

ROWS = 3
"""Faces of each side."""
LOOKED_AT = 500
"""Faces of the other side at most among which the like ones are looked for."""
STILL: dict[str, Any] = {
    **dict.fromkeys(
        ("rotation", "zoom", "shift", "flip", "lightness", "chroma", "clahe", "warp"), 0.0
    ),
    "to_landmarks": False,
}
"""An augmentation that leaves faces as they are."""


class Shown(NamedTuple):
    """The faces of one side on the sheet."""

    crops: NDArray[np.uint8]
    points: NDArray[np.float32]
    """(rows, 68, 2) in shares of the crop."""
    others: NDArray[np.float32]
    """(faces, 68, 2): what the other side may be warped to."""


@dataclass(frozen=True)
class Column:
    """A step of the augmentation, alone."""

    name: str
    how: Augmentation
    used: bool
    """Whether the project's training takes this step."""

    @property
    def label(self) -> str:
        """Its name, and that it is off."""
        return self.name if self.used else f"{self.name}: off"


def save(project: Project, out: Path | None) -> dict[str, Any]:
    """Write the sheet as JPEG; where it lies and its columns.

    It shows the project's model if one was begun, else what its settings ask for. Raises
    `NothingToDo` and `BadInput` as a training would, `Damaged` for a model that can't be read.
    """
    wanted = settings.read(TrainSettings, project.settings("train"))
    model = project.path / "model"
    recipe = (
        checkpoint.load(model, lambda _: None).recipe
        if checkpoint.exists(model)
        else asked_for(wanted)
    )
    cut = cut_of(recipe)
    how = augmentation_of(recipe, wanted, cut)
    columns = columns_of(how)
    pictures = made(paired([shown(project, side, cut) for side in ("a", "b")]), columns)
    path = out or project.path / "out" / "augmentations.jpg"
    names = [*[column.label for column in columns], "target", "mask"]
    write(path, np.vstack([labels(names), cells(pictures)]))
    return {"path": str(path), "columns": names}


def write(path: Path, rgb: NDArray[np.uint8]) -> None:
    """A picture as JPEG, its folder made if need be. Raises `BadInput`, `NoSpace`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, crops.encode_jpeg(rgb), durable=False)
    except OSError as error:
        raise from_os_error(error, f"writing {path}") from error


def shown(project: Project, side: str, cut: Cut) -> Shown:
    """Faces from all over a side, cut as for training."""
    found = usable(project, side)
    chosen = _spread(found, ROWS)
    with Store(project.db_path) as store:
        masks = stored_of(store, chosen, cut.mask, f"side {side.upper()}", project.name)
    pieces = [
        piece(crops.read(crop_path(project, face)), face, cut, mask)
        for face, mask in zip(chosen, masks, strict=True)
    ]
    own, others = (
        np.stack([placed(np.frombuffer(f.points, "<f4").reshape(68, 2), cut) for f in some])
        for some in (chosen, _spread(found, LOOKED_AT))
    )
    return Shown(np.stack(pieces), own, others)


def _spread(found: list[Face], count: int) -> list[Face]:
    places = np.linspace(0, len(found) - 1, min(count, len(found)) + 2)[1:-1]
    return [found[place] for place in places.astype(int)]


def paired(sides: list[Shown]) -> Batch:
    """The faces as a batch, each with landmarks of the other side that are like its own."""
    points = []
    for own, other in zip(sides, reversed(sides), strict=True):
        flat = [p.reshape(-1, 136) for p in (own.points, other.others)]
        aims = other.others[nearest(*flat)[:, 0]]
        points.append(np.stack([own.points, aims], axis=1))
    pictures = np.concatenate([side.crops for side in sides])
    return Batch(tf.constant(pictures), tf.constant(np.concatenate(points)))


def columns_of(how: Augmentation) -> list[Column]:
    """Each step alone: one that is off as it would be, and always where it goes by chance."""
    plain = Augmentation(how.crop_size, how.margin, how.input_size, how.output_size)
    coloured, moved = bool(how.lightness or how.chroma), bool(how.rotation + how.zoom + how.shift)
    colour, affine = how if coloured else plain, how if moved else plain
    warp = how.warp or plain.warp
    steps: list[tuple[str, bool, dict[str, Any]]] = [
        ("source", True, {}),
        ("colour", coloured, {n: getattr(colour, n) for n in ("lightness", "chroma")}),
        ("CLAHE", bool(how.clahe), {"clahe": 100.0}),
        ("affine", moved, {n: getattr(affine, n) for n in ("rotation", "zoom", "shift")}),
        ("flip", bool(how.flip), {"flip": 100.0}),
        ("warp", bool(how.warp and not how.to_landmarks), {"warp": warp}),
        (
            "landmarks",
            bool(how.warp and how.to_landmarks),
            {"warp": warp, "to_landmarks": True},
        ),
    ]
    alone = [Column(name, replace(how, **{**STILL, **on}), used) for name, used, on in steps]
    return [*alone, Column("all together", how, True)]


def made(batch: Batch, columns: list[Column]) -> list[NDArray[np.float32]]:
    """The inputs of each column, then targets and masks of the last one."""
    seeds = tf.constant([[1, 4], [1, 6]])
    results = [augment(batch, seeds, column.how) for column in columns]
    target, area = results[-1][1].numpy(), results[-1][2].numpy()
    mask = np.repeat(area[..., :1], 3, axis=3)
    return [*[inputs.numpy() for inputs, _, _ in results], target, mask]
