"""Roles: read from the setting models, their projects found beside the one that is converted."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.convert.roles import roles_of
from engine.errors import BadInput, Damaged
from engine.project import Project
from engine.settings import ConvertSettings


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """With two others beside it."""
    for name in ("anna", "carl b"):
        Project.create(tmp_path / "ws", name)
    return Project.create(tmp_path / "ws", "film")


def roles(project: Project, models: str, **settings: object) -> list[tuple[int | None, str, str]]:
    found = roles_of(project, ConvertSettings(models=models, **settings))  # type: ignore[arg-type]
    return [(role.person, role.project.name, role.put_in) for role in found]


def test_people_with_the_project_and_side_of_each(project: Project) -> None:
    assert roles(project, "0=anna,12=carl b:a") == [(0, "anna", "b"), (12, "carl b", "a")]
    assert roles(project, " 3 = anna , 1=film:b,") == [(3, "anna", "b"), (1, "film", "b")]


def test_without_models_it_is_the_projects_own(project: Project) -> None:
    assert roles(project, "") == [(None, "film", "b")]
    assert roles(project, "", person=2, put_in="a") == [(2, "film", "a")]


@pytest.mark.parametrize("text", ["anna", "=anna", "0=", "-1=anna", "0=anna:c", "x=anna", ",", " "])
def test_text_that_can_not_be_read(project: Project, text: str) -> None:
    with pytest.raises(BadInput, match=r"convert's models can't be '.*as in 0=anna,2=carl:a\.$"):
        roles(project, text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0=anna,0=film", "names person 0 twice: each person has one model"),
        ("0=zoe", "no project 'zoe' beside film, in .*: one of another workspace is moved"),
        ("0=../ws/anna", r"by their names, not by a path as '\.\./ws/anna'"),
        ("0=.hidden", "The project name '.hidden' can't be a folder's name"),
        ("0=a\x1b[31m", "control characters"),
        ("0=linked", "The project 'linked' that convert's models names is a link out of"),
    ],
)
def test_models_that_can_not_be_used(
    project: Project, tmp_path: Path, text: str, sentence: str
) -> None:
    far = Project.create(tmp_path / "other", "far")
    (project.path.parent / "linked").symlink_to(far.path)
    with pytest.raises(BadInput, match=sentence) as told:
        roles(project, text)
    assert "\x1b" not in str(told.value)


def test_a_spoilt_project_is_told(project: Project) -> None:
    (project.path.parent / "anna" / "project.toml").write_text("format = [")
    with pytest.raises(Damaged, match="anna"):
        roles(project, "0=anna")


def test_settings_for_one_model_contradict(project: Project) -> None:
    with pytest.raises(BadInput, match=r"leave person at -1 and put_in at 'b', or leave models"):
        roles(project, "0=anna", person=1, put_in="a")
    with pytest.raises(BadInput, match="leave filter at ''"):
        roles(project, "0=anna", filter="ann.png")
    assert roles(project, "0=anna", nfilter="eve.png", crops_left=True) == [(0, "anna", "b")]
