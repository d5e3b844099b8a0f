"""The faces room: thumbnails, list, sort, filter, histograms, marks, decisions, frame, editor."""

from __future__ import annotations

import struct
from pathlib import Path

import fake
import pytest
from faces_project import POINTS, add_faces, crop_of, packed, states
from workbench import Bench, Open

from engine import curate
from engine.project import Project
from engine.protocol import State
from engine.store import Store
from engine.tables import CROP, KEPT, USER
from fstui import cli
from fstui.model.faceviews import MASK_PX, Place
from fstui.rooms import facelook
from fstui.rooms.bars import valid_keys
from fstui.rooms.browser import Browser, Marks
from fstui.rooms.editor import Editor
from fstui.rooms.facesort import SortMenu
from fstui.rooms.figures import Figures
from fstui.rooms.help import live_keys
from fstui.widgets import grid as grid_module
from fstui.widgets.editpad import EditPad
from fstui.widgets.filter import Filter
from fstui.widgets.grid import Grid
from fstui.widgets.histogram import Histogram
from fstui.widgets.overlay import Overlaid

WIDE = (120, 40)


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    """Thirty faces of rising blur."""
    made = fake.make_project(tmp_workspace)
    add_faces(made, 30, pictures=20)
    return made


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """What the engine was asked of places in crops; it says that all lies in one diagonal."""
    questions: list[list[int]] = []

    def places(_project: Path, faces: list[int]) -> dict[int, Place]:
        questions.append(list(faces))
        line = [(i / 68, i / 68) for i in range(68)]
        return {face: Place(line, "extended", [], False) for face in faces}

    monkeypatch.setattr(facelook, "places", places)
    return questions


def browser(b: Bench) -> Browser:
    return b.app.room.query_one(Browser)


def face(b: Bench) -> int:
    """Id of the face under the cursor."""
    return browser(b).view.face


async def decided(b: Bench, project: Project, expected: dict[int, str | None]) -> None:
    await b.until(lambda: states(project) == expected, f"{states(project)} is {expected}")


# --- thumbnails and list ---------------------------------------------------------------------


