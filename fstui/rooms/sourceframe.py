"""The frame that a face is from, with the face's box, points and mask."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from engine import curate
from engine.facelist import Listed
from engine.project import Project
from engine.store import Store
from fstui.i18n import tr
from fstui.model.faceviews import Frames, Pair, SourceFrame
from fstui.model.facewords import caption
from fstui.model.shape import Draft, draft_of
from fstui.rooms.over import OverPicture
from fstui.widgets.overlay import BOX, POINT, Marks, Overlaid, closed


class SourceFrameView(OverPicture[None]):
    """The frame, with the face marked."""

    def __init__(self, project: Project, face: Listed, frames: Frames) -> None:
        super().__init__()
        self._project, self._face, self._frames = project, face, frames

    def title_text(self) -> str:
        """What it is, and the keys."""
        return tr("The source frame (o shows it at full size, esc closes)")

    def picture(self) -> Overlaid:
        """Decoding takes a moment."""
        return Overlaid(empty=tr("The frame is being decoded ..."))

    def look(self) -> Callable[[], object]:
        """Have the frame decoded; points and box come from faces.db."""
        frame = self._frames.ask(self._project.path, self._face.id)
        with Store(self._project.db_path, readonly=True) as store:
            draft = draft_of(curate.shape_of(store, self._face.id))
        return partial(self._framed, frame, draft)

    def _framed(self, frame: SourceFrame, draft: Draft) -> None:
        picture = self.query_one(Overlaid)
        picture.lay(frame_marks(frame, draft))
        self.made(frame.path, caption(self._face, picture.content_size.width))


def frame_marks(frame: SourceFrame, draft: Draft) -> Marks:
    """A face's box and points over its whole frame."""

    def share(points: tuple[Pair, ...]) -> list[Pair]:
        return [((x + 0.5) / frame.width, (y + 0.5) / frame.height) for x, y in points]

    (left, top), (right, bottom) = draft.box
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Marks([(closed(share(corners)), BOX)], [(share(draft.points), POINT)])
