"""What the user asks of a running step: command files and stop signals."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from engine.errors import FstuiError
from engine.process import on_stop_signals
from engine.protocol import Command
from engine.report import Reporter

POLL_S = 0.2


class Control:
    """Polls the job's `control/` folder; each command is acknowledged by an event, once, with the
    sentence of the error that its handler raised."""

    def __init__(self, report: Reporter) -> None:
        self._report = report
        self.poll_s = POLL_S
        """How often it looks for commands at most."""
        self._last_look = 0.0
        self._paused = False
        self._stop = False
        self._handlers: dict[str, Callable[[Command], None]] = {}
        on_stop_signals(self._on_signal)

    def _on_signal(self, _number: int) -> None:
        self._stop = True

    def on(self, verb: str, handler: Callable[[Command], None]) -> None:
        """Handle a verb of the step's own (save, preview), or one that all steps have otherwise."""
        self._handlers[verb] = handler

    @property
    def stopping(self) -> bool:
        """Whether the step should finish its batch, save and end. Looks for commands first."""
        self.look()
        while self._paused and not self._stop:
            with suppress(OSError):
                self._report.heartbeat()
            time.sleep(POLL_S)
            self.look()
        return self._stop

    def look(self) -> None:
        """Read waiting commands, at most every `poll_s`."""
        now = time.monotonic()
        if now - self._last_look < self.poll_s:
            return
        self._last_look = now
        for path, command in self._report.folder.commands():
            self._obey(command)
            path.unlink(missing_ok=True)

    def _obey(self, command: Command) -> None:
        known, answer = True, dict[str, Any]()
        if command.verb in self._handlers:
            try:
                self._handlers[command.verb](command)
            except FstuiError as error:  # the step goes on as it was
                answer = {"refused": str(error), "exit": int(error.exit)}
        elif command.verb == "stop":
            self._stop = True
        elif command.verb in ("pause", "resume"):
            self._paused = command.verb == "pause"
        else:
            known = False
        with suppress(OSError):  # what finds no room on the disk is obeyed all the same
            self._report.event("ack", verb=command.verb, id=command.id, known=known, **answer)
