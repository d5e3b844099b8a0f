"""Start jobs as processes that outlive the one that starts them. Light: no stage is imported."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from engine.cancel import output_of, stop_if_cancelled
from engine.errors import (
    EXIT_MEANINGS,
    EngineCrashed,
    Exit,
    FstuiError,
    NotPossible,
    from_os_error,
    of_exit,
)
from engine.locks import refuse_if_running
from engine.protocol import START_PATIENCE_S, Job, JobFolder, State, safe_text

KILL_PATIENCE_S = 1.0
ROOT = Path(__file__).resolve().parent.parent


def engine_command(*words: str) -> list[str]:
    """The words that start an engine process; -P: never a module from the current folder."""
    return [sys.executable, "-P", "-m", "engine", *words]


def ask(*question: str, patience_s: float | None = None) -> Any:
    """Put a short question to the engine (`engine/ask.py`) and wait for its answer.

    Raises what the engine answers with: `BadInput` and its like, each with its sentence;
    `NotPossible` when the answer takes longer than `patience_s`; `Cancelled` when nobody waits for
    it any more (`engine/cancel.py`).
    """
    try:
        answer = output_of(
            engine_command("ask", *question), env=engine_environment(), patience_s=patience_s
        )
    except OSError as error:
        raise from_os_error(error, "starting the engine") from error
    except subprocess.TimeoutExpired as error:
        raise NotPossible(
            f"The engine had no answer to '{safe_text(' '.join(question))}' within {patience_s:g} "
            "s: try again, or look whether the drive answers."
        ) from error
    lines = (answer.stderr.strip() or "no reason given").splitlines()
    if answer.returncode in EXIT_MEANINGS and answer.returncode:
        raise of_exit(answer.returncode, lines[-1])
    if answer.returncode:
        raise EngineCrashed(
            f"The engine died over '{safe_text(' '.join(question))}': {safe_text(lines[-1])}."
        )
    return json.loads(answer.stdout.splitlines()[-1])


def launch(project: Path, job: Job) -> JobFolder:
    """Make a job folder and start its supervisor in a new session; returns once it has begun.

    Raises `AlreadyRunning` when a lock that the job needs is held, `EngineCrashed` when the
    supervisor dies before its start event. The job has an end then: it can be gone on with.
    """
    refuse_if_running(project, job)
    folder = JobFolder.create(project, job)
    try:
        begin(folder)
    except FstuiError as error:
        if not folder.has_run and not folder.alive():
            with contextlib.suppress(OSError):  # after a while it counts as interrupted
                said = safe_text(str(error))
                folder.append("end", state=State.CRASHED, exit=int(Exit.CRASHED), message=said)
        raise
    return folder


def begin(folder: JobFolder) -> None:
    """Start the supervisor of a job folder; returns once it has begun. Raises as `launch` does."""
    child = start_apart(folder.log_path, folder.project, "run", str(folder.path))
    wait_for_start(folder, child)


def start_apart(log: Path, cwd: Path, *words: str) -> subprocess.Popen[bytes]:
    """An engine process in a session of its own, which outlives the one that starts it."""
    try:
        with open(log, "ab") as output:
            return subprocess.Popen(
                [*scope(), *engine_command(*words)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=engine_environment(),
                cwd=cwd,
            )
    except OSError as error:
        raise from_os_error(error, f"starting the engine ({words[0]}) in {cwd}") from error


def wait_for_start(folder: JobFolder, child: subprocess.Popen[bytes]) -> None:
    """Wait for the start event. Raises what the supervisor ended with when it came to none."""
    patience = time.monotonic() + START_PATIENCE_S
    while time.monotonic() < patience:
        stop_if_cancelled()  # the job begins all the same: nobody waits for its first word
        ended = child.poll() is not None
        events, _ = folder.events()
        for event in events:
            if event.k == "start":
                return
            if event.k == "end":
                raise of_exit(event.data["exit"], event.data["message"])
        if ended:
            break
        time.sleep(0.01)
    child.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):  # its lock is free when it is gone
        child.wait(KILL_PATIENCE_S)
    lines = folder.log_path.read_text(errors="replace").strip().splitlines()
    last = safe_text(lines[-1]) if lines else "no output"
    if child.returncode in EXIT_MEANINGS and child.returncode != Exit.USAGE:
        raise of_exit(child.returncode, last)
    raise EngineCrashed(f"The engine did not start: {last} ({folder.log_path}).")


def engine_environment() -> dict[str, str]:
    """The environment of engine processes: this checkout first on the path, quiet TensorFlow, and
    frames that are given back to the system: left alone, glibc keeps ever larger pieces."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    defaults = {
        "TF_CPP_MIN_LOG_LEVEL": "1",
        "PYTHONUNBUFFERED": "1",
        "MALLOC_MMAP_THRESHOLD_": str(2 << 20),
    }
    return {**defaults, **os.environ, "PYTHONPATH": path}


def scope() -> list[str]:
    """`systemd-run` words where logind would kill a job at log-out, else nothing."""
    if not kills_at_logout() or not shutil.which("systemd-run"):
        return []
    return ["systemd-run", "--user", "--scope", "--quiet", "--collect"]


LINGER = Path("/var/lib/systemd/linger")


def lingers(user: str, folder: Path = LINGER) -> bool:
    """Whether a user's services run from boot on and after log-out."""
    return bool(user) and (folder / user).exists()


def kills_at_logout(etc: Path = Path("/etc/systemd")) -> bool:
    """Whether logind is set to kill a user's processes when the last session ends."""
    if not Path("/run/systemd/system").exists() or not os.environ.get("XDG_RUNTIME_DIR"):
        return False
    verdict = False
    for file in [etc / "logind.conf", *sorted((etc / "logind.conf.d").glob("*.conf"))]:
        try:
            found = re.findall(r"^\s*KillUserProcesses\s*=\s*(\w+)", file.read_text(), re.M)
        except OSError:
            continue
        if found:
            verdict = found[-1].lower() in ("yes", "true", "1", "on")
    return verdict
