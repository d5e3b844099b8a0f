"""What a message tells one to type can be typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from fstui import called, cli


@pytest.mark.parametrize(
    ("sentence", "typed"),
    [
        ("Side a has no faces: 'extract film --side a' finds them.", "'% extract film --side a'"),
        ("Follow it with 'attach', end it with 'stop'.", "with '% attach', end it with '% stop'."),
        ("No project: 'status' lists them, 'new my' makes it.", ": '% status' lists them, '% new"),
        ("no model yet: run 'train' first.", "run '% train' first"),
        ("then 'new 'my film'' makes one", "'% new 'my film''"),
    ],
)
def test_a_command_in_a_sentence_gets_its_program(
    sentence: str, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert typed.replace("%", "fstui") in called.with_program(sentence)
    monkeypatch.setenv(called.VARIABLE, "python3 run.py")
    assert typed.replace("%", "python3 run.py") in called.with_program(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "There is a project 'demo' in /ws already.",
        "There is no project 'new film' in /ws.",
        "train's model can't be 'test': it is one of original, quick.",
        "'watch' in /ws is no project.",
        "'testing things' is no side.",
    ],
)
def test_names_and_values_are_left_alone(sentence: str) -> None:
    assert called.with_program(sentence) == sentence


def test_errors_and_usage_say_how_the_program_was_called(
    tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(called.VARIABLE, "python3 run.py")
    assert cli.main(["extract", "film"]) == 3
    assert "'python3 run.py new film' makes it" in capsys.readouterr().err
    assert cli.main(["status"]) == 0
    assert "'python3 run.py new NAME' makes one" in capsys.readouterr().out
    assert cli.main(["new", "film"]) == 0
    assert "Next: 'python3 run.py add film a PATH'" in capsys.readouterr().out
    assert cli.main(["status"]) == 0
    assert "python3 run.py add film a|b|target PATH..." in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["extract", "--help"])
    assert "usage: python3 run.py extract" in capsys.readouterr().out
