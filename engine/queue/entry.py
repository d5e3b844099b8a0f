"""A job's place in the queue: `queue.json` of its folder, replaced whole."""

from __future__ import annotations

import time

import msgspec

from engine.errors import Damaged, from_os_error
from engine.protocol import QUEUE_ENTRY, JobFolder, write_atomic
from engine.queue.conditions import Conditions

VERSION = 1


class Entry(msgspec.Struct, frozen=True):
    """What the queue knows of a job beside its request."""

    v: int = VERSION
    host: str = ""
    """The machine that it was queued on. Only that one starts it: a project that was copied from
    another one, or a workspace that two share, starts nothing by itself."""
    project: str = ""
    """The folder of the project that it was queued in: a copy made on this machine is known by the
    job that is still there."""
    order: float = 0.0
    """Lower ones come first among those of one priority."""
    priority: int = 0
    """Higher ones come first."""
    after: list[str] = []
    """Names of jobs that have to be done before, of any project of the workspace."""
    held: str = ""
    """Why it doesn't start until the user lets it go; empty when it may."""
    delay_from: float = 0.0
    """UNIX time from which on `delay_s` counts."""
    delay_s: float = 0.0
    """How long it rests before it is tried again."""
    attempt: int = 1
    """1 for the first start, more for what is tried again."""
    again_of: str = ""
    """Name of the job that this one tries again."""
    recipe: str = ""
    """The recipe of its project that it was queued for; "" for what the user queued."""
    run: str = ""
    """Which run of the recipe, and how often that was queued before (`Run.mark`): a watcher that
    was killed between queueing a job and noting its name finds it by this. A try keeps it."""
    only_when: Conditions = Conditions()
    """What its recipe has it wait for."""
    boot: str = ""
    """The start of the machine on which it may begin although the queue stands still."""
    needs_bytes: int = 0
    """About what it adds to the disk; 0 where that isn't known."""
    cancelled: bool = False
    """Taken out of the queue, by the user or with its recipe."""
    settled: bool = False
    """Its end was looked at: there is nothing more to do for it."""

    def rests_s(self, now: float) -> float:
        """Seconds until it may be tried again. A clock that was set back ends the rest."""
        if not self.delay_s or now < self.delay_from:
            return 0.0
        return max(0.0, self.delay_from + self.delay_s - now)

    def resting(self, seconds: float) -> Entry:
        """The entry with a rest from now on."""
        return msgspec.structs.replace(self, delay_from=time.time(), delay_s=seconds)


def encode(entry: Entry) -> bytes:
    """The text of `queue.json`."""
    return msgspec.json.format(msgspec.json.encode(entry))


def read(folder: JobFolder) -> Entry | None:
    """A job's place, None for a job that was never put in the queue. Raises `Damaged`."""
    try:
        entry = msgspec.json.decode((folder.path / QUEUE_ENTRY).read_bytes(), type=Entry)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise Damaged(f"The job {folder.name} is damaged: {QUEUE_ENTRY}: {error}.") from error
    if entry.v > VERSION:
        raise Damaged(f"The job {folder.name} was queued by a newer fstui: update it.")
    return entry


def write(folder: JobFolder, entry: Entry) -> None:
    """Replace a job's place. Raises `NoSpace` or `BadInput` where that can't be written."""
    try:
        write_atomic(folder.path / QUEUE_ENTRY, encode(entry))
    except OSError as error:
        raise from_os_error(error, f"writing {folder.path / QUEUE_ENTRY}") from error
