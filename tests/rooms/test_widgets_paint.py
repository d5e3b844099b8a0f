"""The diffing base: what is sent after a change, and that it is enough."""

from __future__ import annotations

import random

from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.app import ComposeResult
from textual.strip import Strip

from fstui.widgets.display import LeanDisplay, LeanUpdate, Shown
from fstui.widgets.paint import StripView, changed_runs, from_cells, line

RED, BLUE = Style.parse("red"), Style.parse("blue")


def test_equal_lines_have_no_runs_however_they_are_cut() -> None:
    assert changed_runs(line(("ab", RED), ("cd", RED)), line(("abcd", RED))) == []


def test_runs_are_the_changed_cells() -> None:
    assert changed_runs(line(("loss 0.123", RED)), line(("loss 0.145", RED))) == [(8, 10)]
    assert changed_runs(line(("abc", RED)), line(("a", RED), ("b", BLUE), ("c", RED))) == [(1, 2)]


def test_near_runs_are_joined_and_far_ones_are_not() -> None:
    assert changed_runs(line("a..b......." + "c"), line("x..y......." + "z")) == [(0, 4), (11, 12)]


def test_line_with_wide_characters_is_one_run() -> None:
    assert changed_runs(line("漢字 1"), line("漢字 2")) == [(0, 6)]


class Board(StripView):
    """Text that the test sets; counts its paintings."""

    COMPONENT_CLASSES = {"board--ink"}  # noqa: RUF012
    DEFAULT_CSS = "Board > .board--ink { color: $primary; }"

    def __init__(self) -> None:
        super().__init__()
        self.texts = ["" for _ in range(10)]
        self.paintings = 0

    def paint(self, width: int, height: int) -> list[Strip]:
        self.paintings += 1
        ink = self.style_of("board--ink")
        return [from_cells(text, [ink if c == "#" else None for c in text]) for text in self.texts]


class BoardApp(LeanDisplay):
    """A board with border and padding that remembers which regions were sent."""

    CSS = "Board { border: round red; padding: 1 2; width: 40; height: 14; margin: 2 4; }"

    def compose(self) -> ComposeResult:
        yield Board()

    def on_mount(self) -> None:
        self.sent: list[tuple[int, int, int]] = []

    def _display(self, screen: object, renderable: object) -> None:
        if hasattr(renderable, "spans") and hasattr(self, "sent"):
            self.sent += renderable.spans
        super()._display(screen, renderable)


def lines(app: LeanDisplay) -> list[Strip]:
    """What the screen consists of, from the caches that partial updates leave behind."""
    return app.screen._compositor.render_strips()


async def test_only_the_changed_cells_are_sent() -> None:
    app = BoardApp()
    async with app.run_test(size=(60, 24)) as pilot:
        board = app.query_one(Board)
        board.texts[3] = "loss 0.123"
        board.repaint()
        await pilot.pause()
        app.sent.clear()
        board.texts[3] = "loss 0.124"
        board.repaint()
        await pilot.pause()
        left, top = 4 + 1 + 2, 2 + 1 + 1
        assert app.sent == [(top + 3, left + 9, left + 10)]


async def test_nothing_is_sent_when_nothing_changed() -> None:
    app = BoardApp()
    async with app.run_test() as pilot:
        await pilot.pause()
        app.sent.clear()
        before = app.query_one(Board).paintings
        app.query_one(Board).repaint()
        await pilot.pause()
        assert app.query_one(Board).paintings == before + 1
        assert app.sent == []


async def test_many_repaints_in_a_row_paint_once() -> None:
    app = BoardApp()
    async with app.run_test() as pilot:
        board = app.query_one(Board)
        await pilot.pause()
        before = board.paintings
        for i in range(20):
            board.texts[0] = str(i)
            board.repaint()
        await pilot.pause()
        assert board.paintings == before + 1
        assert lines(app)[4].text.split() == ["│", "19", "│"]


async def test_partial_updates_end_in_what_a_full_repaint_gives() -> None:
    app = BoardApp()
    rng = random.Random(3)
    async with app.run_test(size=(60, 24)) as pilot:
        board = app.query_one(Board)
        for _ in range(40):
            y = rng.randrange(10)
            board.texts[y] = "".join(rng.choice(" .#漢") for _ in range(rng.randrange(40)))
            board.repaint()
            await pilot.pause()
        partial = lines(app)
        board.refresh()
        await pilot.pause()
        for one, two in zip(partial, lines(app), strict=True):
            assert changed_runs(one, two) == []


