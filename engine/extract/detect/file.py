"""Boxes, and landmarks where they are, out of a JSON file: what another program or hand found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.errors import BadInput
from engine.extract.detect import Detection
from engine.extract.networks import Network
from engine.interop.facejson import Found, read_found
from engine.interop.frames import FrameNames, frame_name, matches
from engine.media.probe import pictures_in, probe
from engine.media.read import Frame
from engine.protocol import safe_text
from engine.settings import ExtractSettings

SURE = 1.0
"""The score of every face: the file doesn't say."""


class Detector(Network):
    """Tells the faces that `faces_file` has for the frames of the medium that was begun."""

    name = "file"
    shared = True
    batch = 16

    def __init__(self, settings: ExtractSettings) -> None:
        if not settings.faces_file:
            raise BadInput(
                "The detector 'file' needs a JSON file of boxes: name it in the setting faces_file."
            )
        self._path = Path(settings.faces_file)
        self._faces = read_found(self._path)
        self._by_index: dict[int, list[Found]] = {}

    def begin(self, medium: Path) -> None:
        """Look up which of the file's frames are this medium's. Raises `BadInput` if none is."""
        kind = probe(medium).kind
        pictures = {"video": [], "image": [medium]}.get(kind)
        known = FrameNames.of(medium, pictures_in(medium) if pictures is None else pictures)
        self._by_index = {}
        for name, index in matches(self._faces, known, bare=True).items():
            self._by_index.setdefault(index, []).extend(self._faces[name])
        if not self._by_index:
            example = frame_name(medium, 0) if kind == "video" else "a picture's own name"
            raise BadInput(
                f"{safe_text(self._path.name)} has no frame of {safe_text(medium.name)}: it must "
                f"name frames as in '{safe_text(example)}'."
            )

    def __call__(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        """Faces of each frame in the file's order."""
        return [
            [Detection(f.box, SURE, points=f.points) for f in self._by_index.get(frame.index, [])]
            for frame in frames
        ]
