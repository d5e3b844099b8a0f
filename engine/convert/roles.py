"""Who is painted by which model: people of the target, each with the project whose model it is.

The setting models says it as in `0=anna,2=carl:a`: a person as `faces people` numbers the target's,
a project beside the one that is converted, and after a colon the side of it whose person is put in
(b where nothing is said). Light.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from engine.errors import BadInput
from engine.facelist import people
from engine.project import Project
from engine.protocol import safe_text
from engine.settings import ConvertSettings, listed
from engine.store import Store
from engine.workspace import check_name, is_project

FORM = re.compile(r"([0-9]{1,6})\s*=\s*([^:]+?)\s*(?::\s*([ab]))?")
NUMBERS_SHOWN = 10
"""Of people, in an error."""
OTHERWISE = ("person", "put_in", "filter")
"""Settings that say the same for one model."""


class Role(NamedTuple):
    """A model and whom of the target it is put on."""

    person: int | None
    """As `faces people` numbers the target's; None is everyone who is swapped."""
    project: Project
    """Whose newest model it is."""
    put_in: str
    """Side of that project whose person is put in."""

    @property
    def replaced(self) -> str:
        """The other side of that project."""
        return "a" if self.put_in == "b" else "b"


def roles_of(project: Project, settings: ConvertSettings) -> list[Role]:
    """The roles that the settings name; without models the one of the project's own model.

    Raises `BadInput` for models that can't be read, a project that isn't there, a person who is
    named twice, and settings that say something else; `Damaged` for a project that is spoilt.
    """
    if not settings.models:
        return [Role(settings.person if settings.person >= 0 else None, project, settings.put_in)]
    _refuse_otherwise(settings)
    return [
        Role(person, _beside(project, name), put_in)
        for person, (name, put_in) in named_in(settings.models).items()
    ]


def named_in(models: str) -> dict[int, tuple[str, str]]:
    """By person the project and the side that the setting names, whether they are there or not.
    Raises `BadInput` for what can't be read and a person who is named twice."""
    roles: dict[int, tuple[str, str]] = {}
    for item in listed(models) or [models]:
        found = FORM.fullmatch(item)
        if found is None:
            raise BadInput(
                f"convert's models can't be '{safe_text(item)}': it is a person's number, = and a "
                "project, then :a where its side a is put in, as in 0=anna,2=carl:a."
            )
        person = int(found[1])
        if person in roles:
            raise BadInput(
                f"convert's models names person {person} twice: each person has one model."
            )
        roles[person] = found[2], found[3] or "b"
    return roles


def require_there(store: Store, roles: Sequence[Role], typed: str) -> None:
    """Raise `BadInput` for a role on a person whom the target doesn't have."""
    wanted = [role.person for role in roles if role.person is not None]
    there = sorted(person.person for person in people(store, "target")) if wanted else []
    if wanted and not there:
        raise not_told_apart(typed)
    for person in wanted:
        if person not in there:
            known = ", ".join(map(str, there[:NUMBERS_SHOWN]))
            more = " and more" if len(there) > NUMBERS_SHOWN else ""
            raise BadInput(
                f"The target has no person {person}: 'faces people {typed} --side target' lists "
                f"{known}{more}."
            )


def not_told_apart(typed: str) -> BadInput:
    """The error for people who have no numbers."""
    return BadInput(
        f"People were not told apart in the target: 'faces people {typed} --side target "
        "--threshold 0.5' does it, from faces that have an identity."
    )


def _refuse_otherwise(settings: ConvertSettings) -> None:
    """Raise `BadInput` where settings for one model are given beside models."""
    usual = ConvertSettings()
    said = [name for name in OTHERWISE if getattr(settings, name) != getattr(usual, name)]
    if said:
        values = " and ".join(f"{name} at {getattr(usual, name)!r}" for name in said)
        raise BadInput(
            f"convert's models says already who is swapped and who is put in: leave {values}, or "
            "leave models out."
        )


def _beside(project: Project, name: str) -> Project:
    """A project of the same workspace."""
    shown, workspace = safe_text(name), project.path.parent
    where = safe_text(str(workspace))
    if os.sep in name:
        raise BadInput(
            f"convert's models names projects by their names, not by a path as '{shown}': they lie "
            f"beside {project.name}, in {where}."
        )
    path = workspace / check_name(name)
    if not is_project(path):
        raise BadInput(
            f"There is no project '{shown}' beside {project.name}, in {where}, and convert's "
            "models names one: one of another workspace is moved or copied there."
        )
    if path.resolve().parent != workspace:
        raise BadInput(
            f"The project '{shown}' that convert's models names is a link out of {where}: copy it "
            "there."
        )
    return Project.open(path)
