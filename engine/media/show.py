"""Small pictures of frames for a screen, one for each request, from a process that keeps the medium
open: playing, stepping and searching are requests for one frame after the other.

`python -m engine show` reads requests from its input, a line of JSON each, and answers each with a
line of JSON and the picture's bytes; it ends when its input does.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.errors import BadInput, FstuiError, from_os_error
from engine.media.read import FrameReader, packet_times, to_rgb
from engine.protocol import safe_text

AHEAD = 250
"""Frames that are decoded on the way to a wanted one; farther ones are searched for."""
LARGEST_PX = 4096
Picture = NDArray[np.uint8]


class Request(msgspec.Struct, frozen=True):
    """One frame, as large as fits; of a frame behind the last, the last."""

    path: str
    frame: int
    """From 0."""
    width: int
    height: int
    """px."""


class Film:
    """A medium that is kept open for requests of any frame."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader: FrameReader | None = None
        self._coming: Iterator[tuple[int, int, Callable[[], Picture]]] = iter(())
        self._times: list[int] | None = None
        self._held: tuple[int, float, Picture] | None = None
        """Index, seconds and picture that were asked for last."""
        self._next = 0
        """Index of the frame that is decoded next."""
        self._last: int | None = None
        """Index of the last frame, once that is known."""
        self.begin(0)

    def close(self) -> None:
        """Close the file."""
        if self._reader is not None:
            self._reader.close()

    def begin(self, index: int) -> None:
        """Decode from a frame on."""
        if index and self._times is None and self.path.is_file():
            self._times = packet_times(self.path)
        if self._times:
            index = min(index, len(self._times) - 1)
        self.close()
        self._reader = FrameReader(self.path, start=index, times=self._times)
        self._coming, self._next = _coming(self._reader), index

    def frame(self, index: int) -> tuple[int, float, Picture, bool]:
        """Index, seconds, picture (height, width, 3), and whether it is the last one. Raises
        `BadInput` when none can be decoded."""
        index = max(0, index if self._last is None else min(index, self._last))
        if self._held is None or self._held[0] != index:
            if not self._next <= index <= self._next + AHEAD:
                self.begin(index)
            self._held = self._to(index) or self._end()
        at, seconds, picture = self._held
        return at, seconds, picture, at == self._last

    def _to(self, index: int) -> tuple[int, float, Picture] | None:
        """The frame, else the last that there is; None where none came."""
        found = None
        assert self._reader is not None
        for at, pts, picture in self._coming:
            self._next, found = at + 1, (at, pts, picture)
            if at >= index:
                break
        else:
            self._last = max(self._reader.last_index, 0)
        if found is None:
            return None
        at, pts, picture = found
        return at, float(pts * self._reader.info.time_base), picture()

    def _end(self) -> tuple[int, float, Picture]:
        """The last frame, which was passed: it is searched for."""
        if self._held is not None and self._held[0] == self._last:
            return self._held
        if self._last:
            self.begin(self._last)
            if found := self._to(self._last):
                return found
        raise BadInput(f"{safe_text(self.path.name)} has no frame that can be decoded.")


def _coming(reader: FrameReader) -> Iterator[tuple[int, int, Callable[[], Picture]]]:
    """Frames that become pictures only where they are wanted."""
    if reader.info.kind != "video":
        for frame in reader:
            yield frame.index, frame.pts, partial(np.asarray, frame.rgb)
        return
    for index, pts, raw in reader.raw():
        yield index, pts, partial(to_rgb, raw)


def fitted(picture: Picture, width: int, height: int) -> Picture:
    """The picture inside so many pixels, in its own shape; it is never enlarged."""
    have_height, have_width = picture.shape[:2]
    scale = min(width / have_width, height / have_height, 1.0)
    size = max(1, round(have_width * scale)), max(1, round(have_height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the requests end. What can't be shown is answered with `error`, its sentence,
    and `exit`, its code."""
    film: Film | None = None
    for line in requests:
        data = b""
        try:
            asked = msgspec.json.decode(line, type=Request)
            if film is None or film.path != Path(asked.path):
                if film is not None:
                    film.close()
                film = None
                film = Film(Path(asked.path))
            head, data = _answer(film, asked)
        except FstuiError as error:
            head = {"error": str(error), "exit": int(error.exit)}
        except OSError as error:
            failure = from_os_error(error, f"reading {asked.path}")
            head = {"error": str(failure), "exit": int(failure.exit)}
        answers.write(json.dumps(head).encode() + b"\n" + data)
        answers.flush()


def _answer(film: Film, asked: Request) -> tuple[dict[str, Any], bytes]:
    width, height = (max(1, min(n, LARGEST_PX)) for n in (asked.width, asked.height))
    index, seconds, picture, last = film.frame(asked.frame)
    small = fitted(picture, width, height)
    head = {
        "frame": index,
        "seconds": seconds,
        "width": small.shape[1],
        "height": small.shape[0],
        "last": last,
    }
    return head, small.tobytes()


def run() -> int:
    """The process; whoever asked may leave at any time."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what else prints doesn't come in between
    with suppress(BrokenPipeError):
        serve(sys.stdin.buffer, answers)
    return 0
