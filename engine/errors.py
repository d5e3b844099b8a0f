"""The program's errors: each is one sentence for the user and an exit code of its class."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command; the one table of them."""

    DONE = 0
    USAGE = 2
    BAD_INPUT = 3
    NOTHING_TO_DO = 4
    REFUSED = 5
    ALREADY_RUNNING = 6
    NO_SPACE = 7
    OUT_OF_MEMORY = 8
    STOPPED = 9
    MODEL_MISSING = 10
    DAMAGED = 11
    CRASHED = 12
    NOT_POSSIBLE = 13
    BUG = 70


EXIT_MEANINGS: dict[Exit, str] = {
    Exit.DONE: "done",
    Exit.USAGE: "wrong usage",
    Exit.BAD_INPUT: "bad input",
    Exit.NOTHING_TO_DO: "nothing to do (no faces, no frames)",
    Exit.REFUSED: "refused (consent, guard)",
    Exit.ALREADY_RUNNING: "already running",
    Exit.NO_SPACE: "no space left",
    Exit.OUT_OF_MEMORY: "out of memory",
    Exit.STOPPED: "stopped or interrupted, can be resumed",
    Exit.MODEL_MISSING: "a model file is missing",
    Exit.DAMAGED: "a project, model or faceset is damaged",
    Exit.CRASHED: "the engine crashed",
    Exit.NOT_POSSIBLE: "not possible on this machine or terminal",
    Exit.BUG: "a bug of ours",
}


class FstuiError(Exception):
    """An error to show: `str(error)` is one clear sentence (what, where, what to do)."""

    exit = Exit.BUG


class UsageError(FstuiError):
    """The command line was wrong."""

    exit = Exit.USAGE


class BadInput(FstuiError):
    """Something the user gave can't be used."""

    exit = Exit.BAD_INPUT


class NothingToDo(FstuiError):
    """No faces, no frames, or nothing left to do."""

    exit = Exit.NOTHING_TO_DO


class Refused(FstuiError):
    """Consent or guard says no."""

    exit = Exit.REFUSED


class AlreadyRunning(FstuiError):
    """Another job holds the lock that this one needs."""

    exit = Exit.ALREADY_RUNNING


class NoSpace(FstuiError):
    """The disk is full."""

    exit = Exit.NO_SPACE


class OutOfMemory(FstuiError):
    """The device or the machine ran out of memory."""

    exit = Exit.OUT_OF_MEMORY


class Stopped(FstuiError):
    """The user, a signal or a power cut stopped the work; it can go on."""

    exit = Exit.STOPPED


class ModelMissing(FstuiError):
    """A file of weights is not on this machine."""

    exit = Exit.MODEL_MISSING


class Damaged(FstuiError):
    """A project, a model or a faceset can't be trusted."""

    exit = Exit.DAMAGED


class EngineCrashed(FstuiError):
    """An engine process died without saying why."""

    exit = Exit.CRASHED


class NotPossible(FstuiError):
    """This machine or terminal can't do it."""

    exit = Exit.NOT_POSSIBLE


def of_exit(code: int, sentence: str) -> FstuiError:
    """The error that an engine process ended with, from its exit code and its sentence."""
    for kind in FstuiError.__subclasses__():
        if kind.exit == code:
            return kind(sentence)
    return FstuiError(sentence)


def from_os_error(error: OSError, doing: str) -> FstuiError:
    """Turn an `OSError` into the error of its class; `doing` names the act and the path."""
    import errno

    reason = (error.strerror or str(error)).lower()
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(f"No space left while {doing}: free some and run the same command again.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return BadInput(f"Not allowed while {doing}: {reason}.")
    return BadInput(f"It failed while {doing}: {reason}.")
