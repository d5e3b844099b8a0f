"""A file in the user's editor, outside the workbench: it is taken when it was checked; what is
wrong is said, with the way back into the editor."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import FstuiError
from fstui.i18n import tr
from fstui.model.drafts import Draft
from fstui.rooms.room import Room
from fstui.widgets.confirm import Confirm


def edit(room: Room, begin: Callable[[], Draft], taken: Callable[[], object]) -> None:
    """Edit a file; `taken` is called when it was changed."""

    def act() -> None:
        _edit(room, begin(), taken)

    room.attempt(act)


def _edit(room: Room, draft: Draft, taken: Callable[[], object]) -> None:
    try:
        with room.app.suspend():
            draft.edit()
    except FstuiError:
        draft.close()
        raise
    try:
        changed = draft.take()
    except FstuiError as error:
        _ask(room, draft, taken, str(error))
        return
    draft.close()
    if changed:
        room.attempt(taken)


def _ask(room: Room, draft: Draft, taken: Callable[[], object], problem: str) -> None:
    """Back into the editor is the safe choice: nothing that was typed is lost."""

    def go(throw_away: bool | None) -> None:
        if throw_away:
            draft.close()
        else:
            room.attempt(lambda: _edit(room, draft, taken))

    name = draft.path.name
    question = tr("{name} is not taken; the file is as it was.").format(name=name)
    act, keep = tr("Throw the changes away"), tr("Back to the editor")
    room.app.push_screen(Confirm(question, problem, act=act, keep=keep), go)
