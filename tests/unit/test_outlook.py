"""What stands before a conversion: people, models, the mark."""

from __future__ import annotations

from pathlib import Path

from engine.project import Ground, Project
from fstui.model.outlook import outlook
from fstui.rooms.forecast import outlook_lines


def trained(workspace: Path, name: str, iteration: int) -> Project:
    """A project with both people recorded and a model."""
    project = Project.create(workspace, name)
    project.set_person("a", "Tom", Ground.SELF, "me")
    project.set_person("b", "Ann", Ground.CONSENT, "me")
    (project.path / "model").mkdir(exist_ok=True)
    (project.path / "model" / "latest").write_text(f"{iteration:09d}-abcd")
    return project


def shown(project: Project, **settings: object) -> str:
    lines = outlook_lines(outlook(project, settings), key="p")
    return "\n".join("".join(r if isinstance(r, str) else r[0] for r in line) for line in lines)


def test_whole_records_show_people_model_and_mark(tmp_workspace: Path) -> None:
    text = shown(trained(tmp_workspace, "film", 500))
    assert "people: A: Tom (self), B: Ann (written consent)" in text
    assert "model: side b, iteration 500" in text
    assert "(model iteration 500)" in text
    assert "!" not in text


def test_a_missing_record_names_its_side_and_the_key(tmp_workspace: Path) -> None:
    project = Project.create(tmp_workspace, "film")
    project.set_person("a", "Tom", Ground.SELF, "me")
    text = shown(project)
    assert "! B is not recorded: p records it" in text
    assert "no trained model yet" in text
    assert "marked as" not in text


def test_other_projects_models_bring_their_people(tmp_workspace: Path) -> None:
    film = Project.create(tmp_workspace, "film")
    trained(tmp_workspace, "anna", 70)
    text = shown(film, models="0=anna,2=anna:a")
    assert "A of anna: Tom (self), B of anna: Ann" in text
    assert "person 0: side b of anna, iteration 70; person 2: side a of anna" in text
    assert "models: anna iteration 70" in text


def test_models_that_can_not_be_say_why(tmp_workspace: Path) -> None:
    film = Project.create(tmp_workspace, "film")
    assert shown(film, models="0=nobody").startswith("! There is no project 'nobody'")
