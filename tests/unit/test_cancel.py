"""Work that nobody waits for any more ends, and so do the processes that it began."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import cancel, launch
from engine.cancel import Cancelled, cancelled_by, output_of, stop_if_cancelled
from engine.errors import Exit

OBEYS = "import os, sys, time; print(os.getpid(), file=open(sys.argv[1], 'w')); time.sleep(600)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + OBEYS


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """What a process writes its number into; reading waits for that."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def cancelled_after(begun: Callable[[], object], act: Callable[[], object]) -> BaseException | None:
    """What ends an act in a thread that is wanted no more once it has begun."""
    unwanted, met = threading.Event(), list[BaseException]()

    def work() -> None:
        with cancelled_by(unwanted.is_set):
            try:
                act()
            except BaseException as error:
                met.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    begun()
    unwanted.set()
    thread.join(20)
    assert not thread.is_alive(), "it goes on for nobody"
    return met[0] if met else None


def is_gone(pid: int) -> bool:
    """Whether there is no such process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("code", [OBEYS, DEAF])
def test_a_process_that_nobody_waits_for_is_ended(
    pipe: Path, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cancel, "END_PATIENCE_S", 0.1 if code is DEAF else 20.0)
    pids: list[int] = []
    met = cancelled_after(
        lambda: pids.append(int(pipe.read_text())),
        lambda: output_of([sys.executable, "-c", code, str(pipe)]),
    )
    assert isinstance(met, Cancelled)
    assert is_gone(pids[0])


def test_a_question_to_the_engine_is_withdrawn(pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        launch, "engine_command", lambda *_: [sys.executable, "-c", OBEYS, str(pipe)]
    )
    assert isinstance(cancelled_after(pipe.read_text, lambda: launch.ask("doctor")), Cancelled)


NAPS = """
import signal, sys
from engine import ask
ask.END_PATIENCE_S = 0.1
if sys.argv[1] == "deaf":
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
ask.QUESTIONS["nap"] = ask.Question("time:sleep", (float,))
print("begun", flush=True)
ask.answer(["nap", "600"])
"""


@pytest.mark.parametrize("how", ["obeys", "deaf"])
def test_a_question_ends_with_who_asked(how: str) -> None:
    command = [sys.executable, "-c", NAPS, how]
    env = launch.engine_environment()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"begun\n"
        child.stdout.close()  # as the kernel does for one that is killed
        try:
            assert child.wait(20) == Exit.STOPPED
        finally:
            child.kill()


def test_a_process_gets_no_longer_than_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancel, "LOOK_S", 0.01)
    with pytest.raises(subprocess.TimeoutExpired):
        output_of([sys.executable, "-c", "import time; time.sleep(600)"], patience_s=0.05)


def test_what_a_process_says_is_kept_however_long_it_is() -> None:
    code = "import sys; print('x' * 300_000); print('no', file=sys.stderr); sys.exit(3)"
    done = output_of([sys.executable, "-c", code])
    assert (len(done.stdout), done.stderr, done.returncode) == (300_001, "no\n", 3)


def test_only_the_thread_that_is_wanted_no_more_ends() -> None:
    with cancelled_by(lambda: True):
        with pytest.raises(Cancelled):
            stop_if_cancelled()
        with cancelled_by(lambda: False):
            stop_if_cancelled()
        with pytest.raises(Cancelled):
            stop_if_cancelled()
    stop_if_cancelled()
