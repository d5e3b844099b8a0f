"""The picture on which a face is edited: redrawn at each key, only changed cells are sent.

The frame under the marks comes a few lines a tick; the marks are there at once.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from fstui.i18n import later
from fstui.model.editing import Editing, edge
from fstui.model.faceviews import MASK_PX, Pair
from fstui.widgets.overlay import (
    BOX,
    BRUSH,
    CHOSEN,
    CURRENT,
    MASK,
    POINT,
    Ink,
    Marks,
    closed,
    marked,
)
from fstui.widgets.pace import Pace
from fstui.widgets.paint import StripView, line
from fstui.widgets.picture import centred, cost, mode_of, to_strips
from fstui.widgets.pixels import Cell, Cells, cells_of
from fstui.widgets.words import fit

if TYPE_CHECKING:
    from PIL.Image import Image

ZOOMS = (1, 2, 4, 8)
MIDDLE = 0.6
"""Share of the view in which the chosen points move before the view follows them."""
CIRCLE = [(math.cos(a * math.pi / 12), math.sin(a * math.pi / 12)) for a in range(24)]

edge_of = lru_cache(4)(edge)


class View(NamedTuple):
    """The part of the frame in sight, in whole px."""

    left: int
    top: int
    width: int
    height: int

    def share(self, points: list[Pair] | tuple[Pair, ...]) -> list[Pair]:
        """Points of the frame as shares of the view."""
        return [
            ((x + 0.5 - self.left) / self.width, (y + 0.5 - self.top) / self.height)
            for x, y in points
        ]


class EditPad(StripView, can_focus=True):
    """The region of the frame around a face, with the draft over it."""

    class Moved(Message):
        """Something was moved or chosen by a key of the pad."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(f"{arrow},{letter}", f"move({x}, {y})", words, show=False)
            for arrow, letter, x, y, words in (
                ("left", "h", -1, 0, later("1 px left")),
                ("right", "l", 1, 0, later("1 px right")),
                ("up", "k", 0, -1, later("1 px up")),
                ("down", "j", 0, 1, later("1 px down")),
            )
        ),
        *(
            Binding(f"shift+{arrow}", f"move({x}, {y})", words, show=False)
            for arrow, x, y, words in (
                ("left", -5, 0, later("5 px left")),
                ("right", 5, 0, later("5 px right")),
                ("up", 0, -5, later("5 px up")),
                ("down", 0, 5, later("5 px down")),
            )
        ),
        Binding("tab", "part(1)", "Next part of the face"),
        Binding("shift+tab", "part(-1)", "Part before", show=False),
        Binding("space", "mark", "Dot of the brush", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"editpad--empty"}
    DEFAULT_CSS = """
    EditPad { height: 1fr; width: 1fr; }
    EditPad > .editpad--empty { color: $text-muted; }
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.empty = ""
        self.everything = False
        """Whether box and mask are drawn too while points are edited, and the other way round."""
        self._image: Image | None = None
        self._editing: Editing | None = None
        self._zoom = 0
        self._centre: Pair = (0.0, 0.0)
        self._base: Cells = []
        self._based: tuple[object, ...] = ()
        self._costs: list[int] = []
        self._sent = 0
        self._pace = Pace(self, self._send_some)

    def show(self, image: Image | None, editing: Editing | None, empty: str = "") -> None:
        """Take a frame and the draft of a face in it, or nothing and why."""
        self._image, self._editing, self.empty = image, editing, empty
        self._based = ()
        if editing is not None:
            left, top, side = editing.region
            self._centre = (left + side / 2, top + side / 2)
        self.repaint()

    @property
    def zoom(self) -> int:
        """How many times larger than the whole region."""
        return ZOOMS[self._zoom]

    def turn_zoom(self) -> None:
        """The next zoom, around what is chosen."""
        self._zoom = (self._zoom + 1) % len(ZOOMS)
        if self._editing is not None:
            self._centre = self._editing.focus
        self.repaint()

    # --- keys ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There must be a face; dots are for the mask."""
        if self._editing is None:
            return False
        if action == "mark":
            return self._editing.aim == "mask"
        return self._editing.aim != "mask" if action == "part" else True

    def action_move(self, x: int, y: int) -> None:
        """Move what is chosen, px of the frame; the brush by px of the mask at least."""
        editing = self._editing
        if editing is None:
            return
        step = max(1.0, editing.region[2] / MASK_PX) if editing.aim == "mask" else 1.0
        editing.move(x * step, y * step)
        self._changed()

    def action_part(self, by: int) -> None:
        """Another part of the face."""
        if self._editing is not None:
            self._editing.turn_part(by)
            self._changed()

    def action_mark(self) -> None:
        """A dot of the brush."""
        if self._editing is not None:
            self._editing.dab()
            self._changed()

    def _changed(self) -> None:
        self.repaint()
        self.post_message(self.Moved())

    # --- painting -----------------------------------------------------------------------------

    def _view(self, width: int, height: int) -> View:
        """The part of the frame for so many cells; it follows what is chosen when that leaves its
        middle."""
        editing = self._editing
        assert editing is not None
        left, top, side = editing.region
        scale = side / self.zoom / min(width, 2 * height)
        across, down = max(2, round(width * scale)), max(2, round(2 * height * scale))
        if self.zoom == 1:
            x, y = left + side / 2, top + side / 2
        else:
            (x, y), (fx, fy) = self._centre, editing.focus
            if abs(fx - x) > across / 2 * MIDDLE or abs(fy - y) > down / 2 * MIDDLE:
                x, y = fx, fy
        self._centre = (x, y)
        return View(round(x - across / 2), round(y - down / 2), across, down)

    def paint(self, width: int, height: int) -> list[Strip]:
        """The frame with the marks, or why there is none."""
        if self._image is None or self._editing is None or width < 4 or height < 2:
            empty = fit(self.empty, width, ascii_only=self.ascii_only)
            return [line((empty, self.style_of("editpad--empty")))]
        view, mode = self._view(width, height), mode_of(self)
        self._lay_base(view, width, height)
        blank = [Cell(" ")] * len(self._base[0])
        under = [row if y < self._sent else blank for y, row in enumerate(self._base)]
        cells = marked(under, self._marks(self._editing, view), mode)
        return centred(to_strips(cells), width, height)

    def _lay_base(self, view: View, width: int, height: int) -> None:
        """The frame under the marks, made anew for another view only."""
        assert self._image is not None
        dark = self.app.current_theme.dark
        based = (view, width, height, mode_of(self), dark)
        if based == self._based:
            return
        box = (view.left, view.top, view.left + view.width, view.top + view.height)
        part = self._image.crop(box)  # black outside of the frame
        self._base = cells_of(part, width, height, mode_of(self), dark=dark)
        self._based, self._sent = based, 0
        self._costs = [cost(strip) for strip in to_strips(self._base)]
        self.call_later(self._pace.begin)

    def _send_some(self, room: int) -> bool:
        """Let the next lines of the frame out; whether more are left."""
        before = self._sent
        while self._sent < len(self._costs):
            room -= self._costs[self._sent]
            if room < 0 and self._sent > before:
                break
            self._sent += 1
        self.repaint()
        return self._sent < len(self._costs)

    def _marks(self, editing: Editing, view: View) -> Marks:
        """Points, box and mask; what is edited lies on top."""
        marks, draft, aim = Marks(), editing.draft, editing.aim
        if aim == "mask" or self.everything:
            left, top, side = editing.region
            shrink = side / MASK_PX
            rim = [
                (left + x * shrink - 0.5, top + y * shrink - 0.5) for x, y in edge_of(editing.mask)
            ]
            marks.dots.append((view.share(rim), MASK))
        if aim == "box" or self.everything:
            (x1, y1), (x2, y2) = draft.box
            corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
            marks.lines.append((closed(view.share(corners)), BOX))
        if aim == "points" or self.everything:
            marks.dots.append((view.share(draft.points), POINT))
        if aim == "mask":
            x, y = editing.brush
            radius = editing.radius * editing.region[2] / MASK_PX
            ring = [(x + radius * c, y + radius * s) for c, s in CIRCLE]
            marks.lines.append((closed(view.share(ring)), BRUSH))
        else:
            points = draft.points if aim == "points" else draft.box
            ink: Ink = CHOSEN if editing.point is None else CURRENT
            marks.dots.append((view.share([points[i] for i in editing.chosen]), ink))
        return marks
