"""Tools for films and pictures outside projects: one module an action, each with `run`.

`run` takes paths as given and keyword settings, writes aside and renames, never replaces a file
unless `overwrite` says so, and returns what it did as plain values.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

ACTIONS = ("info", "fps", "extract", "make", "sound", "rescale", "rotate", "slice")
PATHS = ("source", "out", "sound", "like")


def act(action: str, settings: dict[str, Any]) -> Any:
    """Run an action; settings that are paths come as text. Raises `BadInput`, `NoSpace`."""
    module = importlib.import_module(f"engine.media.tools.{action}")
    taken = {k: Path(v) if k in PATHS and v else v for k, v in settings.items()}
    return module.run(**taken)
