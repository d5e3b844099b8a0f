"""The workbench in a pseudo-terminal: bytes while training, leaving, sizes, kills."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import fake
import pytest
from meter import Meter

from fstui.title import GIVE_BACK, KEEP

ROOT = Path(__file__).resolve().parents[2]
KIB = 1024
LEAVES_S = 6.0
"""Two seconds on an idle machine; a shared one may take some times that."""


def workbench(
    workspace: Path, *args: str, columns: int = 120, rows: int = 40, **more: str
) -> Meter:
    """The program as a user starts it."""
    env = {
        "PYTHONPATH": str(ROOT),
        "FSTUI_WORKSPACE": str(workspace),
        "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22",
        **more,
    }
    return Meter([sys.executable, "-m", "fstui", *args], columns=columns, rows=rows, env=env)


@contextmanager
def training(project: Path, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    """A process that trains at two reports a second while it holds the job's lock."""
    script = ROOT / "tests" / "rooms" / "fake.py"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(script), str(project), str(seconds)], stdout=subprocess.PIPE, env=env
    ) as engine:
        assert engine.stdout is not None
        assert engine.stdout.readline() == b"ready\n"
        try:
            yield engine
        finally:
            engine.kill()


def open_train_room(meter: Meter) -> None:
    """From home into the train room, until its picture is there."""
    meter.wait_for("training")
    meter.press("\r")
    meter.wait_for("Target")
    meter.press("3")
    meter.wait_for("loss A")
    meter.wait_for("A→B")
    meter.pump(2.0)


def ended(meter: Meter) -> int:
    """Read until the program has ended; its exit code."""
    until = time.monotonic() + 10
    while meter.code is None:
        assert time.monotonic() < until, meter.text()
        meter.pump(0.05)
    return meter.code


