"""What a job said last: its events, or with --log the raw output of the engine."""

from __future__ import annotations

import argparse
import time
from collections import deque

from engine.errors import UsageError
from engine.eventlog import Event
from engine.protocol import ENDS, JobFolder
from fstui.commands.shared import add_project, job_of, say
from fstui.follow import LOOK_S
from fstui.model.eventwords import event_words

LINES = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT [JOB]."""
    add_project(parser)
    parser.add_argument(
        "job", metavar="JOB", nargs="?", help="a part of its name: the newest that has it"
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on until the job ends")
    parser.add_argument("-n", type=int, default=LINES, metavar="N", help="lines (default 20)")
    parser.add_argument("--log", action="store_true", help="the engine's raw output (engine.log)")


def run(args: argparse.Namespace) -> int:
    """Print the end, then what is added."""
    if args.n < 0:
        raise UsageError(f"-n is a number of lines from 0 on, not {args.n}.")
    folder = job_of(args)
    reader = LogReader(folder) if args.log else EventReader(folder)
    say(*deque(reader.new(), maxlen=args.n))
    while args.follow:
        ended = folder.current().state in ENDS  # asked first: what was said before it is read
        say(*reader.new())
        if ended:
            break
        time.sleep(LOOK_S)
    return 0


class EventReader:
    """Events as lines with their time."""

    def __init__(self, folder: JobFolder) -> None:
        self._folder = folder
        self._offset = 0

    def new(self) -> list[str]:
        """Lines since the last call."""
        events, self._offset = self._folder.events(self._offset)
        return [line for event in events if (line := event_line(event))]


class LogReader:
    """Whole lines of engine.log."""

    def __init__(self, folder: JobFolder) -> None:
        self._path = folder.log_path
        self._offset = 0

    def new(self) -> list[str]:
        """Lines since the last call."""
        try:
            with open(self._path, "rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole.decode("utf-8", "replace").splitlines()


def event_line(event: Event) -> str:
    """An event with its time of day; empty for signs of life."""
    text = event_words(event)
    return f"{time.strftime('%H:%M:%S', time.localtime(event.t))} {text}" if text else ""
