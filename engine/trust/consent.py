"""Nobody's face is used before it is recorded who it is and on what ground, nor after its end."""

from __future__ import annotations

from datetime import UTC, datetime
from shlex import quote

from engine.errors import Refused
from engine.project import PERSON_SIDES, Person, Project
from engine.protocol import safe_text


def today() -> str:
    """The day in UTC, ISO 8601."""
    return datetime.now(UTC).date().isoformat()


def problem_of(person: Person | None, day: str) -> str:
    """What is wrong with a record on a day, words that go on after who is meant; "" if nothing."""
    if person is None:
        return "is not recorded"
    missing = [
        words
        for value, words in (
            (person.name.strip(), "the name"),
            (person.recorded_by, "who recorded it"),
            (person.recorded_at, "when it was recorded"),
        )
        if not value
    ]
    if missing:
        return f"is recorded without {' and '.join(missing)}"
    if person.until and person.until < day:
        return f"was shown on a ground ({person.ground}) that ended with {person.until}"
    return ""


def problems_of(project: Project) -> dict[str, str]:
    """What stands against using the faces of a project, by side: as it is recorded now."""
    people, day = project.file.people, today()
    found = {side: problem_of(people.get(side), day) for side in PERSON_SIDES}
    return {side: problem for side, problem in found.items() if problem}


def require_people(project: Project) -> dict[str, Person]:
    """The people of side a and b. Raises `Refused` naming what is missing or out of date."""
    project = Project.open(project.path)  # as it is now, not as it was at the start
    people, problems = project.file.people, problems_of(project)
    if not problems:
        return {side: people[side] for side in PERSON_SIDES}
    if all(side not in people for side in problems):
        sides = " and side ".join(problems)
        said = f"Who side {sides} show{'s' if len(problems) == 1 else ''} is not recorded"
    else:
        said = "; ".join(
            f"{_who(side, people.get(side))} {problem}" for side, problem in problems.items()
        )
    raise Refused(
        f"{said[0].upper()}{said[1:]}: 'people {quote(project.name)} {next(iter(problems))} NAME "
        "--ground GROUND' says it and on what ground the face is used."
    )


def _who(side: str, person: Person | None) -> str:
    """The person of a side, as a sentence begins with them."""
    if person is None:
        return f"who side {side} shows"
    return f"{safe_text(person.name).strip() or 'the person'} (side {side})"
