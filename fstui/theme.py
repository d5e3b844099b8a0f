"""Themes: one TOML file each, the shipped ones and the user's own, as Textual themes."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from textual.app import App
from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

from engine.errors import BadInput
from engine.protocol import safe_text
from fstui.i18n import later, tr
from fstui.terminal import look

SHIPPED = Path(__file__).resolve().parent.parent / "themes"
LOOK_S = 1.0
DARK, LIGHT, TERMINAL = "fstui-dark", "fstui-light", "fstui-terminal"


ABOUT = {
    DARK: later("dark"),
    LIGHT: later("light"),
    TERMINAL: later("the terminal's own 16 colours"),
    "fstui-night": later("dark and warm, for dark rooms"),
    "fstui-paper": later("light and warm"),
    "fstui-contrast": later("high contrast"),
}
"""What the shipped themes are for."""


class Colours(msgspec.Struct, forbid_unknown_fields=True):
    """`[colours]`: Textual's ten base colours; what is left out is derived from the others."""

    primary: str
    secondary: str | None = None
    accent: str | None = None
    success: str | None = None
    warning: str | None = None
    error: str | None = None
    foreground: str | None = None
    background: str | None = None
    surface: str | None = None
    panel: str | None = None
    boost: str | None = None


class ThemeFile(msgspec.Struct, forbid_unknown_fields=True):
    """One file of a theme."""

    name: str
    colours: Colours
    dark: bool = True
    ansi: bool = False
    """The colours are the terminal's own sixteen (`ansi_blue`)."""
    variables: dict[str, str] = {}
    """Textual's variables to overrule, such as `text-muted`."""


def load(path: Path) -> Theme:
    """A theme from its file. Raises `BadInput` with one sentence that names file and line."""
    try:
        text = path.read_bytes()
        file = msgspec.toml.decode(text, type=ThemeFile)
    except (OSError, ValueError) as error:  # msgspec and tomllib raise ValueErrors
        raise _refused(path, text if isinstance(error, ValueError) else b"", str(error)) from error
    chosen = [*msgspec.structs.asdict(file.colours).items(), *file.variables.items()]
    for key, value in chosen:
        if value is not None and not key.endswith("-style") and not _is_colour(value):
            raise _refused(path, text, f"{key} = '{value}' is no colour", key)
    return Theme(
        name=file.name,
        dark=file.dark,
        ansi=file.ansi,
        variables=_ansi_variables(file) | file.variables,
        **msgspec.structs.asdict(file.colours),
    )


def _refused(path: Path, text: bytes, why: str, key: str = "") -> BadInput:
    """The sentence about a file, with the line of a key, or of the name that the reason gives."""
    place = ""
    named = [key] if key else re.findall(r"`(?:\$\.)?(?:\w+\.)*(\w+)`", why)
    for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), 1):
        if "=" in line and line.partition("=")[0].strip(" \"'") in named:
            place = f", line {number}"
            break
    said = safe_text(why).rstrip(".")
    return BadInput(
        tr("The theme '{path}' can't be used{place}: {said}.").format(
            path=safe_text(path.name), place=place, said=said
        )
    )


def _ansi_variables(file: ThemeFile) -> dict[str, str]:
    """What Textual's own styles expect from a theme of the terminal's colours."""
    if not file.ansi:
        return {}
    return BUILTIN_THEMES["ansi-dark" if file.dark else "ansi-light"].variables


def _is_colour(value: str) -> bool:
    try:
        Color.parse(value)
    except ColorParseError:
        return False
    return True


def folders(config: Path | None = None) -> list[Path]:
    """Where themes are: shipped ones, then the user's, which win by name."""
    if config is None:
        from fstui.settings import config_folder

        config = config_folder()
    return [SHIPPED, config / "themes"]


def load_all(places: list[Path]) -> tuple[dict[str, Theme], list[str]]:
    """All themes by name, and a sentence for each file that can't be used."""
    found: dict[str, Theme] = {}
    problems = []
    for path in (p for folder in places for p in sorted(folder.glob("*.toml"))):
        try:
            theme = load(path)
        except BadInput as error:
            problems.append(str(error))
        else:
            found[theme.name] = theme
    return found, problems


class ThemesChanged(NamedTuple):
    """News: theme files of the user came, went or were saved."""

    themes: dict[str, Theme]
    problems: list[str]


class Changes:
    """A question for `Tail.also`: whether the user's theme files changed; a stat a second."""

    def __init__(self, config: Path | None = None) -> None:
        self._places = folders(config)
        self._seen = self._stamps()
        self._due = 0.0

    def __call__(self) -> ThemesChanged | None:
        """News when something changed."""
        if time.monotonic() < self._due:
            return None
        self._due = time.monotonic() + LOOK_S
        now = self._stamps()
        if now == self._seen:
            return None
        self._seen = now
        return ThemesChanged(*load_all(self._places))

    def _stamps(self) -> dict[str, int]:
        try:
            found = [e for e in os.scandir(self._places[1]) if e.name.endswith(".toml")]
            return {e.name: e.stat().st_mtime_ns for e in found}
        except OSError:
            return {}


def register(app: App[Any], config: Path | None = None) -> list[str]:
    """Make all themes known to an app and say which can't be used; our names in order."""
    return take(app, ThemesChanged(*load_all(folders(config))))


def take(app: App[Any], news: ThemesChanged) -> list[str]:
    """As `register`, of themes that were loaded already."""
    for theme in news.themes.values():
        app.register_theme(theme)
    for problem in news.problems:
        app.notify(problem, severity="warning", markup=False)
    return list(news.themes)


def first(app: App[Any], *wanted: str) -> str:
    """The theme to start with: the first wanted one that there is, else by the terminal.

    With 16 colours or none it is the terminal's own: only then the user's palette rules.
    """
    session = getattr(app, "session", None)
    if not wanted and session is not None:
        wanted = (session.settings.theme, session.state.theme)
    few = app.no_color or app.console.color_system not in ("256", "truecolor")
    names = [TERMINAL] if few else [*wanted, LIGHT if look().light else DARK]
    return next((n for n in names if n in app.available_themes), "textual-dark")


def ours(app: App[Any]) -> list[str]:
    """Names of the themes that are not Textual's: the shipped ones and the user's."""
    return [name for name in app.available_themes if name not in BUILTIN_THEMES]


def about(app: App[Any], name: str) -> str:
    """What a theme is for: of the user's own whether it is dark or light."""
    usual = DARK if app.available_themes[name].dark else LIGHT
    return tr(ABOUT.get(name, ABOUT[usual]))


def after(app: App[Any]) -> str:
    """The theme that follows the present one, among ours and the user's."""
    names = ours(app)
    at = names.index(app.theme) + 1 if app.theme in names else 0
    return names[at % len(names)] if names else app.theme
