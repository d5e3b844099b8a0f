"""Files of weights in every form that is read, as their own programs write them."""

from __future__ import annotations

import io
import pickle
import re
import struct
import sys
import types
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

Arrays = dict[str, NDArray[Any]]


class FloatStorage:
    """Stands for `torch.FloatStorage`, which files name and never hold."""


class Held:
    """A storage on its way into a file."""

    def __init__(self, key: str, array: NDArray[Any]) -> None:
        self.key, self.array = key, array


class Torchlike:
    """A tensor that is pickled as PyTorch does it."""

    def __init__(self, key: str, array: NDArray[Any]) -> None:
        self.held, self.shape = Held(key, np.ascontiguousarray(array, "<f4")), array.shape

    def __reduce__(self) -> Any:
        steps = tuple(int(np.prod(self.shape[i + 1 :])) for i in range(len(self.shape)))
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (self.held, 0, self.shape, steps, False, OrderedDict())


class Pickler(pickle.Pickler):
    """Storages are persistent ids."""

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, Held):
            kind = sys.modules["torch"].FloatStorage
            return ("storage", kind, obj.key, "cpu", int(obj.array.size))
        return None


@contextmanager
def torch_names() -> Iterator[None]:
    """Modules of PyTorch's names, so that pickle can spell them."""
    torch, utils, script = (types.ModuleType(n) for n in ("torch", "torch._utils", "__torch__"))

    def _rebuild_tensor_v2(*_: Any) -> None:
        raise AssertionError("files are never unpickled here")

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    torch.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})
    script.Net = type("Net", (), {"__module__": "__torch__", "__reduce__": _object})
    added = {"torch": torch, "torch._utils": utils, "__torch__": script}
    before = {name: sys.modules.get(name) for name in added}
    sys.modules.update(added)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def _object(self: Any) -> Any:
    import copyreg

    return copyreg.__newobj__, (type(self),), self.__dict__


def dumped(value: Any) -> bytes:
    data = io.BytesIO()
    Pickler(data, 2).dump(value)
    return data.getvalue()


def state_dict(arrays: Arrays) -> tuple[OrderedDict[str, Torchlike], list[NDArray[Any]]]:
    state: OrderedDict[str, Torchlike] = OrderedDict()
    for number, (name, array) in enumerate(arrays.items()):
        state[name] = Torchlike(str(number), array)
    state._metadata = OrderedDict([("", {"version": 1})])  # type: ignore[attr-defined]
    return state, [t.held.array for t in state.values()]


def write_torch_old(path: Path, arrays: Arrays) -> None:
    """As `torch.save` did before 1.6."""
    with torch_names():
        state, raw = state_dict(arrays)
        about = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}
        parts = [dumped(v) for v in (0x1950A86A20F9469CFC6C, 1001, about, state)]
        parts.append(dumped([str(n) for n in range(len(raw))]))
    parts += [struct.pack("<q", a.size) + a.tobytes() for a in raw]
    path.write_bytes(b"".join(parts))


