"""A grid of dots drawn with braille characters (2x4 dots a column and row), or with ASCII."""

from __future__ import annotations

from collections.abc import Iterator

# The bit of each dot in a braille cell, by row then column (Unicode, block 2800).
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))

SHADE = 1
"""The layer behind all others: its dots don't show in a cell where another layer has some."""


class Canvas:
    """Dots with the layers that they belong to, one bit each; a cell knows all of its layers.

    Dots are counted from the bottom left. In ASCII a cell is one dot and shows its layers' sign.
    """

    def __init__(self, columns: int, rows: int, ascii_signs: str = "") -> None:
        self.columns, self.rows = columns, rows
        self.ascii_signs = ascii_signs
        """One sign for each sum of layers; empty for braille."""
        self.dots_x = 1 if ascii_signs else 2
        self.dots_y = 1 if ascii_signs else 4
        self.width, self.height = columns * self.dots_x, rows * self.dots_y
        self._bits = [bytearray(columns) for _ in range(rows)]
        self._shade = [bytearray(columns) for _ in range(rows)]
        self._layers = [bytearray(columns) for _ in range(rows)]

    def dot(self, x: int, y: int, layer: int) -> None:
        """Set one dot; what is outside is left out. `layer` is a power of two."""
        if not (0 <= x < self.width and 0 <= y < self.height):
            return
        column, row = x // self.dots_x, self.rows - 1 - y // self.dots_y
        bit = 1 if self.ascii_signs else _BITS[3 - y % 4][x % 2]
        plane = self._shade if layer == SHADE else self._bits
        plane[row][column] |= bit
        self._layers[row][column] |= layer

    def vertical(self, x: int, y1: int, y2: int, layer: int) -> None:
        """All dots of one column between two heights, both included."""
        for y in range(max(0, min(y1, y2)), min(self.height - 1, max(y1, y2)) + 1):
            self.dot(x, y, layer)

    def row(self, row: int) -> Iterator[tuple[str, int]]:
        """A character and the sum of its layers for each column of a row, counted from the top."""
        planes = (self._bits[row], self._shade[row], self._layers[row])
        for front, shade, layers in zip(*planes, strict=True):
            bits = front or shade
            if not bits:
                yield " ", 0
            else:
                yield self.ascii_signs[layers] if self.ascii_signs else chr(0x2800 + bits), layers