def test_a_jobs_end_rings_and_is_noted_once(tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    with training(project.path, 4), workbench(tmp_workspace) as meter:
        open_train_room(meter)
        meter.wait_for("trained")
        meter.pump(1.5)
        assert bytes(meter.raw).count(b"\x1b]9;fstui: demo: ") == 1
        meter.press("q")
        assert meter.wait_end() == 0


def test_train_room_writes_little_while_training(tmp_workspace: Path) -> None:
    """At most 4 KiB a second on average and 16 in any one without a new picture, at 120x40 over a
    link: of the whole history, of its newest part, over time."""
    project = fake.make_project(tmp_workspace)
    with training(project.path, 90), workbench(tmp_workspace) as meter:
        open_train_room(meter)
        for keys, shown in (("", "loss A"), ("kkkk", "live, from"), ("\x18", ":")):
            meter.press(keys)
            meter.wait_for(shown)
            meter.pump(1.5)
            before, since = meter.text(), time.monotonic()
            sent = meter.bytes_in(8.0)
            assert meter.text() != before, "nothing was shown"
            assert 0 < sent / 8.0 <= 4 * KIB, shown
            assert meter.most_in_a_second(since) <= 16 * KIB, shown
        meter.press("q")
        assert meter.wait_end() == 0


def test_leaving_says_that_the_job_goes_on_and_coming_back_shows_it(tmp_workspace: Path) -> None:
    """Same project, room and scale; the engine is not disturbed."""
    project = fake.make_project(tmp_workspace)
    with training(project.path, 60) as engine:
        with workbench(tmp_workspace) as meter:
            open_train_room(meter)
            meter.press("y")
            meter.wait_for("linear")
            meter.press("q")
            assert meter.wait_end() == 0
            assert "training goes on" in meter.text()
        assert engine.poll() is None
        with workbench(tmp_workspace) as meter:
            meter.wait_for("loss A", within=5)
            meter.wait_for("linear")
            meter.wait_for("A→B")


def test_a_killed_terminal_stops_no_job(tmp_workspace: Path) -> None:
    """A job that the workbench itself started lives on when the terminal goes, and when the
    workbench is killed; a new workbench finds and stops it."""
    from engine.protocol import find_job

    project = fake.make_project(tmp_workspace)
    with workbench(tmp_workspace) as meter:
        meter.wait_for("demo")
        meter.press("\r")
        meter.wait_for("Target")
        meter.press("w")
        meter.wait_for("end watch")
        job = find_job(project.path)
        assert job is not None
        meter.pump(0.5)
    holder = job.holder()
    assert holder is not None
    try:
        assert job.alive(), "the terminal is gone and with it the job"
        with workbench(tmp_workspace) as meter:
            meter.wait_for("end watch")
            os.kill(meter.pid, signal.SIGKILL)
            ended(meter)
        assert job.alive()
        with workbench(tmp_workspace) as meter:
            meter.wait_for("end watch")
            meter.press("w")
            meter.wait_until(lambda: not job.alive())
            meter.wait_for("w watch ")
    finally:
        if job.alive():
            os.kill(holder.pid, signal.SIGKILL)
    assert job.current().state == "stopped"


def test_a_storm_of_resizes_ends_in_one_layout(tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    with training(project.path, 60), workbench(tmp_workspace) as meter:
        open_train_room(meter)
        for step in range(50):
            meter.resize(50 + step * 2, 12 + step % 30)
            meter.pump(0.02)
        meter.resize(80, 24)
        meter.wait_for("x stop")
        meter.wait_for("loss A")
        meter.resize(58, 14)
        meter.wait_for("need 60x16, have 58x14")
        meter.resize(80, 24)
        meter.wait_until(lambda: "need 60x16" not in meter.text(), within=5)
        meter.wait_for("loss A")


def test_a_key_is_answered_soon_on_a_slow_link(tmp_workspace: Path) -> None:
    """32 KiB/s while training: another scale, which is most of the chart, within 0.3 s."""
    project = fake.make_project(tmp_workspace)
    with training(project.path, 60), workbench(tmp_workspace) as meter:
        open_train_room(meter)
        meter.link = 32 * KIB
        times = []
        for _ in range(5):
            meter.press("y")
            times.append(meter.wait_for("linear", within=5))
            meter.press("y")
            times.append(meter.wait_until(lambda: "linear" not in meter.text(), within=5))
        assert sorted(times)[len(times) // 2] < 0.3


@pytest.mark.parametrize(
    ("args", "said"), [(("--readonly",), "read-only"), (("--ascii",), "1 Project")]
)
def test_options(tmp_workspace: Path, args: tuple[str, ...], said: str) -> None:
    fake.make_project(tmp_workspace)
    with workbench(tmp_workspace, *args, columns=80, rows=24) as meter:
        meter.wait_for("demo")
        meter.press("\r")
        meter.wait_for(said)
        if "--ascii" in args:
            meter.wait_for("Target")
            assert meter.text().isascii()
        else:
            assert "people" not in meter.text()


def test_the_title_tells_how_far_the_job_is_and_is_given_back(tmp_workspace: Path) -> None:
    """Each title is another than the one before."""
    project = fake.make_project(tmp_workspace)
    with training(project.path, 60), workbench(tmp_workspace) as meter:
        open_train_room(meter)
        meter.press("q")
        assert meter.wait_end() == 0
    titles = re.findall(rb"\x1b]0;([^\x07]*)\x07", meter.raw)
    assert titles[0] == b"fstui"
    assert titles[-1].startswith(b"fstui: demo, iteration 36 ")
    assert all(one != other for one, other in pairwise(titles))
    assert meter.raw.count(KEEP.encode()) == meter.raw.count(GIVE_BACK.encode()) == 1
    assert meter.raw.rfind(GIVE_BACK.encode()) > meter.raw.rfind(titles[-1])


def test_the_terminal_is_left_as_it_was_on_sigterm(tmp_workspace: Path) -> None:
    """The alternate screen is left and the cursor is back."""
    with workbench(tmp_workspace) as meter:
        meter.wait_for("Welcome")
        os.kill(meter.pid, signal.SIGTERM)
        assert ended(meter) == 0
        assert meter.raw.count(b"\x1b[?1049l") == 1
        assert b"\x1b[?25h" in meter.raw[-200:]


def test_a_lost_terminal_ends_the_workbench(tmp_workspace: Path) -> None:
    """The SSH link breaks: no process without a terminal stays behind."""
    meter = workbench(tmp_workspace)
    with meter:
        meter.wait_for("Welcome")
        terminal, meter.fd = meter.fd, os.open(os.devnull, os.O_RDONLY)
        os.close(terminal)  # the kernel hangs up
        meter.code = meter.program.wait(60)  # longer is "it stays behind"
    assert meter.code == 0


def test_a_bug_is_one_sentence_and_its_traceback_is_in_a_log(
    tmp_workspace: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; from fstui.rooms.home import Home; Home.show = lambda self: 1 / 0; "
        "from fstui.cli import main; sys.exit(main([]))"
    )
    env = {"PYTHONPATH": str(ROOT), "FSTUI_WORKSPACE": str(tmp_workspace)}
    with Meter([sys.executable, "-c", code], env=env) as meter:
        assert ended(meter) == 70
        assert "A bug of ours: ZeroDivisionError" in meter.text()
        assert b"Traceback" not in meter.raw
    logs = list((tmp_path / "state").glob("*.log"))
    assert any("ZeroDivisionError" in log.read_text() for log in logs)


def test_leaving_waits_for_no_answer_of_the_engine(tmp_workspace: Path, tmp_path: Path) -> None:
    """The engine thinks for ten minutes over each question; the user leaves."""
    fake.make_project(tmp_workspace)
    pid, path = tmp_path / "pid", tmp_path / "slow"
    path.mkdir()
    (path / "sitecustomize.py").write_text(
        "import os, sys, time\n"
        "if 'ask' in sys.orig_argv:\n"
        f"    open({str(pid)!r} + '.new', 'w').write(str(os.getpid()))\n"
        f"    os.rename({str(pid)!r} + '.new', {str(pid)!r})\n"
        "    time.sleep(600)\n"
    )
    slow = os.pathsep.join([str(ROOT), str(path)])
    with workbench(tmp_workspace, PYTHONPATH=slow) as meter:
        meter.wait_for("demo")
        meter.press("9")
        meter.wait_for("asking the engine")
        meter.wait_until(pid.exists)
        meter.press("q")
        assert meter.wait_end(within=LEAVES_S) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
