"""Reading dlib's serialised networks without dlib: the tensors of a `.dat`, in order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import Damaged

TENSOR = b"\x01\x02"
"""How a tensor begins: its format's version, 2, as an integer of one byte."""


def read_tensors(path: Path, sizes: Sequence[int]) -> list[NDArray[np.float32]]:
    """Flat tensors with these counts of numbers, in the file's order.

    A tensor is `TENSOR`, four dimensions and little-endian float32; what stands between (names and
    settings of layers) is skipped. Raises `Damaged` when one is not found. Source: dlib's
    documentation of `serialize` (Boost Software Licence 1.0).
    """
    data = path.read_bytes()
    found: list[NDArray[np.float32]] = []
    position = 0
    for size in sizes:
        start = _find(data, position, size)
        if start is None:
            raise Damaged(f"{path} is not the network that it should be: delete it.")
        found.append(np.frombuffer(data, "<f4", size, start))
        position = start + 4 * size
    return found


def _find(data: bytes, position: int, size: int) -> int | None:
    """Offset of the numbers of the next tensor, if it has `size` of them."""
    while (position := data.find(TENSOR, position)) >= 0:
        numbers = position + len(TENSOR)
        count = 1
        for _ in range(4):
            value, numbers = read_integer(data, numbers)
            count *= value
        if count == size and numbers + 4 * size <= len(data):
            return numbers
        position += 1
    return None


def read_integer(data: bytes, position: int) -> tuple[int, int]:
    """An integer and the offset behind it: a control byte (low four bits the count of bytes, high
    bit the sign), then the bytes, little-endian. An impossible one is 0."""
    control = data[position] if position < len(data) else 0
    count = control & 15
    value = int.from_bytes(data[position + 1 : position + 1 + count], "little")
    return (-value if control & 128 else value), position + 1 + count
