"""Update rules, one a file: the folder is the registry.

A file holds `DEFAULTS` (options), `TAKES` (the options that mean something to it besides
`weight_decay`, which `engine.train.optimiser` applies for all), `slots(options)` (names of the
float32 arrays that it keeps for each weight, of the weight's shape) and
`update(weights, count, rate, options)`. A rule keeps nothing else: `count`, a float32 scalar, says
which update this is, from 1.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from engine.errors import BadInput
from engine.protocol import safe_text


class Options(msgspec.Struct, frozen=True):
    """What the rules are told; each file says which of it means something there."""

    beta_1: float = 0.9
    """Share of the old that the average gradient keeps at an update, 0..1."""
    beta_2: float = 0.999
    """The same of the average squared gradient."""
    epsilon: float = 1e-7
    """Added where it divides, so that it never divides by nothing."""
    weight_decay: float = 0.0
    """Share of each matrix or kernel that is taken away in an update, times the learning rate."""
    amsgrad: bool = False
    """Whether it divides by the largest average squared gradient so far, not by the present one."""


class Weight(NamedTuple):
    """One weight in an update."""

    variable: Any
    gradient: Any
    slots: dict[str, Any]
    """Variables by slot."""


class Rule(Protocol):
    """What a file holds."""

    DEFAULTS: Options
    TAKES: tuple[str, ...]

    def slots(self, options: Options) -> tuple[str, ...]:
        """Names of the arrays kept for each weight; they begin as zeros."""

    def update(self, weights: list[Weight], count: Any, rate: Any, options: Options) -> None:
        """Change every weight and its slots; `rate` is a float32 scalar."""


def names() -> list[str]:
    """Every optimiser there is."""
    here = Path(__file__).parent
    return sorted(p.stem for p in here.glob("*.py") if not p.stem.startswith("_"))


def load(name: str) -> Rule:
    """A rule's module. Raises `BadInput` that lists the optimisers for an unknown name."""
    if name not in names():
        raise BadInput(
            f"No optimiser is called '{safe_text(name)}': there are {', '.join(names())}."
        )
    module: Any = importlib.import_module(f"engine.train.optimisers.{name}")
    return module


def options(name: str, **given: float | bool | None) -> Options:
    """An optimiser's options: its defaults but for what is given; None is its default.

    Raises `BadInput` for one that would mean nothing to it.
    """
    rule = load(name)
    chosen = {key: value for key, value in given.items() if value is not None}
    for key, value in chosen.items():
        unknown = key not in (*rule.TAKES, "weight_decay")
        if unknown and value != getattr(rule.DEFAULTS, key):
            raise BadInput(
                f"The optimiser '{name}' has no {key}: leave it out or choose another optimiser."
            )
    return msgspec.structs.replace(rule.DEFAULTS, **chosen)
