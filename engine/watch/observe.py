"""What the file system tells: that something changed, and which files are open for writing."""

from __future__ import annotations

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
from watchdog.observers.polling import PollingObserver

from engine.store import NETWORK_FILE_SYSTEMS, file_system

SEEN = frozenset({"created", "modified", "moved", "deleted", "closed"})
"""Reading a file is told of too ("opened", "closed_no_write") and changes nothing."""


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

    def forget(self, path: Path) -> None:
        """Stop waiting for a close that never came."""
        with self._lock:
            self._written = {p for p in self._written if p != path and p.parent != path}


def start(
    folders: Iterable[Path], notices: Notices, *, polling: bool, poll_s: float
) -> tuple[Any, str]:
    """A running observer of the folders, and how it looks: in words, after "watching".

    It polls on network file systems, which tell nothing of other machines' writes, and where
    inotify's watches or instances have run out.
    """
    folders = list(folders)
    why = "as asked for"
    if not polling:
        network = sorted({file_system(f) for f in folders} & NETWORK_FILE_SYSTEMS)
        if not network:
            try:
                return _started(Observer(), folders, notices), "by inotify"
            except OSError as error:
                why = f"inotify ran out: {error.strerror or error}"
        else:
            why = f"the folders are on {', '.join(network)}"
    observer = _started(PollingObserver(timeout=poll_s), folders, notices)
    return observer, f"by polling every {poll_s:g} s ({why})"


def _started(observer: Any, folders: list[Path], notices: Notices) -> Any:
    try:
        for folder in folders:
            observer.schedule(notices, str(folder), recursive=True)
        observer.start()
    except OSError:
        observer.unschedule_all()
        raise
    return observer
