"""The quality report of a finished clip: measured, summed up, shown on a sheet and a page."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from engine.convert.blend import MASK_SIZE, face_mask, stored_mask
from engine.convert.clip import Clip
from engine.convert.edge import Edge, softened
from engine.convert.identity import Measured
from engine.convert.patch import drawn, group_of
from engine.convert.sheet import frames_sheet
from engine.convert.shots import number_at, settings_of
from engine.faces.geometry import Matrix, compose, crop_matrix, resized
from engine.faces.landmarks import Landmarks
from engine.quality import figures
from engine.quality.measure import SIDE, Place, aligner, measure, with_identity
from engine.quality.page import page
from engine.quality.summary import summarised
from engine.quality.worst import Quality, worst_frames
from engine.settings import ConvertSettings
from engine.train.checkpoint import Recipe

Faces = dict[int, list[Landmarks]]
"""By the frames of the result."""


def places(clip: Clip, faces: Faces, settings: ConvertSettings, recipes: Sequence[Recipe]) -> Place:
    """Where each face's crop lies and which mask it was seen through, as convert has them by each
    model's recipe; in place of a mask that a model predicted stands the drawn one of the same kind
    of edge."""
    where = [(r.centring, r.coverage / 100.0, r.vertical_offset / 100.0) for r in recipes]
    edges = [group_of(Edge, s) for s in settings_of(settings, clip.shots)]
    kind = drawn(settings).mask

    def place(index: int, number: int) -> tuple[Matrix, figures.Mask]:
        face, origin = faces[index][number], clip.source_index(index)
        shown = crop_matrix(face.points, SIDE, *where[clip.model_of(origin, number)])
        to_mask = compose(resized(SIDE, MASK_SIZE), shown)
        packed = clip.masks[origin][number] if clip.masks.get(origin) else None
        area = (
            stored_mask(packed, to_mask)
            if packed
            else face_mask(kind, face.points, face.mesh, to_mask)
        )
        return shown, softened(area, edges[number_at(clip.shots, origin)])

    return place


def measured(
    clip: Clip,
    video: Path,
    faces: Faces,
    settings: ConvertSettings,
    recipes: Sequence[Recipe],
    identity: Sequence[Measured],
) -> Quality:
    """All figures of a finished video; the likeness was measured before."""
    began = time.monotonic()
    place = places(clip, faces, settings, recipes)
    found = measure(
        clip.path, video, faces, place, aligner(), origin=clip.source_index, who=clip.whose
    )
    lost = [*found.lost, *(face.frame for face in identity if face.to_new is None)]
    quality = summarised(with_identity(found.rows, identity), lost)
    return _with(quality, seconds=time.monotonic() - began)


def _with(quality: Quality, **changed: Any) -> Quality:
    return msgspec.structs.replace(quality, **changed)


def released(
    clip: Clip,
    video: Path,
    faces: Faces,
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
        clip, video, faces, {i: f"frame {i + 1}: {why}" for i, why in chosen.items()}, title
    )
    sheet = release(f"{clip.name}.worst.jpg", picture)
    text = page(clip.name, quality, facts, sheet.read_bytes(), float(clip.info.fps))
    html = release(f"{clip.name}.report.html", text.encode())
    return _with(quality, page=html.name, sheet=sheet.name)
