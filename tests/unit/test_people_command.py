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


def test_a_last_day_and_what_is_out_of_date(
    tmp_workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Project.create(tmp_workspace, "anna")
    words = ["people", "anna", "b", "Bea", "--ground", "licensed", "--until"]
    assert cli.main([*words, "2999-12-31"]) == Exit.DONE
    assert "until 2999-12-31)" in capsys.readouterr().out
    assert cli.main([*words, "2001-02-03"]) == Exit.DONE
    assert "Bea was shown on a ground (licensed footage) that ended with 2001-02-03." in (
        capsys.readouterr().out
    )
    assert cli.main([*words, "31.12.2999"]) == Exit.BAD_INPUT
    assert "'31.12.2999' is no day: write it as 2027-03-31." in capsys.readouterr().err


def test_a_record_is_taken_back(tmp_workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = Project.create(tmp_workspace, "anna")
    assert cli.main(["people", "anna", "a", "Ann", "--ground", "self"]) == Exit.DONE
    assert cli.main(["people", "anna", "a", "Ann", "--remove"]) == Exit.USAGE
    assert cli.main(["people", "anna", "a", "--remove"]) == Exit.DONE
    assert "a: not recorded" in capsys.readouterr().out
    assert Project.open(project.path).file.people == {}
    assert cli.main(["people", "anna", "a", "--remove"]) == Exit.BAD_INPUT
