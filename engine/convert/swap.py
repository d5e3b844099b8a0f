"""A clip's faces through their models, frame by frame: cut out, painted, put back.

What a conversion does to a frame and what a preview shows of it are this one piece of code. The
settings of shots hold in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.convert import tones
from engine.convert.motion import STILL, steps
from engine.convert.patch import Cutter, FrameInFlight, Patch, Swapper, drawn
from engine.convert.shots import number_at, settings_of
from engine.faces.geometry import Matrix
from engine.faces.masks import Packed
from engine.media.planes import display_of
from engine.media.write import Look, fitted
from engine.settings import ConvertSettings

if TYPE_CHECKING:
    from engine.convert.clip import Clip

FACES_MOST = 256
"""Faces of a frame whose grain is drawn from seeds of their own."""


class Swap:
    """What is done to the frames of a clip, each in its working format. Threads may share it."""

    def __init__(
        self, clip: Clip, swappers: Sequence[Swapper], settings: ConvertSettings, look: Look
    ) -> None:
        self._clip, self._look = clip, look
        of_shots = settings_of(settings, clip.shots)
        self._cutters = [[Cutter(s, shot) for s in swappers] for shot in of_shots]
        """By shot and model."""
        self._lookers = [[Cutter(s, drawn(shot)) for s in swappers] for shot in of_shots]
        """The same, of faces that are only looked at."""
        self.tones: dict[tones.Place, tuple[tones.Tone, tones.Tone]] = {}
        """Measured and steady, of each face whose colours are smoothed."""

    def item(self, index: int, pts: int, stored: Any, number: int) -> FrameInFlight:
        """A decoded frame, in the format and size that is worked in."""
        frame, display = worked(stored, self._look)
        return FrameInFlight(index, pts, frame, number, display)

    def cut(self, item: FrameInFlight) -> FrameInFlight:
        """Cut out a frame's faces, where they show the colours that they are matched to."""
        patches = self._patches(item, self._cutters)
        for number, patch in enumerate(patches):
            if patch and (tone := self.tones.get((item.index, number))):
                patches[number] = replace(patch, target=tones.toned(patch.target, *tone))
        item.patches = [p for p in patches if p is not None]
        return item

    def predict(self, items: Sequence[FrameInFlight]) -> Sequence[FrameInFlight]:
        """Paint the cut faces of some frames in a batch for each model; they come back in the
        order in which they went."""
        made = {
            swapper: iter(swapper.predict(np.stack([patch.face for patch in patches])))
            for swapper, patches in by_model(items).items()
        }
        for item in items:
            item.predicted = [next(made[patch.cutter.swapper]) for patch in item.patches]
        return items

    def paste(self, item: FrameInFlight) -> FrameInFlight:
        """Put the painted faces into their frame, and note where they are."""
        if item.patches:  # a frame without a face needs no copy
            item.frame.make_writable()
        made = zip(item.patches, item.predicted, strict=True)
        pasted = [patch.cutter.paste(item.frame, patch, new) for patch, new in made]
        item.masks = [seen for seen in pasted if seen is not None]
        item.predicted = ()
        return item

    def lay(self, item: FrameInFlight) -> FrameInFlight:
        """Finish the painted faces by themselves and leave the frame as it is."""
        made = zip(item.patches, item.predicted, strict=True)
        item.layers = [patch.cutter.layer(patch, new) for patch, new in made]
        item.predicted = ()
        return item

    def tones_in(self, item: FrameInFlight) -> tuple[int, dict[int, tones.Tone]]:
        """Index of a frame, and the tones of its faces by their number in it."""
        patches = self._patches(item, self._lookers)
        found = {n: patch.cutter.tone(patch) for n, patch in enumerate(patches) if patch}
        return item.index, {n: tone for n, tone in found.items() if tone is not None}

    def _patches(self, item: FrameInFlight, cutters: list[list[Cutter]]) -> list[Patch | None]:
        """Of each face of a frame; None where it lies outside."""
        faces = self._clip.faces.get(item.index, [])
        masks: list[Packed | None] = [*self._clip.masks.get(item.index, [])]
        of_models = cutters[number_at(self._clip.shots, item.index)]
        moves = steps(self._clip.faces, item.index) if of_models[0].settings.motion_blur else []
        found = zip(faces, masks or [None] * len(faces), moves or [STILL] * len(faces), strict=True)
        return [
            of_models[self._clip.model_of(item.index, number)].cut(
                item.frame,
                face,
                mask,
                display=item.display,
                step=step,
                seed=FACES_MOST * item.index + number,
            )
            for number, (face, mask, step) in enumerate(found)
        ]


def worked(stored: Any, look: Look) -> tuple[Any, Matrix]:
    """A decoded frame in the format and size that is worked in, and the matrix from its pixels to
    the source's displayed ones."""
    frame = fitted(stored, look)
    return frame, display_of(frame, stored)


def by_model(items: Iterable[FrameInFlight]) -> dict[Swapper, list[Patch]]:
    """The faces that wait for each model."""
    found: dict[Swapper, list[Patch]] = {}
    for item in items:
        for patch in item.patches:
            found.setdefault(patch.cutter.swapper, []).append(patch)
    return found


def most_of_a_model(items: Iterable[FrameInFlight]) -> int:
    """Faces of the model for which most of them wait."""
    return max(map(len, by_model(items).values()), default=0)
