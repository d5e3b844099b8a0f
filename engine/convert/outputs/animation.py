"""An animated GIF or WebP: segments without loss, from which the animation is made at the end."""

from __future__ import annotations

from engine.convert.clip import Clip
from engine.convert.journal import WorkFolder
from engine.convert.outputs.base import Finished, look_for, lost_bits, require_sdr
from engine.convert.outputs.video import VideoWriter
from engine.errors import BadInput
from engine.media.animate import animate
from engine.media.codecs import Encoding
from engine.media.cut import Cut
from engine.media.write import SegmentWriter
from engine.settings import ConvertSettings


class AnimationOutput:
    """A GIF or an animated WebP, upright and without sound."""

    pastes = True

    def __init__(self, clip: Clip, settings: ConvertSettings) -> None:
        self._clip, self._kind, self._quality = clip, settings.writer, settings.quality
        self._alpha = settings.mask_as == "alpha"
        if settings.mask_as == "separate" or (self._alpha and self._kind == "gif"):
            raise BadInput(
                f"A {self._kind} has no place for a mask: take webp with its alpha, or pictures."
            )
        self._encoding = Encoding("ffv1", alpha=self._alpha)
        self.look = look_for(clip, settings, self._encoding)
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
        remarks = lost_bits(self._clip, f"a {self._kind}", 8)
        if self._clip.pictures is None:
            remarks = ["Sound, subtitles and chapters have no place in an animation: left out."]
        return Finished(staged, f"{self._clip.name}.{self._kind}", remarks=remarks, shows=False)
