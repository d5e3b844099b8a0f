"""No face is used before both people are recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import project as module
from engine.errors import BadInput, Damaged, Exit, Refused
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


def test_a_ground_that_ended_is_refused(
    tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project.create(tmp_workspace, "film")
    project.set_person("a", "Ann", Ground.SELF, "test", until="2030-05-31")
    project.set_person("b", "Bea", Ground.CONSENT, "test")
    monkeypatch.setattr(module, "now", lambda: "2030-05-31T23:59:59Z")
    require_people(project)  # it holds on its last day
    monkeypatch.setattr(module, "now", lambda: "2030-06-01T00:00:00Z")
    with pytest.raises(Refused, match=r"ground for Ann \(self\) held until 2030-05-31: .*film a"):
        require_people(project)


def test_an_end_that_is_no_day_is_told(tmp_workspace: Path) -> None:
    project = Project.create(tmp_workspace, "film")
    with pytest.raises(BadInput, match="'soon' is no day: write it as"):
        project.set_person("a", "Ann", Ground.SELF, "test", until="soon")
    project.set_person("a", "Ann", Ground.SELF, "test", until="2030-05-31")
    toml = project.path / "project.toml"
    toml.write_text(toml.read_text().replace("2030-05-31", "soon"))
    with pytest.raises(Damaged):
        Project.open(project.path)
