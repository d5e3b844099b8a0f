"""Faces that were found: list and choose them by their figures, people and copies; reject those
that are not to be used, or keep them whatever the filters say. The exit code is 4 when nothing is
chosen."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from engine import curate, facelist
from engine.errors import BadInput, Exit, NothingToDo, UsageError
from engine.facefields import FIGURES, check_figure
from engine.facefilter import conditions
from engine.facelist import Choice, Listed, Spread
from engine.launch import ask
from engine.project import SIDES, Project
from engine.store import Store
from engine.tables import REASONS
from fstui.commands.shared import (
    add_json,
    add_project,
    print_answer,
    project_of,
    say,
)
from fstui.model import words
from fstui.model.answers.faces import CopyAnswer, FaceAnswer, PersonAnswer, SpreadAnswer

BITS = 4
"""Bits of 64 in which near-duplicates differ at most: neighbours in a take differ in about so
many."""
SHOWN = ("size", "yaw", "blur", "occlusion")
"""Figures of the list, beside those that it is chosen or sorted by."""
LEVELS = " ▁▂▃▄▅▆▇█"
ASCII_LEVELS = " .:-=+*#%"

Chosen = Sequence[tuple[int, str | None]]
"""Ids and crops."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """A verb, PROJECT, and what the verb takes."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    show = verbs.add_parser("list", help="faces with their figures")
    figures = verbs.add_parser("figures", help="how each figure is spread")
    people = verbs.add_parser("people", help="who was told apart, with the times of each")
    copies = verbs.add_parser("duplicates", help="groups of nearly the same picture")
    reject = verbs.add_parser("reject", help="leave the chosen faces out from now on")
    keep = verbs.add_parser("keep", help="use the chosen faces, whatever the filters say")
    for verb in (show, figures, people, copies, reject, keep):
        add_project(verb)
        verb.add_argument("--side", choices=SIDES, metavar="a|b|target", help="only this side")
    for verb in (show, figures, copies, reject, keep):
        _add_choice(verb)
    which = show.add_mutually_exclusive_group()
    which.add_argument("--rejected", action="store_true", help="rejected faces")
    which.add_argument("--all", action="store_true", help="kept and rejected faces")
    keep.add_argument("--rejected", action="store_true", help="only those that are rejected now")
    for verb, kind in (
        (show, list[FaceAnswer]),
        (figures, list[SpreadAnswer]),
        (people, list[PersonAnswer]),
        (copies, list[list[CopyAnswer]]),
    ):
        add_json(verb, kind)
    people.add_argument(
        "--threshold", metavar="X", help="tell them apart anew: nearer identities are one person"
    )
    reject.add_argument("--duplicates", action="store_true", help="all but the sharpest of copies")
    for verb in (copies, reject):
        verb.add_argument(
            "--bits",
            type=int,
            metavar="N",
            help=f"copies differ in at most N of 64 bits: 0 to {facelist.MOST_BITS} "
            f"(default {BITS})",
        )
    for verb in (reject, keep):
        verb.add_argument("--dry-run", action="store_true", help="say how many, change nothing")


