"""What stands before a conversion: whose faces it uses and on what ground, and what its result will
be marked with. Reading is for threads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.convert.roles import Role, roles_of
from engine.errors import FstuiError
from engine.project import PERSON_SIDES, Project
from engine.protocol import safe_text
from engine.reached import checkpoint_iteration
from engine.settings import ConvertSettings, read
from engine.trust.consent import problems_of, require_cast
from engine.trust.mark import mark_of, new_mark
from fstui.i18n import tr


class Outlook(NamedTuple):
    """What is known before converting."""

    people: tuple[tuple[str, str], ...] = ()
    """Who is shown, side by side, and what is wrong with each record; "" where nothing is."""
    refusal: str = ""
    """Why nothing may be converted, in a sentence; "" where it may."""
    cast: dict[int | None, str] = {}  # noqa: RUF012
    """Who paints whom: a person's number (None: everyone who is swapped) and the model in words."""
    mark: str = ""
    """What the result will be marked with."""
    problem: str = ""
    """What is wrong with the settings."""


def outlook(project: Project, settings: Mapping[str, Any]) -> Outlook:
    """What converting with these settings over the project's own would use and write."""
    try:
        known = read(ConvertSettings, {**project.settings("convert"), **settings})
        roles = roles_of(project, known)
    except FstuiError as error:
        return Outlook(problem=str(error))
    painting = list({role.project.path: role.project for role in roles}.values())
    people = tuple(line for one in painting for line in _people(one, project))
    cast = {role.person: _model(role, project) for role in roles}
    refusal = ""
    try:
        require_cast(project, painting)
    except FstuiError as error:
        refusal = str(error)
    return Outlook(people, refusal, cast, _mark(roles, bool(known.models)))


def _people(project: Project, own: Project) -> list[tuple[str, str]]:
    """Both sides of a project whose model paints."""
    problems, people = problems_of(project), project.file.people
    of = "" if project.path == own.path else tr(" of {project}").format(project=project.name)
    found = []
    for side in PERSON_SIDES:
        person = people.get(side)
        name = f": {safe_text(person.name)}" if person else ""
        ground = f" ({tr(person.ground)})" if person and side not in problems else ""
        found.append((f"{side.upper()}{of}{name}{ground}", problems.get(side, "")))
    return found


def _model(role: Role, own: Project) -> str:
    """`side b of anna, iteration 500`."""
    iteration = checkpoint_iteration(role.project.path)
    if iteration is None:
        trained = tr("no trained model yet")
    else:
        trained = tr("iteration {n}").format(n=iteration)
    if role.project.path == own.path:
        return tr("side {side}, {trained}").format(side=role.put_in, trained=trained)
    words = tr("side {side} of {project}, {trained}")
    return words.format(side=role.put_in, project=role.project.name, trained=trained)


def _mark(roles: list[Role], several: bool) -> str:
    """The comment that the file's mark has; "" before there is a model."""
    found = [(role.project.name, checkpoint_iteration(role.project.path)) for role in roles]
    trained = [(name, iteration) for name, iteration in found if iteration is not None]
    if not trained or len(trained) < len(found):
        return ""
    return (mark_of(trained) if several else new_mark(trained[0][1])).comment
