"""Frames of footage for the screen, from an engine process that keeps the clip open. For threads:
each request waits for its answer."""

from __future__ import annotations

import json
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from engine.errors import EngineCrashed, from_os_error, of_exit
from engine.launch import engine_command, engine_environment
from fstui.i18n import tr


class Shot(NamedTuple):
    """One decoded frame, small."""

    frame: int
    """From 0."""
    seconds: float
    """Its time in the clip."""
    width: int
    height: int
    last: bool
    """Whether the clip ends with it."""
    rgb: bytes
    """`height` x `width` x 3."""


class Films:
    """Shows frames of any clip; the process is there from the first request to `close`."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        """One request at a time."""

    def frame(self, path: Path, frame: int, width: int, height: int) -> Shot:
        """A frame inside so many px; behind the last, the last one.

        Raises what keeps it from being shown (`BadInput` and its like) with its sentence.
        """
        asked = {"path": str(path), "frame": frame, "width": width, "height": height}
        with self._lock:
            process = self._started()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(json.dumps(asked).encode() + b"\n")
                process.stdin.flush()
                line = process.stdout.readline()
                head = json.loads(line) if line else {}
                size = head.get("width", 0) * head.get("height", 0) * 3
                rgb = process.stdout.read(size)
            except (OSError, ValueError) as error:
                self.close()
                raise EngineCrashed(
                    tr("The engine died over {path}: {error}.").format(path=path.name, error=error)
                ) from error
            if head.get("error"):
                raise of_exit(head["exit"], head["error"])
            if not size or len(rgb) != size:
                self.close()
                raise EngineCrashed(
                    tr("The engine died over {path}: it can't be shown.").format(path=path.name)
                )
        return Shot(
            head["frame"], head["seconds"], head["width"], head["height"], head["last"], rgb
        )

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            try:
                self._process = subprocess.Popen(
                    engine_command("show"),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=engine_environment(),
                )
            except OSError as error:
                raise from_os_error(error, "starting the engine") from error
        return self._process

    def close(self) -> None:
        """End the process, also while a request waits: that one fails."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError, ValueError, RuntimeError):
                    pipe.close()
        process.wait()
