"""The workbench in a browser on this machine, until Ctrl-C. Each tab is a workbench of its own
and leaves with the tab; jobs go on. It has no login: the address that is shown is the key."""

from __future__ import annotations

import argparse
import asyncio
import sys
from shlex import quote
from types import ModuleType

from engine.errors import NotPossible, Refused
from engine.process import host
from engine.protocol import safe_text
from fstui import places
from fstui.commands.shared import add_project, say
from fstui.model.people import user_name

PORT = 8000
PACKAGE = "textual-serve>=1.1.3,<1.2"
"""The extra `web`, for an environment that `run.py` made."""
HERE = ("127.0.0.1", "localhost")


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT, which every tab opens, and the port."""
    add_project(parser, optional=True)
    parser.add_argument(
        "--port", metavar="N", type=port, default=PORT, help=f"default {PORT}; 0: any that is free"
    )
    parser.add_argument(
        "--host", metavar="HOST", default=HERE[0], help="127.0.0.1, and no other: use 'ssh -L'"
    )


def port(text: str) -> int:
    """A port's number. Raises argparse's error for what is none."""
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is no port: it is a number from 0 to 65535")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Serve."""
    if args.host not in HERE:
        raise Refused(
            f"The workbench has no login, so {HERE[0]} alone is served and not "
            f"'{safe_text(args.host)}': reach it from elsewhere through 'ssh -L' (docs/web.md)."
        )
    words = workbench_words(args)
    web = _web()
    with web.listen(args.port) as door:
        site, number = web.Site(words), door.getsockname()[1]
        say(
            f"The workbench: http://{HERE[0]}:{number}{site.path}",
            "Who has this address can do all that you can: keep it to yourself.",
            f"From elsewhere: ssh -L {number}:{HERE[0]}:{number} {user_name()}@{host()}, then the "
            "same address there.",
            "Ctrl-C ends it and its tabs; jobs go on.",
        )
        asyncio.run(web.serve(site, door))
    return 0


def workbench_words(args: argparse.Namespace) -> list[str]:
    """The words that start a tab's workbench. Raises `BadInput` where the project isn't there."""
    workspace = places.workspace(args.workspace)
    words = [sys.executable, "-P", "-m", "fstui", "--workspace", str(workspace)]
    if args.project:
        words += ["--open", str(places.project_path(args.project, workspace))]
    words += ["--readonly"] * args.readonly + ["--ascii"] * args.ascii
    return words if args.color == "auto" else [*words, "--color", args.color]


def _web() -> ModuleType:
    try:
        from fstui import web
    except ModuleNotFoundError as error:
        raise NotPossible(
            f"The workbench in a browser needs {safe_text(str(error.name))}, which is not "
            f"installed: {quote(sys.executable)} -m pip install '{PACKAGE}'"
        ) from error
    return web
