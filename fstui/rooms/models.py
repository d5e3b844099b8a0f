"""The models room: trained models with their sets, networks of the store, what can be trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual.widget import Widget

from engine.protocol import safe_text
from fstui import keymap
from fstui.i18n import later, tr, tr_n
from fstui.model import networks, stored, trained
from fstui.model.trained import Entry, Kind
from fstui.rooms.details import Details
from fstui.rooms.filtered import Filtered
from fstui.rooms.lines import Lines
from fstui.rooms.modelforms import Bring, Export
from fstui.rooms.room import Room
from fstui.rooms.sets import going_back
from fstui.threads import deliver, in_thread
from fstui.widgets.filter import Filter, matches
from fstui.widgets.menu import Menu
from fstui.widgets.rows import Column, Row, Rows, Tone

COLUMNS = (
    Column("Model", least=18),
    Column("What", 11),
    Column("Size", 10, right=True),
    Column("About", least=24, sentence=True),
)
TONES: dict[str, Tone] = {"missing": "warn", "damaged": "bad", "there": "good", "trained": "good"}
KINDS: tuple[Kind, ...] = ("trained", "network", "store")
"""The parts of the list, in their order."""
ASKING = later("asking the engine")
DESCRIBING = later("the engine describes its networks")


class ModelsRoom(Room, Filtered):
    """What there is, what is missing and how to bring it."""

    room = "models"
    CSS_PATH = "../styles/models.tcss"
    BINDINGS: ClassVar[list[Any]] = keymap.bindings("filter", "manage", "retry")

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Entry] = []
        self._doing = ""
        self._left = True
        """Whether another room was shown since, and not only a dialogue over this one."""
        self._facts: dict[str, list[str]] = {}
        """All about a network, by its row's key."""
        self._open: set[Path] = set()
        """Projects whose sets are shown."""

    def body(self) -> Iterable[Widget]:
        """What goes on, the list, the row under the cursor in full."""
        yield Lines(id="doing")
        yield Rows(COLUMNS, empty=tr("Asking the engine ..."), id="models")
        yield Lines(id="about", wrap=True)
        yield Filter(placeholder=tr("words of a model"))

    def show_again(self) -> None:
        """Look what there is, whenever the room is entered."""
        super().show_again()
        if self._left:
            self._left = False
            self.look()

    def on_screen_suspend(self) -> None:
        """In another room nobody waits for the engine's answers."""
        self._left = self.studio.room is not self
        if self._left:
            self.workers.cancel_group(self, "models")

    @in_thread(exclusive=True, group="models")
    def look(self) -> None:
        """In a thread: what can be told at once, then what the engine is asked for, bit by bit."""
        workspace = self.studio.session.workspace
        looks: tuple[tuple[str, Callable[[], object]], ...] = (
            (ASKING, lambda: self._tell_of_trained(trained.trained_of(workspace))),
            (ASKING, lambda: self._tell_of_trained(trained.all_of(workspace))),
            (ASKING, lambda: self._tell_of_store(stored.listed())),
            (DESCRIBING, lambda: self._tell_of_networks(networks.listed())),
        )
        for doing, find in looks:
            deliver(self, self.say_doing, doing)
            self.attempt_in_thread(find)
        deliver(self, self.say_doing, "")

    def _tell_of_trained(self, models: list[Entry]) -> None:
        deliver(self, self._put, "trained", self._with_sets(models))

    def _tell_of_store(self, rows: list[dict[str, Any]]) -> None:
        facts = {f"store {row['name']}": trained.store_lines(row) for row in rows}
        deliver(self, self._put, "store", [trained.store_entry(row) for row in rows], facts)

    def _tell_of_networks(self, rows: list[dict[str, Any]]) -> None:
        facts = {f"network {row['name']}": networks.lines(row) for row in rows}
        deliver(self, self._put, "network", [trained.network_entry(row) for row in rows], facts)

    def _put(
        self, kind: Kind, rows: list[Entry], facts: dict[str, list[str]] | None = None
    ) -> None:
        """Other rows of one kind."""
        self._facts |= facts or {}
        by_kind = {k: [e for e in self._rows if _kind(e) == k] for k in KINDS} | {kind: rows}
        self._rows = [e for k in KINDS for e in by_kind[k]]
        self.show()

    def _with_sets(self, models: list[Entry]) -> list[Entry]:
        """Trained models, with the sets of those that were opened."""
        rows: list[Entry] = []
        for entry in models:
            path = entry.project
            rows += trained.opened(path) if path in self._open and path else [entry]
        return rows

    def say_doing(self, doing: str) -> None:
        """What the engine is at; nothing."""
        self._doing = doing
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
        said = tr(self._doing) or tr_n(
            "{n} network missing", "{n} networks missing", missing
        ).format(n=missing)
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
        """The sets of a trained model; all about a network."""
        chosen = self.chosen
        if chosen is None:
            return
        if chosen.kind == "trained" and chosen.project is not None:
            self.open_sets(chosen.project)
        elif lines := self._facts.get(chosen.key):
            self.app.push_screen(Details(chosen.name, lines))

    @in_thread(exclusive=True, group="sets")
    def open_sets(self, path: Path) -> None:
        """Ask the engine in a thread; the sets stand below their model then."""
        self._open ^= {path}
        deliver(self, self.say_doing, tr("reading the model"))
        self._tell_of_trained([e for e in self._rows if e.kind == "trained"])
        deliver(self, self.say_doing, "")

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
            able = chosen is not None and chosen.kind != "network"
            return able and not self.studio.session.readonly
        if action == "retry":
            return not self.studio.session.readonly
        return super().check_action(action, parameters)

    def words_for(self, action: str) -> str:
        """What `m` and `Y` have here."""
        if action == "manage":
            of_store = self.chosen is not None and self.chosen.kind == "store"
            return tr("fetch, import, verify") if of_store else tr("restore, check, export")
        return tr("look again") if action == "retry" else super().words_for(action)

    def action_retry(self) -> None:
        """Look anew."""
        self.look()

    def action_manage(self) -> None:
        """Restore a set, check all of them, hand the swap out; or bring networks and verify."""
        chosen = self.chosen
        if chosen is None:
            return
        choices = [("c", "check", tr("check every set")), ("e", "export", tr("export the swap"))]
        if chosen.kind == "set":
            choices.insert(0, ("r", "restore", tr("go on from this set")))
        elif chosen.kind == "store":
            choices = [
                ("i", "import", tr("take in a file that you brought")),
                ("v", "verify", tr("verify all of them: reads every file")),
            ]
            if chosen.name in stored.FETCHABLE:
                choices.insert(0, ("f", "fetch", tr("download it from its public package")))
        question = tr("What is to be done with {name}?").format(name=chosen.name)
        self.app.push_screen(Menu(question, choices), lambda act: self._do(chosen, act))

    def _do(self, entry: Entry, act: str | None) -> None:
        path = entry.project
        if act is not None and entry.kind == "store":
            self._do_in_store(entry.name, act)
        if path is None or act is None:
            return
        if act == "check":
            self.act(tr("checking"), lambda: trained.check(path))
        elif act == "export":
            self._export(path)
        else:
            self._restore(path, entry)

    def _do_in_store(self, name: str, act: str) -> None:
        if act == "fetch":
            self.act(tr("downloading"), lambda: stored.fetch([name], self._say_doing))
        elif act == "verify":
            self.act(tr("reading every file"), self._verify, again=False)
        else:

            def go(file: Path | None) -> None:
                if file is not None:
                    self.act(tr("taking it in"), lambda: stored.bring(file, name))

            self.app.push_screen(Bring(name), go)

    def _say_doing(self, text: str) -> None:
        deliver(self, self.say_doing, text)

    def _verify(self) -> str:
        rows = stored.verified()
        self._tell_of_store(rows)
        return " ".join(stored.verdict(rows))

    def _export(self, path: Path) -> None:
        def go(wanted: tuple[Path, str, str] | None) -> None:
            if wanted:
                self.act(tr("exporting"), lambda: trained.export(path, *wanted))

        self.app.push_screen(Export(path), go)

    def _restore(self, path: Path, entry: Entry) -> None:
        def go(yes: bool | None) -> None:
            if yes:
                self.act(tr("restoring"), lambda: trained.restore(path, entry.name))

        self.app.push_screen(going_back(entry.name, *entry.newer), go)

    @in_thread(group="model")
    def act(self, doing: str, do: Callable[[], str], *, again: bool = True) -> None:
        """Something that takes the engine a while; what it came to is said, and (`again`) looked
        at anew."""

        def done() -> None:
            self.studio.session.require_writing()
            deliver(self, self.say_doing, doing)
            deliver(self, self.say, do())

        self.attempt_in_thread(done)
        deliver(self, self.look if again else partial(self.say_doing, ""))


def row_of(entry: Entry) -> Row:
    """One row."""
    name = f"  {entry.name}" if entry.kind == "set" else entry.name
    state = (tr(entry.state), TONES.get(entry.state, ""))
    return Row(
        entry.key, (safe_text(name), state, entry.size, safe_text(entry.brief or entry.words))
    )


def _kind(entry: Entry) -> Kind:
    """The part of the list that a row stands in: sets stand with their model."""
    return "trained" if entry.kind == "set" else entry.kind


ROOM = ModelsRoom
