"""What the masks that networks make have in common: weights from the store, batches in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.errors import Damaged
from engine.extract.networks import Network
from engine.extract.tensors import leave_memory_to_others
from engine.faces.geometry import Centring
from engine.faces.landmarks import Landmarks
from engine.models import arrays
from engine.models.manifest import MODELS
from engine.settings import ExtractSettings

Shapes = tuple[tuple[int, ...], ...]
"""Of a layer's arrays: kernel, and bias where it has one."""
Layers = dict[str, list[NDArray[np.float32]]]


class Net(Network):
    """A network in TensorFlow that tells for each pixel how much it is face."""

    key: ClassVar[str]
    """Of its weights in the model store."""
    side: ClassVar[int]
    centring: ClassVar[Centring]
    looks: ClassVar[bool] = True
    shared: ClassVar[bool] = True

    def __init__(self, settings: ExtractSettings) -> None:
        leave_memory_to_others()
        layers = self.layers(arrays.load(self.key))
        # One by one: both copies of the largest network together would take more than a gigabyte.
        self._layers = {n: [tf.constant(a) for a in layers.pop(n)] for n in list(layers)}
        crops = tf.TensorSpec((None, self.side, self.side, 3), tf.uint8)
        self._run = tf.function(self._masks, input_signature=[crops], autograph=False)
        self._lock = Lock()

    @classmethod
    def layers(cls, found: Mapping[str, NDArray[Any]]) -> Layers:
        """The network's layers out of its file's arrays. Raises `Damaged` when they don't fit."""
        raise NotImplementedError

    def face(self, rgb: Any, layers: Mapping[str, Sequence[Any]]) -> Any:
        """How much each pixel is face, (n, side, side) in 0..1, of float32 0..255."""
        raise NotImplementedError

    def __call__(
        self, crops: NDArray[np.uint8], landmarks: Sequence[Landmarks]
    ) -> NDArray[np.uint8]:
        """Masks (n, side, side) of RGB crops (n, side, side, 3)."""
        with self._lock:
            return self._run(tf.constant(crops)).numpy()

    def _masks(self, crops: Any) -> Any:
        face = self.face(tf.cast(crops, tf.float32), self._layers)
        return tf.cast(tf.round(face * 255.0), tf.uint8)


def by_shapes(found: Mapping[str, NDArray[Any]], wanted: Mapping[str, Shapes], key: str) -> Layers:
    """The arrays of a Keras file, `<layer>.<weight>`, as wanted layers of the same shapes.

    Layers of equal shapes stand in the file in the order in which they compute. Raises `Damaged`
    unless all layers and no others are there.
    """
    layers: dict[str, list[NDArray[Any]]] = {}
    for name, array in found.items():
        layers.setdefault(name.rpartition(".")[0], []).append(array)
    of_shapes: dict[Shapes, list[list[NDArray[Any]]]] = {}
    for layer in layers.values():
        layer.sort(key=lambda a: -a.ndim)  # the kernel first
        of_shapes.setdefault(tuple(a.shape for a in layer), []).append(layer)
    result = {}
    for name, shapes in wanted.items():
        if not of_shapes.get(shapes):
            raise unfit(key)
        result[name] = [np.asarray(a, np.float32) for a in of_shapes[shapes].pop(0)]
    if any(of_shapes.values()):
        raise unfit(key)
    return result


def unfit(key: str) -> Damaged:
    """The error for weights with other layers than the network's."""
    return Damaged(
        f"The weights of {MODELS[key].title} have other layers than it has: bring others with "
        "'models import FILE'."
    )
