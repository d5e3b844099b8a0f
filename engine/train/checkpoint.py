"""Checkpoints as sets of files: written whole, checksummed, then pointed to.

`model/checkpoints/<iteration>-<4 hex>/` holds `recipe.json`, `weights.safetensors`,
`optimiser.safetensors`, `state.json`, `average.safetensors` where the weights are averaged, and,
written last, `SHA256SUMS`. `model/latest` holds the name of the newest whole set. A set that
doesn't match its sums is refused and the one before it is used. No pickle: the graph is built from
the recipe by our own code.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.digest import file_sha256
from engine.errors import Damaged, ModelMissing, from_os_error
from engine.process import fsync_folder
from engine.protocol import write_atomic
from engine.train import tensors
from engine.train.style import Style

FORMAT = 1
FILES = ("recipe.json", "weights.safetensors", "optimiser.safetensors", "state.json")
AVERAGE = "average.safetensors"
"""Averages under the names of their weights: a set of weights of its own, for convert."""
SUMS = "SHA256SUMS"
_NAME = re.compile(r"\d{9}-[0-9a-f]{4}")

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


class TrainState(msgspec.Struct, frozen=True):
    """Where training stood; the history goes up to `iteration`."""

    format: int
    iteration: int
    seed: int
    seconds: float
    """Training time of all jobs together."""
    saved: str
    """UTC, ISO 8601."""
    slowed: float = 1.0
    """What the learning rate was lowered to while training: `engine.train.schedule.slower`."""


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
    """Write a set and point to it; sets beyond the newest `keep` go.

    Raises `NoSpace`; the set before is untouched then.
    """
    path = model / "checkpoints" / f"{state.iteration:09d}-{secrets.token_hex(2)}"
    try:
        _remove_torn(path.parent)
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
        write_atomic(model / "latest", f"{path.name}\n".encode())
    except OSError as error:
        shutil.rmtree(path, ignore_errors=True)
        raise from_os_error(error, f"saving the model to {path}") from error
    for old in _sets(model)[keep:]:
        shutil.rmtree(old, ignore_errors=True)
    return path


def exists(model: Path) -> bool:
    """Whether anything was saved yet."""
    return bool(_sets(model))


def load(model: Path, warn: Callable[[str], None], averaged: bool = False) -> Checkpoint:
    """The newest set that matches its sums; `warn` is told of each that doesn't. With `averaged`
    its weights are the averages, if it has any.

    Raises `ModelMissing` when nothing was saved, `Damaged` when no set can be trusted.
    """
    sets = _sets(model)
    if not sets:
        raise ModelMissing(f"There is no trained model in {model}: run 'train' first.")
    problems: list[str] = []
    for path in sets:
        try:
            found = verify(path, averaged)
        except Damaged as error:
            if not path.exists():  # a training has removed it meanwhile, for a newer one
                return load(model, warn, averaged)
            problems.append(str(error))
            continue
        for problem in problems:
            warn(f"{problem} The one of iteration {found.state.iteration} is used.")
        return found
    raise Damaged(
        f"None of the {len(sets)} checkpoints in {model} can be trusted: begin again with "
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
    for path in _sets(model):
        if path == used.path:
            return
        trash.mkdir(exist_ok=True)
        os.replace(path, trash / f"checkpoint-{path.name}-{secrets.token_hex(2)}")


def set_aside_all(model: Path, trash: Path) -> Path | None:
    """Move a model and its history into the trash: training begins again then. The pointer goes
    first: without it the sets are still used. Where it all lies now; None if there was nothing."""
    there = [model / name for name in ("latest", "checkpoints", "history")]
    there = [path for path in there if path.exists()]
    if not there:
        return None
    aside = trash / f"model-{secrets.token_hex(2)}"
    try:
        aside.mkdir(parents=True)
        for path in there:
            os.replace(path, aside / path.name)
    except OSError as error:
        raise from_os_error(error, f"moving the model to {aside}") from error
    return aside


def _sets(model: Path) -> list[Path]:
    """Sets that were written to their end: the one pointed to, then by name, newest first."""
    folder = model / "checkpoints"
    if not folder.is_dir():
        return []
    found = [p for p in folder.iterdir() if _NAME.fullmatch(p.name) and (p / SUMS).exists()]
    found.sort(key=lambda p: p.name, reverse=True)
    try:
        latest = (model / "latest").read_text().strip()
    except (OSError, UnicodeDecodeError):
        return found
    return sorted(found, key=lambda p: p.name != latest)


def _remove_torn(folder: Path) -> None:
    """Remove what a crash left of a set: a folder without sums. Only the trainer writes here."""
    for path in folder.glob("*"):
        if _NAME.fullmatch(path.name) and not (path / SUMS).exists():
            shutil.rmtree(path, ignore_errors=True)


def _write(path: Path, data: bytes) -> str:
    """Write and sync a file; its digest."""
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(data).hexdigest()
