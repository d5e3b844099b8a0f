"""Every command with `--json` has a schema, and what it prints fits it: no field more or less."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from clips import make_clip
from train_project import new_project

import benchmarks.data
from engine import ask as engine
from engine import shelf
from engine.convert import reports
from engine.convert.identity import Identity, Measured
from engine.convert.reports import ClipReport
from engine.errors import Exit
from engine.project import Ground, Project
from engine.protocol import Job, JobFolder, Step
from engine.quality.summary import Row, summarised
from engine.sessions import Diary
from engine.settings import ConvertSettings
from engine.store import Store
from engine.train import checkpoint, models
from engine.train.checkpoint import Recipe, TrainState
from engine.watch.ledger import Arrival, Ledger, Run
from fstui import cli, service
from fstui.commands import bench as bench_command
from fstui.commands import estimate, model, networks, preview, shared, verify
from fstui.completion import nodes
from fstui.model import mediatools, stored
from fstui.model.preview import Looked

ENGINE_IS_ASKED_BY = (
    bench_command, estimate, mediatools, model, networks, shared, stored, verify,
)  # fmt: skip
SAID = {
    "arrivals": "arrivals drawn",
    "bench": "bench data",
    "clean": "clean drawn",
    "doctor": "doctor",
    "estimate": "estimate drawn --batch 2",
    "faces duplicates": "faces duplicates drawn",
    "faces figures": "faces figures drawn",
    "faces list": "faces list drawn",
    "faces people": "faces people drawn",
    "footage list": "footage list drawn",
    "inbox": "inbox drawn",
    "logs": "logs drawn",
    "media fps": "media fps film.mkv",
    "media info": "media info film.mkv",
    "model check": "model check drawn",
    "model info": "model info drawn",
    "models list": "models list",
    "models verify": "models verify",
    "networks": "networks quick",
    "people": "people drawn",
    "preview": "preview drawn",
    "project list": "project list",
    "queue list": "queue list",
    "recipes": "recipes drawn --dry-run",
    "report": "report drawn",
    "service status": "service status",
    "sessions": "sessions drawn",
    "settings list": "settings list --project drawn",
    "status": "status drawn",
    "verify": "verify film.mkv",
}
"""Each command that has `--json`, with words under which it has something to say."""
TOLD = {Exit.DONE, Exit.NOTHING_TO_DO, Exit.DAMAGED}
ASKED = {"report-schema": list[ClipReport]}
"""Kinds that only the engine has."""
LINES = {"logs"}
"""Those that print a JSON object a line."""


def answering() -> Iterator[tuple[str, Any]]:
    """Every command that has `--json`, with the kind behind its `--schema` or None."""
    for node, parser in parsers():
        flags = parser._option_string_actions
        if "--json" in flags:
            kind = getattr(flags.get("--schema"), "kind", None)
            yield node, ASKED[kind.question] if isinstance(kind, shared.Asked) else kind


def parsers() -> Iterator[tuple[str, Any]]:
    """Every command and verb with its parser."""
    tree = cli.parser()
    for node in nodes(tree):
        parser: Any = tree
        for word in node.path.split():
            (choices,) = (a.choices for a in parser._actions if isinstance(a.choices, dict))
            parser = choices[word]
        yield node.path, parser


def test_every_command_with_json_has_a_schema_and_words_to_try_it() -> None:
    found = dict(answering())
    assert [path for path, kind in found.items() if kind is None] == []
    assert set(found) == set(SAID)


@pytest.mark.parametrize("path", SAID)
def test_schema_is_printed_without_a_project(
    path: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shared, "ask", asked)
    with pytest.raises(SystemExit) as end:
        cli.main([*path.split(), "--schema"])
    assert end.value.code in (0, None)
    schema = json.dumps(msgspec.json.schema(dict(answering())[path]))
    assert json.loads(capsys.readouterr().out) == json.loads(schema)


@pytest.mark.parametrize("path", SAID)
def test_the_answer_fits_the_schema(
    path: str, said_much: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*SAID[path].split(), "--json"]) in TOLD
    out = capsys.readouterr().out
    texts = out.splitlines() if path in LINES else [out]
    assert texts
    for text in texts:
        assert json.loads(text)
        fits(text, dict(answering())[path])


def fits(text: str, kind: Any) -> None:
    """What a kind takes it also holds: nothing is lost, and nothing else is added."""
    held = msgspec.json.decode(text, type=kind)
    assert json.loads(msgspec.json.encode(held)) == json.loads(text)


def test_a_field_too_many_or_too_few_does_not_fit(said_much: Project) -> None:
    row = {"set": "000000010-ab", "kept_as": "snapshots", "problem": ""}
    kind = dict(answering())["model check"]
    fits(json.dumps([row]), kind)
    for wrong in ({**row, "more": 1}, {"set": "000000010-ab"}):
        with pytest.raises(msgspec.ValidationError):
            fits(json.dumps([wrong]), kind)


def test_the_figures_of_several_networks_fit() -> None:
    fits('{"quick": {"batch": 16, "share": 0.61}, "dfl_h128": {"failed": 1}}',
         dict(answering())["bench"])  # fmt: skip


def test_what_is_no_number_and_no_ascii_is_json_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shared.print_json({"loss": float("nan"), "name": "ü\udcff"})
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == {"loss": None, "name": "ü\udcff"}


# --- a project that has all of it --------------------------------------------------------------


@pytest.fixture
def said_much(tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Faces with people and copies, a model, a session, a report, arrivals, a recipe, a job;
    another project in the archive."""
    for command in ENGINE_IS_ASKED_BY:
        monkeypatch.setattr(command, "ask", asked)
    monkeypatch.setattr(service, "systemctl", lambda *_: (0, "active"))
    monkeypatch.setattr(service, "require_systemd", lambda: None)
    monkeypatch.setattr(benchmarks.data, "_rate", lambda *_: 433.9)
    monkeypatch.chdir(tmp_workspace)
    make_clip(Path("film.mkv"), frames=8, chapters=True, metadata={"title": "a film"})
    shelf.put_away(Project.create(tmp_workspace, "old").path, "archive")
    project = new_project(tmp_workspace, 4, 3)
    project.add_sources("target", [Path("film.mkv")])
    with Store(project.db_path) as store:
        store.write("UPDATE face SET cluster = 0, duplicate = ?, blur = id", [(bytes(8),)])
    project.change(
        lambda toml: toml.update(recipe=[{"name": "night", "when": "a", "steps": ["extract"]}])
    )
    project.set_person("b", "Ann", Ground.SELF, "me", "2020-01-31")
    set_of(project)
    diary = Diary(project.path / "model")
    diary.begin("train-1", 0, faces_a=4, faces_b=3, batch=2, settings={"batch": 2})
    diary.mark("save", 10, "saved", seconds=2.0, examples=40)
    diary.end(10, "trained", seconds=2.0, examples=40)
    report_of(project)
    arrivals_of(project)
    picture = looked(project)
    monkeypatch.setattr(preview.preview, "look", lambda *_: picture)
    folder = JobFolder.create(project.path, Job(1, "train", [Step("train")]))
    folder.append("metric", iteration=1, loss_a=float("nan"), loss_b=0.1, rate=3.0)
    return project


