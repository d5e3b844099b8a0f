"""Networks of `keras.applications` as parts of our own: no weights from the net, no randomness
that a resumed training couldn't repeat, names that don't depend on what was built before."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from engine.train.chance import DropPath

MEAN, VARIANCE = (0.485, 0.456, 0.406), (0.229**2, 0.224**2, 0.225**2)
"""ImageNet's, of pictures in 0..1."""


def application(x: Any, function: str, options: dict[str, Any]) -> tuple[Any, Any]:
    """`x` (n, size, size, 3) to the last maps of `keras.applications.<function>`.

    They belong to a copy of the graph that `x` belongs to: first the input of that.
    """
    make = getattr(keras.applications, function)
    plain = make(include_top=False, weights=None, input_tensor=x, **options)
    copy = keras.models.clone_model(plain, clone_function=_Copy().layer)
    return copy.inputs[0], copy.outputs[0]


class LayerScale(keras.layers.Layer):
    """A factor for each channel, which begins small; Keras' own leaves its weight without a name.

    Source: H. Touvron et al., "Going deeper with Image Transformers", ICCV 2021.
    """

    def __init__(self, start: float, *, name: str) -> None:
        super().__init__(name=name)
        self.start = start

    def build(self, input_shape: Any) -> None:
        """For maps of (n, h, w, channels)."""
        start = keras.initializers.Constant(self.start)
        self.gamma = self.add_weight(shape=input_shape[-1:], initializer=start, name="gamma")

    def call(self, x: Any) -> Any:
        """Each channel by itself."""
        return x * tf.convert_to_tensor(self.gamma)


class _Copy:
    """Makes layers once more, numbered and where needed replaced."""

    def __init__(self) -> None:
        self.count = 0

    def layer(self, layer: Any) -> Any:
        """The layer that stands for this one."""
        self.count += 1
        name = f"keras_{self.count}"
        kind = type(layer).__name__
        if kind in ("Dropout", "StochasticDepth"):
            return DropPath(layer.rate if kind == "Dropout" else layer.drop_path_rate, name=name)
        if kind == "LayerScale":
            return LayerScale(layer.init_values, name=name)
        if kind == "Normalization" and layer.input_mean is None:
            return keras.layers.Normalization(mean=MEAN, variance=VARIANCE, name=name)
        return type(layer).from_config({**layer.get_config(), "name": name})
