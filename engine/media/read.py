"""Frames of a medium as RGB, one after the other, with their time stamps."""

from __future__ import annotations

import bisect
import heapq
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import av
import numpy as np
from av.video.reformatter import Colorspace, VideoReformatter
from numpy.typing import NDArray

from engine.errors import BadInput
from engine.media.pictures import over_black, read_deep_picture, read_picture
from engine.media.probe import (
    MediaInfo,
    open_video,
    pictures_in,
    plain,
    probe,
    turn,
    video_stream,
)
from engine.protocol import safe_text

S = TypeVar("S")

REORDERED = 16
"""Frames that are held back to be put in order; H.264 and H.265 reorder at most so many."""
HD_LINES = 720
"""Footage that doesn't name its matrix is BT.709 from this height on, BT.601 below."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded frame."""

    index: int
    """From 0, in display order; of a folder, in natural order of the names."""
    pts: int
    """In units of the medium's time base."""
    rgb: NDArray[np.uint8]
    """(height, width, 3), turned for display."""


@dataclass(frozen=True, slots=True)
class Run:
    """Frames to read one after the other: every `step`th from `start` to before `stop`."""

    start: int = 0
    stop: int | None = None
    """None: to the end."""
    step: int = 1
    skip: frozenset[int] = frozenset()
    """Indices that are left out."""

    def takes(self, index: int) -> bool:
        """Whether a frame is one of them."""
        return (
            index >= self.start
            and (self.stop is None or index < self.stop)
            and (index - self.start) % self.step == 0
            and index not in self.skip
        )


