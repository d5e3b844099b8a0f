"""What training sees: a picture of the faces through each step of the augmentation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from engine.launch import ask
from fstui.i18n import tr
from fstui.rooms.over import OverPicture
from fstui.widgets.picture import Picture

PATIENCE_S = 120.0


class Augmentations(OverPicture[None]):
    """The picture, with the names of its columns."""

    def __init__(self, project: Path) -> None:
        super().__init__()
        self._project = project

    def title_text(self) -> str:
        """What it is, and the keys."""
        return tr("What training sees (o shows it at full size, esc closes)")

    def picture(self) -> Picture:
        """The engine takes a moment."""
        return Picture(empty=tr("The faces are being cut and varied ..."))

    def look(self) -> Callable[[], object]:
        """Wait for the engine's answer."""
        answer = ask("augmentations", str(self._project), "", patience_s=PATIENCE_S)
        caption = f"{answer['path']}: {', '.join(answer['columns'])}"
        return partial(self.made, Path(answer["path"]), caption)
