"""The convert room: the target on its timeline, how far the conversion is, its last frame before
and after, and the finished videos."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.widget import Widget

from engine.protocol import safe_text
from engine.settings import as_list, listed
from fstui import keymap
from fstui.i18n import later, tr, tr_n
from fstui.model import segments
from fstui.model.jobview import JobView
from fstui.model.overview import Overview
from fstui.model.segments import Segments, is_whole
from fstui.model.target import Target, of_target
from fstui.model.undo import Undo
from fstui.rooms.forecast import outlook_lines
from fstui.rooms.lines import Line, Lines
from fstui.rooms.stage import StageRoom, lacks, message_lines, pace_line, stage_words, state_line
from fstui.rooms.where import frame_words
from fstui.rooms.writes import Act, Then, Writes
from fstui.widgets.progress import Progress
from fstui.widgets.timeline import Timeline


class Convert(StageRoom):
    """Timeline, progress, and the last frame before and after."""

    room = "convert"
    stage = "convert"
    panes = ("#timeline", "#picture")
    no_picture = later("The last converted frame shows here; r shows one before converting.")
    CSS_PATH = "../styles/convert.tcss"
    BINDINGS: ClassVar[list[Any]] = keymap.bindings(
        *("preview", "people", "mark_range", "mark_all", "undo", "redo"),
        *("shots", "report", "tools"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._target: Target | None = None
        """As it was told last; of the open project."""
        self._undo: Undo[dict[str, str]] = Undo()
        """Settings of `RANGES`."""
        self._writes = Writes(self)

    def body(self) -> Iterable[Widget]:
        """Facts, timeline with what is under its cursor, progress, picture, the ending."""
        yield Lines(id="facts")
        yield Timeline(id="timeline")
        yield Lines(id="where", wrap=True)
        yield Progress(id="progress")
        yield self.previews()
        yield Lines(id="ending", wrap=True, bottom=True)

    def asks(self) -> tuple[Callable[[], object | None], ...]:
        """The target's clips too."""
        project = self.studio.session.project
        if project is None:
            return ()
        if self._target is not None and self._target.path != project.path:
            self._target, self._undo = None, Undo()
        return (*super().asks(), of_target(project.path))

    def news(self, update: object = None) -> None:
        """Take the target's news."""
        project = self.studio.session.project
        if isinstance(update, Target) and project is not None and update.path == project.path:
            self._target = update
        super().news(update)

    # --- what is shown ------------------------------------------------------------------------

    def show(self) -> None:
        """The stage's parts, and the timeline."""
        super().show()
        timeline = self.query_one(Timeline)
        timeline.show(self._target.clips if self._target else [])
        self._show_where()

    def facts(self, job: JobView | None) -> list[Line]:
        """State and pace; before that runs, what stands before it; results."""
        overview = self.studio.session.overview
        made = overview is not None and overview.results
        idle = tr("Not at work: {state}.") if made else tr("Nothing was converted yet: {state}.")
        lines = [state_line(job, idle.format(state=stage_words(overview, self.stage)))]
        if job is not None:
            lines += [pace_line(job)] if job.running else message_lines(job)
        if self._target is not None and not (job and job.running):
            lines += outlook_lines(self._target.outlook, key=keymap.named("people"))
        return lines + result_lines(overview)

    @on(Timeline.Moved)
    def _moved(self) -> None:
        self._show_where()
        self.refresh_bindings()

    def _show_where(self) -> None:
        """What is under the cursor."""
        timeline, where = self.query_one(Timeline), self.query_one("#where", Lines)
        if timeline.clip is not None:
            where.show([frame_words(timeline.clip, timeline.frame, timeline.mark)])
        elif self._target is not None:
            none = tr("The timeline shows the target's clips once they are extracted (2, then s).")
            problem = self._target.problem
            where.show([[(f"! {problem}", "bad")] if problem else [(none, "muted")]])
        else:
            where.show([["..."]])

    # --- keys ---------------------------------------------------------------------------------

    def keys_depend_on(self) -> tuple[object, ...]:
        """The timeline's clips and what can be undone, beside the job."""
        clip = self._clip
        clips = (clip.name, clip.chosen, bool(clip.done)) if clip else ()
        return (*super().keys_depend_on(), clips, len(self._undo), self._undo.undone)

    @property
    def _clip(self) -> Segments | None:
        return next((pane.clip for pane in self.query(Timeline)), None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A preview needs what a conversion does, the timeline's keys a clip."""
        session, clip = self.studio.session, self._clip
        if action == "preview" and lacks(session.overview, self.stage):
            return False
        if action in ("mark_range", "mark_all", "undo", "redo"):
            return clip is not None and not session.readonly and self._may_choose(action)
        if action == "shots":
            return clip is not None and not session.readonly
        if action == "report":
            return bool(session.overview and session.overview.results)
        return super().check_action(action, parameters)

    def _may_choose(self, action: str) -> bool:
        """Whether there is something to choose, or to take back."""
        clips = self._target.clips if self._target else []
        return {
            "mark_range": self.query_one(Timeline).mark is not None,
            "mark_all": not all(is_whole(clip) for clip in clips),
            "undo": len(self._undo) > 0 or self._writes.busy,
            "redo": self._undo.undone > 0 or self._writes.busy,
        }[action]

    def words_for(self, action: str) -> str:
        """What marking means here."""
        if action == "mark_range":
            return tr("swap from [ to here, or leave it out")
        if action == "mark_all":
            return tr("swap all frames of all clips")
        return super().words_for(action)

    def action_preview(self) -> None:
        """Convert's settings with a frame as they make it."""
        self.ask_settings(self.stage, looking=True)

    @on(Timeline.Chosen)
    def _look(self, event: Timeline.Chosen) -> None:
        """The frame under the cursor, before and after."""
        clip = event.timeline.clip
        if clip is not None and self.check_action("preview", ()):
            at = (clip.name, event.timeline.frame + 1)
            self.ask_settings(self.stage, looking=True, at=at)

    # --- which frames are swapped -------------------------------------------------------------

    def action_mark_range(self) -> None:
        """Swap the frames from the mark to the cursor too or, where they are, leave them out."""
        project, timeline = self.studio.session.project, self.query_one(Timeline)
        clip, mark = timeline.clip, timeline.mark
        if project is None or clip is None or mark is None:
            return

        def choose() -> None:
            frames = segments.turned(clip, mark, timeline.frame)
            several = self._target is not None and len(self._target.clips) > 1
            alone = several or bool(project.settings(self.stage).get("clips"))
            self.choose({"frames": frames, "clips": as_list([clip.file]) if alone else ""})

        if self.attempt(choose):
            timeline.mark = None
            timeline.repaint()

    def action_mark_all(self) -> None:
        """Swap all frames again."""
        self.choose({})

    def choose(self, values: dict[str, str]) -> None:
        """Write which frames are swapped."""
        steps = self._undo
        self._choose(lambda: values, lambda before: steps.push(before, values))

    def action_undo(self) -> None:
        """As it was before the last choice."""
        self._choose(self._undo.undo, failed=self._undo.redo)

    def action_redo(self) -> None:
        """The choice that was undone last."""
        self._choose(self._undo.redo, failed=self._undo.undo)

    def _choose(
        self,
        take: Callable[[], dict[str, str] | None],
        done: Callable[[dict[str, str]], object] = lambda _before: None,
        *,
        failed: Callable[[], object] = lambda: None,
    ) -> None:
        """Write the frames that `take` gives when it is their turn; `done` is told what they were,
        and `failed` has the steps as they were."""
        session, project, steps = self.studio.session, self.studio.session.project, self._undo

        def turn() -> Act | None:
            values = take()
            if project is None or values is None:
                return None

            def act() -> Then:
                session.require_writing()
                before = segments.choose(project, values)
                return partial(told, before, values)

            return act

        def told(before: dict[str, str], values: dict[str, str]) -> None:
            done(before)
            if steps is self._undo:  # else another project is open by now
                self._chosen(values)

        def say(text: str) -> None:
            failed()
            self.say(text, severity="error", timeout=10)

        self._writes.add(turn, say)

    def _chosen(self, values: dict[str, str]) -> None:
        """Say what is swapped now."""
        frames, clips = values.get("frames", ""), ", ".join(listed(values.get("clips", "")))
        if frames:
            only = tr("Only frames {frames} of {clip} are swapped now; u takes it back.")
            shown = clips or (self._clip.file if self._clip else "")
            self.say(only.format(frames=frames, clip=shown))
        else:
            self.say(tr("All frames are swapped now."))
        self.studio.tail.poke()
        self.news()

    async def on_unmount(self) -> None:
        """What was chosen is written."""
        self._undo = Undo()
        await self._writes.finished()

    # --- other screens ------------------------------------------------------------------------

    def action_people(self) -> None:
        """Record who a side shows and on what ground."""
        from fstui.rooms.people import People

        if (project := self.studio.session.project) is not None:
            self.app.push_screen(People(project), self._changed)

    def action_shots(self) -> None:
        """Shots of the clip under the cursor."""
        from fstui.rooms.shots import Shots

        project, timeline = self.studio.session.project, self.query_one(Timeline)
        if project is not None and timeline.clip is not None:
            screen = Shots(project, timeline.clip.name, timeline.frame)
            self.app.push_screen(screen, self._changed)

    def action_report(self) -> None:
        """Figures and worst frames of what was converted."""
        from fstui.rooms.report import ReportView

        if (project := self.studio.session.project) is not None:
            self.app.push_screen(ReportView(project, self._clip.name if self._clip else ""))

    def action_tools(self) -> None:
        """Tools for films outside the project."""
        from fstui.rooms.tools import Tools

        self.app.push_screen(Tools(), self._changed)

    def _changed(self, done: object) -> None:
        if done:
            self.reload()


def result_lines(overview: Overview | None) -> list[Line]:
    """The newest result with its path, to be copied from the box."""
    if overview is None or not overview.results:
        return []
    count = len(overview.results)
    words = tr_n("{n} result: ", "{n} results, the newest: ", count).format(n=count)
    return [[(words, "accent"), safe_text(str(overview.results[0]))]]


ROOM = Convert
