"""The engine's processes: `python -m engine run JOBDIR | step JOBDIR INDEX PARENT |
queue WORKSPACE | show | ask ...`."""

from __future__ import annotations

import sys
from pathlib import Path

from engine.errors import Exit, FstuiError, from_os_error
from engine.process import die_with_parent

USAGE = (
    "usage: python -m engine run JOBDIR | step JOBDIR INDEX PARENT | queue WORKSPACE | show | "
    "ask QUESTION [ARG...]"
)


def main(argv: list[str]) -> int:
    """Dispatch a verb; heavy modules are imported only by the verb that needs them."""
    match argv:
        case ["run", folder]:
            from engine import supervise

            return supervise.run(Path(folder))
        case ["step", folder, index, parent]:
            die_with_parent(int(parent))
            from engine import step

            return step.run(Path(folder), int(index))
        case ["queue", workspace]:
            from engine.queue import keeper

            return keeper.run(Path(workspace))
        case ["show"]:
            from engine.media import show

            return show.run()
        case ["ask", *question]:
            from engine import ask

            return ask.answer(question)
    print(USAGE, file=sys.stderr)
    return int(Exit.USAGE)


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    except FstuiError as error:
        print(error, file=sys.stderr)
        code = int(error.exit)
    except OSError as error:
        failure = from_os_error(error, f"starting on {error.filename or sys.argv[-1]}")
        print(failure, file=sys.stderr)
        code = int(failure.exit)
    sys.exit(code)
