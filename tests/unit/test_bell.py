"""The note of a job's end: one sequence, nothing in it that a terminal would obey."""

from __future__ import annotations

import pytest

from fstui.bell import note
from fstui.terminal import look


@pytest.mark.parametrize(
    ("env", "sequence"),
    [
        ({"TERM": "xterm-256color"}, "\x1b]9;fstui: film: done\x07"),
        ({"TERM": "xterm", "TMUX": "1"}, "\x1bPtmux;\x1b\x1b]9;fstui: film: done\x07\x1b\\"),
        ({"TERM": "linux"}, ""),
    ],
)
def test_each_terminal_gets_what_it_can_show(env: dict[str, str], sequence: str) -> None:
    assert note("film: done", look(env)) == sequence


def test_a_message_cannot_end_the_note_or_begin_another() -> None:
    sequence = note("\x07\x1b]0;title\x07" + "x" * 500, look({"TERM": "xterm"}))
    assert sequence.count("\x1b") == sequence.count("\x07") == 1
    assert len(sequence) < 250
