"""`estimate` in words: figures with units, and what is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.project import Project
from fstui import cli
from fstui.commands import estimate

TOLD: dict[str, Any] = {
    "model": "quick", "batch": 4, "memory_mib": 643, "tried_memory_mib": 752,
    "free_memory_mib": 22011, "save_mib": 37, "disk_mib": 111, "free_disk_mib": 71221,
    "s_per_iteration": 0.0619, "tried_s_per_iteration": 1.25, "iterations_left": 9000,
    "hours_left": 3.13,
}  # fmt: skip


def said(
    workspace: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **more: Any
) -> list[str]:
    Project.create(workspace, "film")
    patch.setattr(estimate, "ask", lambda *_: TOLD | more)
    assert cli.main(["estimate", "film"]) == 0
    return capsys.readouterr().out.splitlines()


def test_figures_have_units_and_say_what_was_tried(
    tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(tmp_workspace, monkeypatch, capsys) == [
        "quick, a batch of 4 faces of each side",
        "memory  674.2 MB foretold, 788.5 MB when tried; 23.1 GB are free",
        "disk    116.4 MB for all saves that are kept, 38.8 MB each; 74.7 GB are free",
        "time    62 ms an iteration foretold, 1.25 s when tried; "
        "3 h 08 for the 9 000 that are left",
    ]


def test_a_training_that_is_done_and_memory_that_is_not_told(
    tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = said(
        tmp_workspace, monkeypatch, capsys, iterations_left=0, free_memory_mib=None, hours_left=0.0
    )
    assert lines[1].endswith("788.5 MB when tried")
    assert lines[3].endswith("; none are left: give more --iterations")
