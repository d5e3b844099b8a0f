"""Tools for films outside projects: look, take frames out, make a film of pictures, put sound to
it, rescale, rotate, slice. Times, rotation, colours and all sound are kept; what can be copied is
not encoded; no file is replaced unless --overwrite says so."""

from __future__ import annotations

import argparse
from typing import Any

from fstui.commands.shared import add_json, print_answer, say
from fstui.model import mediatools
from fstui.model.answers.media import MediaAnswer, RateAnswer
from fstui.model.mediatools import TOOLS, Option
from fstui.model.mediawords import said

ANSWERS = {"info": MediaAnswer, "fps": RateAnswer}
"""What the verbs that write nothing answer with."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """A verb, the source, the result and what the verb needs."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for tool in TOOLS:
        made = verbs.add_parser(tool.verb, help=tool.about, description=tool.about)
        made.add_argument("source", metavar=tool.source)
        if tool.out:
            made.add_argument("out", metavar=tool.out)
        else:
            add_json(made, ANSWERS[tool.verb])
        for option in tool.all_options:
            _add(made, option)


def _add(parser: argparse.ArgumentParser, option: Option) -> None:
    flag = option.flag or f"--{option.name}"
    words: dict[str, Any] = {"dest": option.name, "help": option.help.replace("%", "%%")}
    if option.is_switch:
        parser.add_argument(flag, action="store_true", **words)
        return
    if option.choices:
        words["choices"] = option.choices
    else:
        kind = type(option.default)
        words |= {"metavar": option.metavar, "type": kind if kind in (int, float) else str}
    parser.add_argument(flag, default=option.default, required=option.required, **words)


def looks(args: argparse.Namespace) -> bool:
    """Whether the verb writes no file."""
    return args.verb in ANSWERS


def run(args: argparse.Namespace) -> int:
    """Ask the engine, say what it did."""
    answer = mediatools.run(args.verb, vars(args))
    if looks(args) and args.json:
        print_answer(ANSWERS[args.verb], answer)
    else:
        say(*said(args.verb, answer))
    return 0
