"""The few globals that a pickle of alignments may name: how NumPy spells arrays and numbers.

Nothing is imported or called by name: each form is a branch here that makes a plain value.
Source of the forms: NumPy's documented `__reduce__` of ndarray, dtype and scalars; protocol 2 of
pickle (PEP 307) spells bytes as `_codecs.encode(text, "latin1")`.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np

MAX_DIMENSIONS = 4
DTYPES = frozenset("f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1".split())
Order = Literal["<", ">", "|"]
ORDERS: dict[str, Order] = {"<": "<", ">": ">", "|": "|", "=": "<"}
TEXT_TO_BYTES = "_codecs.encode"

FORMS = frozenset(
    [
        *(f"{core}.multiarray.{n}" for core in ("numpy.core", "numpy._core")
          for n in ("_reconstruct", "scalar")),
        *("numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer"),
        *("numpy.ndarray", "numpy.dtype", TEXT_TO_BYTES, "builtins.bytes", "__builtin__.bytes"),
    ]
)  # fmt: skip
"""Every global that is known, `<module>.<name>`."""


class Wrong(Exception):
    """What is wrong with a form, in words that go on after the file's name."""


class Global(NamedTuple):
    """A known global on the stack; it is never a value."""

    name: str


class Kind(NamedTuple):
    """A dtype: NumPy's short name and, once built, its byte order."""

    code: str
    order: Order = "<"

    @property
    def dtype(self) -> np.dtype:
        """NumPy's own."""
        return np.dtype(self.code).newbyteorder(self.order)


class Unbuilt:
    """An array between `_reconstruct` and its state."""


def reduced(name: str, args: tuple[Any, ...]) -> Any:
    """What a form makes of its arguments: a `Kind`, `Unbuilt`, an array, a number or bytes."""
    match name.replace("numpy.core.", "numpy._core.").replace("__builtin__.", "builtins."), args:
        case "numpy._core.multiarray._reconstruct", (Global("numpy.ndarray"), (0,), b"b"):
            return Unbuilt()
        case "numpy.dtype", (str(code), bool() | 0 | 1, bool() | 0 | 1):
            if code not in DTYPES:
                raise Wrong(f"has an array of the kind '{code}', and only numbers are read")
            return Kind(code)
        case "numpy._core.multiarray.scalar", (Kind() as kind, bytes(data)):
            return array(kind, (), data, "C").item()
        case "numpy._core.numeric._frombuffer", (
            bytes(data),
            Kind() as kind,
            shape,
            "C" | "F" as o,
        ):
            return array(kind, shape, data, o)
        case "_codecs.encode", (str(text), "latin1" | "latin-1"):
            return _latin(text)
        case "builtins.bytes", ():
            return b""
    raise Wrong(f"calls {name} with arguments that no array has")


def built(thing: Any, state: Any) -> Any:
    """An array or a kind from its state."""
    match thing, state:
        case Unbuilt(), (1, shape, Kind() as kind, bool() | 0 | 1 as fortran, bytes(data)):
            return array(kind, shape, data, "F" if fortran else "C")
        case Kind(code, _), (3, str(order), None, None, None, -1, -1, 0) if order in ORDERS:
            return Kind(code, ORDERS[order])
    raise Wrong("sets the state of something that is no plain array")


def array(kind: Kind, shape: Any, data: bytes, order: Any) -> np.ndarray:
    """A read-only array over bytes, whose shape must fit them."""
    if not isinstance(shape, tuple) or len(shape) > MAX_DIMENSIONS:
        raise Wrong("has an array of an impossible shape")
    if not all(type(n) is int and 0 <= n < 1 << 40 for n in shape):
        raise Wrong("has an array of an impossible shape")
    if math.prod(shape) * kind.dtype.itemsize != len(data):
        raise Wrong("has an array whose numbers don't fit its shape")
    return np.frombuffer(data, kind.dtype).reshape(shape, order=order)


def _latin(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise Wrong("has bytes spelled with characters that are no bytes") from error
