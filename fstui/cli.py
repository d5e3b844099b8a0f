"""The command line: every command of `fstui/commands/`, or the interface when there is none.

Only the standard library and light modules are imported before a command runs.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import keyword
import os
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from engine import __version__
from engine.errors import Exit, FstuiError, NotPossible, from_os_error
from engine.protocol import safe_text
from fstui import bugs
from fstui.called import program, with_program
from fstui.commands import COMMANDS


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; its exit code. Every error is one sentence on standard error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a name that the terminal's encoding lacks
    try:
        code = run(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
        return code
    except FstuiError as error:
        return fail(str(error), error.exit)
    except KeyboardInterrupt:
        return fail("Ctrl-C: ended.", Exit.STOPPED)
    except BrokenPipeError:
        # The reader of a pipe left (`fstui status | head`): nothing to say and nobody to hear it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.DONE)
    except OSError as error:
        bugs.record()
        failure = from_os_error(error, f"working on {error.filename or 'a file'}")
        return fail(str(failure), failure.exit)
    except Exception as error:  # the command line's main: one sentence, the traceback in a log
        return fail(bugs.told(error), Exit.BUG)


def run(words: list[str]) -> int:
    """Parse and run; without a command the interface opens."""
    tree = parser()
    args, args.more = tree.parse_known_args(words)
    if args.more and args.command != "test":  # whose unknown words are pytest's
        tree.error(f"unknown words: {' '.join(args.more)}")
    for name in ("workspace", "readonly", "ascii", "color"):
        if not hasattr(args, name):
            setattr(args, name, {"workspace": None, "color": "auto"}.get(name, False))
    if args.ascii and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="ascii", errors="replace")
    if args.color != "auto":
        os.environ.pop("FORCE_COLOR" if args.color == "never" else "NO_COLOR", None)
        os.environ["NO_COLOR" if args.color == "never" else "FORCE_COLOR"] = "1"
    if args.command is None:
        return open_interface(args)
    return int(args.run(args))


def open_interface(args: argparse.Namespace) -> int:
    """The terminal interface, where there is a terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NotPossible(
            "The interface needs a terminal, and this is a pipe or a file: use a command, "
            f"'{program()} --help' lists them."
        )
    from fstui import places, terminal

    # Textual reads its settings once, at its import, which is the app's.
    colour = {"never": "none", "always": "auto"}.get(args.color, args.color)
    terminal.prepare(colour, args.ascii)
    from fstui import app

    workspace = places.workspace(args.workspace)
    return app.run(workspace, readonly=args.readonly, ascii_only=args.ascii)


CHOICES_SHOWN = 12
"""More words than that are not listed when one is mistyped."""


def fail(sentence: str, code: Exit) -> int:
    """Show a sentence on standard error; the exit code."""
    with contextlib.suppress(OSError):  # the terminal may be gone; the code still tells a script
        print(f"fstui: {safe_text(with_program(sentence))}", file=sys.stderr)
    return int(code)


def nearest(message: str) -> str:
    """argparse's sentence about a word that is none of many choices, with the nearest of them."""
    said = r"(argument .*?: )invalid choice: '(.*)' \(choose from (.*)\)"
    found = re.fullmatch(said, message, re.DOTALL)
    choices = re.findall(r"[^', ]+", found[3]) if found else []
    if found is None or len(choices) <= CHOICES_SHOWN:
        return message
    from difflib import get_close_matches

    near = get_close_matches(found[2], choices, n=3)
    near += [c for c in choices if found[2] in c and c not in near][: 3 - len(near)]
    meant = f": did you mean {' or '.join(near)}?" if near else ""
    return f"{found[1]}'{found[2]}' is none of the {len(choices)} that there are{meant}"


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, and loads a command's file when its turn comes."""

    def __init__(self, *, command: str = "", **words: Any) -> None:
        words |= {"allow_abbrev": False, "formatter_class": argparse.RawDescriptionHelpFormatter}
        super().__init__(**words)
        self._command = command

    def load(self) -> None:
        """Read the command's own flags, once."""
        if not self._command:
            return
        file = self._command + "_" * keyword.iskeyword(self._command)
        module = importlib.import_module(f"fstui.commands.{file}")
        self._command = ""
        self.description = module.__doc__
        module.arguments(self)
        add_global_options(self)
        self.set_defaults(run=module.run)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Read the command's own flags first."""
        self.load()
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Exit 2 with one sentence."""
        self.exit(
            int(Exit.USAGE),
            f"{self.prog}: {safe_text(nearest(message))} (see '{self.prog} --help').\n",
        )


def parser() -> Parser:
    """The whole tree; the files of commands are not read yet."""
    tree = Parser(
        prog=program(),
        description="A face-swap studio for the terminal. No command opens the interface.",
        epilog="PROJECT is a project's name in the workspace or a path to its folder.",
    )
    tree.add_argument("--version", action="version", version=f"fstui {__version__}")
    add_global_options(tree)
    commands = tree.add_subparsers(
        dest="command", metavar="COMMAND", title="commands", parser_class=Parser
    )
    for name, words in COMMANDS.items():
        commands.add_parser(name, help=words, command=name)
    return tree


def add_global_options(target: argparse.ArgumentParser) -> None:
    """Options that stand before or after the command."""
    group = target.add_argument_group("everywhere")

    def add(flag: str, **words: Any) -> None:
        group.add_argument(flag, default=argparse.SUPPRESS, **words)

    add("--workspace", metavar="DIR", help="folder of projects (else FSTUI_WORKSPACE, settings)")
    add("--readonly", action="store_true", help="look only: nothing is changed or started")
    add("--ascii", action="store_true", help="no characters beyond ASCII")
    add(
        "--color",
        choices=("auto", "always", "never", "16", "256", "truecolor"),
        help="colours (auto: as the terminal can)",
    )
