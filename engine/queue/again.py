"""Which ends are tried again, and after how long: what can succeed later, never what can't."""

from __future__ import annotations

from engine.errors import Exit, FstuiError
from engine.project import Project
from engine.protocol import JobFolder, Snapshot, State

FIRST_REST_S = 60.0
LONGEST_REST_S = 3600.0
TRIES: dict[Exit, int] = {
    Exit.NO_SPACE: 12,
    Exit.ALREADY_RUNNING: 12,
    Exit.OUT_OF_MEMORY: 2,
    Exit.CRASHED: 2,
    Exit.STOPPED: 5,
}
"""How often a job is begun in all, by the exit code that it ends with. A full disk is cleared and a
lock given up; memory and a crash deserve one more try; a stop counts only where nobody asked for it
(power, a shutdown, a killed supervisor). Bad input and a refusal stay what they are."""
AWAY_TRIES = 12
"""The same for footage that is away: a network drive comes back."""
START_TRIES = 4
"""How often the engine's process itself is begun before the job is held."""


def rest_s(attempt: int, end: Snapshot | None = None) -> float:
    """The rest after an attempt (from 1 on): a minute, doubled each time, at most an hour. After a
    first one that was cut off (power, a shutdown, a kill) there is none: the job was not at fault.
    """
    if attempt == 1 and end is not None and end.state is State.INTERRUPTED:
        return 0.0
    return min(FIRST_REST_S * 2 ** (attempt - 1), LONGEST_REST_S)


def may_succeed_later(folder: JobFolder, end: Snapshot, attempt: int) -> bool:
    """Whether a job that ended like this is worth another try after so many attempts."""
    if end.state in (State.DONE, State.STOPPED, State.REFUSED) or end.exit is None:
        return False
    if end.exit == Exit.BAD_INPUT:
        return attempt < AWAY_TRIES and footage_is_away(folder)
    return any(end.exit == code and attempt < tries for code, tries in TRIES.items())


def footage_is_away(folder: JobFolder) -> bool:
    """Whether footage that the project lists isn't where it was."""
    try:
        project = Project.open(folder.project)
        return any(not project.source_path(s).exists() for s in project.sources())
    except (FstuiError, OSError):
        return False
