"""The user's own settings: `settings.toml` in FSTUI_CONFIG or the platform's config folder."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from engine.errors import BadInput, from_os_error


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a user can set for good. All are optional."""

    workspace: str = ""
    """Folder of projects where neither `--workspace` nor FSTUI_WORKSPACE says so."""
    theme: str = ""
    """Name of a theme; the one chosen last with `t` when empty."""
    preview_every_s: Annotated[float, Meta(ge=5, le=3600)] = 5.0
    """Least time between two pictures that are sent to the terminal, s."""
    poll_s: Annotated[float, Meta(ge=0.1, le=60)] = 0.5
    """Time between two looks at a job's files, s."""
    bell: bool = True
    """Ring the terminal's bell when a job ends."""


def config_folder() -> Path:
    """Where settings, key map and the user's own themes are."""
    if chosen := os.environ.get("FSTUI_CONFIG"):
        return Path(chosen).expanduser()
    from platformdirs import user_config_path

    return user_config_path("fstui")


def load(folder: Path | None = None) -> Settings:
    """Read the settings; defaults when there is no file. Raises `BadInput` naming the file."""
    path = (folder or config_folder()) / "settings.toml"
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        return msgspec.convert(data, Settings)
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise from_os_error(error, f"reading {path}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadInput(f"{path} can't be used: {error}.") from error
