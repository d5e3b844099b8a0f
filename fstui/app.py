"""The app: rooms, palette, themes, and the one thread that looks at files. No logic in it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from textual import events
from textual.command import Provider
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from engine.errors import FstuiError
from engine.process import on_stop_signals
from engine.protocol import safe_text
from fstui import bell, i18n, keymap, settings, state, terminal, theme
from fstui.driver import LastingDriver
from fstui.i18n import tr
from fstui.model.queue import keep_going
from fstui.model.session import Session
from fstui.model.tail import Tail
from fstui.rooms.bars import ROOMS_OF_A_PROJECT
from fstui.rooms.room import Answer, Room
from fstui.threads import in_thread
from fstui.title import Title, title_of
from fstui.widgets.display import LeanDisplay


def _room(name: str) -> Callable[[], Screen[Any]]:
    """A room's screen; its module is loaded when it is entered first."""

    def make() -> Screen[Any]:
        from importlib import import_module

        screen: Screen[Any] = import_module(f"fstui.rooms.{name}").ROOM()
        return screen

    return make


def _palette() -> type[Provider]:
    from fstui.rooms.palette import Actions

    return Actions


def _enters(room: str) -> Callable[[FstuiApp], None]:
    """The action that shows a room."""

    def act(app: FstuiApp) -> None:
        app.enter(room)

    return act


