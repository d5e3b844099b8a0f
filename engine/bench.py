"""Runs a benchmark: `benchmarks/` holds one file a stage, each with `bench()`."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from engine.errors import UsageError
from engine.protocol import safe_text

FOLDER = Path(__file__).parent.parent / "benchmarks"


def benchmarks() -> list[str]:
    """Stages that have a benchmark."""
    return sorted(path.stem for path in FOLDER.glob("[a-z]*.py"))


def bench(stage: str, *what: str) -> dict[str, Any]:
    """Figures of one stage, or of a part of it, measured now.

    Raises `UsageError` for a stage without a benchmark.
    """
    if stage not in benchmarks():
        known = ", ".join(benchmarks()) or "none in this installation"
        raise UsageError(f"There is no benchmark '{safe_text(stage)}': there are {known}.")
    module = importlib.import_module(f"benchmarks.{stage}")
    figures: dict[str, Any] = module.bench(*what)
    return figures
