"""What the file system tells: that something changed, and which files are open for writing."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from watchdog.events import (
    FileClosedEvent,
    FileModifiedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from engine.filesystems import NETWORK_FILE_SYSTEMS, file_system

SEEN = frozenset({"created", "modified", "moved", "deleted", "closed"})
"""Reading a file is told of too ("opened", "closed_no_write") and changes nothing."""
SILENT = NETWORK_FILE_SYSTEMS | {"overlay", "aufs", "virtiofs", "vboxsf", "fuse.vmhgfs-fuse"}
"""File systems that don't tell of every change: other machines, or the host, write to them."""


class Notices(FileSystemEventHandler):
    """Collects what the observer's thread tells, for the watching loop to look at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._written: set[Path] = set()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """A change: remember files between a write and the close that follows it."""
        if event.event_type not in SEEN:
            return
        path = Path(str(event.src_path))
        with self._lock:
            if isinstance(event, FileModifiedEvent):
                self._written.add(path)
            elif isinstance(event, FileClosedEvent) or event.event_type in ("moved", "deleted"):
                self._written.discard(path)
        self._changed.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for a change; whether there was one since the last call."""
        changed = self._changed.wait(timeout_s)
        self._changed.clear()
        return changed

    def being_written(self) -> set[Path]:
        """Files that were written to and not closed since."""
        with self._lock:
            return set(self._written)

    def keep(self, present: set[Path]) -> None:
        """Forget all but what is there, or lies in a folder that is: the kernel drops notices when
        too many come at once, so a close may never be told."""
        with self._lock:
            self._written = {p for p in self._written if p in present or p.parent in present}

    def forget(self, path: Path) -> None:
        """Stop waiting for a close that never came."""
        with self._lock:
            self._written = {p for p in self._written if p != path and p.parent != path}


class Eyes:
    """Has folders told of by inotify where that works; the others must be looked at again and
    again, by whoever asks."""

    def __init__(self, notices: Notices, *, polling: bool) -> None:
        self._notices, self._polling = notices, polling
        self._observer: Any = None
        self.polled: dict[Path, str] = {}
        """Folders that tell nothing, and why."""
        self.trouble = False
        """Whether inotify should work for some of them and doesn't."""

    def open(self, folders: Iterable[Path]) -> None:
        """Begin with these folders, in place of those before."""
        self.close()
        self.polled, self.trouble = {}, False
        told = []
        for folder in folders:
            kind = file_system(folder)
            if self._polling:
                self.polled[folder] = "as asked for"
            elif kind in SILENT:
                self.polled[folder] = f"it is on {kind}"
            else:
                told.append(folder)
        try:
            self._observer = _started(self._notices, told) if told else None
        except OSError as error:
            what = "ran out" if error.errno in (errno.ENOSPC, errno.EMFILE) else "failed"
            why = f"inotify {what}: {error.strerror or error}"
            self.polled |= dict.fromkeys(told, why)
            self.trouble = True

    def words(self, poll_s: float) -> str:
        """How it looks, after "watching": by inotify, or which folders otherwise and why."""
        if not self.polled:
            return "by inotify"
        reasons: dict[str, list[str]] = {}
        for folder, why in self.polled.items():
            reasons.setdefault(why, []).append(folder.name)
        each = "; ".join(f"{', '.join(names)}: {why}" for why, names in reasons.items())
        also = "by inotify and " if self._observer else ""
        return f"{also}by polling every {poll_s:g} s ({each})"

    def close(self) -> None:
        """End the observer; harmless when there is none."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None


def _started(notices: Notices, folders: list[Path]) -> Any:
    observer = Observer()
    try:
        for folder in folders:
            observer.schedule(notices, str(folder), recursive=True)
        observer.start()
    except OSError:
        observer.unschedule_all()
        raise
    return observer
