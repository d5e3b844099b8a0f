"""A file that several programs change: read, change and write it under a lock, one after the other.
Light."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from engine.errors import AlreadyRunning, from_os_error
from engine.process import FileLock

PATIENCE_S = 5.0
"""How long a change waits for another program's, which takes milliseconds."""
PAUSE_S = 0.01


@contextlib.contextmanager
def changing(
    what: Path | str, lock: Path, patience_s: float = PATIENCE_S, text: str = ""
) -> Iterator[None]:
    """Hold the lock of a file, or of what else is named, while it is read, changed and written;
    `text` is written into the lock. Threads of one program are kept apart as well. Raises
    `AlreadyRunning` when another keeps it, and what the disk says."""
    held = FileLock(lock)
    patience = time.monotonic() + patience_s
    try:
        while not held.acquire(text):
            if time.monotonic() > patience:
                raise AlreadyRunning(f"{what} is being changed by another program: try again.")
            time.sleep(PAUSE_S)
    except OSError as error:
        raise from_os_error(error, f"taking the lock {lock}") from error
    try:
        yield
    finally:
        held.release()
