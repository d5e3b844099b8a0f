"""One clip through the model: decode, cut, predict in batches, put back, encode; all at once.

One thread decodes, a pool cuts and composites, one thread predicts, the caller encodes. Frames
wait in bounded queues; the whole clip is never in memory.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from engine.convert import tones
from engine.convert.journal import WorkFolder
from engine.convert.patch import FrameInFlight, Swapper
from engine.convert.shots import Shot
from engine.convert.swap import Swap, most_of_a_model
from engine.convert.tracks import Track
from engine.errors import BadInput
from engine.extract.flow import ahead, ordered
from engine.faces.landmarks import Landmarks
from engine.faces.masks import Packed
from engine.faces.smooth import Shaking
from engine.media.cut import Cut
from engine.media.probe import MediaInfo
from engine.media.read import FrameReader, Run, packet_times, to_rgb
from engine.media.sequence import Pictures
from engine.protocol import safe_text
from engine.settings import ConvertSettings
from engine.tables import FrameFace

if TYPE_CHECKING:
    from engine.convert.outputs.base import Output, PieceWriter

HELD_BYTES = 64 << 20
"""Frames that wait anywhere between decoder and encoder take at most about this much memory."""

LOOK_S = 2.0
"""How often a frame takes along what it was, to be shown while the clip is at work."""
SMALL_WIDTH_PX = 480


@dataclass(frozen=True)
class Clip:
    """A target, a video or pictures, and the faces that are replaced in it."""

    name: str
    """Of its output, unique in the project."""
    path: Path
    hash: str
    info: MediaInfo
    frames: int
    """As they were counted when it was extracted."""
    faces: dict[int, list[Landmarks]] = field(repr=False)
    """By frame index."""
    masks: dict[int, list[Packed]] = field(default_factory=dict, repr=False)
    """Of these faces, where the settings name a stored mask."""
    models: dict[int, list[int]] = field(default_factory=dict, repr=False)
    """Number of each face's model in a pass with several; empty: the first paints all."""
    cut: Cut | None = None
    """The frames that come out, where that isn't all of them."""
    shots: list[Shot] = field(default_factory=list)
    """In their order."""
    tracks: list[Track] = field(default_factory=list, repr=False)
    """Of all faces, where something is smoothed along them."""
    jitter: Shaking | None = None
    """Of the points in percent of the face's size, where they are smoothed."""
    pictures: Pictures | None = field(default=None, repr=False)
    """None of a video."""

    @property
    def frames_out(self) -> int:
        """Frames of the result."""
        return self.cut.frames if self.cut else self.frames

    def source_index(self, index: int) -> int:
        """The source's frame that a frame of the result is made of."""
        return self.cut.source_index(index) if self.cut else index

    def model_of(self, index: int, number: int) -> int:
        """Which model paints a face: that of so many in a source's frame."""
        return self.models[index][number] if self.models else 0

    def whose(self, index: int, number: int) -> int:
        """What tells the people of a result apart: a face's model, where several paint, otherwise
        its number in the result's frame."""
        return self.model_of(self.source_index(index), number) if self.models else number

    def size_at(self, index: int) -> tuple[int, int]:
        """Width and height, as displayed, of the source's frame of a frame of the result."""
        if self.pictures is None:
            return self.info.width, self.info.height
        head = self.pictures.heads[self.source_index(index)]
        return head.width, head.height


