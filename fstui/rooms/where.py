"""A frame of the target in words: the timeline read aloud."""

from __future__ import annotations

from fstui.i18n import tr
from fstui.model.report import SHORT
from fstui.model.segments import Segments
from fstui.rooms.lines import Line
from fstui.widgets.timeline import person_words


def frame_words(clip: Segments, frame: int, mark: int | None) -> Line:
    """`take.mp4 frame 37 of 72, 0:01.200: person 0; swapped; converted at iteration 60; shot from
    25 (colour mkl); worst by sharpness`."""
    words = tr("{clip} frame {frame} of {of}, {time}: ").format(
        clip=clip.file, frame=frame + 1, of=clip.frames, time=_time(clip, frame)
    )
    parts = [_seen(clip, frame), _state(clip, frame), _shot(clip, frame)]
    if why := clip.worst.get(frame):
        parts.append(tr("among the worst: {why}").format(why=tr(SHORT.get(why, why))))
    if mark is not None:
        parts.append(tr("R takes {first} to {last}").format(first=mark + 1, last=frame + 1))
    return [words + "; ".join(part for part in parts if part)]


def _time(clip: Segments, frame: int) -> str:
    """Minutes and seconds by the clip's rate."""
    minutes, seconds = divmod(frame / clip.fps if clip.fps else 0.0, 60)
    return f"{int(minutes)}:{seconds:06.3f}"


def _seen(clip: Segments, frame: int) -> str:
    """Whose faces are in the frame."""
    here = [
        person
        for person, spans in clip.faces.items()
        if any(start <= frame < (stop or clip.frames) for start, stop in spans)
    ]
    return ", ".join(map(person_words, here)) or tr("no face")


def _state(clip: Segments, frame: int) -> str:
    """Whether it is swapped and whether that is done."""

    def inside(spans: tuple[tuple[int, int | None], ...]) -> bool:
        return any(start <= frame < (stop or clip.frames) for start, stop in spans)

    chosen = tr("is swapped") if inside(clip.chosen) else tr("left out")
    if not inside(clip.done):
        return chosen
    return tr("{chosen}; converted {state}").format(chosen=chosen, state=clip.state)


def _shot(clip: Segments, frame: int) -> str:
    """The shot that the frame belongs to, and what is otherwise in it."""
    before = [shot for shot in clip.shots if shot.first <= frame]
    if not before:
        return ""
    values = ", ".join(f"{name} {value}" for name, value in before[-1].settings.items())
    words = tr("shot from {first} ({values})")
    return words.format(first=before[-1].first + 1, values=values or tr("as the job"))
