"""What became of footage that arrived: what could not be used, with reason and time, questions
about the inbox, and what recipes wait for or failed at. --retry NAME tries a file, or a recipe's
failed run, once more."""

from __future__ import annotations

import argparse
from typing import Any

import msgspec

from engine.errors import Exit
from engine.project import Project
from engine.watch.ledger import Book, Ledger, retry
from fstui.commands.shared import (
    add_json,
    add_project,
    print_json,
    project_of,
    require_writing,
    say,
)
from fstui.model.answers import ArrivalsAnswer

RUNS_SHOWN = 5
"""Runs that are done."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT [--retry NAME]."""
    add_project(parser)
    parser.add_argument("--retry", metavar="NAME", help="a file that is listed, or a recipe")
    add_json(parser, ArrivalsAnswer)


def run(args: argparse.Namespace) -> int:
    """Try again what is named, else list."""
    project = project_of(args)
    ledger = Ledger(project)
    if args.retry:
        require_writing(args)
        say(f"{retry(ledger, args.retry)} is tried again by the watcher.")
    elif args.json:
        print_json(as_json(ledger.book))
    else:
        say(*lines(project, ledger.book))
    return int(Exit.DONE)


def as_json(book: Book) -> ArrivalsAnswer:
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
    return msgspec.convert(found, ArrivalsAnswer)


def lines(project: Project, book: Book) -> list[str]:
    """A line each."""
    said = []
    for path, letter in book.of("dead").items():
        said.append(f"{path}: not used, {letter.why} ({letter.time})")
    for path, question in book.of("question").items():
        said.append(f"{path}: where does it belong? {question.why} ('inbox {project.typed}')")
    for run in [r for r in book.runs if r.state != "done"]:
        why = f": {run.why}" if run.why else ""
        said.append(f"recipe {run.recipe} {run.state} for {', '.join(run.files)}{why} ({run.time})")
    for run in [r for r in book.runs if r.state == "done"][-RUNS_SHOWN:]:
        said.append(f"recipe {run.recipe} done for {', '.join(run.files)}: {run.why} ({run.time})")
    if said and (book.of("dead") or any(run.state == "failed" for run in book.runs)):
        said.append(f"'arrivals {project.typed} --retry NAME' tries a file or a recipe again.")
    return said or [f"Nothing of {project.name} waits, failed or asks."]
