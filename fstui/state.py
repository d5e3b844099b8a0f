"""Where the interface was, so that it comes back there: `ui.json` in the state folder."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from engine.protocol import write_atomic


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


class UiState(msgspec.Struct):
    """`ui.json`."""

    project: str = ""
    """Path of the project that was open; empty at home."""
    theme: str = ""
    workspaces: list[str] = []
    """Those that were looked at, the newest first."""
    views: dict[str, View] = {}
    """By the project's path."""

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
        return msgspec.json.decode(state_path().read_bytes(), type=UiState)
    except (OSError, msgspec.MsgspecError):
        return UiState()


def save(state: UiState) -> None:
    """Remember it. A state folder that can't be written costs the memory, nothing else."""
    path = state_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, msgspec.json.encode(state), durable=False)
    except OSError:
        return