def _add_choice(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("choice", f"FIGURE is one of {', '.join(FIGURES)}.")
    group.add_argument("--media", metavar="NAME", help="only this footage")
    group.add_argument("--person", type=int, metavar="N", help="only this one of 'faces people'")
    for flag in ("--below", "--above"):
        group.add_argument(
            flag,
            action="append",
            default=[],
            metavar="FIGURE=VALUE",
            help=f"only faces whose figure is {flag[2:]}; may be given again",
        )
    group.add_argument(
        "--where",
        default="",
        metavar="FILTER",
        help='as the faces room filters: "yaw>30 blur<10 person=1"',
    )
    group.add_argument("--sort", metavar="FIGURE", help="by this figure (default: by frame)")
    group.add_argument("--descending", action="store_true", help="largest first")
    group.add_argument("--limit", type=int, metavar="N", help="only the first N")


def looks(args: argparse.Namespace) -> bool:
    """Whether people stay as they are told apart, and nothing is rejected or kept."""
    if args.verb in ("reject", "keep"):
        return bool(args.dry_run)
    return args.verb != "people" or args.threshold is None


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    project = project_of(args)
    verbs = {
        "list": _list,
        "figures": _figures,
        "people": _people,
        "duplicates": _duplicates,
        "reject": _reject,
        "keep": _keep,
    }
    verbs[args.verb](args, project)
    return int(Exit.DONE)


def choice_of(args: argparse.Namespace, rejected: bool | None = False) -> Choice:
    """The choice that the flags mean. Raises `BadInput`."""
    if args.limit is not None and args.limit < 1:
        raise BadInput(f"--limit is at least 1, not {args.limit}.")
    if args.descending and not args.sort:
        raise UsageError("--descending needs --sort FIGURE.")
    where = conditions(args.where)
    if any(c.field in ("rejected", "why") for c in where):
        rejected = None  # the filter says it
    return Choice(
        side=args.side,
        media=args.media,
        person=args.person,
        rejected=rejected,
        below=tuple(_bound(text) for text in args.below),
        above=tuple(_bound(text) for text in args.above),
        where=where,
        sort=check_figure(args.sort) if args.sort else None,
        descending=args.descending,
        limit=args.limit,
    )


def _bound(text: str) -> tuple[str, float]:
    """`blur=100`."""
    name, _, value = text.partition("=")
    try:
        return check_figure(name.strip()), float(value)
    except ValueError as error:
        raise BadInput(
            f"'{text}' is no figure and value: write it as in blur=100 or yaw=-30."
        ) from error


def _list(args: argparse.Namespace, project: Project) -> None:
    choice = choice_of(args, None if args.all else args.rejected)
    with Store(project.db_path, readonly=True) as store:
        faces = facelist.listed(store, choice)
    _require(faces)
    if args.json:
        rows = [{**face._asdict(), "frame": face.frame + 1} for face in faces]
        print_answer(list[FaceAnswer], rows)
        return
    named = [name for name, _ in (*choice.below, *choice.above)] + [choice.sort]
    named += [c.field for c in choice.where if c.field in FIGURES]
    shown = list(dict.fromkeys([*SHOWN, *(name for name in named if name)]))
    for face in faces:
        say(_line(face, shown))


def _line(face: Listed, shown: Sequence[str]) -> str:
    """One face of the list; frames count from 1, as players show them."""
    person = f"person {face.person}" if face.person is not None else ""
    why = f"rejected: {REASONS.get(face.rejected_by, face.rejected_by)}" if face.rejected_by else ""
    figures = "  ".join(f"{name} {_number(face.figures[name])}" for name in shown)
    crop = face.crop or "no crop"
    cells = (f"{face.side:6} {face.media} frame {face.frame + 1:>6}", figures, person, why, crop)
    return "  ".join(cell for cell in cells if cell)


def _figures(args: argparse.Namespace, project: Project) -> None:
    with Store(project.db_path, readonly=True) as store:
        spreads = facelist.spreads(store, choice_of(args))
    _require(spreads)
    if args.json:
        print_answer(list[SpreadAnswer], [spread._asdict() for spread in spreads])
        return
    names = ("low", "5 %", "median", "95 %", "high")
    say(f"{'FIGURE':12} {'FACES':>8} " + " ".join(f"{name:>9}" for name in names))
    for spread in spreads:
        say(_spread_line(spread, ASCII_LEVELS if args.ascii else LEVELS))


def _spread_line(spread: Spread, levels: str) -> str:
    most = max(spread.bars)
    bars = "".join(levels[-(-count * (len(levels) - 1) // most)] for count in spread.bars)
    numbers = (spread.low, spread.p5, spread.median, spread.p95, spread.high)
    cells = " ".join(f"{_number(value):>9}" for value in numbers)
    return f"{spread.figure:12} {words.count(spread.faces):>8} {cells}  |{bars}|"


def _people(args: argparse.Namespace, project: Project) -> None:
    if args.threshold is not None:
        for side in [args.side] if args.side else SIDES:
            ask("people", str(project.path), side, args.threshold)
    with Store(project.db_path, readonly=True) as store:
        people = facelist.people(store, args.side)
    if not people:
        raise NothingToDo(
            "Nobody was told apart yet: 'faces people PROJECT --threshold 0.5' does it, once "
            "extract has measured identities."
        )
    if args.json:
        print_answer(list[PersonAnswer], [person._asdict() for person in people])
        return
    for person in people:
        (first, begin), (last, end) = person.first, person.last
        until = f"{end + 1}" if first == last else f"{last} frame {end + 1}"
        say(
            f"{person.side:6} person {person.person:<4} {words.plural(person.faces, 'face'):>13}  "
            f"{first} frame {begin + 1} to {until}  {person.crop or 'no crop'}"
        )


def _duplicates(args: argparse.Namespace, project: Project) -> None:
    with Store(project.db_path, readonly=True) as store:
        groups = facelist.duplicates(store, choice_of(args), _bits(args))
    if args.json:
        rows = [[{"id": face, "crop": crop} for face, crop in group] for group in groups]
        print_answer(list[list[CopyAnswer]], rows)
        return
    for group in groups:
        kept, *copies = (crop or "no crop" for _, crop in group)
        say(f"{kept}: {words.plural(len(copies), 'more picture')} like it")
        say(*(f"  {crop}" for crop in copies))
    spare = sum(len(group) - 1 for group in groups)
    say(f"{words.count(spare)} faces are nearly the same as a sharper one.")


def _reject(args: argparse.Namespace, project: Project) -> None:
    if args.bits is not None and not args.duplicates:
        raise UsageError("--bits needs --duplicates.")
    _require_choice(args, also=args.duplicates)
    with _opened(args, project) as store:
        choice = choice_of(args)
        chosen: Chosen = facelist.chosen(store, choice)
        if args.duplicates:
            groups = facelist.duplicates(store, choice, _bits(args))
            chosen = [face for _, *copies in groups for face in copies]
        _require(chosen)
        if not args.dry_run:
            curate.reject(store, [face for face, _ in chosen])
    _tell(args, len(chosen), "rejected")


def _keep(args: argparse.Namespace, project: Project) -> None:
    _require_choice(args)
    with _opened(args, project) as store:
        chosen = facelist.chosen(store, choice_of(args, rejected=args.rejected or None))
        _require(chosen)
        if not args.dry_run:
            curate.keep(store, project, [face for face, _ in chosen])
    _tell(args, len(chosen), "kept")


def _opened(args: argparse.Namespace, project: Project) -> Store:
    """faces.db, for writing unless nothing is to change."""
    if args.dry_run:
        return Store(project.db_path, readonly=True)
    Store(project.db_path, readonly=True).close()  # says it if there is none
    return Store(project.db_path)


def _require_choice(args: argparse.Namespace, *, also: bool = False) -> None:
    """Raise `UsageError` unless some flag says which faces: all of a project is no choice."""
    flags = (args.side, args.media, args.below, args.above, args.where, args.limit)
    if not (also or any(flags) or args.person is not None):
        raise UsageError(
            "Say which faces: with --side, --media, --person, --below, --above, --where or --limit."
        )


def _require(found: Sequence[Any]) -> None:
    """Raise `NothingToDo` for an empty choice."""
    if not found:
        raise NothingToDo("No face is chosen by these words.")


def _bits(args: argparse.Namespace) -> int:
    return BITS if args.bits is None else int(args.bits)


def _tell(args: argparse.Namespace, count: int, done: str) -> None:
    faces = words.plural(count, "face")
    say(f"{faces} would be {done}." if args.dry_run else f"{faces} {done}.")


def _number(value: float | None) -> str:
    """Four digits that count."""
    return "-" if value is None else f"{value:.4g}"
