"""What the environment says about a terminal, and what Textual is told."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from engine.errors import Exit, NotPossible
from fstui import terminal
from fstui.terminal import look, set_environment


@pytest.mark.parametrize(
    ("env", "colours"),
    [
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "xterm-kitty"}, "truecolor"),  # COLORTERM does not cross SSH, the name does
        ({"TERM": "foot"}, "truecolor"),
        ({"TERM": "xterm-direct"}, "truecolor"),
        ({"TERM": "tmux-256color"}, "256"),
        ({"TERM": "screen"}, "16"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, "none"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, "256"),  # no-color.org: empty is unset
    ],
)
def test_colours_of_terminals(env: dict[str, str], colours: str) -> None:
    assert look(env).colours == colours


@pytest.mark.parametrize("colour", ["none", "16", "256", "truecolor"])
def test_option_overrules_the_environment(colour: str) -> None:
    env = {"TERM": "xterm-256color", "NO_COLOR": "1", "COLORTERM": "24bit"}
    assert look(env, colour=colour).colours == colour


@pytest.mark.parametrize(
    ("env", "remote"),
    [
        ({}, False),
        ({"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}, True),
        ({"SSH_TTY": "/dev/pts/1"}, True),
        ({"TMUX": "/tmp/tmux-0/default,1,0"}, True),
        ({"TERM": "screen.xterm-256color"}, True),
    ],
)
def test_remote_sessions_are_noticed(env: dict[str, str], remote: bool) -> None:
    assert look({"TERM": "xterm", **env}).remote is remote


@pytest.mark.parametrize(
    ("env", "utf8"),
    [
        ({"LANG": "de_DE.UTF-8"}, True),
        ({"LANG": "en_US.utf8"}, True),
        ({"LANG": "de_DE.ISO-8859-1"}, False),
        ({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, False),
        (
            {"LANG": "C", "LC_CTYPE": "C.UTF-8"},
            False,
        ),  # Python wrote LC_CTYPE (PEP 538)
        ({"LC_CTYPE": "C.UTF-8"}, True),
        ({}, True),
        ({"LANG": "de_DE.UTF-8", "TERM": "linux"}, False),
    ],
)
def test_locale_decides_about_ascii(env: dict[str, str], utf8: bool) -> None:
    facts = look({"TERM": "xterm", **env})
    assert facts.utf8 is utf8
    assert facts.ascii_only is not utf8
    assert look({"TERM": "xterm", **env}, ascii_only=True).ascii_only


@pytest.mark.parametrize(
    ("env", "graphics"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "iterm2"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color"}, ""),
        ({"TERM": "tmux-256color", "TMUX": "x", "KITTY_WINDOW_ID": "1"}, ""),
    ],
)
def test_graphics_never_through_tmux(env: dict[str, str], graphics: str) -> None:
    assert look(env).graphics == graphics


def test_remote_session_is_told_to_be_frugal() -> None:
    env = {"TERM": "xterm-256color", "SSH_TTY": "/dev/pts/1"}
    set_environment(env, look(env), forced=False)
    assert env["TEXTUAL_ANIMATIONS"] == "none"
    assert env["TEXTUAL_SMOOTH_SCROLL"] == "0"
    assert env["TEXTUAL_FPS"] == "15"
    assert env["TEXTUAL_COLOR_SYSTEM"] == "256"


def test_what_the_user_has_set_stays_unless_an_option_says_otherwise() -> None:
    env = {"TERM": "xterm", "TEXTUAL_FPS": "5", "SSH_TTY": "x", "TEXTUAL_COLOR_SYSTEM": "256"}
    set_environment(env, look(env), forced=False)
    assert (env["TEXTUAL_FPS"], env["TEXTUAL_COLOR_SYSTEM"]) == ("5", "256")
    set_environment(env, look(env, colour="truecolor"), forced=True)
    assert env["TEXTUAL_COLOR_SYSTEM"] == "truecolor"


def test_colour_option_and_no_color_agree_afterwards() -> None:
    env = {"TERM": "xterm", "NO_COLOR": "1"}
    set_environment(env, look(env, colour="256"), forced=True)
    assert "NO_COLOR" not in env
    set_environment(env, look(env, colour="none"), forced=True)
    assert env["NO_COLOR"] == "1"


@pytest.mark.parametrize("term", ["dumb", ""])
def test_dumb_terminal_is_named(term: str) -> None:
    problem = look({"TERM": term}, interactive=True).problem
    assert "TERM" in problem
    assert problem.count(". ") == 0
    assert look({"TERM": "xterm"}, interactive=True).problem == ""


def test_without_a_terminal_it_is_not_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "__stdin__", None)
    with pytest.raises(NotPossible, match="no terminal") as caught:
        terminal.prepare()
    assert caught.value.exit is Exit.NOT_POSSIBLE == 13


def test_only_what_is_no_terminal_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """`fstui 2>file`: the workbench is drawn on standard error."""
    monkeypatch.setattr(sys, "__stdin__", TerminalStream())
    monkeypatch.setattr(sys, "__stderr__", io.StringIO())
    assert look({"TERM": "xterm"}).problem.startswith("The workbench is drawn on standard error")
    monkeypatch.setattr(sys, "__stderr__", TerminalStream())
    assert look({"TERM": "xterm"}).problem == ""


class TerminalStream(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError


def test_looking_imports_no_textual() -> None:
    code = "import sys, fstui.terminal; print([m for m in ('textual', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
