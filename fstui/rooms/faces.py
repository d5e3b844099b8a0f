"""The faces room: extraction of both sides and the target."""

from __future__ import annotations

from typing import Any

from engine.project import SIDES
from fstui.model import words
from fstui.model.eventwords import rejection_words
from fstui.model.jobview import JobView
from fstui.model.overview import SideCount
from fstui.rooms.lines import Line
from fstui.rooms.stage import StageRoom, lacks, message_line, pace_line, stage_words, state_line


class Faces(StageRoom):
    """How far extraction is and what it found."""

    room = "faces"
    stage = "extract"
    no_picture = "The last frame shows here while faces are extracted."

    def facts(self, job: JobView | None) -> list[Line]:
        """State, pace, faces of each side."""
        overview = self.studio.session.overview
        bare = lacks(overview, self.stage)
        how = stage_words(overview, self.stage) if bare else "press s"
        lines = [state_line(job, f"Faces were not extracted yet: {how}.")]
        if job is not None and job.running:
            lines += [pace_line(job), found_line(job.figures)]
        if overview is not None:
            lines += [side_line(overview.sides[s]) for s in SIDES if s in overview.sides]
        if job is not None and not job.running:
            lines.append(message_line(job))  # last: it may wrap, and the sides must stay
        return lines


def found_line(figures: dict[str, Any]) -> Line:
    """`412 faces so far, 1.03 a frame; 3 faces rejected: 3 too small`."""
    faces, each = figures.get("faces"), figures.get("per_frame")
    found = f"{words.plural(faces, 'face')} so far" if isinstance(faces, int) else ""
    found += f", {each:.2f} a frame" if found and isinstance(each, float | int) else ""
    rejected = rejection_words(figures.get("rejected"))
    return [found, ("; " if found and rejected else "", "muted"), (rejected, "warn")]


def side_line(count: SideCount) -> Line:
    """`A  1 180 faces in 1 204 frames (98 % have one), 2 of 2 sources done`."""
    name = count.side.upper() if len(count.side) == 1 else count.side
    if not count.sources:
        return [(f"{name:<7}", "accent"), ("needs footage: 1, then a", "warn")]
    share = f" ({100 * count.frames_with_face // count.frames} % have one)" if count.frames else ""
    return [
        (f"{name:<7}", "accent"),
        f"{words.plural(count.faces, 'face')} in {words.plural(count.frames, 'frame')}{share}",
        (f", {count.done} of {words.plural(count.sources, 'source')} done", "muted"),
    ]


ROOM = Faces
