"""No face is used before both people are recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import Exit, Refused
from engine.project import Ground, Project
from engine.trust.consent import require_people


def test_the_missing_side_and_the_command_are_named(tmp_workspace: Path) -> None:
    project = Project.create(tmp_workspace, "film")
    with pytest.raises(Refused, match=r"Who side a and side b show .*'people film a NAME") as told:
        require_people(project)
    assert told.value.exit is Exit.REFUSED
    project.set_person("a", "Ann", Ground.SELF, "test")
    with pytest.raises(Refused, match=r"Who side b shows .*'people film b NAME --ground GROUND'"):
        require_people(project)


def test_recorded_people_pass(tmp_workspace: Path) -> None:
    project = Project.create(tmp_workspace, "film")
    project.set_person("a", "Ann", Ground.SELF, "test")
    project.set_person("b", "Bea", Ground.CONSENT, "test")
    assert {s: p.name for s, p in require_people(project).items()} == {"a": "Ann", "b": "Bea"}


def test_what_counts_is_the_file_as_it_is_now(tmp_workspace: Path) -> None:
    """A person taken out of project.toml while a job runs is missed at the door."""
    project = Project.create(tmp_workspace, "film")
    for side in ("a", "b"):
        project.set_person(side, "Ann", Ground.SELF, "test")
    toml = project.path / "project.toml"
    toml.write_text(toml.read_text().replace("[people.b]", "[gone.b]"))
    with pytest.raises(Refused, match="side b"):
        require_people(project)
