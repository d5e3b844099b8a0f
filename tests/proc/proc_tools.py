"""Jobs of the fake engine, and waiting for a condition."""

from __future__ import annotations

import os
import pty
import select
import signal
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.launch import engine_environment, wait_for_start
from engine.project import Project
from engine.protocol import Job, JobFolder, Step

Plan = dict[str, Any]
FAKE = Path(__file__).with_name("fake_engine.py")
PATIENCE_S = 60.0


def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait for a condition to be true; fail saying what did not happen."""
    end = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < end, f"it did not happen: {what}"
        time.sleep(0.02)
    return value


def is_gone(pid: int) -> bool:
    """Whether a process has ended (a zombie has)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"


def step_pid(folder: JobFolder) -> int:
    """The process of the step at work: the only child of the supervisor."""
    holder = folder.holder()
    assert holder is not None
    children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children")
    text = until(lambda: children.read_text().split(), "the step's process began")
    return int(text[0])


def iteration(folder: JobFolder) -> int:
    """The newest iteration that the job's events tell."""
    found = [e.data["iteration"] for e in folder.events()[0] if e.k == "metric"]
    return int(found[-1]) if found else 0


class FakeEngine:
    """Starts jobs of `fake_engine.py`, each in a session of its own like the real ones."""

    def __init__(self) -> None:
        self.children: list[subprocess.Popen[bytes]] = []

    def start(
        self,
        project: Project,
        *plans: dict[str, Any],
        kind: str = "train",
        device: str | None = None,
    ) -> JobFolder:
        """Start a job with a step for each plan and wait for its start event."""
        folder = self.make(project, *plans, kind=kind, device=device)
        wait_for_start(folder, self.run(folder))
        return folder

    def make(
        self,
        project: Project,
        *plans: dict[str, Any],
        kind: str = "train",
        device: str | None = None,
    ) -> JobFolder:
        """Only the job folder."""
        steps = [Step(kind, None, plan) for plan in plans or ({},)]
        return JobFolder.create(project.path, Job(1, kind, steps, device))

    def run(self, folder: JobFolder) -> subprocess.Popen[bytes]:
        """Run the supervisor of a job folder."""
        with open(folder.log_path, "ab") as log:
            child = subprocess.Popen(
                [sys.executable, str(FAKE), "run", str(folder.path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=engine_environment(),
            )
        self.children.append(child)
        return child

    def keep(self, workspace: Path, die_at: str = "") -> subprocess.Popen[bytes]:
        """Run the keeper of a workspace's queue; it may be killed at a point of its work."""
        child = subprocess.Popen(
            [sys.executable, str(FAKE), "queue", str(workspace)],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**engine_environment(), "FAKE_DIE_AT": die_at},
        )
        self.children.append(child)
        return child

    def end_all(self) -> None:
        """Kill what a test left running; the steps die with their supervisors."""
        for child in self.children:
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGCONT)
            child.kill()
            child.wait()


def fstui(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end without a terminal."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "fstui", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        env=engine_environment(),
        cwd=cwd,
        check=False,
    )


class Terminal:
    """A command of fstui in a pseudo-terminal of its own."""

    def __init__(self, *words: str) -> None:
        self.said = b""
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            command = [sys.executable, "-P", "-m", "fstui", *words]
            os.execve(command[0], command, {**engine_environment(), "TERM": "xterm-256color"})

    def read_until(self, text: bytes) -> None:
        """Read what it shows until a text is in it."""
        end = time.monotonic() + PATIENCE_S
        while text not in self.said:
            assert time.monotonic() < end, f"{text!r} never came, only {self.said[-500:]!r}"
            if select.select([self._fd], [], [], 0.1)[0]:
                try:
                    self.said += os.read(self._fd, 65536)
                except OSError:  # the other end is closed
                    assert text in self.said, self.said[-500:]

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._fd, keys)

    def hang_up(self) -> None:
        """What a dropped link does: the kernel sends SIGHUP to whoever is there."""
        os.close(self._fd)
        self._fd = -1

    def wait(self) -> int:
        """Its exit code, or minus the signal that ended it."""
        status = until(lambda: self._ended(), "the command ended")
        return os.waitstatus_to_exitcode(status[1])

    def _ended(self) -> tuple[int, int] | None:
        if self._fd >= 0 and select.select([self._fd], [], [], 0)[0]:
            with suppress(OSError):
                self.said += os.read(self._fd, 65536)
        done = os.waitpid(self.pid, os.WNOHANG)
        return done if done[0] else None


def picture(path: Path, shade: int = 0) -> Path:
    """A small PNG picture without a face, made with the standard library."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    head = struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + bytes([shade % 256]) * 64 for _ in range(64)))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )
    return path
