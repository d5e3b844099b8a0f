"""Frames of results before and after, as pictures that the engine makes. For threads: each starts a
process and waits for it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from engine.launch import ask

from .report import Worst

PATIENCE_S = 120.0
"""A film without key frames is decoded from its beginning."""


class Pairs:
    """Pictures in a folder of this program's own that goes with it."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._known: dict[tuple[str, int, bool], Path] = {}

    def ask(self, project: Path, worst: Worst, *, close: bool) -> Path:
        """A JPEG of a frame beside its source, whole or `close` up. Raises `NothingToDo`,
        `BadInput`."""
        key = worst.clip, worst.frame, close
        if key not in self._known:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="fstui-pairs-")
            words = (str(project), worst.clip, str(worst.frame), json.dumps(close))
            told = ask("result-frame", *words, self._folder.name, patience_s=PATIENCE_S)
            self._known[key] = Path(told["path"])
        return self._known[key]

    def close(self) -> None:
        """Take the folder away."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
