"""Which frames of a clip are swapped, and whether the others are in the result."""

from __future__ import annotations

import dataclasses

from engine.convert.clip import Clip
from engine.convert.preflight import require_ranges
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
    shown, pictures = safe_text(clip.path.name), clip.pictures
    if pictures and settings.times:
        raise BadInput(f"{shown} has pictures, which have no times: name frames in place of times.")
    require_ranges(settings)
    whole = not (settings.frames or settings.times)
    if whole and not (pictures and pictures.problem):
        return clip
    wanted = ExtractSettings(frames=settings.frames, times=settings.times)
    selection = Selection.of(wanted, clip.path, clip.info)
    faces = {i: found for i, found in clip.faces.items() if selection.wanted(i)}
    if not faces:
        raise NothingToDo(f"{shown} has no face in the frames that are named.")
    drop = settings.outside == "drop"
    if pictures:
        return dataclasses.replace(clip, faces=faces, cut=_of_pictures(clip, selection, drop))
    times = packet_times(clip.path) if drop else []
    cut = Cut.of(selection.spans, times, clip.info.time_base) if drop else None
    tracks = [[place for place in track if place[0] in faces] for track in clip.tracks]
    return dataclasses.replace(clip, faces=faces, cut=cut, tracks=[t for t in tracks if t])


def _of_pictures(clip: Clip, selection: Selection, drop: bool) -> Cut | None:
    """The pictures that can be read and are wanted, closed up; None if that is all of them."""
    assert clip.pictures is not None
    kept = [i for i in clip.pictures.heads if not drop or selection.wanted(i)]
    if len(kept) == clip.frames:
        return None
    firsts = [i for i, before in zip(kept, [-2, *kept], strict=False) if i != before + 1]
    behind = [i + 1 for i, after in zip(kept, [*kept[1:], -2], strict=True) if i + 1 != after]
    spans = list(zip(firsts, behind, strict=True))
    return Cut.of(spans, range(clip.frames), clip.info.time_base)
