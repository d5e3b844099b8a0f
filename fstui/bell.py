"""Telling the user, who may look elsewhere, that a job ended: the bell, and the terminal's note."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App

from engine.protocol import safe_text
from fstui import terminal
from fstui.i18n import tr
from fstui.model.jobview import JobView
from fstui.settings import UserSettings

if TYPE_CHECKING:
    from fstui.app import FstuiApp

MOST = 200
"""Characters of a note."""


def tell(app: FstuiApp, ended: JobView) -> None:
    """Say that a job ended, unless the room does, and ring."""
    project = ended.folder.project
    title = tr(ended.stage)
    if not app.session.is_open(project):
        title = f"{safe_text(project.name)}: {title}"
    if app.room is None or not app.room.tells(ended):
        text = safe_text(ended.notice())
        app.notify(text, title=title, severity=ended.severity(), markup=False)
    ring(app, ended, app.session.settings)


def ring(app: App[Any], ended: JobView, settings: UserSettings) -> None:
    """Ring and show a note of a job that ended, as far as the user wants that."""
    if settings.bell:
        app.bell()
    driver = app._driver
    if settings.notify and driver is not None and not app.is_headless:
        text = f"{ended.folder.project.name}: {ended.farewell()}"
        driver.write(note(text, terminal.look()))


def note(text: str, facts: terminal.Terminal) -> str:
    """The escape sequence OSC 9, which many terminals show as a note of the desktop; nothing for
    the Linux console, which would print it. tmux hands it on where `allow-passthrough` is on.

    https://iterm2.com/documentation-escape-codes.html
    """
    if facts.term == "linux":
        return ""
    # Words first: ConEmu and Windows Terminal read a number there as a command.
    sequence = f"\x1b]9;fstui: {safe_text(text)[:MOST]}\x07"
    if facts.multiplexer == "tmux":
        return f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}\x1b\\"
    return sequence
