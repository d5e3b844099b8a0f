"""The form that records who a side shows and on what ground."""

from __future__ import annotations

import getpass
from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Input, Static

from engine.errors import BadInput
from engine.project import Ground, Project, day
from fstui.rooms.choice import Choice
from fstui.rooms.dialog import Dialog, labelled

SIDES = ("a", "b")
SHOWS = {"a": "A, who is replaced", "b": "B, who is put in"}


class People(Dialog[bool]):
    """Name, ground and its end of both sides."""

    heading = "People: who is shown, and on what ground their face may be used"
    act = "Record"

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project

    def fields(self) -> Iterable[Widget]:
        """Three fields a side, as they are recorded now."""
        for side in SIDES:
            person = self._project.file.people.get(side)
            yield Static(SHOWS[side], classes="dialog--section")
            yield labelled("Name", Input(person.name if person else "", id=f"name-{side}"))
            grounds = [(ground.value, ground) for ground in Ground]
            chosen = person.ground if person else None
            yield labelled("Ground", Choice(grounds, chosen, id=f"ground-{side}"))
            until = Input(
                person.until if person else "",
                placeholder="2027-03-31, or empty: for good",
                id=f"until-{side}",
            )
            yield labelled("Until", until)

    def accept(self) -> bool:
        """Write what is complete; refuse halves."""
        changes = []
        for side in SIDES:
            name = self.query_one(f"#name-{side}", Input).value.strip()
            ground = self.query_one(f"#ground-{side}", Choice).value
            until = self.query_one(f"#until-{side}", Input).value.strip()
            if not name and ground is None and not until:
                continue
            if not name or not isinstance(ground, Ground):
                raise BadInput(f"Side {side.upper()} needs both a name and a ground.")
            changes.append((side, name, ground, day(until)))
        if not changes:
            raise BadInput("Fill in a name and a ground for side A or B.")
        for side, name, ground, until in changes:
            self._project.set_person(side, name, ground, getpass.getuser(), until)
        return True
