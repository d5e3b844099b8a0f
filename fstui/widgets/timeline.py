"""Clips as bars over their frames, with a cursor: who is seen where, what is swapped and converted,
where shots begin and which frames came out worst."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from engine.spans import Span
from fstui.i18n import tr
from fstui.model.segments import NOBODY, Segments
from fstui.widgets.paint import StripView, from_cells, line
from fstui.widgets.words import fit

MOST_PEOPLE = 3
"""Lines of people; the others share the last one."""
LABEL = 18
MOST_CLIPS = 4
"""Clips that are seen at a time."""
Cells = list[tuple[str, str]]
"""A sign and the name of its style, a column each."""


class Timeline(StripView, can_focus=True):
    """The clip under the cursor has lines of its own; the others are one bar each."""

    @dataclass
    class Moved(Message):
        """The cursor is on another frame."""

        timeline: Timeline

    @dataclass
    class Chosen(Message):
        """Enter was pressed on a frame."""

        timeline: Timeline

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1)", "Frame before", show=False),
        Binding("right,l", "move(1)", "Next frame", show=False),
        Binding("up,k", "shift(-1)", "Clip before", show=False),
        Binding("down,j", "shift(1)", "Next clip", show=False),
        Binding("pageup", "page(-1)", "Shot, worst frame or edge before", show=False),
        Binding("pagedown", "page(1)", "Next shot, worst frame or edge", show=False),
        Binding("home,g", "go(0)", "First frame", show=False),
        Binding("end,G", "go(-1)", "Last frame", show=False),
        Binding("enter", "choose", "Look at the frame", show=False),
        Binding("space", "mark", "Begin a range here", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"timeline--{n}" for n in ("label", "done", "chosen", "left", "face", "worst", "shot", "at")
    }
    DEFAULT_CSS = """
    Timeline { height: auto; width: 1fr; }
    Timeline > .timeline--label { color: $text-muted; }
    Timeline > .timeline--done { color: $text-success; }
    Timeline > .timeline--chosen { color: $text-accent; }
    Timeline > .timeline--left { color: $text-muted; }
    Timeline > .timeline--face { color: $text-primary; }
    Timeline > .timeline--worst { color: $text-error; text-style: bold; }
    Timeline > .timeline--shot { color: $text-warning; }
    Timeline > .timeline--at { text-style: reverse; }
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._clips: list[Segments] = []
        self._at = 0
        """Index of the clip under the cursor."""
        self.frame = 0
        """Of that clip, from 0."""
        self.mark: int | None = None
        """Where a range was begun in that clip."""
        self._laid: dict[tuple[str, int], list[tuple[str, Cells]]] = {}
        """Lines of a clip by its name and the columns."""

    def show(self, clips: Sequence[Segments]) -> None:
        """Take new clips; the cursor stays on its clip and frame."""
        if list(clips) == self._clips:
            return
        name = self.clip.name if self.clip else ""
        height = self.lines_needed
        self._clips, self._laid = list(clips), {}
        self._at = next((n for n, c in enumerate(self._clips) if c.name == name), 0)
        if self.clip is None or self.clip.name != name or (self.mark or 0) >= self.clip.frames:
            self.mark = None  # the footage may have been replaced by shorter one
        self._to(self.frame)
        if self.lines_needed != height:
            self.refresh(layout=True)

    @property
    def clip(self) -> Segments | None:
        """The clip under the cursor; None without clips."""
        return self._clips[self._at] if self._clips else None

    @property
    def lines_needed(self) -> int:
        """How many lines all of it takes."""
        return min(len(self._clips), MOST_CLIPS) + (len(_people(self.clip)) + 1 if self.clip else 0)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """All lines."""
        return self.lines_needed

    # --- the cursor ---------------------------------------------------------------------------

    def _to(self, frame: int) -> None:
        last = self.clip.frames - 1 if self.clip else 0
        before, self.frame = self.frame, max(0, min(frame, last))
        self.repaint()
        if before != self.frame:
            self.post_message(self.Moved(self))

    def action_move(self, by: int) -> None:
        """To a frame near by."""
        self._to(self.frame + by)

    def action_go(self, to: int) -> None:
        """First or last frame."""
        self._to(self.clip.frames - 1 if to < 0 and self.clip else to)

    def action_page(self, by: int) -> None:
        """To the nearest place of interest on that side."""
        if self.clip is None:
            return
        places = _places(self.clip)
        aims = [p for p in places if (p > self.frame if by > 0 else p < self.frame)]
        if aims:
            self._to(min(aims) if by > 0 else max(aims))

    def action_shift(self, by: int) -> None:
        """To another clip; a range that was begun is forgotten."""
        at = max(0, min(self._at + by, len(self._clips) - 1))
        if at == self._at:
            return
        height = self.lines_needed
        self._at, self.mark = at, None
        self._to(min(self.frame, self._clips[at].frames - 1))
        self.post_message(self.Moved(self))
        if self.lines_needed != height:
            self.refresh(layout=True)

    def action_mark(self) -> None:
        """Begin a range here; on its beginning, forget it."""
        if self.clip is not None:
            self.mark = None if self.mark == self.frame else self.frame
            self.repaint()
            self.post_message(self.Moved(self))

    def action_choose(self) -> None:
        """Look at the frame."""
        if self.clip is not None:
            self.post_message(self.Chosen(self))

    def on_click(self, event: events.Click) -> None:
        """To the frame that is clicked; on the cursor's, look at it."""
        offset = event.get_content_offset(self)
        if offset is None or self.clip is None:
            return
        columns = self._columns(self.content_size.width)
        frame = (offset.x - LABEL) * self.clip.frames // columns
        if event.chain > 1:
            self.action_choose()
        elif 0 <= frame < self.clip.frames:
            self._to(frame)

    def on_focus(self) -> None:
        """The cursor shows where the keys go."""
        self.repaint()

    def on_blur(self) -> None:
        """The cursor shows where the keys go."""
        self.repaint()

    # --- painting -----------------------------------------------------------------------------

    def _columns(self, width: int) -> int:
        return max(1, width - LABEL)

    def paint(self, width: int, height: int) -> list[Strip]:
        """The clips around the cursor's, that one with its lines."""
        columns = self._columns(width)
        first = max(0, min(self._at - 1, len(self._clips) - MOST_CLIPS))
        strips = []
        for number, clip in enumerate(self._clips[first : first + MOST_CLIPS], first):
            here = number == self._at
            lines = self._lines(clip, columns)
            pointer = (">" if self.ascii_only else "►") if here and self.has_focus else " "
            for label, cells in lines if here else lines[:1]:
                strips.append(self._strip(f"{pointer}{label}", cells, here=here))
                pointer = " "
        return strips

    def _lines(self, clip: Segments, columns: int) -> list[tuple[str, Cells]]:
        """Labels and cells of a clip: they are the same until another target is shown."""
        key = clip.name, columns
        if key not in self._laid:
            drawing = Drawing(clip, columns, self.ascii_only)
            people = [(who, drawing.faces(spans)) for who, spans in _people(clip)]
            marks = (tr("shots |, worst !"), drawing.marks())
            self._laid[key] = [(clip.name, drawing.segments()), *people, marks]
        return self._laid[key]

    def _strip(self, label: str, cells: Cells, *, here: bool) -> Strip:
        name = fit(label, LABEL - 1, ascii_only=self.ascii_only) + " "
        signs = [sign for sign, _ in cells]
        styles: list[Style | None] = [
            self.style_of(f"timeline--{style}") if style else None for _, style in cells
        ]
        if here and self.clip is not None:
            frames, columns = max(1, self.clip.frames), len(cells)
            if self.mark is not None:
                signs[self.mark * columns // frames] = "["
            at = self.frame * columns // frames
            styles[at] = (styles[at] or Style.null()) + self.style_of("timeline--at")
        bar = from_cells(signs, styles)
        return Strip.join([line((name, self.style_of("timeline--label"))), bar])


@dataclass(frozen=True)
class Drawing:
    """One clip over some columns."""

    clip: Segments
    columns: int
    ascii_only: bool

    def segments(self) -> Cells:
        """What is converted, what is swapped but not yet converted, what stays as it is."""
        signs = ("#", "=", ".") if self.ascii_only else ("█", "▒", "·")
        chosen = coverage(self.clip.chosen, self.clip.frames, self.columns)
        done = coverage(self.clip.done, self.clip.frames, self.columns)
        return [
            (signs[2], "left")
            if not wanted
            else (signs[0], "done")
            if made >= 0.5
            else (signs[1], "chosen")
            for wanted, made in zip(chosen, done, strict=True)
        ]

    def faces(self, spans: Iterable[Span]) -> Cells:
        """Where a person is seen: all the time, or in some of the frames."""
        whole, part = ("#", "-") if self.ascii_only else ("█", "▄")
        shares = coverage(spans, self.clip.frames, self.columns)
        return [
            (whole if share > 0.9 else part, "face") if share else (" ", "") for share in shares
        ]

    def marks(self) -> Cells:
        """Where shots begin and the worst frames are; these come first."""
        cells: Cells = [(" ", "")] * self.columns
        frames = max(1, self.clip.frames)
        found = [(shot.first, ("|", "shot")) for shot in self.clip.shots]
        for frame, cell in found + [(frame, ("!", "worst")) for frame in self.clip.worst]:
            if frame < frames:
                cells[frame * self.columns // frames] = cell
        return cells


def coverage(spans: Iterable[Span], frames: int, columns: int) -> list[float]:
    """The share of each column's frames, 0..1, that lies in spans that are apart from each other;
    where there are fewer frames than columns, of the frame that it stands for."""
    shares = [0.0] * columns
    if not frames:
        return shares
    wide = frames / columns
    for start, stop in spans:
        end = min(frames if stop is None else stop, frames)
        first, last = int(start / wide), min(columns - 1, int((end - 1e-9) / wide))
        for column in range(first, last + 1):
            low, high = column * wide, (column + 1) * wide
            shares[column] += max(0.0, min(end, high) - max(start, low)) / wide
    return [min(1.0, share) for share in shares]


def _people(clip: Segments | None) -> list[tuple[str, list[Span]]]:
    """Lines of people, those that are seen longest first; the rest in one line."""
    if clip is None:
        return []

    def seen(person: int) -> int:
        return -sum((stop or 0) - start for start, stop in clip.faces[person])

    order = sorted(clip.faces, key=seen)
    alone = order if len(order) <= MOST_PEOPLE else order[: MOST_PEOPLE - 1]
    lines = [(person_words(person), list(clip.faces[person])) for person in alone]
    if rest := order[len(alone) :]:
        spans = [span for person in rest for span in clip.faces[person]]
        lines.append((tr("{n} more people").format(n=len(rest)), spans))
    return lines


def person_words(person: int) -> str:
    """`person 0`, as `faces people` numbers them."""
    return tr("faces") if person == NOBODY else tr("person {n}").format(n=person)


def _places(clip: Segments) -> set[int]:
    """Frames that one wants to step through: shots, worst ones, edges of what is swapped."""
    edges = [edge for start, stop in clip.chosen for edge in (start, (stop or clip.frames) - 1)]
    return {shot.first for shot in clip.shots} | set(clip.worst) | set(edges)
