"""Video codecs that results are encoded with: their containers, pixel formats and options.

One table says what each can do; what can't be done is refused with a sentence before the first
frame is decoded. Options are named as FFmpeg's encoders name them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import av

from engine.errors import BadInput, NotPossible
from engine.media.hdr import Mastering
from engine.media.limits import MAX_SIDE_PX
from engine.protocol import safe_text

PRESETS = ("ultrafast", "veryfast", "fast", "medium", "slow")
TUNES = ("film", "animation", "grain", "stillimage", "fastdecode", "zerolatency", "psnr", "ssim")

MUXERS = {"mp4": "mp4", "mov": "mov", "mkv": "matroska", "webm": "webm"}
"""FFmpeg's names of the containers."""
NVENC_TRIAL_PX = 256
"""Side of the frame that tells whether NVENC works; it refuses much smaller ones."""


class Codec(NamedTuple):
    """What one codec can do."""

    encoder: str
    containers: tuple[str, ...]
    """The first is the one that is taken if none is named."""
    formats: tuple[str, ...]
    """Working formats that it takes."""
    alpha: tuple[str, ...] = ()
    """Formats with transparency that it takes."""
    rated: bool = True
    """Whether it has a quality (crf) and presets."""
    tunes: tuple[str, ...] = ()
    keeps_sampling: bool = False
    """Whether 4:2:2 and 4:4:4 stay; else all with even sides becomes 4:2:0."""
    mastering: bool = False
    """Whether it carries what an HDR picture was mastered on."""
    most: tuple[int, int] = (MAX_SIDE_PX, MAX_SIDE_PX)
    """Width and height of its largest picture."""


_MP4 = ("mp4", "mov", "mkv")
_H26X = ("yuv420p", "yuvj420p", "yuv444p", "yuvj444p", "yuv420p10le", "yuv444p10le")
_NVENC = ("yuv420p", "yuv444p", "yuv420p10le")

CODECS: dict[str, Codec] = {
    "x264": Codec("libx264", _MP4, _H26X, tunes=TUNES, mastering=True),
    "x265": Codec(
        "libx265",
        _MP4,
        _H26X,
        tunes=("animation", "grain", "fastdecode", "zerolatency", "psnr", "ssim"),
        mastering=True,
    ),
    "vp9": Codec("libvpx-vp9", ("webm", "mkv", "mp4"), ("yuv420p", "yuv444p"), ("yuva420p",)),
    "av1": Codec(
        "libsvtav1",
        ("mp4", "webm", "mkv"),
        ("yuv420p", "yuv420p10le"),
        mastering=True,
        most=(16_384, 8_704),
    ),
    "prores": Codec(
        "prores_ks",
        ("mov", "mkv"),
        ("yuv422p10le", "yuv444p10le"),
        ("yuva444p10le",),
        rated=False,
        keeps_sampling=True,
    ),
    "ffv1": Codec(
        "ffv1",
        ("mkv",),
        ("yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le"),
        ("yuva420p", "yuva422p", "yuva444p", "yuva420p10le", "yuva422p10le", "yuva444p10le"),
        rated=False,
        keeps_sampling=True,
    ),
    "h264_nvenc": Codec("h264_nvenc", _MP4, ("yuv420p", "yuv444p"), most=(4_096, 4_096)),
    "hevc_nvenc": Codec("hevc_nvenc", _MP4, _NVENC, most=(8_192, 8_192)),
    "av1_nvenc": Codec(
        "av1_nvenc", ("mp4", "mkv"), ("yuv420p", "yuv420p10le"), most=(8_192, 8_192)
    ),
}

_SPEED: dict[str, tuple[str, ...]] = {
    "libsvtav1": ("12", "10", "8", "6", "4"),
    "libvpx-vp9": ("8", "5", "4", "2", "1"),
    "h264_nvenc": ("p1", "p2", "p4", "p5", "p7"),
    "hevc_nvenc": ("p1", "p2", "p4", "p5", "p7"),
    "av1_nvenc": ("p1", "p2", "p4", "p5", "p7"),
}
"""The encoders' own words for `PRESETS`."""
_CRF_MAX = {"libsvtav1": 63, "libvpx-vp9": 63}
"""Where quality isn't counted to 51, it is stretched to the encoder's own scale."""


