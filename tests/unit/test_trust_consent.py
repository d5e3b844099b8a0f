"""No face is used before both people are recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.errors import BadInput, Exit, Refused
from engine.project import Ground, Project
from engine.trust.consent import problems_of, require_people, today


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


def recorded(workspace: Path, **of_b: Any) -> Project:
    """A project whose B is recorded in a way."""
    project = Project.create(workspace, "film")
    project.set_person("a", "Ann", Ground.SELF, "test")
    project.set_person("b", "Bea", Ground.CONSENT, "test", **of_b)
    return project


def test_a_ground_holds_to_its_last_day(tmp_workspace: Path) -> None:
    project = recorded(tmp_workspace, until=today())
    assert require_people(project)["b"].until == today()
    project.set_person("b", "Bea", Ground.CONSENT, "test", "2001-02-03")
    sentence = (
        r"^Bea \(side b\) was shown on a ground \(written consent\) that ended with 20[\d-]+: "
    )
    with pytest.raises(Refused, match=sentence + r"'people film b NAME --ground GROUND' says"):
        require_people(project)


def test_an_older_record_and_one_by_hand_are_read(tmp_workspace: Path) -> None:
    """Records had no last day; what a hand left out is named."""
    project = recorded(tmp_workspace)
    toml = project.path / "project.toml"
    assert "until" not in toml.read_text()
    toml.write_text(toml.read_text().replace('recorded_by = "test"', "", 1))
    with pytest.raises(Refused, match=r"^Ann \(side a\) is recorded without who recorded it: "):
        require_people(project)


def test_one_missing_and_one_out_of_date_are_one_sentence(tmp_workspace: Path) -> None:
    project = recorded(tmp_workspace, until="2001-02-03")
    project.remove_person("a")
    with pytest.raises(Refused, match=r"^Who side a shows is not recorded; Bea .* ended with"):
        require_people(project)
    assert set(problems_of(project)) == {"a", "b"}
    with pytest.raises(BadInput, match="Nobody is recorded for side a of film"):
        project.remove_person("a")
    with pytest.raises(BadInput, match="side a or b, not 'target'"):
        project.remove_person("target")
