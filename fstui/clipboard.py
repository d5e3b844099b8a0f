"""Copying: to the terminal's clipboard by OSC 52, and to a file where the terminal refuses that."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from textual.app import App

from engine.protocol import safe_text, write_atomic
from fstui.places import cache_folder


def clipboard_path() -> Path:
    """The file, in the cache folder."""
    return cache_folder() / "clipboard"


def copy(app: App[Any], text: str) -> Path:
    """Copy a text. No terminal tells whether it took it: the file, which is returned, always has
    it. https://invisible-island.net/xterm/ctlseqs/ctlseqs.html (OSC 52)"""
    text = safe_text(text)
    app.copy_to_clipboard(text)
    path = clipboard_path()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, text.encode(), durable=False)
    return path
