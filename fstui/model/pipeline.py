"""What a project's pipeline has made beside faces, and what each part of it takes on disk."""

from __future__ import annotations

import json
from pathlib import Path
from stat import S_ISDIR
from typing import NamedTuple

from engine.protocol import safe_text
from engine.train.sets import SUMS, checkpoints, iteration_of

from .glance import Counts
from .overview import results_of
from .told import Told

PARTS = ("media", "faces", "model", "out", "jobs", "trash")
"""Folders of a project that are counted."""
EVERY_S = 0.5
COUNT_EVERY_S = 120.0
"""A part is counted again after so long: many faces take a moment."""


class Model(NamedTuple):
    """The newest set of the project's model."""

    network: str
    input_px: int
    output_px: int
    iteration: int
    saved: float
    """UNIX time."""


class Result(NamedTuple):
    """What the newest conversion made."""

    path: Path
    bytes: int | None
    """None for a folder of pictures: counting those takes a moment."""
    made: float
    """UNIX time."""


class Pipeline(NamedTuple):
    """News of a project's model, results and disk."""

    path: Path
    model: Model | None
    result: Result | None
    parts: dict[str, int]
    """Bytes of the parts that were counted."""


def of_pipeline(path: Path, every_s: float = EVERY_S) -> Told[Pipeline]:
    """A question for `Tail.also`: model, result, and what each part takes."""
    parts: dict[str, int] = {}
    counts = Counts(COUNT_EVERY_S)

    def look() -> Pipeline:
        if counted := counts.look(path / part for part in PARTS):
            folder, held = counted
            parts[folder.name] = held
        return Pipeline(path, model_of(path), result_of(path), dict(parts))

    return Told(look, every_s)


def model_of(project: Path) -> Model | None:
    """What the newest whole set says of itself; None without one that can be read."""
    for folder in checkpoints(project / "model")[:1]:
        try:
            recipe = json.loads((folder / "recipe.json").read_bytes())
            return Model(
                safe_text(str(recipe["model"])),
                int(recipe["input_size"]),
                int(recipe["output_size"]),
                iteration_of(folder),
                (folder / SUMS).stat().st_mtime,
            )
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None  # the models room says what is wrong with it
    return None


def result_of(project: Path) -> Result | None:
    """The newest result in `out/`."""
    for path in results_of(project)[:1]:
        try:
            stat = path.stat()
        except OSError:
            return None
        return Result(path, None if S_ISDIR(stat.st_mode) else stat.st_size, stat.st_mtime)
    return None
