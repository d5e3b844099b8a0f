"""The command line: every command of `fstui/commands/`, or the interface when there is none.

Only the standard library and light modules are imported before a command runs.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import keyword
import os
import sys
from collections.abc import Sequence
from shlex import quote
from typing import Any, NoReturn

from engine import __version__
from engine.errors import Exit, FstuiError, NotPossible, Refused, from_os_error
from engine.protocol import safe_text
from fstui import bugs
from fstui.called import program, with_program
from fstui.commands import COMMANDS, LOOKING
from fstui.nearest import did_you_mean

MOST_NAMED = 12
"""Choices that an error names one by one."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; its exit code. Every error is one sentence on standard error."""
    open_closed_streams()
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


def open_closed_streams() -> None:
    """Put /dev/null where a standard stream was closed (`fstui status >&-`): else the next file
    that is opened would get its number, and a child's output would go into that."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def run(words: list[str]) -> int:
    """Parse and run; without a command the interface opens."""
    tree = parser()
    args, args.more = tree.parse_known_args(words)
    if args.more and args.command != "test":  # whose unknown words are pytest's
        args.parser.error(f"unknown words: {' '.join(args.more)}")
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
    if args.open:
        tree.error(f"--open is for the interface: leave it out, or the command {args.command}")
    refuse_writing(args)
    return int(args.run(args))


def refuse_writing(args: argparse.Namespace) -> None:
    """Raise `Refused` under `--readonly` unless these words of a command only look."""
    if args.readonly and args.command not in LOOKING and not args.looks(args):
        raise Refused("Nothing is changed or started: --readonly was given.")


def open_interface(args: argparse.Namespace) -> int:
    """The terminal interface, where there is a terminal or a browser's tab."""
    from fstui import places, terminal

    if not (sys.stdin.isatty() and sys.stdout.isatty()) and not terminal.look().browser:
        raise NotPossible(
            "The interface needs a terminal, and this is a pipe or a file: use a command, "
            f"'{program()} --help' lists them."
        )
    # Textual reads its settings once, at its import, which is the app's.
    colour = {"never": "none", "always": "auto"}.get(args.color, args.color)
    terminal.prepare(colour, args.ascii)
    from fstui import app

    workspace = places.workspace(args.workspace)
    return app.run(workspace, args.open, readonly=args.readonly, ascii_only=args.ascii)


def fail(sentence: str, code: Exit) -> int:
    """Show a sentence on standard error; the exit code."""
    with contextlib.suppress(OSError):  # the terminal may be gone; the code still tells a script
        print(f"fstui: {safe_text(with_program(sentence))}", file=sys.stderr)
    return int(code)


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
        for verb in (self, *verbs_of(self).values()):
            add_global_options(verb)
            verb.set_defaults(parser=verb)
        self.set_defaults(run=module.run, looks=getattr(module, "looks", lambda _: False))

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Read the command's own flags first."""
        self.load()
        return super().parse_known_args(args, namespace)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Name what may stand there; of many choices the nearest few."""
        if action.choices is None or value in action.choices:
            return
        known = [str(word) for word in action.choices]
        near = did_you_mean(str(value), known)
        if action.dest == "command":
            opens = f"'{program()} --open {quote(str(value))}' opens a project of that name"
            told = f"there is no command '{value}': {near} {opens}".replace(":  ", ": ")
            raise argparse.ArgumentError(None, told)
        near = near or f"it is none of the {len(known)} there are"
        if len(known) <= MOST_NAMED:
            near = f"use {', '.join(known)}"
        raise argparse.ArgumentError(action, f"there is no '{value}': {near}")

    def error(self, message: str) -> NoReturn:
        """Exit 2 with one sentence; a verb that is missing is answered with those there are."""
        if message.endswith("required: VERB"):
            verbs = next(a.choices for a in self._actions if a.metavar == "VERB")
            message = f"say what to do: {', '.join(verbs or ())}"
        self.exit(
            int(Exit.USAGE),
            f"{self.prog}: {safe_text(message)} (see '{self.prog} --help').\n",
        )


def verbs_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """What may follow a command, where something has to."""
    found = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    return {name: verb for action in found for name, verb in action.choices.items()}


def parser() -> Parser:
    """The whole tree; the files of commands are not read yet."""
    tree = Parser(
        prog=program(),
        description="A face-swap studio for the terminal. No command opens the interface.",
        epilog="PROJECT is a project's name in the workspace or a path to its folder.",
    )
    tree.add_argument("--version", action="version", version=f"fstui {__version__}")
    tree.set_defaults(parser=tree)
    tree.add_argument("--open", metavar="PROJECT", help="open the interface with a project")
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
