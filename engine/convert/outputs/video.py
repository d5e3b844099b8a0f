"""A video with everything else of its source, in segments that are joined without loss."""

from __future__ import annotations

from engine.convert.clip import Clip
from engine.convert.journal import Made, WorkFolder
from engine.convert.outputs.base import Finished, covered, look_for, lost_bits
from engine.convert.patch import FrameInFlight
from engine.errors import BadInput
from engine.media.alpha import grey, with_alpha
from engine.media.codecs import Encoding
from engine.media.cut import Cut
from engine.media.write import SegmentWriter, join
from engine.settings import ConvertSettings


def encoding_of(settings: ConvertSettings) -> Encoding:
    """The encoding that settings name."""
    return Encoding(
        codec=settings.codec,
        container="" if settings.container == "auto" else settings.container,
        crf=settings.crf,
        preset=settings.preset,
        tune="" if settings.tune == "none" else settings.tune,
        alpha=settings.mask_as == "alpha",
    )


class VideoOutput:
    """One video; with a mask of its own, two."""

    pastes = True

    def __init__(self, clip: Clip, settings: ConvertSettings) -> None:
        self._clip = clip
        self.encoding = encoding_of(settings)
        self.encoding.check()
        self.look = look_for(clip, settings, self.encoding)
        self._separate = settings.mask_as == "separate"
        self.piece_frames = settings.segment_frames
        if self.look.mastering and not self.encoding.made.mastering:
            raise BadInput(
                f"The source is HDR and says what it was mastered on, which {settings.codec} can't "
                "carry here: take x264, x265 or av1."
            )

    def writer(self, work: WorkFolder) -> VideoWriter:
        """For the next segment."""
        suffix = self.encoding.segment_suffix
        picture = SegmentWriter(work.segment_path(suffix), self.look, self.encoding)
        path = work.segment_path(suffix, "mask")
        mask = SegmentWriter(path, self.look, self.encoding) if self._separate else None
        return VideoWriter(picture, mask, self.encoding)

    def finish(self, work: WorkFolder, cut: Cut | None, comment: str) -> Finished:
        """The joined video, and the joined mask."""
        suffix, look = self.encoding.suffix, self.look
        staged = work.path / f"joined.{suffix}"
        segments, film = work.segments(), self._clip.pictures is None
        source = self._clip.path if film else segments[0].path  # pictures bring nothing else along
        cut = cut if film else None
        remarks = join(segments, look, source, staged, comment=comment, cut=cut)
        bits = 10 if "10" in look.pixel_format else 8
        remarks += lost_bits(self._clip, f"a film in {self.encoding.codec}", bits)
        beside = []
        if self._separate:
            masks = work.masks()
            mask = work.path / f"joined-mask.{suffix}"
            join(masks, look, masks[0].path, mask, comment=comment)
            beside.append((mask, f"{self._clip.name}.mask.{suffix}"))
        if look.pixel_format.startswith(("yuv444", "yuvj444")) and _is_odd(look.width, look.height):
            size = f"{look.width}x{look.height}"
            remarks.append(f"{size} is odd and kept in 4:4:4, which some hardware players refuse.")
        if look.dynamic:
            remarks.append(
                f"The source has {look.dynamic} for single frames, which is left out; its "
                "HDR stays."
            )
        return Finished(
            staged,
            f"{self._clip.name}.{suffix}",
            beside,
            remarks=remarks,
            shows=not self.encoding.alpha,
        )


class VideoWriter:
    """One segment, and the same of the mask."""

    def __init__(
        self, picture: SegmentWriter, mask: SegmentWriter | None, encoding: Encoding
    ) -> None:
        self._picture, self._mask, self._encoding = picture, mask, encoding

    def write(self, item: FrameInFlight) -> None:
        """Encode a frame."""
        frame = item.frame
        if self._encoding.alpha:
            aim = self._encoding.encoded_format(frame.format.name)
            frame = with_alpha(frame, covered(item), aim)
        if self._mask:
            self._mask.write(grey(covered(item), frame), item.pts)
        self._picture.write(frame, item.pts)

    def close(self) -> Made:
        """Close both."""
        made = self._picture.close()
        size = made.path.stat().st_size
        if not self._mask:
            return Made(made, size)
        mask = self._mask.close().path
        return Made(made, size, mask.name, mask.stat().st_size)

    def abandon(self) -> None:
        """Give both up."""
        self._picture.abandon()
        if self._mask:
            self._mask.abandon()


def _is_odd(width: int, height: int) -> bool:
    return bool(width % 2 or height % 2)
