"""Recording people: all of it or a sentence, never silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import Exit
from engine.project import Project
from fstui import cli


@pytest.mark.parametrize(
    "words", [["--ground", "self"], ["--by", "me"], ["a"], ["a", "Ann"], ["a", "--ground", "self"]]
)
def test_half_of_it_is_refused_and_records_nothing(
    words: list[str], tmp_workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project.create(tmp_workspace, "anna")
    assert cli.main(["people", "anna", *words]) == Exit.USAGE
    assert "Recording needs all of it: 'fstui people PROJECT" in capsys.readouterr().err
    assert Project.open(project.path).file.people == {}


def test_all_of_it_is_recorded(tmp_workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Project.create(tmp_workspace, "anna")
    assert cli.main(["people", "anna", "a", "Ann", "--ground", "self", "--by", "me"]) == Exit.DONE
    assert "a: Ann (self; recorded by me" in capsys.readouterr().out
