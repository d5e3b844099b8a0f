"""Filter, path input and confirmation."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual import on
from textual.app import ComposeResult
from textual.pilot import Pilot

from fstui.widgets.confirm import Confirm
from fstui.widgets.display import LeanDisplay
from fstui.widgets.filter import Filter
from fstui.widgets.pathinput import CandidateList, PathEntry, PathInput
from fstui.widgets.rows import Column, Rows


class EntryApp(LeanDisplay):
    """All that one types into, and what it said."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[object] = []

    def compose(self) -> ComposeResult:
        yield Filter()
        yield Rows([Column("Name")])
        yield PathInput()

    @on(Filter.Changed)
    def _changed(self, message: Filter.Changed) -> None:
        self.heard.append(message.text)

    @on(Filter.Left)
    def _left(self) -> None:
        self.query_one(Rows).focus()

    @on(PathInput.Chosen)
    def _chosen(self, message: PathInput.Chosen) -> None:
        self.heard.append(message.path)


async def until(pilot: Pilot[int], true: Callable[[], bool]) -> None:
    """Let the app go on until something is so."""
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "it never came"
        await pilot.pause(0.01)


def screen_text(app: LeanDisplay) -> str:
    """The text on the screen."""
    return "\n".join(s.text for s in app.screen._compositor.render_strips())


async def test_filter_filters_with_each_key_and_counts() -> None:
    app = EntryApp()
    async with app.run_test() as pilot:
        found = app.query_one(Filter)
        assert not found.display
        found.open()
        await pilot.press("i", "m", "g")
        assert app.heard == ["i", "im", "img"]
        found.count(12, 400)
        await pilot.pause()
        assert "img" in screen_text(app)
        assert "12 of 400" in screen_text(app)
        found.count(0, 400)
        await pilot.pause()
        assert "no match: esc clears" in screen_text(app)


async def test_enter_leaves_the_filter_on_and_escape_clears_it() -> None:
    app = EntryApp()
    async with app.run_test() as pilot:
        found = app.query_one(Filter)
        found.open()
        await pilot.press("x", "enter")
        assert app.focused is app.query_one(Rows)
        assert found.display
        found.open()
        await pilot.press("escape")
        assert app.heard[-1] == ""
        assert found.text == ""
        assert not found.display
        assert app.focused is app.query_one(Rows)


async def test_filter_of_before_is_shown_again() -> None:
    app = EntryApp()
    async with app.run_test() as pilot:
        app.query_one(Filter).text = "woman"
        await pilot.pause()
        assert app.query_one(Filter).display
        assert app.heard == ["woman"]


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """A folder of footage."""
    (tmp_path / "woman_1.mp4").touch()
    (tmp_path / "woman_2.mp4").touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "only.png").touch()
    return tmp_path


async def test_tab_completes_and_candidates_are_shown(footage: Path) -> None:
    app = EntryApp()
    async with app.run_test(size=(100, 30)) as pilot:
        entry = app.query_one(PathInput)
        entry.focus()
        entry.text = f"{footage}/wo"
        await pilot.press("tab")
        await until(pilot, lambda: entry.text == f"{footage}/woman_")
        await until(pilot, lambda: "woman_2.mp4" in screen_text(app))
        await pilot.press("1", "right")
        await until(pilot, lambda: entry.text == f"{footage}/woman_1.mp4")
        await pilot.press("enter")
        await until(pilot, lambda: app.heard == [footage / "woman_1.mp4"])


async def test_right_arrow_inside_the_text_only_moves(footage: Path) -> None:
    app = EntryApp()
    async with app.run_test() as pilot:
        entry = app.query_one(PathInput)
        entry.focus()
        entry.text = f"{footage}/su"
        line = app.query_one(PathEntry)
        line.cursor_position = 0
        await pilot.press("right")
        assert (line.cursor_position, line.value) == (1, f"{footage}/su")


async def test_home_is_expanded_in_the_answer(
    footage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(footage))
    app = EntryApp()
    async with app.run_test() as pilot:
        entry = app.query_one(PathInput)
        entry.focus()
        entry.text = "~/sub/"
        await pilot.press("enter")
        await until(pilot, lambda: app.heard == [footage / "sub"])


async def test_what_is_missing_is_said(footage: Path) -> None:
    app = EntryApp()
    async with app.run_test() as pilot:
        app.query_one(PathInput).text = f"{footage}/gone/x"
        await until(pilot, lambda: "no such folder" in screen_text(app))
        for i in range(300):
            (footage / f"{i:03}_clip.mp4").touch()
        app.query_one(PathInput).text = f"{footage}/"
        await until(pilot, lambda: " more" in screen_text(app))
        assert "sub/" in app.query_one(CandidateList).render_line(0).text


async def asked(*keys: str, ascii_only: bool = False) -> tuple[bool | None, str]:
    """The answer after some keys, and what the question looked like."""
    app = EntryApp()
    app.ascii_only = ascii_only
    answers: list[bool | None] = []
    async with app.run_test(size=(80, 24)) as pilot:
        question = Confirm(
            "Delete 3 faces of [b]A[/b]?",
            "3 faces (1.2 MB) go to trash and out of training.",
            act="Move to trash",
            keep="Keep them",
        )
        app.push_screen(question, answers.append)
        await pilot.pause()
        text = screen_text(app)
        await pilot.press(*keys)
        await until(pilot, lambda: bool(answers))
    return answers[0], text


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (("enter",), False),
        (("escape",), False),
        (("n",), False),
        (("y",), True),
        (("left", "enter"), True),
        (("tab", "enter"), True),
        (("right", "right", "enter"), False),
    ],
)
async def test_only_a_clear_yes_is_a_yes(keys: tuple[str, ...], answer: bool) -> None:
    assert (await asked(*keys))[0] is answer


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_question_names_the_consequence_and_is_no_markup(ascii_only: bool) -> None:
    _, text = await asked("n", ascii_only=ascii_only)
    for part in (
        "Delete 3 faces of [b]A[/b]?",
        "go to trash",
        "Move to trash (y)",
        "Keep them (n)",
    ):
        assert part in text
    assert text.isascii() or not ascii_only
