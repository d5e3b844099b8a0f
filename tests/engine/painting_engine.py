"""The real supervisor, the real top of a step and the real preview, with a model that paints.

Run as a program: `painting_engine.py run JOBDIR`.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from convert_project import painter

import engine.step
from engine import supervise
from engine.convert import preview
from engine.process import die_with_parent
from engine.protocol import JobFolder


def step_command(folder: JobFolder, index: int) -> list[str]:
    """This file again, as the step."""
    return [sys.executable, __file__, "step", str(folder.path), str(index), str(os.getpid())]


def main(verb: str, folder: str, *more: str) -> int:
    """What `python -m engine` does for these two verbs."""
    if verb == "step":
        die_with_parent(int(more[1]))
        engine.step.stage = lambda name: partial(preview.run, load=painter)  # type: ignore[assignment]
        return engine.step.run(Path(folder), int(more[0]))
    supervise.step_command = step_command
    return supervise.run(Path(folder))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
