"""Numbers in the engine's sentences."""

from __future__ import annotations


def counted(number: int, one: str, more: str = "") -> str:
    """`1 face`, `2 faces`; `more` where a plural takes more than an s."""
    return f"{number} {one if number == 1 else more or one + 's'}"
