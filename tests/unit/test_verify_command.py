"""Verify on the command line: plain lines, JSON, the worst file's code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Exit
from fstui import cli
from fstui.commands import verify

RECORD = {
    "tool": "fstui",
    "version": "1",
    "made": "2026-11-26T10:00:00+00:00",
    "model": {"iteration": 500, "checkpoint": "000000500-ab12"},
    "source": {"name": "single.mp4", "hash": "beef"},
    "output": {},
    "people": {"a": {"name": "Ann", "ground": "self", "recorded_by": "me", "until": "2030-01-31"}},
}


def finding(name: str, code: Exit, **more: Any) -> dict[str, Any]:
    """What the engine answers of one file."""
    empty = {"mark": None, "record": None, "hashes_agree": None}
    lists: dict[str, list[str]] = {"damage": [], "ended": [], "remarks": []}
    return {"path": f"/out/{name}", "exit": int(code), **empty, **lists, **more}


def test_lines_name_mark_record_and_people(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = {"digital_source_type": "http://x/term", "comment": "Face replaced.", "tool": "fstui 1"}
    found = [
        finding("a.mp4", Exit.DONE, mark=mark, record=RECORD, hashes_agree=True),
        finding("b.png", Exit.DAMAGED, damage=["Its mark is gone."]),
        finding("c.png", Exit.NOTHING_TO_DO),
    ]
    monkeypatch.setattr(verify, "ask", lambda *_question: found)
    assert cli.main(["verify", "out"]) == Exit.DAMAGED
    said = capsys.readouterr().out
    assert "a.mp4: as it was made\n  mark     term, by fstui 1\n  comment  Face replaced." in said
    assert "Ann (self; recorded by me, no time named; until 2030-01-31)" in said
    assert "b.png: changed or damaged\n  Its mark is gone." in said
    assert "c.png: no mark, no record" in said


def test_lines_name_every_model_and_its_people() -> None:
    other = {"person": 2, "project": "carl", "put_in": "a", "model": RECORD["model"]}
    models = [{**other, "people": RECORD["people"]}] * 2
    said = list(verify.lines_of(finding("a.mp4", Exit.DONE, record={**RECORD, "models": models})))
    line = "  model    iteration 500, 000000500-ab12 of carl, side a put in for person 2"
    assert said.count(line) == 2
    assert sum("Ann (self" in one for one in said) == 2


def test_a_real_file_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert cli.main(["verify", str(tmp_path / "a.png"), "--json"]) == Exit.NOTHING_TO_DO
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["kind"], found["mark"]) == ("PNG", None)
    assert cli.main(["verify", str(tmp_path / "gone.png")]) == Exit.BAD_INPUT
    assert "There is nothing at" in capsys.readouterr().err
