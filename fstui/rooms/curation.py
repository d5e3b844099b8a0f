"""What the user decides about faces in the faces room, and the way back; faces.db is written in a
thread, through the same functions as the command line's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from engine import curate
from engine.curate import Decision, Shape
from engine.errors import FstuiError
from engine.project import Project
from engine.store import Store
from fstui.i18n import tr
from fstui.model import words
from fstui.model.undo import Undo
from fstui.threads import begin_thread

if TYPE_CHECKING:
    from fstui.rooms.faces import Faces

Marks = frozenset[str]
Decisions = list[Decision]
Edit = tuple[int, Shape]
Step = Marks | Decisions | Edit
"""One side of what can be undone: which faces are marked, what was decided, a face's shape."""


class Curation:
    """The decisions about one project's faces since it was opened."""

    def __init__(self, room: Faces, project: Project) -> None:
        self._room = room
        self.project = project
        self.steps: Undo[Step] = Undo()
        self._jobs: deque[Callable[[], None]] = deque()

    def marked(self, before: Marks, after: Marks) -> None:
        """Other faces are marked."""
        self.steps.push(before, after)

    def decide(self, faces: list[int], verb: str, single: bool) -> None:
        """Reject or keep faces; behind a single one the cursor goes on."""

        def act() -> Callable[[], object]:
            with Store(self.project.db_path) as store:
                before = curate.decisions(store, faces)
                if verb == "reject":
                    curate.reject(store, faces)
                else:
                    curate.keep(store, self.project, faces)
                after = curate.decisions(store, faces)
            return partial(self._decided, before, after, verb, single)

        self._in_thread(act)

    def _decided(self, before: Decisions, after: Decisions, verb: str, single: bool) -> None:
        self.steps.push(before, after)
        browser = self._room.browser
        if single:
            browser.reload(then=partial(browser.step_from, browser.view.face))
            return
        rejected, kept = (
            tr("{faces} rejected; u takes it back."),
            tr("{faces} kept; u takes it back."),
        )
        said = rejected if verb == "reject" else kept
        self._room.say(said.format(faces=words.plural(len(after), "face")))
        browser.put_marks(())
        browser.reload()

    def save(self, face: int, shape: Shape, then: Callable[[], object]) -> None:
        """Store an edited face."""

        def act() -> Callable[[], object]:
            with Store(self.project.db_path) as store:
                before = curate.shape_of(store, face)
                after = curate.edit(store, face, shape)
            return partial(self._saved, face, before, after, then)

        self._in_thread(act)

    def _saved(self, face: int, before: Shape, after: Shape, then: Callable[[], object]) -> None:
        self.steps.push((face, before), (face, after))
        self._changed([face])
        then()

    def undo(self) -> None:
        """Have it as it was before the last step."""
        self._put(self.steps.undo(), self.steps.redo)

    def redo(self) -> None:
        """Have it as it was before it was undone."""
        self._put(self.steps.redo(), self.steps.undo)

    def _put(self, step: Step | None, back: Callable[[], object]) -> None:
        """Make a side of a step hold; where that fails the step is as it was."""
        if step is None:
            return
        if isinstance(step, frozenset):
            self._room.browser.put_marks(step)
            return

        def act() -> Callable[[], object]:
            with Store(self.project.db_path) as store:
                if isinstance(step, tuple):
                    curate.put_shape(store, *step)
                    faces = [step[0]]
                else:
                    curate.put_back(store, step)
                    faces = [decision.face for decision in step]
            return partial(self._changed, faces)

        self._in_thread(act, back)

    def _changed(self, faces: list[int]) -> None:
        self._room.browser.look_anew(faces)

    def _in_thread(
        self, act: Callable[[], Callable[[], object]], failed: Callable[[], object] | None = None
    ) -> None:
        """Do something to faces.db in a thread, then what it answers in the interface's; an error
        is said. What is asked for next waits: decisions keep their order."""
        app = self._room.app

        def run() -> None:
            try:
                self._room.studio.session.writable()
                then = act()
            except FstuiError as error:
                text = str(error)
                if failed is not None:
                    app.call_from_thread(failed)
                app.call_from_thread(self._room.say, text, severity="error", timeout=10)
                return
            app.call_from_thread(then)

        self._jobs.append(run)
        if len(self._jobs) == 1:
            begin_thread(self._room, self._work_off, group="curate")

    def _work_off(self) -> None:
        """All that was asked for, in its order; one worker at a time."""
        while self._jobs:
            self._jobs[0]()
            self._jobs.popleft()
