"""What each training job of a project did: iterations, time, examples a second, saves, roll-backs
and changes. The figures of a job that was killed go up to its last save."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

import msgspec

from engine import sessions
from engine.errors import NothingToDo
from engine.sessions import Session
from fstui.commands.shared import add_json, add_project, print_answer, project_of, say
from fstui.model import words
from fstui.model.answers.engine import SessionAnswer


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT."""
    add_project(parser)
    add_json(parser, list[SessionAnswer], "with all marks, as JSON")


def run(args: argparse.Namespace) -> int:
    """Print a line for each session and one for each mark but the saves."""
    project = project_of(args)
    found = sessions.read(project.path / "model")
    if args.json:
        rows = [{**msgspec.to_builtins(s), "rate": s.rate} for s in found]
        print_answer(list[SessionAnswer], rows)
        return 0
    if not found:
        raise NothingToDo(f"{project.name} was not trained yet: 'train {project.typed}' does it.")
    for session in found:
        say(line(session), *details(session))
    return 0


def line(session: Session) -> str:
    """One session's figures."""
    began = datetime.fromtimestamp(session.began, UTC)
    saves = sum(mark.kind == "save" for mark in session.marks)
    return (
        f"{began:%Y-%m-%d %H:%M}  {words.count(session.first)} to {words.count(session.last)}  "
        f"{session.seconds:.0f} s  {session.rate:.1f} EGs/s  batch {session.batch}  "
        f"{words.plural(saves, 'save')}  {session.how or 'no end was written'}"
    )


def details(session: Session) -> list[str]:
    """What was asked for and what happened."""
    asked = ", ".join(f"{name} {value}" for name, value in session.settings.items())
    marks = [m for m in session.marks if m.kind != "save"]
    return [
        f"    faces A {words.count(session.faces_a)}, B {words.count(session.faces_b)}"
        + (f"; {asked}" if asked else ""),
        *(f"    {words.count(m.iteration)}: {m.words or m.kind}" for m in marks),
    ]
