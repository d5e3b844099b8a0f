"""What an attaching command says: figures in words, few lines, the end's code."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.eventlog import Event
from engine.protocol import Job, JobFolder, Progress, Snapshot, State, Step
from fstui import follow


def snapshot(**more: object) -> Snapshot:
    plain = {"state": State.RUNNING, "kind": "train", "stage": "train", "steps": 1}
    return Snapshot(**{**plain, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("s", "words"),
    [
        (snapshot(phase="compiling"), "compiling"),
        (snapshot(progress=Progress(5, 10, 2.0, "frame", 2.5)), "5/10 frames, 2 frame/s, 2 s left"),
        (
            snapshot(progress=Progress(3, 9, 1.0, "second", 6), iteration=7, loss_a=1, loss_b=0.5),
            "3/9 seconds, 6 s left, iteration 7, loss 1.0000 0.5000",
        ),
        (snapshot(state=State.WAITING), "waiting"),
        (snapshot(state=State.STOPPING, phase="saving"), "stopping, saving"),
    ],
)
def test_progress_in_words(s: Snapshot, words: str) -> None:
    assert follow.pace_words(s) == words


def test_a_step_of_many_says_which() -> None:
    s = snapshot(stage="extract", side="b", step=1, steps=3)
    assert follow.step_words(s) == "extract b (2/3)"


def test_plain_lines_are_few_and_differ(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    monkeypatch.setattr(follow.time, "monotonic", lambda: now[0])
    lines = follow.Lines()
    for second in range(100, 160):
        now[0] = float(second)
        lines.show(snapshot(progress=Progress(second // 20, None, 0.0, "frame", None)))
    said = capsys.readouterr().out.splitlines()
    assert len(said) == len(set(said)) == 3


@pytest.mark.parametrize(
    ("state", "code", "where"), [(State.DONE, 0, "out"), (State.FAILED, 7, "err")]
)
def test_the_end_is_said_where_it_belongs(
    tmp_path: Path, state: State, code: int, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = JobFolder.create(tmp_path, Job(1, "train", [Step("train")]))
    end = snapshot(state=state, exit=code, message="It\x1b[31m ended.")
    assert follow.ending(folder, end) == code
    said = capsys.readouterr()
    assert "It[31m ended." in getattr(said, where)
    assert not getattr(said, "err" if where == "out" else "out")


def test_events_that_are_figures_are_no_lines() -> None:
    for kind in ("progress", "metric", "heartbeat", "phase", "ack", "preview", "later-kind"):
        assert follow.event_line(Event(0, kind, {})) == ""
    assert follow.event_line(Event(0, "warn", {"text": "look"})) == "warning: look"
    arrival = {"path": "media/a/x.mp4", "state": "refused", "why": "it is empty"}
    assert follow.event_line(Event(0, "arrival", arrival)) == "media/a/x.mp4: refused (it is empty)"


def test_each_step_but_the_last_says_what_it_came_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = JobFolder.create(tmp_path, Job(1, "extract", [Step("extract", s) for s in "ab"]))
    folder.lock_path.write_text("{}")
    for index, side in enumerate("ab"):
        folder.append("step", index=index, of=2, stage="extract", side=side)
        folder.append("step-end", exit=0, message=f"side {side}: 9 faces")
    folder.write_snapshot(snapshot(state=State.DONE, exit=0, message="side a: 9 faces; side b: 9"))
    with follow.Interrupts() as interrupts:
        assert follow.follow(folder, interrupts) == 0
    said = [line[9:] if ":" in line[:3] else line for line in capsys.readouterr().out.splitlines()]
    assert said == [
        "step 1 of 2: extract a",
        "side a: 9 faces",
        "step 2 of 2: extract b",
        "side a: 9 faces; side b: 9",
    ]
