"""float32 arrays in the safetensors format, hashed and synced in the one pass that writes them.

Source of the format: https://huggingface.co/docs/safetensors (eight bytes of length, a JSON header,
then the raw little-endian numbers). The library reads; it can't hash or sync what it writes.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from engine.errors import Damaged


def write(path: Path, arrays: dict[str, NDArray[np.float32]]) -> str:
    """Write the arrays; the file's SHA-256 in hex. Raises `OSError`."""
    digest = hashlib.sha256()
    with open(path, "wb") as file:
        for part in (_header(arrays), *(_raw(a) for a in arrays.values())):
            file.write(part)
            digest.update(part)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def read(path: Path) -> dict[str, NDArray[np.float32]]:
    """The arrays of a file. Raises `Damaged`."""
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise Damaged(f"The weights in {path} can't be read: {error}.") from error


def _raw(array: NDArray[np.float32]) -> bytes | memoryview:
    return np.ascontiguousarray(array, "<f4").reshape(-1).view(np.uint8).data


def _header(arrays: dict[str, NDArray[np.float32]]) -> bytes:
    entries = {}
    start = 0
    for name, array in arrays.items():
        end = start + 4 * array.size
        entries[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [start, end]}
        start = end
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text
