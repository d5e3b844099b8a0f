"""A picture from a file, in the best form that the terminal has, sent a few lines at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.timer import Timer
from textual.worker import get_current_worker

from engine.cancel import Cancelled
from engine.errors import BadInput
from fstui import graphics
from fstui.graphics import segments
from fstui.i18n import tr
from fstui.threads import in_thread
from fstui.widgets.pace import BYTES_PER_TICK, DEBOUNCE_S, Pace
from fstui.widgets.paint import StripView, line
from fstui.widgets.pixels import Cells, Mode, load
from fstui.widgets.words import fit, fold, shorten

__all__ = ["BYTES_PER_TICK", "Picture", "centred", "cost", "mode_of", "to_strips"]


class Picture(StripView):
    """Shows one picture file, fitted and centred, with its caption below.

    Over SSH at most `BYTES_PER_TICK` go out a tick, none while keys wait; a newer picture takes
    the place of what was not sent yet.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "picture--caption",
        "picture--broken",
        "picture--empty",
    }

    DEFAULT_CSS = """
    Picture { height: 1fr; width: 1fr; }
    Picture > .picture--caption { color: $text-muted; }
    Picture > .picture--broken { color: $text-error; }
    Picture > .picture--empty { color: $text-muted; }
    """

    def __init__(self, *, empty: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.empty = empty or tr("No picture yet.")
        self._path: Path | None = None
        self._caption = ""
        self._lines: list[Strip] = []
        self._before: list[Strip] = []
        self._sent = 0
        self._problem = ""
        self._decoded: tuple[object, ...] = ()
        self._debounce: Timer | None = None
        self._pace = Pace(self, lambda room: self._send_some(room))

    @property
    def path(self) -> Path | None:
        """The file that is shown or about to be."""
        return self._path

    def show(self, path: Path | None, caption: str = "") -> None:
        """Show a file, or nothing; decoding starts when no other call came for 80 ms."""
        changed = path != self._path
        self._path, self._caption = path, caption
        if changed:
            self._want()
        self.repaint()

    def _want(self) -> None:
        if self._debounce is not None:
            self._debounce.stop()
        if self._path is None:
            self.workers.cancel_group(self, "decode")
            self._take([], "", ())
        elif self.is_mounted:
            self._debounce = self.set_timer(DEBOUNCE_S, self._decode_if_needed)

    def on_mount(self) -> None:
        """Take up what was asked for before there was a screen."""
        self._want()

    def on_resize(self) -> None:
        """A new size is a new fit."""
        self._want()

    def on_hide(self) -> None:
        """Out of sight: shown again, it goes out bit by bit over a link as a new one does."""
        if self._pace.remote:
            self._sent, self._before = 0, []
            self._pace.end()

    def on_show(self) -> None:
        """In sight again."""
        if self._sent < len(self._lines):
            self._pace.begin()

    @property
    def mode(self) -> Mode:
        """The form of the picture for this terminal."""
        return mode_of(self)

    def _decode_if_needed(self) -> None:
        width, height = self.content_size
        if self._path is None or width < 2 or height < 2:
            return
        wanted = (self._path, width, height - 1, self.mode, self.app.current_theme.dark)
        if wanted != self._decoded:
            self._decode(*wanted)

    @in_thread(exclusive=True, group="decode")
    def _decode(self, path: Path, columns: int, rows: int, mode: Mode, dark: bool) -> None:
        """In a thread: the event loop goes on."""
        worker = get_current_worker()
        wanted = (path, columns, rows, mode, dark)
        try:
            cells = load(
                path, columns, rows, mode, dark=dark, cancelled=lambda: worker.is_cancelled
            )
            cells = self.over(cells, mode)
            lines, problem = centred(to_strips(cells), columns, rows), ""
        except Cancelled:
            return
        except BadInput as error:
            lines, problem = [], str(error)
        if not worker.is_cancelled:
            self.app.call_from_thread(self._arrived, lines, problem, wanted)

    def over(self, cells: Cells, mode: Mode) -> Cells:
        """What a subclass draws over the decoded picture, in the thread that decoded it."""
        return cells

    def redraw(self) -> None:
        """What lies over the picture is another: decode the same file anew."""
        self._decoded = ()
        self._want()

    def _arrived(self, lines: list[Strip], problem: str, wanted: tuple[object, ...]) -> None:
        if wanted[0] == self._path:
            self._take(lines, problem, wanted)

    def _take(self, lines: list[Strip], problem: str, decoded: tuple[object, ...]) -> None:
        """Begin to show new lines in place of the old ones, from the top."""
        self._before = self._visible() if lines and len(lines) == len(self._lines) else []
        self._lines, self._problem, self._decoded = lines, problem, decoded
        self._sent = 0
        self._pace.end()
        if lines:
            self._pace.begin()
        self.repaint()

    def _send_some(self, room: int) -> bool:
        """Let the next lines out; whether more are left."""
        let_out = 0
        while self._sent < len(self._lines):
            room -= cost(self._lines[self._sent])
            if room < 0 and let_out:
                break
            let_out += 1
            self._sent += 1
        self.repaint()
        return self._sent < len(self._lines)

    def _visible(self) -> list[Strip]:
        """The new picture as far as it was sent, the old one below."""
        return self._lines[: self._sent] + self._before[self._sent :]

    def paint(self, width: int, height: int) -> list[Strip]:
        """The picture and its caption, or a box with what is wrong, or the empty text."""
        caption = self.style_of("picture--caption")
        if self._path is None:
            middle = (" " * max(0, (width - cell_len(self.empty)) // 2)) + self.empty
            text = line((fit(middle, width), self.style_of("picture--empty")))
            return [Strip([])] * ((height - 1) // 2) + [text]
        if self._problem:
            return self._box(width, height)
        picture = (self._visible() + [Strip([])] * height)[: height - 1]
        return [*picture, line((shorten(self._caption, width, self.ascii_only), caption))]

    def _box(self, width: int, height: int) -> list[Strip]:
        """A frame with the file's name and the reason in words."""
        name = self._path.name if self._path else ""
        inner = max(1, min(width - 4, max(cell_len(name), cell_len(self._problem))))
        flat, side, corners = ("-", "|", "++++") if self.ascii_only else ("─", "│", "┌┐└┘")
        texts = [name, *fold(self._problem, inner)]
        rows = [fit(t, inner, ascii_only=self.ascii_only) for t in texts]
        frame = [
            corners[0] + flat * (inner + 2) + corners[1],
            *(f"{side} {row} {side}" for row in rows),
            corners[2] + flat * (inner + 2) + corners[3],
        ]
        style = self.style_of("picture--broken")
        left = " " * max(0, (width - inner - 4) // 2)
        return [Strip([])] * max(0, (height - len(frame)) // 2) + [
            line((left + f, style)) for f in frame
        ]


def mode_of(widget: StripView) -> Mode:
    """The form of pictures for a widget's terminal."""
    app = widget.app
    return graphics.mode_of(app.console.color_system, widget.ascii_only, app.no_color)


def to_strips(cells: Cells) -> list[Strip]:
    """Lines of cells."""
    return [Strip(segments(row), len(row)) for row in cells]


def centred(strips: list[Strip], columns: int, rows: int) -> list[Strip]:
    """`rows` lines with the picture in the middle of `columns`."""
    left = Segment(" " * ((columns - strips[0].cell_length) // 2)) if strips else Segment("")
    top = (rows - len(strips)) // 2
    placed = [Strip([left, *s]) if left.text else s for s in strips]
    return [Strip([])] * top + placed + [Strip([])] * (rows - top - len(strips))


def cost(strip: Strip) -> int:
    """Bytes that a line takes on its way to the terminal, about."""
    return 10 + sum(len(s.text.encode()) + _style_cost(s.style) for s in strip)


def _style_cost(style: Style | None) -> int:
    if style is None:
        return 0
    colours = [c for c in (style.color, style.bgcolor) if c is not None]
    return 6 + sum(16 if c.type is ColorType.TRUECOLOR else 9 for c in colours)
