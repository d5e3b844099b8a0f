"""What of a clip is converted already: the work folder, its journal and its segments.

A segment counts once its file is whole on disk and the journal names it, in that order. Whatever
decides what the pictures look like is in the fingerprint; work under another one is thrown away.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from engine.media.write import Segment
from engine.protocol import write_atomic

VERSION = 1
FRAMES, MASKS = "frames", "masks"
"""Folders of numbered pictures."""
COLOURS = "colours.npy"
OWN_FILES = re.compile(
    r"\.?(journal\.json|patches\.json|colours\.npy|sheet\.jpg"
    r"|(segment|mask)-\d{5,}\.(mp4|mov|mkv)|joined(-mask)?\.(mp4|mov|mkv|webm|gif|webp))"
    r"(\.[0-9a-f.]*part)?"
)
OWN_PICTURES = re.compile(r"\.?(\d{6,})(_\d+)?\.(png|jpg|tiff|webp|exr|json)(\.[0-9a-f.]*part)?")
"""What lies in a work folder and its folders; nothing else is ever removed from them."""
NAMED = re.compile(rf"({FRAMES}|{MASKS})-[0-9a-f]{{16}}")
"""Folders of finished pictures under their source's names: all that is in them is ours."""


class Made(NamedTuple):
    """A piece that a writer has closed."""

    segment: Segment
    """Of pictures its path is their folder."""
    size: int
    """Bytes that were written."""
    mask: str = ""
    """Name of the mask's file or folder, where it has one of its own."""
    mask_size: int = 0


class Part(msgspec.Struct, frozen=True):
    """One finished segment, or all finished pictures of a folder."""

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
    mask: str = ""
    """The same of the mask, where it has a file or folder of its own."""
    mask_size: int = 0

    def and_then(self, more: Part) -> Part:
        """With a further piece of the same folder."""
        return msgspec.structs.replace(
            more,
            size=self.size + more.size,
            frames=self.frames + more.frames,
            swapped=self.swapped + more.swapped,
            first_pts=self.first_pts,
            seconds=self.seconds + more.seconds,
            mask_size=self.mask_size + more.mask_size,
        )


class Journal(msgspec.Struct):
    """`journal.json` of a clip's work folder."""

    v: int
    fingerprint: str
    parts: list[Part] = []
    whole: bool = False
    """Whether the source was read to its end."""
    problem: str = ""
    """What could not be read of it."""
    colours: bool = False
    """Whether the faces' colours were looked at: they are in `COLOURS`."""

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
        parts = self.journal.parts
        own = {"journal.json", COLOURS} if self.journal.colours else {"journal.json"}
        self._clear({p.file for p in parts} | {p.mask for p in parts} | own)

    def segment_path(self, suffix: str, kind: str = "segment") -> Path:
        """Where the next segment goes, or its mask."""
        return self.path / f"{kind}-{len(self.journal.parts):05d}.{suffix}"

    def add(self, made: Made, frames: int, swapped: int, seconds: float) -> None:
        """Note a piece that is whole on disk."""
        segment, parts = made.segment, self.journal.parts
        part = Part(
            segment.path.name,
            made.size,
            frames,
            swapped,
            segment.first_pts,
            segment.last_pts,
            segment.end_pts,
            seconds,
            made.mask,
            made.mask_size,
        )
        if parts and parts[-1].file == part.file:
            parts[-1] = parts[-1].and_then(part)
        else:
            parts.append(part)
        self.write()

    @property
    def colours_path(self) -> Path:
        """Where the faces' colours are kept once they were looked at."""
        return self.path / COLOURS

    def write(self) -> None:
        """Replace the journal on disk."""
        write_atomic(self.path / "journal.json", msgspec.json.encode(self.journal))

    def segments(self) -> list[Segment]:
        """All finished segments in order."""
        return [
            Segment(self.path / p.file, p.first_pts, p.last_pts, p.end_pts)
            for p in self.journal.parts
        ]

    def masks(self) -> list[Segment]:
        """The masks of all finished segments in order."""
        return [
            Segment(self.path / p.mask, p.first_pts, p.last_pts, p.end_pts)
            for p in self.journal.parts
        ]

    def named(self, folder: str, names: Sequence[str]) -> Path:
        """A folder of numbered pictures with each under its own name, by number; as it is where
        there are no names. What was cut short is gone on with."""
        if not names:
            return self.path / folder
        aim = self.path / f"{folder}-{self.journal.fingerprint}"
        for picture in _pictures(self.path / folder):
            aim.mkdir(exist_ok=True)
            os.replace(picture, aim / names[_number(picture)])
        return aim

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
            if journal.whole and part.file == FRAMES:
                break  # a release that was cut short marks pictures and moves the masks first
            if not (self._is_there(part.file, part) and self._is_there(part.mask, part)):
                journal.parts, journal.whole = journal.parts[:number], False
                break
        return journal

    def _is_there(self, name: str, part: Part) -> bool:
        """Whether a file or folder of a part is as it was written; no name is no file."""
        if not name:
            return True
        path, size = self.path / name, part.mask_size if name == part.mask else part.size
        if name in (FRAMES, MASKS):
            whole = (p for p in _pictures(path) if _number(p) < part.frames)
            return sum(p.stat().st_size for p in whole if p.suffix != ".part") == size
        inside = path.parent == self.path and path.is_file()
        return inside and path.stat().st_size == size

    def _clear(self, kept: set[str]) -> None:
        """Remove what isn't kept: torn segments, pictures behind the last whole piece, other
        work."""
        own = self.journal.fingerprint if kept else ""
        for item in self.path.iterdir():
            if NAMED.fullmatch(item.name) and item.name.rpartition("-")[2] != own:
                shutil.rmtree(item)
            elif item.name not in kept and OWN_FILES.fullmatch(item.name) and not item.is_dir():
                item.unlink()
        for name in (FRAMES, MASKS):
            done = self.journal.frames if name in kept else 0
            for picture in _pictures(self.path / name):
                if _number(picture) >= done or picture.suffix == ".part":
                    picture.unlink()
            if name not in kept:
                with contextlib.suppress(OSError):
                    (self.path / name).rmdir()


def _pictures(folder: Path) -> list[Path]:
    """Our own files in a folder of numbered pictures."""
    if folder.is_symlink() or not folder.is_dir():
        return []
    return [p for p in folder.iterdir() if OWN_PICTURES.fullmatch(p.name) and p.is_file()]


def _number(picture: Path) -> int:
    """Index in the output of the frame that a picture belongs to."""
    match = OWN_PICTURES.fullmatch(picture.name)
    return int(match[1]) - 1 if match else -1


def fingerprint(**facts: Any) -> str:
    """Sixteen hex digits of facts, in whatever order they are named."""
    text = msgspec.json.encode(facts, order="deterministic")
    return hashlib.sha256(text).hexdigest()[:16]
