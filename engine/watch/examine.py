"""What the engine's own process says of footage that arrived: whether it is whole, whom it shows.

A file made to crash a decoder ends that process and not the watching.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from engine.convert.identity import Person, distance_to, person_of
from engine.errors import FstuiError, from_os_error
from engine.media.probe import probe
from engine.media.read import FrameReader, Run
from engine.media.whole import missing_end
from engine.project import PERSON_SIDES, Project
from engine.protocol import safe_text
from engine.store import Store

STRIDE = 25
"""Of a clip that doesn't say how long it is, every so manieth frame from its beginning."""


def examined(paths: list[Path]) -> list[dict[str, Any]]:
    """For each medium `error`, why it can't be used, or `problem`, what of its end is missing."""
    return [_answer(_ends, path) for path in paths]


def _ends(path: Path) -> dict[str, Any]:
    return {"problem": (missing_end(path) or "") if probe(path).kind == "video" else ""}


def recognised(project: Project, frames: int, paths: list[Path]) -> list[dict[str, Any]]:
    """For each medium how many frames were `looked` at, evenly spread and at most `frames`, and of
    those with `faces` each face's distance to A and to B; `error` where it can't be read.

    Where a side has no embeddings to compare with, `lacking` names it and nothing is looked at.
    """
    people = _people(project)
    lacking = [side for side in PERSON_SIDES if side not in people]
    if lacking:
        return [{"lacking": lacking} for _ in paths]

    @cache
    def describer() -> Any:
        from engine.extract.describe import Describer  # TensorFlow comes with it, takes seconds

        return Describer()

    def seen(path: Path) -> dict[str, Any]:
        looked, faces = 0, []
        for rgb in _spread(path, frames):
            looked += 1
            (found,) = describer()([rgb])
            known = [face.identity for face in found if face.identity is not None]
            if known:
                faces.append([[distance_to(i, people[s].mean) for s in "ab"] for i in known])
        return {"looked": looked, "faces": faces}

    return [_answer(seen, path) for path in paths]


def _answer(act: Callable[[Path], dict[str, Any]], path: Path) -> dict[str, Any]:
    try:
        return act(path)
    except FstuiError as error:
        return {"error": str(error)}
    except OSError as error:
        return {"error": str(from_os_error(error, f"reading {safe_text(str(path))}"))}


def _people(project: Project) -> dict[str, Person]:
    """The people that embeddings are there of."""
    if not project.db_path.exists():
        return {}
    with Store(project.db_path, readonly=True) as store:
        found = {side: person_of(store, side) for side in PERSON_SIDES}
    return {side: person for side, person in found.items() if person}


def _spread(path: Path, most: int) -> Iterator[Any]:
    """RGB of at most so many frames, each from the middle of an equal part of the medium."""
    count = probe(path).expected_frames
    if count:
        parts = min(count, most)
        indices = [int((part + 0.5) * count / parts) for part in range(parts)]
        runs = [Run(index, index + 1) for index in indices]
    else:
        runs = [Run(0, most * STRIDE, STRIDE)]
    with FrameReader(path, runs=runs) as reader:
        yield from (frame.rgb for frame in reader)
