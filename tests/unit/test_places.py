"""Where the workspace and a project are, by the order that is documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import BadInput
from engine.project import Project
from fstui import places


def test_the_workspace_is_found_in_order(
    tmp_path: Path, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "settings.toml").write_text('workspace = "/from/settings"\n')
    assert places.workspace("/from/option") == Path("/from/option")
    assert places.workspace() == tmp_workspace
    monkeypatch.delenv("FSTUI_WORKSPACE")
    assert places.workspace() == Path("/from/settings")
    (config / "settings.toml").unlink()
    assert places.workspace() == places.ROOT / "projects"
    monkeypatch.setattr(places, "ROOT", tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert places.workspace() == tmp_path / "data" / "fstui" / "projects"


def test_broken_settings_are_named(
    tmp_path: Path, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FSTUI_WORKSPACE")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text("workspace = [")
    with pytest.raises(BadInput, match=r"settings\.toml"):
        places.workspace()


def test_a_project_is_a_name_or_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Project.create(tmp_path / "ws", "my film")
    elsewhere = Project.create(tmp_path / "else where", "it's odd")
    assert places.project_path("my film", tmp_path / "ws") == made.path
    assert places.project_path(str(elsewhere.path), tmp_path / "ws") == elsewhere.path
    monkeypatch.chdir(elsewhere.path)
    assert places.project_path(".", tmp_path / "ws") == elsewhere.path


@pytest.mark.parametrize("name", ["", "..", "../film", "a/b", "no such", "x\ny", "x\x1b[1m", "~"])
def test_what_is_no_project_is_one_printable_sentence(name: str, tmp_path: Path) -> None:
    Project.create(tmp_path / "ws", "film")
    with pytest.raises(BadInput) as caught:
        places.project_path(name, tmp_path / "ws")
    assert str(caught.value).isprintable()


def test_a_folder_without_its_file_is_said_to_be_no_project(tmp_path: Path) -> None:
    (tmp_path / "my foo").mkdir()
    with pytest.raises(BadInput) as caught:
        places.project_path("my foo", tmp_path)
    assert "is no project" in str(caught.value)
    assert "move it away, then 'new 'my foo'' makes one" in str(caught.value)


def test_the_home_of_nobody_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert places.typed_path("~/film.mp4") == tmp_path / "film.mp4"
    for act in (places.typed_path, places.workspace):
        with pytest.raises(BadInput, match="no user 'nosuchuser'"):
            act("~nosuchuser/film.mp4")
