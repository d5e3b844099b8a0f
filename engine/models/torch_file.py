"""PyTorch's files of weights, read by the closed-world reader: no class is imported, nothing runs.

Three forms: a zip with `data.pkl` and raw storages (PyTorch 1.6 and newer), TorchScript's zip of
the same build, and the older one of several pickles with the storages behind them. Source of the
forms: PyTorch's notes on serialization and its public `torch/serialization.py`.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from engine.errors import BadInput, Damaged
from engine.interop.bounded import read_file, shown
from engine.interop.closed import Box, Reader
from engine.interop.closed_forms import Global, Unbuilt, Wrong
from engine.models.arrays import MAX_BYTES, Arrays, bounded

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
MAX_PICKLE_BYTES = 64 << 20
MAX_SIZES = 6
KINDS = {
    "Float": "<f4", "Double": "<f8", "Half": "<f2", "Long": "<i8", "Int": "<i4",
    "Short": "<i2", "Char": "i1", "Byte": "u1", "Bool": "?",
}  # fmt: skip
STORAGES = {f"torch.{kind}Storage": dtype for kind, dtype in KINDS.items()}
TENSOR = "torch._utils._rebuild_tensor_v2"
TENSOR_BEFORE = "torch._utils._rebuild_tensor"
"""As PyTorch before 0.4 has it."""
PARAMETER = "torch._utils._rebuild_parameter"
DICT = "collections.OrderedDict"
LIST = "torch.jit._pickle.build_intlist"
FORMS = frozenset([*STORAGES, TENSOR, TENSOR_BEFORE, PARAMETER, DICT, LIST])
SCRIPT = "__torch__."
"""TorchScript names its own classes so; their state is a dict of what they hold."""


class Storage(NamedTuple):
    """A piece of raw numbers that tensors lie in."""

    key: str
    dtype: str
    numbers: int


class Tensor(NamedTuple):
    """Where a tensor's numbers lie in its storage."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    """In numbers, not bytes."""


def read(path: Path, name: str) -> Arrays:
    """The tensors of a file by their dotted names. `name` is safe to print.

    Raises `BadInput` for what isn't read, `Damaged` when the file is torn.
    """
    if zipfile.is_zipfile(path):
        value, raw = _zipped(path, name)
    else:
        value, raw = _piled(read_file(path, MAX_BYTES), name)
    tensors = dict(_tensors(value, ""))
    if not tensors:
        raise BadInput(f"{name} has no tensors in it.")
    sizes = (
        ((t.shape, math.prod(t.shape) * np.dtype(t.storage.dtype).itemsize))
        for t in tensors.values()
    )
    bounded(sizes, name)
    try:
        return {key: _array(tensor, raw) for key, tensor in tensors.items()}
    except (Wrong, KeyError, ValueError) as wrong:
        raise Damaged(f"{name} is damaged: {shown(wrong)}.") from wrong


def _tensors(value: Any, prefix: str) -> list[tuple[str, Tensor]]:
    """All tensors in nested dicts, by dotted names; a lone `state_dict` is no part of a name."""
    if isinstance(value, Tensor):
        return [(prefix, value)]
    if not isinstance(value, dict):
        return []
    if not prefix and isinstance(value.get("state_dict"), dict):
        value = value["state_dict"]
    found = []
    for key, item in value.items():
        found += _tensors(item, f"{prefix}.{key}" if prefix else key)
    return found


def _array(tensor: Tensor, raw: Mapping[str, Any]) -> NDArray[Any]:
    """A tensor's numbers: a view of its storage, by its offset and strides."""
    storage = np.frombuffer(raw[tensor.storage.key], tensor.storage.dtype)
    if len(storage) != tensor.storage.numbers or len(tensor.shape) != len(tensor.strides):
        raise Wrong("a storage has another size than it says")
    if 0 in tensor.shape:
        return np.zeros(tensor.shape, storage.dtype)
    last = sum((n - 1) * s for n, s in zip(tensor.shape, tensor.strides, strict=True))
    if tensor.offset + last >= len(storage):
        raise Wrong("a tensor reaches beyond its storage")
    steps = tuple(s * storage.itemsize for s in tensor.strides)
    view = np.lib.stride_tricks.as_strided(
        storage[tensor.offset :], tensor.shape, steps, writeable=False
    )
    return np.ascontiguousarray(view)


# --- the two physical forms ---


def _zipped(path: Path, name: str) -> tuple[Any, Mapping[str, Any]]:
    """The pickle's value and the storages by their keys, of a zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = {info.filename: info for info in archive.infolist()}
            (main,) = [entry for entry in entries if entry.endswith("/data.pkl")]
            top = main.removesuffix("data.pkl")
            if entries[main].file_size > MAX_PICKLE_BYTES:
                raise BadInput(f"{name} has a description of more than 64 MiB: refused.")
            value = TorchReader(archive.read(main), name).whole()
            inside = {k: i for k, i in entries.items() if k.startswith(f"{top}data/")}
            bounded((((), info.file_size) for info in inside.values()), name)
            return value, {k.rpartition("/")[2]: archive.read(k) for k in inside}
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError) as error:
        raise Damaged(f"{name} is no PyTorch file or is damaged.") from error


def _piled(data: bytes, name: str) -> tuple[Any, Mapping[str, Any]]:
    """The pickle's value and the storages by their keys, of the older form."""
    at = 0

    def following() -> TorchReader:
        return TorchReader(data[at : at + MAX_PICKLE_BYTES], name)

    def next_value() -> Any:
        nonlocal at
        reader = following()
        value = reader.whole()
        at += reader.at + 1
        return value

    if next_value() != MAGIC or next_value() != PROTOCOL:
        raise BadInput(f"{name} is no PyTorch file.")
    next_value()
    reader = following()
    value = reader.whole()
    at += reader.at + 1
    raw = {}
    for key in next_value():
        storage = reader.storages.get(key)
        if storage is None:
            raise Damaged(f"{name} lists a storage that no tensor lies in.")
        start = at + 8
        at = start + storage.numbers * np.dtype(storage.dtype).itemsize
        if int.from_bytes(data[start - 8 : start], "little") != storage.numbers or at > len(data):
            raise Damaged(f"{name} is cut off or damaged at byte {start} of its data.")
        raw[key] = memoryview(data)[start:at]
    return value, raw


