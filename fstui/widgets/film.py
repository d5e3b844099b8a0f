"""A clip in the terminal without sound: plays, steps and searches, at most as fast as the link
takes its frames."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer

from fstui.i18n import tr
from fstui.model.film import Films, Shot
from fstui.threads import deliver, failure_of, in_thread
from fstui.widgets.picture import Picture, centred, to_strips
from fstui.widgets.pixels import Mode, cells_of
from fstui.widgets.words import shorten

TICK_S = 1 / 12
"""How often a frame is asked for while a clip plays; those in between are left out."""
JUMP_S = 10.0
DOTS = {"dots": (2, 4), "ascii": (1, 2)}
"""Dots of a cell, across and down; half-blocks have 1 x 2."""


class Clip(NamedTuple):
    """What is to be shown."""

    path: Path
    name: str
    fps: float = 25.0
    frames: int | None = None
    """None while that isn't known."""


class FilmView(Picture, can_focus=True):
    """Shows a clip's first frame; enter or space plays and pauses."""

    @dataclass
    class Played(Message):
        """It began to play, or paused."""

        film: FilmView

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "choose", "Play, pause", key_display="enter"),
        Binding("escape", "screen.back", "Back to the list"),
        Binding("left,h", "move(-1)", "Frame before", show=False),
        Binding("right,l", "move(1)", "Next frame", show=False),
        Binding("pageup", "page(-1)", "Back by 10 s", show=False),
        Binding("pagedown", "page(1)", "On by 10 s", show=False),
        Binding("home,g", "go(0)", "First frame", show=False),
        Binding("end,G", "go(-1)", "Last frame", show=False),
    ]
    DEFAULT_CSS = """
    FilmView > .picture--caption { color: $text-muted; }
    FilmView:focus > .picture--caption { color: $text-accent; text-style: bold; }
    """

    def __init__(self, films: Films, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._films = films
        self._clip: Clip | None = None
        self.at = 0
        """The frame that is shown or about to be."""
        self._seconds = 0.0
        self._last = False
        """Whether the frame that is shown is the last one."""
        self.playing = False
        self._begun = (0.0, 0)
        """When playing began, by the monotonic clock, and at which frame."""
        self._timer: Timer | None = None
        self._asking = False

    @property
    def clip(self) -> Clip | None:
        """What is shown."""
        return self._clip

    def show_clip(self, clip: Clip | None) -> None:
        """Show a clip's first frame, or nothing; the same clip stays at its frame."""
        before, self._clip = self._clip, clip
        if clip is not None and before is not None and clip.path == before.path:
            self._say()
            return
        self.pause()
        self.at, self._seconds, self._last, self._asking = 0, 0.0, False, False
        self.show(clip.path if clip else None)
        self._say()

    def _say(self) -> None:
        """The line below the picture."""
        if self._clip is None:
            return
        of = f"/{self._clip.frames}" if self._clip.frames else ""
        minutes, rest = divmod(self._seconds, 60)
        state = tr("plays") if self.playing else tr("paused")
        where = f"{self.at + 1}{of}  {int(minutes)}:{rest:05.2f}  {state}  "
        left = max(self.content_size.width - cell_len(where), 0)
        self._caption = where + shorten(self._clip.name, left, self.ascii_only)
        self.repaint()

    # --- playing ------------------------------------------------------------------------------

    def play(self) -> None:
        """Go on from here; from the last frame, from the beginning."""
        if self._clip is None or self.playing:
            return
        if self._last:
            self.at = 0
        self.playing, self._begun = True, (time.monotonic(), self.at)
        self._timer = self.set_interval(TICK_S, self._tick)
        self._told()

    def pause(self) -> None:
        """Stand still."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self.playing:
            self.playing = False
            self._told()

    def rest(self) -> None:
        """Nobody looks: stand still and ask for nothing."""
        self.pause()
        self.workers.cancel_group(self, "decode")
        if self._asking:
            self._asking, self._decoded = False, ()

    def wake(self) -> None:
        """Somebody looks again: ask for what didn't come."""
        self._want()

    def _told(self) -> None:
        self._say()
        self.post_message(self.Played(self))

    def _tick(self) -> None:
        """Ask for the frame that is due by the clock, if the one before is on the screen."""
        if self._clip is None or self._asking or self._sent < len(self._lines):
            return
        began, first = self._begun
        due = first + int((time.monotonic() - began) * self._clip.fps)
        if due != self.at:
            self._ask(due)

    def action_choose(self) -> None:
        """Play or pause."""
        self.pause() if self.playing else self.play()

    def action_move(self, by: int) -> None:
        """A frame on or back; that pauses."""
        self.pause()
        self._seek(self.at + by)

    def action_page(self, by: int) -> None:
        """Some seconds on or back; what plays goes on from there."""
        if self._clip is not None:
            self._seek(self.at + round(by * JUMP_S * self._clip.fps))

    def action_go(self, to: int) -> None:
        """First or last frame."""
        if to >= 0:
            self._seek(to)
        elif self._clip is not None:
            self.pause()
            self._seek(self._clip.frames - 1 if self._clip.frames else 1 << 40)

    def _seek(self, frame: int) -> None:
        if self._clip is None:
            return
        last = self._clip.frames - 1 if self._clip.frames else frame
        self.at = max(0, min(frame, last))
        self._begun = (time.monotonic(), self.at)
        self._ask(self.at)

    # --- frames -------------------------------------------------------------------------------

    def on_show(self) -> None:
        """It was hidden while the clip changed."""
        self._want()

    def _decode_if_needed(self) -> None:
        """After another clip or another size."""
        wanted = (*self._form(), self._path)
        if self._path is not None and self.display and wanted != self._decoded:
            self._ask(self.at)

    def _send_some(self, room: int) -> bool:
        """Half of what a still picture may take: a film goes on and on, and keys shall come
        through."""
        return super()._send_some(room // 2 if self.playing else room)

    def _form(self) -> tuple[int, int, Mode, bool]:
        """Columns and rows of the picture, and how its cells are made."""
        width, height = self.content_size
        return width, height - 1, self.mode, self.app.current_theme.dark

    def _ask(self, frame: int) -> None:
        columns, rows, mode, dark = self._form()
        if self._clip is not None and columns > 1 and rows > 0:
            self._asking = True
            self._decode_frame(self._clip.path, frame, columns, rows, mode, dark)

    @in_thread(exclusive=True, group="decode")
    def _decode_frame(
        self, path: Path, frame: int, columns: int, rows: int, mode: Mode, dark: bool
    ) -> None:
        """In a thread: decode, and make cells of it."""
        across, down = DOTS.get(mode, (1, 2))
        form = (columns, rows, mode, dark, path)

        def decode() -> None:
            shot = self._films.frame(path, frame, columns * across, rows * down)
            cells = cells_of(_image(shot), columns, rows, mode, dark=dark)
            deliver(self, self._came, shot, centred(to_strips(cells), columns, rows), "", form)

        if problem := failure_of(decode):
            deliver(self, self._came, None, [], problem, form)

    def _came(
        self, shot: Shot | None, lines: list[Any], problem: str, form: tuple[object, ...]
    ) -> None:
        """A frame is there; of a clip that was left, it is dropped."""
        self._asking = False
        if form[-1] != self._path:
            return
        self._take(lines, problem, form)
        if shot is not None:
            self.at, self._seconds = shot.frame, shot.seconds
            told = self._clip.frames if self._clip else None
            self._last = shot.last or shot.frame + 1 == told
        if self.playing and (shot is None or shot.last):
            self.pause()
        self._say()


def _image(shot: Shot) -> Any:
    from PIL import Image

    return Image.frombytes("RGB", (shot.width, shot.height), shot.rgb)
