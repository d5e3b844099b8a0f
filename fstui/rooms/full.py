"""A picture at full resolution, outside the workbench, which is suspended meanwhile."""

from __future__ import annotations

import base64
import getpass
import io
import sys
from pathlib import Path
from typing import Any, TextIO

from textual.app import App

from engine.process import host
from engine.protocol import safe_text
from fstui import terminal

CHUNK = 4096
"""Bytes of base64 in one escape sequence of the kitty protocol."""


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
    if graphics == "kitty":
        stream.write(kitty(png_of(path)))
    elif graphics == "iterm2":
        stream.write(iterm2(path.read_bytes()))
    else:
        stream.write("This terminal shows no pictures at full resolution.\n")
    stream.write(f"\n{safe_text(str(path))}\n")
    stream.write(f"scp {getpass.getuser()}@{host()}:'{safe_text(str(path))}' .\n")
    stream.write("enter goes back ")
    stream.flush()


def png_of(path: Path) -> bytes:
    """The picture as PNG, the one format that the kitty protocol takes compressed."""
    from PIL import Image

    buffer = io.BytesIO()
    with Image.open(path) as picture:
        picture.save(buffer, "PNG")
    return buffer.getvalue()


def kitty(png: bytes) -> str:
    """Escape sequences of kitty's graphics protocol: transmit and display, in chunks.

    https://sw.kovidgoyal.net/kitty/graphics-protocol/
    """
    data = base64.b64encode(png).decode()
    pieces = [data[i : i + CHUNK] for i in range(0, len(data), CHUNK)] or [""]
    out = []
    for number, piece in enumerate(pieces):
        first = "a=T,f=100," if number == 0 else ""
        more = int(number < len(pieces) - 1)
        out.append(f"\x1b_G{first}m={more};{piece}\x1b\\")
    return "".join(out)


def iterm2(data: bytes) -> str:
    """Escape sequence of iTerm2's inline pictures.

    https://iterm2.com/documentation-images.html
    """
    return f"\x1b]1337;File=inline=1;size={len(data)}:{base64.b64encode(data).decode()}\x07"
