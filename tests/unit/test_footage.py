"""What adding footage takes, the same for the command line and the interface."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.errors import BadInput
from engine.project import Project
from fstui.model import footage, media


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "ws", "film")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that the engine was asked about; what `bad` is called is refused."""
    names: list[str] = []

    def ask(path: Path) -> dict[str, Any]:
        names.append(path.name)
        if path.name.startswith("bad"):
            raise BadInput(f"{path} has no video.")
        kind = "video" if path.suffix == ".mp4" else "images"
        return {"kind": kind, "problem": "it is \x1b[1mcut off" if "cut" in path.name else None}

    monkeypatch.setattr(media, "ask_all", lambda paths: [ask(path) for path in paths])
    return names


def files(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(name.encode())
    return folder


def test_each_video_of_a_folder_is_opened_and_listed(
    project: Project, tmp_path: Path, asked: list[str]
) -> None:
    folder = files(tmp_path / "clips", "1.mp4", "cut.mp4")
    looked, new = footage.add(project, "target", [folder])
    assert new == 2
    assert asked == ["1.mp4", "cut.mp4"]
    assert {Path(s.path).name for s in project.sources("target")} == {"1.mp4", "cut.mp4"}
    assert [one.warning for one in looked] == ["", f"{folder / 'cut.mp4'}: it is [1mcut off"]


def test_a_folder_of_pictures_is_one_source(
    project: Project, tmp_path: Path, asked: list[str]
) -> None:
    folder = files(tmp_path / "stills", "1.png", "2.png")
    assert footage.add(project, "a", [folder])[1] == 1
    assert asked == ["stills"]
    assert footage.add(project, "a", [folder])[1] == 0


def test_one_that_can_not_be_used_adds_nothing(
    project: Project, tmp_path: Path, asked: list[str]
) -> None:
    folder = files(tmp_path / "clips", "1.mp4", "bad.mp4")
    with pytest.raises(BadInput, match="has no video"):
        footage.add(project, "a", [folder])
    assert project.sources("a") == []


def test_pictures_are_footage_of_every_side(
    project: Project, tmp_path: Path, asked: list[str]
) -> None:
    folder = files(tmp_path / "stills", "1.png")
    assert footage.add(project, "target", [folder])[1] == 1
    assert footage.add(project, "target", [folder / "1.png"])[1] == 1
    assert footage.add(project, "b", [folder / "1.png"])[1] == 1


def test_one_engine_process_opens_many_files(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def ask_engine(_question: str, *paths: str, patience_s: float) -> list[dict[str, Any]]:
        calls.append(len(paths))
        return [{"kind": "video", "name": Path(path).name} for path in paths]

    monkeypatch.setattr(media, "ask_engine", ask_engine)
    names = [f"{n}.mp4" for n in range(media.TOGETHER + 3)]
    looked, new = footage.add(project, "a", [files(tmp_path / "clips", *names)])
    assert new == len(names)
    assert calls == [media.TOGETHER, 3]
    assert [one.facts["name"] for one in looked] == names
