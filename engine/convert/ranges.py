"""Which frames of a clip are swapped, and whether the others are in the result."""

from __future__ import annotations

import dataclasses

from engine.convert.clip import Clip
from engine.errors import BadInput, NothingToDo
from engine.extract.selection import Selection
from engine.media.cut import Cut
from engine.media.read import packet_times
from engine.protocol import safe_text
from engine.settings import ConvertSettings, ExtractSettings


def ranged(clip: Clip, settings: ConvertSettings) -> Clip:
    """The clip with the faces of the wanted frames only, and cut to them if the others are dropped.

    Raises `NothingToDo` where no face is left, `BadInput` for ranges that can't be read.
    """
    if not (settings.frames or settings.times):
        if settings.outside == "drop":
            raise BadInput("Outside is drop, but neither frames nor times say outside of what.")
        return clip
    wanted = ExtractSettings(frames=settings.frames, times=settings.times)
    selection = Selection.of(wanted, clip.path, clip.info)
    faces = {i: found for i, found in clip.faces.items() if selection.wanted(i)}
    if not faces:
        raise NothingToDo(f"{safe_text(clip.path.name)} has no face in the frames that are named.")
    cut = None
    if settings.outside == "drop":
        cut = Cut.of(selection.spans, packet_times(clip.path), clip.info.time_base)
    return dataclasses.replace(clip, faces=faces, cut=cut)
