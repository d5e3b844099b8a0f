"""The virtual list: any length, cursor by key, sorting, marks, mouse."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Sequence
from typing import overload

import pytest
from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult

from fstui.widgets.display import LeanDisplay
from fstui.widgets.paint import changed_runs
from fstui.widgets.rows import Column, Row, Rows

COLUMNS = [
    Column("Name"),
    Column("Blur", 8, right=True),
    Column("State", 10),
]


class Faces(Sequence[Row]):
    """Rows that are made when they are asked for, and counted."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked = 0

    def __len__(self) -> int:
        return self.count

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        assert isinstance(index, int)
        if not 0 <= index < self.count:
            raise IndexError(index)
        self.asked += 1
        return Row(f"k{index}", (f"face_{index:06}.png", f"{index / 10:.1f}", ("ok", "good")))


class RowsApp(LeanDisplay):
    """One list, and what it said."""

    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__()
        self.ascii_only = ascii_only
        self.heard: list[tuple[str, object]] = []

    def compose(self) -> ComposeResult:
        yield Rows(COLUMNS, empty="No faces yet: press s.", marks=True)

    @on(Rows.Moved)
    def _moved(self, message: Rows.Moved) -> None:
        self.heard.append((type(message).__name__, message.key))

    @on(Rows.Chosen)
    def _chosen(self, message: Rows.Chosen) -> None:
        self.heard.append((type(message).__name__, message.key))

    @on(Rows.Marked)
    def _marked(self, message: Rows.Marked) -> None:
        self.heard.append(("Marked", message.key))


def text_of(rows: Rows) -> list[str]:
    """The lines on the screen."""
    return [rows.render_line(y).text for y in range(rows.content_size.height)]


def cursor_row(rows: Rows) -> str:
    """The line with the cursor."""
    return next(t for t in text_of(rows) if t.startswith(("►", ">")))


async def test_empty_list_says_what_to_do() -> None:
    app = RowsApp()
    async with app.run_test() as pilot:
        rows = app.query_one(Rows)
        await pilot.pause()
        assert "No faces yet: press s." in text_of(rows)[1]
        rows.show([], empty="No match: esc clears.")
        await pilot.press("j", "enter", "space")
        assert "No match: esc clears." in text_of(rows)[1]
        assert app.heard == []


async def test_hundred_thousand_rows_open_at_once_in_constant_memory() -> None:
    app = RowsApp()
    async with app.run_test(size=(80, 24)) as pilot:
        rows, faces = app.query_one(Rows), Faces(100_000)
        start = time.perf_counter()
        rows.show(faces)
        await pilot.pause()
        took = time.perf_counter() - start
        rows.show([])
        tracemalloc.start()
        rows.show(faces)
        await pilot.pause()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert took < 0.2
        assert peak < 2_000_000
        assert faces.asked < 200, "only what is visible is asked for"
        await pilot.press("G")
        assert "face_099999.png" in cursor_row(rows)
        assert faces.asked < 400


async def test_keys_move_the_cursor_and_say_so() -> None:
    app = RowsApp()
    async with app.run_test(size=(80, 24)) as pilot:
        rows = app.query_one(Rows)
        rows.focus()
        rows.show(Faces(1000))
        await pilot.press("j", "down", "k", "pagedown", "G", "g", "up", "enter")
        assert [key for _, key in app.heard] == [
            "k0", "k1", "k2", "k1", "k23", "k999", "k0", "k0",
        ]  # fmt: skip
        assert app.heard[-1] == ("Chosen", "k0")


async def test_cursor_stays_on_its_key_when_the_rows_change() -> None:
    app = RowsApp()
    every = list(map(Faces(50).__getitem__, range(50)))
    async with app.run_test(size=(80, 24)) as pilot:
        rows = app.query_one(Rows)
        rows.show(every)
        rows.select("k30")
        await pilot.pause()
        app.heard.clear()
        place = [t[0] for t in text_of(rows)].index("►")
        rows.show(every[5:])
        await pilot.pause()
        assert rows.key == "k30"
        assert rows.index == 25
        assert [t[0] for t in text_of(rows)].index("►") == place, "it didn't jump on the screen"
        rows.show(list(reversed(every)))
        await pilot.pause()
        assert (rows.key, rows.index) == ("k30", 19)
        assert app.heard == []
        rows.show([r for r in every if r.key != "k30"])
        await pilot.pause()
        assert rows.index == 19
        assert app.heard == [("Moved", "k19")], "its row is gone: the place stays"
        rows.show(every[:3])
        await pilot.pause()
        assert rows.key == "k2"


