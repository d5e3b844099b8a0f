"""Which losses there are: the files of this folder that don't begin with an underscore."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Protocol

from engine.errors import BadInput
from engine.protocol import safe_text


class Loss(Protocol):
    """What a loss file holds."""

    MAP: bool
    """Whether it returns a map over the pixels, else a number a face."""

    def loss(self, truth: Any, predicted: Any) -> Any:
        """What the difference of pictures (n, size, size, 3) in 0..1 costs; 0 of equal ones."""


def names() -> list[str]:
    """Every loss there is."""
    here = Path(__file__).parent
    return sorted(p.stem for p in here.glob("*.py") if not p.stem.startswith("_"))


def load(name: str) -> Loss:
    """A loss's module. Raises `BadInput` that lists the losses for an unknown name."""
    if name not in names():
        raise BadInput(f"No loss is called '{safe_text(name)}': there are {', '.join(names())}.")
    module: Any = importlib.import_module(f"engine.train.losses.{name}")
    return module
