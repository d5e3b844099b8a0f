"""Run the project's tests in the checkout. What is not known here goes to pytest:
'test tests/unit -k settings'. --all runs the long forms too."""

from __future__ import annotations

import argparse
import subprocess
import sys

from engine.errors import NotPossible
from fstui import places


def arguments(parser: argparse.ArgumentParser) -> None:
    """Only `--all`; the rest is left over for pytest."""
    parser.add_argument("--all", action="store_true", help="the long forms too")


def run(args: argparse.Namespace) -> int:
    """Run pytest; its exit code."""
    root = places.checkout()
    if root is None or not (root / "tests").is_dir():
        raise NotPossible("There are no tests beside this installation: run it in a checkout.")
    everything = ["--all"] if args.all else []
    command = [sys.executable, "-m", "pytest", *everything, *args.more]
    return subprocess.run(command, cwd=root, check=False).returncode
