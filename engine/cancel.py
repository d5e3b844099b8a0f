"""Work that nobody waits for any more: who begins a thread says how to ask whether that is so
(`cancelled_by`), and what takes its time in there asks (`stop_if_cancelled`, `output_of`)."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

LOOK_S = 0.1
"""How often it is asked while a process works."""
END_PATIENCE_S = 1.0
"""How long a process that is wanted no more may take to tidy up."""

_asked: ContextVar[Callable[[], bool]] = ContextVar("cancelled", default=lambda: False)


class Cancelled(Exception):
    """Nobody waits for this any more. No `FstuiError`: there is nobody to tell it to either."""


@contextmanager
def cancelled_by(asked: Callable[[], bool]) -> Iterator[None]:
    """Let what this thread does in the block end once `asked` says so."""
    before = _asked.set(asked)
    try:
        yield
    finally:
        _asked.reset(before)


def stop_if_cancelled() -> None:
    """Raise `Cancelled` when nobody waits any more."""
    if _asked.get()():
        raise Cancelled


def output_of(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    patience_s: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a process to its end and keep what it said. When nobody waits any more, it is ended.

    Raises `Cancelled`, `subprocess.TimeoutExpired` after `patience_s`, `OSError` where it can't be
    started; the process is gone then.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
        text=True,
        errors="replace",
        env=env,
    ) as child:
        try:
            out, err = _communicated(child, patience_s)
        except BaseException:
            _end(child)
            raise
    return subprocess.CompletedProcess(command, child.returncode, out, err)


def _communicated(child: subprocess.Popen[str], patience_s: float | None) -> tuple[str, str]:
    until = None if patience_s is None else time.monotonic() + patience_s
    while True:
        stop_if_cancelled()
        try:
            return child.communicate(timeout=LOOK_S)
        except subprocess.TimeoutExpired as error:
            if until is not None and time.monotonic() >= until:
                raise subprocess.TimeoutExpired(child.args, patience_s or 0.0) from error


def _end(child: subprocess.Popen[str]) -> None:
    """End a process, killing it where it doesn't follow."""
    child.terminate()
    try:
        child.wait(END_PATIENCE_S)
    except subprocess.TimeoutExpired:
        child.kill()
