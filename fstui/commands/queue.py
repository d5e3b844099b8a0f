"""The queue of a workspace: jobs that were started with --queue and wait for their project, a
device, another job or room on the disk. JOB is a place in the list, a job's name or a part of it,
perhaps with its project: film/train. After a restart of the machine nothing starts before
'queue run' (or 'service install')."""

from __future__ import annotations

import argparse
from contextlib import suppress

from engine.errors import Damaged, NothingToDo, UsageError
from engine.process import is_locked
from engine.protocol import JobFolder
from engine.queue import entry as entries
from engine.queue.queue import Queue
from engine.queue.turn import Standing, Turn
from fstui import places
from fstui.commands.shared import add_json, print_json, say
from fstui.model.answers import QueueAnswer, queued
from fstui.model.queue import HELD, keep_going, retry, turns
from fstui.model.words import size

ALL = "all"


def arguments(parser: argparse.ArgumentParser) -> None:
    """list, move, hold, release, retry, cancel or run."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    rows = verbs.add_parser("list", help="what waits, in order, and for what")
    add_json(rows, QueueAnswer)
    move = verbs.add_parser("move", help="to another place, or to another priority")
    move.add_argument("job", metavar="JOB")
    move.add_argument("place", metavar="PLACE", nargs="?", help="1 is first; 'last'")
    move.add_argument("--priority", metavar="N", type=int, help="higher ones come first")
    for verb, words in (
        ("hold", "don't start it"),
        ("release", "let it go after a hold"),
        ("retry", "now, after a rest; once more, after an end that was not good"),
        ("cancel", "take it out"),
    ):
        one = verbs.add_parser(verb, help=words)
        one.add_argument("job", metavar="JOB", nargs="+", help=f"or '{ALL}' that wait")
    verbs.add_parser("run", help="go on after the machine was restarted, and look now")


def looks(args: argparse.Namespace) -> bool:
    """Whether the verb only looks."""
    return bool(args.verb == "list")


def run(args: argparse.Namespace) -> int:
    """Do it; whoever looks sees that the queue is kept."""
    queue = Queue(places.workspace(args.workspace))
    if args.verb == "list":
        if not args.readonly:
            keep_going(queue.workspace)
        return show(queue, args.json)
    if args.verb == "run":
        with queue.locked():
            queue.go_on()
    elif args.verb == "move":
        move(queue, args)
    else:
        act(queue, args.verb, args.job)
    keep_going(queue.workspace)
    return show(queue, False)


def act(queue: Queue, verb: str, words: list[str]) -> None:
    """Hold, release, retry or cancel jobs; all are found before the first is changed."""
    if ALL in words and verb in ("hold", "release"):
        queue.change_all(lambda _entry: True, held=HELD if verb == "hold" else "")
        return
    if ALL in words:
        for item in queue.waiting():
            with suppress(NothingToDo, Damaged):  # one that began meanwhile keeps no other from it
                _act(queue, verb, item.folder)
        return
    for folder in [queue.find(word) for word in words]:
        _act(queue, verb, folder)


def _act(queue: Queue, verb: str, folder: JobFolder) -> None:
    if verb == "hold":
        queue.change(folder, held=HELD)
    elif verb == "release":
        queue.change(folder, held="")
    elif verb == "cancel":
        queue.cancel(folder)
    else:
        say(*retried(queue, folder))


def retried(queue: Queue, folder: JobFolder) -> list[str]:
    """Try a job again; what is told of it."""
    said = []
    for again in retry(queue, folder):
        entry = entries.read(again)
        of = entry.again_of if entry else ""
        said.append(f"{of} is tried again as {again.name}." if of else f"{again.name} may go.")
    return said


def move(queue: Queue, args: argparse.Namespace) -> None:
    """To a place, to a priority, or both."""
    folder = queue.find(args.job)
    if args.place is None and args.priority is None:
        raise UsageError("Where to? 'queue move JOB 1', 'queue move JOB last' or --priority N.")
    number = (args.place or "").isdecimal() and int(args.place) > 0
    if args.place not in (None, "last") and not number:
        raise UsageError("A place is a number from 1 on, or 'last'.")
    if args.priority is not None:
        queue.change(folder, priority=args.priority)
    if args.place is not None:
        last = max(1, len(queue.waiting()))
        queue.move(folder, last if args.place == "last" else int(args.place))


def show(queue: Queue, as_json: bool) -> int:
    """The list."""
    found = turns(queue)
    still = any(turn.standing is Standing.STILL for turn in found)
    if as_json:
        rows = [queued(place, turn) for place, turn in enumerate(found, 1)]
        kept = is_locked(queue.keeper_lock)
        print_json(QueueAnswer(str(queue.workspace), still, kept, rows))
        return 0
    if not found:
        say(f"Nothing waits in the queue of {queue.workspace}.")
        return 0
    cells_of_all = [row(place, turn) for place, turn in enumerate(found, 1)]
    widths = [max(len(r[column]) for r in cells_of_all) for column in range(3)]
    for r in cells_of_all:
        cells = [text.ljust(width) for text, width in zip(r, widths, strict=False)]
        say(f"{'  '.join(cells)}  {r[3]}".rstrip())
    return 0


def row(place: int, turn: Turn) -> tuple[str, str, str, str]:
    """The cells of one job."""
    item = turn.item
    words = f"{turn.standing}: {turn.why}" if turn.why else str(turn.standing)
    if turn.standing is Standing.READY:
        words = "its turn is next"
    more = [f"priority {item.entry.priority}"] if item.entry.priority else []
    if item.entry.needs_bytes:
        more.append(f"about {size(item.entry.needs_bytes)} of disk")
    words += f" ({', '.join(more)})" if more else ""
    return str(place), item.folder.project.name, item.name, words
