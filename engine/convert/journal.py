"""What of a clip is converted already: the work folder, its journal and its segments.

A segment counts once its file is whole on disk and the journal names it, in that order. Whatever
decides what the pictures look like is in the fingerprint; work under another one is thrown away.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from pathlib import Path
from typing import Any

import msgspec

from engine.media.write import Segment
from engine.protocol import write_atomic

VERSION = 1
OWN_FILES = re.compile(
    r"\.?(journal\.json|segment-\d{5,}\.mp4|joined\.mp4|sheet\.jpg)(\.[0-9a-f.]*part)?"
)
"""What lies in a work folder; nothing else is ever removed from it."""


class Part(msgspec.Struct, frozen=True):
    """One finished segment."""

    file: str
    size: int
    """Bytes."""
    frames: int
    swapped: int
    """Frames of it in which a face was put."""
    first_pts: int
    last_pts: int
    end_pts: int
    seconds: float
    """How long it took."""


class Journal(msgspec.Struct):
    """`journal.json` of a clip's work folder."""

    v: int
    fingerprint: str
    parts: list[Part] = []
    whole: bool = False
    """Whether the source was read to its end."""
    problem: str = ""
    """What could not be read of it."""

    @property
    def frames(self) -> int:
        """Frames that are converted."""
        return sum(p.frames for p in self.parts)

    @property
    def swapped(self) -> int:
        """Frames in which a face was put."""
        return sum(p.swapped for p in self.parts)

    @property
    def last_pts(self) -> int | None:
        """Time stamp of the last converted frame."""
        return self.parts[-1].last_pts if self.parts else None

    @property
    def seconds(self) -> float:
        """Time that the segments took, those of earlier runs included."""
        return sum(p.seconds for p in self.parts)


class WorkFolder:
    """`out/.work/<media>/`: a clip's segments and journal while it is converted."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.journal = self._read(fingerprint)
        self._clear({p.file for p in self.journal.parts} | {"journal.json"})

    def segment_path(self) -> Path:
        """Where the next segment goes."""
        return self.path / f"segment-{len(self.journal.parts):05d}.mp4"

    def add(self, segment: Segment, frames: int, swapped: int, seconds: float) -> None:
        """Note a segment that is whole on disk."""
        size = segment.path.stat().st_size
        part = Part(
            segment.path.name,
            size,
            frames,
            swapped,
            segment.first_pts,
            segment.last_pts,
            segment.end_pts,
            seconds,
        )
        self.journal.parts.append(part)
        self.write()

    def write(self) -> None:
        """Replace the journal on disk."""
        write_atomic(self.path / "journal.json", msgspec.json.encode(self.journal))

    def segments(self) -> list[Segment]:
        """All finished segments in order."""
        return [
            Segment(self.path / p.file, p.first_pts, p.last_pts, p.end_pts)
            for p in self.journal.parts
        ]

    def remove(self) -> None:
        """Remove the folder: the clip is finished. Files of others in it stay, and so it does."""
        with contextlib.suppress(OSError):
            self._clear(kept=set())
            self.path.rmdir()

    def _read(self, fingerprint: str) -> Journal:
        """The journal as far as its segments are there; a new one if it isn't this work's."""
        try:
            data = (self.path / "journal.json").read_bytes()
            journal = msgspec.json.decode(data, type=Journal)
        except (OSError, msgspec.MsgspecError):
            return Journal(VERSION, fingerprint)
        if journal.v != VERSION or journal.fingerprint != fingerprint:
            return Journal(VERSION, fingerprint)
        for number, part in enumerate(journal.parts):
            if not self._is_there(part):
                journal.parts, journal.whole = journal.parts[:number], False
                break
        return journal

    def _is_there(self, part: Part) -> bool:
        path = self.path / part.file
        inside = path.parent == self.path and path.is_file()
        return inside and path.stat().st_size == part.size

    def _clear(self, kept: set[str]) -> None:
        """Remove what isn't kept: torn segments, other work."""
        for item in self.path.iterdir():
            if item.name not in kept and OWN_FILES.fullmatch(item.name) and not item.is_dir():
                item.unlink()


def fingerprint(**facts: Any) -> str:
    """Sixteen hex digits of facts, in whatever order they are named."""
    text = msgspec.json.encode(facts, order="deterministic")
    return hashlib.sha256(text).hexdigest()[:16]
