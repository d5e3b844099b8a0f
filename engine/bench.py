"""Benchmarks of stages: each stage's own `bench.py` measures it; the folder is the registry."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

from engine.errors import UsageError
from engine.protocol import safe_text

ENGINE = Path(__file__).parent


def benchmarks() -> list[str]:
    """Stages that have a benchmark."""
    return sorted(path.parent.name for path in ENGINE.glob("*/bench.py"))


def bench(stage: str) -> dict[str, Any]:
    """Figures of one stage, measured now. Raises `UsageError` for a stage without a benchmark."""
    if not re.fullmatch(r"[a-z]+", stage) or stage not in benchmarks():
        known = ", ".join(benchmarks()) or "none yet"
        raise UsageError(f"There is no benchmark '{safe_text(stage)}': there are {known}.")
    module = importlib.import_module(f"engine.{stage}.bench")
    figures: dict[str, Any] = module.bench()
    return figures
