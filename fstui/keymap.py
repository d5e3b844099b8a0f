"""The one table of keys: a key means one thing in the whole program.

Rooms take their bindings from here, help and palette show them, and a user's `keymap.toml`
(`id = "keys"`) changes them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine.errors import BadInput, from_os_error

if TYPE_CHECKING:
    from textual.binding import Binding


class Key(NamedTuple):
    """An action with its keys."""

    id: str
    """Also the name of the action: `action_<id>`."""
    keys: str
    """Textual's names, with commas between."""
    words: str
    """What it does, as footer, help and palette say it."""
    group: str
    synonyms: str = ""
    """Other words under which the palette finds it."""
    show: bool = False
    """Whether the footer shows it where it is valid."""
    display: str | None = None
    """How the footer writes the key."""
    writes: bool = False
    """Whether it changes or starts something: hidden and refused under `--readonly`."""


KEYS: tuple[Key, ...] = (
    Key("home", "0", "home: all projects", "Rooms", "overview list projects"),
    Key("project", "1", "project room", "Rooms", "sides sources people footage"),
    Key("faces", "2", "faces room", "Rooms", "extract detection"),
    Key("train", "3", "train room", "Rooms", "loss chart model iterations preview"),
    Key("convert", "4", "convert room", "Rooms", "swap output video result"),
    Key("log", "5", "log room", "Rooms", "events engine output errors"),
    Key("media", "6", "media room", "Rooms", "footage clips play video files arriving"),
    Key("queue", "7", "queue: jobs of all projects", "Rooms", "waiting order priority history"),
    Key("arrivals", "8", "watch room: recipes, arrivals", "Rooms", "inbox dead letters folders"),
    Key("models", "9", "models: networks and trained ones", "Rooms", "weights snapshots"),
    Key("settings", "O", "settings", "Rooms", "options preferences presets configure"),
    Key("start", "s", "start", "Job", "run begin resume extract train convert", True, writes=True),
    Key("stop", "x", "stop (saves first)", "Job", "end kill cancel", True, writes=True),
    Key("pause", "P", "pause/resume", "Job", "hold continue", True, writes=True),
    Key("preview", "r,ctrl+r", "preview", "Job", "refresh picture swap look", True, writes=True),
    Key("default", "ctrl+z", "field back to its default", "Job", "reset setting undo"),
    Key("flip", "ctrl+n", "before or after, in one place", "View", "compare toggle preview"),
    Key("cast", "ctrl+t", "models for several people", "Job", "person people project paint"),
    Key("shots", "C", "shots", "Convert", "cuts scenes segments", True, writes=True),
    Key("cuts", "B", "begin a shot at each cut", "Convert", "find look scenes", True, writes=True),
    Key("remove", "delete", "remove", "Convert", "delete shot", True, writes=True),
    Key("report", "W", "report", "Convert", "figures quality likeness bad", True),
    Key("tools", "V", "media tools", "Convert", "film slice rotate rescale sound"),
    Key(
        "augmentations",
        "i",
        "what training sees",
        "Job",
        "augmentation inputs warp colour clahe",
        writes=True,
    ),
    Key("retry", "Y", "try again", "Job", "repeat once more failed", True, writes=True),
    Key("sooner", "K", "sooner", "Job", "queue up order before", True, "K J", writes=True),
    Key("postpone", "J", "later in the queue", "Job", "down order after", writes=True),
    Key("after_this", "Z", "stop after this one", "Job", "hold all queue", True, writes=True),
    Key("answer", "I", "say where it belongs", "Job", "inbox question side", True, writes=True),
    Key(
        "watch",
        "w",
        "watch media/ on/off",
        "Job",
        "arrivals inbox footage folder",
        True,
        writes=True,
    ),
    Key("new", "plus", "new project", "Project", "create make", True, "+", writes=True),
    Key("reset", "backspace", "back to default", "Project", "unset", True, "bksp", writes=True),
    Key(
        "manage",
        "m,ctrl+y",
        "more to do",
        "Project",
        "rename duplicate archive trash delete preset reset restore export check",
        True,
        writes=True,
    ),
    Key("workspaces", "X", "workspaces", "Project", "folder switch other", True),
    Key("add", "a", "add footage", "Project", "media video source import", True, writes=True),
    Key("people", "p", "people", "Project", "consent ground name", True, writes=True),
    Key(
        "reject", "minus", "reject", "Faces", "remove delete throw out bad", True, "-", writes=True
    ),
    Key("keep", "equals_sign", "keep", "Faces", "accept good want", True, "=", writes=True),
    Key(
        "edit_face",
        "E",
        "edit face",
        "Faces",
        "manual landmarks points box mask move",
        True,
        writes=True,
    ),
    Key("sort", "S", "sort by a figure", "Faces", "order blur yaw size identity"),
    Key("figures", "H", "histograms: cut a range", "Faces", "figures spread distribution"),
    Key("mark_range", "R", "mark from the last mark to here", "Faces", "select range"),
    Key("mark_all", "A", "mark all that match, or none", "Faces", "select everything"),
    Key("undo", "u", "undo", "Faces", "back revert"),
    Key("redo", "U", "redo", "Faces", "again"),
    Key("source_frame", "F", "source frame", "Faces", "jump video footage where"),
    Key("overlay", "L", "points and mask over the picture", "Faces", "landmarks mesh"),
    Key("thumbnails", "T", "thumbnails or list", "Faces", "grid pictures table job"),
    Key("save", "ctrl+s", "save", "Editor", "store write", True, "^s"),
    Key("aim", "M", "points, box or mask", "Editor", "mode landmarks bounding", True),
    Key("following", "n", "next match or point", "View", "search landmark", True, "n N"),
    Key("preceding", "N", "match or point before", "View", "search landmark"),
    Key("clockwise", "full_stop", "turn right", "Editor", "rotate", True, ", ."),
    Key("anticlockwise", "comma", "turn left", "Editor", "rotate"),
    Key("grow", "greater_than_sign", "larger", "Editor", "scale size", True, "< >"),
    Key("shrink", "less_than_sign", "smaller", "Editor", "scale size"),
    Key("pen", "D", "pen: paints, erases, up", "Editor", "draw brush mask", True),
    Key("wider", "right_parenthesis", "wider brush", "Editor", "pen size", True, "( )"),
    Key("finer", "left_parenthesis", "finer brush", "Editor", "pen size"),
    Key("copy_before", "left_curly_bracket", "copy from the frame before", "Editor", "previous"),
    Key("copy_after", "right_curly_bracket", "copy from the frame after", "Editor", "next"),
    Key("log_scale", "y", "logarithmic or linear", "View", "scale axis losses"),
    Key(
        "runs",
        "ctrl+e",
        "sessions, compare, model",
        "View",
        "EGs/s history snapshots restore parts",
    ),
    Key("time_axis", "ctrl+x", "iterations or time", "View", "x axis clock hours"),
    Key("earlier", "left_square_bracket", "previews", "View", "preview back", True, "[ ]"),
    Key("later", "right_square_bracket", "later preview", "View", "preview forward", False, "]"),
    Key(
        "sheet",
        "b",
        "bigger preview: more faces, masks",
        "View",
        "sheet preview more random fixed grid",
    ),
    Key("view", "ctrl+l", "other view of the preview", "View", "close up mask whole frame"),
    Key("full", "o,ctrl+o", "full picture", "View", "resolution kitty iterm scp open"),
    Key("zoom", "z", "zoom pane", "View", "larger bigger only chart picture"),
    Key("freeze", "f", "freeze view", "View", "hold still pause display"),
    Key("raw", "v", "raw log", "View", "tensorflow noise fold unfold", True),
    Key("jump", "apostrophe", "jump to a pane", "View", "focus letters overlay", False, "'"),
    Key("copy", "c", "copy the row", "View", "clipboard yank path"),
    Key("copy_command", "ctrl+g", "copy as command", "View", "clipboard command line shell"),
    Key("jobs", "number_sign", "jobs: the log of any", "View", "history choose past", True, "#"),
    Key("theme", "t", "next theme", "View", "colours dark light"),
    Key("filter", "slash,ctrl+underscore", "filter", "View", "search find", True, "/"),
    Key("edit", "e", "edit project.toml", "Project", "editor settings configure", writes=True),
    Key("doctor", "d", "doctor", "Program", "machine gpu driver terminal problem"),
    Key("help", "question_mark", "help", "Program", "keys", True, "?"),
    Key("command_palette", "colon,ctrl+p", "palette", "Program", "commands actions", False, ":"),
    Key("back", "escape", "back", "Program", "close cancel"),
    Key("leave", "q", "leave", "Program", "quit exit detach", True),
)


