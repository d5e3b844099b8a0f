"""What a room writes: one after the other, in the order in which it was asked for."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial

from textual.message_pump import MessagePump

from engine.errors import FstuiError, from_os_error

Then = Callable[[], object]
Act = Callable[[], Then]
"""Done in a thread; what it answers is done in the interface's."""

LEAVING_S = 3.0
"""How long the interface waits for what is still to be written when it leaves."""


class Writes:
    """The writes of a screen. Keys come faster than a disk, and a thread can't be called back: each
    write waits for the one before, so that the last key decides what is written."""

    def __init__(self, screen: MessagePump) -> None:
        self._screen = screen
        self._waiting: deque[tuple[Callable[[], Act | None], Callable[[str], object]]] = deque()
        self._task: asyncio.Task[None] | None = None

    def add(self, turn: Callable[[], Act | None], failed: Callable[[str], object]) -> None:
        """Have something written. `turn` is called when all before it is done, and gives what is to
        be done then, None for nothing; `failed` is told in one sentence why that can't be."""
        self._waiting.append((turn, failed))
        if self._task is None:
            self._task = asyncio.create_task(self._work_off())

    @property
    def busy(self) -> bool:
        """Whether something is still to be written: what can be undone then isn't known yet."""
        return self._task is not None

    async def finished(self) -> None:
        """Wait until all is written, `LEAVING_S` at most."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=LEAVING_S)

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                await self._write(*self._waiting.popleft())
        except Exception as error:
            self._screen.call_later(partial(_raise, error))
        finally:
            self._task = None

    @staticmethod
    async def _write(turn: Callable[[], Act | None], failed: Callable[[str], object]) -> None:
        act = turn()
        if act is None:
            return
        try:
            then = await asyncio.to_thread(act)
        except FstuiError as error:
            failed(str(error))
        except OSError as error:
            failed(str(from_os_error(error, f"writing {error.filename or 'to the project'}")))
        else:
            then()


def _raise(error: Exception) -> None:
    """A bug of ours, told where the interface tells of them: nobody looks at a task's."""
    raise error
