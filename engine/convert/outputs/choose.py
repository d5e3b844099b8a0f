"""The output that settings name."""

from __future__ import annotations

from engine.convert.clip import Clip
from engine.convert.outputs.animation import AnimationOutput
from engine.convert.outputs.base import Output
from engine.convert.outputs.patches import PatchOutput
from engine.convert.outputs.pictures import PicturesOutput
from engine.convert.outputs.video import VideoOutput
from engine.settings import ConvertSettings

KINDS: dict[str, type] = {
    "video": VideoOutput,
    "pictures": PicturesOutput,
    "gif": AnimationOutput,
    "webp": AnimationOutput,
    "patch": PatchOutput,
}


def output_of(clip: Clip, settings: ConvertSettings) -> Output:
    """For one clip. Raises `BadInput` or `NotPossible` where it can't be written so."""
    made: Output = KINDS[settings.writer](clip.path, clip.name, settings)
    return made
