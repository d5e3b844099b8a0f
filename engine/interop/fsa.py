"""faceswap's alignments files, .fsa: zlib over a pickle; versions 2.0 to 2.4 read, 2.4 written."""

from __future__ import annotations

import pickle
import zlib
from pathlib import Path
from typing import Any

from engine.errors import BadInput, from_os_error
from engine.interop.bounded import inflate, read_file
from engine.interop.closed import loads
from engine.interop.entries import (
    MAX_FACES,
    Alignments,
    FrameEntry,
    Misshapen,
    mapping,
    misshapen,
)
from engine.interop.faceswap import read_face, write_face
from engine.protocol import safe_text, write_atomic

OLDEST, NEWEST = 2.0, 2.4
PROTOCOL = 4


def read(path: Path) -> Alignments:
    """The faces in a file, older versions migrated.

    Raises `BadInput` for what is no alignments file or is refused, `Damaged` for a torn one.
    """
    shown = safe_text(path.name)
    plain = loads(inflate(read_file(path), shown), shown)
    try:
        return parse(plain)
    except Misshapen as wrong:
        raise misshapen(shown, "", wrong) from wrong
    except BadInput as error:
        raise BadInput(f"{shown} {error}") from error


def write(path: Path, alignments: Alignments) -> None:
    """Write version 2.4 as faceswap 3 does: plain lists and bytes, no key of our own."""
    data = {
        "__meta__": {"version": NEWEST},
        "__data__": {name: _plain(entry) for name, entry in alignments.frames.items()},
    }
    try:
        write_atomic(path, zlib.compress(pickle.dumps(data, PROTOCOL)))
    except OSError as error:
        raise from_os_error(error, f"writing {path}") from error


def parse(plain: Any) -> Alignments:
    """The value of the pickle as alignments. Raises `Misshapen`, `BadInput`."""
    data = mapping(plain, "contents")
    if "__data__" not in data:
        raise BadInput(
            "has no alignments in it, or some from before version 2.0: open it once with "
            "faceswap 2.3's extract or alignments tool, which brings it up to date."
        )
    version = mapping(data.get("__meta__", {}), "meta data").get("version", 1.0)
    if type(version) not in (int, float) or version < OLDEST:
        raise BadInput(
            f"has alignments of version {str(version)[:8]}, and 2.0 to 2.4 are read: open it once "
            "with faceswap 2.3's alignments tool, which brings it up to date."
        )
    if version > NEWEST + 1e-6:
        raise BadInput(f"has alignments of version {version:.5g}, and 2.0 to 2.4 are read.")
    found = Alignments(version=float(version))
    for name, entry in mapping(data["__data__"], "frames").items():
        found.frames[name] = _entry(entry, found)
    return found


def _entry(value: Any, found: Alignments) -> FrameEntry:
    """One frame; a bare list of faces is the form of 2.0 and before `video_meta`."""
    data = {"faces": value} if isinstance(value, list) else mapping(value, "a frame")
    faces = data.get("faces", [])
    if not isinstance(faces, list) or len(faces) > MAX_FACES:
        raise Misshapen("a frame without a list of faces")
    entry = FrameEntry()
    for face in faces:
        if (read := read_face(face, found.version)) is None:
            found.skipped += 1
        else:
            entry.faces.append(read)
    meta = mapping(data.get("video_meta") or {}, "a frame's time")
    pts, keyframe = meta.get("pts_time"), meta.get("keyframe")
    if type(pts) is int and type(keyframe) is bool:  # seconds of version 2's are no time stamp
        entry.pts, entry.keyframe = pts, keyframe
    return entry


def _plain(entry: FrameEntry) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    if entry.pts is not None and entry.keyframe is not None:
        meta = {"pts_time": entry.pts, "keyframe": entry.keyframe}
    return {"faces": [write_face(face) for face in entry.faces], "video_meta": meta}
