"""Settings of the convert stage."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class ConvertSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Put B's face on A in the target footage."""

    colour: Annotated[
        Literal["none", "average", "lab"], Meta(description="match the swap's colour to the frame")
    ] = "lab"
    mask: Annotated[
        str, Meta(description="which part is replaced", extra={"folder": "extract/segment"})
    ] = "extended"
    erosion: Annotated[
        float,
        Meta(
            ge=-20,
            le=20,
            description="make the replaced part smaller; below 0 larger",
            extra={"unit": "%"},
        ),
    ] = 0.0
    blur: Annotated[
        float,
        Meta(
            ge=0,
            le=20,
            description="how soft the edge of the replaced part is",
            extra={"unit": "%"},
        ),
    ] = 5.0
    sharpen: Annotated[
        float, Meta(ge=0, le=100, description="sharpen the new face", extra={"unit": "%"})
    ] = 50.0
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
