"""A history as a week of training leaves it, written at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.history import FAN, LEVELS

LEAF = np.dtype(
    [("i", "<u8"), ("t", "<f8"), ("a", "<f4"), ("b", "<f4"), ("r", "<f4"), ("pad", "<u4")]
)
NODE = np.dtype(
    [("i", "<u8"), ("t", "<f8"), ("a", "<f4"), ("b", "<f4")]
    + [(name, "<f4") for name in ("low_a", "high_a", "low_b", "high_b")]
)
REPORTS = 1_209_600
"""Two a second for seven days."""
ITERATIONS = 10_000_000


def write_week(folder: Path, end: float) -> tuple[float, float]:
    """Seven days and ten million iterations up to `end`, s; the last losses of A and B."""
    folder.mkdir(parents=True, exist_ok=True)
    leaf = np.zeros(REPORTS, LEAF)
    leaf["i"] = np.linspace(8, ITERATIONS, REPORTS).astype("u8")
    leaf["t"] = end - np.arange(REPORTS - 1, -1, -1) / 2
    at = leaf["i"].astype(float)
    leaf["a"] = 0.02 + 0.1 * np.exp(-at / 1e6) + 0.002 * np.sin(at / 50)
    leaf["b"] = leaf["a"] + 0.01
    leaf["r"] = 16.5
    leaf.tofile(folder / "level0.bin")
    low = {"low_a": leaf["a"], "high_a": leaf["a"], "low_b": leaf["b"], "high_b": leaf["b"]}
    below = {"i": leaf["i"], "t": leaf["t"], "a": leaf["a"], "b": leaf["b"], **low}
    for level in range(1, LEVELS):
        below = _folded(below)
        node = np.zeros(len(below["i"]), NODE)
        for name, values in below.items():
            node[name] = values
        node.tofile(folder / f"level{level}.bin")
    return float(leaf["a"][-1]), float(leaf["b"][-1])


def _folded(below: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    groups = len(below["i"]) // FAN
    rows = {name: values[: groups * FAN].reshape(groups, FAN) for name, values in below.items()}
    found = {"i": rows["i"][:, -1], "t": rows["t"][:, -1]}
    found |= {name: rows[name].mean(1) for name in ("a", "b")}
    found |= {name: rows[name].min(1) for name in ("low_a", "low_b")}
    return found | {name: rows[name].max(1) for name in ("high_a", "high_b")}
