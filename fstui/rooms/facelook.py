"""The face under the cursor, large, with its landmarks and its mask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from textual.message import Message
from textual.timer import Timer

from engine.project import Project
from fstui.i18n import later, tr
from fstui.model.faceset import Known
from fstui.model.faceviews import Place, places
from fstui.model.facewords import caption
from fstui.threads import deliver, in_thread
from fstui.widgets.overlay import MASK, POINT, Marks, Overlaid, closed

REST_S = 0.3
"""The engine is asked where faces lie in their crops when the cursor rested for so long."""
MOST_PLACES = 2000
"""Answers that are kept."""
NO_FACE = later("No face here.")
NO_CROP = later("No picture yet: the next extraction cuts it.")


class FaceLook(Overlaid):
    """A crop with marks over it; where they lie is asked of the engine for many faces at once."""

    @dataclass
    class Problem(Message):
        """The engine had no answer: one sentence."""

        text: str

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(empty=tr(NO_FACE), **kwargs)
        self._project: Project | None = None
        self._known: Known | None = None
        self._places: dict[int, Place] = {}
        self._wanted: list[int] = []
        """Faces that the engine is to be asked about, once somebody sees the picture."""
        self._due: Timer | None = None

    def show_face(
        self, project: Project | None, known: Known | None, around: Sequence[int]
    ) -> None:
        """Show a face; `around` are those to ask the engine for with it, none for no marks."""
        if project is not self._project:
            self._project, self._places = project, {}
        self._known = known
        place = self._places.get(known.face.id) if known and around else None
        self.lay(marks_of(place))
        self.empty = tr(NO_CROP if known else NO_FACE)
        self._put()
        asks = known is not None and place is None
        self._wanted = [face for face in around if face not in self._places] if asks else []
        self._ask_soon()

    def _ask_soon(self) -> None:
        """Ask once the cursor rests; a picture that is not shown needs no marks."""
        if self._due is not None:
            self._due.stop()
        if self._wanted and self.is_mounted and self.display:
            project, wanted = self._project, self._wanted
            self._due = self.set_timer(REST_S, lambda: self._ask(project, wanted))

    def on_show(self) -> None:
        """It was away until now."""
        self._ask_soon()

    def on_resize(self) -> None:
        """More or less is said in another width."""
        self._put()

    def _put(self) -> None:
        known, width = self._known, self.content_size.width
        self.show(known.picture if known else None, caption(known.face, width) if known else "")

    def forget(self, faces: Iterable[int]) -> None:
        """Faces were edited."""
        for face in faces:
            self._places.pop(face, None)

    @in_thread(exclusive=True, group="places")
    def _ask(self, project: Project | None, faces: list[int]) -> None:
        if project is not None:
            deliver(self, self._answered, project, places(project.path, faces))

    def problem(self, text: str) -> None:
        """Said by the room."""
        self.post_message(self.Problem(text))

    def _answered(self, project: Project, found: dict[int, Place]) -> None:
        if project is not self._project:
            return
        if len(self._places) > MOST_PLACES:
            self._places.clear()
        self._places |= found
        self._wanted = []
        if self._known is not None:
            self.lay(marks_of(self._places.get(self._known.face.id)))


def marks_of(place: Place | None) -> Marks:
    """Points and mask over a crop; a crop that is older than its points shows none."""
    if place is None or place.stale:
        return Marks()
    return Marks([(closed(ring), MASK) for ring in place.outline], [(place.points, POINT)])
