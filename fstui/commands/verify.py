"""Say what a file, or a folder of pictures, tells of how it was made: its mark, the record beside
it, whether they agree, who is shown and on what ground. The exit code is 0 where all of it is
there and agrees, 11 where something was changed, and 4 where there is neither mark nor record."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from engine.errors import Exit
from engine.launch import ask
from fstui.commands.shared import say
from fstui.model import words


def arguments(parser: argparse.ArgumentParser) -> None:
    """PATH."""
    parser.add_argument("path", metavar="PATH", help="a finished file, or a folder of pictures")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """Ask the engine and say what it found."""
    path = Path(args.path).expanduser().absolute()
    found: dict[str, Any] = ask("verify", str(path))
    if args.json:
        print(json.dumps(found, indent=2))
    else:
        say(*_lines(found))
    if not found["marked"] and found["record"] == "none":
        return int(Exit.NOTHING_TO_DO)
    return int(Exit.DONE if found["whole"] else Exit.DAMAGED)


def _lines(found: dict[str, Any]) -> list[str]:
    """A finding each."""
    lines = [found["path"]]
    if found["marked"]:
        some = f" ({found['marked']} of {words.plural(found['files'], 'file')})"
        lines.append(f"mark    {found['comment']}{some if found['files'] > 1 else ''}")
        lines.append(f"        {found['digital_source_type']}, by {found['tool']}")
    else:
        lines.append("mark    none")
    record = {
        "none": "none beside it",
        "agrees": "agrees with the content",
        "differs": f"DIFFERS from the content: {', '.join(found['changed'])}",
    }[found["record"]]
    lines.append(f"record  {record}")
    if found["record"] != "none":
        lines.append(
            f"        made {found['made']} of {found['source']} with iteration "
            f"{found['model_iteration']}"
        )
    for side, person in found["people"].items():
        lines.append(f"{side}       {person['name']} ({person['ground']})")
    return lines
