"""Networks that can be trained, one a file: the folder is the registry.

A model file holds `VERSION` (raised when the network it builds changes), `INPUT_SIZE` and
`OUTPUT_SIZE` (px), `LEARNING_RATE`, `DECAY` (whether the learning rate falls to nothing at the
training's end), `LOSS` (weights of the terms of `engine.train.losses`), `WARP` and `COLOUR_TARGET`
(see `engine.train.augment`), `DEFAULTS` (options) and `build(options)`, which returns the
sub-models: `encoder`, `decoder_a`, `decoder_b`.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Protocol

from engine.errors import BadInput, Damaged
from engine.protocol import safe_text


class Model(Protocol):
    """What a model file holds."""

    VERSION: int
    INPUT_SIZE: int
    OUTPUT_SIZE: int
    LEARNING_RATE: float
    DECAY: bool
    LOSS: dict[str, float]
    WARP: float
    COLOUR_TARGET: bool
    DEFAULTS: dict[str, Any]

    def build(self, options: dict[str, Any]) -> dict[str, Any]:
        """Fresh Keras sub-models by name."""


def names() -> list[str]:
    """Every model there is."""
    here = Path(__file__).parent
    return sorted(p.stem for p in here.glob("*.py") if not p.stem.startswith("_"))


def load(name: str) -> Model:
    """A model's module. Raises `BadInput` that lists the models for an unknown name."""
    if name not in names():
        raise BadInput(f"No model is called '{safe_text(name)}': there are {', '.join(names())}.")
    module: Any = importlib.import_module(f"engine.train.models.{name}")
    return module


def trained(name: str, version: int) -> Model:
    """The module that a checkpoint was trained with. Raises `Damaged` when it has changed since."""
    module = load(name)
    now = module.VERSION
    if version != now:
        raise Damaged(
            f"This model was trained with version {version} of the network '{name}', and this "
            f"fstui has version {now}: use the fstui that trained it, or begin again "
            "with 'train NAME --anew'."
        )
    return module