async def test_theme_and_style_and_size_paint_all() -> None:
    app = BoardApp()
    async with app.run_test(size=(60, 24)) as pilot:
        board = app.query_one(Board)
        board.texts[0] = "#" * 10
        board.repaint()
        await pilot.pause()
        before = next((s.text, s.style.color) for s in board.render_line(0))
        app.theme = "textual-light" if app.theme != "textual-light" else "nord"
        await pilot.pause()
        after = next((s.text, s.style.color) for s in board.render_line(0))
        assert before[0] == after[0]
        assert before[1] != after[1]
        board.styles.width = 20
        await pilot.pause()
        assert board.render_line(0).cell_length == board.content_size.width == 14


async def test_style_update_or_layout_without_a_refresh_does_not_freeze_it() -> None:
    """Textual tells of a style update also when nothing comes of it, as under the mouse."""
    app = BoardApp()
    async with app.run_test(size=(60, 24)) as pilot:
        board = app.query_one(Board)
        for i, act in enumerate([board.notify_style_update, lambda: board.refresh(repaint=False)]):
            await pilot.pause()
            act()
            board.texts[0] = f"after {i}"
            board.repaint()
            await pilot.pause()
            assert f"after {i}" in lines(app)[4].text


def test_update_starts_at_the_changed_cell_and_respects_wide_characters() -> None:
    class Fake:
        _color_system = None

    narrow, wide = line("abcdefghij"), line("漢字cdefgh")
    chops: list[dict[int, Strip | None]] = [{0: narrow}, {0: wide}]
    update = LeanUpdate(ChopsUpdate(chops, [(0, 6, 8), (1, 1, 6)], [[10], [10]]), Shown())
    sent = update.render_segments(Fake())
    assert sent == "\x1b[1;7Hgh\x1b[2;1H漢字cd"


def test_what_the_terminal_shows_is_not_sent_again() -> None:
    """Of a whole line, of a part of it, over wide characters; all of it once that is forgotten."""
    shown = Shown()
    assert [(x, s.text) for x, s in shown.put(0, 0, line("abcdefghijklmnop"))] == [
        (0, "abcdefghijklmnop")
    ]
    assert list(shown.put(0, 0, line("abcdefghijklmnop"))) == []
    assert list(shown.put(2, 0, line("cd"))) == []
    assert [(x, s.text) for x, s in shown.put(0, 0, line("Abcdefghijklmnoq"))] == [
        (0, "A"),
        (15, "q"),
    ]
    assert [(x, s.text) for x, s in shown.put(4, 0, line("漢字"))] == [(4, "漢字")]
    assert [(x, s.text) for x, s in shown.put(6, 0, line("gh"))] == [(6, "gh")]
    shown.forget()
    assert [x for x, _ in shown.put(0, 0, line("Abcdefghijklmnoq"))] == [0]


def test_another_colour_is_sent_though_the_text_is_the_same() -> None:
    shown = Shown()
    list(shown.put(0, 0, line("same text here")))
    red = Style.parse("red")
    assert [(x, s.text) for x, s in shown.put(0, 0, line("same ", ("text", red), " here"))] == [
        (5, "text")
    ]


async def test_ascii_app_shows_ascii_only() -> None:
    class Plain(BoardApp):
        ascii_only = True

    app = Plain()
    async with app.run_test(size=(60, 24)) as pilot:
        app.query_one(Board).texts[0] = "漢字 ─ é"
        app.query_one(Board).repaint()
        await pilot.pause()
        text = "\n".join(s.text for s in lines(app))
        assert text.isascii()
        assert "???? - ?" in text
        assert "+----" in text


async def test_hidden_widget_catches_up_when_it_is_shown() -> None:
    app = BoardApp()
    async with app.run_test(size=(60, 24)) as pilot:
        board = app.query_one(Board)
        board.display = False
        await pilot.pause()
        board.texts[0] = "new"
        board.repaint()
        await pilot.pause()
        board.display = True
        await pilot.pause()
        assert "new" in lines(app)[4].text
