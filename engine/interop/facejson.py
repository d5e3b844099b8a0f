"""JSON of boxes and landmarks by frame name: the form of faceswap's import and export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.errors import BadInput, from_os_error
from engine.interop.bounded import read_file, shown
from engine.interop.entries import (
    MAX_FACES,
    Alignments,
    Face,
    FrameEntry,
    Misshapen,
    box,
    landmarks,
    mapping,
    misshapen,
)
from engine.protocol import safe_text, write_atomic


class Found(NamedTuple):
    """A face of the file as a detector would find it, in frame pixels."""

    box: tuple[float, float, float, float]
    """Left, top, right, bottom."""
    points: NDArray[np.float32] | None
    """(68, 2)."""


def read(path: Path) -> Alignments:
    """`{"<frame name>": [{"detected": [l, t, r, b], "landmarks_2d": [[x, y], ...]}, ...]}`.

    Raises `BadInput`.
    """
    found = Alignments(made_by="json")

    def take(frame: str, faces: list[dict[str, Any]]) -> None:
        entry = found.frames[frame] = FrameEntry()
        for data in faces:
            points = landmarks(data.get("landmarks_2d"))
            if points is None:
                found.skipped += 1
            else:
                entry.faces.append(Face(*box(data.get("detected"), points), points))

    _read(path, take)
    return found


def read_found(path: Path) -> dict[str, list[Found]]:
    """The same form, in which a face may also have a box alone; faces by frame name.

    Raises `BadInput`.
    """
    found: dict[str, list[Found]] = {}

    def take(frame: str, faces: list[dict[str, Any]]) -> None:
        found[frame] = [_found(data) for data in faces]

    _read(path, take)
    return found


def _found(data: dict[str, Any]) -> Found:
    given = data.get("landmarks_2d")
    points = None if given is None else landmarks(given)
    if data.get("detected") is None and points is None:
        raise Misshapen("a face with neither box nor 68 landmarks")
    corners = np.zeros((0, 2), np.float32) if points is None else points
    left, top, width, height = box(data.get("detected"), corners)
    return Found((left, top, left + width, top + height), points)


def _read(path: Path, take: Callable[[str, list[dict[str, Any]]], None]) -> None:
    """Give each frame's name and faces to `take`. Raises `BadInput`."""
    name = safe_text(path.name)
    try:
        data = msgspec.json.decode(read_file(path))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BadInput(f"{name} is no JSON: {shown(error)}.") from error
    frame = ""
    try:
        for frame, faces in mapping(data, "contents").items():
            if not isinstance(faces, list) or len(faces) > MAX_FACES:
                raise Misshapen("a frame without a list of faces")
            take(frame, [mapping(face, "a face") for face in faces])
    except Misshapen as wrong:
        raise misshapen(name, frame, wrong) from wrong


def write(path: Path, alignments: Alignments) -> None:
    """Write boxes and landmarks; masks and identities have no place in this form."""
    data = {frame: [_plain(f) for f in e.faces] for frame, e in alignments.frames.items()}
    try:
        write_atomic(path, msgspec.json.format(msgspec.json.encode(data), indent=1))
    except OSError as error:
        raise from_os_error(error, f"writing {path}") from error


def _plain(face: Face) -> dict[str, Any]:
    box = [face.left, face.top, face.left + face.width, face.top + face.height]
    return {"detected": box, "landmarks_2d": face.points.tolist()}
