"""A folder of pictures, upright, numbered or under their source's names; it goes on from the last
whole batch."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from engine.convert.clip import Clip
from engine.convert.journal import FRAMES, MASKS, Made, WorkFolder
from engine.convert.outputs.base import Finished, covered, lost_bits, own_look, require_sdr
from engine.convert.patch import FrameInFlight
from engine.errors import BadInput, from_os_error
from engine.footage import natural_key
from engine.media import stills
from engine.media.alpha import Mask
from engine.media.cut import Cut
from engine.media.read import to_deep_rgb, to_rgb, upright
from engine.media.write import Segment
from engine.protocol import safe_text, write_atomic
from engine.settings import ConvertSettings


class PicturesOutput:
    """Pictures of all frames; masks as transparency or in a folder of their own."""

    pastes = True

    def __init__(self, clip: Clip, settings: ConvertSettings) -> None:
        if settings.mask_as == "alpha" and settings.picture not in stills.CLEAR:
            raise BadInput(
                f"A {settings.picture} has no transparency: take png, tiff, webp or exr."
            )
        self._clip, self._settings = clip, settings
        self.look = own_look(clip, settings)
        self._names = names_of(clip, settings.picture)
        require_sdr(self.look, f"a {settings.picture} picture")
        self.piece_frames = settings.batch

    def writer(self, work: WorkFolder) -> PicturesWriter:
        """For the next frames."""
        return PicturesWriter(work, self._settings)

    def finish(self, work: WorkFolder, cut: Cut | None, comment: str) -> Finished:
        """The folder, and the masks' folder."""
        beside, kind, name = [], self._settings.picture, self._clip.name
        if self._settings.mask_as == "separate":
            beside.append((work.named(MASKS, self._names), f"{name}.mask"))
        in_order = self._names == sorted(self._names, key=natural_key)
        return Finished(
            work.named(FRAMES, self._names),
            name,
            beside,
            remarks=lost_bits(self._clip, f"a {kind}", 16 if kind in stills.DEEP else 8),
            shows=self._settings.mask_as != "alpha" and in_order,
        )


def names_of(clip: Clip, kind: str) -> list[str]:
    """Files of a clip's pictures in their order, named as the source's but for the suffix; none of
    a video, whose pictures are numbered. Raises `BadInput` where two would have one name."""
    if clip.pictures is None:
        return []
    names: dict[str, str] = {}
    for number in range(clip.frames_out):
        source = clip.pictures.paths[clip.source_index(number)]
        name = f"{source.stem}.{kind}"
        other = names.setdefault(name, source.name)
        if other != source.name:
            raise BadInput(
                f"{safe_text(other)} and {safe_text(source.name)} would both become "
                f"{safe_text(name)}: rename one of them."
            )
    return list(names)


class Folder:
    """Files of a piece in a folder of the work folder, each whole under its name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sizes: list[int] = []
        try:
            path.mkdir(exist_ok=True)
        except OSError as error:
            raise from_os_error(error, f"making {safe_text(str(path))}") from error

    def add(self, name: str, data: bytes) -> None:
        """Write a file aside, sync it and give it its name."""
        try:
            write_atomic(self.path / name, data)
        except OSError as error:
            raise from_os_error(error, f"writing {safe_text(str(self.path / name))}") from error
        self._sizes.append(len(data))  # from several threads

    @property
    def bytes(self) -> int:
        """Of all files that were added."""
        return sum(self._sizes)


class Span:
    """The time stamps of a piece."""

    def __init__(self) -> None:
        self._first: int | None = None
        self._last, self._gap = 0, 1

    def take(self, item: FrameInFlight) -> None:
        """Note a frame."""
        if self._first is None:
            self._first = item.pts
        else:
            self._gap = max(1, item.pts - self._last)
        self._last = item.pts

    def made(self, folder: Folder, masks: Folder | None = None) -> Made:
        """The piece as the journal notes it."""
        segment = Segment(folder.path, self._first or 0, self._last, self._last + self._gap)
        if masks is None:
            return Made(segment, folder.bytes)
        return Made(segment, folder.bytes, masks.path.name, masks.bytes)


class PicturesWriter:
    """Pictures of one piece; a few at once, since a picture's encoder has one thread."""

    def __init__(self, work: WorkFolder, settings: ConvertSettings) -> None:
        self._kind, self._quality = settings.picture, settings.quality
        self._alpha = settings.mask_as == "alpha"
        self._frames = Folder(work.path / FRAMES)
        self._masks = Folder(work.path / MASKS) if settings.mask_as == "separate" else None
        self._span = Span()
        self._workers = os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._workers, "picture")
        self._waiting: deque[Future[None]] = deque()

    def write(self, item: FrameInFlight) -> None:
        """Have a frame and its mask encoded; waits where more than the cores can do would lie."""
        self._span.take(item)
        self._waiting.append(self._pool.submit(self._encode, item))
        if len(self._waiting) > self._workers:
            self._waiting.popleft().result()

    def _encode(self, item: FrameInFlight) -> None:
        name = f"{item.number + 1:06d}.{self._kind}"
        mask = covered(item) if self._alpha or self._masks else None
        picture = picture_of(item.frame, mask if self._alpha else None)
        self._frames.add(name, stills.encode(picture, self._kind, self._quality))
        if self._masks and mask is not None:
            shown = _levels(mask, item.frame, picture.dtype)
            self._masks.add(name, stills.encode(shown, self._kind, self._quality))

    def close(self) -> Made:
        """What the piece came to; its files are on disk."""
        while self._waiting:
            self._waiting.popleft().result()
        self._pool.shutdown()
        return self._span.made(self._frames, self._masks)

    def abandon(self) -> None:
        """Whole pictures may stay: they are made again, the same."""
        self._pool.shutdown(cancel_futures=True)


def picture_of(frame: Any, mask: Mask | None) -> stills.Samples:
    """A frame as RGB, with a mask as RGBA, 16 bits where it has more than 8, turned for display."""
    deep = frame.format.components[0].bits > 8
    samples: Any = to_deep_rgb(frame) if deep else to_rgb(frame)
    if mask is None:
        return samples
    return np.concatenate([samples, _levels(mask, frame, samples.dtype)[..., None]], -1)


def _levels(mask: Mask, frame: Any, dtype: Any) -> Any:
    """A coded frame's mask as a picture's channel, turned for display."""
    return upright(np.rint(mask * np.iinfo(dtype).max).astype(dtype), frame)
