"""The frame that a face is from, with the face's box, points and mask."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine import curate
from engine.errors import from_os_error
from engine.facelist import Listed
from engine.project import Project
from engine.protocol import safe_text
from engine.store import Store
from fstui import keymap
from fstui.i18n import tr
from fstui.model.faceviews import Frames, Pair, SourceFrame
from fstui.model.facewords import caption
from fstui.model.shape import Draft, draft_of
from fstui.threads import deliver, in_thread
from fstui.widgets.overlay import BOX, POINT, Marks, Overlaid, closed


class SourceFrameView(ModalScreen[None]):
    """The engine decodes the frame in a process of its own; it is shown when it is there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Close"),
        *keymap.bindings("full"),
    ]

    def __init__(self, project: Project, face: Listed, frames: Frames) -> None:
        super().__init__()
        self._project, self._face, self._frames = project, face, frames

    def compose(self) -> ComposeResult:
        """Title, frame, and what is wrong in its place."""
        with Vertical(classes="dialog dialog-tall"):
            title = tr("The source frame (o shows it at full size, esc closes)")
            yield Static(Content(title), classes="dialog--title")
            yield Overlaid(empty=tr("The frame is being decoded ..."))
            yield Static("", classes="dialog--problem")

    def on_mount(self) -> None:
        """Ask."""
        self._ask()

    @in_thread(exclusive=True)
    def _ask(self) -> None:
        frame = self._frames.ask(self._project.path, self._face.id)
        with Store(self._project.db_path, readonly=True) as store:
            draft = draft_of(curate.shape_of(store, self._face.id))
        deliver(self, self._shown, frame, draft)

    def _shown(self, frame: SourceFrame, draft: Draft) -> None:
        picture = self.query_one(Overlaid)
        picture.lay(frame_marks(frame, draft))
        picture.show(frame.path, caption(self._face, picture.content_size.width))

    def problem(self, text: str) -> None:
        """Say in one sentence why there is no picture."""
        self.query_one(Overlaid).empty = tr("No picture.")
        self.query_one(Overlaid).repaint()
        self.query_one(".dialog--problem", Static).update(Content(safe_text(text)))

    def action_full(self) -> None:
        """The frame at full resolution, outside the workbench."""
        from fstui.rooms.full import suspended

        path = self.query_one(Overlaid).path
        if path is None:
            return
        try:
            suspended(self.app, path)
        except OSError as error:
            self.problem(str(from_os_error(error, f"showing {path}")))

    def action_back(self) -> None:
        """Close."""
        self.dismiss(None)


def frame_marks(frame: SourceFrame, draft: Draft) -> Marks:
    """A face's box and points over its whole frame."""

    def share(points: tuple[Pair, ...]) -> list[Pair]:
        return [((x + 0.5) / frame.width, (y + 0.5) / frame.height) for x, y in points]

    (left, top), (right, bottom) = draft.box
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Marks([(closed(share(corners)), BOX)], [(share(draft.points), POINT)])
