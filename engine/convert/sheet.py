"""The contact sheet: frames of a clip in rows, as they were, as they are, and the faces of both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.convert.clip import Clip
from engine.convert.identity import as_source, pictures, spread
from engine.faces.crops import encode_jpeg
from engine.faces.geometry import crop_matrix, warp
from engine.faces.landmarks import Landmarks
from engine.media.label import write_label

ROWS = 8
HEIGHT_PX = 180
GAP_PX = 6
LABEL_PX = 22
BACKGROUND = 24
HEADS = ("source", "swap", "source, face", "swap, face")

Picture = NDArray[np.uint8]


def contact_sheet(
    clip: Clip, video: Path, faces: dict[int, list[Landmarks]], frames: int, title: str
) -> bytes:
    """A JPEG with up to eight rows, evenly spread over the video's frames that have one of `faces`
    (over all of them where none has)."""
    choice = sorted(i for i in faces if i < frames) or list(range(frames))
    wanted = [choice[i] for i in spread(len(choice), ROWS)]
    return frames_sheet(clip, video, faces, {i: f"frame {i}" for i in wanted}, title)


def frames_sheet(
    clip: Clip,
    video: Path,
    faces: dict[int, list[Landmarks]],
    labels: dict[int, str],
    title: str,
) -> bytes:
    """A JPEG with one row for each labelled frame of the video, in the labels' order; whole frames
    are held one at a time."""
    origin = {clip.source_index(i): i for i in labels}
    shown = ((origin[i], picture) for i, picture in pictures(clip.path, origin))
    before, after = (_cells(film, faces) for film in (shown, as_source(clip, video, labels)))
    rows = [
        _labelled(
            label, _beside([c for pair in zip(before[i], after[i], strict=True) for c in pair])
        )
        for i, label in labels.items()
        if i in before and i in after
    ]
    return encode_jpeg(_stack(title, rows))


def _cells(
    film: Iterable[tuple[int, Picture]], faces: dict[int, list[Landmarks]]
) -> dict[int, list[Picture]]:
    """Each frame small, and its first face if it has one."""
    cells: dict[int, list[Picture]] = {}
    for index, picture in film:
        cells[index] = [_fitted(picture)]
        for face in faces.get(index, [])[:1]:
            matrix = crop_matrix(face.points, HEIGHT_PX, "face")
            cells[index].append(np.asarray(warp(picture, matrix, HEIGHT_PX, border=0), np.uint8))
    return cells


def _fitted(picture: Picture) -> Picture:
    width = max(1, round(picture.shape[1] * HEIGHT_PX / picture.shape[0]))
    return np.asarray(
        cv2.resize(picture, (width, HEIGHT_PX), interpolation=cv2.INTER_AREA), np.uint8
    )


def _beside(cells: Sequence[Picture]) -> Picture:
    gap = np.full((HEIGHT_PX, GAP_PX, 3), BACKGROUND, np.uint8)
    parts: list[Picture] = []
    for cell, head in zip(cells, HEADS, strict=False):
        write_label(cell := cell.copy(), head, (6, HEIGHT_PX - 8))
        parts += [cell, gap]
    return np.concatenate(parts[:-1], axis=1)


def _labelled(label: str, row: Picture) -> Picture:
    strip = np.full((LABEL_PX, row.shape[1], 3), BACKGROUND, np.uint8)
    write_label(strip, label, (6, LABEL_PX - 7))
    return np.concatenate([strip, row])


def _stack(title: str, rows: Sequence[Picture]) -> Picture:
    width = max([r.shape[1] for r in rows], default=640)
    parts = [np.full((LABEL_PX, width, 3), BACKGROUND, np.uint8)]
    write_label(parts[0], title, (6, LABEL_PX - 7))
    for row in rows:
        padded = np.full((row.shape[0], width, 3), BACKGROUND, np.uint8)
        padded[:, : row.shape[1]] = row
        parts.append(padded)
    return np.concatenate(parts)
