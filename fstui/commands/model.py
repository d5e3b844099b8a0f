"""A project's trained model: what there is of it, whether it is whole, going back to an older set,
handing the swap out. The exit code of check is 11 when a set is damaged."""

from __future__ import annotations

import argparse
from typing import Any

from engine.errors import Exit
from engine.launch import ask
from fstui.commands.shared import (
    add_json,
    add_project,
    print_answer,
    project_of,
    say,
)
from fstui.model import words
from fstui.model.answers.engine import CheckedAnswer, ModelAnswer
from fstui.model.trained import summary
from fstui.places import typed_path


def arguments(parser: argparse.ArgumentParser) -> None:
    """A verb, PROJECT and what the verb needs."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    info = verbs.add_parser("info", help="recipe, size, sets with their losses")
    restore = verbs.add_parser("restore", help="make an older set the newest")
    check = verbs.add_parser("check", help="compare every set with its sums, look for NaN")
    export = verbs.add_parser("export", help="write the swap for other programs")
    for verb in (info, restore, check, export):
        add_project(verb)
    add_json(info, ModelAnswer)
    add_json(check, list[CheckedAnswer])
    restore.add_argument(
        "set",
        metavar="SET",
        nargs="?",
        default="",
        help="best, an iteration or a set's name (default: the one before the newest)",
    )
    export.add_argument("--to", metavar="PATH", required=True, help="file or folder to be made")
    export.add_argument(
        "--form", metavar="FORM", default="safetensors", help="safetensors or savedmodel"
    )
    export.add_argument(
        "--side", choices=("a", "b"), default="b", metavar="a|b", help="face painted (default b)"
    )


def looks(args: argparse.Namespace) -> bool:
    """Whether the verb only looks."""
    return args.verb in ("info", "check")


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    verbs = {"info": _info, "check": _check, "restore": _restore, "export": _export}
    return verbs[args.verb](args, str(project_of(args).path))


def _info(args: argparse.Namespace, project: str) -> int:
    facts: dict[str, Any] = ask("model-info", project)
    if args.json:
        print_answer(ModelAnswer, facts)
        return int(Exit.DONE)
    say(*summary(facts))
    for kind in ("checkpoints", "snapshots"):
        say(*(_row(kind[:-1], row) for row in facts[kind]))
    return int(Exit.DONE)


def _row(kind: str, row: dict[str, Any]) -> str:
    """One set in a line."""
    losses = f"loss A {words.loss(row['loss_a'])} B {words.loss(row['loss_b'])}"
    size = words.size(row["bytes"]) + ("  best" if row["best"] else "")
    return f"{kind:10} {row['set']}  {row['saved'][:19]:19}  {losses}  {size}"


def _check(args: argparse.Namespace, project: str) -> int:
    rows: list[dict[str, Any]] = ask("model-check", project)
    bad = [row for row in rows if row["problem"]]
    if args.json:
        print_answer(list[CheckedAnswer], rows)
    else:
        say(*(f"{row['kept_as']}/{row['set']}: {row['problem'] or 'whole'}" for row in rows))
    return int(Exit.DAMAGED if bad else Exit.DONE)


def _restore(args: argparse.Namespace, project: str) -> int:
    done: dict[str, Any] = ask("model-restore", project, args.set)
    aside = f"; in trash/ now: {', '.join(done['aside'])}" if done["aside"] else ""
    say(f"Training goes on from iteration {done['iteration']} ({done['set']}){aside}.")
    return int(Exit.DONE)


def _export(args: argparse.Namespace, project: str) -> int:
    aim = str(typed_path(args.to))
    done: dict[str, Any] = ask("model-export", project, aim, args.form, args.side)
    say(f"The swap of iteration {done['iteration']}:", *done["files"])
    return int(Exit.DONE)
