"""A file that is edited as a draft: it takes the file's place when it was checked, never before."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path

from engine.errors import BadInput, FstuiError, from_os_error
from engine.project import Project
from engine.protocol import write_atomic
from engine.settings import STAGE_SETTINGS, read
from engine.settings.user import FILE, config_folder
from engine.settings.user import load as load_user
from fstui import keymap
from fstui.i18n import tr

Check = Callable[[Path], object]
"""Reads a draft; raises `FstuiError` with what is wrong and where."""


class Draft:
    """A copy of a file in a folder of its own, under the file's name."""

    def __init__(self, path: Path, check: Check, begin: str = "") -> None:
        """`begin` is what a file that isn't there yet begins with."""
        self.path, self._check = path, check
        self._before = self._now()
        self._folder = tempfile.TemporaryDirectory(prefix="fstui-edit-")
        self._draft = Path(self._folder.name) / path.name
        self._draft.write_bytes(begin.encode() if self._before is None else self._before)
        self._begun = self._draft.read_bytes()

    def edit(self) -> None:
        """The user's editor, until it ends. Raises `BadInput` where it can't be started."""
        words = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        try:
            subprocess.run([*shlex.split(words), str(self._draft)], check=False)
        except (OSError, ValueError) as error:
            raise BadInput(
                tr(
                    "The editor '{words}' can't be started ({error}): set EDITOR to another."
                ).format(words=words, error=error)
            ) from error

    def take(self) -> bool:
        """Put the draft into the file's place; False when it is as it was. Raises `FstuiError`:
        the file stays as it is then, and the draft can be edited further."""
        try:
            new = self._draft.read_bytes()
            if new == self._begun:
                return False
            try:
                self._check(self._draft)
            except FstuiError as error:
                said = str(error).replace(str(self._draft), self.path.name)
                raise type(error)(said) from error
            self._refuse_if_changed()
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(self.path, new)
        except OSError as error:
            raise from_os_error(error, f"writing {self.path}") from error
        return True

    def _refuse_if_changed(self) -> None:
        """Once; whoever takes the draft again has been told."""
        if (now := self._now()) != self._before:
            self._before = now
            raise BadInput(
                tr(
                    "{path} was changed by another hand meanwhile: leave the editor again to write "
                    "over that, or throw your changes away."
                ).format(path=self.path.name)
            )

    def _now(self) -> bytes | None:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise from_os_error(error, f"reading {self.path}") from error

    def close(self) -> None:
        """Forget the draft."""
        self._folder.cleanup()


# --- what is edited, and how it is checked -------------------------------------------------------


def of_project(path: Path) -> Draft:
    """A project's project.toml, with the settings of its stages."""

    def check(draft: Path) -> None:
        project = Project.open(draft.parent)
        for stage, kind in STAGE_SETTINGS.items():
            read(kind, project.settings(stage))

    return Draft(path / "project.toml", check)


def of_settings() -> Draft:
    """The user's settings.toml."""
    return Draft(
        config_folder() / FILE,
        lambda draft: load_user(draft.parent),
        "# Your own settings; 'settings list' names them.\n",
    )


def of_keymap() -> Draft:
    """The user's keymap.toml, which begins with the whole table as comments."""
    rows = "".join(f'# {key.id} = "{key.keys}"  # {key.words}\n' for key in keymap.KEYS)
    begin = f"# Keys of your own: take away the # before a line and change it.\n{rows}"
    path = config_folder() / "keymap.toml"
    return Draft(path, lambda draft: keymap.load_overrides(draft.parent), begin)


def of_theme(name: str) -> Draft:
    """A theme of the user's; a shipped one begins one of the user's under the same name, which
    wins. Raises `BadInput` for Textual's own, which has no file."""
    from fstui import theme

    def check(draft: Path) -> None:
        theme.load(draft)

    shipped, own = theme.folders()
    for folder in (own, shipped):
        for path in sorted(folder.glob("*.toml")):
            if _named(path) == name:
                begin = path.read_text("utf-8") if folder == shipped else ""
                return Draft(own / path.name, check, begin)
    raise BadInput(tr("The theme '{name}' has no file: choose another with t.").format(name=name))


def _named(path: Path) -> str:
    try:
        return str(tomllib.loads(path.read_text("utf-8")).get("name", ""))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return ""
