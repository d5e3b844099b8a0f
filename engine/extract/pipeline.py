"""The extract step: footage of one side in, rows in faces.db and aligned crops out.

Frames stream: one thread decodes, a pool finds faces and cuts them, the main thread embeds them in
batches and commits. A killed run goes on from the last committed frame.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import BadInput, NothingToDo, Stopped
from engine.extract.describe import FaceFinder, FoundFace
from engine.extract.flow import ahead, batched, ordered
from engine.extract.footage import Footage, check_side, paths_of, prepare, reject_missing_crops
from engine.extract.save import Saver, SeenFrame
from engine.faces.crops import encode_jpeg
from engine.faces.geometry import Points
from engine.media.read import Frame, FrameReader
from engine.protocol import write_atomic
from engine.settings import ExtractSettings
from engine.store import Store
from engine.work import Work

FRAMES_BYTES = 256 << 20
"""Decoded frames that wait or are looked at take at most about this much memory."""
PREVIEW_INTERVAL_S = 2.0
PREVIEW_WIDTH_PX = 480


def run(work: Work) -> str:
    """Extract one side of the project; the sentence that the step ends with."""
    settings = work.settings(ExtractSettings)
    side = check_side(work.step.side)
    paths = list(paths_of(work.project, side))
    if not paths:
        raise NothingToDo(
            f"Side {side} has no footage: add some with 'add {work.project.name} {side} PATH'."
        )
    cv2.setNumThreads(1)  # the pool's threads are the parallel part
    with Store(work.project.db_path) as store:
        if gone := reject_missing_crops(store, work.project, side):
            work.report.event("rejected", faces=gone, side=side)
        todo, usable = _todo(work, store, side, paths, settings)
        if todo:
            with Extraction(work, store, settings, todo) as extraction:
                for footage in todo:
                    extraction.medium(footage)
        return _result(store, side, usable)


def _todo(
    work: Work, store: Store, side: str, paths: list[Path], settings: ExtractSettings
) -> tuple[list[Footage], int]:
    """Media that are still to be looked at, and how many can be used at all."""
    todo: list[Footage] = []
    problems: list[BadInput] = []
    for path in paths:
        try:
            footage = prepare(store, work.project, side, path, settings)
        except BadInput as error:
            problems.append(error)
            continue
        if footage is not None and all(footage.media.id != f.media.id for f in todo):
            todo.append(footage)
    if len(problems) == len(paths):
        raise problems[-1]
    for problem in problems:
        work.report.warn(f"{problem} The other footage of side {side} is used.")
    return todo, len(paths) - len(problems)


def _result(store: Store, side: str, media: int) -> str:
    counts = store.counts(side)
    kept = counts["faces"] - counts["rejected"]
    if not kept:
        why = "every face is rejected" if counts["faces"] else "no face was found"
        raise NothingToDo(
            f"Side {side}: {why} in {counts['frames']} frames of {media} media: "
            "add footage that shows one, or lower the setting confidence."
        )
    return (
        f"side {side}: {kept} faces in {counts['frames_with_face']} of {counts['frames']} frames"
        f" from {media} media"
    )


class Extraction:
    """The threads and networks of one step, at work on one medium after the other."""

    def __init__(
        self, work: Work, store: Store, settings: ExtractSettings, todo: list[Footage]
    ) -> None:
        self._work, self._store, self._settings = work, store, settings
        left = [f.frames_left(settings.every) for f in todo]
        self._total = None if None in left else sum(n for n in left if n is not None)
        self._done = self._faces = 0
        self._preview = Preview()
        workers = (os.cpu_count() or 1) + 1  # one more than cores: a thread that waits costs none
        self._finders: SimpleQueue[FaceFinder] = SimpleQueue()
        for _ in range(workers):
            self._finders.put(FaceFinder(settings))
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, "find")
        self._writers = ThreadPoolExecutor(4, "write")
        self._chip: Callable[[NDArray[np.uint8], Points], Any] | None = None
        self._identifier: Future[Any] | None = None
        if settings.identity:
            self._begin_identity()

    def __enter__(self) -> Extraction:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._writers.shutdown()

    def medium(self, footage: Footage) -> None:
        """Look at the frames of one medium that weren't looked at yet."""
        saver = Saver(self._store, self._work.project, footage, self._settings)
        faces_before = self._faces
        with FrameReader(footage.path, start=footage.start, step=self._settings.every) as reader:
            stream = self._seen(iter(reader), _depth(footage))
            with closing(stream):
                for batch in batched(stream, self._settings.batch):
                    self._identify(batch)
                    saver.commit(batch, self._writers)
                    self._tell(footage, batch)
                    self._stop_if_asked(footage, batch[-1].index)
            self._finish(footage, reader, self._faces > faces_before)

    def _seen(self, frames: Iterator[Frame], depth: int) -> Generator[SeenFrame, None, None]:
        """Decode in one thread, look in the pool; in the frames' order."""
        decoded = ahead(frames, max(1, depth // 2))
        in_flight = min(self._workers * 2 + self._settings.batch, max(self._workers, depth // 2))
        with closing(decoded):
            yield from ordered(self._pool, self._look, decoded, in_flight)

    def _look(self, frame: Frame) -> SeenFrame:
        """What a frame shows; runs in the pool, on networks that no other thread uses."""
        finder = self._finders.get()
        try:
            faces = finder.find(frame)
        finally:
            self._finders.put(finder)
        seen = SeenFrame(
            frame.index,
            frame.pts,
            faces,
            jpegs=[encode_jpeg(f.crop) for f in faces],
            chips=[self._chip(frame.rgb, f.points) for f in faces] if self._chip else [],
            preview=self._preview.draw(frame.rgb, faces),
        )
        for face in faces:
            face.crop = face.crop[:0]  # the JPEG stays, the picture isn't needed any more
        return seen

    def _begin_identity(self) -> None:
        """Load TensorFlow beside the first detections: it takes seconds."""
        from engine.extract.identify.chip import chip

        self._chip = chip
        self._work.report.phase("importing TensorFlow")

        self._identifier = self._writers.submit(_load_identifier)

    def _identify(self, batch: list[SeenFrame]) -> None:
        if self._identifier is None:
            return
        identifier = self._identifier.result()
        chips = [c for frame in batch for c in frame.chips]
        embeddings = iter(identifier.embed_chips(chips))
        for frame in batch:
            for face in frame.faces:
                face.identity = next(embeddings)

    def _tell(self, footage: Footage, batch: list[SeenFrame]) -> None:
        self._done += len(batch)
        self._faces += sum(len(f.faces) for f in batch)
        report, total = self._work.report, self._total
        if total is not None:
            total = max(total, self._done)
        report.progress(self._done, total, "frame", faces=self._faces, media=footage.shown)
        last = next((f for f in reversed(batch) if f.preview), None)
        if last is not None and last.preview is not None:
            path = self._work.folder.preview_folder / f"{footage.media.id}-{last.index:06d}.jpg"
            write_atomic(path, last.preview, durable=False)
            report.preview(path, frame=last.index, media=footage.shown, side=footage.media.side)

    def _stop_if_asked(self, footage: Footage, index: int) -> None:
        if self._work.control.stopping:
            total = footage.info.frames
            of = f" of {total}" if total else ""
            raise Stopped(
                f"stopped at frame {index + 1}{of} of {footage.shown}: run extract again to go on"
            )

    def _finish(self, footage: Footage, reader: FrameReader, found: bool) -> None:
        """Mark a medium as done and say what was wrong with it."""
        frames = max(reader.last_index + 1, self._store.next_index(footage.media.id))
        if reader.problem:
            self._work.report.warn(f"{footage.shown} {reader.problem}: what could be read is used.")
        elif not found and not self._store.faces(media_id=footage.media.id, rejected=None):
            self._work.report.warn(f"{footage.shown} shows no face in its {frames} frames.")
        with self._store.batch():
            self._store.set_media(footage.media.id, done=1, frames=frames)


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


def _depth(footage: Footage) -> int:
    """How many decoded frames may be in memory."""
    return max(4, min(48, FRAMES_BYTES // max(1, footage.info.width * footage.info.height * 3)))


def _load_identifier() -> Any:
    from engine.extract.identify.dlib_resnet import Identifier

    return Identifier()