@dataclass(frozen=True)
class Encoding:
    """How a video is encoded."""

    codec: str = "x264"
    container: str = ""
    """None is the codec's first."""
    crf: int = 18
    """0 best to 51, x264's scale."""
    preset: str = "fast"
    tune: str = ""
    """None is the encoder's own."""
    alpha: bool = False
    """Whether the mask goes along as transparency."""

    @property
    def made(self) -> Codec:
        """What the codec can do."""
        return CODECS[self.codec]

    @property
    def suffix(self) -> str:
        """Of the finished file, without a dot."""
        return self.container or self.made.containers[0]

    @property
    def segment_suffix(self) -> str:
        """Of the segments: MP4 keeps times exactly; where it can't, what comes nearest."""
        if self.codec == "prores":
            return "mov"
        return "mkv" if self.codec == "ffv1" or self.alpha else "mp4"

    def check(self) -> None:
        """Raise `BadInput` where the parts don't go together, `NotPossible` where this machine or
        this build of FFmpeg has no such encoder."""
        made = self.made
        if self.suffix not in made.containers:
            raise BadInput(
                f"{self.codec} doesn't go into {self.suffix}: the container can be "
                f"{_either(made.containers)}."
            )
        if self.tune and self.tune not in made.tunes:
            known = f"it has {_either(made.tunes)}" if made.tunes else "leave tune at none"
            raise BadInput(f"{self.codec} has no tune called {self.tune}: {known}.")
        if self.alpha and (not made.alpha or self.suffix == "mp4"):
            raise BadInput(
                f"{self.codec} in {self.suffix} has no transparency: take prores (mov), vp9 (webm) "
                "or ffv1 (mkv), or a mask of its own file."
            )
        if not made.rated and (self.crf, self.preset) != (Encoding.crf, Encoding.preset):
            raise BadInput(
                f"{self.codec} has neither crf nor preset: leave them at {Encoding.crf} and "
                f"{Encoding.preset}."
            )
        _require_encoder(self.codec, made.encoder)

    def working_format(self, source: str, width: int, height: int) -> str:
        """The format that frames of `source`'s format are worked on in.

        Raises `BadInput` where the codec would lose what the source has: 10 bits, an odd side; or
        where the picture is larger than it takes.
        """
        most = self.made.most
        if width > most[0] or height > most[1]:
            raise BadInput(
                f"{self.codec} takes pictures of {most[0]}x{most[1]} at most, and these are "
                f"{width}x{height}: set a smaller output-scale or take x264 or x265."
            )
        odd = bool(width % 2 or height % 2)
        depth = "10le" if _is_deep(source) or self.codec == "prores" else ""
        full = "j" if source.startswith("yuvj") else ""
        sampling = _sampling(source) if self.made.keeps_sampling else "420"
        sampling = "444" if odd or (self.codec == "prores" and self.alpha) else sampling
        for wanted in (f"yuv{full}{sampling}p{depth}", f"yuv{sampling}p{depth}"):
            if wanted in self.made.formats and self._alpha_format(wanted):
                return wanted
        if self.codec == "prores":
            return "yuv422p10le"  # 4:2:0 goes up to the codec's own least
        if depth and f"yuv{sampling}p" in self.made.formats:
            raise BadInput(
                f"The source has more than 8 bits and {self.codec} has 8 here: take x265, av1, "
                "prores or ffv1."
            )
        raise BadInput(
            f"{width}x{height} is odd, and {self.codec} would change the size: take x264 or ffv1."
        )

    def encoded_format(self, working: str) -> str:
        """The format that the encoder is given for frames of a working format."""
        if self.alpha:
            return self._alpha_format(working)
        if self.made.encoder.endswith("nvenc") and working == "yuv420p10le":
            return "p010le"
        return working

    def _alpha_format(self, working: str) -> str:
        """The working format with transparency; itself if none is wanted, "" if there is none."""
        with_alpha = working.replace("yuv", "yuva", 1)
        return (with_alpha if with_alpha in self.made.alpha else "") if self.alpha else working

    def options(self, working: str, mastering: Mastering | None) -> dict[str, str]:
        """The encoder's options, as FFmpeg names them."""
        encoder = self.made.encoder
        found: dict[str, str] = dict(_FIXED.get(encoder, {}))
        if encoder == "prores_ks":
            found["profile"] = "4444" if "444" in working else "hq"
        if self.alpha:
            found.update(_ALPHA.get(encoder, {}))
        if self.made.rated:
            found.update(self._quality())
        if self.tune:
            found["tune"] = self.tune
        told = mastering.options(encoder) if mastering else ""
        key = _PARAMS.get(encoder)
        if key and (told or key in found):
            found[key] = ":".join(filter(None, (found.get(key, ""), told)))
        return found

    def _quality(self) -> dict[str, str]:
        encoder = self.made.encoder
        crf = round(self.crf * _CRF_MAX.get(encoder, 51) / 51)
        speed = _SPEED.get(encoder, PRESETS)[PRESETS.index(self.preset)]
        if encoder.endswith("nvenc"):
            return {"rc": "vbr", "cq": str(crf), "preset": speed}
        if encoder == "libvpx-vp9":
            deadline = "realtime" if self.preset == PRESETS[0] else "good"
            return {"crf": str(crf), "cpu-used": speed, "deadline": deadline}
        return {"crf": str(crf), "preset": speed}


