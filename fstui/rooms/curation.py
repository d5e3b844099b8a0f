"""What the user decides about faces in the faces room, and the way back; faces.db is written in a
thread, through the same functions as the command line's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from engine import curate
from engine.curate import Decision, Shape
from engine.project import Project
from engine.store import Store
from fstui.i18n import tr
from fstui.model import words
from fstui.model.undo import Undo
from fstui.rooms.browser import Marks
from fstui.rooms.writes import Act, Then, Writes

if TYPE_CHECKING:
    from fstui.rooms.faces import Faces

Decisions = list[Decision]
Edit = tuple[int, Shape]
Step = Marks | Decisions | Edit
"""One side of what can be undone: a change of marks, what was decided, a face's shape."""


class Curation:
    """The decisions about one project's faces since it was opened."""

    def __init__(self, room: Faces, project: Project) -> None:
        self._room = room
        self.project = project
        self.steps: Undo[Step] = Undo()
        self.writes = Writes(room)

    @property
    def is_shown(self) -> bool:
        """Whether the room still shows this project: a write may end when another is open."""
        return self is self._room.curation

    @property
    def may_undo(self) -> bool:
        """Whether there is a step to take back, or may be one when all is written."""
        return len(self.steps) > 0 or self.writes.busy

    @property
    def may_redo(self) -> bool:
        """Whether there is a step to do again, or may be one when all is written."""
        return self.steps.undone > 0 or self.writes.busy

    def marked(self, marks: Marks) -> None:
        """Other faces are marked."""
        self.steps.push(marks.back, marks)

    def decide(self, faces: list[int], verb: str, single: bool) -> None:
        """Reject or keep faces; behind a single one the cursor goes on."""

        def act() -> Then:
            with self._store() as store:
                before = curate.decisions(store, faces)
                if verb == "reject":
                    curate.reject(store, faces)
                else:
                    curate.keep(store, self.project, faces)
                after = curate.decisions(store, faces)
            return partial(self._decided, before, after, verb, single)

        self._write(lambda: act)

    def _decided(self, before: Decisions, after: Decisions, verb: str, single: bool) -> None:
        browser = self._room.browser
        if self.is_shown and not single and browser.marked:
            self.marked(browser.all_off)  # before the decision: `u` takes that back first
            browser.put_marks(browser.all_off)
        self.steps.push(before, after)
        if not self.is_shown:
            return
        if single:
            browser.reload(then=partial(browser.step_from, browser.view.face))
            return
        rejected, kept = (
            tr("{faces} rejected; u takes it back."),
            tr("{faces} kept; u takes it back."),
        )
        said = rejected if verb == "reject" else kept
        self._room.say(said.format(faces=words.plural(len(after), "face")))
        browser.reload()

    def save(self, face: int, shape: Shape, then: Callable[[], object]) -> None:
        """Store an edited face."""

        def act() -> Then:
            with self._store() as store:
                before = curate.shape_of(store, face)
                after = curate.edit(store, face, shape)
            return partial(self._saved, face, before, after, then)

        self._write(lambda: act)

    def _saved(self, face: int, before: Shape, after: Shape, then: Callable[[], object]) -> None:
        self.steps.push((face, before), (face, after))
        self._changed([face])
        then()

    def undo(self) -> None:
        """Have it as it was before the last step."""
        self._write(lambda: self._put(self.steps.undo()), failed=self.steps.redo)

    def redo(self) -> None:
        """Have it as it was before it was undone."""
        self._write(lambda: self._put(self.steps.redo()), failed=self.steps.undo)

    def _put(self, step: Step | None) -> Act | None:
        """What makes a side of a step hold in faces.db; marks are only on the screen."""
        if step is None:
            return None
        if isinstance(step, Marks):
            if self.is_shown:
                self._room.browser.put_marks(step)
            return None

        def act() -> Then:
            with self._store() as store:
                if isinstance(step, tuple):
                    curate.put_shape(store, *step)
                    faces = [step[0]]
                else:
                    curate.put_back(store, step)
                    faces = [decision.face for decision in step]
            return partial(self._changed, faces)

        return act

    def _changed(self, faces: list[int]) -> None:
        if self.is_shown:
            self._room.browser.look_anew(faces)

    @contextmanager
    def _store(self) -> Iterator[Store]:
        """faces.db, to be changed. Raises `Refused` under `--readonly`."""
        self._room.studio.session.require_writing()
        with Store(self.project.db_path) as store:
            yield store

    def _write(
        self, turn: Callable[[], Act | None], failed: Callable[[], object] = lambda: None
    ) -> None:
        """Do something to faces.db; an error is said, and `failed` has the steps as they were."""

        def say(text: str) -> None:
            failed()
            said = text if self.is_shown else f"{self.project.name}: {text}"
            self._room.say(said, severity="error", timeout=10)

        self.writes.add(turn, say)
