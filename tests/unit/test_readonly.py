"""`--readonly`: one check refuses every command that changes or starts something."""

from __future__ import annotations

import argparse
import importlib
import keyword
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_jobs import add, ended, ready_to_convert

from engine.errors import Exit
from engine.locks import holder_text
from engine.process import FileLock
from engine.project import Project
from engine.protocol import Job, JobFolder, State, Step
from fstui import cli
from fstui.commands import COMMANDS, LOOKING

LOOKS = {
    *LOOKING,
    "arrivals",
    "clean",
    "doctor",
    "faces duplicates",
    "faces figures",
    "faces list",
    "faces people",
    "footage list",
    "footage remove",
    "inbox",
    "media fps",
    "media info",
    "model check",
    "model info",
    "models list",
    "models verify",
    "people",
    "project empty",
    "project list",
    "queue list",
    "service status",
    "settings get",
    "settings list",
    "settings preset",
    "shots",
}
"""Commands and verbs that change nothing when they are given no more than they need."""


def every_command() -> Iterator[tuple[str, list[str]]]:
    """Each command and verb, with the fewest words that it takes."""
    tree = cli.parser()
    (commands,) = (a for a in tree._actions if isinstance(a, argparse._SubParsersAction))
    for name, parser in commands.choices.items():
        parser.load()
        for verb, below in (cli.verbs_of(parser) or {"": parser}).items():
            path = f"{name} {verb}".strip()
            yield path, [*path.split(), *needed(below)]


def needed(parser: argparse.ArgumentParser) -> list[str]:
    """Words for what a parser requires."""
    words = []
    for action in parser._actions:
        takes_none = action.nargs in ("?", "*", 0)
        if takes_none or not (action.required or not action.option_strings):
            continue
        word = str(next(iter(action.choices))) if action.choices else "1"
        words += [*action.option_strings[:1], word]
    return words


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Commands whose `run` was reached; none of them does anything."""
    reached: list[str] = []

    def noted(args: argparse.Namespace) -> int:
        reached.append(args.command)
        return 0

    for command in COMMANDS:
        file = command + "_" * keyword.iskeyword(command)
        monkeypatch.setattr(importlib.import_module(f"fstui.commands.{file}"), "run", noted)
    return reached


@pytest.mark.parametrize(("path", "words"), every_command())
def test_every_command_is_refused_or_only_looks(
    path: str, words: list[str], ran: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    looks = path in LOOKS or path.split()[0] in LOOKS
    assert cli.main(words) == 0
    assert cli.main([*words, "--readonly"]) == (0 if looks else Exit.REFUSED)
    assert len(ran) == 1 + looks
    if not looks:
        said = "fstui: Nothing is changed or started: --readonly was given.\n"
        assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    ("words", "looks"),
    [
        ("arrivals film --retry x", False),
        ("clean film --yes", False),
        ("doctor --fetch", False),
        ("faces people film --threshold 0.5", False),
        ("faces reject film --side a --dry-run", True),
        ("faces keep film --side a --dry-run", True),
        ("footage remove film x --yes", False),
        ("inbox film --file x --to a", False),
        ("people film a Ann --ground self", False),
        ("people film a --remove", False),
        ("project empty --yes", False),
        ("settings preset list", True),
        ("settings preset remove x", False),
        ("shots film clip", True),
        ("shots film clip --from 1", False),
        ("shots film clip --find", False),
        ("shots film --colour mkl", False),
    ],
)
def test_words_decide_where_a_command_does_both(words: str, looks: bool, ran: list[str]) -> None:
    assert cli.main(["--readonly", *words.split()]) == (0 if looks else Exit.REFUSED)
    assert bool(ran) is looks


def test_what_looks_works_and_leaves_every_file_as_it_is(
    tmp_workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project.create(tmp_workspace, "film")
    for side in ("a", "b"):
        add(project, side)
    ready_to_convert(project)
    ended(project, "train", State.DONE, iteration=12)
    before = files_below(tmp_workspace.parent)
    for words in (
        "status", "status film", "queue list", "wait film", "tail film", "logs film",
        "faces list film", "faces figures film", "people film", "settings list",
        "settings get train.batch --project film", "settings preset list", "footage list film",
        "footage remove film a.mp4", "project list", "project empty", "clean film",
        "arrivals film", "inbox film", "recipes film", "shots film", "attach film",
        "completion bash",
    ):  # fmt: skip
        code = cli.main(["--readonly", *words.split()])
        assert code not in {Exit.REFUSED, Exit.USAGE, Exit.BUG}, (words, capsys.readouterr().err)
    assert files_below(tmp_workspace.parent) == before


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file with what is in it, but SQLite's own beside a database."""
    return {
        str(path): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".db-shm", ".db-wal")
    }


@pytest.mark.parametrize("readonly", [True, False])
def test_ctrl_c_while_following_leaves_the_job_alone(
    tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch, readonly: bool
) -> None:
    folder = JobFolder.create(
        Project.create(tmp_workspace, "film").path, Job(1, "train", [Step("train")])
    )
    folder.append("start", kind="train")
    caught: list[bool] = []
    before = signal.getsignal(signal.SIGINT)

    def followed(*_: object) -> int:
        caught.append(signal.getsignal(signal.SIGINT) != before)
        return 0

    monkeypatch.setattr("fstui.follow.follow", followed)
    lock = FileLock(folder.lock_path)
    assert lock.acquire(holder_text())
    assert cli.main(["attach", "film", *["--readonly"] * readonly]) == 0
    lock.release()
    assert caught == [not readonly]  # what isn't caught ends the command and nothing else
