"""Footage out of the project into its trash, after a question, and back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine import discard
from engine.errors import NothingToDo
from engine.project import Source
from fstui.i18n import tr, tr_n
from fstui.model import words
from fstui.widgets.confirm import Confirm

if TYPE_CHECKING:
    from fstui.rooms.media import MediaRoom

NAMES_SHOWN = 3


def ask_to_remove(room: MediaRoom, sources: Sequence[Source]) -> None:
    """Say what goes, with count and size, then move it if that is wanted."""

    def weigh() -> None:
        weight = discard.weigh(room.studio.session.writable(), sources)
        room.app.call_from_thread(_ask, room, weight)

    room.act(weigh)


def _ask(room: MediaRoom, weight: discard.Weight) -> None:
    def go(yes: bool | None) -> None:
        if yes:
            room.act(lambda: discard.discard(room.studio.session.writable(), weight.sources))

    question = Confirm(_question(weight), _lost(weight), act=tr("Move it"), keep=tr("Keep"))
    room.app.push_screen(question, go)


def _question(weight: discard.Weight) -> str:
    count = len(weight.sources)
    names = ", ".join(Path(source.path).name for source in weight.sources[:NAMES_SHOWN])
    asked = tr_n(
        "Put {n} clip into the trash: {names}?", "Put {n} clips into the trash: {names}?", count
    )
    return asked.format(n=count, names=f"{names} ..." if count > NAMES_SHOWN else names)


def _lost(weight: discard.Weight) -> str:
    lost = tr("{size} and {faces} go along; u takes it all back.").format(
        size=words.size(weight.bytes), faces=words.plural(weight.faces, "face")
    )
    if not weight.outside:
        return lost
    stays = tr_n(
        "{n} file lies outside the project and stays where it is.",
        "{n} files lie outside the project and stay where they are.",
        weight.outside,
    )
    return f"{lost} {stays.format(n=weight.outside)}"


def take_back(room: MediaRoom) -> None:
    """Take back what went into the trash last."""

    def act() -> None:
        project = room.studio.session.writable()
        found = discard.thrown(project)
        if not found:
            raise NothingToDo(tr("No footage is in the trash of this project."))
        back = discard.take_back(project, found[0][0])
        said = tr_n("{n} clip is back.", "{n} clips are back.", len(back))
        room.app.call_from_thread(room.say, said.format(n=len(back)))

    room.act(act)
