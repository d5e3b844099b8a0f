"""The models room: trained models with their sets, networks of the store, what can be trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.widget import Widget

from engine.errors import BadInput
from engine.protocol import safe_text
from fstui import keymap
from fstui.i18n import later, tr, tr_n
from fstui.model import trained
from fstui.model.trained import Entry
from fstui.rooms.choice import Choice
from fstui.rooms.dialog import Dialog, labelled
from fstui.rooms.lines import Lines
from fstui.rooms.room import Room
from fstui.widgets.confirm import Confirm
from fstui.widgets.filter import Filter, matches
from fstui.widgets.menu import Menu
from fstui.widgets.pathinput import PathInput
from fstui.widgets.rows import Column, Row, Rows, Tone

COLUMNS = (
    Column("Model", least=18),
    Column("What", 11),
    Column("Size", 10, right=True),
    Column("About", least=24),
)
TONES: dict[str, Tone] = {"missing": "warn", "damaged": "bad", "there": "good", "trained": "good"}
FORMS = (
    ("safetensors", later("safetensors: arrays alone")),
    ("savedmodel", later("SavedModel: for TensorFlow")),
    ("onnx", later("ONNX: for other programs")),
)


class ModelsRoom(Room):
    """What there is, what is missing and how to bring it."""

    room = "models"
    CSS_PATH = "../styles/models.tcss"
    BINDINGS: ClassVar[list[Any]] = keymap.bindings("filter", "manage", "retry")

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Entry] = []
        self._doing = ""
        self._open: set[Path] = set()
        """Projects whose sets are shown."""

    def body(self) -> Iterable[Widget]:
        """What goes on, the list, the row under the cursor in full."""
        yield Lines(id="doing")
        yield Rows(COLUMNS, empty=tr("Asking the engine ..."), id="models")
        yield Lines(id="about", wrap=True)
        yield Filter(placeholder=tr("words of a model"))

    def on_screen_resume(self) -> None:
        """Look what there is."""
        super().on_screen_resume()
        self.look()

    @work(thread=True, exclusive=True, group="models")
    def look(self) -> None:
        """In a thread: the trained ones at once, then what the engine is asked for."""
        workspace = self.studio.session.workspace

        def act() -> None:
            mine = self._trained(workspace)
            known = [e for e in self._rows if e.project is None]
            self.app.call_from_thread(self.take, [*mine, *known], tr("asking the engine"))
            rows = [*trained.store_rows(), *trained.network_rows()]
            # Sets may have been opened meanwhile.
            mine = [e for e in self._rows if e.project is not None]
            self.app.call_from_thread(self.take, [*mine, *rows], "")

        self.attempt_in_thread(act)

    def _trained(self, workspace: Path) -> list[Entry]:
        """Trained models, with the sets of those that were opened."""
        rows: list[Entry] = []
        for entry in trained.trained_of(workspace):
            path = entry.project
            rows += trained.opened(path) if path in self._open and path else [entry]
        return rows

    def take(self, rows: list[Entry], doing: str) -> None:
        """Show what was found."""
        self._rows, self._doing = rows, doing
        self.show()

    def show(self) -> None:
        """All that match."""
        entry = self.query_one(Filter)
        kept = [e for e in self._rows if matches(entry.text, f"{e.name} {e.state} {e.words}")]
        if entry.text:
            entry.count(len(kept), len(self._rows))
        empty = tr("No model matches: esc clears the filter.") if entry.text else None
        self.query_one(Rows).show([row_of(e) for e in kept], empty=empty)
        if self.focused is None:
            self.query_one(Rows).focus()
        missing = sum(e.state == "missing" for e in self._rows)
        said = self._doing or tr_n("{n} network missing", "{n} networks missing", missing).format(
            n=missing
        )
        self.query_one("#doing", Lines).show([[(said, "muted")]])
        self._tell()

    @property
    def chosen(self) -> Entry | None:
        """The row under the cursor."""
        key = self.query_one(Rows).key
        return next((e for e in self._rows if e.key == key), None)

    def _tell(self) -> None:
        chosen = self.chosen
        if chosen is not None:
            self.query_one("#about", Lines).show(
                [[(safe_text(chosen.name), "accent")], [safe_text(chosen.words)]]
            )

    def on_rows_moved(self, _message: Rows.Moved) -> None:
        """Other words, other keys."""
        self._tell()
        self.refresh_bindings()

    def on_rows_chosen(self, _message: Rows.Chosen) -> None:
        """The sets of a trained model."""
        chosen = self.chosen
        if chosen is not None and chosen.kind == "trained" and chosen.project is not None:
            self.open_sets(chosen.project)

    @work(thread=True, exclusive=True, group="sets")
    def open_sets(self, path: Path) -> None:
        """Ask the engine in a thread; the sets stand below their model then."""
        self._open ^= {path}
        self.app.call_from_thread(self.take, self._rows, tr("reading the model"))
        rest = [e for e in self._rows if e.project is None]
        mine = self._trained(self.studio.session.workspace)
        self.app.call_from_thread(self.take, [*mine, *rest], "")

    # --- acts ---------------------------------------------------------------------------------

    def keys_depend_on(self) -> tuple[object, ...]:
        """The row under the cursor."""
        return (*super().keys_depend_on(), self.chosen)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What can be done with the row under the cursor."""
        if action in ("start", "stop", "pause", "watch", "freeze"):
            return False
        if action == "manage":
            chosen = self.chosen
            return not self.studio.session.readonly and bool(chosen and chosen.project)
        if action == "retry":
            return not self.studio.session.readonly
        return super().check_action(action, parameters)

    def words_for(self, action: str) -> str:
        """What `m` and `Y` have here."""
        if action == "manage":
            return tr("restore, check, export")
        return tr("look again") if action == "retry" else super().words_for(action)

    def action_retry(self) -> None:
        """Look anew."""
        self.look()

    def action_manage(self) -> None:
        """Restore a set, check all of them, hand the swap out."""
        chosen = self.chosen
        if chosen is None or chosen.project is None:
            return
        choices = [("c", "check", tr("check every set")), ("e", "export", tr("export the swap"))]
        if chosen.kind == "set":
            choices.insert(0, ("r", "restore", tr("go on from this set")))
        question = tr("What is to be done with {name}?").format(name=chosen.name)
        self.app.push_screen(Menu(question, choices), lambda act: self._do(chosen, act))

    def _do(self, entry: Entry, act: str | None) -> None:
        path = entry.project
        if path is None or act is None:
            return
        if act == "check":
            self.act(tr("checking"), lambda: trained.check(path))
        elif act == "export":
            self._export(path)
        else:
            self._restore(path, entry.name)

    def _export(self, path: Path) -> None:
        def go(wanted: tuple[Path, str, str] | None) -> None:
            if wanted:
                self.act(tr("exporting"), lambda: trained.export(path, *wanted))

        self.app.push_screen(Export(path), go)

    def _restore(self, path: Path, name: str) -> None:
        def go(yes: bool | None) -> None:
            if yes:
                self.act(tr("restoring"), lambda: trained.restore(path, name))

        question = tr("Go on from {name}?").format(name=name)
        lost = tr("Newer sets go to trash/, nothing is deleted.")
        self.app.push_screen(Confirm(question, lost, act=tr("Go on from it"), keep=tr("Keep")), go)

    @work(thread=True, group="model")
    def act(self, doing: str, do: Callable[[], str]) -> None:
        """Something that takes the engine a while; what it came to is said."""

        def done() -> None:
            self.studio.session.require_writing()
            self.app.call_from_thread(self.take, self._rows, doing)
            self.app.call_from_thread(self.say, do())

        self.attempt_in_thread(done)
        self.look()

    # --- filter -------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Only models with some words."""
        self.query_one(Filter).open()

    def on_filter_changed(self) -> None:
        """Each key filters."""
        self.show()

    def on_filter_left(self) -> None:
        """Back to the list."""
        self.query_one(Rows).focus()


class Export(Dialog[tuple[Path, str, str]]):
    """Ends with where, in which form, and which side's face is painted."""

    heading = "Export the swap"
    act = "Export"

    def __init__(self, project: Path) -> None:
        super().__init__()
        self._project = project

    def fields(self) -> Iterable[Widget]:
        """Path, form, side."""
        yield labelled(tr("To"), PathInput(id="path"))
        forms = [(tr(text), form) for form, text in FORMS]
        yield labelled(tr("Form"), Choice(forms, "safetensors", id="form"))
        sides = [(tr("B, who is put in"), "b"), (tr("A, who is replaced"), "a")]
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
            raise BadInput("Type where the file or folder is to be made.")
        form = str(self.query_one("#form", Choice).value)
        side = str(self.query_one("#side", Choice).value)
        return Path(text).expanduser().absolute(), form, side


def row_of(entry: Entry) -> Row:
    """One row."""
    name = f"  {entry.name}" if entry.kind == "set" else entry.name
    state = (tr(entry.state), TONES.get(entry.state, ""))
    return Row(entry.key, (safe_text(name), state, entry.size, safe_text(entry.words)))


ROOM = ModelsRoom
