"""Pictures written straight into a terminal: in its own protocol, or as character cells.

For what shows a picture outside the interface; no Textual here.
"""

from __future__ import annotations

import base64
import io
from functools import lru_cache
from pathlib import Path

from rich.color import Color
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

from fstui.widgets.pixels import FORMATS, RGB, Cell, Mode, load, reading

CHUNK = 4096
"""Bytes of base64 in one escape sequence of the kitty protocol."""
ROWS_LEFT = 4
"""Lines of the screen that a printed picture leaves to what was said."""


def in_protocol(path: Path, graphics: str) -> str:
    """The picture at full resolution for a terminal that `fstui.terminal` found to know `graphics`;
    empty where it knows none that we write. Raises `BadInput`."""
    if graphics == "kitty":
        return kitty(png_of(path))
    if graphics != "iterm2":
        return ""
    with reading(path):
        return iterm2(path.read_bytes())


def print_cells(path: Path, ascii_only: bool) -> None:
    """Print a picture as cells, as large as the terminal is. Raises `BadInput`."""
    console = Console(highlight=False)
    mode = mode_of(console.color_system, ascii_only, console.no_color)
    cells = load(path, console.width, max(2, console.height - ROWS_LEFT), mode)
    lines = [[*segments(row), Segment.line()] for row in cells]
    console.print(Segments([segment for line in lines for segment in line]), end="")


def mode_of(color_system: str | None, ascii_only: bool, no_color: bool) -> Mode:
    """The form of a picture's cells for a terminal: 16 colours of half-block are mud."""
    if ascii_only:
        return "ascii"
    if no_color or color_system not in ("truecolor", "256"):
        return "dots"
    return "truecolor" if color_system == "truecolor" else "256"


def segments(row: list[Cell]) -> list[Segment]:
    """A line of cells, equal neighbours joined into one segment."""
    found: list[Segment] = []
    for cell in row:
        style = style_of_cell(cell.ink, cell.paper)
        if found and found[-1].style is style:
            found[-1] = Segment(found[-1].text + cell.character, style)
        else:
            found.append(Segment(cell.character, style))
    return found


@lru_cache(16384)
def style_of_cell(ink: RGB | int | None, paper: RGB | int | None) -> Style | None:
    """The style of a cell's colours; the same object for the same colours."""
    if ink is None and paper is None:
        return None
    return Style.from_color(_colour(ink), _colour(paper))


def _colour(value: RGB | int | None) -> Color | None:
    if value is None:
        return None
    return Color.from_ansi(value) if isinstance(value, int) else Color.from_rgb(*value)


def png_of(path: Path) -> bytes:
    """The picture as PNG, the one format that the kitty protocol takes compressed. Raises
    `BadInput`."""
    from PIL import Image

    buffer = io.BytesIO()
    with reading(path), Image.open(path, formats=FORMATS) as picture:
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