_FIXED: Mapping[str, Mapping[str, str]] = {
    "libx265": {"x265-params": "log-level=error"},
    "libvpx-vp9": {"row-mt": "1"},
    "prores_ks": {"vendor": "apl0"},
    "ffv1": {"level": "3", "slicecrc": "1"},
}
_ALPHA: Mapping[str, Mapping[str, str]] = {
    "libvpx-vp9": {"auto-alt-ref": "0"},  # hidden frames have no alpha to go with
    "prores_ks": {"alpha_bits": "16"},
}
_PARAMS = {"libx264": "x264-params", "libx265": "x265-params", "libsvtav1": "svtav1-params"}
"""The option that holds an encoder's own ones."""


def _sampling(pixel_format: str) -> str:
    """420, 422 or 444: the least of them that loses nothing of a format."""
    found = av.VideoFormat(pixel_format)
    if found.is_rgb:
        return "444"
    if len(found.components) < 3:
        return "420"  # grey
    across, down = found.chroma_width(8), found.chroma_height(8)
    return "444" if across == 8 else "422" if down == 8 else "420"


def _is_deep(pixel_format: str) -> bool:
    return max(c.bits for c in av.VideoFormat(pixel_format).components) > 8


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _require_encoder(codec: str, encoder: str) -> None:
    try:
        av.Codec(encoder, "w")
    except av.codec.codec.UnknownCodecError as error:
        raise NotPossible(f"This build of FFmpeg has no {codec} encoder: take x264.") from error
    if encoder.endswith("nvenc"):
        _try_nvenc(codec, encoder)


def _try_nvenc(codec: str, encoder: str) -> None:
    """Whether the card and its driver do it can only be told by doing it."""
    context: Any = av.CodecContext.create(encoder, "w")
    context.width = context.height = NVENC_TRIAL_PX
    context.pix_fmt, context.time_base = "yuv420p", "1/25"
    try:
        context.open()
    except (av.error.FFmpegError, OSError) as error:
        words = safe_text(getattr(error, "strerror", "") or str(error)).lower()
        raise NotPossible(
            f"{codec} needs an NVIDIA card with NVENC and its driver, which can't be used here "
            f"({words}): take {'x264' if codec.startswith('h264') else 'x265'}."
        ) from error
