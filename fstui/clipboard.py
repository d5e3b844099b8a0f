"""Copying: to the terminal's clipboard by OSC 52, and to a file where the terminal refuses that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.app import App

from engine.protocol import safe_text, write_atomic
from fstui.i18n import tr
from fstui.places import cache_folder


def clipboard_path() -> Path:
    """The file, in the cache folder."""
    return cache_folder() / "clipboard"


def copy(app: App[Any], text: str) -> str:
    """Copy a text. No terminal tells whether it took it, so a file has it too: where that is, in
    brackets behind what is told; "" where it could not be written.
    https://invisible-island.net/xterm/ctlseqs/ctlseqs.html (OSC 52)"""
    text = "\n".join(_safe_line(line) for line in text.split("\n"))
    app.copy_to_clipboard(text)
    path = clipboard_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, text.encode(), durable=False)
    except OSError:
        return ""
    return tr(" (also in {path})").format(path=safe_text(str(path)))


def _safe_line(line: str) -> str:
    """A line without control characters but the tabs between its cells."""
    return "\t".join(map(safe_text, line.split("\t")))
