"""The lines around a room: which room it is on top, the keys that are valid now at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.strip import Strip

from fstui import keymap
from fstui.i18n import later, tr
from fstui.widgets.paint import StripView, line
from fstui.widgets.words import shorten

if TYPE_CHECKING:
    from textual.screen import Screen

TITLES = {
    "project": later("Project"),
    "faces": later("Faces"),
    "train": later("Train"),
    "convert": later("Convert"),
    "log": later("Log"),
    "media": later("Media"),
    "queue": later("Queue"),
    "arrivals": later("Watch"),
    "models": later("Models"),
    "settings": later("Settings"),
}
ROOMS = tuple(TITLES)
ROOMS_OF_A_PROJECT = frozenset({"project", "faces", "train", "convert", "log", "media", "arrivals"})
MAIN = ("project", "faces", "train", "convert", "log")
LEAST_CRUMBS = (20, 16, 16, 0)
"""Columns that the way to here should have: beside all rooms' names, the main ones', that of the
room one is in, beside keys alone."""
MOST_KEYS = 8
ALWAYS = ("help", "leave")
"""Keys that stay in the footer when others must give way."""


STARTS = {
    "extract": later("start extracting"),
    "train": later("start training"),
    "convert": later("start converting"),
    "watch": later("start watching"),
}
RESUMES = {
    "extract": later("resume extracting"),
    "train": later("resume training"),
    "convert": later("resume converting"),
    "watch": later("resume watching"),
}
"""What `s` does, by the room's stage."""


class Piece:
    """A clickable run of a bar: text, style name, the action that a click runs."""

    def __init__(self, text: str, style: str = "", action: str = "") -> None:
        self.text, self.style, self.action = text, style, action


class Bar(StripView):
    """One line of pieces; a click on a piece does the same as its key."""

    DEFAULT_CSS = """
    Bar { height: 1; width: 1fr; }
    Bar > .bar--key { color: $accent; text-style: bold; }
    Bar > .bar--here { color: $accent; text-style: bold reverse; }
    Bar > .bar--muted { color: $text-muted; }
    Bar > .bar--warn { color: $text-warning; text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"bar--{n}" for n in ("key", "here", "muted", "warn")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._pieces: list[Piece] = []

    def pieces(self, width: int) -> list[Piece]:
        """What the bar says now."""
        raise NotImplementedError

    def paint(self, width: int, height: int) -> list[Strip]:
        """The one line."""
        self._pieces = self.pieces(width)
        return [line(*((p.text, self._style(p.style)) for p in self._pieces))]

    def _style(self, name: str) -> Style | None:
        return self.style_of(f"bar--{name}") if name else None

    async def on_click(self, event: events.Click) -> None:
        """Run the action of the piece under the pointer."""
        x = 0
        for piece in self._pieces:
            x += cell_len(piece.text)
            if event.x < x:
                if piece.action:
                    await self.screen.run_action(piece.action)
                return


class RoomBar(Bar):
    """Where one is: workspace, project, and the rooms with their keys; a click goes there."""

    def pieces(self, width: int) -> list[Piece]:
        """`0 fstui films > anna  1 Project 2 Faces ...`, as much of it as there is room for."""
        session = self.studio.session
        frozen = getattr(self.screen, "frozen", False)
        marks = [(tr("read-only "), session.readonly), (tr("frozen (f) "), frozen)]
        end = [Piece(f" {text}", "warn") for text, on in marks if on]
        for short, least in enumerate(LEAST_CRUMBS):
            rooms = self._rooms(short)
            left = width - _cells(rooms) - _cells(end)
            if left >= least:
                break
        return [*self._crumbs(left), *rooms, *end]

    @property
    def studio(self) -> Any:
        """The app, with its session."""
        return self.app

    def _rooms(self, short: int) -> list[Piece]:
        """Each room that can be entered, with its name or its key alone: see `LEAST_CRUMBS`."""
        here = getattr(self.screen, "room", "")
        found = []
        for room in ROOMS:
            if room in ROOMS_OF_A_PROJECT and self.studio.session.project is None:
                continue
            style = "here" if room == here else "key"
            found.append(Piece(f" {keymap.named(room)}", style, f"app.{room}"))
            if short == 0 or (short == 1 and room in MAIN) or (room == here and short < 3):
                name = f" {tr(TITLES[room])} "
                found.append(Piece(name, "here" * (room == here), f"app.{room}"))
        return found

    def _crumbs(self, width: int) -> list[Piece]:
        """The way down to here; of long names the middle is left out."""
        session = self.studio.session
        found = [Piece(keymap.named("home"), "key", "app.home"), Piece(" fstui ", "", "app.home")]
        left = width - _cells(found) - 1
        if session.project is None:
            return [*found, Piece(shorten(str(session.workspace), left) + " ", "muted")]
        name = shorten(session.project.name, max(6, left - 1))
        folder = session.workspace.name
        if left >= cell_len(name) + cell_len(folder) + 5:
            found += [Piece(f"{folder} ", "muted", "app.home"), Piece("> ", "muted")]
        return [*found, Piece(f"{name} ", "", "app.project")]


def _cells(pieces: list[Piece]) -> int:
    return sum(cell_len(piece.text) for piece in pieces)


class KeyBar(Bar):
    """At most eight keys, only those that are valid now."""

    def on_mount(self) -> None:
        """Follow the screen's bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _screen: Screen[object]) -> None:
        self.repaint()

    def pieces(self, width: int) -> list[Piece]:
        """Keys in the table's order; help and leave stay when there are too many."""
        found = []
        for action, key, words in valid_keys(self.screen):
            found.append([Piece(key, "key", action), Piece(f" {words}  ", "", action)])
        while len(found) > 2 and sum(map(_cells, found)) > width:
            found.pop(-3)
        return [piece for two in found for piece in two]


def valid_keys(screen: Screen[object]) -> list[tuple[str, str, str]]:
    """(action, key, words) of the footer: valid now, shown by their table, eight at most."""
    words_for = getattr(screen, "words_for", lambda _action: "")
    found: dict[str, tuple[str, str, str]] = {}
    for node, binding, enabled, _tip in screen.active_bindings.values():
        if not (binding.show and enabled) or binding.action in found:
            continue
        prefix = "app." if node is screen.app else ""
        key = binding.key_display or keymap.shown(binding.key)
        words = words_for(binding.action) or tr(binding.description)
        action = prefix + binding.action if node in (screen, screen.app) else ""
        found[binding.action] = (action, key, words)
    order = {k.id: n for n, k in enumerate(keymap.KEYS)}
    rows = sorted(found.items(), key=lambda item: order.get(item[0], -1))
    last = [row for name, row in rows if name in ALWAYS]
    first = [row for name, row in rows if name not in ALWAYS]
    return first[: MOST_KEYS - len(last)] + last


def start_words(stage: str, *, resumes: bool) -> str:
    """The words of `s` in a stage's room."""
    return tr((RESUMES if resumes else STARTS)[stage])
