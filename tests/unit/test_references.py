"""Files that settings name are in the project, wherever they came from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from engine import references
from engine.errors import BadInput
from engine.project import Project
from engine.references import bring
from fstui.model import jobs


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "workspace", "p")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A folder of two pictures and a text beside them, outside the project."""
    folder = tmp_path / "people we know"
    folder.mkdir()
    for name in ("one.png", "two.png"):
        Image.new("RGB", (8, 8), "red").save(folder / name)
    (folder / "notes.txt").write_text("hello")
    return folder


def test_a_picture_from_elsewhere_is_copied_once(project: Project, people: Path) -> None:
    value = bring(project, str(people / "one.png"))
    assert value.startswith("references/one-")
    assert value.endswith(".png")
    assert (project.path / value).read_bytes() == (people / "one.png").read_bytes()
    assert bring(project, str(people / "one.png")) == value
    Image.new("RGB", (8, 8), "blue").save(people / "one.png")
    assert bring(project, str(people / "one.png")) != value
    assert len(list((project.path / "references").iterdir())) == 2


def test_a_folders_pictures_are_copied_under_their_names(project: Project, people: Path) -> None:
    value = bring(project, str(people))
    assert value.startswith("references/people_we_know-")
    assert sorted(p.name for p in (project.path / value).iterdir()) == ["one.png", "two.png"]
    assert bring(project, str(people)) == value
    assert project.reference(value) == project.path / value
    assert os.listdir(project.path / "references") == [Path(value).name]


def test_what_is_inside_stays_where_it_is(
    project: Project, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = project.path / "boxes.json"
    inside.write_text("{}")
    assert bring(project, str(inside)) == bring(project, "boxes.json") == "boxes.json"
    project.add_sources("a", [people])
    assert bring(project, str(people / "two.png")) == str(people / "two.png")
    monkeypatch.chdir(people)
    assert bring(project, "two.png") == str(people / "two.png")
    assert not (project.path / "references").exists()


def test_a_job_names_the_copy(project: Project, people: Path) -> None:
    values = jobs.checked(project, "extract", {"filter": str(people), "every": "2"})
    assert values["every"] == 2
    assert project.reference(values["filter"]).is_relative_to(project.path / "references")


def test_what_cannot_be_used_is_refused(
    project: Project, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, words: str) -> None:
        with pytest.raises(BadInput, match=words) as caught:
            bring(project, str(path))
        assert "\n" not in str(caught.value)

    refused(people / "gone.png", "There is nothing at")
    refused(people / "notes.txt", "is no picture, .json or .safetensors file by its name")
    os.mkfifo(people.parent / "pipe.png")
    refused(people.parent / "pipe.png", "is neither a file nor a folder")
    (project.path / "out.json").symlink_to(people / "notes.txt")
    refused(project.path / "out.json", "leads out of the project p")
    (people.parent / "empty").mkdir()
    refused(people.parent / "empty", "has no picture in it")
    monkeypatch.setattr(references, "MAX_FILES", 1)
    refused(people, "has 2 pictures in it: 1 are the most")
    (people / "one.png").unlink()
    (people / "one.png").symlink_to("/etc/passwd")
    monkeypatch.setattr(references, "MAX_FILES", 2)
    refused(people, "is no file but a link or a device")
    refused(Path("a\0b"), "is no path")
    leftovers = project.path / "references"
    assert not leftovers.exists() or os.listdir(leftovers) == []


def test_the_engine_reads_no_reference_outside(project: Project, people: Path) -> None:
    with pytest.raises(BadInput, match="lies outside the project p and its footage"):
        project.reference(str(people))
    with pytest.raises(BadInput, match="There is nothing at gone"):
        project.reference("gone")
    (project.path / "in").mkdir()
    (project.path / "in" / "a.png").symlink_to(people / "one.png")
    with pytest.raises(BadInput, match="lies outside the project p and its footage"):
        project.reference("in")
    project.add_sources("a", [people])
    assert project.reference(str(people)) == people
