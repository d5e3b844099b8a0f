"""What a finished file or folder says of itself: the mark in it, the record beside it, whether the
hashes agree, who is shown and on what ground. The exit code is 0 when all of it agrees, 4 when
there is neither mark nor record, 5 when a ground has ended, 11 when something was changed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import Exit
from engine.launch import ask
from engine.project import Person
from fstui.commands.shared import add_json, print_answer, say
from fstui.model.answers.engine import VerifyAnswer
from fstui.model.people import person_words
from fstui.model.words import count
from fstui.places import typed_path

WORST = (Exit.DAMAGED, Exit.REFUSED, Exit.NOTHING_TO_DO, Exit.DONE)
"""Which code tells of several files."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """PATH [--json]."""
    parser.add_argument("path", metavar="PATH", help="a file, its record, or a folder")
    add_json(parser, list[VerifyAnswer])


def run(args: argparse.Namespace) -> int:
    """Ask the engine, say what it found."""
    found = ask("verify", str(typed_path(args.path)))
    if args.json:
        print_answer(list[VerifyAnswer], found)
    else:
        for one in found:
            say(*lines_of(one))
    codes = {one["exit"] for one in found}
    return int(next(code for code in WORST if code in codes))


def lines_of(found: dict[str, Any]) -> Iterator[str]:
    """A finding in plain lines: the verdict, then what it rests on."""
    yield f"{Path(found['path']).name}: {verdict(found)}"
    if mark := found["mark"]:
        term = mark["digital_source_type"].rpartition("/")[2]
        yield f"  mark     {term}, by {mark['tool'] or 'an unknown program'}"
        yield from [f"  comment  {mark['comment']}"] if mark["comment"] else []
    if record := found["record"]:
        yield f"  record   {record['tool']} {record['version']}, {record['made']}"
        source = record["source"]
        yield f"  source   {source['name']}, {source['hash'][:16]}"
        if files := record["output"].get("files"):
            yield f"  files    {count(len(files))}"
        for one in record.get("models") or [record]:
            yield from _model_lines(one)
    for sentence in (*found["damage"], *found["ended"], *found["remarks"]):
        yield f"  {sentence}"


def _model_lines(one: dict[str, Any]) -> Iterator[str]:
    """A model and its people; of several, whom of the target it was put on."""
    model, whose = one["model"], ""
    if "project" in one:
        whose = f" of {one['project']}, side {one['put_in']} put in for person {one['person']}"
    yield f"  model    iteration {model['iteration']}, {model['checkpoint']}{whose}"
    for side, person in one["people"].items():
        yield f"  {side:7}  {person_words(msgspec.convert(person, Person))}"


def verdict(found: dict[str, Any]) -> str:
    """One word or two for each exit code."""
    match found["exit"]:
        case Exit.DAMAGED:
            return "changed or damaged"
        case Exit.REFUSED:
            return "as it was made, but may not be used"
        case Exit.NOTHING_TO_DO:
            return "no mark, no record"
    return "as it was made" if found["hashes_agree"] else "marked"
