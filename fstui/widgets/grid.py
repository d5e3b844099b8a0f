"""A grid of thumbnails of any length: only those in sight are decoded, a few lines go out a tick.

The grid turns whole pages: a grid that scrolled would send all of its pictures again at each step.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from rich.style import Style
from textual import events
from textual.strip import Strip
from textual.timer import Timer
from textual.worker import get_current_worker

from engine.cancel import Cancelled
from engine.errors import BadInput
from fstui.threads import in_thread
from fstui.widgets.columns import Row
from fstui.widgets.pace import DEBOUNCE_S, Pace
from fstui.widgets.paint import line
from fstui.widgets.picture import centred, cost, mode_of, to_strips
from fstui.widgets.pixels import Mode, load
from fstui.widgets.rows import Rows
from fstui.widgets.words import fit, fold

SIZES = ((12, 6), (16, 8), (24, 12))
"""Columns and rows of a thumbnail, small to large."""
MOST_THUMBS = 300
"""Decoded thumbnails that are kept."""
GAP = Strip.blank(1)


class Form(NamedTuple):
    """What a decoded thumbnail depends on beside its file."""

    columns: int
    rows: int
    mode: Mode
    dark: bool


class Thumb(NamedTuple):
    """A decoded thumbnail."""

    form: Form
    changed: int
    """Time of the file's last change, ns."""
    lines: list[Strip]


