"""`--json` answers with what `--schema` says, field by field."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from test_jobs import add, ended, ready_to_convert

from engine.project import Project
from engine.protocol import State
from fstui import cli
from fstui.model.answers import ArrivalsAnswer, BookAnswer, FindingAnswer, ProjectAnswer
from fstui.model.queue import newest_called


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    made = Project.create(tmp_workspace, "film")
    for side in ("a", "b"):
        add(made, side)
    ready_to_convert(made)
    ended(made, "train", State.STOPPED, iteration=1234)
    return made


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with contextlib.suppress(SystemExit):
        cli.main(list(words))
    return capsys.readouterr().out


def test_status_fits_its_schema(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    broken = Project.create(project.path.parent, "broken")
    (broken.path / "project.toml").write_text("{")
    many = msgspec.json.decode(said(capsys, "status", "--json"), type=list[ProjectAnswer])
    assert {one.name: bool(one.damaged) for one in many} == {"film": False, "broken": True}
    one = msgspec.json.decode(said(capsys, "status", "film", "--json"), type=ProjectAnswer)
    assert one.job is not None
    assert (one.job.state, one.job.iteration) == (State.STOPPED, 1234)
    assert one.sides["a"].faces == 25
    assert one.disk_bytes
    assert one.arrivals == BookAnswer([], [], [])
    told = msgspec.json.decode(said(capsys, "arrivals", "film", "--json"), type=ArrivalsAnswer)
    assert told == ArrivalsAnswer([], [], [], new=[], watched=False)


def test_doctor_fits_its_schema(
    tmp_workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = msgspec.json.decode(said(capsys, "doctor", "--json"), type=list[FindingAnswer])
    assert {"terminal", "disk", "gpu"} <= {finding.name for finding in found}


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["doctor"],
        ["queue", "list"],
        ["settings", "list"],
        ["clean", "film"],
        ["arrivals", "film"],
        ["service", "status"],
    ],
)
def test_a_schema_is_printed_and_allows_no_other_fields(
    words: list[str], tmp_workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema: dict[str, Any] = json.loads(said(capsys, *words, "--schema"))
    kinds = schema["$defs"].values()
    objects = [kind for kind in kinds if kind.get("type") == "object"]
    assert objects
    for kind in objects:
        assert kind.get("additionalProperties", False) is False or kind["title"] == "Progress"


def test_logs_are_events_output_or_both(project: Project, capfdbinary: Any) -> None:
    folder = ended(project, "convert", State.DONE)
    folder.append("warn", text="a \x1b[31mred\x1b[0m warning")
    folder.log_path.write_bytes(b"raw \x1b[31moutput\x1b[0m\n")
    both = _out(capfdbinary, "logs", "film", "convert")
    assert b"warning: a" in both
    assert b"raw output" in both
    assert b"\x1b" not in both
    assert _out(capfdbinary, "logs", "film", "convert", "--raw") == folder.log_path.read_bytes()
    events = _out(capfdbinary, "logs", "film", "convert", "--json")
    assert json.loads(events)["k"] == "warn"
    folder.log_path.unlink()
    assert _out(capfdbinary, "logs", "film", "convert", "--raw") == b""


def test_a_part_of_a_name_means_the_newest_job_that_has_it(
    project: Project, capfdbinary: Any
) -> None:
    ended(project, "train", State.DONE).append("warn", text="the newer one")
    ended(project, "convert", State.DONE).append("warn", text="another kind")
    for command in ("tail", "logs"):
        said = _out(capfdbinary, command, "film", "train")
        assert b"the newer one" in said
        assert b"another kind" not in said


def test_without_a_name_previews_and_watchers_are_not_meant(project: Project) -> None:
    for kind in ("preview", "watch"):
        ended(project, kind, State.STOPPED)
    assert newest_called(project.path).kind == "train"
    assert newest_called(project.path, "preview").kind == "preview"


def _out(capture: Any, *words: str) -> bytes:
    assert cli.main(list(words)) == 0
    return bytes(capture.readouterr().out)