async def test_wide_there_are_thumbnails_and_the_face_large(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 30 faces")
        await b.sees("a shots frame 1, 100 px, yaw -45, blur 0")
        grid = b.app.screen.query_one(Grid)
        await b.until(lambda: len(grid._out) == grid.page, "all in sight are asked for")
        await b.until(lambda: set(grid._out) <= set(grid._thumbs), "all in sight are decoded")
        assert len(grid._thumbs) <= grid.page
        await b.press("right", "right", "down")
        await b.sees(f"{grid.across + 3} / 30 faces")
        await b.press("G")
        await b.sees("30 / 30 faces")
        await b.press("up")
        await b.sees(f"{30 - grid.across} / 30 faces")


async def test_narrow_there_is_the_list_until_thumbnails_are_asked_for(
    bench: Open, project: Project
) -> None:
    async with bench(project.path, "faces") as b:
        await b.sees("Frame")
        await b.press("j", "j")
        await b.sees("3 / 30 faces  by frame [f]↓  T thumbnails")
        row = next(line for line in b.lines() if line.startswith("►"))
        assert row.split()[1:4] == ["2", "3", "a"], "blur, frame, side"
        await b.press("T")
        await b.until(lambda: b.app.screen.query_one(Grid).display, "the grid")
        assert "T thumbnails" not in b.text()
        await b.sees("3 / 30 faces")
        await b.press("l")
        await b.sees("4 / 30 faces")
        await b.press("T")
        await b.sees("4 / 30 faces")
        assert "Frame" in b.text()


async def test_thumbnails_have_three_sizes(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 30 faces")
        grid = b.app.screen.query_one(Grid)
        pages = []
        for _ in grid_module.SIZES:
            pages.append(grid.page)
            await b.press("b")
        assert len(set(pages)) == 3
        assert grid.page == pages[0]


async def test_moving_decodes_only_where_it_rests(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = fake.make_project(tmp_workspace)
    add_faces(project, 2000, pictures=400)
    loads: list[Path] = []
    load = grid_module.load

    def spy(path: Path, *args: object, **more: object) -> object:
        loads.append(path)
        return load(path, *args, **more)  # type: ignore[arg-type]

    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 2 000 faces")
        grid = b.app.screen.query_one(Grid)
        await b.until(lambda: len(grid._thumbs) == grid.page, "the first page")
        monkeypatch.setattr(grid_module, "load", spy)
        for _ in range(15):
            grid.action_page(1)
        await b.sees(f"{15 * grid.page + 1} / 2 000 faces")
        await b.until(lambda: len(grid._thumbs) == 2 * grid.page, "the last page")
        assert len(loads) <= 2 * grid.page, "pages that were passed by are not decoded"
        assert grid.page < grid_module.MOST_THUMBS


async def test_old_thumbnails_are_forgotten(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid_module, "MOST_THUMBS", 5)
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 30 faces")
        grid = b.app.screen.query_one(Grid)
        await b.until(lambda: len(grid._thumbs) == 5, "five are kept")


async def test_a_picture_that_is_broken_or_gone_says_so(bench: Open, project: Project) -> None:
    crop_of(project, 0).write_bytes(b"no picture")
    crop_of(project, 1).unlink()
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("It is no JPEG, PNG, WebP")
        await b.sees("It isn't there")


async def test_ascii_shows_nothing_else(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE, ascii_only=True) as b:
        await b.sees("1 / 30 faces")
        await b.sees("@")
        for key in ("S", "escape", "H"):
            await b.press(key)
        await b.sees("median")
        await b.until(lambda: b.text().isascii(), "ASCII alone")


async def test_points_and_mask_lie_over_the_large_picture(
    bench: Open, project: Project, asked: list[list[int]]
) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 30 faces")
        look = b.app.screen.query_one(facelook.FaceLook)
        await b.until(lambda: bool(look._marks), "marks")
        assert len(asked) == 1
        assert {1, 2, 3} <= set(asked[0]), "neighbours are asked for together"
        await b.press("l")
        await b.until(lambda: face(b) == 2 and look._marks, "marks of the next, at once")
        assert len(asked) == 1
        await b.press("L")
        await b.until(lambda: not look._marks, "no marks")


# --- order -----------------------------------------------------------------------------------


async def test_a_letter_sorts_and_the_same_letter_turns_it_round(
    bench: Open, project: Project
) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("by frame [f]↓")
        await b.press("S")
        await b.sees("Sort by")
        await b.press("y")
        await b.sees("by yaw [y]↓")
        await b.press("S", "b", "g")
        await b.until(lambda: "by blur [b]↓" in b.text() and face(b) == 1, "low first")
        await b.press("S", "b", "g")
        await b.until(lambda: "by blur [b]↑" in b.text() and face(b) == 30, "high first")
        await b.press("S")
        await b.until(lambda: isinstance(b.app.screen, SortMenu), "the menu")
        await b.press("k", "enter")
        await b.sees("by frame [f]↓")
        assert face(b) == 30, "the cursor stays on its face"


async def test_rejected_faces_are_put_together(bench: Open, project: Project) -> None:
    with Store(project.db_path) as store, store.batch():
        store.reject([7, 9], "min_face")
    async with bench(project.path, "faces") as b:
        await b.sees("1 / 30 faces")
        await b.press("S", "w", "g")
        await b.sees("by why [w]")
        await b.until(lambda: face(b) == 7, "rejected ones first")
        await b.sees("too small")


async def test_a_click_puts_the_cursor_on_a_thumbnail(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 30 faces")
        grid = b.app.screen.query_one(Grid)
        columns, rows = grid_module.SIZES[grid.thumb]
        await b.pilot.click(grid, offset=(2 * columns + 5, rows + 3))
        await b.until(lambda: face(b) == grid.across + 3, "third of the second line")
        await b.pilot.click(grid, offset=(grid.size.width - 1, 1))
        assert face(b) == grid.across + 3, "beside the thumbnails there is nothing"


async def test_a_running_extraction_is_shown_until_faces_are_asked_for(
    bench: Open, project: Project
) -> None:
    engine = fake.FakeEngine(project.path, "extract", "a")
    engine.work_to(10, 40)
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("10 of 40 frames")
        await b.until(lambda: browser(b).loaded, "the faces are known")
        assert not browser(b).display
        await b.press("T")
        await b.sees("1 / 30 faces")
        assert "10 of 40 frames" in b.text()
        await b.press("T")
        await b.sees("Blur")
        await b.press("T")
        await b.until(lambda: not browser(b).display, "the extraction again")
        engine.end(State.DONE, 0, "extracted")
        await b.sees("1 / 30 faces")


async def test_a_filter_counts_refuses_and_is_cleared(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 30 faces")
        await b.press("slash", *"blur<")
        await b.sees("'blur<' has no value: write it as in blur<10.")
        await b.press("5", "space", *"person=1")
        await b.sees("2 of 30")
        await b.press("enter", "G")
        await b.until(lambda: face(b) == 5, "the last that matches")
        await b.press("3")
        await b.sees("Not trained yet")
        await b.press("2")
        await b.sees("2 / 2 of 30 faces")
        await b.press("escape")
        await b.sees("5 / 30 faces")
        assert b.app.current_mode == "faces"
        await b.press("escape")
        await b.until(lambda: b.app.current_mode == "project", "esc goes back then")


async def test_no_match_and_no_faces_have_texts_of_their_own(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces") as b:
        await b.sees("1 / 30 faces")
        await b.press("slash", *"blur<0", "enter")
        await b.sees("No match: esc clears the filter.")
        assert "reject" not in b.lines()[-1], "there is nothing to reject"
        assert "no match: esc clears" in b.text()
        await b.press("escape")
        await b.sees("/ 30 faces")


async def test_a_damaged_file_is_one_sentence(bench: Open, project: Project) -> None:
    project.db_path.write_bytes(b"SQLite no more" * 100)
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("can't be used")
        assert "Traceback" not in b.text()


async def test_a_range_is_cut_from_a_histogram(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 30 faces")
        await b.press("slash", *"person=0", "enter", "H")
        await b.sees("blur: variance of the Laplacian")
        screen = b.app.screen
        assert isinstance(screen, Figures)
        bars = screen.query_one(Histogram)
        await b.until(lambda: sum(bars._bars) == 10, "the ten of person 0")
        await b.sees("median")
        await b.press("down", "up")
        await b.until(lambda: screen._figure == "blur" and sum(bars._bars) == 10, "blur again")
        await b.press("end", "space", "left", "left", "enter")
        await b.until(lambda: b.app.screen is not screen, "closed")
        text = browser(b).view.filter
        assert text.startswith("person=0 blur>=")
        await b.until(lambda: list(browser(b).faces.found.ids) == [22, 25, 28], "its faces")
        assert b.app.screen.query_one(Filter).text == text


async def test_order_filter_marks_and_place_come_back(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 30 faces")
        await b.press("S", "b", "S", "b", "slash", *"blur<20", "enter", "g", "l", "space", "space")
        await b.sees("2 marked")
        at, saved = face(b), b.app.session.state
        await b.press("T", "1")
        await b.sees("is replaced")
    async with bench(project.path, "faces", size=WIDE, before=None) as b:
        b.app.session.state = saved
        screen = b.app.room
        screen._shown = None
        screen.show()
        await b.sees("/ blur<20")
        await b.sees("by blur [b]↑")
        await b.sees("2 marked")
        await b.until(lambda: face(b) == at == browser(b).current.face.id, "the same face")
        assert browser(b).form == "list"


async def test_a_state_file_of_another_version_does_no_harm(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 30 faces")
        view = browser(b).view
        view.filter, view.sort, view.face = "colour=red", "colour", 999
        b.app.room._shown = None
        b.app.room.show()
        await b.sees("1 / 30 faces  by frame [f]")


# --- marks and decisions ---------------------------------------------------------------------


async def test_a_single_face_is_rejected_and_the_cursor_goes_on(
    bench: Open, project: Project
) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 30 faces")
        await b.press("minus")
        await decided(b, project, {1: USER})
        await b.sees("2 / 30 faces")
        await b.press("equals_sign")
        await decided(b, project, {1: USER, 2: KEPT})
        await b.sees("3 / 30 faces")
        await b.until(
            lambda: "\N{MULTIPLICATION SIGN} " in b.text() and "+ " in b.text(), "their signs"
        )
        await b.press("u")
        await decided(b, project, {1: USER})
        await b.press("u")
        await decided(b, project, {})
        await b.press("U", "U")
        await decided(b, project, {1: USER, 2: KEPT})


async def test_marks_by_one_by_range_and_all_are_decided_together(
    bench: Open, project: Project
) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 30 faces")
        await b.press("l", "space", "l", "l", "R")
        await b.sees("4 marked")
        assert "- reject 4" in b.lines()[-1]
        await b.press("minus")
        await decided(b, project, dict.fromkeys(range(2, 6), USER))
        await b.sees("4 faces rejected; u takes it back.")
        assert browser(b).chosen == [face(b)], "the marks are gone"
        await b.press("slash", *"rejected=yes", "enter")
        await b.sees("4 of 30 faces")
        await b.press("A")
        await b.sees("4 marked")
        await b.press("equals_sign")
        await decided(b, project, dict.fromkeys(range(2, 6), KEPT))
        await b.sees("No match")
        await b.press("u")
        await decided(b, project, dict.fromkeys(range(2, 6), USER))
        await b.sees("4 of 30 faces")
        await b.press("u")
        await b.sees("4 marked")  # as they were when it was decided


async def test_marks_are_undone_too(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 30 faces")
        await b.press("space", "A")
        await b.sees("30 marked")
        await b.press("A")
        await b.until(lambda: not browser(b).marked, "none")
        await b.press("u")
        await b.sees("30 marked")
        await b.press("u")
        await b.sees("1 marked")
        await b.press("U")
        await b.sees("30 marked")


async def test_a_mark_among_many_costs_and_keeps_one(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 30 faces")
        await b.press("A", "space")
        await b.sees("29 marked")
        room = b.app.screen
        last = room.curation.steps.undo()
        assert last == Marks(on=frozenset({"1"}))  # not the other 29
        room.curation.steps.redo()
        await b.press("1")
        await b.sees("is replaced")
        assert room.browser.view.marked == [(2, 30)]


async def test_the_command_line_decides_the_same_and_is_seen(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 30 faces")
        assert cli.main(["faces", "reject", str(project.path), "--where", "blur<2"]) == 0
        await decided(b, project, {1: USER, 2: USER})
        await b.until(lambda: browser(b).current.face.rejected_by == USER, "it is seen here")


async def test_readonly_shows_and_changes_nothing(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE, readonly=True) as b:
        await b.sees("1 / 30 faces")
        live = {action for action, *_ in live_keys(b.app.screen)}
        assert {"sort", "figures", "source_frame"} <= live
        assert not live & {"reject", "keep", "edit_face", "start"}
        await b.press("minus", "E")
        assert states(project) == {}
        assert not isinstance(b.app.screen, Editor)


async def test_the_footer_is_short_and_help_has_every_key(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces") as b:
        await b.sees("1 / 30 faces")
        assert len(valid_keys(b.app.screen)) <= 8
        live = {action for action, *_ in live_keys(b.app.screen)}
        assert {"reject", "keep", "sort", "figures", "mark_range", "mark_all", "filter"} <= live
        assert {"edit_face", "source_frame", "overlay", "thumbnails", "full"} <= live
        assert "undo" not in live, "nothing was done yet"
        assert "sheet" not in live, "a list has no size of thumbnails"
        await b.press("T")
        await b.until(lambda: b.app.screen.check_action("sheet", ()), "thumbnails have")


async def test_enter_shows_the_face_alone(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 30 faces")
        look = b.app.screen.query_one(facelook.FaceLook)
        before = look.region.width
        await b.press("enter")
        await b.until(lambda: look.region.width == WIDE[0] > before, "alone")
        await b.press("right_square_bracket")
        await b.until(lambda: face(b) == 2, "the next face")
        await b.press("escape")
        await b.until(lambda: look.region.width == before, "both again")
        await b.press("l")
        await b.until(lambda: face(b) == 3, "the keys move in the grid")


# --- frame and editor ------------------------------------------------------------------------


async def test_the_source_frame_is_shown_with_box_and_points(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 30 faces")
        await b.press("F")
        await b.sees("The source frame")
        frame = b.app.screen.query_one(Overlaid)
        await b.until(lambda: frame.path and frame._lines, "the frame")
        assert frame._marks.lines
        assert len(frame._marks.dots[0][0]) == 68
        await b.press("escape")
        await b.sees("1 / 30 faces")


async def test_a_frame_that_is_gone_is_one_sentence(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        await b.sees("1 / 30 faces")
        await b.press("G", "F")
        await b.sees("Frame 30 of shots can't be read any more")
        await b.press("escape", "E")
        await b.sees("Frame 30 of shots can't be read any more")


async def editor(b: Bench) -> Editor:
    """The editor of the face under the cursor, once its frame is there."""
    await b.sees("/ 30 faces")
    await b.press("E")
    await b.until(lambda: isinstance(b.app.screen, Editor), "the editor")
    screen = b.app.screen
    assert isinstance(screen, Editor)
    await b.until(lambda: screen.editing is not None, "the frame")
    return screen


async def test_points_are_moved_saved_and_taken_back(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        screen = await editor(b)
        await b.sees("a shots frame 1  points: whole face")
        before = b.text()
        await b.press("shift+right", "l", "down")
        await b.sees("not saved")
        assert b.text() != before, "the points are redrawn"
        await b.press("ctrl+s")
        await b.until(lambda: not screen.editing.dirty, "saved")
        with Store(project.db_path, readonly=True) as store:
            shape = curate.shape_of(store, 1)
        assert (shape.edited, shape.stale, shape.mask) == (1, CROP, None)
        moved = struct.unpack("<136f", shape.points)
        assert moved[::2] == pytest.approx([x + 6 for x, _ in POINTS], abs=1e-4)
        assert moved[1::2] == pytest.approx([y + 1 for _, y in POINTS], abs=1e-4)
        await b.press("escape")
        await b.sees("1 / 30 faces")
        await b.until(lambda: browser(b).current.face.stale, "the list knows")
        await b.press("u")

        def back() -> bool:
            with Store(project.db_path, readonly=True) as store:
                shape = curate.shape_of(store, 1)
            return (shape.points, shape.edited, shape.stale) == (packed(POINTS), 0, 0)

        await b.until(back, "as it was")


async def test_a_mask_is_painted_and_stored_as_custom(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        screen = await editor(b)
        await b.press("M", "M")
        await b.sees("mask: pen up, brush 8 px")
        assert "turn" not in b.lines()[-1]
        await b.press("D", *["shift+right"] * 20, "right_parenthesis", "space")
        await b.sees("mask: pen paints, brush 12 px")
        mask = screen.editing.mask
        await b.press("u", "u", "U", "U", "ctrl+s")
        await b.until(lambda: not screen.editing.dirty, "saved")
        assert screen.editing.mask == mask
        with Store(project.db_path, readonly=True) as store:
            shape = curate.shape_of(store, 1)
        assert shape.mask is not None
        assert (shape.mask[2], shape.stale, shape.edited) == (MASK_PX, 0, 1)
        assert shape.points == packed(POINTS)


async def test_leaving_with_changes_asks(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=WIDE) as b:
        screen = await editor(b)
        await b.press("l", "escape")
        await b.sees("Leave this face without saving?")
        await b.press("n")
        await b.until(lambda: b.app.screen is screen, "stayed")
        await b.press("right_square_bracket")
        await b.sees("Leave this face without saving?")
        await b.press("y")
        await b.sees("a shots frame 2")
        await b.until(lambda: screen.editing is not None, "the next face")
        assert not screen.editing.dirty
        await b.press("escape")
        await b.sees("1 / 30 faces")
        with Store(project.db_path, readonly=True) as store:
            assert curate.shape_of(store, 1).edited == 0


async def test_points_are_copied_from_the_frame_beside(bench: Open, project: Project) -> None:
    shifted = [(x + 11, y - 7) for x, y in POINTS]
    with Store(project.db_path) as store:
        store.set_face(2, points=packed(shifted))
    async with bench(project.path, "faces", size=WIDE) as b:
        screen = await editor(b)
        await b.press("left_curly_bracket")
        await b.sees("No frame before this one has a face.")
        await b.press("right_curly_bracket")
        await b.until(lambda: screen.editing.dirty, "copied")
        assert screen.editing.draft.points[0] == pytest.approx(shifted[0], abs=1e-4)
        await b.press("u")
        await b.until(lambda: not screen.editing.dirty, "undone")


async def test_the_view_zooms_and_follows(bench: Open, project: Project) -> None:
    async with bench(project.path, "faces", size=(80, 24)) as b:
        await editor(b)
        pad = b.app.screen.query_one(EditPad)
        await b.press("z", "z", "z")
        await b.sees("zoom 8")
        whole = pad._based[0]
        await b.press(*["shift+down"] * 12)
        await b.until(lambda: pad._based[0][1] > whole[1], "the view went down with the points")
        await b.press("question_mark")
        await b.sees("copy from the frame before")
        await b.press("escape", "z")
        await b.sees("zoom 1")
