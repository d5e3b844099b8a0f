"""The pass over frames: faces are found, cut out and measured, and committed in batches.

Frames stream: one thread decodes, a pool finds faces and cuts them, the main thread embeds them in
batches and commits. A killed run goes on with the frames that were not committed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.extract import queries
from engine.extract.crew import Crew
from engine.extract.describe import FoundFace
from engine.extract.flow import ahead, batched, ordered, split
from engine.extract.footage import Footage
from engine.extract.save import Saver, SeenFrame
from engine.faces.crops import encode_jpeg
from engine.media.read import Frame, FrameReader
from engine.protocol import write_atomic

FRAMES_BYTES = 256 << 20
"""Decoded frames that wait or are looked at take at most about this much memory."""
PREVIEW_INTERVAL_S = 2.0
PREVIEW_WIDTH_PX = 480


def look(crew: Crew, footage: Sequence[Footage]) -> None:
    """Look at all frames that were not looked at yet."""
    todo = [f for f in footage if f.runs]
    if not todo:
        return
    looking = Looking(crew, todo)
    for medium in todo:
        crew.finder.begin(medium.path)
        looking.medium(medium)


class Looking:
    """The pass at work on one medium after the other."""

    def __init__(self, crew: Crew, todo: list[Footage]) -> None:
        self._crew, self._store = crew, crew.store
        left = [f.left for f in todo]
        self._total = None if None in left else sum(n for n in left if n is not None)
        self._done = self._faces = 0
        self._rejected: Counter[str] = Counter()
        self._preview = Preview()
        self._finder = crew.finder
        crew.begin_identity()

    def medium(self, footage: Footage) -> None:
        """Look at the frames of one medium that weren't looked at yet."""
        saver = Saver(self._crew, footage)
        with FrameReader(footage.path, runs=footage.runs) as reader:
            stream = self._seen(iter(reader), depth(footage))
            with closing(stream):
                for batch in batched(stream, self._crew.settings.batch):
                    faces = [face for frame in batch for face in frame.faces]
                    self._crew.identify(faces, [c for frame in batch for c in frame.chips])
                    reasons = saver.commit(batch)
                    self._rejected.update(reason for reason in reasons if reason)
                    self._tell(footage, batch)
                    total = footage.info.frames
                    of = f" of {total}" if total else ""
                    self._crew.stop_if_asked(
                        f"at frame {batch[-1].index + 1}{of} of {footage.shown}"
                    )
            self._finish(footage, reader)

    def _seen(self, frames: Iterator[Frame], depth: int) -> Generator[SeenFrame, None, None]:
        """Decode in one thread, look in the pool; in the frames' order."""
        decoded = ahead(frames, max(1, depth // 2))
        threads = self._crew.threads
        in_flight = min(threads * 4 + self._crew.settings.batch, max(threads, depth // 2))
        chunk, begun = split(in_flight, self._finder.chunk, self._finder.lanes)
        with closing(decoded):
            chunks = batched(decoded, chunk)
            for seen in ordered(self._crew.pool, self._look, chunks, begun):
                yield from seen

    def _look(self, frames: list[Frame]) -> list[SeenFrame]:
        """What frames show; runs in the pool."""
        return [
            self._kept(frame, faces)
            for frame, faces in zip(frames, self._finder.find(frames), strict=True)
        ]

    def _kept(self, frame: Frame, faces: list[FoundFace]) -> SeenFrame:
        """What stays of a frame: its faces' JPEGs, for their pictures aren't needed any more."""
        seen = SeenFrame(
            frame.index,
            frame.pts,
            faces,
            jpegs=[encode_jpeg(f.crop) for f in faces],
            chips=self._crew.chips(frame.rgb, [f.points for f in faces]),
            preview=self._preview.draw(frame.rgb, faces),
        )
        for face in faces:
            face.crop = face.crop[:0]
        return seen

    def _tell(self, footage: Footage, batch: list[SeenFrame]) -> None:
        self._done += len(batch)
        self._faces += sum(len(f.faces) for f in batch)
        report, total = self._crew.report, self._total
        if total is not None:
            total = max(total, self._done)
        report.progress(
            self._done,
            total,
            "frame",
            faces=self._faces,
            per_frame=round(self._faces / self._done, 2),
            media=footage.shown,
            rejected=dict(self._rejected),
        )
        last = next((f for f in reversed(batch) if f.preview), None)
        if last is not None and last.preview is not None:
            folder = self._crew.work.folder.preview_folder
            path = folder / f"{footage.media.id}-{last.index:06d}.jpg"
            write_atomic(path, last.preview, durable=False)
            report.preview(path, frame=last.index + 1, media=footage.shown, side=footage.media.side)

    def _finish(self, footage: Footage, reader: FrameReader) -> None:
        """Mark a medium as done and say what was wrong with it."""
        media_id = footage.media.id
        looked = max(reader.last_index + 1, self._store.next_index(media_id))
        frames = looked if reader.ended else footage.media.frames or footage.info.frames
        if footage.info.note:
            self._crew.report.warn(f"{footage.shown} {footage.info.note}.")
        if reader.problem:
            self._crew.report.warn(f"{footage.shown} {reader.problem}: what could be read is used.")
        elif not queries.has_faces(self._store, media_id):
            of = frames or looked
            self._crew.report.warn(f"{footage.shown} shows no face in its {of} frames.")
        with self._store.batch():
            self._store.set_media(media_id, done=1, frames=frames)


class Preview:
    """The newest frame with its faces marked, drawn at most every two seconds."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def draw(self, rgb: NDArray[np.uint8], faces: list[FoundFace]) -> bytes | None:
        """A small JPEG, or None when the last one is fresh. Two threads may both draw: harmless."""
        now = time.monotonic()
        if now < self._next_s:
            return None
        self._next_s = now + PREVIEW_INTERVAL_S
        scale = min(1.0, PREVIEW_WIDTH_PX / rgb.shape[1])
        small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for face in faces:
            left, top, right, bottom = (round(v * scale) for v in face.box)
            cv2.rectangle(small, (left, top), (right, bottom), (80, 220, 120), 1)
            for x, y in np.rint(face.points * scale).astype(int).tolist():
                cv2.circle(small, (x, y), 1, (255, 220, 80), -1)
        return encode_jpeg(np.asarray(small, np.uint8))


def depth(footage: Footage) -> int:
    """How many decoded frames may be in memory."""
    return max(4, min(48, FRAMES_BYTES // max(1, footage.info.width * footage.info.height * 3)))
