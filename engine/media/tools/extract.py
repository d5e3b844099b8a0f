"""Frames of a video as numbered pictures, turned for display; more than 8 bits stay in PNG and
TIFF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine.errors import BadInput, NothingToDo
from engine.extract.selection import Selection
from engine.faces.crops import encode_jpeg
from engine.media.probe import probe
from engine.media.read import FrameReader, to_deep_rgb, to_rgb
from engine.media.tools.aside import folder_aside
from engine.protocol import safe_text
from engine.settings import ExtractSettings
from engine.trust.mark import add_mark, read_mark

KINDS = ("png", "jpg", "tif", "webp", "bmp")
DEEP = ("png", "tif")
"""Those that hold 16 bits."""


def run(
    source: Path, out: Path, *, kind: str = "png", frames: str = "", times: str = "",
    every: int = 1, overwrite: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Write `<out>/<name of the video>_000001.png` and so on, numbered by the frame's place in the
    video from 1. A frame of a marked film is marked too.

    Raises `BadInput` for what can't be read, `NothingToDo` if no frame is wanted.
    """
    info = probe(source)
    shown = safe_text(str(source))
    if info.kind != "video":
        raise BadInput(f"{shown} is no video: there are no frames to take out of it.")
    if kind not in KINDS or every < 1:
        raise BadInput(f"Frames are written as {', '.join(KINDS)}, every 1st or more of them.")
    selection = Selection.of(ExtractSettings(frames=frames, times=times, every=every), source, info)
    mark, count = read_mark(source), 0
    with (
        folder_aside(out, overwrite) as part,
        FrameReader(source, runs=list(selection.runs())) as reader,
    ):
        for index, _, frame in reader.raw():
            path = part / f"{source.stem}_{index + 1:06d}.{kind}"
            path.write_bytes(encoded(frame, kind))
            if mark:
                add_mark(path, mark)
            count += 1
        if not count:
            raise NothingToDo(f"No frame of {shown} was asked for.")
    return {"path": str(out), "frames": count, "problem": reader.problem}


def encoded(frame: Any, kind: str) -> bytes:
    """A decoded frame as a picture file."""
    deep = kind in DEEP and max(c.bits for c in frame.format.components) > 8
    rgb = to_deep_rgb(frame) if deep else to_rgb(frame)
    if kind == "jpg":
        return encode_jpeg(np.asarray(rgb, np.uint8))
    options = [cv2.IMWRITE_WEBP_QUALITY, 101] if kind == "webp" else []  # above 100: lossless
    done, data = cv2.imencode(f".{kind}", rgb[..., ::-1], options)
    if not done:
        raise BadInput(f"A frame of {rgb.shape[1]}x{rgb.shape[0]} can't be written as {kind}.")
    return bytes(data)