class Grid(Rows):
    """Rows as thumbnails: `picture(index)` names the file of each, `label(index)` its words."""

    def __init__(
        self,
        picture: Callable[[int], Path | None],
        label: Callable[[int], str],
        *,
        size: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__((), header=False, marks=True, **kwargs)
        self._picture, self._label = picture, label
        self._thumb = size
        self._thumbs: OrderedDict[Path, Thumb] = OrderedDict()
        self._out: dict[Path, int] = {}
        """How many lines of each thumbnail on this page were sent."""
        self._asked: tuple[object, ...] = ()
        self._debounce: Timer | None = None
        self._pace = Pace(self, self._send_some)

    # --- geometry -----------------------------------------------------------------------------

    @property
    def thumb(self) -> int:
        """Which of `SIZES`."""
        return self._thumb

    @thumb.setter
    def thumb(self, size: int) -> None:
        self._thumb = size % len(SIZES)
        self._settle(self._key)

    @property
    def across(self) -> int:
        """Thumbnails side by side."""
        return max(1, self.content_size.width // (SIZES[self._thumb][0] + 1))

    @property
    def page(self) -> int:
        """Thumbnails in sight."""
        return self.across * max(1, self.content_size.height // (SIZES[self._thumb][1] + 1))

    @property
    def in_sight(self) -> range:
        """Places of the page that the cursor is on."""
        return range(self._top, min(self._top + self.page, len(self)))

    def _settle(self, before: str | None) -> None:
        """Turn to the page of the cursor, then as in a list."""
        self._key = self._rows[self._index].key if len(self) else None
        self._top = self._index // self.page * self.page
        self._want()
        self.repaint()
        if self._key is not None and self._key != before:
            self.post_message(self.Moved(self, self._key, self._index))

    # --- keys and mouse -----------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Up and down move by a line of thumbnails, within the last line to its end."""
        to = self._index + by * self.across
        if 0 <= to < len(self):
            self.move_to(to)
        elif by > 0 and self._index // self.across < (len(self) - 1) // self.across:
            self.move_to(len(self) - 1)

    def action_shift(self, by: int) -> None:
        """Left and right move by a thumbnail."""
        self.move_to(self._index + by)

    def action_page(self, by: int) -> None:
        """The page before or after."""
        self.move_to(self._index + by * self.page)

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a second on the same thumbnail opens it."""
        event.prevent_default()
        offset = event.get_content_offset(self)
        if offset is None:
            return
        columns, rows = SIZES[self._thumb]
        column, row = offset.x // (columns + 1), offset.y // (rows + 1)
        index = self._top + row * self.across + column
        if column >= self.across or index not in self.in_sight:
            return
        if index == self._index and event.chain > 1:
            self.action_choose()
        else:
            self.move_to(index)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The next line of thumbnails."""
        event.prevent_default().stop()
        self.action_move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The line before."""
        event.prevent_default().stop()
        self.action_move(-1)

    # --- pictures -----------------------------------------------------------------------------

    def know_more(self) -> None:
        """Files or words of rows in sight became known."""
        self._want()
        self.repaint()

    def on_show(self) -> None:
        """The grid came into sight."""
        self.know_more()

    def _want(self) -> None:
        """Decode what is in sight once nothing else was asked for during 80 ms."""
        paths = [self._picture(i) for i in self.in_sight]
        asked = (self._form(), tuple(paths))
        if asked == self._asked or not self.is_mounted:
            return
        self._asked = asked
        self._pace.end()
        self.workers.cancel_group(self, "thumbs")
        self._out = {path: self._out.get(path, 0) for path in paths if path is not None}
        if self._debounce is not None:
            self._debounce.stop()
        self._debounce = self.set_timer(DEBOUNCE_S, self._decode_in_sight)

    def look_again(self) -> None:
        """Files may have changed: decode those that did."""
        self._asked = ()
        self._want()

    def _form(self) -> Form:
        return Form(*SIZES[self._thumb], mode_of(self), self.app.current_theme.dark)

    def _decode_in_sight(self) -> None:
        if self.display and self._out:
            self._pace.begin()
            self._decode(list(self._out), self._form())

    @in_thread(exclusive=True, group="thumbs")
    def _decode(self, paths: list[Path], form: Form) -> None:
        """In a thread, one after the other, until the page is left."""
        worker = get_current_worker()
        for path in paths:
            if worker.is_cancelled:
                return
            try:
                changed = path.stat().st_mtime_ns
            except OSError:
                changed = 0
            known = self._thumbs.get(path)
            if known is not None and known[:2] == (form, changed):
                continue
            try:
                cells = load(
                    path,
                    form.columns,
                    form.rows,
                    form.mode,
                    dark=form.dark,
                    cancelled=lambda: worker.is_cancelled,
                )
                lines = centred(to_strips(cells), form.columns, form.rows)
            except Cancelled:
                return
            except BadInput as error:
                lines = broken(path.name, str(error), form)
            if not worker.is_cancelled:
                self.app.call_from_thread(self._arrived, path, Thumb(form, changed, lines))

    def _arrived(self, path: Path, thumb: Thumb) -> None:
        """A thumbnail is decoded; it goes out in its turn."""
        self._thumbs[path] = thumb
        self._thumbs.move_to_end(path)
        while len(self._thumbs) > MOST_THUMBS:
            self._thumbs.popitem(last=False)
        if path in self._out:
            self._out[path] = 0
            self._pace.begin()

    def _send_some(self, room: int) -> bool:
        """Let the next lines of thumbnails out; whether more are decoded."""
        let_out = 0
        form = self._form()
        for path, sent in self._out.items():
            thumb = self._thumbs.get(path)
            lines = thumb.lines if thumb is not None and thumb.form == form else []
            while sent < len(lines):
                room -= cost(lines[sent])
                if room < 0 and let_out:
                    self.repaint()
                    return True
                let_out += 1
                sent += 1
                self._out[path] = sent
        self.repaint()
        return False

    # --- painting -----------------------------------------------------------------------------

    def paint(self, width: int, height: int) -> list[Strip]:
        """The thumbnails in sight, each above its words."""
        if not len(self):
            return [
                line((fit(self.empty, width, ascii_only=self.ascii_only), self._style("empty")))
            ]
        rows = SIZES[self._thumb][1]
        strips: list[Strip] = []
        for start in range(self.in_sight.start, self.in_sight.stop, self.across):
            beside = range(start, min(start + self.across, self.in_sight.stop))
            tiles = [self._tile(index) for index in beside]
            for y in range(rows + 1):
                strips.append(Strip.join([part for tile in tiles for part in (tile[y], GAP)]))
        return strips[:height]

    def _tile(self, index: int) -> list[Strip]:
        """One thumbnail as far as it was sent, and its words."""
        columns, rows = SIZES[self._thumb]
        path = self._picture(index)
        thumb = self._thumbs.get(path) if path is not None else None
        sent = self._out.get(path, 0) if path is not None else 0
        lines = thumb.lines[:sent] if thumb is not None and thumb.form == self._form() else []
        filled = [part.adjust_cell_length(columns) for part in lines]
        return [
            *filled,
            *[Strip.blank(columns)] * (rows - len(filled)),
            self._words(index, columns),
        ]

    def _words(self, index: int, columns: int) -> Strip:
        row: Row = self._rows[index]
        pointer, dot = (">", "*") if self.ascii_only else ("►", "•")
        marks = (pointer if index == self._index else " ") + (
            dot if row.key in self.marked else " "
        )
        text = fit(marks + self._label(index), columns, ascii_only=self.ascii_only)
        style: Style | None = self._style("cursor") if index == self._index else None
        return line((text, style))


def broken(name: str, why: str, form: Form) -> list[Strip]:
    """The lines in place of a picture that can't be shown: its name and the reason."""
    texts = [name, *fold(why, form.columns)][: form.rows]
    lines = [line(fit(text, form.columns)) for text in texts]
    return lines + [Strip.blank(form.columns)] * (form.rows - len(lines))
