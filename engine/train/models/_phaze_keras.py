"""Networks of `keras.applications` as parts of our own: no weights from the net, no randomness
that a resumed training couldn't repeat, names that don't depend on what was built before."""

from __future__ import annotations

from typing import Any

import keras

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
        if kind == "Normalization" and layer.input_mean is None:
            return keras.layers.Normalization(mean=MEAN, variance=VARIANCE, name=name)
        return type(layer).from_config({**layer.get_config(), "name": name})
