"""The contact sheet of footage: frames spread evenly over it, each with its time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import BadInput, from_os_error
from engine.faces.crops import encode_jpeg
from engine.media.label import write_label
from engine.media.read import FrameReader, Run, packet_times
from engine.media.show import Picture, fitted
from engine.protocol import safe_text, write_atomic

COLUMNS, ROWS = 5, 4
CELL_PX = 320
"""Longest side of a frame in the sheet."""
GAP_PX = 4
BACKGROUND = 24


def contact(path: Path, out: Path) -> dict[str, Any]:
    """Write up to 20 frames of a film, a folder of pictures or a picture as a JPEG: its `path`, and
    how many `frames` it shows of `of`. Raises `BadInput` when none can be read."""
    times = packet_times(path) if path.is_file() else None
    with FrameReader(path, runs=[]) as reader:
        total = len(times) if times else reader.info.expected_frames or 1
    wanted = sorted({i * total // (COLUMNS * ROWS) for i in range(COLUMNS * ROWS)})
    cells: list[Picture] = []
    with FrameReader(path, runs=[Run(i, i + 1) for i in wanted], times=times) as reader:
        for frame in reader:
            cell = fitted(frame.rgb, CELL_PX, CELL_PX)
            words = f"{frame.index + 1}  {_clock(float(frame.pts * reader.info.time_base))}"
            write_label(cell, words, (6, cell.shape[0] - 8))
            cells.append(cell)
    if not cells:
        raise BadInput(f"{safe_text(path.name)} has no frame that can be decoded.")
    try:
        write_atomic(out, encode_jpeg(_laid(cells)), durable=False)
    except OSError as error:
        raise from_os_error(error, f"writing {out}") from error
    return {"path": str(out), "frames": len(cells), "of": total}


def _laid(cells: list[Picture]) -> Picture:
    """Cells in rows, each at the top left of a place as large as the largest."""
    height = max(c.shape[0] for c in cells) + GAP_PX
    width = max(c.shape[1] for c in cells) + GAP_PX
    rows = -(-len(cells) // COLUMNS)
    columns = min(len(cells), COLUMNS)
    sheet = np.full((rows * height, columns * width, 3), BACKGROUND, np.uint8)
    for number, cell in enumerate(cells):
        y, x = number // COLUMNS * height, number % COLUMNS * width
        sheet[y : y + cell.shape[0], x : x + cell.shape[1]] = cell
    return sheet


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:05.2f}"
