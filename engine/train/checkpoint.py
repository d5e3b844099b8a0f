"""Checkpoints as sets of files: written whole, checksummed, then pointed to.

`model/checkpoints/<iteration>-<4 hex>/` holds `recipe.json`, `weights.safetensors`,
`optimiser.safetensors`, `state.json`, `average.safetensors` where the weights are averaged, and,
written last, `SHA256SUMS`. `model/latest` holds the name of the newest whole set. A set that
doesn't match its sums is refused and the one before it is used. No pickle: the graph is built from
the recipe by our own code. Where sets lie and which are kept: `engine.train.sets`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.digest import file_sha256
from engine.errors import Damaged, ModelMissing, from_os_error
from engine.process import fsync_folder
from engine.train import sets, tensors
from engine.train.sets import SUMS
from engine.train.style import Style

FORMAT = 1
FILES = ("recipe.json", "weights.safetensors", "optimiser.safetensors", "state.json")
AVERAGE = "average.safetensors"
"""Averages under the names of their weights: a set of weights of its own, for convert."""

Arrays = dict[str, NDArray[np.float32]]


class Recipe(msgspec.Struct, frozen=True):
    """What the graph is built from and what it was trained on; fixed for a model's life."""

    format: int
    model: str
    options: dict[str, Any]
    input_size: int
    output_size: int
    centring: str
    coverage: float
    """Per cent."""
    mask: str
    shapes: dict[str, list[int]]
    """Shape of every weight by name."""
    version: int = 1
    """Of the network: `VERSION` of the model's file."""
    style: Style = Style()
    vertical_offset: float = 0.0
    """Per cent of the crop by which faces lie lower in it."""
    mask_dilation: float = 0.0
    """Per cent of the crop; with blur and threshold what training makes of the mask's edge."""
    mask_blur: float = 0.0
    mask_threshold: int = 0
    eye_multiplier: float = 1.0
    mouth_multiplier: float = 1.0
    optimiser: str = "adam"
    weights_from: str = ""
    """The other model that it began with, as the project holds it."""


class TrainState(msgspec.Struct, frozen=True):
    """Where training stood; the history goes up to `iteration`."""

    format: int
    iteration: int
    seed: int
    seconds: float
    """Training time of all jobs together."""
    saved: str
    """UTC, ISO 8601."""
    faces: dict[str, str] = msgspec.field(default_factory=dict)
    """Digest of the faces of each side; empty where it was saved before there was one."""
    slowed: float = 1.0
    """Share of the learning rate that is left after roll-backs and the command slower."""
    found_rate: float = 0.0
    """The learning rate that the finder chose; 0 is none."""
    roll_backs: int = 0
    """How often training went back to an older set; it draws other faces since."""
    loss_a: float | None = None
    """Mean loss since the save before; None where there were too few steps to tell."""
    loss_b: float | None = None
    measure: str = ""
    """What the losses are made of: only alike ones are compared."""


class Checkpoint(msgspec.Struct, frozen=True):
    """A whole set that matched its sums."""

    path: Path
    recipe: Recipe
    state: TrainState
    recipe_sha256: str
    arrays: Arrays
    """Weights by name, averaged if that was asked for and there is an average. They are read with
    the rest: a training may remove the set at any time."""
    has_average: bool = False

    def weights(self) -> Arrays:
        """Weights by name, checked against the recipe's shapes."""
        shapes = {name: list(a.shape) for name, a in self.arrays.items()}
        if shapes != self.recipe.shapes:
            raise Damaged(
                f"The checkpoint {self.path.name} has other weights than its recipe says."
            )
        return self.arrays

    def forget_weights(self) -> None:
        """Give their memory back once a network has them."""
        self.arrays.clear()

    def slots(self) -> Arrays:
        """The optimiser's moments by name, for the trainer: it alone removes sets."""
        return tensors.read(self.path / "optimiser.safetensors")

    def average(self) -> Arrays | None:
        """The averages of the weights, for the trainer; None where there are none."""
        return tensors.read(self.path / AVERAGE) if self.has_average else None


