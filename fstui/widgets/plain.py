"""Everything that Textual itself draws, borders, scroll bars, messages, as ASCII for `--ascii`."""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_LOOKALIKES = {
    "─━╌┄┈═╴╶▔▁‾\N{EN DASH}\N{EM DASH}": "-",
    "│┃╎┆┊║▏▕▌▐": "|",
    "┌┐└┘╭╮╰╯┏┓┗┛├┤┬┴┼╔╗╚╝╋╸╺": "+",
    "█▇▆▅▄▃▂▀▊▋▉▎▍■": "#",
    "•●·": "*",
    "►▶▸»": ">",
    "◀◂«": "<",
    "▲▴↑": "^",
    "▼▾↓": "v",
    "→": ">",
    "←": "<",
    "…": "~",
    "\N{MULTIPLICATION SIGN}\N{BALLOT X}": "x",
    "√✓✔": "+",
    "\N{NO-BREAK SPACE}": " ",
}
_TABLE = {c: sign for many, sign in _LOOKALIKES.items() for c in many}


@lru_cache(4096)
def to_ascii(text: str) -> str:
    """The same number of columns in ASCII; what has no likeness is a question mark."""
    if text.isascii():
        return text
    return "".join(c if c.isascii() else _TABLE.get(c, "?" * cell_len(c)) for c in text)


class AsciiFilter(LineFilter):
    """Lets nothing but ASCII through to the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Translate each text; styles stay."""
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]
