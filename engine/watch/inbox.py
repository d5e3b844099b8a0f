"""`media/inbox`: whom a clip shows decides where it goes. Light.

The rule. Of the frames that were looked at, those with a face count. A person is shown where one of
the faces is nearer to the person's mean than the setting `inbox_threshold`, and by `MARGIN` nearer
than to the other person's. Somebody shown in at least half of these frames is in the clip, somebody
in less than a fifth is not; between them nobody knows. A clip with A alone goes where the setting
`shows_a` says, one with B alone to side b. Everything else is left with a question.

The setting's default is the distance below which dlib's examples take two pictures for one person.
Measured on the sample footage: frames of a person lay 0.1 to 0.56 from the mean of 54 faces of one
short take, strangers 0.82 and more.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from engine.errors import BadInput, from_os_error
from engine.footage import free_name
from engine.process import rename_new
from engine.project import INBOX, SIDES, Project
from engine.protocol import safe_text
from engine.watch.ledger import Arrival, Ledger, stamped

FEWEST = 3
"""Frames with a face that are needed to tell."""
IN, OUT = 0.5, 0.2
"""Share of the frames with a face that a person in the clip has at least; one who isn't, less."""

MARGIN = 0.1
"""By which a face is nearer to its person than to the other."""
LACKING = "there is nobody to compare with"
"""How a question begins that faces found later may answer."""
MOVING_S = 60.0
"""A file that was filed and isn't there yet is on its way for so long."""

Distances = tuple[float, float]
"""Of a face to the mean embedding of A and of B."""


class Verdict(NamedTuple):
    """Where a clip goes, or what makes it a question."""

    side: str
    """a, b, target; "" for a question."""
    why: str


def verdict(
    frames: Sequence[Sequence[Distances]], looked: int, threshold: float, shows_a: str
) -> Verdict:
    """Judge a clip by the faces of each of its frames that has any; `looked` frames were seen."""
    if len(frames) < FEWEST:
        return Verdict("", f"too few faces: {len(frames)} of {looked} frames show one")
    near = [[_nearest(face, threshold) for face in faces] for faces in frames]
    shares = {who: sum(who in found for found in near) / len(near) for who in "ab"}
    told = ", ".join(f"{who.upper()} in {share:.0%}" for who, share in shares.items())
    shown = {who for who, share in shares.items() if share >= IN}
    unsure = {who for who, share in shares.items() if OUT <= share < IN}
    if shown == {"a", "b"}:
        return Verdict("", f"it shows both people ({told} of the frames with a face)")
    if unsure or not shown:
        what = "it is unsure whom it shows" if unsure else "it shows neither of the people"
        return Verdict("", f"{what} ({told} of the frames with a face)")
    (who,) = shown
    return Verdict(shows_a if who == "a" else "b", f"it shows {who.upper()}")


def _nearest(face: Distances, threshold: float) -> str:
    """a, b, or "" for a stranger."""
    near, far = min(face), max(face)
    return "ab"[face.index(near)] if near < threshold and far - near >= MARGIN else ""


def is_moving(arrival: Arrival) -> bool:
    """Whether a file may be on its way from the inbox to where it was filed."""
    if arrival.fate != "filed":
        return False
    age = datetime.now(UTC) - datetime.fromisoformat(arrival.time)
    return abs(age.total_seconds()) < MOVING_S


def file_to(project: Project, ledger: Ledger, path: Path, side: str) -> Path:
    """Move something of the inbox to a side, under a name that nothing has there; where it lies.

    Where it goes is written down first, so that nobody forgets where it came from. Raises
    `BadInput`, `NoSpace`.
    """
    folder = project.path / "media" / side
    while True:
        aim = free_name(folder, path)
        with ledger.change() as book:
            filed = stamped(Arrival(side, "filed", from_inbox=True))
            book.files[ledger.key(aim)] = filed
        try:
            folder.mkdir(parents=True, exist_ok=True)
            rename_new(path, aim)
        except OSError as error:
            ledger.drop(aim)
            if error.errno == errno.EEXIST:
                continue  # somebody was faster: the next free name
            raise from_os_error(error, f"moving {safe_text(str(path))} to {aim}") from error
        ledger.drop(path)
        return aim


def answer(project: Project, name: str, side: str) -> Path:
    """Put what lies in the inbox where the user says. Raises `BadInput`."""
    if side not in SIDES:
        raise BadInput(f"'{safe_text(side)}' is no side: use a, b or target.")
    inbox = project.path / "media" / INBOX
    path = inbox / name.removeprefix(f"media/{INBOX}/")
    if not path.resolve().is_relative_to(inbox.resolve()) or path == inbox:
        raise BadInput(f"'{safe_text(name)}' leads out of media/{INBOX}.")
    if not path.exists():
        raise BadInput(f"There is no '{safe_text(name)}' in media/{INBOX} of {project.name}.")
    return file_to(project, Ledger(project), path, side)
