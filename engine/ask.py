"""Short questions to the engine, answered as one line of JSON: `python -m engine ask ...`.

The interface asks through a process, so that it never loads what computes. A question is its name
and words; `QUESTIONS` says what each word is and which function answers.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from engine.cancel import END_PATIENCE_S
from engine.errors import Exit, UsageError
from engine.process import ask_to_stop, on_stop_signals, when_unread
from engine.project import Project


class Question(NamedTuple):
    """What answers, and how words become what it takes."""

    function: str
    """As `module:name`."""
    words: tuple[Callable[[str], Any], ...] = ()
    more: Callable[[str], Any] | None = None
    """What each further word is, where there may be more."""
    together: bool = False
    """Whether the further ones are one argument, a list."""


def project(word: str) -> Project:
    """A project by its path."""
    return Project.open(Path(word))


def path_if_any(word: str) -> Path | None:
    """A path; none for an empty word."""
    return Path(word) if word else None


QUESTIONS = {
    "augmentations": Question("engine.train.sheet:save", (project, path_if_any)),
    "bench": Question("engine.bench:bench", (str,), str),
    "contact": Question("engine.media.contact:contact", (Path, Path)),
    "cuts": Question("engine.media.cuts:cuts_of", (Path,)),
    "doctor": Question("engine.doctor:facts"),
    "estimate": Question("engine.train.trial:told", (project, json.loads)),
    "examine": Question("engine.watch.examine:examined", (), Path, together=True),
    "export": Question("engine.interop.hand:hand", (project, str, str, path_if_any, str)),
    "face-frame": Question("engine.extract.shown:frame_of", (project, int, Path)),
    "face-places": Question("engine.extract.shown:places_of", (project,), int, together=True),
    "media": Question("engine.media.whole:told", (), Path, together=True),
    "media-tool": Question("engine.media.tools:act", (str, json.loads)),
    "model-check": Question("engine.train.care:check", (project,)),
    "model-export": Question("engine.train.export:export", (project, Path, str, str)),
    "model-info": Question("engine.train.care:info", (project,)),
    "model-restore": Question("engine.train.care:restore", (project, str)),
    "models-import": Question("engine.models.fit:brought", (Path, str)),
    "models-list": Question("engine.models.fit:listing"),
    "models-trained": Question("engine.train.care:trained", (Path,)),
    "models-verify": Question("engine.models.fit:verified"),
    "networks": Question("engine.train.listing:listing", (), str),
    "people": Question("engine.extract.group:asked", (Path, str, str)),
    "recognise": Question(
        "engine.watch.examine:recognised", (project, int), Path, together=True
    ),
    "report-schema": Question("engine.convert.reports:schema"),
    "result-frame": Question(
        "engine.quality.shown:pair_of", (project, str, int, json.loads, Path)
    ),
    "timelapse": Question("engine.train.timelapse:film", (project, int, str)),
    "verify": Question("engine.trust.verify:answer", (Path,)),
}  # fmt: skip


def answer(question: list[str]) -> int:
    """Print the answer. A signal to stop ends the work from within, so that it tidies up; the death
    of who asked is one."""

    def leave(_number: int) -> None:
        sys.exit(Exit.STOPPED)

    on_stop_signals(leave)
    when_unread(_leave_unread)
    print(json.dumps(_answer(question)))
    return 0


def _leave_unread() -> None:
    """Nobody waits for the answer: who asked was killed. Tidy up; at once where that doesn't come
    to it, as in a file that no decoder comes to the end of."""
    ask_to_stop(os.getpid())
    time.sleep(END_PATIENCE_S)
    os._exit(Exit.STOPPED)


def _answer(question: list[str]) -> Any:
    name, *words = question or [""]
    asked = QUESTIONS.get(name)
    if (
        asked is None
        or len(words) < len(asked.words)
        or (len(words) > len(asked.words) and asked.more is None)
    ):
        raise UsageError(f"The engine has no answer to '{' '.join(question)}'.")
    values = [kind(word) for kind, word in zip(asked.words, words, strict=False)]
    if asked.more:
        rest = [asked.more(word) for word in words[len(asked.words) :]]
        values += [rest] if asked.together else rest
    module, _, function = asked.function.partition(":")
    return getattr(import_module(module), function)(*values)
