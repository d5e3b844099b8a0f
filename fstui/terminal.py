"""What the terminal can do; looked at before Textual is imported, which reads its settings once.

Standard library only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Literal, TextIO

from engine.errors import NotPossible
from fstui.i18n import tr

Colours = Literal["none", "16", "256", "truecolor"]
Graphics = Literal["", "kitty", "iterm2", "sixel"]

REMOTE_FPS = 15
"""Screens a second at most over a link: more only fills its buffers."""

BROWSER_DRIVER = "fstui.webdriver:BrowserDriver"
"""What TEXTUAL_DRIVER says where the terminal is a tab of a browser (`fstui/web.py`)."""

# These say truecolor by their name, which crosses SSH where COLORTERM does not.
_TRUECOLOR_TERMS = ("kitty", "ghostty", "alacritty", "foot", "wezterm", "contour", "rio")
_SIXEL_TERMS = ("foot", "mlterm", "contour", "yaft", "sixel")


@dataclass(frozen=True)
class Terminal:
    """Facts of this terminal, as far as the environment tells them."""

    term: str
    colours: Colours
    remote: bool
    """Over SSH or inside tmux: bytes are dear."""
    ssh: bool
    multiplexer: Literal["", "tmux", "screen"]
    utf8: bool
    ascii_only: bool
    light: bool
    """Dark text on a light ground, as far as COLORFGBG says so."""
    graphics: Graphics
    """A guess at the protocol for full pictures; none passes tmux or screen by default."""
    columns: int
    rows: int
    browser: bool = False
    """A tab of a browser, at the other end of two pipes."""
    problem: str = ""
    """Why no full-screen interface is possible here, in one sentence; empty when it is."""


def look(
    environ: Mapping[str, str] | None = None,
    *,
    colour: str = "auto",
    ascii_only: bool = False,
    interactive: bool | None = None,
) -> Terminal:
    """The facts. `colour` is auto, none, 16, 256 or truecolor and overrules the environment."""
    env = os.environ if environ is None else environ
    term = env.get("TERM", "").lower()
    multiplexer = _multiplexer(env, term)
    ssh = any(env.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))
    browser = env.get("TEXTUAL_DRIVER") == BROWSER_DRIVER
    utf8 = browser or _utf8(env, term)
    if interactive is None:
        drawn, typed = (_on_terminal(f) for f in (sys.__stderr__, sys.__stdin__))
    else:
        drawn = typed = interactive
    columns, rows = _size()
    return Terminal(
        term=term,
        colours=_colours(env, term, colour),
        remote=ssh or bool(multiplexer),
        ssh=ssh,
        multiplexer=multiplexer,
        utf8=utf8,
        ascii_only=ascii_only or not utf8,
        light=env.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15"),
        graphics=_graphics(env, term, multiplexer),
        columns=columns,
        rows=rows,
        browser=browser,
        problem="" if browser else _problem(term, typed=typed, drawn=drawn),
    )


def prepare(colour: str = "auto", ascii_only: bool = False) -> Terminal:
    """Look, and set what Textual reads at its import. Raises `NotPossible` without a terminal."""
    facts = look(colour=colour, ascii_only=ascii_only)
    if facts.problem:
        raise NotPossible(facts.problem)
    set_environment(os.environ, facts, forced=colour != "auto")
    return facts


def set_environment(env: MutableMapping[str, str], facts: Terminal, *, forced: bool) -> None:
    """Write Textual's settings; those that the user has set stay."""
    systems = {"none": "standard", "16": "standard", "256": "256", "truecolor": "truecolor"}
    env.setdefault("TEXTUAL_ANIMATIONS", "none")
    env.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    if facts.remote:
        env.setdefault("TEXTUAL_FPS", str(REMOTE_FPS))
    if forced:
        env["TEXTUAL_COLOR_SYSTEM"] = systems[facts.colours]
    else:
        env.setdefault("TEXTUAL_COLOR_SYSTEM", systems[facts.colours])
    if facts.colours in ("none", "16"):
        env.setdefault("TEXTUAL_THEME", "ansi-light" if facts.light else "ansi-dark")
    if facts.colours == "none":
        env["NO_COLOR"] = "1"
    else:
        env.pop("NO_COLOR", None)


def _on_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _problem(term: str, *, typed: bool, drawn: bool) -> str:
    if typed and not drawn:
        return tr(
            "The workbench is drawn on standard error, and that is a file or a pipe here: "
            "leave out '2>'; what went wrong is in the logs anyway."
        )
    if not typed:
        return tr(
            "This is no terminal, so the workbench can't be shown: run it in one, "
            "or use 'status', 'train' and the other commands."
        )
    if term in ("", "dumb"):
        name = f"TERM={term}" if term else tr("TERM is not set")
        return tr(
            "This terminal can't move its cursor ({name}), so the workbench can't be shown: "
            "set TERM to what your terminal is, or use 'status', 'train' and the other commands."
        ).format(name=name)
    return ""


def _multiplexer(env: Mapping[str, str], term: str) -> Literal["", "tmux", "screen"]:
    if env.get("TMUX") or term.startswith("tmux"):
        return "tmux"
    if env.get("STY") or term.startswith("screen"):
        return "screen"
    return ""


def _colours(env: Mapping[str, str], term: str, colour: str) -> Colours:
    """The `--color` option, then NO_COLOR, then COLORTERM, then the terminal's name."""
    chosen: Mapping[str, Colours] = {"none": "none", "16": "16", "256": "256"}
    if colour == "truecolor":
        return "truecolor"
    if colour in chosen:
        return chosen[colour]
    if env.get("NO_COLOR"):
        return "none"
    if env.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "truecolor"
    if term.endswith("-direct") or any(name in term for name in _TRUECOLOR_TERMS):
        return "truecolor"
    return "256" if "256color" in term else "16"


def _utf8(env: Mapping[str, str], term: str) -> bool:
    """Whether the locale is UTF-8. Without any locale, as in containers, a terminal is taken to
    be modern; the Linux console has no font for what we draw."""
    if term == "linux":
        return False
    named = env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or ""
    if named == "C.UTF-8" and not env.get("LC_ALL"):
        # Python itself writes LC_CTYPE=C.UTF-8 where it finds the C locale (PEP 538).
        named = env.get("LANG") or named
    return not named or "utf8" in named.lower().replace("-", "")


def _graphics(env: Mapping[str, str], term: str, multiplexer: str) -> Graphics:
    if multiplexer:
        return ""
    program = env.get("TERM_PROGRAM", "") or env.get("LC_TERMINAL", "")
    if env.get("KITTY_WINDOW_ID") or "kitty" in term or "ghostty" in term:
        return "kitty"
    if program in ("iTerm.app", "iTerm2", "WezTerm"):
        return "iterm2"
    return "sixel" if any(name in term for name in _SIXEL_TERMS) else ""


def _size() -> tuple[int, int]:
    for stream in (sys.__stderr__, sys.__stdout__, sys.__stdin__):
        try:
            if stream is not None:
                return os.get_terminal_size(stream.fileno())
        except (OSError, ValueError):
            continue
    return 80, 24
