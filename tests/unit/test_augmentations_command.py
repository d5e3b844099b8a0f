"""The picture of the augmentation by command: asked of the engine, told where it lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.errors import Exit
from engine.project import Project
from fstui import cli
from fstui.commands import augmentations


def test_the_picture_goes_where_it_is_asked_to(
    tmp_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    project = Project.create(tmp_workspace, "anna")
    asked: list[tuple[str, ...]] = []

    def ask(*question: str) -> dict[str, Any]:
        asked.append(question)
        return {"path": question[2] or "its own place", "columns": ["source", "warp: off"]}

    monkeypatch.setattr(augmentations, "ask", ask)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["augmentations", "anna", "--out", "sheet.jpg"]) == Exit.DONE
    assert cli.main(["augmentations", "anna"]) == Exit.DONE
    out = str(tmp_path / "sheet.jpg")
    assert asked == [("augmentations", str(project.path), place) for place in (out, "")]
    said = capsys.readouterr().out
    assert f"{out}\ncolumns: source, warp: off\n" in said


def test_it_writes_nothing_when_nothing_may_be_written(
    tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Project.create(tmp_workspace, "anna")
    monkeypatch.setattr(augmentations, "ask", lambda *_: pytest.fail("asked"))
    assert cli.main(["--readonly", "augmentations", "anna"]) == Exit.REFUSED
