"""What lies in media/inbox and could not be sorted by whom it shows, and why. --file and --to put
something where it belongs: it is renamed into media/a, media/b or media/target and never overwrites
anything. A watcher that runs takes it from there; else the next one does."""

from __future__ import annotations

import argparse

from engine.errors import Exit, UsageError
from engine.project import INBOX, SIDES
from engine.watch.inbox import answer
from engine.watch.ledger import Arrival, Ledger
from engine.watch.unseen import unseen
from fstui.commands.shared import (
    add_json,
    add_project,
    print_json,
    project_of,
    say,
)
from fstui.model.arrivals import is_watched


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT [--file NAME --to SIDE]."""
    add_project(parser)
    parser.add_argument("--file", metavar="NAME", help="what is to be put somewhere")
    parser.add_argument("--to", choices=SIDES, help="where it belongs")
    add_json(parser, dict[str, Arrival], "the questions as JSON")


def looks(args: argparse.Namespace) -> bool:
    """Whether no question is answered."""
    return not (args.file or args.to)


def run(args: argparse.Namespace) -> int:
    """Answer a question where one is answered, else list them."""
    project = project_of(args)
    if not looks(args):
        if not args.file or not args.to:
            raise UsageError("An answer names both: 'inbox PROJECT --file NAME --to a|b|target'.")
        say(f"{args.file} is {answer(project, args.file, args.to)} now.")
        return int(Exit.DONE)
    book = Ledger(project).book
    questions = book.of("question")
    if args.json:
        print_json(questions)
        return int(Exit.DONE)
    for path, question in questions.items():
        say(f"{path}: {question.why}", f"   'inbox {project.typed} --file NAME --to a|b|target'")
    new = [path for path, place in unseen(project, book).items() if place == INBOX]
    hint = "" if is_watched(project) else f" ('watch {project.typed}' does)"
    say(*(f"{path}: not looked at yet{hint}" for path in new))
    if not questions and not new:
        say(f"No questions: the inbox of {project.name} has nothing that is not sorted.")
    return int(Exit.DONE)
