"""Keep or reject faces by the people of reference pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.digest import file_sha256
from engine.errors import BadInput
from engine.extract.describe import FoundFace
from engine.footage import IMAGE_SUFFIXES, media_in
from engine.interop import png
from engine.media.pictures import read_picture
from engine.project import Project
from engine.protocol import safe_text
from engine.references import MAX_FILES
from engine.settings import ExtractSettings

NETWORK = "dlib-resnet"
"""Embeddings of other networks can't be compared with ours."""
LENGTH = 128

Describe = Callable[[Sequence[NDArray[np.uint8]]], list[list[FoundFace]]]
"""The faces of each RGB picture, with their identities."""


class PersonFilter:
    """The people of `settings.filter` and `settings.nfilter`, and who of them a face is.

    Raises `BadInput` for a picture that shows no face, for one of the filter that shows several,
    and for one that is in both.
    """

    def __init__(self, settings: ExtractSettings, project: Project, describe: Describe) -> None:
        self._threshold = settings.threshold
        wanted = pictures(project, settings.filter) if settings.filter else []
        unwanted = pictures(project, settings.nfilter) if settings.nfilter else []
        _refuse_both(wanted, unwanted)
        self._wanted = _embeddings(wanted, describe, several=False)
        self._unwanted = _embeddings(unwanted, describe, several=True)

    def rejection(self, identity: NDArray[np.floating] | None) -> str | None:
        """`nfilter` for an unwanted person, `filter` for one who is not wanted, None keeps.

        (128,). A face whose identity is not known is kept.
        """
        if identity is None:
            return None
        if len(self._unwanted) and _nearest(self._unwanted, identity) < self._threshold:
            return "nfilter"
        if len(self._wanted) and _nearest(self._wanted, identity) >= self._threshold:
            return "filter"
        return None


def pictures(project: Project, name: str) -> list[Path]:
    """The picture, or all pictures of the folder, that a setting names. Raises `BadInput`."""
    path = project.reference(name)
    if path.is_file():
        return [path]
    found = [p for p in media_in(path) if p.suffix.lower() in IMAGE_SUFFIXES]
    if not found:
        raise BadInput(f"{safe_text(name)} has no picture in it.")
    if len(found) > MAX_FILES:
        raise BadInput(
            f"{safe_text(name)} has {len(found)} pictures in it: {MAX_FILES} are the most."
        )
    return found


def _refuse_both(wanted: Sequence[Path], unwanted: Sequence[Path]) -> None:
    """Raise `BadInput` for a picture that is wanted and unwanted, by its content."""
    hashes = {file_sha256(path): path for path in wanted} if unwanted else {}
    for path in unwanted:
        if other := hashes.get(file_sha256(path)):
            raise BadInput(
                f"{safe_text(path.name)} is the same picture as {safe_text(other.name)}, which "
                "filter names: take it out of filter or out of nfilter."
            )


def _embeddings(paths: Sequence[Path], describe: Describe, *, several: bool) -> NDArray[np.float32]:
    """(n, 128) of the faces of pictures."""
    found = [embedding for path in paths for embedding in _faces(path, describe, several=several)]
    return np.array(found, np.float32).reshape(-1, LENGTH)


def _faces(path: Path, describe: Describe, *, several: bool) -> list[NDArray[np.float32]]:
    """The embeddings of one picture's faces: its header's where it has one, else measured."""
    stored = _stored(path)
    if stored is not None:
        return [stored]
    (faces,) = describe([read_picture(path)])
    found = [face.identity for face in faces if face.identity is not None]
    shown = safe_text(path.name)
    if not found:
        raise BadInput(f"{shown} shows no face: a picture of a filter is to show one.")
    if len(found) > 1 and not several:
        raise BadInput(
            f"{shown} shows {len(found)} faces: a picture of filter is to show one, else nobody "
            "knows who is wanted."
        )
    return found


def _stored(path: Path) -> NDArray[np.float32] | None:
    """The embedding in a face PNG's header; None for any other picture."""
    if path.suffix.lower() != ".png" or path.stat().st_size > png.MAX_PNG_BYTES:
        return None
    header = png.read(path)
    if header is None or header.face is None:
        return None
    embedding = header.face.identity.get(NETWORK)
    return embedding if embedding is not None and embedding.shape == (LENGTH,) else None


def _nearest(references: NDArray[np.float32], identity: NDArray[np.floating]) -> float:
    return float(np.linalg.norm(references - identity, axis=1).min())
