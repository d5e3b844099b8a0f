"""The extract benchmark: how near the whole comes to its parts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.bench import bench


@pytest.mark.all
def test_extraction_takes_little_more_than_its_parts(sample: Callable[[str], Path]) -> None:
    """1.25 times max(slowest part, all parts / cores), best of three: the rest is waiting."""
    for key in ("woman", "man"):
        sample(key)
    runs = [bench("extract") for _ in range(3)]
    assert min(r["ratio"] for r in runs) <= 1.25
    assert min(r["ratio_identity"] for r in runs) <= 1.25
    assert all(r["whole_fps"] > r["whole_identity_fps"] > 0 < r["store_fps"] for r in runs)