def write_torch_python2(path: Path, arrays: Arrays) -> None:
    """As `torch.save` did under Python 2 before 0.4, opcode by opcode: an ordered dict of a list
    of pairs, texts of bytes, tensors without hooks."""

    def text(value: str) -> bytes:
        return b"U" + bytes([len(value)]) + value.encode()

    def whole(*numbers: int) -> bytes:
        return b"".join(b"J" + struct.pack("<i", n) for n in numbers)

    def tensor(key: str, array: NDArray[Any]) -> bytes:
        storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu")
        storage += whole(array.size) + b"NtQ"
        steps = (s // array.itemsize for s in array.strides)
        place = storage + whole(0) + b"(" + whole(*array.shape) + b"t(" + whole(*steps) + b"t"
        return b"ctorch._utils\n_rebuild_tensor\n(" + place + b"tR"

    keys = {name: str(1000 + number) for number, name in enumerate(arrays)}
    pairs = (b"](" + text(n) + tensor(keys[n], a) + b"e" for n, a in arrays.items())
    state = b"\x80\x02ccollections\nOrderedDict\n](" + b"".join(pairs) + b"e\x85R."
    parts = [dumped(v) for v in (0x1950A86A20F9469CFC6C, 1001, {})]
    parts += [state, b"\x80\x02](" + b"".join(map(text, keys.values())) + b"e."]
    parts += [struct.pack("<q", a.size) + a.astype("<f4").tobytes() for a in arrays.values()]
    path.write_bytes(b"".join(parts))


def write_torch_zip(path: Path, arrays: Arrays) -> None:
    """As `torch.save` does."""
    with torch_names():
        state, raw = state_dict(arrays)
        _write_zip(path, dumped(state), raw)


def write_torch_script(path: Path, arrays: Arrays) -> None:
    """As `torch.jit.save` does: objects in objects."""
    with torch_names():
        net = sys.modules["__torch__"].Net
        state, raw = state_dict(arrays)
        top = net()
        for name, tensor in state.items():
            *parts, last = name.split(".")
            place = top
            for part in parts:
                place = place.__dict__.setdefault(part, net())
            place.__dict__.update({last: tensor, "training": False})
        _write_zip(path, dumped(top), raw)


def _write_zip(path: Path, pickled: bytes, raw: list[NDArray[Any]]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/version", "3\n")
        for number, array in enumerate(raw):
            archive.writestr(f"archive/data/{number}", array.tobytes())


def write_keras(path: Path, arrays: Arrays) -> None:
    """As Keras 2 saved weights: `<layer>/<layer>/kernel:0`, with its lists of names."""
    spelt = {"weight": "kernel:0", "bias": "bias:0"}
    with h5py.File(path, "w") as file:
        layers: dict[str, list[bytes]] = {}
        for name, array in arrays.items():
            layer, _, kind = name.rpartition(".")
            file[f"{layer}/{layer}/{spelt[kind]}"] = array
            layers.setdefault(layer, []).append(f"{layer}/{spelt[kind]}".encode())
        file.attrs["layer_names"] = [layer.encode() for layer in layers]
        for layer, names in layers.items():
            file[layer].attrs["weight_names"] = names


def write_safetensors(path: Path, arrays: Arrays) -> None:
    save_file(arrays, path)


WRITERS = {
    ".h5": write_keras,
    ".safetensors": write_safetensors,
    ".pth": write_torch_zip,
    ".pth.tar": write_torch_old,
    ".zip": write_torch_script,
}


# --- protocol buffers, as ONNX and Caffe files are ---


def _varint(number: int) -> bytes:
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def write_onnx(path: Path, outputs: list[NDArray[np.float32]]) -> None:
    """A network that takes pictures (n, h, w, 3) and answers the same, whatever they show."""

    def value(name: str, sizes: list[int | str]) -> bytes:
        dims = [_number(1, s) if isinstance(s, int) else _bytes(2, s) for s in sizes]
        shape = b"".join(_bytes(1, d) for d in dims)
        return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, 1) + _bytes(2, shape)))

    graph = _bytes(2, "graph") + _bytes(11, value("picture", ["n", "h", "w", 3]))
    for i, array in enumerate(outputs):
        graph += _bytes(1, _bytes(1, f"c{i}") + _bytes(2, f"o{i}") + _bytes(4, "Identity"))
        dims = b"".join(_number(1, n) for n in array.shape)
        raw = array.astype("<f4").tobytes()
        graph += _bytes(5, dims + _number(2, 1) + _bytes(8, f"c{i}") + _bytes(9, raw))
        graph += _bytes(12, value(f"o{i}", list(array.shape)))
    path.write_bytes(_number(1, 8) + _bytes(7, graph) + _bytes(8, _number(2, 13)))


def caffemodel(layers: str) -> tuple[bytes, int]:
    """Weights for a network in Caffe's text form, a layer a line, and how many numbers they are."""
    random, channels, total, data = np.random.default_rng(0), {"data": 3}, 0, b""
    for line in layers.splitlines()[1:]:
        words = dict(re.findall(r'(name|type|bottom|top): "(\w+)"', line)[::-1])
        shapes = _blobs(line, words["type"], channels.get(words["bottom"], 0))
        channels[words["top"]] = shapes[0][0] if shapes else channels.get(words["bottom"], 0)
        blobs = b""
        for shape in shapes:
            array = np.abs(random.normal(0, np.prod(shape[1:]) ** -0.5, shape)).astype("<f4")
            if words["type"] == "Convolution":
                array *= random.choice([-1, 1], shape).astype("<f4")
            sizes = _bytes(7, _bytes(1, b"".join(map(_varint, shape))))
            blobs += _bytes(7, sizes + _bytes(5, array.tobytes()))
            total += array.size
        if shapes:
            data += _bytes(100, _bytes(1, words["name"]) + _bytes(2, words["type"]) + blobs)
    return data, total


def _blobs(line: str, kind: str, inputs: int) -> list[tuple[int, ...]]:
    """The shapes of a layer's arrays."""
    if kind == "Convolution":
        outputs, side = (
            int(re.search(rf"{word}: (\d+)", line)[1])  # type: ignore[index]
            for word in ("num_output", "kernel_size")
        )
        bias = [(outputs,)] if "bias_term: true" in line else []
        return [(outputs, inputs, side, side), *bias]
    return {
        "BatchNorm": [(inputs,), (inputs,), (1,)],
        "Scale": [(inputs,), (inputs,)],
        "Normalize": [(inputs,)],
    }.get(kind, [])
