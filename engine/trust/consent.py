"""Nobody's face is used before it is recorded who it is and on what ground, nor after its end."""

from __future__ import annotations

from collections.abc import Iterable
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


def require_people(project: Project, whose: str = "") -> dict[str, Person]:
    """The people of side a and b. Raises `Refused` naming what is missing or out of date; `whose`
    (" of anna") goes behind a side, where another project than the user's own may be meant."""
    project = Project.open(project.path)  # as it is now, not as it was at the start
    if problems := problems_of(project):
        raise _refusal(project, problems, whose)
    return {side: project.file.people[side] for side in PERSON_SIDES}


def require_cast(project: Project, painting: Iterable[Project]) -> list[dict[str, Person]]:
    """The people of each of the projects whose models paint in the target of `project`; whom that
    one records besides, its target may show. Raises `Refused`."""
    painting = list(painting)
    if all(one.path != project.path for one in painting):
        project = Project.open(project.path)
        problems, known = problems_of(project), project.file.people
        if ended := {side: said for side, said in problems.items() if side in known}:
            raise _refusal(project, ended)
    return [
        require_people(one, "" if one.path == project.path else f" of {one.name}")
        for one in painting
    ]


def _refusal(project: Project, problems: dict[str, str], whose: str = "") -> Refused:
    """What is missing or out of date, and the command that mends it."""
    people = project.file.people
    if all(side not in people for side in problems):
        sides = " and side ".join(problems)
        shows = f"show{'s' if len(problems) == 1 else ''}"
        said = f"Who side {sides}{whose} {shows} is not recorded"
    else:
        said = "; ".join(
            f"{_who(side, people.get(side), whose)} {problem}" for side, problem in problems.items()
        )
    return Refused(
        f"{said[0].upper()}{said[1:]}: 'people {quote(project.name)} {next(iter(problems))} NAME "
        "--ground GROUND' says it and on what ground the face is used."
    )


def _who(side: str, person: Person | None, whose: str) -> str:
    """The person of a side, as a sentence begins with them."""
    if person is None:
        return f"who side {side}{whose} shows"
    return f"{safe_text(person.name).strip() or 'the person'} (side {side}{whose})"
