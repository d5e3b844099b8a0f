"""A frame of a finished clip beside its source, as the interface shows the worst ones.

The interface decodes no video: it asks for these through `engine/ask.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from engine.convert.clip import landmarks_by_frame
from engine.convert.identity import alike
from engine.convert.reports import read_clip
from engine.convert.request import VIEWS as VIEWS_OF
from engine.convert.shots import clip_name
from engine.convert.views import BeforeAfter, composed
from engine.errors import NothingToDo, from_os_error
from engine.extract.shown import decoded
from engine.faces.crops import encode_jpeg
from engine.project import Project
from engine.protocol import safe_text, write_atomic
from engine.spans import nth
from engine.store import Store
from engine.tables import Media

VIEWS = VIEWS_OF["both"]


def pair_of(project: Project, clip: str, index: int, close: bool, folder: Path) -> dict[str, Any]:
    """A frame of a result, by its index from 0, before and after as a JPEG of `folder`: its `path`,
    and the index of its `source`'s frame. `close`: what is around its largest face, where it has
    one.

    Raises `NothingToDo` for a clip without a result or footage, `BadInput` for a frame that is
    gone.
    """
    report = read_clip(project.inside(f"out/{clip}.json"))
    if report is None:
        raise NothingToDo(f"{safe_text(clip)} has no finished result with a report: convert it.")
    origin = nth(report.kept, index)
    with Store(project.db_path, readonly=True) as store:
        medium = _medium(store, clip)
        faces = landmarks_by_frame(store.faces(media_id=medium.id)).get(origin, [])
    before = decoded(project, medium.path, origin)
    after = decoded(project, f"out/{report.video}", index)
    after = alike(after, (before.shape[1], before.shape[0]))
    nowhere = np.zeros(before.shape[:2], np.float32)
    close = close and bool(faces)
    picture = composed([BeforeAfter(index, before, after, nowhere, faces)], VIEWS, close)
    path = folder / f"{clip}-{index}{'-close' if close else ''}.jpg"
    try:
        write_atomic(path, encode_jpeg(picture), durable=False)
    except OSError as error:
        raise from_os_error(error, f"writing {path}") from error
    return {"path": str(path), "source": origin}


def _medium(store: Store, clip: str) -> Media:
    for medium in store.media("target"):
        if clip_name(medium) == clip:
            return medium
    raise NothingToDo(f"The footage of {safe_text(clip)} isn't in the target any more: add it.")
