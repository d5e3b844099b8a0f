"""A picture at full resolution, outside the workbench, which is suspended meanwhile."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any, TextIO

from textual.app import App

from engine.errors import BadInput
from engine.process import host
from engine.protocol import safe_text
from fstui import terminal
from fstui.graphics import in_protocol
from fstui.i18n import tr
from fstui.model.people import user_name


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
    try:
        picture = in_protocol(path, graphics)
    except BadInput as error:
        picture = f"{error}\n"
    shown = safe_text(str(path))
    stream.write(picture or tr("This terminal shows no pictures at full resolution.") + "\n")
    stream.write(f"\n{shown}\n")
    stream.write(f"scp {shlex.quote(f'{user_name()}@{host()}:{shown}')} .\n")
    stream.write(tr("enter goes back "))
    stream.flush()
