"""Tags of a video file as FFmpeg reads them."""

from __future__ import annotations

from pathlib import Path

import av

from engine.errors import FstuiError
from engine.media.probe import open_video
from engine.protocol import safe_text


def tag(path: Path, name: str) -> str:
    """A tag of the container by its name in any case; empty where there is none."""
    try:
        with open_video(path) as container:
            found = {k.lower(): v for k, v in container.metadata.items()}
    except (FstuiError, av.error.FFmpegError):
        return ""
    return safe_text(found.get(name, ""))
