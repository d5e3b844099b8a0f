"""Where the interface was, so that it comes back there: `ui.json` in the state folder."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from engine.errors import FstuiError
from engine.exclusive import changing
from engine.protocol import write_atomic
from fstui.model.shape import Draft


class FacesView(msgspec.Struct):
    """How the faces of a project were looked at."""

    filter: str = ""
    sort: str = ""
    """A figure; empty sorts by medium and frame."""
    descending: bool = False
    form: str = ""
    """`grid`, `list`, or empty for what fits the width."""
    thumb: int = 1
    """Size of the thumbnails, from 0."""
    overlay: bool = True
    """Whether points and mask lie over the large picture."""
    face: int = 0
    """Id of the face under the cursor."""
    marked: list[tuple[int, int]] = []
    """Ids of the marked faces, as ranges from first to last."""
    unsaved: dict[int, tuple[Draft, Draft]] = {}
    """Faces by id whose editing was cut off: as they were stored, and as they were edited."""


class RoomView(msgspec.Struct):
    """How one room's lists were looked at."""

    filter: str = ""
    rows: dict[str, str] = {}
    """Key of the row under the cursor, by the list's id."""


class View(msgspec.Struct):
    """How one project, or a workspace, was looked at."""

    room: str = "project"
    log_scale: bool = True
    time_axis: bool = False
    """Whether losses are shown over time, not over iterations."""
    raw_log: bool = False
    source: str = ""
    """The footage under the cursor in the project's room."""
    faces: FacesView = msgspec.field(default_factory=FacesView)
    rooms: dict[str, RoomView] = {}


WORKSPACES_KEPT = 10
VIEWS_KEPT = 500
"""Projects whose views are kept, those that were looked at last."""
PATIENCE_S = 0.05
"""How long the interface stands still for another one that writes; else it writes the next time."""


class UiState(msgspec.Struct, omit_defaults=True):
    """`ui.json`."""

    project: str = ""
    """Path of the project that was open; empty at home."""
    theme: str = ""
    workspaces: list[str] = []
    """Those that were looked at, the newest first."""
    views: dict[str, View] = {}
    """By the project's path."""
    known: bytes = b""
    """How this was when it was read or written last; not in the file."""

    def looked_at(self, workspace: Path) -> None:
        """Remember a workspace as the newest."""
        rest = [w for w in self.workspaces if w != str(workspace)]
        self.workspaces = [str(workspace), *rest][:WORKSPACES_KEPT]

    def view(self, project: Path) -> View:
        """The view of a project, made at its first opening."""
        return self.views.setdefault(str(project), View())


def state_path() -> Path:
    """The file, in FSTUI_STATE or the platform's state folder."""
    if chosen := os.environ.get("FSTUI_STATE"):
        return Path(chosen).expanduser() / "ui.json"
    from platformdirs import user_state_path

    return user_state_path("fstui") / "ui.json"


def load() -> UiState:
    """Where the interface was; a fresh state when the file is missing or can't be read."""
    try:
        state = msgspec.json.decode(state_path().read_bytes(), type=UiState)
    except (OSError, msgspec.MsgspecError):
        return UiState()
    state.known = _encoded(state)
    return state


def save(state: UiState) -> None:
    """Remember it, and what other interfaces remembered meanwhile. A state folder that can't be
    written costs the memory, nothing else."""
    path = state_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with changing(path, path.with_name("ui.lock"), PATIENCE_S):
            write_atomic(path, _encoded(_merged(state, load())), durable=False)
    except (OSError, FstuiError):
        return
    state.known = _encoded(state)


def _merged(mine: UiState, theirs: UiState) -> UiState:
    """What is in the file, with what this interface has changed since it read or wrote it."""
    known = msgspec.json.decode(mine.known, type=UiState) if mine.known else UiState()
    changed = {path: v for path, v in mine.views.items() if known.views.get(path) != v}
    others = {path: v for path, v in theirs.views.items() if path not in changed}
    rest = [w for w in theirs.workspaces if w not in mine.workspaces]
    return UiState(
        project=mine.project,
        theme=mine.theme if mine.theme != known.theme else theirs.theme,
        workspaces=[*mine.workspaces, *rest][:WORKSPACES_KEPT],
        views=dict([*others.items(), *changed.items()][-VIEWS_KEPT:]),
    )


def _encoded(state: UiState) -> bytes:
    """A state as the file has it."""
    return msgspec.json.encode(msgspec.structs.replace(state, known=b""))
