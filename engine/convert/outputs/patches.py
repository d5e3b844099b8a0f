"""Each new face as a picture of its own with its mask as transparency, and where it belongs.

`<clip>.patches.json` lists, for each frame with a face, the pictures and a 2x3 matrix for each that
takes pixels of the displayed frame, at its output scale, to the picture's pixels (the centre of the
first pixel is (0, 0)): all that another program needs to put the faces in.
"""

from __future__ import annotations

import re

import msgspec
import numpy as np

from engine.convert.clip import Clip
from engine.convert.journal import FRAMES, Made, WorkFolder
from engine.convert.outputs.base import Finished, lost_bits, own_look, require_sdr
from engine.convert.outputs.pictures import Folder, Span
from engine.convert.patch import FrameInFlight, about_middle
from engine.errors import BadInput
from engine.faces.geometry import compose, invert, resized
from engine.media import stills
from engine.media.cut import Cut
from engine.media.planes import display_of
from engine.protocol import write_atomic
from engine.settings import ConvertSettings

KINDS = ("png", "tiff")


class PlacedFace(msgspec.Struct, frozen=True):
    """One picture."""

    file: str
    matrix: list[list[float]]
    """2x3, displayed frame pixels to pixels of the picture."""


class PatchedFrame(msgspec.Struct, frozen=True):
    """The faces of one frame."""

    frame: int
    """Of the source, from 1."""
    pts: int
    """In units of the time base, as in the written range."""
    faces: list[PlacedFace]


class Patches(msgspec.Struct, frozen=True):
    """The list."""

    v: int
    width: int
    height: int
    """Of the displayed frame, px."""
    time_base: list[int]
    """Seconds a unit of `pts`, numerator and denominator."""
    frames: list[PatchedFrame]


class PatchOutput:
    """A folder of faces; the frames themselves aren't written."""

    pastes = False

    def __init__(self, clip: Clip, settings: ConvertSettings) -> None:
        if settings.picture not in KINDS or settings.mask_as != "none":
            raise BadInput(
                "A patch is a png or tiff that has its mask as transparency already: set picture "
                "to one of them and leave mask-as at none."
            )
        if settings.motion_blur or settings.grain:
            raise BadInput(
                "Motion blur and grain are made in the frame, and a patch comes without one: set "
                "both to 0."
            )
        self._clip, self._settings = clip, settings
        self.look = own_look(clip, settings)
        if clip.pictures:
            clip.pictures.require_one_size()  # the list has one
        require_sdr(self.look, "a patch")
        self.piece_frames = settings.batch

    def writer(self, work: WorkFolder) -> PatchWriter:
        """For the next frames."""
        return PatchWriter(work, self._settings)

    def finish(self, work: WorkFolder, cut: Cut | None, comment: str) -> Finished:
        """The pictures, and the list of them."""
        folder, base = work.path / FRAMES, self.look.time_base
        names = sorted(p for p in folder.iterdir() if re.fullmatch(r"\d{6,}\.json", p.name))
        frames = [msgspec.json.decode(p.read_bytes(), type=PatchedFrame) for p in names]
        listed = Patches(1, *self.look.shown, [base.numerator, base.denominator], frames)
        staged = work.path / "patches.json"
        write_atomic(staged, msgspec.json.format(msgspec.json.encode(listed)))
        for path in names:
            path.unlink()
        notes = [(staged, f"{self._clip.name}.patches.json")]
        remarks = lost_bits(self._clip, "a patch", 16)
        return Finished(
            folder, f"{self._clip.name}.patches", notes=notes, remarks=remarks, shows=False
        )


class PatchWriter:
    """Faces of one piece."""

    def __init__(self, work: WorkFolder, settings: ConvertSettings) -> None:
        self._kind, self._quality = settings.picture, settings.quality
        self._scale = 1.0 + settings.face_scale / 100.0
        self._folder, self._span = Folder(work.path / FRAMES), Span()

    def write(self, item: FrameInFlight) -> None:
        """Encode the faces of a frame."""
        self._span.take(item)
        if not item.layers:
            return
        frame = item.frame
        upright = invert(display_of(frame, frame))
        faces = []
        for number, (patch, layer) in enumerate(zip(item.patches, item.layers, strict=True)):
            name = f"{item.number + 1:06d}_{number}.{self._kind}"
            samples = np.rint(np.clip(layer, 0.0, 1.0) * 65535.0).astype(np.uint16)
            self._folder.add(name, stills.encode(samples, self._kind, self._quality))
            smaller = invert(about_middle(patch.side, self._scale))
            placed = compose(smaller, compose(patch.matrix, upright))
            matrix = compose(resized(patch.side, layer.shape[0]), placed)
            faces.append(PlacedFace(name, matrix.tolist()))
        listed = PatchedFrame(item.index + 1, item.pts, faces)
        self._folder.add(f"{item.number + 1:06d}.json", msgspec.json.encode(listed))

    def close(self) -> Made:
        """What the piece came to; its files are on disk."""
        return self._span.made(self._folder)

    def abandon(self) -> None:
        """Whole pictures may stay: they are made again, the same."""