class Conversion:
    """A clip at work with the models that paint its faces. `said(item)` is called for each encoded
    frame and may raise to stop it: what is whole by then is kept, and a conversion of the same work
    folder goes on from there."""

    def __init__(
        self,
        clip: Clip,
        swappers: Sequence[Swapper],
        settings: ConvertSettings,
        work: WorkFolder,
        output: Output,
    ) -> None:
        self._clip, self._settings, self._work = clip, settings, work
        self._output, self.look = output, output.look
        self._swap = Swap(clip, swappers, settings, self.look)
        self._workers = os.cpu_count() or 1
        self._next_look = 0.0
        bits = av.VideoFormat(self.look.pixel_format).padded_bits_per_pixel
        frame_bytes = self.look.width * self.look.height * bits // 8
        self._held = max(4, min(4 * settings.batch, HELD_BYTES // frame_bytes))
        """Frames a stage may hold back."""

    def run(self, said: Callable[[FrameInFlight], None]) -> None:
        """Convert what isn't converted yet, segment by segment."""
        if self._work.journal.whole:
            return
        with FrameReader(self._clip.path, runs=self._runs()) as reader:
            with ExitStack() as stack:
                self._encode(self._converted(reader, stack), said)
            if reader.problem and self._clip.pictures:
                raise BadInput(f"{safe_text(self._clip.path.name)} {reader.problem}.")
            self._work.journal.whole = True
            self._work.journal.problem = reader.problem or ""
            self._work.write()

    def steady_colours(self, looked: Callable[[int], None]) -> Shaking:
        """Look at the colours that faces are matched to, in all frames that come out, and smooth
        them: `run` matches to those. How much they shook before and after. `looked(frames)` is
        called for each frame and may raise to stop it; a look that is through is kept."""
        path, journal = self._work.colours_path, self._work.journal
        found = tones.kept(path) if journal.colours else None
        if found is None:
            found = self._look_at_colours(looked)
            tones.keep(path, found)
            journal.colours = True
            self._work.write()
        radius = self._settings.smooth_colour
        made, shaking = tones.steady(found, self._clip.tracks, radius)
        self._swap.tones = {place: (found[place], tone) for place, tone in made.items()}
        return shaking

    def _look_at_colours(self, looked: Callable[[int], None]) -> tones.Tones:
        found: tones.Tones = {}
        runs = self._clip.cut.runs(0) if self._clip.cut else [Run()]
        with ExitStack() as stack:
            reader = stack.enter_context(FrameReader(self._clip.path, runs=runs))
            pool = stack.enter_context(ThreadPoolExecutor(self._workers, "colours"))
            frames = (
                self._swap.item(index, stored, frame, index)
                for index, stored, frame in reader.raw()
                if index in self._clip.faces
            )
            decoded = ahead(frames, max(2, self._held // 8))
            told = ordered(pool, self._swap.tones_in, decoded, self._workers + 1)
            for stage in (decoded, told):
                stack.enter_context(closing(stage))
            for count, (index, here) in enumerate(told):
                found.update(((index, n), tone) for n, tone in here.items())
                looked(count + 1)
        return found

    def _runs(self) -> list[Run]:
        """The frames to decode. Footage with frames that can't be decoded is read from its
        beginning: a search would count those, reading through doesn't."""
        done, cut = self._work.journal.frames, self._clip.cut
        if (done or cut) and self._can_search():
            return cut.runs(done) if cut else [Run(done)]
        return [Run(stop=cut.stop if cut else None)]

    def _can_search(self) -> bool:
        if self._clip.pictures:
            return True
        return len(packet_times(self._clip.path)) == self._clip.frames

    # --- the stages ---

    def _converted(self, reader: FrameReader, stack: ExitStack) -> Iterator[FrameInFlight]:
        """The chain of stages; closing the stack ends them in the right order."""
        pool = stack.enter_context(ThreadPoolExecutor(self._workers, "composite"))
        few, many = max(2, self._held // 8), max(2, self._held // 4)
        decoded = ahead(self._decoded(reader), few)
        cut = ordered(pool, self._swap.cut, decoded, self._workers + 1)
        waiting = ahead(cut, many)  # the next batch is cut while one is predicted
        predicted = ahead(self._predicted(waiting), many)
        put = self._swap.paste if self._output.pastes else self._swap.lay
        done = ordered(pool, put, predicted, self._workers + 1)
        finished = ahead(done, few)
        for stage in (decoded, cut, waiting, predicted, done, finished):
            stack.enter_context(closing(stage))
        return finished

    def _decoded(self, reader: FrameReader) -> Iterator[FrameInFlight]:
        """Frames that aren't converted yet; a time stamp that doesn't rise is moved behind the
        one before it."""
        done, last = self._work.journal.frames, self._work.journal.last_pts
        cut = self._clip.cut
        for index, stored, frame in reader.raw():
            if cut and not cut.has(index):
                continue
            number, pts = (cut.number(index), cut.pts(index, stored)) if cut else (index, stored)
            if number < done:
                continue
            last = pts if last is None else max(pts, last + 1)
            item = self._swap.item(index, last, frame, number)
            if time.monotonic() >= self._next_look:
                self._next_look = time.monotonic() + LOOK_S
                item.before = small(item.frame)  # now: pasting works on the frame itself
            yield item

    def _predicted(self, items: Iterator[FrameInFlight]) -> Generator[FrameInFlight, None, None]:
        """Frames with their predictions. A batch ends where a segment ends, so that a run that
        goes on from a segment predicts in the same batches as an unbroken one."""
        waiting: list[FrameInFlight] = []
        for item in items:
            if waiting and self._segment(item) != self._segment(waiting[0]):
                yield from self._swap.predict(waiting)
                waiting = []
            waiting.append(item)
            most = most_of_a_model(waiting)
            if most >= self._settings.batch or len(waiting) >= self._held // 2:
                yield from self._swap.predict(waiting)
                waiting = []
        yield from self._swap.predict(waiting)

    def _segment(self, item: FrameInFlight) -> int:
        return item.number // self._output.piece_frames

    # --- segments ---

    def _encode(
        self, items: Iterator[FrameInFlight], said: Callable[[FrameInFlight], None]
    ) -> None:
        current: _Current | None = None
        try:
            for item in items:
                if current and self._segment(item) != current.number:
                    current.finish(self._work)
                    current = None
                if current is None:
                    current = _Current(self._segment(item), self._output.writer(self._work))
                current.take(item)
                said(item)
            if current:
                current.finish(self._work)
                current = None
        finally:
            if current:
                current.writer.abandon()
        if not self._work.journal.parts:
            raise BadInput(f"{safe_text(self._clip.path.name)} has no frame that can be decoded.")


class _Current:
    """The segment that is being written."""

    def __init__(self, number: int, writer: PieceWriter) -> None:
        self.number, self.writer = number, writer
        self._frames = self._swapped = 0
        self._began = time.monotonic()

    def take(self, item: FrameInFlight) -> None:
        """Encode a frame."""
        self.writer.write(item)
        self._frames += 1
        self._swapped += bool(item.patches)

    def finish(self, work: WorkFolder) -> None:
        """Close the file and note it."""
        seconds = time.monotonic() - self._began
        work.add(self.writer.close(), self._frames, self._swapped, seconds)


def landmarks_by_frame(found: list[FrameFace]) -> dict[int, list[Landmarks]]:
    """Faces of a medium, as faces.db lists them, by frame index."""
    faces: dict[int, list[Landmarks]] = {}
    for row in found:
        faces.setdefault(row.idx, []).append(Landmarks.of(row.face))
    return faces


def small(frame: Any) -> NDArray[np.uint8]:
    """A frame in RGB at most `SMALL_WIDTH_PX` wide."""
    rgb = to_rgb(frame)
    scale = min(1.0, SMALL_WIDTH_PX / rgb.shape[1])
    made = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(made, np.uint8)
