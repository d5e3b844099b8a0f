"""All that a job said: its events in words, then the engine's output. --raw gives the output as it
is (its escapes only to a file or pipe), --json the events as JSON lines."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
from pathlib import Path

from engine.eventlog import Event
from fstui.commands.shared import add_json, add_project, job_of, say
from fstui.commands.tail import EventReader, LogReader
from fstui.model.tail import clean


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT [JOB]."""
    add_project(parser)
    parser.add_argument(
        "job", metavar="JOB", nargs="?", help="a part of its name: the newest that has it"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--raw", action="store_true", help="engine.log alone, as it is")
    add_json(which, Event, "the events alone, a JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Print it."""
    folder = job_of(args)
    if args.json:
        return copy(folder.events_path)
    if args.raw and not sys.stdout.isatty():
        return copy(folder.log_path)
    if not args.raw:
        say(folder.name, *EventReader(folder).new(), "--- engine.log ---")
    say(*(clean(line.encode()) for line in LogReader(folder).new()))
    return 0


def copy(path: Path) -> int:
    """A file as it is; nothing for one that isn't there yet."""
    sys.stdout.flush()
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    return 0
