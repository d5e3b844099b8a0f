"""The form of convert's settings with a preview: a frame as it would be converted, made again
whenever a setting changes, beside the form or, where that has no room, above it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.convert.request import VIEWS as VIEWS_OF
from engine.convert.request import Request, Show, frames_of, has_range
from engine.project import Project
from engine.protocol import safe_text
from engine.settings import ConvertSettings, fields
from fstui import keymap
from fstui.i18n import later, tr
from fstui.model import jobs, preview
from fstui.model.outlook import Outlook, outlook
from fstui.model.preview import Looked
from fstui.rooms.choice import Choice
from fstui.rooms.forecast import outlook_lines
from fstui.rooms.lines import Lines
from fstui.rooms.start import Start, StartForm, value_in
from fstui.threads import deliver, failure_of, in_thread
from fstui.widgets.picture import Picture

WAIT_S = 0.25
"""How long nothing must have changed before a picture is asked for."""
VIEWS: tuple[tuple[Show, bool], ...] = (("both", True), ("both", False), ("all", True))
"""What is shown of a frame, and whether close up: a face is small in a terminal's cells."""
PATH_FIELDS = {f"set-{f.name}": f.name for f in fields(ConvertSettings) if f.is_path}
"""Fields whose text is a path, by their ids."""
FLIPS: tuple[Show, ...] = ("before", "swap")
"""What stands in one place, turn about."""
CASTING = ("models", "put_in")
"""Settings that decide whose people are needed."""


class Look(Vertical):
    """The preview's pane: the picture, and which frames it is of."""

    def compose(self) -> ComposeResult:
        """Picture, then the frames."""
        yield Picture(empty=tr("The first preview loads the model: that takes some seconds ..."))
        with Horizontal(classes="dialog--row"):
            yield Static(Content(tr("frames")), classes="dialog--label")
            yield Input(id="look-frames", compact=True)
            hint = tr("40 or 10,20 or 40-400; pgup, pgdn step")
            yield Static(Content(hint), classes="dialog--help")

    def on_mount(self) -> None:
        """Nothing blinks on a slow link."""
        self.query_one(Input).cursor_blink = False


