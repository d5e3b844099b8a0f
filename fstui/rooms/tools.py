"""The form of the media tools, made from the table that the command media is made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.errors import BadInput, Refused
from engine.protocol import safe_text
from fstui.i18n import later, tr
from fstui.model import mediatools
from fstui.model.mediatools import TOOLS, Option, Tool
from fstui.model.mediawords import said
from fstui.rooms.choice import Choice, yes_no
from fstui.rooms.dialog import Dialog, labelled
from fstui.rooms.lines import Lines
from fstui.rooms.start import as_typed
from fstui.threads import deliver, failure_of, in_thread
from fstui.widgets.pathinput import PathInput

if TYPE_CHECKING:
    from fstui.app import FstuiApp


class Tools(Dialog[bool]):
    """A tool, its source and result, its options; stays open and says what was done."""

    heading = later("Media tools: films outside the project, nothing is replaced unless you say so")
    act = later("Do it")
    hint = later("tab next, completes paths  enter do it  esc close")
    long = True
    CSS_PATH = "../styles/convert.tcss"

    def title_text(self) -> str:
        """The heading."""
        return tr(self.heading)

    def fields(self) -> Iterable[Widget]:
        """Which tool, then what it takes; what it said."""
        options = [(f"{one.verb}: {tr(one.about)}", one.verb) for one in TOOLS]
        yield labelled(tr("tool"), Choice(options, TOOLS[0].verb, id="tool"))
        yield Vertical(*fields_of(TOOLS[0]), id="tool-fields")
        yield Lines(id="said", wrap=True)

    def on_mount(self) -> None:
        """Choose first."""
        self.query_one("#tool").focus()

    @property
    def _tool(self) -> Tool:
        return mediatools.tool(self.query_one("#tool", Choice).value)

    @on(Choice.Turned, "#tool")
    async def _turned(self) -> None:
        """The fields of another tool; source and result stay where both have them."""
        paths = {entry.id or "": entry.text for entry in self.query(PathInput)}
        holder = self.query_one("#tool-fields")
        self.problem("")
        async with self.batch():
            await holder.remove_children()
            await holder.mount(*fields_of(self._tool, paths))
        for line in self.query(Input):
            line.cursor_blink = False

    @on(PathInput.Chosen)
    def _entered(self, event: PathInput.Chosen) -> None:
        event.stop()
        self.submit()

    def submit(self) -> None:
        """Run the tool; the form stays."""
        if self.busy:
            return
        if self._tool.out and cast("FstuiApp", self.app).session.readonly:
            refused = Refused(tr("Nothing is written: fstui was started with --readonly."))
            self.problem(str(refused))
            return
        done, values = self.attempt(self._values)
        if not done:
            return
        self.busy = True
        self.problem("")
        self._say([tr("At work ...")])
        self.run_tool(self._tool.verb, values)

    def command(self) -> list[str]:
        """`media VERB SOURCE OUT` with what differs from the tool's defaults."""
        return mediatools.command_words(self._tool.verb, self._values())

    def _values(self) -> dict[str, Any]:
        """What stands in the form. Raises `BadInput` for what is no number."""
        paths = {
            (entry.id or "").removeprefix("tool-"): entry.text.strip()
            for entry in self.query(PathInput)
        }
        others = [option for option in self._tool.all_options if option.default is not None]
        return paths | {o.name: value_of(o, self.query_one(f"#tool-{o.name}")) for o in others}

    @in_thread(exclusive=True, group="tool")
    def run_tool(self, verb: str, values: dict[str, Any]) -> None:
        """Let the engine do it in a process of its own."""
        told: list[str] = []
        problem = failure_of(lambda: told.extend(said(verb, mediatools.run(verb, values))))
        deliver(self, self._done, told, problem)

    def _done(self, told: list[str], problem: str) -> None:
        self.busy = False
        self._say(told)
        self.problem(problem)

    def _say(self, told: list[str]) -> None:
        lines = self.query_one("#said", Lines)
        lines.show([[text] for text in told])
        self.call_after_refresh(lines.scroll_visible, animate=False)


def fields_of(tool: Tool, typed: Mapping[str, str] = MappingProxyType({})) -> list[Widget]:
    """Paths and options of a tool; what stood in the paths' fields, by their ids, stays there."""
    names = ["source", *(["out"] if tool.out else [])]
    fields = [labelled(name, path_field(f"tool-{name}", typed)) for name in names]
    return fields + [_field(option, typed) for option in tool.all_options]


def path_field(name: str, typed: Mapping[str, str]) -> PathInput:
    """A path's field with what was typed there."""
    return PathInput(typed.get(name, ""), id=name)


def _field(option: Option, typed: Mapping[str, str]) -> Widget:
    name = f"tool-{option.name}"
    if option.default is None:
        label = option.flag.removeprefix("--") or option.name
        about = Static(Content(tr(option.help)), classes="dialog--help")
        return Vertical(labelled(label, path_field(name, typed)), about, classes="tool--row")
    if option.is_switch:
        return labelled(option.name, yes_no(False, id=name), tr(option.help))
    if option.choices:
        options = [(tr("no"), ""), *((choice, choice) for choice in option.choices)]
        return labelled(option.name, Choice(options, "", id=name), tr(option.help))
    entry = Input(as_typed(option.default), id=name, compact=True)
    return labelled(option.name, entry, tr(option.help))


def value_of(option: Option, widget: Widget) -> Any:
    """What stands in an option's field. Raises `BadInput` where that is to be a number."""
    if isinstance(widget, Choice):
        return widget.value
    text = widget.value.strip() if isinstance(widget, Input) else ""
    try:
        return type(option.default)(text)
    except ValueError as error:
        shown = safe_text(text)
        refused = tr("The option {name} can't be '{text}': give a number.")
        raise BadInput(refused.format(name=option.name, text=shown)) from error
