"""A model at work: its sub-models, its weights by name, and the two ways through it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from engine.errors import Damaged
from engine.train import models
from engine.train.architecture import Rebuilt, rebuilt
from engine.train.blocks import Blocks
from engine.train.chance import Chance
from engine.train.style import Style


class Network:
    """One model, built: `options` are its own, `style` what all models share.

    `precision` is what it computes in (weights are float32 always): float32, float16 or bfloat16.
    With `recompute` a training keeps only what stands between sub-models and computes the rest
    again on the way back, which needs less memory and a third more time. A `blank` network's
    weights are nought until they are set.
    """

    def __init__(
        self,
        name: str,
        options: dict[str, Any] | None = None,
        seed: int = 1,
        style: Style | None = None,
        *,
        precision: str = "float32",
        recompute: bool = False,
        blank: bool = False,
    ) -> None:
        self.name = name
        self.model = models.load(name)
        self.options = models.options(name, options or {})
        self.style = models.style(name, style or Style())
        self.sizes = self.model.sizes(self.options)
        keras.utils.set_random_seed(seed)
        with computing_in(precision), noughts() if blank else nullcontext():
            self.architecture = self.model.build(self.options, Blocks(self.style))
        self.architecture.recompute = recompute
        self.parts = self.architecture.parts
        self.frozen: frozenset[str] = frozenset()
        """Sub-models that don't learn."""

    @property
    def input_size(self) -> int:
        """Side of the encoder's picture, px."""
        return self.sizes.input

    @property
    def output_size(self) -> int:
        """Side of a decoder's largest picture, px."""
        return self.sizes.outputs[-1]

    def weights(self) -> dict[str, Any]:
        """Every variable as `<sub-model>/<layer>/<weight>`."""
        return {
            f"{part}/{layer.name}/{weight.name}": weight.value
            for part, model in self.parts.items()
            for layer in model.layers
            for weight in layer.weights
        }

    def set_weights(self, arrays: dict[str, NDArray[np.float32]]) -> None:
        """Take saved weights. Raises `Damaged` when they are another network's."""
        assign(self.weights(), arrays, f"the model '{self.name}'")

    def trainable(self) -> dict[str, Any]:
        """The variables that learn; the others are statistics of layers, or of frozen parts."""
        parts = [part for name, part in self.parts.items() if name not in self.frozen]
        learns = {id(v.value) for part in parts for v in part.trainable_weights}
        return {name: v for name, v in self.weights().items() if id(v) in learns}

    def chances(self) -> list[Chance]:
        """Layers with randomness, in a fixed order."""
        layers = (layer for part in self.parts.values() for layer in part.layers)
        return [layer for layer in layers if isinstance(layer, Chance)]

    def both(self, faces: Any) -> tuple[Rebuilt, Rebuilt]:
        """In training: a batch of A then as many of B, each rebuilt by its own decoder."""
        a, b = self.architecture.both(faces)
        return rebuilt(a), rebuilt(b)

    def rebuild(self, faces: Any, side: str) -> Rebuilt:
        """Faces painted as `side`: of A with "b", the swap."""
        return rebuilt(self.architecture.rebuild(faces, side))


@contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Layers that are made inside compute in `precision` on float32 weights."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision if precision == "float32" else f"mixed_{precision}")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


@contextmanager
def noughts() -> Iterator[None]:
    """Weights of layers that are made inside begin as 0: drawing random ones takes twice their
    memory, which TensorFlow's pool does not give back."""
    real = keras.layers.Layer.add_weight

    def add_weight(self: Any, *args: Any, **named: Any) -> Any:
        return real(self, *args, **{**named, "initializer": "zeros"})

    keras.layers.Layer.add_weight = add_weight
    try:
        yield
    finally:
        keras.layers.Layer.add_weight = real


def assign(variables: dict[str, Any], arrays: dict[str, NDArray[np.float32]], whose: str) -> None:
    """Put saved arrays into variables of the same names and shapes. Raises `Damaged`."""
    have = {name: tuple(v.shape) for name, v in variables.items()}
    if have != {name: a.shape for name, a in arrays.items()}:
        raise Damaged(
            f"The checkpoint doesn't fit {whose} of this version: begin it again with "
            "'train NAME --anew'."
        )
    # The largest first: what it gives back in TensorFlow's pool is room for the others.
    for name, variable in sorted(variables.items(), key=lambda item: -item[1].shape.num_elements()):
        variable.assign(arrays[name])
