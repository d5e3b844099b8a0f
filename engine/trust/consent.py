"""Nobody's face is used before it is recorded who it is and on what ground."""

from __future__ import annotations

from shlex import quote

from engine.errors import Refused
from engine.project import Person, Project


def require_people(project: Project) -> dict[str, Person]:
    """The people of side a and b. Raises `Refused` naming the side that nobody is recorded for, or
    whose ground doesn't hold any more."""
    people = Project.open(project.path).file.people  # as it is now, not as it was at the start
    missing = [side for side in ("a", "b") if side not in people]
    if missing:
        sides = " and side ".join(missing)
        raise Refused(
            f"Who side {sides} show{'s' if len(missing) == 1 else ''} is not recorded: 'people "
            f"{quote(project.name)} {missing[0]} NAME --ground GROUND' says it and on what "
            "ground the face is used."
        )
    for side in ("a", "b"):
        person = people[side]
        if person.ended:
            raise Refused(
                f"The ground for {person.name} ({person.ground}) held until {person.until}: record "
                f"what holds now with 'people {quote(project.name)} {side} NAME --ground GROUND'."
            )
    return {side: people[side] for side in ("a", "b")}