class TuneForm(StartForm):
    """Convert's settings. `ctrl+r` shows what they do; `pgup` and `pgdn` go to other frames."""

    CSS_PATH = "../styles/convert.tcss"
    hint = later("ctrl+r preview  enter accept  ctrl+t models  ctrl+z default")
    BINDINGS: ClassVar[list[BindingType]] = [
        *keymap.bindings("preview", "view", "flip", "full", "cast"),
        Binding("pageup", "page(-1)", "Frame before", show=False),
        Binding("pagedown", "page(1)", "Frame after", show=False),
    ]

    def __init__(
        self,
        project: Project,
        start: Start,
        *,
        looking: bool = False,
        at: tuple[str, int] = ("", 0),
    ) -> None:
        super().__init__(project, "convert", start)
        self._looking = looking
        self._view = 0
        """Index in `VIEWS`."""
        self._flip = -1
        """Index in `FLIPS`; below 0 the view holds."""
        self._clip, self._first = at
        """Clip and the frame to begin with."""
        self._made: Looked | None = None
        """What is shown."""
        self._timer: Timer | None = None

    def on_mount(self) -> None:
        """Begin with the preview where that was what was asked for."""
        self._look_ahead()
        if self._looking:
            self.show_pane()

    # --- the pane -----------------------------------------------------------------------------

    def action_preview(self) -> None:
        """Show the preview, or put it away."""
        self._looking = not self._looking
        if self._looking:
            self.show_pane()
            return
        self.query(Look).remove()
        self._keys()

    def show_pane(self) -> None:
        """Make room for the picture and ask for it."""
        self.query_one(".dialog").mount(Look(id="look-pane"), before=".dialog--fields")
        self._keys()
        self._soon()

    def _keys(self) -> None:
        self.set_class(self._looking, "-looking")
        looking = tr("ctrl+n flip  ctrl+l view, mask  ctrl+o full  ctrl+r close")
        hint = looking if self._looking else tr(self.hint)
        self.query_one(".dialog--hint", Static).update(Content(hint))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the picture need one."""
        if action in ("view", "page", "flip"):
            return self._looking
        if action == "full":
            return self._looking and self._made is not None
        return super().check_action(action, parameters)

    # --- asking -------------------------------------------------------------------------------

    @on(Input.Changed)
    @on(Input.Blurred)
    @on(Choice.Turned)
    def _soon(self, event: Message | None = None) -> None:
        """A setting or the frames changed: ask when nothing more changes for a moment. A path that
        is being typed counts when its field is left."""
        if isinstance(event, Input.Changed | Input.Blurred):
            counts = Input.Blurred if event.input.id in PATH_FIELDS else Input.Changed
            if not isinstance(event, counts):
                return
        if self._timer is not None:
            self._timer.stop()
        if self._looking:
            self._timer = self.set_timer(WAIT_S, self._ask_now)

    @on(Input.Submitted, "#look-frames")
    def _frames_typed(self, event: Input.Submitted) -> None:
        """Enter among the frames asks; it doesn't start the conversion."""
        event.stop()
        event.prevent_default()
        self._ask_now()

    def _ask_now(self) -> None:
        if not self._looking:
            return
        done, request = self.attempt(self._request)
        if done:
            self.ask(request)

    def _request(self) -> Request:
        """What the form stands at. Raises `BadInput`."""
        show, close = self._shows()
        typed = self.query_one("#look-frames", Input).value.strip()
        first = [self._first] if self._first else []
        frames = frames_of(typed) if typed else first
        near = has_range(typed) or (not typed and self._first > 0)
        settings = self.accept()
        if self.focused is not None and (typing := PATH_FIELDS.get(self.focused.id or "")):
            settings.pop(typing, None)  # a part of a path may be a folder, which would be copied
        return Request(self._clip, frames, near, settings, show, close)

    def _shows(self) -> tuple[Show, bool]:
        show, close = VIEWS[self._view]
        return (FLIPS[self._flip] if self._flip >= 0 else show), close

    @in_thread(exclusive=True, group="look")
    def ask(self, request: Request) -> None:
        """Wait for the picture in a thread; asked for something newer, it is wanted no more."""

        def look() -> None:
            settings = jobs.checked(self._project, "convert", request.settings)
            made = preview.look(self._project, replace(request, settings=settings))
            deliver(self, self.shown, made)

        if problem := failure_of(look):
            deliver(self, self.no_picture, problem)

    def shown(self, made: Looked) -> None:
        """Show a picture, and its frames where they were left open."""
        self._made, self._clip = made, made.media
        self.problem("")
        for pane in self.query(Look):
            entry = pane.query_one(Input)
            if not (entry.value.strip() or entry.has_focus):
                with entry.prevent(Input.Changed):
                    entry.value = ",".join(map(str, made.frames))
            pane.query_one(Picture).show(Path(made.path), caption(made, self._shows()[0]))
        self.refresh_bindings()

    def no_picture(self, text: str) -> None:
        """Say why there is no picture; the last one stays."""
        self.problem(text)
        for picture in self.query(Picture):
            picture.empty = tr("No picture.")
            picture.repaint()

    # --- whose faces, and the mark ------------------------------------------------------------

    def fields(self) -> Iterable[Widget]:
        """What stands before a conversion, then the settings."""
        yield Lines(id="outlook")
        yield from super().fields()

    @on(Input.Blurred)
    @on(Choice.Turned)
    def _cast_changed(self, event: Input.Blurred | Choice.Turned) -> None:
        widget = event.input if isinstance(event, Input.Blurred) else event.choice
        if (widget.id or "").removeprefix("set-") in CASTING:
            self._look_ahead()

    def _look_ahead(self) -> None:
        self.outlook({n: value_in(self._fields[n], self._entry(self._fields[n])) for n in CASTING})

    @in_thread(exclusive=True, group="outlook")
    def outlook(self, settings: dict[str, Any]) -> None:
        """Read in a thread who is recorded and which models paint."""
        deliver(self, self._foresee, outlook(self._project, settings))

    def _foresee(self, found: Outlook) -> None:
        lines = self.query_one("#outlook", Lines)
        lines.show(outlook_lines(found, key=tr("esc, then p")))
        lines.refresh(layout=True)

    def action_cast(self) -> None:
        """Give each person of the target a model of their own."""
        from fstui.rooms.cast import ask_cast

        entry = self.query_one("#set-models", Input)

        def take(models: str | None) -> None:
            if models is not None:
                entry.value = models
                self._look_ahead()

        ask_cast(self, self._project, entry.value, take)

    # --- other frames, other views ------------------------------------------------------------

    def action_page(self, by: int) -> None:
        """The next frame with a face, or the one before; behind a clip's last one the next clip."""
        if self._made is None:
            return
        clip, frame = beside(self._made, by)
        self._clip = clip
        for entry in self.query("#look-frames").results(Input):
            entry.value = str(frame) if frame else ""

    def action_view(self) -> None:
        """Close up, the whole frame, with the mask."""
        self._view, self._flip = (self._view + 1) % len(VIEWS), -1
        self._ask_now()

    def action_flip(self) -> None:
        """Before in after's place, and back."""
        self._flip = (self._flip + 1) % len(FLIPS)
        self._ask_now()

    def action_full(self) -> None:
        """The picture at full resolution, outside the workbench."""
        from fstui.rooms.full import suspended

        if self._made is not None:
            path = Path(self._made.path)
            self.attempt(lambda: suspended(self.app, path))


def beside(made: Looked, by: int) -> tuple[str, int]:
    """Clip and frame one step on (1) or back (-1); frame 0 is the one in a clip's middle."""
    frame = made.later if by > 0 else made.earlier
    if frame or made.media not in made.clips:
        return made.media, frame
    at = made.clips.index(made.media) + by
    return made.clips[at % len(made.clips)], 0


def caption(made: Looked, show: Show) -> str:
    """`before, after: man, frame 37 of 72, iteration 40 200, 0.1 s`."""
    views = ", ".join(VIEWS_OF[show])
    frames = ",".join(map(str, made.frames))
    told = tr("{views}: {clip}, frame {frames} of {of}, {model}, {time:.1f} s").format(
        views=views,
        clip=made.media,
        frames=frames,
        of=made.of,
        model=made.model,
        time=made.seconds,
    )
    return safe_text(told)
