"""A picture at full resolution, outside the workbench, which is suspended meanwhile."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Any, TextIO

from textual.app import App

from engine.process import host
from engine.protocol import safe_text
from fstui import terminal
from fstui.graphics import in_protocol
from fstui.i18n import tr


def suspended(app: App[Any], path: Path) -> None:
    """Show the picture in the workbench's place until enter is pressed."""
    with app.suspend():
        show(path, terminal.look().graphics)
        sys.stdin.readline()


def show(path: Path, graphics: str, out: TextIO | None = None) -> None:
    """Write the picture in the terminal's own protocol, or say how to fetch it."""
    stream = out or sys.__stdout__
    if stream is None:
        return
    picture = in_protocol(path, graphics)
    stream.write(picture or tr("This terminal shows no pictures at full resolution.") + "\n")
    stream.write(f"\n{safe_text(str(path))}\n")
    stream.write(f"scp {getpass.getuser()}@{host()}:'{safe_text(str(path))}' .\n")
    stream.write(tr("enter goes back "))
    stream.flush()
