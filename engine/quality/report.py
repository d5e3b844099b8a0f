"""The quality report of a finished clip: measured, summed up, shown on a sheet and a page."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from engine.convert.blend import MASK_SIZE, face_mask, soften, stored_mask
from engine.convert.clip import Clip
from engine.convert.identity import Measured
from engine.convert.sheet import frames_sheet
from engine.faces.geometry import Matrix, compose, crop_matrix, resized
from engine.quality import figures
from engine.quality.measure import SIDE, Place, aligner, measure, with_identity
from engine.quality.page import page
from engine.quality.summary import Quality, summarised, worst_frames
from engine.settings import ConvertSettings
from engine.train.checkpoint import Recipe


def places(clip: Clip, settings: ConvertSettings, recipe: Recipe) -> Place:
    """Where each face's crop lies and which mask it was seen through, as convert has them."""
    where = (recipe.centring, recipe.coverage / 100.0, recipe.vertical_offset / 100.0)

    def place(index: int, number: int) -> tuple[Matrix, figures.Mask]:
        face = clip.faces[index][number]
        shown = crop_matrix(face.points, SIDE, *where)
        to_mask = compose(resized(SIDE, MASK_SIZE), shown)
        packed = clip.masks[index][number] if clip.masks.get(index) else None
        area = (
            stored_mask(packed, to_mask)
            if packed
            else face_mask(settings.mask, face.points, face.mesh, to_mask)
        )
        return shown, np.asarray(soften(area, settings.erosion, settings.blur), np.float32)

    return place


def measured(
    clip: Clip,
    video: Path,
    frames: int,
    settings: ConvertSettings,
    recipe: Recipe,
    identity: Sequence[Measured],
) -> Quality:
    """All figures of a finished video of so many frames; the likeness was measured before."""
    began = time.monotonic()
    faces = {index: found for index, found in clip.faces.items() if index < frames}
    found = measure(clip.path, video, faces, places(clip, settings, recipe), aligner())
    lost = [*found.lost, *(face.frame for face in identity if face.to_new is None)]
    quality = summarised(with_identity(found.rows, identity), lost)
    return _with(quality, seconds=time.monotonic() - began)


def _with(quality: Quality, **changed: Any) -> Quality:
    return msgspec.structs.replace(quality, **changed)


def released(
    clip: Clip,
    video: Path,
    quality: Quality,
    facts: Sequence[str],
    release: Callable[[str, bytes], Path],
) -> Quality:
    """Sheet and page of a report, let out through `release(name, bytes)`; the page shows the sheet
    as it was released, with its mark."""
    chosen = worst_frames(quality)
    if not chosen:
        return quality
    title = f"{clip.name}, the worst frames"
    picture = frames_sheet(
        clip.path,
        video,
        clip.faces,
        {i: f"frame {i + 1}: {why}" for i, why in chosen.items()},
        title,
    )
    sheet = release(f"{clip.name}.worst.jpg", picture)
    text = page(clip.name, quality, facts, sheet.read_bytes(), float(clip.info.fps))
    html = release(f"{clip.name}.report.html", text.encode())
    return _with(quality, page=html.name, sheet=sheet.name)
