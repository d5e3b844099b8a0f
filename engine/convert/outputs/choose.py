"""The output that settings name."""

from __future__ import annotations

from engine.convert.clip import Clip
from engine.convert.outputs.animation import AnimationOutput
from engine.convert.outputs.base import Output
from engine.convert.outputs.patches import PatchOutput
from engine.convert.outputs.pictures import PicturesOutput
from engine.convert.outputs.video import VideoOutput
from engine.errors import BadInput
from engine.settings import ConvertSettings, changed

KINDS: dict[str, type] = {
    "video": VideoOutput,
    "pictures": PicturesOutput,
    "gif": AnimationOutput,
    "webp": AnimationOutput,
    "patch": PatchOutput,
}


OF_VIDEO = ("codec", "container", "tune", "crf", "preset")
OF: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(OF_VIDEO, ("video",)),
    "picture": ("pictures", "patch"),
    "quality": ("pictures", "webp"),
    "fps": ("video", "gif", "webp"),
}
"""The writers that a setting is for, where it isn't for all of them."""


def output_of(clip: Clip, settings: ConvertSettings) -> Output:
    """For one clip. Raises `BadInput` or `NotPossible` where it can't be written so."""
    for name in changed(settings):
        if settings.writer not in OF.get(name, KINDS):
            default = getattr(ConvertSettings(), name)
            raise BadInput(
                f"{name} is a setting of the writer {' or '.join(OF[name])}, and the writer is "
                f"{settings.writer}: leave {name} at {default}."
            )
    made: Output = KINDS[settings.writer](clip, settings)
    return made
