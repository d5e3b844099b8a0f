"""What only the engine can say of a face: its place in the crop, its source frame. For threads:
each question starts a process and waits for it."""

from __future__ import annotations

import base64
import binascii
import tempfile
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from engine.errors import EngineCrashed
from engine.launch import ask
from fstui.i18n import tr

Pair = tuple[float, float]
Ring = list[Pair]

PATIENCE_S = 60.0
MASK_PX = 256
"""Side of the mask that the engine hands out for painting."""
MOST_FRAMES = 16
"""Decoded frames that are kept."""


class Place(NamedTuple):
    """Where a face lies in its crop, in shares of the crop's side."""

    points: Ring
    """The 68 landmarks."""
    mask: str
    """The mask's name."""
    outline: list[Ring]
    stale: bool
    """Whether the crop shows the face as it was before it was edited."""


class SourceFrame(NamedTuple):
    """A decoded frame, and where in it a face is edited."""

    path: Path
    """JPEG."""
    width: int
    height: int
    region: tuple[int, int, int]
    """Left, top and side in px of the square around the face; it may reach out of the frame."""
    mask_name: str
    mask: bytes
    """`MASK_PX` x `MASK_PX` over the region, 255 inside."""


def places(project: Path, faces: Sequence[int]) -> dict[int, Place]:
    """Where faces lie in their crops."""
    words = [str(face) for face in faces]
    answer = ask("face-places", str(project), *words, patience_s=PATIENCE_S)
    return {
        each["id"]: Place(
            _ring(each["points"]),
            each["mask"],
            [_ring(ring) for ring in each["outline"]],
            each["stale"],
        )
        for each in answer
    }


class Frames:
    """Source frames, decoded into a folder of this program's own that goes with it."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._known: OrderedDict[Path, None] = OrderedDict()

    def ask(self, project: Path, face: int) -> SourceFrame:
        """The frame of a face. Raises `BadInput` when the face or its footage is gone."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="fstui-frames-")
        answer = ask(
            "face-frame", str(project), str(face), self._folder.name, patience_s=PATIENCE_S
        )
        path = Path(answer["path"])
        self._keep(path)
        left, top, side = answer["region"]
        return SourceFrame(
            path,
            answer["width"],
            answer["height"],
            (left, top, side),
            answer["mask_name"],
            _mask(answer["mask"]),
        )

    def _keep(self, path: Path) -> None:
        """Remember a file; the one that was asked for longest ago goes."""
        self._known[path] = None
        self._known.move_to_end(path)
        while len(self._known) > MOST_FRAMES:
            old, _ = self._known.popitem(last=False)
            old.unlink(missing_ok=True)

    def close(self) -> None:
        """Take the folder away."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def _ring(points: Sequence[Sequence[float]]) -> Ring:
    return [(x, y) for x, y in points]


def _mask(text: str) -> bytes:
    try:
        mask = zlib.decompress(base64.b64decode(text, validate=True))
    except (binascii.Error, zlib.error):
        mask = b""
    if len(mask) != MASK_PX * MASK_PX:
        raise EngineCrashed(tr("The engine gave a mask of another size: start fstui again."))
    return mask
