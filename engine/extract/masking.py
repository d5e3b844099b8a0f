"""The masks that are stored with a face, made from its saved crop."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.extract.networks import network
from engine.extract.segment import FindsMasks
from engine.faces.geometry import Alignment, align, compose, invert, resized, transform, warp
from engine.faces.landmarks import Landmarks
from engine.faces.masks import Packed, pack
from engine.settings import ExtractSettings, listed


class Masker:
    """All masks of the settings, made for many faces at once."""

    def __init__(self, settings: ExtractSettings) -> None:
        self.names = tuple(dict.fromkeys(listed(settings.masks)))
        self._segmenters = [network("segment", n).Segmenter(settings) for n in self.names]
        self._size = settings.mask_size

    @property
    def looks(self) -> bool:
        """Whether any of them needs the pixels: otherwise `masks` needs no crops."""
        return any(s.looks for s in self._segmenters)

    def masks(
        self, crops: Sequence[NDArray[np.uint8]], landmarks: Sequence[Landmarks]
    ) -> list[dict[str, Packed]]:
        """The masks of each face by name, of saved head-centred RGB crops of any size and the
        landmarks in the frame."""
        alignments = [align(face.points) for face in landmarks]
        found: list[dict[str, Packed]] = [{} for _ in landmarks]
        for name, segmenter in zip(self.names, self._segmenters, strict=True):
            for start in range(0, len(landmarks), segmenter.batch):
                part = slice(start, start + segmenter.batch)
                masks = self._of(segmenter, crops[part], landmarks[part], alignments[part])
                for face, mask in zip(found[part], masks, strict=True):
                    face[name] = mask
        return found

    def _of(
        self,
        segmenter: FindsMasks,
        heads: Sequence[NDArray[np.uint8]],
        landmarks: Sequence[Landmarks],
        alignments: Sequence[Alignment],
    ) -> list[Packed]:
        side = segmenter.side
        matrices = [a.crop_matrix(side, segmenter.centring) for a in alignments]
        inside = [_moved(face, m) for face, m in zip(landmarks, matrices, strict=True)]
        crops = np.zeros((len(inside), 0, 0, 3), np.uint8)
        if segmenter.looks:
            to_crops = [
                compose(m, invert(a.crop_matrix(len(head))))
                for m, a, head in zip(matrices, alignments, heads, strict=True)
            ]
            cut = [warp(h, m, side) for h, m in zip(heads, to_crops, strict=True)]
            crops = np.stack(cut).astype(np.uint8)
        masks = segmenter(crops, inside)
        to_size = resized(side, self._size)
        return [
            pack(_sized(mask, self._size), compose(to_size, m))
            for mask, m in zip(masks, matrices, strict=True)
        ]


def _moved(face: Landmarks, matrix: NDArray[np.float64]) -> Landmarks:
    mesh = None if face.mesh is None else transform(face.mesh, matrix)
    return Landmarks(transform(face.points, matrix), mesh)


def _sized(mask: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    if len(mask) == size:
        return mask
    how = cv2.INTER_AREA if size < len(mask) else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(mask, (size, size), interpolation=how), np.uint8)
