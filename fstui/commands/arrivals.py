"""What became of footage that arrived: what could not be used, with reason and time, questions
about the inbox, and what recipes wait for or failed at. --retry NAME tries a file, or a recipe's
failed run, once more."""

from __future__ import annotations

import argparse
from typing import Any

import msgspec

from engine.errors import Exit
from engine.project import Project
from engine.protocol import ENDS, JobFolder
from engine.watch.ledger import Book, Ledger, Run, retry
from engine.watch.unseen import unseen
from fstui.commands.shared import (
    add_json,
    add_project,
    print_json,
    project_of,
    say,
)
from fstui.model.answers import ArrivalsAnswer, BookAnswer
from fstui.model.arrivals import is_watched

RUNS_SHOWN = 5
"""Runs that are done."""
NEW_SHOWN = 20
"""Files that nobody looked at yet."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT [--retry NAME]."""
    add_project(parser)
    parser.add_argument("--retry", metavar="NAME", help="a file that is listed, or a recipe")
    add_json(parser, ArrivalsAnswer)


def looks(args: argparse.Namespace) -> bool:
    """Whether nothing is tried again."""
    return not args.retry


def run(args: argparse.Namespace) -> int:
    """Try again what is named, else list."""
    project = project_of(args)
    ledger = Ledger(project)
    if args.retry:
        again = retry(ledger, args.retry)
        say(f"{again} is tried again{'' if is_watched(project) else '; ' + _starts(project)}.")
    elif args.json:
        print_json(answer(project, ledger.book))
    else:
        say(*lines(project, ledger.book))
    return int(Exit.DONE)


def answer(project: Project, book: Book) -> ArrivalsAnswer:
    """All of it as an answer."""
    told = msgspec.structs.asdict(as_json(book))
    return ArrivalsAnswer(**told, new=list(unseen(project, book)), watched=is_watched(project))


def as_json(book: Book) -> BookAnswer:
    """Dead letters, questions and runs as an answer."""
    keys = ("time", "why", "place")

    def plain(fate: Any) -> list[dict[str, str]]:
        return [
            {"path": path, **{key: getattr(a, key) for key in keys}}
            for path, a in book.of(fate).items()
        ]

    runs = [
        {
            **{key: getattr(run, key) for key in ("recipe", "state", "why", "job", "time")},
            "files": list(run.files),
        }
        for run in book.runs
    ]
    found = {"dead": plain("dead"), "questions": plain("question"), "runs": runs}
    return msgspec.convert(found, BookAnswer)


def _starts(project: Project) -> str:
    return f"no watcher runs: 'watch {project.typed} --detach' starts one"


def _new(project: Project, book: Book) -> list[str]:
    """What nobody has looked at yet."""
    found = unseen(project, book)
    told = [f"{path}: not looked at yet" for path in list(found)[:NEW_SHOWN]]
    if len(found) > NEW_SHOWN:
        told.append(f"and {len(found) - NEW_SHOWN} more that nobody looked at yet")
    return told


def _ended(project: Project, run: Run) -> str:
    """How the job of a run ended while no watcher followed it; "" where it did not."""
    if run.state not in ("queued", "running"):
        return ""
    end = JobFolder(project.path / "jobs" / run.job).current()
    return f"its job is {end.state}: {end.message}" if end.state in ENDS else ""


def lines(project: Project, book: Book) -> list[str]:
    """A line each."""
    said = _new(project, book)
    for path, letter in book.of("dead").items():
        said.append(f"{path}: not used, {letter.why} ({letter.time})")
    for path, question in book.of("question").items():
        said.append(f"{path}: where does it belong? {question.why} ('inbox {project.typed}')")
    watched = is_watched(project)
    for run in [r for r in book.runs if r.state != "done"]:
        told = (not watched and _ended(project, run)) or run.why
        why = f": {told}" if told else ""
        said.append(f"recipe {run.recipe} {run.state} for {', '.join(run.files)}{why} ({run.time})")
    for run in [r for r in book.runs if r.state == "done"][-RUNS_SHOWN:]:
        said.append(f"recipe {run.recipe} done for {', '.join(run.files)}: {run.why} ({run.time})")
    if said and (book.of("dead") or any(run.state == "failed" for run in book.runs)):
        said.append(f"'arrivals {project.typed} --retry NAME' tries a file or a recipe again.")
    said = said or [f"Nothing of {project.name} waits, failed or asks."]
    return said if watched else [*said, f"N{_starts(project)[1:]}."]
