"""Run the project's tests in the checkout, in three lanes beside each other. What is not known here
goes to one pytest: 'test tests/unit -k settings'. --all runs the long forms too."""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.errors import NotPossible
from fstui import places

BESIDE = (("tests/engine",), ("tests/e2e", "tests/proc", "tests/pty"))
"""Lanes beside the rest: the first computes, the second mostly waits for processes and terminals.
Each takes about a third of the time."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Only `--all`; the rest is left over for pytest."""
    parser.add_argument("--all", action="store_true", help="the long forms too")


def run(args: argparse.Namespace) -> int:
    """Run pytest; its exit code."""
    root = places.checkout()
    if root is None or not (root / "tests").is_dir():
        raise NotPossible("There are no tests beside this installation: run it in a checkout.")
    everything = ["--all"] if args.all else []
    if args.more:
        return subprocess.run(pytest(*everything, *args.more), cwd=root, check=False).returncode
    return side_by_side(root, everything)


def side_by_side(root: Path, options: list[str]) -> int:
    """All lanes at once, each with a cache of its own; what those beside say is printed after the
    rest. The exit code of the last of them that failed, else the rest's."""
    with contextlib.ExitStack() as stack:
        ends = [
            stack.enter_context(lane(root, options, number, folders))
            for number, folders in enumerate(BESIDE)
        ]
        rest = [f"--ignore={folder}" for folders in BESIDE for folder in folders]
        code = subprocess.run(pytest(*options, "tests", *rest), cwd=root, check=False).returncode
        for end in ends:
            code = end() or code
    return code


@contextlib.contextmanager
def lane(
    root: Path, options: list[str], number: int, folders: tuple[str, ...]
) -> Iterator[Callable[[], int]]:
    """A pytest of some folders in the background; what waits for its end, prints what it said and
    gives its exit code. Left early it is killed."""
    words = pytest(*options, "-o", f"cache_dir=.pytest_cache/{number}", *folders)
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, cwd=root, stdout=said, stderr=subprocess.STDOUT)

        def end() -> int:
            print(f"{' '.join(folders)}:", flush=True)
            code = process.wait()
            said.seek(0)
            sys.stdout.buffer.write(said.read())
            sys.stdout.flush()
            return code

        try:
            yield end
        finally:
            process.kill()
            process.wait()


def pytest(*words: str) -> list[str]:
    """A command line of pytest."""
    return [sys.executable, "-m", "pytest", *words]
