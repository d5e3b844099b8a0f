"""Starting jobs, asking questions, and errors that cross from the engine's processes."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine import launch
from engine.errors import (
    BadInput,
    EngineCrashed,
    Exit,
    FstuiError,
    NoSpace,
    NotPossible,
    UsageError,
    from_os_error,
    of_exit,
)
from engine.eventlog import Event
from engine.fold import fold
from engine.project import Project
from engine.protocol import Job, JobFolder, Snapshot, State, Step, jobs_of
from fstui.model import jobs


def test_every_exit_code_has_its_class() -> None:
    for kind in FstuiError.__subclasses__():
        assert type(of_exit(int(kind.exit), "why")) is kind
    assert of_exit(70, "why").exit is Exit.BUG


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, NoSpace),
        (errno.EDQUOT, NoSpace),
        (errno.EROFS, BadInput),
        (errno.EIO, BadInput),
    ],
)
def test_the_systems_errors_become_ours(number: int, kind: type[FstuiError]) -> None:
    assert type(from_os_error(OSError(number, "why"), "writing x")) is kind


def test_a_question_is_answered_or_refused_with_the_engines_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(BadInput, match="no video that can be read"):
        launch.ask("media", str(tmp_path / "text.mp4"))
    with pytest.raises(UsageError, match="no answer"):
        launch.ask("weather")
    assert {f["name"] for f in launch.ask("doctor")} >= {"tensorflow", "gpu", "inotify", "weights"}


def test_an_engine_that_dies_over_a_question_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    dying = [sys.executable, "-c", "import os; os.abort()"]
    monkeypatch.setattr(launch, "engine_command", lambda *_: dying)
    with pytest.raises(EngineCrashed, match="died over 'media x'"):
        launch.ask("media", "x")


def test_modules_in_the_current_folder_are_never_taken(tmp_path: Path) -> None:
    for name in ("engine", "msgspec", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken from the folder')")
    done = subprocess.run(
        launch.engine_command("ask", "weather"),
        cwd=tmp_path,
        env=launch.engine_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "no answer" in done.stderr


def failing(tmp_path: Path, code: str) -> None:
    folder = JobFolder.create(tmp_path, Job(1, "train", [Step("train")]))
    with open(folder.log_path, "wb") as log:
        child = subprocess.Popen([sys.executable, "-c", code], stderr=log)
    launch.wait_for_start(folder, child)


def test_a_supervisor_that_does_not_start_gives_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(EngineCrashed, match="no module of mine"):
        failing(tmp_path, "raise SystemExit('no module of mine')")
    words = "import sys; print('No space left.', file=sys.stderr); sys.exit(7)"
    with pytest.raises(NoSpace, match=r"^No space left\.$"):
        failing(tmp_path, words)


def test_a_start_that_takes_too_long_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "START_PATIENCE_S", 0.1)
    with pytest.raises(EngineCrashed, match="did not start"):
        failing(tmp_path, "import time; time.sleep(100)")


@pytest.mark.parametrize("begins", [False, True])
def test_a_job_that_does_not_start_has_an_end_and_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begins: bool
) -> None:
    project = Project.create(tmp_path, "film")
    deaf = [sys.executable if begins else "/no/such/python", "-c", "import time; time.sleep(100)"]
    monkeypatch.setattr(launch, "engine_command", lambda *_: deaf)
    monkeypatch.setattr(launch, "START_PATIENCE_S", 0.1)
    with pytest.raises(FstuiError) as caught:
        launch.launch(project.path, Job(1, "train", [Step("train", None, {"batch": 4})]))
    (folder,) = jobs_of(project.path)
    now = folder.current()
    assert (now.state, now.message) == (State.CRASHED, str(caught.value))
    known = jobs.cut_off(project, "train")
    assert known is not None
    assert known.settings == {"batch": 4}  # also those of the job that it was to go on from


@pytest.mark.parametrize(
    ("files", "verdict"),
    [
        ({}, False),
        ({"logind.conf": "#KillUserProcesses=yes"}, False),
        ({"logind.conf": "[Login]\nKillUserProcesses=yes"}, True),
        (
            {
                "logind.conf": "KillUserProcesses=yes",
                "logind.conf.d/1.conf": "KillUserProcesses=no",
            },
            False,
        ),
    ],
)
def test_logins_setting_is_read_with_its_drop_ins(
    files: dict[str, str], verdict: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(Path, "exists", lambda _: True)
    for name, text in files.items():
        path = tmp_path / name
        os.makedirs(path.parent, exist_ok=True)
        path.write_text(text)
    assert launch.kills_at_logout(tmp_path) is verdict


# --- events folded into the snapshot ---


def test_events_make_the_snapshot() -> None:
    s = Snapshot()
    told = [
        Event(1, "step", {"index": 1, "stage": "train", "side": None}),
        Event(2, "phase", {"name": "compiling"}),
        Event(3, "metric", {"iteration": 7, "loss_a": 0.5, "loss_b": "nan"}),
        Event(4, "save", {"iteration": 5}),
        Event(5, "warn", {"text": "look"}),
        Event(6, "preview", {"path": "preview/7.jpg"}),
        Event(7, "brand-new", {"x": 1}),
        Event(8, "metric", {"iteration": 8}),  # without its losses: only a sign of life
    ]
    for event in told:
        fold(s, event)
    assert (s.state, s.step, s.stage, s.phase) == (State.RUNNING, 1, "train", "")
    assert (s.iteration, s.loss_a, s.loss_b, s.saved_iteration) == (8, 0.5, None, 5)
    assert (s.warnings, s.last_warning, s.preview, s.heartbeat) == (1, "look", "preview/7.jpg", 8)


def test_a_question_has_a_time_limit_where_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = [sys.executable, "-c", "import sys, signal; signal.pause()"]
    monkeypatch.setattr(launch, "engine_command", lambda *_: deaf)
    with pytest.raises(NotPossible, match="no answer to 'media x' within"):
        launch.ask("media", "x", patience_s=0.2)