class FstuiApp(LeanDisplay):
    """The workbench of one workspace."""

    CSS_PATH = "styles/app.tcss"
    TITLE = "fstui"
    COMMANDS: ClassVar[set[Any]] = {_palette}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (140, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[Any]] = keymap.bindings(
        "home",
        "project",
        "faces",
        "train",
        "convert",
        "log",
        "media",
        "queue",
        "arrivals",
        "models",
        "settings",
        "jump",
        "theme",
        "help",
        "command_palette",
        "leave",
    )
    MODES: ClassVar[dict[str, Any]] = {
        name: _room(name)
        for name in (
            "home",
            "project",
            "faces",
            "train",
            "convert",
            "log",
            "media",
            "queue",
            "arrivals",
            "models",
            "settings",
        )
    }
    DEFAULT_MODE = "home"

    @dataclass
    class News(Message):
        """Something changed on disk; sent by the tail's thread."""

        update: object

    def __init__(
        self,
        session: Session,
        *,
        ascii_only: bool = False,
        remote: bool = True,
        problem: str = "",
    ) -> None:
        """`problem` is what is wrong from the start, to be told."""
        if session.project is not None:
            # An instance's own value: the first screen is the room that was left.
            self.__dict__["DEFAULT_MODE"] = session.view.room
        super().__init__()
        self.session = session
        self.ascii_only = ascii_only
        self.remote = remote
        self.farewell = ""
        self._problem = problem
        keep = None if session.readonly else lambda: keep_going(session.workspace)
        session.state.looked_at(session.workspace)
        self.theme_files = theme.Changes()
        self.terminal_title = Title(self._write, terminal.look())
        self.tail = Tail(self._tell, session.settings.poll_s, keep)
        if remote:
            self.animation_level = "none"

    def get_driver_class(self) -> type[Driver]:
        """The one that outlives its terminal, where Textual would take its own for terminals."""
        found = super().get_driver_class()
        return LastingDriver if found is LinuxDriver else found

    def _write(self, sequence: str) -> None:
        """A sequence for the terminal that paints nothing; for a test's there is none."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)

    def _tell(self, update: object) -> None:
        """From the tail's thread: hand news to the event loop."""
        self.post_message(self.News(update))

    # --- life ---------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Colours, keys, and the thread that looks."""
        theme.register(self)
        self.theme = theme.first(self)
        self.take_keys()
        if self.session.project is not None:
            self.tail.follow(self.session.project.path)
            self.watch_if_asked()
        self.tail.start()
        if self._problem:
            self.notify(safe_text(self._problem), severity="error", timeout=10, markup=False)
        if not self.is_headless:
            on_stop_signals(self._on_stop_signal(asyncio.get_running_loop()))

    def _on_stop_signal(self, loop: asyncio.AbstractEventLoop) -> Callable[[int], None]:
        """SIGTERM, SIGHUP: leave as `q` does, so that the terminal is put back."""

        def receive(_number: int) -> None:
            loop.call_soon_threadsafe(self.action_leave)

        return receive

    def on_unmount(self) -> None:
        """Remember where we were."""
        self.terminal_title.end()
        self.tail.stop()
        state.save(self.session.state)

    @property
    def room(self) -> Room | None:
        """The room that is shown, also behind a dialogue."""
        bottom = self.screen_stack[0] if self.screen_stack else None
        return bottom if isinstance(bottom, Room) else None

    def on_fstui_app_news(self, message: News) -> None:
        """Take news into the session, then into the room that asked; else into that which shows."""
        room, update = self.room, message.update
        if isinstance(update, theme.ThemesChanged):
            self.take_themes(update)
            return
        if isinstance(update, Answer):
            room, update = update
        ended = self.session.take(update)
        self.terminal_title.show(title_of(self.session))
        if room is not None:
            room.news(update)
        if ended is not None:
            bell.tell(self, ended)

    def on_key(self, event: events.Key) -> None:
        """A key that was typed behind the one that opens a field, before the field had the focus,
        is the field's: it never runs as a key of the room."""
        entry = self.focused
        if isinstance(entry, Input) and entry.check_consume_key(event.key, event.character):
            event.prevent_default()
            entry.insert_text_at_cursor(event.character or "")
        elif self._lacks_project(event.key):
            told = tr(
                "That room is a project's: {home} lists them, enter opens one, {new} makes one."
            )
            home, new = keymap.named("home"), keymap.named("new")
            self.notify(told.format(home=home, new=new), timeout=5, markup=False)

    def _lacks_project(self, key: str) -> bool:
        """Whether a key would enter a room of a project, and none is open; nothing lies over the
        room that shows."""
        if self.session.project is not None or self.screen is not self.room:
            return False
        return any(key in keymap.keys_of(room) for room in ROOMS_OF_A_PROJECT)

    # --- rooms --------------------------------------------------------------------------------

    def enter(self, room: str) -> None:
        """Show a room of the open project, or home."""
        if room in ROOMS_OF_A_PROJECT:
            self.session.view.room = room
        if self.room is not None:
            self.room.remember()
        state.save(self.session.state)
        self.terminal_title.show(title_of(self.session))
        self.shown.forget()  # a room's key also mends what another program wrote
        if self.current_mode == room and self.room is not None:
            self.room.show_again()  # of another project now
        self.switch_mode(room)

    def open_project(self, path: Path, room: str = "") -> None:
        """Open a project in the room it was left in, or in the one that is named."""
        try:
            project = self.session.open(path)
        except FstuiError as error:
            self.notify(safe_text(str(error)), severity="error", timeout=10, markup=False)
            return
        self.tail.follow(project.path)
        self.enter(room or self.session.view.room)
        self.watch_if_asked()

    @in_thread(exclusive=True, group="watch")
    def watch_if_asked(self) -> None:
        """Start the watching job where the project says so."""
        if problem := self.session.watch_if_asked():
            text = safe_text(problem)
            self.call_from_thread(self.notify, text, severity="warning", markup=False)
        self.tail.poke()

    def action_home(self) -> None:
        """Close the project and show all of them; its jobs go on."""
        self.session.close()
        self.tail.follow(None)
        self.enter("home")

    action_project = _enters("project")
    action_faces = _enters("faces")
    action_train = _enters("train")
    action_convert = _enters("convert")
    action_log = _enters("log")
    action_media = _enters("media")
    action_queue = _enters("queue")
    action_arrivals = _enters("arrivals")
    action_models = _enters("models")
    action_settings = _enters("settings")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Rooms of a project need an open project."""
        if action in ROOMS_OF_A_PROJECT:
            return self.session.project is not None
        return True

    # --- program ------------------------------------------------------------------------------

    def action_theme(self) -> None:
        """The next theme, remembered."""
        self.theme = self.session.state.theme = theme.after(self)
        said = tr("theme: {name} ({about})")
        about = theme.about(self, self.theme)
        said = said.format(name=safe_text(self.theme), about=about)
        self.notify(said, timeout=2, markup=False)

    def take_keys(self) -> None:
        """Use the user's key map as it is now. Raises `BadInput`: the one before is used then."""
        own = keymap.load_overrides(settings.config_folder())
        keymap.use(own)
        self.set_keymap(own)

    def take_themes(self, news: theme.ThemesChanged) -> None:
        """The user's theme files changed: use them as they are now."""
        known = theme.take(self, news)
        if self.theme not in known:
            self.theme = theme.first(self)
        for gone in set(theme.ours(self)) - set(known):
            self.unregister_theme(gone)
        self.mutate_reactive(type(self).theme)

    def action_help(self) -> None:
        """The keys that are valid now."""
        from fstui.rooms.help import Help

        if not isinstance(self.screen, Help):
            self.push_screen(Help(self.screen))

    def action_jump(self) -> None:
        """Letters on the panes; each goes to its pane."""
        from fstui.rooms.jump import Jump, targets_of

        if targets := targets_of(self.screen):
            self.push_screen(Jump(targets))

    def action_command_palette(self) -> None:
        """All actions, by their words."""
        from fstui.rooms.palette import Palette

        if not isinstance(self.screen, Palette):
            asked = tr("words of what is to be done")
            self.push_screen(Palette(placeholder=asked, id="--command-palette"))

    async def action_quit(self) -> None:
        """Textual's own ctrl+q, valid everywhere, does what q does; over an editor it asks first
        what esc asks."""
        ask = getattr(self.screen, "unless_lost", None)
        if ask is None:
            self.action_leave()
        else:
            ask(self.action_leave)

    def action_help_quit(self) -> None:
        """Ctrl-C, which ends nothing here: say what does."""
        self.notify(tr("q leaves; jobs run on. x stops a job."), timeout=5)

    def _fatal_error(self) -> None:
        """A bug of ours: leave the screen to the command line's main, which logs the traceback."""
        if self.is_headless:
            super()._fatal_error()
        self._close_messages_no_wait()

    def action_leave(self) -> None:
        """Leave; jobs go on, and that is said on the way out."""
        self.farewell = self.session.farewell()
        if self.room is not None:
            self.room.remember()
        self.exit(0)


def run(
    workspace: Path, project: str | None = None, *, readonly: bool = False, ascii_only: bool = False
) -> int:
    """Show the workbench until the user leaves; the exit code.

    Raises `NotPossible` where there is no terminal, `BadInput` for settings, key map or a `project`
    that is named. The one that was open last is no reason not to open: what is wrong is told.
    """
    from fstui.places import project_path

    facts, own = terminal.look(), settings.load()
    plain = ascii_only or facts.ascii_only
    # Of most languages nothing would be left in ASCII.
    i18n.use([] if plain else i18n.languages(own.language))
    session = Session(workspace, state.load(), own, readonly=readonly)
    keymap.load_overrides(settings.config_folder())
    problem = ""
    if project:
        session.open(project_path(project, workspace))
    else:
        problem = session.resume()
    app = FstuiApp(session, ascii_only=plain, remote=facts.remote, problem=problem)
    # Modules stay: without this each full collection looks through them, 50 ms with all rooms.
    gc.freeze()
    code = app.run()
    if app._exception is not None:
        raise app._exception
    if app.farewell and not facts.browser:  # whose tab takes no line after the last
        print(safe_text(app.farewell))
    return code or 0
