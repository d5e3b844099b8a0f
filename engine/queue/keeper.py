"""The process that starts the jobs of a queue, for as long as something in it can still begin.

There is no lasting service: putting a job in the queue starts it, and so does a supervisor at its
end and whoever looks at the workspace, where it is missing (`kick`). It starts jobs under the
queue's lock, and a job's own lock and events tell whether it began: killed at any moment it leaves
a queue that the next one goes on with.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from engine import hooks
from engine.disk import Usage
from engine.errors import FstuiError
from engine.launch import begin, start_apart
from engine.locks import holder_text
from engine.process import FileLock, is_locked, log, log_once, on_stop_signals
from engine.protocol import ENDS, State, safe_text
from engine.queue import again
from engine.queue import entry as entries
from engine.queue.edits import follow_edits
from engine.queue.queue import Item, Queue
from engine.queue.turn import FOR_THE_USER, Look, Standing, Turn
from engine.settings import user
from engine.settings.user import UserSettings

LOOK_S = 1.0
REST_LOOK_S = 5.0
"""Time between looks while all that waits does so for a time."""
FOR_A_TIME = frozenset({Standing.RESTS, Standing.HOURS})
DEVICE_PATIENCE_S = 10.0
LOG = "keeper.log"


def kick(workspace: Path, usage: Usage | None = None) -> None:
    """Start a keeper where there is work for one and none is there. Whoever asks often keeps the
    `usage`."""
    queue = Queue(workspace)
    if is_locked(queue.keeper_lock):
        return
    queued = queue.folder.is_dir()
    waits = queued and (unsettled(queue) or stays(turns(queue, usage)))
    if not waits and not any(hooks.are_due(folder) for folder in queue.jobs()):
        return
    queue.folder.mkdir(exist_ok=True)
    start_apart(queue.folder / LOG, queue.workspace, "queue", str(queue.workspace))


def run(workspace: Path) -> int:
    """Keep the queue of a workspace until nothing in it can begin by itself; the exit code."""
    queue = Queue(workspace)
    lock = FileLock(queue.keeper_lock)
    if not lock.acquire(holder_text()):
        return 0
    usage = Usage(queue.workspace)
    stop: list[int] = []
    on_stop_signals(stop.append)
    while not stop:
        look_s = LOOK_S
        try:
            left = look(queue, lock, usage)
            if left is None:
                return 0
            if left and all(turn.standing in FOR_A_TIME for turn in left):
                look_s = REST_LOOK_S
        except (FstuiError, OSError) as error:  # a full disk, a folder that is away for a while
            if not queue.workspace.is_dir():
                break
            log_once(str(error))
        until = time.monotonic() + look_s
        while not stop and time.monotonic() < until:
            time.sleep(0.1)
    lock.release()
    return 0


def look(queue: Queue, lock: FileLock, usage: Usage) -> list[Turn] | None:
    """One look of the keeper; None when there is nothing to stay for and its lock is given up."""
    with queue.locked():
        left = advance(queue, usage)
        due = [folder for folder in queue.jobs() if hooks.are_due(folder)]
        if not due and not unsettled(queue) and not stays(left):
            # Under the queue's lock: whoever adds a job next sees that nobody keeps it.
            lock.release()
            return None
    for folder in due:
        hooks.call(folder)
    return left


def advance(queue: Queue, usage: Usage | None = None) -> list[Turn]:
    """What ended is tried again where that helps, what is ready begins. Under the queue's lock.
    The turns of what is left."""
    items = queue.items()
    for item in items:
        with going_on(item.name):
            if is_over(item):
                settle(queue, item)
            elif is_half_cancelled(item):
                queue.end_cancelled(item.folder)
    with going_on("recipes"):
        follow_edits(queue, items)
    found = turns(queue, usage)
    ready = [turn.item for turn in found if turn.standing is Standing.READY]
    for item in ready:
        with going_on(item.name):
            start(item)
    return turns(queue, usage) if ready else found


@contextmanager
def going_on(name: str) -> Iterator[None]:
    """What can't be done for one job, of a folder or a disk that can't be written, keeps no other
    from its turn."""
    try:
        yield
    except (FstuiError, OSError) as error:
        log_once(f"{name}: {error}")


def turns(queue: Queue, usage: Usage | None = None) -> list[Turn]:
    """Who waits for what, by the user's settings."""
    return Look(queue, own_settings(), usage).turns()


def stays(left: list[Turn]) -> bool:
    """Whether something waits for more than the user."""
    return any(turn.standing not in FOR_THE_USER for turn in left)


def own_settings() -> UserSettings:
    """The user's settings; the defaults where they can't be read, which a command will say."""
    try:
        return user.load()
    except FstuiError as error:
        log_once(str(error))
        return UserSettings()


# --- what ended ---


def unsettled(queue: Queue) -> bool:
    """Whether a job of the queue runs, or ended and nobody looked at its end yet."""
    return any(_begun_and_unseen(item) for item in queue.items())


def is_over(item: Item) -> bool:
    """Whether a job of the queue ended and nobody looked at its end yet."""
    return _begun_and_unseen(item) and item.folder.current().state in ENDS


def is_half_cancelled(item: Item) -> bool:
    """Whether it was taken out of the queue by somebody who was killed before its end stood
    there."""
    entry = item.entry
    return entry.cancelled and not entry.settled and item.folder.never_began and item.is_ours


def _begun_and_unseen(item: Item) -> bool:
    seen = item.problem or item.entry.settled or item.waits
    return not seen and item.is_ours and item.is_writable


def settle(queue: Queue, item: Item) -> None:
    """Queue a job once more where its end may turn out better; first that, then the mark."""
    end = item.folder.current()
    known = queue.tried_again(item.name)
    if known is None and again.may_succeed_later(item.folder, end, item.entry.attempt):
        rest = again.rest_s(item.entry.attempt, end)
        folder = queue.again(item.folder, item.entry, rest)
        log(f"{item.name} {end.state}: tried again as {folder.name}")
    entries.write(item.folder, msgspec.structs.replace(item.entry, settled=True))


# --- what begins ---


def start(item: Item) -> None:
    """Begin a job. One whose process can't even be started rests, and is held in the end."""
    try:
        begin(item.folder)
        _see_it_placed(item)
    except FstuiError as error:
        log(f"{item.name} did not begin: {error}")
        if not item.folder.never_began:
            return  # it ended at once and says why, or somebody else began it
        entry = item.entry.resting(again.rest_s(item.entry.attempt))
        tries = item.entry.attempt + 1
        held = safe_text(str(error)) if tries > again.START_TRIES else ""
        entries.write(item.folder, msgspec.structs.replace(entry, attempt=tries, held=held))


def _see_it_placed(item: Item) -> None:
    """Wait until a job has its device or waits for one: the next look shall count it."""
    until = time.monotonic() + DEVICE_PATIENCE_S
    while time.monotonic() < until:
        now = item.folder.current()
        if now.device or now.state in (*ENDS, State.WAITING):
            return
        time.sleep(0.02)