def save(
    model: Path,
    recipe: Recipe,
    state: TrainState,
    weights: Arrays,
    slots: Arrays,
    keep: int,
    average: Arrays | None = None,
) -> Path:
    """Write a set and point to it, also as the best where its losses are the lowest; sets beyond
    the newest `keep` and the best go.

    Raises `NoSpace`; the set before is untouched then.
    """
    path = sets.new_path(model / "checkpoints", state.iteration)
    try:
        sets.remove_torn(path.parent)
        path.mkdir(parents=True)
        sums = {
            "recipe.json": _write(path / "recipe.json", msgspec.json.encode(recipe)),
            "weights.safetensors": tensors.write(path / "weights.safetensors", weights),
            "optimiser.safetensors": tensors.write(path / "optimiser.safetensors", slots),
            "state.json": _write(path / "state.json", msgspec.json.encode(state)),
        }
        if average is not None:
            sums[AVERAGE] = tensors.write(path / AVERAGE, average)
        lines = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
        _write(path / SUMS, lines.encode())
        fsync_folder(path)
        fsync_folder(path.parent)
        if is_best(model, state):
            sets.point(model, sets.BEST, path)
        sets.point(model, sets.LATEST, path)
    except OSError as error:
        shutil.rmtree(path, ignore_errors=True)
        raise from_os_error(error, f"saving the model to {path}") from error
    sets.prune(model, keep)
    return path


def is_best(model: Path, state: TrainState) -> bool:
    """Whether a state's losses are the lowest yet, of those that are measured alike."""
    if state.loss_a is None or state.loss_b is None:
        return False
    path = sets.best(model)
    before = read_state(path) if path else None
    if before is None or before.measure != state.measure:
        return True
    if before.loss_a is None or before.loss_b is None:
        return True
    return state.loss_a + state.loss_b < before.loss_a + before.loss_b


def read_state(path: Path) -> TrainState | None:
    """A set's counters as they stand, not checked against its sums; None if unreadable."""
    try:
        return msgspec.json.decode((path / "state.json").read_bytes(), type=TrainState)
    except (OSError, msgspec.MsgspecError):
        return None


def exists(model: Path) -> bool:
    """Whether anything was saved yet."""
    return bool(sets.all_sets(model))


def load(
    model: Path,
    warn: Callable[[str], None],
    but: Collection[str] = frozenset(),
    averaged: bool = False,
) -> Checkpoint:
    """The newest set that matches its sums; `warn` is told of each that doesn't. Snapshots are
    used where no checkpoint can be. Sets named in `but` are used only if there are no others. With
    `averaged` its weights are the averages, if it has any.

    Raises `ModelMissing` when nothing was saved, `Damaged` when no set can be trusted.
    """
    there = sorted(sets.all_sets(model), key=lambda path: path.name in but)
    if not there:
        raise ModelMissing(f"There is no trained model in {model}: run 'train' first.")
    problems: list[str] = []
    for path in there:
        try:
            found = verify(path, averaged)
        except Damaged as error:
            if not path.exists():  # a training has removed it meanwhile, for a newer one
                return load(model, warn, but, averaged)
            problems.append(str(error))
            continue
        for problem in problems:
            warn(f"{problem} The one of iteration {found.state.iteration} is used.")
        return found
    raise Damaged(
        f"None of the {len(there)} checkpoints in {model} can be trusted: begin again with "
        f"'train {model.parent.name} --anew'."
    )


def verify(path: Path, averaged: bool = False) -> Checkpoint:
    """Read a set whose every file matches its sum. Raises `Damaged`."""
    try:
        lines = (path / SUMS).read_text("ascii").splitlines()
        sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        has_average = AVERAGE in sums
        for name in (*FILES, AVERAGE) if has_average else FILES:
            if sums.get(name) != file_sha256(path / name):
                raise Damaged(f"The checkpoint {path.name} is damaged: {name} is not as saved.")
        recipe = msgspec.json.decode((path / "recipe.json").read_bytes(), type=Recipe)
        state = msgspec.json.decode((path / "state.json").read_bytes(), type=TrainState)
        weights = AVERAGE if averaged and has_average else "weights.safetensors"
        arrays = tensors.read(path / weights)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise Damaged(f"The checkpoint {path.name} is damaged: {error}.") from error
    if recipe.format > FORMAT:
        raise Damaged(f"The checkpoint {path.name} is of a newer fstui: update it.")
    return Checkpoint(path, recipe, state, sums["recipe.json"], arrays, has_average)


def set_aside_after(model: Path, used: Checkpoint, trash: Path) -> None:
    """Move the sets that were refused before `used` into the trash, so that they don't count."""
    for path in sets.all_sets(model):
        if path == used.path:
            return
        sets.set_aside(path, trash)


def part_of(name: str) -> str:
    """The sub-model that a weight or a moment belongs to."""
    return name.partition("/")[0]


def _write(path: Path, data: bytes) -> str:
    """Write and sync a file; its digest."""
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(data).hexdigest()