def asked(*words: Any, **_: Any) -> Any:
    """The engine's answer without its process, as the line of JSON brings it."""
    return json.loads(json.dumps(engine._answer([str(word) for word in words])))


def set_of(project: Project) -> None:
    """One set of a model, and a damaged one before it."""
    weights = {"encoder/conv_1/bias": np.zeros(2, np.float32)}
    recipe = Recipe(1, "quick", {}, 64, 96, "face", 87.5, "extended", {"encoder/conv_1/bias": [2]},
                    version=models.load("quick").VERSION)  # fmt: skip
    for iteration in (5, 10):
        state = TrainState(1, iteration, 7, 3.5, "2026-01-01T00:00:00+00:00")
        path = checkpoint.save(project.path / "model", recipe, state, weights, {}, 2)
        if iteration == 5:
            (path / "weights.safetensors").write_bytes(b"torn")


def report_of(project: Project) -> None:
    """A clip's report with nothing left out."""
    likeness = Identity(1.0, 0.2, 0.8, None, 2)
    part = reports.Part(0, "anna", "b", 10, likeness)
    rows = [Row(0, 0, {"sharpness": 1.0}), Row(1, 0, {"sharpness": 0.9})]
    clip = ClipReport(
        1, "film", "film.mkv", "film.mp4", "film.sheet.jpg", "abcd", 2, 2, 10, 3.5, 1.0, likeness,
        msgspec.to_builtins(ConvertSettings()), ["a remark"],
        [Measured(0, 0.2, 0.8), Measured(1, None, None, 1)], ["film.mask.mp4"],
        {"points": (2.0, 1.0)}, summarised(rows, [1]), [part],
    )  # fmt: skip
    reports.write_clip(project.path / "out/film.json", clip)
    reports.write_all(project.path / "out/report.json", [clip], 4.5)


def arrivals_of(project: Project) -> None:
    """A dead letter, a question, a run of a recipe."""
    time = "2026-01-01T00:00:00+00:00"
    with Ledger(project).change() as book:
        book.files["media/a/x.mp4"] = Arrival("a", "dead", time=time, why="torn")
        book.files["media/inbox/y.mp4"] = Arrival("inbox", "question", time=time, why="both")
        book.runs.append(Run("1", "night", {"media/a/z.mp4": "a"}, "failed", "no face"))


def looked(project: Project) -> Looked:
    """What the warm preview answers."""
    return Looked(str(project.path / "p.jpg"), "clip", ["clip"], [3], 30, 1, 0, "iteration 10", 0.1)
