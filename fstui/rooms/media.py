"""The media room: the project's footage by side, what is arriving, a clip on the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from textual.containers import Vertical
from textual.widget import Widget

from engine.errors import BadInput, FstuiError
from engine.project import SIDES, Source
from engine.protocol import safe_text
from fstui import keymap
from fstui.i18n import tr, tr_n
from fstui.model import media
from fstui.model.clips import Clip, FootageGlance, of_footage
from fstui.model.film import Films
from fstui.rooms.clipwords import Tree, about
from fstui.rooms.filtered import Filtered
from fstui.rooms.lines import Line, Lines
from fstui.rooms.room import Room
from fstui.threads import deliver, failure_of, in_thread
from fstui.widgets import film
from fstui.widgets.film import FilmView
from fstui.widgets.filter import Filter, matches
from fstui.widgets.rows import Column, Rows

COLUMNS = (
    Column("Footage", least=20),
    Column("State", 10),
    Column("Faces", 7, right=True),
    Column("Frames", 7, right=True),
    Column("Length", 8, right=True),
    Column("Bytes", 9, right=True),
    Column("Size", 9, right=True),
    Column("Codec", 7),
    Column("Added", 10),
)
TOGETHER = 8
"""Clips that the engine is asked about at once."""


class Unsaid(str):
    """Why the engine said nothing of a file, which may be sound: it is asked again when the room is
    entered the next time."""


class MediaRoom(Room, Filtered):
    """Footage by side, with what is known of the one under the cursor, and its frames."""

    room = "media"
    CSS_PATH = "../styles/media.tcss"
    panes = ("#list", "#film")
    BINDINGS: ClassVar[list[Any]] = keymap.bindings("add", "remove", "undo", "sheet", "filter")

    def __init__(self) -> None:
        super().__init__()
        self._films = Films()
        self._looks: tuple[Path, Callable[[], object | None]] | None = None
        """The project whose footage is looked at, and what looks; kept from visit to visit, so
        that nothing is counted twice."""
        self._glance: FootageGlance | None = None
        self._by_key: dict[str, Clip] = {}
        self._facts: dict[str, dict[str, Any] | str] = {}
        """What the engine said of clips, or why they can't be read, by their keys and bytes."""
        self._asking = False

    def body(self) -> Iterable[Widget]:
        """The tree with what is under the cursor, the film."""
        yield Vertical(
            Rows(COLUMNS, marks=True, empty=tr("Looking for footage ..."), id="footage"),
            Lines(id="about", wrap=True),
            Filter(placeholder=tr("words of a name or a state")),
            id="list",
        )
        yield FilmView(self._films, empty=tr("No clip here."), id="film")

    def asks(self) -> tuple[Callable[[], object | None], ...]:
        """This project's footage."""
        project = self.studio.session.project
        if project is None:
            return ()
        if self._looks is None or self._looks[0] != project.path:
            self._looks = project.path, of_footage(project.path)
        return (self._looks[1],)

    def show_again(self) -> None:
        """Somebody looks again."""
        self._facts = {k: said for k, said in self._facts.items() if not isinstance(said, Unsaid)}
        super().show_again()
        self.query_one(FilmView).wake()

    def on_screen_suspend(self) -> None:
        """Nobody looks: nothing plays, and the engine's process goes."""
        self.query_one(FilmView).rest()
        self.close_films()

    def on_unmount(self) -> None:
        """The workbench is left."""
        self._films.close()

    @in_thread(group="close")
    def close_films(self) -> None:
        """In a thread: it waits for the process to be gone."""
        self._films.close()

    # --- news ---------------------------------------------------------------------------------

    def news(self, update: object = None) -> None:
        """Take in what there is now."""
        project = self.studio.session.project
        if isinstance(update, FootageGlance) and project and update.path == project.path:
            first = self._glance is None or self._glance.path != update.path
            self._glance = update
            self._by_key = {clip.key: clip for clip in update.clips}
            self.studio.session.project = update.project
            if first:
                self._facts.clear()
                for rows in self.query(Rows):  # none while the workbench is being left
                    rows.want(self.studio.session.view.source)
        super().news(update)

    @property
    def clips(self) -> list[Clip]:
        """The footage of the open project; none until it was looked at."""
        project = self.studio.session.project
        here = self._glance and project and self._glance.path == project.path
        return self._glance.clips if here and self._glance else []

    def show(self) -> None:
        """The tree, what is under the cursor, its frames."""
        if self._glance is None:
            return
        entry, clips = self.query_one(Filter), self.clips
        text = entry.text
        kept = [c for c in clips if not text or matches(text, f"{c.path.name} {c.state} {c.place}")]
        if text:
            entry.count(len(kept), len(clips))
        empty = tr("Nothing matches: esc clears the filter.") if text else ""
        rows = self.query_one(Rows)
        rows.show(Tree(kept, self._facts_of, sides=not text), empty=empty)
        rows.marked &= self._by_key.keys()
        if self.focused is None:
            rows.focus()
        self._tell()

    @property
    def chosen(self) -> Clip | None:
        """The clip under the cursor."""
        return self._clip(self.query_one(Rows).key)

    def _clip(self, key: str | None) -> Clip | None:
        return self._by_key.get(key or "") if self.clips else None

    def _tell(self) -> None:
        """What is under the cursor, in words and as a picture."""
        clip = self.chosen
        lines: list[Line] = []
        shown = None
        if clip is not None:
            facts = self._facts_of(clip)
            lines = about(clip, facts)
            if clip.readable:
                shown = _film(clip, facts if isinstance(facts, dict) else {})
        self.query_one(Rows).opens = shown is not None
        self.query_one("#about", Lines).show(lines)
        self.query_one(FilmView).show_clip(shown)
        self._ask_for_facts()

    # --- facts --------------------------------------------------------------------------------

    def _facts_of(self, clip: Clip) -> dict[str, Any] | str | None:
        return self._facts.get(f"{clip.key} {clip.bytes}")

    def _ask_for_facts(self) -> None:
        """Of the clips in sight that nothing is known of yet; the one under the cursor first."""
        rows = self.query_one(Rows)
        keys = dict.fromkeys((rows.key, *rows.keys_in_sight))
        sight = [clip for key in keys if (clip := self._clip(key))]
        lacking = [clip for clip in sight if clip.readable and not self._facts_of(clip)]
        if lacking and not self._asking:
            self._asking = True
            self.ask_engine(lacking[:TOGETHER])

    @in_thread(group="facts")
    def ask_engine(self, clips: list[Clip]) -> None:
        """In a thread: a process is started for it."""
        facts: list[dict[str, Any] | str] = []
        if problem := failure_of(lambda: facts.extend(_all_said([clip.path for clip in clips]))):
            facts = [Unsaid(problem)] * len(clips)
        deliver(self, self._know, clips, facts)

    def _know(self, clips: list[Clip], facts: list[dict[str, Any] | str]) -> None:
        self._asking = False
        for clip, known in zip(clips, facts, strict=False):
            self._facts[f"{clip.key} {clip.bytes}"] = known
        if self.is_current:
            self.show()

    # --- the list -----------------------------------------------------------------------------

    def on_rows_moved(self, message: Rows.Moved) -> None:
        """Another clip."""
        self.studio.session.view.source = message.key
        self._tell()
        self.refresh_bindings()

    def on_rows_marked(self) -> None:
        """Only footage can be marked."""
        rows = self.query_one(Rows)
        rows.marked = {key for key in rows.marked if (clip := self._clip(key)) and clip.source}
        rows.repaint()
        self.refresh_bindings()

    def on_rows_chosen(self, _message: Rows.Chosen) -> None:
        """Play it."""
        clip = self.chosen
        if clip is None or not clip.readable:
            return
        self.set_class(True, "-playing")
        view = self.query_one(FilmView)
        view.focus()
        view.play()

    def action_back(self) -> None:
        """Out of the film, then out of the room."""
        view = self.query_one(FilmView)
        if not self.has_class("-playing") and not view.has_focus:
            super().action_back()
            return
        view.pause()
        self.set_class(False, "-playing")
        self.query_one(Rows).focus()

    def on_film_view_played(self) -> None:
        """The footer says what enter does."""
        self.refresh_bindings()

    # --- keys ---------------------------------------------------------------------------------

    def keys_depend_on(self) -> tuple[object, ...]:
        """What is under the cursor or marked, and what is in the trash."""
        trash = self._glance.trash if self._glance else 0
        return (*super().keys_depend_on(), self.chosen, bool(self._wanted()), trash)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What can be done here."""
        if action in ("start", "pause"):
            return False
        if action == "remove" and not self._wanted():
            return False
        if action == "undo":
            trash = self._glance.trash if self._glance else 0
            return bool(trash) and not self.studio.session.readonly
        if action == "sheet":
            return self.chosen is not None and self.chosen.readable
        return super().check_action(action, parameters)

    def words_for(self, action: str) -> str:
        """What the keys are here."""
        view = self.query_one(FilmView)
        here = {
            "remove": tr("to trash"),
            "undo": tr("take back"),
            "sheet": tr("contact sheet"),
            "choose": tr("pause") if view.playing else tr("play"),
        }
        return here.get(action, "") or super().words_for(action)

    def copied(self) -> str:
        """The clip's path."""
        return str(self.chosen.path) if self.chosen else ""

    def action_add(self) -> None:
        """Add footage to the side under the cursor."""
        from fstui.rooms.add import AddFootage

        project = self.studio.session.project
        if project is None:
            return
        under = self.query_one(Rows).key or ""
        bare = [side for side in SIDES if not project.sources(side)]
        here = [side for side in SIDES if under.partition(" ")[0] == side]

        def go(added: int | None) -> None:
            if added is not None:
                said = tr_n("{n} source added.", "{n} sources added.", added)
                self.say(said.format(n=added))
                self.changed()

        self.app.push_screen(AddFootage(project, [*here, *bare, "target"][0]), go)

    def changed(self) -> None:
        """Something was listed or taken out."""
        self.reload()

    def action_sheet(self) -> None:
        """Frames spread over the clip, in one picture."""
        from fstui.rooms.contact import ContactSheet

        if self.chosen is not None:
            self.app.push_screen(ContactSheet(self.chosen.path))

    # --- trash --------------------------------------------------------------------------------

    def _wanted(self) -> list[Source]:
        """The marked footage, else that under the cursor."""
        rows = self.query_one(Rows)
        clips = [self._clip(key) for key in rows.marked or {rows.key or ""}]
        sources = [clip.source for clip in clips if clip and clip.source]
        return sorted(sources, key=lambda source: (source.side, source.path))

    def action_remove(self) -> None:
        """Ask, then put footage with its faces into the trash."""
        from fstui.rooms.discarding import ask_to_remove

        ask_to_remove(self, self._wanted())

    def action_undo(self) -> None:
        """Take back what went into the trash last."""
        from fstui.rooms.discarding import take_back

        take_back(self)

    @in_thread(group="trash")
    def act(self, do: Callable[[], object]) -> None:
        """In a thread: folders are walked and faces copied."""
        self.attempt_in_thread(do)
        self.app.call_from_thread(self.changed)


def _film(clip: Clip, facts: dict[str, Any]) -> film.Clip:
    rate = facts.get("fps_num", 25) / max(1, facts.get("fps_den", 1))
    frames = facts.get("frames")
    if frames is None and facts.get("duration_s"):
        frames = round(facts["duration_s"] * rate)
    return film.Clip(clip.path, safe_text(clip.path.name), rate or 25.0, frames)


def _all_said(paths: list[Path]) -> list[dict[str, Any] | str]:
    """What the engine says of files, asked together where all of them are right."""
    try:
        return [*media.ask_all(paths)]
    except FstuiError:
        return [_said(path) for path in paths]


def _said(path: Path) -> dict[str, Any] | str:
    """What the engine says of a file, or why it can't."""
    try:
        return media.ask(path)
    except BadInput as error:
        return str(error)
    except FstuiError as error:
        return Unsaid(error)


ROOM = MediaRoom
