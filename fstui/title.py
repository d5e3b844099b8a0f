"""The title of the terminal's window or tab: which project, how far its job is, how long yet."""

from __future__ import annotations

from collections.abc import Callable

from engine.protocol import safe_text
from fstui.i18n import tr
from fstui.model import words
from fstui.model.jobview import JobView, progress_words
from fstui.model.session import Session
from fstui.terminal import Terminal

MOST = 80
"""Characters of a title."""
# xterm's stack of titles keeps the shell's; terminals without one ignore both.
# https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
KEEP, GIVE_BACK = "\x1b[22;0t", "\x1b[23;0t"
WITHOUT = ("linux", "dumb", "")
"""Terminals that have no title, and may print what sets one."""


class Title:
    """Writes a title when its words change, and gives the terminal's own one back at the end."""

    def __init__(self, write: Callable[[str], object], facts: Terminal) -> None:
        self._write = write
        self._able = facts.term not in WITHOUT
        self._said = ""

    def show(self, text: str) -> None:
        """Set the title; nothing is written for the words that stand there."""
        text = safe_text(text)[:MOST]
        if not self._able or text == self._said:
            return
        self._write(f"{'' if self._said else KEEP}\x1b]0;{text}\x07")
        self._said = text

    def end(self) -> None:
        """The title that was there before."""
        if self._said:
            self._write(GIVE_BACK)
            self._said = ""


def title_of(session: Session) -> str:
    """`fstui: films, 42 %, 1 h 10 left`; without a job its project alone."""
    if session.project is None:
        return "fstui"
    job = session.newest()
    parts = [session.project.name, *(_words(job) if job else ())]
    return f"fstui: {', '.join(part for part in parts if part)}"


def _words(job: JobView) -> tuple[str, ...]:
    """How far it is and how long yet, or that it broke; nothing of one that ended well."""
    if not job.running:
        return (str(job.snapshot.state),) if job.broke else ()
    p = job.snapshot.progress
    # Of a training too: its iterations would change the title with each look.
    done = f"{100 * p.done // p.total} %" if p.total else progress_words(job.snapshot)
    left = tr("{time} left").format(time=words.duration(p.eta_s)) if p.eta_s else ""
    return done, left
