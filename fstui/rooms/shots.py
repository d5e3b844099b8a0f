"""The shots of a clip, each with settings of its own from a frame on; as the command shots."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.convert.shots import (
    Shot,
    begin_shots,
    put_shots,
    read_shots,
    remove_shot,
    set_shot,
)
from engine.project import Project
from engine.protocol import safe_text
from engine.settings import ConvertSettings, Field, read
from fstui import keymap
from fstui.i18n import later, tr, tr_n
from fstui.model.commandline import flags_of
from fstui.model.cuts import find_cuts
from fstui.model.undo import Undo
from fstui.rooms.bars import KeyBar
from fstui.rooms.start import Start, StartForm, label_of, value_in, words_of
from fstui.rooms.writes import Act, Then, Writes
from fstui.threads import deliver, failure_of, in_thread
from fstui.widgets.columns import Column, Row
from fstui.widgets.rows import Rows

COLUMNS = (Column("from frame", 12, right=True), Column("settings", least=30))


class Shots(ModalScreen[bool]):
    """List, change, find and remove; ends with whether something was changed."""

    CSS_PATH = "../styles/convert.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Close"),
        *keymap.bindings("add", "cuts", "remove", "undo"),
    ]

    def __init__(self, project: Project, clip: str, frame: int) -> None:
        super().__init__()
        self._project, self._clip, self._frame = project, clip, frame
        self._shots: list[Shot] = []
        self._undo: Undo[list[Shot]] = Undo()
        self._changed = False
        self._writes = Writes(self)
        self._looking = False
        """Whether cuts are looked for."""

    def compose(self) -> ComposeResult:
        """Title, list, what is wrong, keys."""
        with Vertical(classes="dialog dialog-tall"):
            title = tr("Shots of {clip}: other settings from a frame on, until the next shot")
            shown = title.format(clip=safe_text(self._clip))
            yield Static(Content(shown), classes="dialog--title")
            yield Rows(COLUMNS, empty=tr("No shots: all frames have convert's settings."))
            yield Static("", classes="dialog--problem")
            yield KeyBar()

    def on_mount(self) -> None:
        """Read them."""
        self.query_one(Rows).focus()
        self.act(lambda: None)

    async def on_unmount(self) -> None:
        """What was asked for is written."""
        await self._writes.finished()

    def words_for(self, action: str) -> str:
        """Which frame `a` means."""
        if action == "add":
            return tr("shot from frame {n}").format(n=self._frame + 1)
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There must be one to remove, and a step to take back; one look for cuts at a time."""
        if action == "cuts":
            return not self._looking
        if action == "remove":
            return bool(self._shots)
        return len(self._undo) > 0 or self._writes.busy if action == "undo" else True

    # --- acts ---------------------------------------------------------------------------------

    def act(self, change: Callable[[], object]) -> None:
        """Change the file and read it."""
        self._writes.add(lambda: self._reading(change, self._step), self.problem)

    def _reading(
        self, change: Callable[[], object], then: Callable[[list[Shot], list[Shot]], object]
    ) -> Act:
        """Change the file, in a thread; `then` is told the shots before and after."""

        def act() -> Then:
            before = read_shots(self._project).get(self._clip, [])
            change()
            return partial(then, before, read_shots(self._project).get(self._clip, []))

        return act

    def _step(self, before: list[Shot], after: list[Shot]) -> None:
        """A change that can be taken back."""
        if before != after:
            self._undo.push(before, after)
        self._read(before, after)

    def problem(self, text: str) -> None:
        """Say in one sentence what is wrong, or nothing."""
        self.query_one(".dialog--problem", Static).update(Content(safe_text(text)))

    def _read(self, before: list[Shot], after: list[Shot]) -> None:
        self._changed = self._changed or before != after
        self._shots = after
        if not self.is_attached:
            return
        self.problem("")
        rows = self.query_one(Rows)
        rows.show([Row(str(s.first), (str(s.first + 1), shot_words(s))) for s in after])
        self.refresh_bindings()

    def action_add(self) -> None:
        """A shot from the timeline's frame on."""
        self._edit(next((s for s in self._shots if s.first == self._frame), Shot(self._frame)))

    @on(Rows.Chosen)
    def _open(self, event: Rows.Chosen) -> None:
        self._edit(self._shots[event.index])

    def _edit(self, shot: Shot) -> None:
        def keep(values: dict[str, Any] | None) -> None:
            if values is not None:
                self.act(lambda: set_shot(self._project, self._clip, shot.first, values))

        self.app.push_screen(ShotForm(self._project, self._clip, shot), keep)

    def action_cuts(self) -> None:
        """Look for cuts; a shot begins at each that has none."""
        self._looking = True
        self.problem(tr("Looking for cuts: the clip is read through ..."))
        self.refresh_bindings()
        self._look_for_cuts()

    @in_thread()
    def _look_for_cuts(self) -> None:
        """In a thread; whoever closes the list meanwhile doesn't want them."""
        found = list[int]()
        problem = failure_of(lambda: found.extend(find_cuts(self._project, self._clip)))
        deliver(self, self._looked, found, problem)

    def _looked(self, found: list[int], problem: str) -> None:
        self._looking = False
        self.problem(problem)
        self.refresh_bindings()
        if not problem:
            self.act(lambda: begin_shots(self._project, self._clip, found))
            said = tr_n("{n} cut found.", "{n} cuts found.", len(found)).format(n=len(found))
            self.notify(said, markup=False)

    def action_remove(self) -> None:
        """The shot under the cursor: the one before it goes on."""
        if (key := self.query_one(Rows).key) is not None:
            self.act(lambda: remove_shot(self._project, self._clip, int(key)))

    def action_undo(self) -> None:
        """As they were before the last change."""

        def turn() -> Act | None:
            shots = self._undo.undo()
            if shots is None:
                return None
            return self._reading(lambda: put_shots(self._project, self._clip, shots), self._read)

        def failed(text: str) -> None:
            self._undo.redo()
            self.problem(text)

        self._writes.add(turn, failed)

    def action_back(self) -> None:
        """Close, when what was asked for is written: the room shows it then."""

        def turn() -> None:
            self.dismiss(self._changed)

        self._writes.add(turn, self.problem)


