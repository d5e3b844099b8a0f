"""JSON of boxes and landmarks by frame name: the form of faceswap's import and export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

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


def read(path: Path) -> Alignments:
    """`{"<frame name>": [{"detected": [l, t, r, b], "landmarks_2d": [[x, y], ...]}, ...]}`.

    Raises `BadInput`.
    """
    name = safe_text(path.name)
    try:
        data = msgspec.json.decode(read_file(path))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BadInput(f"{name} is no JSON: {shown(error)}.") from error
    found = Alignments(made_by="json")
    frame = ""
    try:
        for frame, faces in mapping(data, "contents").items():
            found.frames[frame] = _entry(faces, found)
    except Misshapen as wrong:
        raise misshapen(name, frame, wrong) from wrong
    return found


def write(path: Path, alignments: Alignments) -> None:
    """Write boxes and landmarks; masks and identities have no place in this form."""
    data = {frame: [_plain(f) for f in e.faces] for frame, e in alignments.frames.items()}
    try:
        write_atomic(path, msgspec.json.format(msgspec.json.encode(data), indent=1))
    except OSError as error:
        raise from_os_error(error, f"writing {path}") from error


def _entry(faces: Any, found: Alignments) -> FrameEntry:
    if not isinstance(faces, list) or len(faces) > MAX_FACES:
        raise Misshapen("a frame without a list of faces")
    entry = FrameEntry()
    for value in faces:
        data = mapping(value, "a face")
        points = landmarks(data.get("landmarks_2d"))
        if points is None:
            found.skipped += 1
            continue
        entry.faces.append(Face(*box(data.get("detected"), points), points))
    return entry


def _plain(face: Face) -> dict[str, Any]:
    box = [face.left, face.top, face.left + face.width, face.top + face.height]
    return {"detected": box, "landmarks_2d": face.points.tolist()}
