"""Show, record or remove who the sides show and on what ground the face may be used. Side a is the
person replaced, side b the person put in. Convert asks for both. Without a name it shows what is
recorded, and what of it is missing or out of date."""

from __future__ import annotations

import argparse

from engine.errors import BadInput, Exit, UsageError
from engine.project import PERSON_SIDES, Ground, Person
from engine.protocol import safe_text
from engine.trust.consent import problem_of, today
from fstui.commands.shared import add_json, add_project, print_json, project_of, say
from fstui.model.answers import RecordAnswer
from fstui.model.people import GROUND_WORDS, person_words, user_name

SHORT = {word: ground for ground, word in GROUND_WORDS.items()}


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT [a|b NAME --ground GROUND [--until DAY] | a|b --remove]."""
    add_project(parser)
    parser.add_argument("side", nargs="?", choices=PERSON_SIDES, metavar="a|b")
    parser.add_argument("name", nargs="?", metavar="NAME", help="who the side shows")
    grounds = "; ".join(f"{short}: {ground}" for short, ground in SHORT.items())
    parser.add_argument("--ground", metavar="GROUND", help=grounds)
    parser.add_argument(
        "--until", metavar="DAY", help="last day (UTC) of the ground, as in 2027-12-31"
    )
    parser.add_argument("--by", metavar="WHO", help="who records it (default: your user name)")
    parser.add_argument("--remove", action="store_true", help="take back what is recorded")
    add_json(parser, dict[str, RecordAnswer])


def looks(args: argparse.Namespace) -> bool:
    """Whether the people are only shown."""
    return not any((args.side, args.name, args.ground, args.until, args.by, args.remove))


def run(args: argparse.Namespace) -> int:
    """Record or remove if a side is named, then show both."""
    project = project_of(args)
    if args.remove:
        if not args.side or any((args.name, args.ground, args.until, args.by)):
            raise UsageError("Removing needs a side and nothing else: 'people PROJECT a --remove'.")
        project.remove_person(args.side)
    elif not looks(args):
        if not args.side or not args.name or not args.ground:
            raise UsageError(
                "Recording needs all of it: 'people PROJECT a|b NAME --ground GROUND'."
            )
        ground, by = ground_of(args.ground), args.by or user_name()
        project.set_person(args.side, args.name, ground, by, args.until or "")
    if args.json:
        print_json({side: answer(person) for side, person in project.file.people.items()})
        return int(Exit.DONE)
    for side in PERSON_SIDES:
        person = project.file.people.get(side)
        say(f"{side}: {person_words(person) if person else 'not recorded'}")
        if person and (problem := problem_of(person, today())):
            say(f"   {person.name} {problem}.")
    return int(Exit.DONE)


def answer(person: Person) -> RecordAnswer:
    """A record as an answer."""
    problem = problem_of(person, today()) or ""
    who = (person.recorded_by, person.recorded_at)
    return RecordAnswer(person.name, str(person.ground), *who, person.until, problem)


def ground_of(word: str) -> Ground:
    """A ground by its short word or its full one. Raises `BadInput` naming all."""
    if word in SHORT:
        return SHORT[word]
    try:
        return Ground(word)
    except ValueError as error:
        known = ", ".join(SHORT)
        raise BadInput(f"'{safe_text(word)}' is no ground that is known: use {known}.") from error
