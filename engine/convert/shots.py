"""Settings of a shot: from a frame on, until the next shot begins, some settings are others.

A project keeps them in `shots.json`, by the clip's name. A frame that no shot covers has the
settings of the job alone.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from engine.errors import BadInput, Damaged, from_os_error
from engine.exclusive import changing
from engine.project import Project
from engine.protocol import safe_text, write_atomic
from engine.settings import ConvertSettings, live, read
from engine.tables import Media

FILE = "shots.json"
VERSION = 1
MOST_BYTES = 16 << 20

RESERVED = frozenset({"report"})
"""A clip of this name would take the project's own report."""


def clip_name(media: Media) -> str:
    """The name of a clip: of its result, without suffix, and of its shots."""
    return f"{media.name}-clip" if media.name.lower() in RESERVED else media.name


def unknown_clip(name: str, known: Iterable[str]) -> BadInput:
    """The error for a clip that isn't there, with those that are."""
    names = ", ".join(sorted(known)) or "none, as the target isn't extracted yet"
    return BadInput(f"There is no clip '{safe_text(name)}' in the target: there is {names}.")


class Shot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is otherwise from a frame on."""

    first: int
    """Frame index, from 0."""
    settings: dict[str, Any] = {}


class ShotsFile(msgspec.Struct, forbid_unknown_fields=True):
    """`shots.json`."""

    v: int = VERSION
    clips: dict[str, list[Shot]] = {}


def read_shots(project: Project) -> dict[str, list[Shot]]:
    """All shots by clip, in their order. Raises `Damaged` for a file that can't be read."""
    path = project.path / FILE
    try:
        if not path.exists():
            return {}
        if path.stat().st_size > MOST_BYTES:
            raise Damaged(f"{path} is larger than a file of shots can be: move it away.")
        found = msgspec.json.decode(path.read_bytes(), type=ShotsFile)
        if found.v != VERSION:
            raise Damaged(f"{path} has format {found.v}, and this version reads {VERSION}.")
        for shots in found.clips.values():
            for shot in shots:
                _check(shot)
            _check_apart(shots)
    except (msgspec.MsgspecError, BadInput) as error:
        raise Damaged(
            f"{path} can't be read: {safe_text(str(error))}: mend or remove it."
        ) from error
    except OSError as error:
        raise from_os_error(error, f"reading {path}") from error
    return {clip: sorted(shots, key=lambda s: s.first) for clip, shots in found.clips.items()}


def put_shots(project: Project, clip: str, shots: Iterable[Shot]) -> None:
    """Let a clip have these shots and no others. Raises as `_change` does."""
    _change(project, clip, lambda _there: shots)


def set_shot(project: Project, clip: str, first: int, values: dict[str, Any]) -> Shot:
    """Let a clip have other settings from a frame on, in place of those of a shot that began there.
    Raises `BadInput` for a setting that can't be of a shot."""
    shot = Shot(first, _checked(values))
    _check(shot)
    _change(project, clip, lambda there: [*(s for s in there if s.first != first), shot])
    return shot


def begin_shots(project: Project, clip: str, firsts: Iterable[int]) -> None:
    """Let a shot without settings begin at each of these frames where none begins yet."""

    def begun(there: list[Shot]) -> Iterable[Shot]:
        return {**{first: Shot(first) for first in firsts}, **{s.first: s for s in there}}.values()

    _change(project, clip, begun)


def remove_shot(project: Project, clip: str, first: int) -> None:
    """Take a shot away: the one before it goes on. Raises `BadInput` where none begins there."""

    def left(there: list[Shot]) -> list[Shot]:
        found = [s for s in there if s.first != first]
        if len(found) == len(there):
            raise BadInput(f"No shot of {safe_text(clip)} begins at frame {first + 1}.")
        return found

    _change(project, clip, left)


def _change(project: Project, clip: str, act: Callable[[list[Shot]], Iterable[Shot]]) -> None:
    """Put what `act` makes of a clip's shots in their place; who changes them at the same time
    waits. Raises `AlreadyRunning`, `Damaged`, `NoSpace` and what the disk says."""
    path = project.path / FILE
    with changing(path, project.path / "locks" / "shots"):
        shots = read_shots(project)
        shots[clip] = sorted(act(shots.get(clip, [])), key=lambda s: s.first)
        kept = ShotsFile(clips={name: found for name, found in shots.items() if found})
        try:
            write_atomic(path, msgspec.json.format(msgspec.json.encode(kept)))
        except OSError as error:
            raise from_os_error(error, f"writing {path}") from error


def settings_of(settings: ConvertSettings, shots: list[Shot]) -> list[ConvertSettings]:
    """The job's settings, then those of each shot."""
    return [settings, *(msgspec.structs.replace(settings, **shot.settings) for shot in shots)]


def number_at(shots: Sequence[Shot], index: int) -> int:
    """Which of `settings_of` a frame has: 0 before the first shot."""
    return bisect.bisect_right(shots, index, key=lambda shot: shot.first)


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    """Values in their types. Raises `BadInput`."""
    live(ConvertSettings, values)
    known = read(ConvertSettings, values)
    return {name: getattr(known, name) for name in values}


def _check_apart(shots: list[Shot]) -> None:
    """Raise `BadInput` where two begin at one frame: which of them holds would be a guess."""
    seen: set[int] = set()
    for shot in shots:
        if shot.first in seen:
            raise BadInput(f"two shots begin at frame {shot.first + 1}")
        seen.add(shot.first)


def _check(shot: Shot) -> None:
    if shot.first < 0:
        raise BadInput("A shot begins at frame 1 or later.")
    _checked(shot.settings)
