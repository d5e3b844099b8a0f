"""Which frame of which footage a name inside a file means. Names are compared, never opened."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from engine.footage import IMAGE_SUFFIXES, VIDEO_SUFFIXES

NUMBERED = re.compile(r"(.+)_(\d{1,9})", re.ASCII | re.DOTALL)
SUFFIXES = IMAGE_SUFFIXES | VIDEO_SUFFIXES
DIGITS = 6


def plain_name(name: str) -> str:
    """The last part of a path of any system; a name never leads anywhere."""
    return PurePosixPath(name.replace("\\", "/")).name


def stem(name: str) -> str:
    """A frame's name without its suffix; versions differ in it (`.png` before 2.4, then the
    video's own)."""
    pure = PurePosixPath(plain_name(name))
    return pure.stem if pure.suffix.lower() in SUFFIXES else pure.name


def frame_name(video: Path, index: int) -> str:
    """The name of a video's frame: `<stem>_<number from 1><suffix>`."""
    return f"{video.stem}_{index + 1:0{DIGITS}d}{video.suffix}"


@dataclass(frozen=True)
class FrameNames:
    """The names that the frames of one piece of footage go by."""

    video: str | None
    """Stem of a video, None for pictures."""
    pictures: dict[str, int]
    """Index of each picture by the stem of its name."""

    @classmethod
    def of(cls, path: Path, pictures: list[Path]) -> FrameNames:
        """Names of a video (no pictures given), or of a folder's pictures or one picture."""
        if not pictures:
            return cls(path.stem, {})
        return cls(None, {stem(p.name): index for index, p in enumerate(pictures)})

    def index(self, name: str, *, bare: bool = False) -> int | None:
        """The index from 0 of a frame of this name; None if it isn't of this footage.

        `bare` takes a number alone as a video's frame too, which is how DeepFaceLab names them.
        """
        wanted = stem(name)
        if self.video is None:
            return self.pictures.get(wanted)
        found = NUMBERED.fullmatch(wanted)
        if found and found[1] == self.video and int(found[2]) >= 1:
            return int(found[2]) - 1
        if bare and re.fullmatch(r"\d{1,9}", wanted, re.ASCII) and int(wanted) >= 1:
            return int(wanted) - 1
        return None


def matches(names: Iterable[str], known: FrameNames, *, bare: bool = False) -> dict[str, int]:
    """Index of each name that is a frame of this footage."""
    found = {name: known.index(name, bare=bare) for name in names}
    return {name: index for name, index in found.items() if index is not None}
