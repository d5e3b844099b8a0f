"""Whether a file is a network's weights, by what is in it; and all of them verified or listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from engine.errors import BadInput, Damaged
from engine.models.manifest import MODELS, Model
from engine.models.store import State, bring, files, how_to_bring, state
from engine.words import counted

RETINAFACE_CHANNELS = (4, 8, 20) * 3
"""Scores, boxes and points of two anchors a cell, at three strides."""


class Content(NamedTuple):
    """What a file of weights has that tells whose it is."""

    numbers: int
    """In its arrays of floats."""
    shapes: frozenset[tuple[int, ...]]
    """Of them, sizes in rising order."""
    channels: tuple[int, ...] | None
    """The last size of each output, of an ONNX file."""

    @classmethod
    def of(cls, path: Path, name: str) -> Content:
        """Look at a file; `name` is safe to print. Raises `BadInput` or `Damaged`."""
        if path.suffix == ".caffemodel":
            return cls(0, frozenset(), None)
        if path.suffix == ".onnx":
            from engine.models.onnx import session

            outputs = session(path, name).get_outputs()
            return cls(0, frozenset(), tuple(o.shape[-1] for o in outputs if o.shape))
        from engine.models.arrays import read

        floats = [a for a in read(path, name).values() if a.dtype.kind == "f"]
        shapes = frozenset(tuple(sorted(a.shape)) for a in floats)
        return cls(sum(a.size for a in floats), shapes, None)

    def fits(self, model: Model) -> bool:
        """Whether this is what a model's file has; one that is only told by its hash never is."""
        if model.key == "retinaface":
            return self.channels == RETINAFACE_CHANNELS
        return self.numbers in model.numbers and self.shapes.issuperset(model.shapes)

    @property
    def words(self) -> str:
        """What it has, for who expected something else."""
        if self.channels is not None:
            return f"its outputs have {', '.join(map(str, self.channels)) or 'no'} channels"
        if not self.numbers:
            return "its SHA-256 is another"
        return f"its arrays have {self.numbers:,} numbers"


def listing() -> list[dict[str, Any]]:
    """All models as plain values, quickly: hashes are not checked."""
    return [_row(model, state(model), "") for model in MODELS.values()]


def verified() -> list[dict[str, Any]]:
    """All models as plain values, each that is there read and checked by hash and arrays."""
    return [_row(model, *_looked_at(model)) for model in MODELS.values()]


def brought(source: Path, key: str) -> dict[str, Any]:
    """A file taken into the store, as plain values. Raises as `store.bring` does."""
    return bring(source, key)._asdict()


def _looked_at(model: Model) -> tuple[State, str]:
    """The state of a model, and what was verified or is wrong."""
    found = state(model, thorough=True)
    if found == "missing":
        return found, "nothing to verify"
    if found == "damaged":
        return found, "is not what its SHA-256 says"
    paths = files(model)
    if any(f.sha256 == sha256 for _, sha256 in paths for f in model.files):
        return found, f"SHA-256 of {counted(len(paths), 'file')} as published"
    ((path, _),) = paths
    try:
        content = Content.of(path, path.name)
    except (BadInput, Damaged):
        return "damaged", "its arrays can't be read"
    if not content.fits(model):
        return "damaged", content.words
    return found, "SHA-256 as when it was imported, arrays of the right shapes"


def _row(model: Model, found: State, verified: str) -> dict[str, Any]:
    paths = [path for path, _ in files(model)] if found == "there" else []
    return {
        "name": model.key,
        "title": model.title,
        "for": model.purpose,
        "state": found,
        "size": sum(path.stat().st_size for path in paths) or model.size,
        "licence": model.licence,
        "comes": model.bringing,
        "origin": model.files[0].origin,
        "verified": verified,
        "how": how_to_bring(model) if found == "missing" else "",
        "files": [str(path) for path in paths],
    }
