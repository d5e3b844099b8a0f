"""`events.jsonl` of a job: one line an event, appended whole. Light."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from typing import Annotated, Any

import msgspec

LAST_TIME = 253_402_300_800
"""UNIX time of the year 10000: a clock shows none beyond."""


class Event(msgspec.Struct):
    """One line of `events.jsonl`: time, kind, and the kind's own fields in `data`.

    Kinds of every job: start, step, phase, progress, heartbeat, warn, preview, ack, step-end, end;
    of a training: metric, save, finder; of an extraction: rejected, rejections, jitter;
    of a convert: kept, flicker; of the watching: arrival, launch, run; behind the end: hook.
    A reader skips kinds that it does not know.
    """

    t: Annotated[float, msgspec.Meta(ge=0, lt=LAST_TIME)]
    k: str
    data: dict[str, Any] = {}


def append_event(path: Path, kind: str, data: dict[str, Any], *, durable: bool = False) -> None:
    """One `os.write` of a whole line on an `O_APPEND` descriptor; NaN becomes the string "nan".
    `durable` lines are on the disk when it returns.

    Raises `OSError` when the disk took a part of the line only.
    """
    event = Event(time.time(), kind, {k: _plain(v) for k, v in data.items()})
    line = msgspec.json.encode(event) + b"\n"
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        end = os.lseek(fd, 0, os.SEEK_END)
        if end and os.pread(fd, 1, end - 1) != b"\n":
            line = b"\n" + line  # a full disk or a power cut tore the line before this one
        if os.write(fd, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        if durable:
            os.fsync(fd)
    finally:
        os.close(fd)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    return value


def read_events(path: Path, offset: int = 0) -> tuple[list[Event], int]:
    """Whole lines behind `offset`; a torn last line is left for the next call."""
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            data = file.read()
    except FileNotFoundError:
        return [], offset
    end = data.rfind(b"\n") + 1
    events = []
    for line in data[:end].split(b"\n"):
        try:
            events.append(msgspec.json.decode(line, type=Event))
        except msgspec.MsgspecError:
            continue
    return events, offset + end
