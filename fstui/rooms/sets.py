"""A model's parts and its sets over the train room: what there is, and going back to one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from engine.launch import ask
from engine.protocol import safe_text
from fstui.i18n import tr, tr_n
from fstui.model import trained, words
from fstui.rooms.lines import Lines
from fstui.rooms.over import Over
from fstui.threads import deliver, failure_of, in_thread
from fstui.widgets.confirm import Confirm
from fstui.widgets.rows import Column, Row, Rows

COLUMNS = (
    Column("Saved set", least=16),
    Column("Kept as", 10),
    Column("Saved", 16),
    Column("Loss A", 8, right=True),
    Column("Loss B", 8, right=True),
    Column("Size", 9, right=True),
)


class ModelSets(Over):
    """Ends with nothing; `enter` on a set asks and then has training go on from it."""

    DEFAULT_CSS = """
    ModelSets { align: center middle; background: $background 60%; }
    ModelSets Lines { height: auto; max-height: 6; margin: 0 0 1 0; }
    """

    def __init__(self, project: Path, frozen: str, refusal: str) -> None:
        """`frozen` names the parts that don't learn; `refusal` says why none can be gone back to,
        where that is so."""
        super().__init__()
        self._project, self._frozen, self._refusal = project, frozen, refusal
        self._facts: dict[str, Any] = {}

    def compose(self) -> ComposeResult:
        """Title, summary, sets."""
        with Vertical(classes="dialog dialog-tall"):
            title = self._refusal or tr("The model: enter goes back to a set, esc closes")
            yield Static(Content(title), classes="dialog--title")
            yield Lines(wrap=True)
            yield Rows(COLUMNS, empty=tr("Asking the engine ..."))

    def on_mount(self) -> None:
        """Ask in a thread."""
        self.query_one(Rows).focus()
        self._ask()

    @in_thread(exclusive=True)
    def _ask(self) -> None:
        deliver(self, self._shown, ask("model-info", str(self._project)))

    def _shown(self, facts: dict[str, Any]) -> None:
        self._facts = facts
        frozen = self._frozen or tr("none (a setting of the start's form: freeze)")
        told = [*trained.summary(facts), tr("frozen     {parts}").format(parts=frozen)]
        self.query_one(Lines).show([[safe_text(text)] for text in told])
        rows = [
            set_row(kind[:-1], row) for kind in ("checkpoints", "snapshots") for row in facts[kind]
        ]
        self.query_one(Rows).show(rows, empty=tr("Nothing was saved yet."))

    def problem(self, text: str) -> None:
        """In place of the sets too."""
        super().problem(text)
        self.query_one(Rows).show([], empty=tr("There is nothing to go back to."))

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        """Ask before training goes on from it."""
        name = message.key.partition(" ")[2]
        if self._refusal:
            self.notify(self._refusal, severity="warning", markup=False)
            return

        def go(yes: bool | None) -> None:
            if yes:
                self._restore(name)

        self.app.push_screen(going_back(name, *trained.newer(self._facts, name)), go)

    @in_thread(group="restore")
    def _restore(self, name: str) -> None:
        def act() -> None:
            deliver(self, self._restored, trained.restore(self._project, name))

        if problem := failure_of(act):
            deliver(self, self._kept, problem)

    def _kept(self, why: str) -> None:
        self.notify(safe_text(why), severity="error", timeout=10, markup=False)

    def _restored(self, said: str) -> None:
        self.notify(safe_text(said), markup=False)
        self._ask()


def going_back(name: str, count: int, held: int) -> Confirm:
    """The question before training goes on from a set: how many newer ones, of how many bytes, it
    moves away."""
    lost = tr_n(
        "{n} newer set ({size}) goes to trash/.", "{n} newer sets ({size}) go to trash/.", count
    ).format(n=count, size=words.size(held))
    question = tr("Go on from {name}?").format(name=name)
    return Confirm(question, lost, act=tr("Go on from it"), keep=tr("Keep"))


def set_row(kind: str, row: dict[str, Any]) -> Row:
    """One set, as the engine tells it."""
    best = tr("best") if row["best"] else tr(kind)
    saved = row["saved"][:16].replace("T", " ")
    losses = (words.loss(row["loss_a"]), words.loss(row["loss_b"]))
    return Row(f"{kind} {row['set']}", (row["set"], best, saved, *losses, words.size(row["bytes"])))
