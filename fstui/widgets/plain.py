"""Any text as ASCII, for `--ascii`: borders and signs by their likeness. No Textual."""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len

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
