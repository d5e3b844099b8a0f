"""Where things are: the workspace, the user's own folders, a project by name or path."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import BadInput
from engine.protocol import safe_text
from engine.workspace import check_name, is_project
from fstui.i18n import tr

if TYPE_CHECKING:
    from fstui.settings import UserSettings

ROOT = Path(__file__).resolve().parent.parent


def checkout() -> Path | None:
    """The folder that `run.py` is in, when the program runs from a checkout."""
    return ROOT if (ROOT / "run.py").is_file() else None


def workspace(option: str | None = None, own: UserSettings | None = None) -> Path:
    """The folder of projects: `--workspace`, FSTUI_WORKSPACE, the user's settings (read unless
    they are given), `projects/` in a checkout, the platform's user-data folder. Raises `BadInput`
    when settings can't be read."""
    from fstui import settings

    named = option or os.environ.get("FSTUI_WORKSPACE") or (own or settings.load()).workspace
    if named:
        return typed_path(named)
    if root := checkout():
        return root / "projects"
    from platformdirs import user_data_path

    return user_data_path("fstui", appauthor=False) / "projects"


def state_folder() -> Path:
    """Where the interface was and the log of unexpected errors: FSTUI_STATE or the platform's."""
    from fstui import state

    return state.state_path().parent


def cache_folder() -> Path:
    """What can be made again lies here: FSTUI_CACHE or the platform's cache folder."""
    if chosen := os.environ.get("FSTUI_CACHE"):
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("fstui")


def typed_path(text: str) -> Path:
    """The absolute path that a user typed; `~` is a home. Raises `BadInput` for the home of a user
    that isn't known."""
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        user = Path(text).parts[0]
        raise BadInput(
            tr("There is no user '{user}': write the whole path.").format(user=safe_text(user[1:]))
        ) from error


def project_path(name: str, in_workspace: Path) -> Path:
    """The project folder that a command line means: a path to one, or a name in the workspace.

    Raises `BadInput` for a name that can't be one and for a project that isn't there.
    """
    path = typed_path(name) if name else Path()
    if name and is_project(path):
        return path.resolve()
    if os.sep in name or name in (".", ".."):
        raise BadInput(f"There is no project at {safe_text(name)}: make one with 'new NAME'.")
    path = in_workspace / check_name(name)
    if not is_project(path):
        shown = safe_text(str(in_workspace))
        if os.path.lexists(path):
            raise BadInput(
                f"'{safe_text(name)}' in {shown} is no project (it has no project.toml): move it "
                f"away, then 'new {shlex.quote(name)}' makes one."
            )
        raise BadInput(
            f"There is no project '{safe_text(name)}' in {shown}: 'status' lists the projects, "
            f"'new {shlex.quote(name)}' makes it."
        )
    return path.resolve()
