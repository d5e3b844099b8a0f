"""The doctor's page and help: what is there, in words to paste; which keys are valid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from workbench import Open

from engine.errors import EngineCrashed
from fstui import clipboard
from fstui.model import checkup

FOUND = [
    {"name": "gpu", "verdict": "note", "words": "none: training runs on the CPU " * 5 + "[end]"},
    {"name": "inotify", "verdict": "good", "words": "100 watches"},
    {"name": "log-out", "verdict": "bad", "words": "jobs end at log-out: enable lingering"},
]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that knows at once."""
    monkeypatch.setattr(checkup, "ask", lambda *_, **__: FOUND)


async def test_the_engine_is_asked_about_this_workspace(bench: Open, tmp_workspace: Path) -> None:
    async with bench(size=(160, 40)) as b:
        await b.sees("Welcome")
        await b.press("d")
        await b.sees("Doctor (c copies")
        for words in ("colours:", "tmux", "tensorflow", "inotify", "log-out", "memory"):
            await b.sees(words)
        await b.sees(str(tmp_workspace)[:40])
        await b.press("escape")
        await b.until(lambda: "Doctor" not in b.text(), "closed")


async def test_one_key_copies_the_page_and_what_is_bad_has_the_cursor(
    bench: Open, tmp_workspace: Path, asked: Any
) -> None:
    async with bench(size=(80, 24)) as b:
        await b.sees("Welcome")
        await b.press("d")
        await b.sees("jobs end at log-out: enable lingering")
        assert "BAD" in next(line for line in b.lines() if "\u25ba" in line)
        await b.press("c")
        await b.sees("Copied all of it")
        lines = clipboard.clipboard_path().read_text().splitlines()
        assert b.app.clipboard.splitlines() == lines
        assert [line[4:16].strip() for line in lines] == [
            "terminal", "disk", "gpu", "inotify", "log-out",
        ]  # fmt: skip
        await b.press("g", "down", "down")
        await b.sees("[end]")  # the row is longer than the screen is wide


async def test_an_engine_without_an_answer_is_one_sentence(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object, **__: object) -> None:
        raise EngineCrashed("The engine died over 'doctor': Killed.")

    monkeypatch.setattr(checkup, "ask", dies)
    async with bench() as b:
        await b.sees("Welcome")
        await b.press("d")
        await b.sees("The engine died over 'doctor': Killed.")


async def test_help_is_filtered_as_one_types(bench: Open, tmp_workspace: Path) -> None:
    async with bench(size=(80, 30)) as b:
        await b.sees("Welcome")
        await b.press("question_mark")
        await b.sees("that are valid now")
        assert "next theme" in b.text()
        await b.press("slash", *"workspaces")
        await b.sees("1 of ")
        assert "next theme" not in b.text()
        await b.press("escape")
        await b.sees("next theme")
        await b.press("escape")
        await b.until(lambda: "valid now" not in b.text(), "closed")
