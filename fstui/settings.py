"""The user's own settings as the interface knows them; read and defined in the engine, whose jobs
run the user's hooks when no interface is there. Changing them is here."""

from __future__ import annotations

from typing import Any

from engine.errors import BadInput, from_os_error
from engine.protocol import write_atomic
from engine.settings import read
from engine.settings.user import FILE, UserSettings, config_folder, load
from fstui.i18n import tr

__all__ = ["FILE", "UserSettings", "change", "config_folder", "load"]


def change(name: str, value: Any) -> None:
    """Set one setting, or take it back to its default with None; comments stay.

    Raises `BadInput` for a name or a value that can't be, or a file that can't be read.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    known = read(UserSettings, {} if value is None else {name: value}, "the user")
    path = config_folder() / FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        document = tomlkit.parse(path.read_text("utf-8") if path.exists() else "")
        if value is None:
            document.pop(name, None)
        else:
            new = getattr(known, name)
            document[name] = list(new) if isinstance(new, tuple) else new
        write_atomic(path, tomlkit.dumps(document).encode())
    except OSError as error:
        raise from_os_error(error, f"writing {path}") from error
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise BadInput(
            tr("{path} can't be read: {error}.").format(path=path, error=error)
        ) from error
