"""The contact sheet of a clip over the room."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from textual.widget import Widget

from engine.launch import ask
from engine.protocol import safe_text
from fstui.i18n import tr
from fstui.rooms.bars import KeyBar
from fstui.rooms.over import OverPicture
from fstui.widgets.picture import Picture

PATIENCE_S = 300.0
"""Frames of a long film are far apart, and each takes decoding from a key frame on."""


class ContactSheet(OverPicture[None]):
    """The sheet, made in a folder that goes with this screen."""

    CSS_PATH = "../styles/media.tcss"

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._folder = tempfile.TemporaryDirectory(prefix="fstui-sheet-")

    def title_text(self) -> str:
        """Of which clip."""
        return tr("Frames of {name}").format(name=safe_text(self._path.name))

    def picture(self) -> Picture:
        """Decoding takes a moment."""
        return Picture(empty=tr("Frames are being decoded ..."))

    def below(self) -> Iterable[Widget]:
        """The keys."""
        yield KeyBar()

    def on_unmount(self) -> None:
        """Nothing is left behind."""
        self._folder.cleanup()

    def look(self) -> Callable[[], object]:
        """Wait for the engine's sheet."""
        out = Path(self._folder.name) / "sheet.jpg"
        ask("contact", str(self._path), str(out), patience_s=PATIENCE_S)
        return partial(self.made, out, tr("o shows it at full size"))
