"""An animated GIF or WebP: segments without loss, from which the animation is made at the end."""

from __future__ import annotations

from pathlib import Path

from engine.convert.journal import WorkFolder
from engine.convert.outputs.base import Finished, require_sdr
from engine.convert.outputs.video import VideoWriter
from engine.errors import BadInput
from engine.media.animate import animate
from engine.media.codecs import Encoding
from engine.media.cut import Cut
from engine.media.write import SegmentWriter, look_of
from engine.settings import ConvertSettings


class AnimationOutput:
    """A GIF or an animated WebP, upright and without sound."""

    pastes = True

    def __init__(self, source: Path, name: str, settings: ConvertSettings) -> None:
        self._kind, self._name, self._quality = settings.writer, name, settings.quality
        self._alpha = settings.mask_as == "alpha"
        if settings.mask_as == "separate" or (self._alpha and self._kind == "gif"):
            raise BadInput(
                f"A {self._kind} has no place for a mask: take webp with its alpha, or pictures."
            )
        self._encoding = Encoding("ffv1", alpha=self._alpha)
        self.look = look_of(source, self._encoding, settings.output_scale)
        require_sdr(self.look, f"a {self._kind}")
        self.piece_frames = settings.segment_frames

    def writer(self, work: WorkFolder) -> VideoWriter:
        """For the next segment."""
        path = work.segment_path(self._encoding.segment_suffix)
        return VideoWriter(SegmentWriter(path, self.look, self._encoding), None, self._encoding)

    def finish(self, work: WorkFolder, cut: Cut | None, comment: str) -> Finished:
        """The animation of all segments."""
        staged = work.path / f"joined.{self._kind}"
        animate(work.segments(), self.look, staged, self._quality)
        remarks = ["Sound, subtitles and chapters have no place in an animation and are left out."]
        return Finished(staged, f"{self._name}.{self._kind}", remarks=remarks, shows=False)