async def test_marks_are_kept_by_key() -> None:
    app = RowsApp()
    async with app.run_test(size=(80, 24)) as pilot:
        rows = app.query_one(Rows)
        rows.focus()
        rows.show(Faces(5))
        await pilot.press("space", "space", "up", "space")
        assert rows.marked == {"k0"}
        assert [key for what, key in app.heard if what == "Marked"] == ["k0", "k1", "k1"]
        assert [t[1] for t in text_of(rows)[1:4]] == ["•", " ", " "]


async def test_click_moves_and_second_click_opens() -> None:
    app = RowsApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one(Rows).show(Faces(5))
        await pilot.pause()
        await pilot.click(Rows, offset=(5, 3))
        assert app.heard[-1] == ("Moved", "k2")
        await pilot.click(Rows, offset=(5, 3), times=2)
        assert app.heard[-1] == ("Chosen", "k2")
        await pilot.click(Rows, offset=(5, 15))
        assert app.query_one(Rows).key == "k2"


async def test_one_changed_cell_is_one_run() -> None:
    app = RowsApp()
    async with app.run_test(size=(80, 24)) as pilot:
        rows = app.query_one(Rows)
        data = list(map(Faces(50).__getitem__, range(50)))
        rows.show(data)
        await pilot.pause()
        before = [rows.render_line(y) for y in range(24)]
        data[7] = Row("k7", ("face_000007.png", "9.9", ("ok", "good")))
        rows.show(data)
        await pilot.pause()
        after = [rows.render_line(y) for y in range(24)]
        runs = [(y, run) for y, (a, b) in enumerate(zip(before, after, strict=True))
                for run in changed_runs(a, b)]  # fmt: skip
        assert len(runs) == 1
        assert runs[0][0] == 8


@pytest.mark.parametrize("width", [20, 40, 80, 120])
@pytest.mark.parametrize("ascii_only", [False, True])
async def test_odd_names_keep_the_columns_straight(width: int, ascii_only: bool) -> None:
    names = [
        "漢字" * 20 + "_12.png",
        "family_👨‍👩‍👧_7.png",
        "e\u0301" * 30,
        "\x1b[31mred.png",
        "[b]x[/b]",
        "",
    ]
    app = RowsApp(ascii_only)
    async with app.run_test(size=(width, 12)) as pilot:
        rows = app.query_one(Rows)
        rows.show([Row(str(i), (n, "1.0", "new")) for i, n in enumerate(names)])
        await pilot.pause()
        lines = text_of(rows)
        assert all(cell_len(t) == width for t in lines)
        assert not any("\x1b" in t for t in lines)
        assert "_12.png" in lines[1]
        assert "[b]x[/b]" in lines[5], "no markup"
        if width >= 40:
            ends = {cell_len(t[: t.index("1.0")]) for t in lines[1:7]}
            assert len(ends) == 1, "numbers stand below each other"


async def test_columns_that_do_not_fit_are_reached_with_the_arrows() -> None:
    app = RowsApp()
    async with app.run_test(size=(24, 8)) as pilot:
        rows = app.query_one(Rows)
        rows.focus()
        rows.show(Faces(3))
        await pilot.press("right")
        assert "State" in text_of(rows)[0]
        assert "Blur" not in text_of(rows)[0]
        await pilot.press("right", "right", "left")
        assert "Blur" in text_of(rows)[0]


async def test_cursor_is_in_view_after_a_resize() -> None:
    app = RowsApp()
    async with app.run_test(size=(80, 40)) as pilot:
        rows = app.query_one(Rows)
        rows.show(Faces(100))
        rows.move_to(35)
        for height in (10, 5, 2, 30):
            await pilot.resize_terminal(80, height)
            await pilot.pause()
            assert "face_000035.png" in cursor_row(rows)


async def test_cursor_is_seen_without_colour_and_focus() -> None:
    app = RowsApp(ascii_only=True)
    async with app.run_test(size=(80, 10)) as pilot:
        rows = app.query_one(Rows)
        rows.show(Faces(100))
        rows.blur()
        await pilot.pause()
        assert cursor_row(rows).startswith("> face_000000.png")
        assert text_of(rows)[1].endswith("#")
        assert text_of(rows)[-1].endswith("|")
