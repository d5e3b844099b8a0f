"""Run the project's tests in the checkout, those of the engine beside the others. What is not known
here goes to one pytest: 'test tests/unit -k settings'. --all runs the long forms too."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from engine.errors import NotPossible
from fstui import places

ENGINE = "tests/engine"
"""About half of the tests by time; they compute, the others mostly wait."""


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
    """Both halves at once, each with a cache of its own; the engine's is printed after the others'.
    The exit code of the first that failed."""
    with tempfile.TemporaryFile() as said:
        own = ["-o", "cache_dir=.pytest_cache/engine", ENGINE]
        engine = subprocess.Popen(
            pytest(*options, *own), cwd=root, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            others = pytest(*options, "tests", f"--ignore={ENGINE}")
            code = subprocess.run(others, cwd=root, check=False).returncode
            print(f"{ENGINE}:", flush=True)
            code = engine.wait() or code
        finally:
            engine.kill()
            engine.wait()
        said.seek(0)
        sys.stdout.buffer.write(said.read())
        sys.stdout.flush()
    return code


def pytest(*words: str) -> list[str]:
    """A command line of pytest."""
    return [sys.executable, "-m", "pytest", *words]
