"""Show or record who the sides show and on what ground the face may be used. Side a is the person
replaced, side b the person put in. Convert asks for both."""

from __future__ import annotations

import argparse

from engine.errors import BadInput, UsageError
from engine.project import Ground, Person
from engine.protocol import safe_text
from fstui.commands.shared import add_project, project_of, require_writing, say

SHORT: dict[str, Ground] = {g.name.lower().replace("_", "-"): g for g in Ground}


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT [a|b NAME --ground GROUND]."""
    add_project(parser)
    parser.add_argument("side", nargs="?", choices=("a", "b"), metavar="a|b")
    parser.add_argument("name", nargs="?", metavar="NAME", help="who the side shows")
    grounds = "; ".join(f"{short}: {ground}" for short, ground in SHORT.items())
    parser.add_argument("--ground", metavar="GROUND", help=grounds)
    parser.add_argument(
        "--until", metavar="DAY", default="", help="last day on which the ground holds (2027-03-31)"
    )
    parser.add_argument("--by", metavar="WHO", help="who records it (default: your user name)")


def run(args: argparse.Namespace) -> int:
    """Record if a side is named, then show both."""
    project = project_of(args)
    if args.side or args.ground or args.by or args.until:
        require_writing(args)
        if not args.side or not args.name or not args.ground:
            raise UsageError(
                "Recording needs all of it: 'people PROJECT a|b NAME --ground GROUND'."
            )
        ground = ground_of(args.ground)
        project.set_person(args.side, args.name, ground, args.by or user_name(), args.until)
    for side in ("a", "b"):
        person = project.file.people.get(side)
        if person:
            say(
                f"{side}: {person.name} ({person.ground}{term(person)}; recorded by "
                f"{person.recorded_by}, {person.recorded_at})"
            )
        else:
            say(f"{side}: not recorded")
    return 0


def term(person: Person) -> str:
    """Until when a ground holds."""
    if not person.until:
        return ""
    return f", {'ENDED' if person.ended else 'until'} {person.until}"


def ground_of(word: str) -> Ground:
    """A ground by its short word or its full one. Raises `BadInput` naming all."""
    if word in SHORT:
        return SHORT[word]
    try:
        return Ground(word)
    except ValueError as error:
        known = ", ".join(SHORT)
        raise BadInput(f"'{safe_text(word)}' is no ground that is known: use {known}.") from error


def user_name() -> str:
    """Who is at the keyboard, as the system knows them."""
    import getpass

    try:
        return safe_text(getpass.getuser()) or "unknown"
    except (OSError, KeyError):
        return "unknown"