class FrameReader:
    """Frames of a video, a folder of pictures or one picture. Iterate it once.

    `start`, `stop` and `step` count frames; `runs`, in order and apart from each other, can be
    given in their place; `times` are the video's `packet_times`, where they are known already.
    Frames on the way to wanted ones are decoded, but not turned into RGB; nothing is decoded behind
    the last. Raises `BadInput` when nothing can be read; what goes wrong later ends or thins the
    iteration and is told by `problem` afterwards.
    """

    def __init__(
        self,
        path: Path,
        *,
        start: int = 0,
        step: int = 1,
        stop: int | None = None,
        runs: Sequence[Run] | None = None,
        times: Sequence[int] | None = None,
    ) -> None:
        self.path = path
        self._times = times
        self.info: MediaInfo = probe(path)
        self.runs = [Run(start, stop, step)] if runs is None else list(runs)
        self.problem: str | None = None
        """What could not be read, words that go on after the file's name; None if all could."""
        self.last_index = -1
        """Index of the last frame that was decoded, wanted or not."""
        self.ended = False
        """Whether the medium was read to its end, so that `last_index` is its last."""
        self._last_time_s = 0.0
        self._container: Any = self._opened() if self.info.kind == "video" else None

    def __enter__(self) -> FrameReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._container is not None:
            self._container.close()

    def __iter__(self) -> Iterator[Frame]:
        if self.info.kind == "video":
            return self._video()
        return self._pictures()

    # --- video ---

    def _video(self) -> Iterator[Frame]:
        for index, pts, frame in self.raw():
            yield Frame(index, pts, to_rgb(frame))

    def raw(self) -> Iterator[tuple[int, int, Any]]:
        """The wanted frames of a video as PyAV decoded them, in their own pixel format and not
        turned, with index and pts; of pictures as RGB of 8 or 16 bits. Iterate either this or the
        reader itself."""
        if self.info.kind != "video":
            for index, rgb in self._stills(read_deep_picture):
                frame = as_frame(rgb)
                frame.pts, frame.time_base = index, self.info.time_base
                yield index, index, frame
            return
        # AVI stores no presentation times: FFmpeg's are right as a set, not frame by frame
        avi = self.info.container == "avi"
        known: Sequence[int] = []
        if avi or any(run.start for run in self.runs):
            known = packet_times(self.path) if self._times is None else self._times
        for number, run in enumerate(self.runs):
            frames, picked = None if avi else self._from(known, run.start), [run]
            if frames is None:  # it can't be searched: what is left comes in one pass
                frames, picked = enumerate(self._decoded()), self.runs[number:]
            for index, frame in self._picked(frames, picked):
                exact = avi and index < len(known)
                yield index, known[index] if exact else _pts(frame, index), frame
            if self.ended or len(picked) > 1:
                break
        if self.ended:
            self._look_for_truncation(self._last_time_s)

    def _picked(
        self, frames: Iterator[tuple[int, Any]], runs: Sequence[Run]
    ) -> Iterator[tuple[int, Any]]:
        """Those of the numbered frames that the runs take; none is decoded behind the last."""
        stop = math.inf if runs[-1].stop is None else runs[-1].stop
        for index, frame in frames:
            if index >= stop:
                return
            self.last_index, self._last_time_s = index, frame.time or 0.0
            if any(run.takes(index) for run in runs):
                yield index, frame
            if index + 1 >= stop:
                return
        self.ended = True

    def _from(self, known: Sequence[int], start: int) -> Iterator[tuple[int, Any]] | None:
        """Numbered frames from a key frame at or before `start`; None if the file can't be
        searched, it is then open at its beginning again."""
        if start == 0:
            return enumerate(self._decoded())
        if start < len(known):
            stream = video_stream(self._container, str(self.path))
            with suppress(av.error.FFmpegError):
                self._container.seek(known[start], stream=stream, backward=True)
                frames = self._decoded()
                first = next(frames, None)
                if first is not None and 0 <= _place(known, first.pts) <= start:
                    return _numbered(known, first, frames)
        self._container.close()
        self._container, self.problem = self._opened(), None
        return None

    def _opened(self) -> Any:
        container = open_video(self.path)
        video_stream(container, str(self.path)).thread_type = "AUTO"
        return container

    def _decoded(self) -> Iterator[Any]:
        """Frames in display order. Behind damage a decoder may mix up frames of two groups of
        pictures: from there on they are put in order by their times."""
        held: list[tuple[int, int, Any]] = []
        for count, frame in enumerate(self._unsorted()):
            if self.problem is None or frame.pts is None or self.info.container == "avi":
                yield frame
                continue
            heapq.heappush(held, (frame.pts, count, frame))
            if len(held) > REORDERED:
                yield heapq.heappop(held)[2]
        yield from (frame for _, _, frame in sorted(held))

    def _unsorted(self) -> Iterator[Any]:
        """Frames as they are decoded; a damaged packet is skipped and noted, a torn end ends it."""
        stream = video_stream(self._container, str(self.path))
        packets = self._container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                yield from packet.decode()
            except av.error.InvalidDataError as error:
                self.problem = f"can't be decoded in parts ({plain(error)})"
            except av.error.FFmpegError as error:
                self.problem = f"can't be decoded to its end ({plain(error)})"
                return

    def _look_for_truncation(self, last_time_s: float) -> None:
        declared, read = self.info.frames, self.last_index + 1
        if declared is not None:
            # an edit list may leave frames out of a whole file: an MP4 is torn by its index alone
            torn = self._ends_early() if "mp4" in self.info.container else True
            if torn and read < declared - max(1, declared // 100):
                self.problem = f"is cut off after frame {read} of {declared}"
        elif self.info.duration_s and last_time_s < 0.95 * self.info.duration_s - 1.0:
            self.problem = (
                f"is cut off after frame {read}, at {last_time_s:.1f} of"
                f" {self.info.duration_s:.1f} s"
            )

    def _ends_early(self) -> bool:
        """Whether the index names bytes behind the end of the file."""
        stream = video_stream(self._container, str(self.path))
        end = max((e.pos + e.size for e in stream.index_entries), default=0)
        return bool(end > self.path.stat().st_size)

    # --- pictures ---

    def _pictures(self) -> Iterator[Frame]:
        yield from (Frame(index, index, rgb) for index, rgb in self._stills(read_picture))

    def _stills(self, read: Callable[[Path], S]) -> Iterator[tuple[int, S]]:
        paths = [self.path] if self.info.kind == "image" else pictures_in(self.path)
        bad: list[str] = []
        stop = self.runs[-1].stop if self.runs else 0
        for index, path in enumerate(paths[:stop]):
            self.last_index = index
            if not any(run.takes(index) for run in self.runs):
                continue
            try:
                yield index, read(path)
            except BadInput:
                bad.append(safe_text(path.name))
                more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
                self.problem = f"has pictures that can't be read: {bad[0]}{more}"
        self.ended = stop is None or stop >= len(paths)


def read_frames(
    path: Path, *, start: int = 0, step: int = 1, stop: int | None = None
) -> Iterator[Frame]:
    """Frames of a medium; use `FrameReader` where it matters what could not be read."""
    with FrameReader(path, start=start, step=step, stop=stop) as reader:
        yield from reader


def packet_times(path: Path) -> list[int]:
    """Time stamps of a video's frames in display order, read without decoding."""
    return sorted(key_frames(path))


def key_frames(path: Path) -> dict[int, bool]:
    """Whether decoding can begin at a frame, by its time stamp; in no order, without decoding."""
    found: dict[int, bool] = {}
    with open_video(path) as container, suppress(av.error.FFmpegError):
        for packet in container.demux(video_stream(container, str(path))):
            if packet.pts is not None and not packet.is_discard:
                found[packet.pts] = packet.is_keyframe or found.get(packet.pts, False)
    return found


def as_frame(rgb: NDArray[Any]) -> Any:
    """RGB of 8 or 16 bits as PyAV's frame."""
    form = "rgb48le" if rgb.dtype == np.uint16 else "rgb24"
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format=form)


