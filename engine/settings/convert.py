"""Settings of the convert stage."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from engine.settings.about import about

WHO, EDGE, DETAIL = "who is swapped", "edge of the mask", "detail"
BALANCE, OVER_TIME, OUTPUT = "balance", "over time", "output"
"""Sections of the settings; what has none comes first."""

DRAWN = ("components", "extended", "oval")
"""Masks that need no picture: they are drawn where they are wanted."""
PREDICTED = "predicted"
"""The mask that the model has learnt."""


class ConvertSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Put B's face on A in the target footage. What is `live` can be another from shot to shot."""

    colour: Annotated[
        str,
        about(
            "match the swap's colour to the frame",
            folder="convert/colours",
            also=("none",),
            live=True,
        ),
    ] = "lab"
    mask: Annotated[
        str,
        about(
            "which part; predicted is the mask that was learnt",
            folder="extract/segment",
            also=(PREDICTED,),
        ),
    ] = "extended"
    erosion: Annotated[
        float, about("make the replaced part smaller; below 0 larger", -20, 20, unit="%", live=True)
    ] = 0.0
    blur: Annotated[
        float, about("how soft the edge of the replaced part is", 0, 20, unit="%", live=True)
    ] = 5.0
    sharpen: Annotated[float, about("sharpen the new face", 0, 300, unit="%", live=True)] = 50.0

    put_in: Annotated[
        Literal["b", "a"], about("whose face is put in; a: the target shows B", group=WHO)
    ] = "b"
    clips: Annotated[
        str,
        about(
            "only these clips, commas between; empty is all",
            group=WHO,
        ),
    ] = ""
    person: Annotated[
        int, about("only this one of 'faces people'; -1 is all", -1, 100_000, group=WHO)
    ] = -1
    models: Annotated[
        str,
        about("projects whose models paint, as in 0=anna,2=carl:a", group=WHO),
    ] = ""
    filter: Annotated[
        str, about("only the people of this picture or folder", path=True, group=WHO)
    ] = ""
    nfilter: Annotated[
        str, about("not the people of this picture or folder", path=True, group=WHO)
    ] = ""
    threshold: Annotated[
        float, about("nearer identities than this are one person", 0.1, 1.5, group=WHO)
    ] = 0.5
    crops_left: Annotated[
        bool, about("only faces whose crop is still in faces/target", group=WHO)
    ] = False

    erosion_top: Annotated[
        float, about("the same at its top, besides", -50, 50, unit="%", group=EDGE, live=True)
    ] = 0.0
    erosion_bottom: Annotated[
        float, about("the same at its bottom", -50, 50, unit="%", group=EDGE, live=True)
    ] = 0.0
    erosion_left: Annotated[
        float, about("the same at its left", -50, 50, unit="%", group=EDGE, live=True)
    ] = 0.0
    erosion_right: Annotated[
        float, about("the same at its right", -50, 50, unit="%", group=EDGE, live=True)
    ] = 0.0
    blur_kind: Annotated[
        Literal["gaussian", "box"], about("how the edge is blurred", group=EDGE, live=True)
    ] = "gaussian"
    blur_passes: Annotated[
        int, about("times that it is blurred so: more are wider", 1, 8, group=EDGE, live=True)
    ] = 1
    mask_threshold: Annotated[
        float,
        about("less of the mask than this is nothing", 0, 45, unit="%", group=EDGE, live=True),
    ] = 0.0

    face_scale: Annotated[
        float,
        about(
            "make the new face larger; below 0 smaller", -10, 10, unit="%", group=DETAIL, live=True
        ),
    ] = 0.0
    sharpen_kind: Annotated[
        Literal["unsharp", "gaussian", "box"],
        about("how it is sharpened; unsharp: brightness alone", group=DETAIL, live=True),
    ] = "unsharp"
    sharpen_radius: Annotated[
        float, about("how broad the details are", 0.1, 5, unit="%", group=DETAIL, live=True)
    ] = 1.2
    sharpen_threshold: Annotated[
        float,
        about("unsharp: leave fainter details alone", 0, 20, unit="%", group=DETAIL, live=True),
    ] = 0.0
    motion_blur: Annotated[
        float,
        about(
            "blur it as it moves; 100: a shutter of 180 degrees",
            0,
            200,
            unit="%",
            group=DETAIL,
            live=True,
        ),
    ] = 0.0
    grain: Annotated[
        float,
        about("give it the frame's grain; 100: as much", 0, 200, unit="%", group=DETAIL, live=True),
    ] = 0.0

    brightness: Annotated[
        float, about("lighter, or below 0 darker", -100, 100, unit="%", group=BALANCE, live=True)
    ] = 0.0
    contrast: Annotated[
        float,
        about("more contrast, or below 0 less", -100, 100, unit="%", group=BALANCE, live=True),
    ] = 0.0
    saturation: Annotated[
        float,
        about("stronger colours, or below 0 paler", -100, 100, unit="%", group=BALANCE, live=True),
    ] = 0.0
    red: Annotated[
        float, about("more red, or below 0 less", -100, 100, unit="%", group=BALANCE, live=True)
    ] = 0.0
    green: Annotated[
        float, about("more green, or below 0 less", -100, 100, unit="%", group=BALANCE, live=True)
    ] = 0.0
    blue: Annotated[
        float, about("more blue, or below 0 less", -100, 100, unit="%", group=BALANCE, live=True)
    ] = 0.0

    smooth_points: Annotated[
        int, about("steady the face over frames each way; 0 is off", 0, 30, group=OVER_TIME)
    ] = 0
    smooth_colour: Annotated[
        int, about("steady the colours it is matched to, over frames", 0, 120, group=OVER_TIME)
    ] = 0

    crf: Annotated[
        int,
        Meta(
            ge=0,
            le=51,
            description="video quality (x264): lower is better and larger",
        ),
    ] = 18
    preset: Annotated[
        Literal["ultrafast", "veryfast", "fast", "medium", "slow"],
        Meta(description="compression (x264), slower makes smaller files"),
    ] = "fast"
    segment_frames: Annotated[
        int, Meta(ge=24, le=10_000, description="frames in a piece of the video: a stop loses one")
    ] = 240
    writer: Annotated[
        Literal["video", "pictures", "gif", "webp", "patch"],
        about("what is written; patch: each new face and its place", group=OUTPUT),
    ] = "video"
    codec: Annotated[
        Literal[
            "x264", "x265", "vp9", "av1", "prores", "ffv1", "h264_nvenc", "hevc_nvenc", "av1_nvenc"
        ],
        about("how a video is encoded", group=OUTPUT),
    ] = "x264"
    container: Annotated[
        Literal["auto", "mp4", "mov", "mkv", "webm"],
        about("file that a video is in; auto is the codec's usual", group=OUTPUT),
    ] = "auto"
    tune: Annotated[
        Literal[
            "none",
            "film",
            "animation",
            "grain",
            "stillimage",
            "fastdecode",
            "zerolatency",
            "psnr",
            "ssim",
        ],
        about("what x264 and x265 are tuned for", group=OUTPUT),
    ] = "none"
    picture: Annotated[
        Literal["png", "jpg", "tiff", "webp", "exr"],
        about("file that a picture or patch is in", group=OUTPUT),
    ] = "png"
    quality: Annotated[
        int, about("of jpg and webp: higher is better and larger", 1, 100, group=OUTPUT)
    ] = 95
    fps: Annotated[str, about("rate of a film of pictures (25), as 30000/1001", group=OUTPUT)] = ""
    output_scale: Annotated[
        float, about("size of the result; 100: as the source", 25, 400, unit="%", group=OUTPUT)
    ] = 100.0
    mask_as: Annotated[
        Literal["none", "alpha", "separate"],
        about("write masks too, as transparency or separate files", group=OUTPUT),
    ] = "none"
    frames: Annotated[
        str, about("swap only these frames, from 1, as in 1-250,300-", group=OUTPUT)
    ] = ""
    times: Annotated[str, about("swap only these times, as in 0:10-0:25.5,1:02-", group=OUTPUT)] = (
        ""
    )
    outside: Annotated[
        Literal["keep", "drop"],
        about("keep other frames unchanged, or drop them and sound", group=OUTPUT),
    ] = "keep"
    batch: Annotated[
        int, Meta(ge=1, le=32, description="faces swapped together: fewer need less memory")
    ] = 16

    # --- what is measured on the result ---
    report: Annotated[
        Literal["none", "identity", "full"],
        Meta(
            description="what is measured: nothing, likeness or all",
            extra={"group": "report"},
        ),
    ] = "full"
