"""The convert room: how far the conversion is, its last frame, and the finished videos."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.protocol import safe_text
from fstui import keymap
from fstui.model import words
from fstui.model.jobview import JobView
from fstui.model.overview import Overview
from fstui.rooms.lines import Line
from fstui.rooms.stage import StageRoom, lacks, message_line, pace_line, stage_words, state_line

RESULTS_SHOWN = 3


class Convert(StageRoom):
    """Progress with the last frame."""

    room = "convert"
    stage = "convert"
    no_picture = "The last converted frame shows here; r shows one before converting."
    BINDINGS: ClassVar[list[Any]] = keymap.bindings("preview")

    def facts(self, job: JobView | None) -> list[Line]:
        """State, pace, results."""
        overview = self.studio.session.overview
        idle = f"Nothing was converted yet: {stage_words(overview, self.stage)}."
        lines = [state_line(job, idle)]
        if job is not None:
            lines.append(pace_line(job) if job.running else message_line(job))
        return lines + result_lines(overview)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A preview needs what a conversion does."""
        if action == "preview" and lacks(self.studio.session.overview, self.stage):
            return False
        return super().check_action(action, parameters)

    def action_preview(self) -> None:
        """Convert's settings with a frame as they make it."""
        self.ask_settings(self.stage, looking=True)


def result_lines(overview: Overview | None) -> list[Line]:
    """The newest videos with their paths, to be copied from the box."""
    if overview is None or not overview.results:
        return []
    shown = overview.results[:RESULTS_SHOWN]
    lines: list[Line] = [[(f"{words.plural(len(overview.results), 'result')}:", "accent")]]
    return lines + [["  ", safe_text(str(path))] for path in shown]


ROOM = Convert