def key(action: str) -> Key:
    """The row of an action."""
    return next(k for k in KEYS if k.id == action)


class _Own:
    """The user's key map that is used; one for the process, as there is one interface in it."""

    keys: Mapping[str, str] = {}


def use(own: Mapping[str, str]) -> None:
    """Name the user's keys from now on, where they differ from the table's."""
    _Own.keys = own


def keys_of(action: str) -> list[str]:
    """The keys of an action, the user's where there are some."""
    return _Own.keys.get(action, key(action).keys).split(",")


def named(action: str) -> str:
    """The first key of an action, as texts name it."""
    return shown(keys_of(action)[0])


LISTS = frozenset(
    "up down left right j k h l g G home end pageup pagedown ctrl+u ctrl+d enter space tab".split()
)
"""Keys that lists and pictures take first while they have the focus."""
WRITING = frozenset(k.id for k in KEYS if k.writes)
"""Actions that change or start something."""


def bindings(*actions: str) -> list[Binding]:
    """Textual's bindings for some actions, in the table's order."""
    from textual.binding import Binding

    return [
        Binding(k.keys, k.id, k.words, id=k.id, show=k.show, key_display=k.display, tooltip=k.words)
        for k in KEYS
        if k.id in actions
    ]


def shown(keys: str) -> str:
    """Keys as a person types them: `slash` is `/`."""
    names = {
        "question_mark": "?",
        "slash": "/",
        "number_sign": "#",
        "colon": ":",
        "plus": "+",
        "left_square_bracket": "[",
        "right_square_bracket": "]",
        "escape": "esc",
        "apostrophe": "'",
        "minus": "-",
        "equals_sign": "=",
        "comma": ",",
        "full_stop": ".",
        "less_than_sign": "<",
        "greater_than_sign": ">",
        "left_parenthesis": "(",
        "right_parenthesis": ")",
        "left_curly_bracket": "{",
        "right_curly_bracket": "}",
        "space": "space",
    }
    return " ".join(names.get(k, k) for k in keys.split(","))


