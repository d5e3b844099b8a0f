"""Weights as named arrays, from Keras' HDF5, safetensors and PyTorch files; nothing in them runs.

Names are the file's own: `layer/layer/kernel:0` in HDF5, `layer.weight` in the others. `plain`
makes them one. Convolutions are (height, width, in, out) in HDF5, (out, in, height, width) in
PyTorch's; safetensors have whichever wrote them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import BadInput, Damaged
from engine.models import store

Arrays = dict[str, NDArray[Any]]

MAX_ARRAYS = 5000
MAX_BYTES = 1 << 30
KINDS = frozenset("fiub")
SPELT = {
    "kernel": "weight",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def load(key: str) -> Arrays:
    """The arrays of a network in the store, by their plain names.

    Raises `ModelMissing` or `Damaged`.
    """
    path = store.find(key)
    return {plain(name): array for name, array in read(path, path.name).items()}


def read(path: Path, name: str) -> Arrays:
    """The arrays of a file in the order in which it names them. `name` is safe to print.

    Raises `BadInput` or `Damaged`.
    """
    match path.suffix:
        case ".h5" | ".hdf5" | ".keras":
            return _hdf5(path, name)
        case ".safetensors":
            return _safetensors(path, name)
    from engine.models.torch_file import read as read_torch

    return read_torch(path, name)


def plain(name: str) -> str:
    """An array's name as PyTorch would spell it: `conv1/conv1/kernel:0` is `conv1.weight`."""
    *parts, kind = name.partition(":")[0].replace("/", ".").split(".")
    if (
        "/" in name  # Keras says a layer twice; PyTorch may have one inside another of its name
        and len(parts) % 2 == 0
        and parts[: len(parts) // 2] == parts[len(parts) // 2 :]
    ):
        parts = parts[: len(parts) // 2]
    return ".".join([*parts, SPELT.get(kind, kind)])


def bounded(shapes: Iterable[tuple[tuple[int, ...], int]], name: str) -> None:
    """Raise `BadInput` for more arrays or bytes than weights have; each shape with its bytes."""
    found = list(shapes)
    if len(found) > MAX_ARRAYS:
        raise BadInput(f"{name} has {len(found)} arrays: more than any network here, refused.")
    if sum(size for _, size in found) > MAX_BYTES:
        raise BadInput(f"{name} has arrays of more than {MAX_BYTES >> 20} MiB: refused.")


def _hdf5(path: Path, name: str) -> Arrays:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            top = file.get("model_weights", file)
            nodes: dict[str, Any] = {}
            top.visititems(lambda key, node: nodes.update({key: node}))
            nodes = {k: n for k, n in nodes.items() if _is_array(n) and "optimizer" not in k}
            bounded(((n.shape, n.size * n.dtype.itemsize) for n in nodes.values()), name)
            named = [key for key in _named(top) if key in nodes]
            return {key: np.asarray(nodes[key]) for key in dict.fromkeys([*named, *nodes])}
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise Damaged(f"{name} is no HDF5 file of weights or is damaged.") from error


def _is_array(node: Any) -> bool:
    """Whether a node is an array of numbers that lies in the file itself."""
    import h5py

    if not isinstance(node, h5py.Dataset) or node.dtype.kind not in KINDS:
        return False
    return node.shape is not None and not node.is_virtual and not node.external


def _named(top: Any) -> list[str]:
    """Keras' own list of arrays, in the order of the layers."""

    def texts(node: Any, attribute: str) -> list[str]:
        values = node.attrs.get(attribute, ())
        return [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values]

    layers = [layer for layer in texts(top, "layer_names") if layer in top]
    return [f"{layer}/{weight}" for layer in layers for weight in texts(top[layer], "weight_names")]


def _safetensors(path: Path, name: str) -> Arrays:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            keys = list(file.keys())
            if len(keys) > MAX_ARRAYS:
                bounded([((), 0)] * len(keys), name)
            return {key: file.get_tensor(key) for key in keys}
    except (SafetensorError, OSError, TypeError, AttributeError) as error:
        raise Damaged(f"{name} is no safetensors file or is damaged.") from error
