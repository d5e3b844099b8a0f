"""The user's own settings: `settings.toml` in FSTUI_CONFIG or the platform's config folder."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

from engine.errors import BadInput, from_os_error
from engine.settings.about import about

FILE = "settings.toml"


class UserSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a user can set for good. All are optional."""

    workspace: Annotated[
        str, about("folder of projects where neither --workspace nor FSTUI_WORKSPACE says so")
    ] = ""
    theme: Annotated[str, about("name of a theme; empty is the one chosen last with `t`")] = ""
    language: Annotated[
        str, about("of the interface, as `zh_CN`; empty is the system's; from the next start on")
    ] = ""
    preview_every_s: Annotated[
        float, about("least time between two pictures sent to the terminal", 5, 3600, unit="s")
    ] = 5.0
    poll_s: Annotated[
        float, about("time between two looks at a job's files", 0.1, 60, unit="s")
    ] = 0.5
    bell: Annotated[bool, about("ring the terminal's bell when a job ends")] = True
    notify: Annotated[bool, about("let the terminal show a note when a job ends (OSC 9)")] = True

    # --- the queue and the disk ---

    queue: Annotated[
        bool, about("extract, train and convert that can't start now wait in the queue")
    ] = False
    at_once: Annotated[
        int, about("jobs of a workspace that the queue lets compute on the CPU at once", 1, 64)
    ] = 1
    quota_gb: Annotated[
        float, about("most that a workspace may hold, 0 for no limit", 0, 1e6, unit="GB")
    ] = 0.0
    spare_gb: Annotated[
        float, about("what the queue leaves free on the disk", 0, 1e6, unit="GB")
    ] = 1.0

    # --- hooks ---

    on_done: Annotated[tuple[str, ...], about("program and its words, run when a job is done")] = ()
    on_failure: Annotated[
        tuple[str, ...], about("the same when one failed, crashed or was cut off")
    ] = ()
    on_refusal: Annotated[tuple[str, ...], about("the same when one was refused")] = ()
    webhook: Annotated[
        str,
        about(
            "address that gets a POST of JSON at each of these ends",
            pattern=r"^(https?://[^\s/]\S*)?$",
            form="http:// or https://",
        ),
    ] = ""
    hook_limit_s: Annotated[float, about("how long a hook may take", 0.1, 600, unit="s")] = 30.0


def config_folder() -> Path:
    """Where settings, key map and the user's own themes are."""
    if chosen := os.environ.get("FSTUI_CONFIG"):
        return Path(chosen).expanduser()
    from platformdirs import user_config_path

    return user_config_path("fstui")


def load(folder: Path | None = None) -> UserSettings:
    """Read the settings; defaults when there is no file. Raises `BadInput` naming the file."""
    path = (folder or config_folder()) / FILE
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        return msgspec.convert(data, UserSettings)
    except FileNotFoundError:
        return UserSettings()
    except OSError as error:
        raise from_os_error(error, f"reading {path}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadInput(f"{path} can't be used: {error}.") from error