class ShotForm(StartForm):
    """The settings of convert that can be others from shot to shot; ends with those that are."""

    act = later("Keep")
    hint = later("ctrl+z as the job  ctrl+y presets, all as the job  enter keep  esc cancel")

    def __init__(self, project: Project, clip: str, shot: Shot) -> None:
        self._of_job = project.settings("convert")
        start = Start({**self._of_job, **shot.settings}, self._of_job, resumed=False)
        super().__init__(project, "convert", start)
        self._fields = {name: field for name, field in self._fields.items() if field.live}
        self._title = tr("{clip} from frame {n} on").format(clip=clip, n=shot.first + 1)
        self._begins = [clip, "--from", str(shot.first + 1)]

    def title_text(self) -> str:
        """Which shot."""
        return self._title

    def command(self) -> list[str]:
        """`shots PROJECT CLIP --from FRAME` with the flags of what is otherwise."""
        flags = flags_of(self._fields.values(), self.accept(), self._of_job)
        return ["shots", self._project.name, *self._begins, *flags]

    def base(self, field: Field) -> Any:
        """As the job has it."""
        return self._of_job.get(field.name, field.default)

    def accept(self) -> dict[str, Any]:
        """What is otherwise than in the job, checked."""
        found = {f.name: value_in(f, self._entry(f)) for f in self._fields.values()}
        read(ConvertSettings, found)
        return {name: v for name, v in found.items() if v != self.base(self._fields[name])}


def shot_words(shot: Shot) -> str:
    """What is otherwise in a shot."""
    parts = [f"{label_of(name)} {words_of(value)}" for name, value in shot.settings.items()]
    return ", ".join(parts) or tr("as the job")