def clashes(table: tuple[Key, ...] = KEYS) -> list[tuple[str, str, str]]:
    """Keys that stand for two actions: (key, one action, other action)."""
    owner: dict[str, str] = {}
    found = []
    for row in table:
        for one in row.keys.split(","):
            if one in owner:
                found.append((one, owner[one], row.id))
            owner.setdefault(one, row.id)
    return found


def load_overrides(folder: Path) -> dict[str, str]:
    """The user's `keymap.toml`: action to keys.

    Raises `BadInput` with file and line for an unknown action, one without a key, a key of the
    lists or one with two meanings.
    """
    path = folder / "keymap.toml"
    try:
        text = path.read_text("utf-8")
        chosen = tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise from_os_error(error, f"reading {path}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} can't be read: {error}.") from error
    known = {k.id for k in KEYS}
    for action, keys in chosen.items():
        where = _place(path, text, action)
        if action not in known or not isinstance(keys, str):
            raise BadInput(f"{where} '{action}' is no action with keys.")
        if not all(keys.split(",")):
            raise BadInput(f"{where} '{action}' lacks a key: name one, or take the line away.")
        if taken := LISTS.intersection(keys.split(",")):
            moves = shown(min(taken))
            raise BadInput(f"{where} the key {moves} moves in lists: '{action}' needs another.")
    table = tuple(k._replace(keys=str(chosen.get(k.id, k.keys))) for k in KEYS)
    for one, first, second in clashes(table):
        action = second if second in chosen else first
        raise BadInput(
            f"{_place(path, text, action)} the key {shown(one)} would mean both '{first}' and "
            f"'{second}'."
        )
    return {action: str(keys) for action, keys in chosen.items()}


def _place(path: Path, text: str, action: str) -> str:
    """`keymap.toml:3:` of the line that sets an action."""
    names = [line.partition("=")[0].strip().strip("\"'") for line in text.splitlines()]
    number = names.index(action) + 1 if action in names else 1
    return f"{path}:{number}:"
