"""A model at work: its sub-models, its weights by name, and the two ways through it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.errors import Damaged
from engine.train import models


class Network:
    """The shared encoder and both decoders of one model."""

    def __init__(self, name: str, options: dict[str, Any] | None = None, seed: int = 1) -> None:
        self.name = name
        self.model = models.load(name)
        self.options = {**self.model.DEFAULTS, **(options or {})}
        keras.utils.set_random_seed(seed)
        self.parts = self.model.build(self.options)

    @property
    def input_size(self) -> int:
        """Side of the encoder's picture, px."""
        return self.model.INPUT_SIZE

    @property
    def output_size(self) -> int:
        """Side of a decoder's picture, px."""
        return self.model.OUTPUT_SIZE

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

    def both(self, faces: Any) -> tuple[Any, Any]:
        """A batch of A then as many of B, each rebuilt by its own decoder; one encoder call."""
        code_a, code_b = tf.split(self.parts["encoder"](faces), 2)
        return self.parts["decoder_a"](code_a), self.parts["decoder_b"](code_b)

    def rebuild(self, faces: Any, side: str) -> Any:
        """Faces through the encoder and the decoder of `side`: of A with "b", the swap."""
        return self.parts[f"decoder_{side}"](self.parts["encoder"](faces))


def assign(variables: dict[str, Any], arrays: dict[str, NDArray[np.float32]], whose: str) -> None:
    """Put saved arrays into variables of the same names and shapes. Raises `Damaged`."""
    have = {name: tuple(v.shape) for name, v in variables.items()}
    if have != {name: a.shape for name, a in arrays.items()}:
        raise Damaged(
            f"The checkpoint doesn't fit {whose} of this version: begin it again with "
            "'train NAME --anew'."
        )
    for name, variable in variables.items():
        variable.assign(arrays[name])
