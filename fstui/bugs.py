"""Errors that nobody foresaw: one sentence for the user, the whole traceback in a log."""

from __future__ import annotations

import os
import tempfile
import traceback
from pathlib import Path

from engine import __version__
from engine.protocol import safe_text
from fstui.i18n import tr


def told(error: Exception) -> str:
    """Record the error that is being handled; the sentence about it."""
    words = safe_text(str(error).partition("\n")[0])[:200]
    said = tr("A bug of ours: {kind}: {words}. {log} has it all.")
    return said.format(kind=type(error).__name__, words=words, log=record())


def record() -> Path:
    """Append the traceback at hand to the log of unexpected errors; the log's path."""
    from datetime import UTC, datetime

    from fstui import places

    for folder in (places.state_folder, lambda: Path(tempfile.mkdtemp(prefix="fstui-"))):
        try:
            path = folder() / "fstui.log"
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "a", encoding="utf-8") as log:
                stamp = datetime.now(UTC).isoformat(timespec="seconds")
                log.write(f"{stamp} fstui {__version__}\n{traceback.format_exc()}\n")
        except OSError:
            continue
        return path
    return Path(os.devnull)
