"""The forms of the models room: a file to take in, the swap to hand out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from textual.widget import Widget

from engine.errors import BadInput
from engine.models.manifest import MODELS
from fstui.i18n import later, tr
from fstui.model.sidewords import SHOWS
from fstui.places import typed_path
from fstui.rooms.choice import Choice
from fstui.rooms.dialog import Dialog, labelled
from fstui.widgets.pathinput import PathInput

FORMS = (
    ("safetensors", later("safetensors: arrays alone")),
    ("savedmodel", later("SavedModel: for TensorFlow")),
)


class Bring(Dialog[Path]):
    """Ends with the file that a network's weights are taken from."""

    act = later("Take it in")

    def __init__(self, name: str) -> None:
        super().__init__()
        self._network = name

    def title_text(self) -> str:
        """Which network."""
        return tr("A file with the weights of {name}").format(name=self._network)

    def fields(self) -> Iterable[Widget]:
        """Its path."""
        suffixes = MODELS[self._network].forms
        known = tr("path of a file in {suffixes}").format(suffixes=", ".join(suffixes))
        yield labelled(tr("File"), PathInput(suffixes=suffixes, placeholder=known, id="path"))

    def on_path_input_chosen(self, event: PathInput.Chosen) -> None:
        """Enter in the path."""
        event.stop()
        self.submit()

    def command(self) -> list[str]:
        """`models import FILE --as NAME`."""
        return ["models", "import", str(self.accept()), "--as", self._network]

    def accept(self) -> Path:
        """A file that is there; what is in it the engine looks at."""
        path = typed_path(self.query_one(PathInput).text)
        if not path.is_file():
            raise BadInput(tr("There is no file {path}.").format(path=path))
        return path


class Export(Dialog[tuple[Path, str, str]]):
    """Ends with where, in which form, and which side's face is painted."""

    heading = later("Export the swap")
    act = later("Export")

    def __init__(self, project: Path) -> None:
        super().__init__()
        self._project = project

    def fields(self) -> Iterable[Widget]:
        """Path, form, side."""
        new = tr("path of the file or folder to be made")
        yield labelled(tr("To"), PathInput(suffixes=(), placeholder=new, id="path"))
        forms = [(tr(text), form) for form, text in FORMS]
        yield labelled(tr("Form"), Choice(forms, "safetensors", id="form"))
        sides = [(tr(SHOWS[side]), side) for side in ("b", "a")]
        yield labelled(tr("Paints"), Choice(sides, "b", id="side"))

    def on_path_input_chosen(self, event: PathInput.Chosen) -> None:
        """Enter in the path."""
        event.stop()
        self.submit()

    def command(self) -> list[str]:
        """`model export PROJECT --to PATH --form FORM --side SIDE`."""
        aim, form, side = self.accept()
        words = ["model", "export", self._project.name, "--to", str(aim)]
        return [*words, "--form", form, "--side", side]

    def accept(self) -> tuple[Path, str, str]:
        """What was filled in."""
        text = self.query_one(PathInput).text.strip()
        if not text:
            raise BadInput(tr("Type where the file or folder is to be made."))
        form = str(self.query_one("#form", Choice).value)
        side = str(self.query_one("#side", Choice).value)
        return typed_path(text), form, side
