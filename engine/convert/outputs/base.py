"""The interface that a conversion writes through, whatever comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from engine.convert.clip import Clip
from engine.convert.journal import Made, WorkFolder
from engine.convert.patch import FrameInFlight
from engine.errors import BadInput
from engine.media.alpha import Mask
from engine.media.codecs import Encoding
from engine.media.cut import Cut
from engine.media.write import Look, look_of
from engine.settings import ConvertSettings


class PieceWriter(Protocol):
    """Writes the frames of one piece; a piece counts when it is closed."""

    def write(self, item: FrameInFlight) -> None:
        """Take a frame."""

    def close(self) -> Made:
        """Finish the piece: it is whole on disk. Raises `NoSpace` or `BadInput`."""

    def abandon(self) -> None:
        """Give the piece up and remove what was written of it."""


@dataclass(frozen=True)
class Finished:
    """What a conversion came to, before it is released."""

    staged: Path
    """A file, or a folder of pictures."""
    name: str
    """Its name in `out/`."""
    beside: list[tuple[Path, str]] = field(default_factory=list)
    """What goes out with it, as masks do."""
    notes: list[tuple[Path, str]] = field(default_factory=list)
    """Files without a picture that go out with it."""
    remarks: list[str] = field(default_factory=list)
    """What could not be taken over from the source."""
    shows: bool = True
    """Whether its frames can be read back whole, for the sheet and the likeness."""


class Output(Protocol):
    """One family of writers, for one clip."""

    look: Look
    piece_frames: int
    """Frames of a piece: what a stop loses at most."""
    pastes: bool
    """Whether faces are put into the frames."""

    def writer(self, work: WorkFolder) -> PieceWriter:
        """For the next piece."""

    def finish(self, work: WorkFolder, cut: Cut | None, comment: str) -> Finished:
        """All pieces as what is released; `comment` is its mark in words."""


def look_for(clip: Clip, settings: ConvertSettings, encoding: Encoding) -> Look:
    """How a clip's frames are worked on for an encoding, at the settings' scale. Raises
    `BadInput`."""
    if clip.pictures is None:
        return look_of(clip.path, encoding, settings.output_scale)
    return clip.pictures.film_look(clip.info.fps, settings.output_scale, encoding)


def own_look(clip: Clip, settings: ConvertSettings) -> Look:
    """The same for what is written as pictures: it keeps all that the source has of colour."""
    if clip.pictures is None:
        return look_for(clip, settings, Encoding("ffv1"))
    return clip.pictures.own_look(clip.info.fps, settings.output_scale)


def lost_bits(clip: Clip, what: str, bits: int) -> list[str]:
    """A remark where pictures have more bits than what is written, and one on transparency."""
    found = clip.pictures
    if found is None:
        return []
    deep = [f"The pictures have 16 bits and {what} has {bits}."] if found.deep and bits < 16 else []
    clear = ["What is transparent in the pictures comes over black."] if found.clear else []
    return deep + clear


def covered(item: FrameInFlight) -> Mask:
    """Where a frame has new faces: their masks laid over each other."""
    mask = np.zeros((item.frame.height, item.frame.width), np.float32)
    for region, seen in item.masks:
        part = mask[region.top :, region.left :][: region.height, : region.width]
        part += seen - part * seen
    return mask


def require_sdr(look: Look, what: str) -> None:
    """Raise `BadInput` for HDR footage: what is written can't say that it is HDR."""
    if look.curve:
        raise BadInput(
            f"The source is HDR ({look.curve}), and {what} can't say so: its colours would come "
            "out washed out. Write a video with x264, x265 or av1."
        )