def to_rgb(frame: Any) -> NDArray[np.uint8]:
    """A decoded frame as RGB, by its own colour matrix and range, turned for display.

    What is transparent comes over black. HDR's brightness is taken as it stands.
    """
    frame.colorspace = colour_matrix(frame)
    clear = any(component.is_alpha for component in frame.format.components)
    # A reformatter of its own: the frame's can't be used by two threads at once.
    made = VideoReformatter().reformat(frame, format="rgba" if clear else "rgb24")
    rgb = np.asarray(made.to_ndarray(), np.uint8)
    rgb = over_black(rgb) if clear else rgb
    return upright(rgb, frame)


def to_deep_rgb(frame: Any) -> NDArray[np.uint16]:
    """The same with 16 bits; of what is transparent the 8 that it has over black."""
    if any(component.is_alpha for component in frame.format.components):
        return to_rgb(frame).astype(np.uint16) * 257
    frame.colorspace = colour_matrix(frame)
    made = VideoReformatter().reformat(frame, format="rgb48le")
    return upright(np.asarray(made.to_ndarray(), np.uint16), frame)


def upright(samples: NDArray[Any], frame: Any) -> NDArray[Any]:
    """Samples of a coded frame, turned as the frame is for display."""
    quarter_turns = turn(frame) // 90
    return np.ascontiguousarray(np.rot90(samples, -quarter_turns)) if quarter_turns else samples


def colour_matrix(frame: Any) -> Colorspace:
    """The YUV matrix that a frame is coded with, guessed by its height if it doesn't say."""
    try:
        return Colorspace(int(frame.colorspace))
    except ValueError:
        return Colorspace.ITU709 if frame.height >= HD_LINES else Colorspace.ITU601


def _numbered(known: Sequence[int], first: Any, rest: Iterator[Any]) -> Iterator[tuple[int, Any]]:
    """Frames with their indices by time stamp; one without a known stamp follows the last."""
    index = -1
    for frame in itertools.chain([first], rest):
        place = _place(known, frame.pts)
        index = place if place >= 0 else index + 1
        yield index, frame


def _place(known: Sequence[int], pts: int | None) -> int:
    """Index of a time stamp among the known ones, -1 if it is not there."""
    if pts is None:
        return -1
    at = bisect.bisect_left(known, pts)
    return at if at < len(known) and known[at] == pts else -1


def _pts(frame: Any, index: int) -> int:
    """A frame's time stamp; one without gets its index times the frame's duration."""
    return int(frame.pts) if frame.pts is not None else index * int(frame.duration or 1)
