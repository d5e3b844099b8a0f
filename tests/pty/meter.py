"""Runs a program in a pseudo-terminal: counts its bytes, slows its link, types, shows its screen.

with Meter([sys.executable, "app.py"], columns=120, rows=40) as meter:
    meter.wait_for("ready")
    meter.press("q")
    assert meter.bytes_in(2.0) < 8192
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyte

SLICE_S = 0.02
DEADLINE_S = 20.0


class Meter:
    """One program in a terminal of a size; `link` limits what is read, in bytes a second."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 120,
        rows: int = 40,
        env: Mapping[str, str] | None = None,
        link: float | None = None,
    ) -> None:
        self.argv = list(argv)
        self.env = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", **(env or {})}
        for name in ("NO_COLOR", "COLORTERM", "TMUX", "LC_ALL", "STY"):
            if name not in (env or {}):
                self.env.pop(name, None)
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.link = link
        self.log: list[tuple[float, int]] = []
        """When how many bytes came."""
        self.raw = bytearray()
        self.code: int | None = None
        self._credit = 0.0
        self._size = (columns, rows)

    def __enter__(self) -> Meter:
        self.fd, terminal = pty.openpty()
        self.resize(*self._size)
        # No fork of this process: with TensorFlow in it that takes longer than the program's
        # start. A leader of a session that opens a terminal gets it as its own: sh does.
        self.program = subprocess.Popen(
            ["sh", "-c", ': <"$0"; exec "$@"', os.ttyname(terminal), *self.argv],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=self.env,
            start_new_session=True,
        )
        self.pid = self.program.pid
        os.close(terminal)
        self._clock = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.program.kill()
        self.program.wait()
        os.close(self.fd)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the program gets its signal."""
        self.screen.resize(rows, columns)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys: str | bytes) -> None:
        """Type."""
        os.write(self.fd, keys.encode() if isinstance(keys, str) else keys)

    def pump(self, seconds: float) -> int:
        """Read what comes for a while; the number of bytes."""
        end = time.monotonic() + seconds
        count = 0
        while (left := end - time.monotonic()) > 0:
            count += self._read(min(SLICE_S, left))
            if self.code is not None:
                break
        return count

    bytes_in = pump

    def most_in_a_second(self, since: float) -> int:
        """The most bytes of any one second since a moment of the monotonic clock."""
        came = [(at, count) for at, count in self.log if at >= since]
        return max((sum(n for t, n in came if at <= t < at + 1) for at, _ in came), default=0)

    def _read(self, patience: float) -> int:
        most = self._allowed()
        if most < 1:
            time.sleep(patience)  # the slow link itself, not a synchronisation
            return 0
        ready, _, _ = select.select([self.fd], [], [], patience)
        if not ready:
            self._reap()
            return 0
        try:
            data = os.read(self.fd, most)
        except OSError:  # the program has closed the terminal
            data = b""
        if not data:
            self._reap(block=True)
            return 0
        self._credit -= len(data)
        self.raw += data
        self.log.append((time.monotonic(), len(data)))
        self.stream.feed(data)
        self._answer(data)
        return len(data)

    def _allowed(self) -> int:
        """Bytes that the link may carry now: at most a tenth of a second's worth at once."""
        if self.link is None:
            return 65536
        now = time.monotonic()
        self._credit = min(self._credit + (now - self._clock) * self.link, self.link / 10)
        self._clock = now
        return int(self._credit)

    def _answer(self, data: bytes) -> None:
        """What a terminal answers: mode 2026 is known, the cursor is somewhere."""
        if b"\x1b[?2026$p" in data:
            self.press(b"\x1b[?2026;2$y")

    def _reap(self, block: bool = False) -> None:
        self.code = self.program.wait() if block else self.program.poll()

    def text(self) -> str:
        """The screen's text."""
        columns = range(self.screen.columns)
        rows = (self.screen.buffer[y] for y in range(self.screen.lines))
        return "\n".join("".join(row[x].data for x in columns) for row in rows)

    def cells(self) -> list[list[tuple[Any, ...]]]:
        """Every cell: character, colours, attributes."""
        columns = range(self.screen.columns)
        return [
            [tuple(self.screen.buffer[y][x]) for x in columns] for y in range(self.screen.lines)
        ]

    def wait_until(self, true: Callable[[], bool], within: float = DEADLINE_S) -> float:
        """Read until something is so; how long it took, s. Fails with the screen otherwise."""
        start = time.monotonic()
        while not true():
            assert self.code is None, f"it ended:\n{self.text()}"
            assert time.monotonic() - start < within, f"not within {within} s:\n{self.text()}"
            self._read(SLICE_S)
        return time.monotonic() - start

    def wait_for(self, text: str, within: float = DEADLINE_S) -> float:
        """Read until a text is on the screen; how long it took, s."""
        return self.wait_until(lambda: text in self.text(), within)

    def wait_end(self, within: float = DEADLINE_S) -> int:
        """Read until the program ends; its exit code."""
        self.wait_until(lambda: self.code is not None, within)
        return self.code or 0

    def settle(self, quiet: float = 0.5, within: float = DEADLINE_S) -> None:
        """Read until nothing came for a while."""
        start = time.monotonic()
        while self.pump(quiet):
            assert time.monotonic() - start < within, "it never becomes quiet"