class TorchReader(Reader):
    """The closed reader with PyTorch's few forms: storages, tensors, ordered dicts, modules."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data, name)
        self.storages: dict[str, Storage] = {}

    def _table(self) -> list[Callable[[], None] | None]:
        table = super()._table()
        table[ord("Q")] = self._persistent
        table[0x81] = self._new
        # Texts as Python 2 writes them, which old files of weights come from.
        table[ord("U")] = lambda: self._stack.append(self._text(1))
        table[ord("T")] = lambda: self._stack.append(self._text(4))
        return table

    def _refuse(self, code: int) -> NoReturn:
        raise Wrong(f"uses the pickle instruction 0x{code:02x}, which weights don't need")

    def _global(self, module: Any, name: Any) -> None:
        full = f"{module}.{name}"
        if full not in FORMS and not full.startswith(SCRIPT):
            raise Wrong(f"asks for {shown(full)}, which no weights need")
        self._push_box(Global(full))

    def _persistent(self) -> None:
        """A storage, by what PyTorch calls it: kind, key, device, how many numbers."""
        (item,) = self._pop(1)
        match item.value if isinstance(item, Box) else None:
            case ("storage", Global(kind), str(key), str(), int(count), *_) if kind in STORAGES:
                storage = Storage(key, STORAGES[kind], count)
            case _:
                raise Wrong("refers to something that is no storage of numbers")
        if self.storages.setdefault(key, storage) != storage or not 0 <= count < MAX_BYTES:
            raise Wrong("has a storage of two kinds or of an impossible size")
        self._push_piece(storage)

    def _push_piece(self, piece: Any) -> None:
        """A piece of a tensor, which is no value yet."""
        self._push_box(piece)
        self._stack[-1].raw = True

    def _new(self) -> None:
        """An object of TorchScript, before its state."""
        kind, args = self._pop(2)
        if not (isinstance(kind, Box) and isinstance(kind.value, Global)):
            raise Wrong("makes an object of something that is no class")
        if not kind.value.name.startswith(SCRIPT) or getattr(args, "value", None) != ():
            raise Wrong(f"makes an object of {kind.value.name}")
        self._push_box(Unbuilt())

    def _reduce(self) -> None:
        form, args = self._pop(2)
        if not (isinstance(form, Box) and isinstance(form.value, Global)):
            raise Wrong("calls something that is no form of a tensor")
        match form.value.name, args.value if isinstance(args, Box) else None:
            case ("collections.OrderedDict", ()):
                self._push_box({})
            case ("collections.OrderedDict", (list(pairs),)):
                self._push_pairs(pairs, args)
            case ("torch.jit._pickle.build_intlist", (list(numbers),)):
                self._push_box(list(numbers))
            case ("torch._utils._rebuild_parameter", (Tensor() as tensor, *_)):
                self._push_box(tensor)
            case (
                "torch._utils._rebuild_tensor_v2" | "torch._utils._rebuild_tensor",
                (Storage() as storage, offset, shape, steps, *_),
            ):
                self._push_box(_tensor(storage, offset, shape, steps))
            case _:
                raise Wrong(f"calls {form.value.name} with arguments that no tensor has")

    def _push_pairs(self, pairs: list[Any], args: Box) -> None:
        """An ordered dict of a list of pairs, as Python 2 writes it."""
        if any(type(p) is not list or len(p) != 2 or type(p[0]) is not str for p in pairs):
            raise Wrong("has an ordered dict of something that is no pairs")
        self._push_box(dict(pairs))
        made: Box = self._stack[-1]
        made.weight, made.depth = args.weight, args.depth

    def _build(self) -> None:
        """The state of an object of TorchScript; an ordered dict's own is about versions."""
        thing, state = self._pop(2)
        if not (
            isinstance(thing, Box) and isinstance(state, Box) and isinstance(state.value, dict)
        ):
            raise Wrong("sets the state of something that is no module")
        if isinstance(thing.value, Unbuilt) and not thing.closed:
            thing.value, thing.raw = state.value, False
            thing.weight, thing.depth = state.weight, state.depth
        elif not isinstance(thing.value, dict):
            raise Wrong("sets the state of something that is no module")
        self._stack.append(thing)


def _tensor(storage: Storage, offset: Any, shape: Any, strides: Any) -> Tensor:
    """A tensor's place, checked to be one."""
    numbers = (
        (offset, *shape, *strides)
        if isinstance(shape, tuple) and isinstance(strides, tuple)
        else (-1,)
    )
    if any(type(n) is not int or not 0 <= n < MAX_BYTES for n in numbers) or len(shape) > MAX_SIZES:
        raise Wrong("has a tensor of an impossible shape")
    return Tensor(storage, offset, shape, strides)
