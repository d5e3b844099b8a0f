"""Every kind of event that the engine writes reads as a sentence, in `tail` too."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.eventlog import Event
from engine.launch import ROOT
from engine.project import Project
from engine.protocol import Job, JobFolder, Step
from fstui import cli
from fstui.model.eventwords import event_words
from fstui.rooms.loglines import event_cells, row_text
from fstui.widgets.rows import Row

SENTENCES: dict[str, tuple[dict[str, Any], str]] = {
    "start": (
        {"pid": 7, "host": "box", "version": "1", "kind": "train"},
        "started: train by pid 7 on box",
    ),
    "step": ({"index": 0, "of": 2, "stage": "extract", "side": "a"}, "step 1 of 2: extract a"),
    "phase": ({"name": "loading the engine"}, "loading the engine"),
    "progress": ({"done": 5, "total": 9, "unit": "frame", "eta_s": None}, "5 of 9 frames"),
    "metric": (
        {"iteration": 40, "loss_a": 0.012345, "loss_b": "nan", "rate": 3.1},
        "iteration 40: loss 0.0123 nan",
    ),
    "finder": (
        {"rate": 3.2e-5, "rates": [1e-10], "losses": [1.0], "chart": "finder.png"},
        "learning rate found: 3.2e-05 (its curve is finder.png of the job)",
    ),
    "heartbeat": ({}, ""),
    "warn": ({"text": "look \x1b[1mhere"}, "warning: look [1mhere"),
    "save": ({"iteration": 40}, "saved at iteration 40"),
    "preview": ({"path": "preview/40.jpg"}, "preview preview/40.jpg"),
    "change": (
        {"iteration": 7, "settings": {"batch": 4, "zoom": 2.0}},
        "from iteration 7 on: batch 4, zoom 2.0",
    ),
    "ack": ({"verb": "stop", "id": "1", "known": True}, "command taken: stop"),
    "arrival": ({"path": "x.mp4", "side": "a", "state": "added", "why": ""}, "x.mp4: added"),
    "launch": (
        {"job": "0001-x", "recipe": "night", "steps": "extract a, convert"},
        "recipe night: extract a, convert started: 0001-x",
    ),
    "run": (
        {"recipe": "night", "state": "failed", "why": "no face", "job": "0001-x"},
        "recipe night: failed (no face)",
    ),
    "rejected": ({"faces": 2, "side": "a"}, "2 faces of side a rejected: the crops were deleted"),
    "rejections": (
        {"media": "man", "rejected": {"min_face": 2, "roll": 1, "user": 0}, "examples": {}},
        "man: 3 faces rejected: 2 too small, 1 tilted too far",
    ),
    "jitter": (
        {"media": "man", "before": 0.4567, "after": 0.12},
        "man: the points' jitter fell from 0.46 % to 0.12 %",
    ),
    "hook": ({"name": "done", "ok": True, "text": ""}, "hook done: called"),
    "flicker": (
        {"media": "man", "what": "points", "before": 0.4567, "after": 0.12},
        "man: the points flickered by 0.46 % of the face before smoothing, by 0.12 after",
    ),
    "kept": ({"media": "man"}, "man: converted already with this model and these settings"),
    "estimate": (
        {"memory_mib": 2300, "disk_mib": 900, "free_disk_mib": 5000},
        "about 2300 MiB of memory, 900 MiB for saves",
    ),
    "trial": (
        {"s_per_iteration": 1.5, "left_s": 3600, "memory_mib": 2200, "foretold_mib": 2300},
        "1.5 s an iteration, 60 min left; 2200 MiB of memory",
    ),
    "step-end": ({"exit": 0, "message": "all done"}, "step ended: all done"),
    "end": ({"state": "done", "exit": 0, "message": "all done"}, "done: all done"),
}


@pytest.mark.parametrize("kind", SENTENCES)
def test_an_event_is_a_sentence(kind: str) -> None:
    data, sentence = SENTENCES[kind]
    assert event_words(Event(0.0, kind, data)) == sentence


def test_no_kind_that_the_engine_writes_is_forgotten() -> None:
    written = re.compile(r'(?:\bevent|folder\.append)\(\s*"([a-z-]+)"')
    found = {k for p in (ROOT / "engine").rglob("*.py") for k in written.findall(p.read_text())}
    assert len(found) > 10
    assert found <= set(SENTENCES)


def test_tail_says_sentences(tmp_workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = Project.create(tmp_workspace, "film")
    folder = JobFolder.create(project.path, Job(1, "train", [Step("train")]))
    for kind, (data, _) in SENTENCES.items():
        folder.append(kind, **data)
    assert cli.main(["tail", "film", "-n", "99"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[9:] for line in lines] == [said for _, said in SENTENCES.values() if said]
    time.strptime(lines[0][:8], "%H:%M:%S")


LEAF = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
FIELD = LEAF | st.lists(LEAF, max_size=3) | st.dictionaries(st.text(max_size=3), LEAF, max_size=3)


@pytest.mark.parametrize("kind", [*SENTENCES, "trial", "other"])
@given(data=st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_fields_of_an_event_are_too_odd_to_be_shown(kind: str, data: st.DataObject) -> None:
    known = SENTENCES.get(kind, ({"left_s": 1.0},))[0]
    odd = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(known, FIELD)))
    row = Row("1", event_cells(Event(1.0, kind, odd)))
    assert row_text(row)
