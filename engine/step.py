"""The top of a step's process: runs one stage and says how it ended."""

from __future__ import annotations

import traceback
from pathlib import Path

from engine.control import Control
from engine.errors import Exit, FstuiError, OutOfMemory, from_os_error
from engine.process import log
from engine.project import Project
from engine.protocol import JobFolder, safe_text
from engine.report import Reporter
from engine.work import Work, stage


def run(path: Path, index: int) -> int:
    """Run one step of a job; the exit code that is also in its `step-end` event."""
    folder = JobFolder(path)
    report = Reporter(folder)
    control = Control(report)
    code: int
    try:
        step = folder.job().steps[index]
        report.phase("loading the engine")
        work = Work(Project.open(folder.project), folder, step, report, control)
        message = stage(step.stage)(work)
        code = Exit.DONE
    except FstuiError as error:
        code, message = error.exit, str(error)
    except MemoryError:
        code, message = OutOfMemory.exit, "The machine ran out of memory: try a smaller batch."
    except OSError as error:
        log(traceback.format_exc())
        failure = from_os_error(error, f"working on {error.filename or folder.project}")
        code, message = failure.exit, str(failure)
    except Exception as error:  # a step's top: the log has the traceback, the user a sentence
        log(traceback.format_exc())
        code, message = _unforeseen(error, folder)
    try:
        report.event("step-end", exit=int(code), message=safe_text(message))
    except OSError as error:  # a full disk: the exit code alone tells the supervisor
        log(f"{message} (its last words could not be written: {error})")
    return int(code)


def _unforeseen(error: Exception, folder: JobFolder) -> tuple[Exit, str]:
    kind = type(error).__name__
    if kind == "ResourceExhaustedError":
        return Exit.OUT_OF_MEMORY, "The device ran out of memory: try a smaller batch or model."
    first_line = safe_text(str(error).partition("\n")[0])[:200]
    return Exit.BUG, f"A bug of ours: {kind}: {first_line}. {folder.log_path} has the details."
