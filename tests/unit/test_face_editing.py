"""Editing a face without a terminal: points, box, brush, undo; masks lie where the engine's do."""

from __future__ import annotations

import math
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rooms"))
from faces_project import BOX, POINTS, packed

from engine.curate import Shape
from engine.extract import shown
from engine.faces.masks import mask_in, stored
from fstui.model import shape as shapes
from fstui.model.editing import BRUSHES, GROW, Editing, carried, edge
from fstui.model.faceviews import MASK_PX
from fstui.model.shape import Draft, draft_of, middle, moved, painted, scaled, turned
from fstui.model.undo import Undo

NOTHING = bytes(MASK_PX * MASK_PX)
REGION = (60, 40, 180)
PAIRS = st.lists(
    st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)), min_size=1, max_size=10
)  # px


def shape() -> Shape:
    return Shape(
        *BOX.values(), packed(POINTS), mesh=None, raw_points=None, edited=0, stale=0, mask=None
    )


def editing(mask: bytes = NOTHING) -> Editing:
    return Editing(draft_of(shape()), REGION, mask)


def near(one: list, other: list) -> None:
    assert np.allclose(np.array(one), np.array(other), atol=1e-6)


# --- points and box --------------------------------------------------------------------------


def test_a_draft_that_was_not_changed_is_stored_bit_for_bit() -> None:
    draft = draft_of(shape())
    assert shapes.shape_of(draft, shape(), None) == shape()


@given(PAIRS, st.floats(-180, 180), st.floats(0.1, 5))
def test_a_turn_and_a_growth_keep_the_middle_and_go_back(
    points: list, degrees: float, factor: float
) -> None:
    for act, back in (
        (turned(degrees), turned(-degrees)),
        (scaled(factor), scaled(1 / factor)),
        (moved(3, -4), moved(-3, 4)),
    ):
        near(back(act(points)), points)
    near([middle(turned(degrees)(points))], [middle(points)])
    near([middle(scaled(factor)(points))], [middle(points)])


def test_a_turn_is_clockwise_in_the_frame() -> None:
    near(turned(90)([(1, 0), (-1, 0)]), [(0, 1), (0, -1)])  # y is down


def test_parts_move_alone_and_points_of_them_too() -> None:
    face = editing()
    before = face.draft.points
    while face.part != "mouth":
        face.turn_part(1)
    face.move(5, 1)
    after = face.draft.points
    assert after[:48] == before[:48]
    near(after[48:], [(x + 5, y + 1) for x, y in before[48:]])
    face.turn_point(1)
    face.turn_point(1)
    assert face.words() == "points: mouth, point 2 of 20"
    face.move(0, -1)
    assert [i for i in range(68) if face.draft.points[i] != after[i]] == [49]
    face.turn_point(-1)
    face.turn_point(-1)
    assert face.chosen == [67], "behind the first comes the last"
    face.turn_part(1)
    assert (face.part, face.point) == ("whole face", None)


def test_the_box_moves_grows_and_keeps_a_least_size() -> None:
    face = editing()
    face.turn_aim()
    face.move(1, 2)
    assert face.draft.box == ((96, 82), (206, 197))
    face.scale(GROW)
    (left, top), (right, bottom) = face.draft.box
    assert math.isclose(right - left, 110 * GROW)
    assert math.isclose(bottom - top, 115 * GROW)
    box = face.draft.box
    face.turn(10)
    assert face.draft.box == box, "a box stays upright"
    face.turn_part(1)
    face.move(1000, 0)
    assert face.draft.box == box, "left of its right side"
    face.move(-10, 0)
    assert face.draft.box == ((box[0][0] - 10, box[0][1]), box[1])
    assert face.draft.points == draft_of(shape()).points


def test_copying_takes_points_and_box() -> None:
    face = editing()
    other = Draft(tuple((x + 9, y) for x, y in face.draft.points), ((1, 2), (30, 40)))
    face.copy(other)
    assert (face.draft.points, face.draft.box) == (other.points, other.box)
    face.undo()
    assert not face.dirty


@given(st.lists(st.sampled_from("move turn scale aim part point pen dab undo redo".split())))
def test_undo_comes_back_to_the_beginning_and_redo_to_the_end(acts: list[str]) -> None:
    face = editing()
    rng = random.Random(len(acts))
    for act in acts:
        match act:
            case "move":
                face.move(rng.choice([-5, -1, 1, 5]), rng.choice([-1, 0, 1]))
            case "turn":
                face.turn(1.0)
            case "scale":
                face.scale(GROW)
            case "aim":
                face.turn_aim()
            case "part":
                face.turn_part(1)
            case "point":
                face.turn_point(1)
            case "pen":
                face.turn_pen()
            case _:
                getattr(face, act)()
    while face.steps.undone:
        face.redo()
    end = face.draft
    while len(face.steps):
        face.undo()
    assert face.draft == face.saved
    while face.steps.undone:
        face.redo()
    assert face.draft == end


def test_undo_keeps_so_many_steps_and_forgets_what_was_undone() -> None:
    steps: Undo[int] = Undo(most=3)
    for number in range(5):
        steps.push(number, number + 1)
    assert [steps.undo() for _ in range(4)] == [4, 3, 2, None]
    assert steps.redo() == 3
    steps.push(3, 9)
    assert steps.redo() is None
    assert steps.undo() == 3


# --- the brush -------------------------------------------------------------------------------


@given(
    st.tuples(st.floats(-20, 280), st.floats(-20, 280)),
    st.sampled_from(BRUSHES),
    st.sampled_from([0, 255]),
)
def test_a_dot_is_a_disk(at: tuple[float, float], radius: float, value: int) -> None:
    under = bytes([255 - value]) * (MASK_PX * MASK_PX)
    made = np.frombuffer(painted(under, [at], radius, value), np.uint8).reshape(MASK_PX, MASK_PX)
    rows, columns = np.mgrid[:MASK_PX, :MASK_PX]
    away = np.hypot(columns - at[0], rows - at[1])
    assert (made[away < radius - 1e-6] == value).all()
    assert (made[away > radius + 1e-6] == 255 - value).all()


def test_a_stroke_leaves_no_gap() -> None:
    made = np.frombuffer(painted(NOTHING, [(20, 30), (200, 90)], 2, 255), np.uint8)
    mask = made.reshape(MASK_PX, MASK_PX)
    assert (mask[:, 20:201].max(0) == 255).all()


def test_the_pen_paints_erases_and_is_lifted() -> None:
    face = editing()
    face.turn_aim()
    face.turn_aim()
    face.move(10, 0)
    assert not face.dirty, "the pen is up"
    face.turn_pen()
    painted_once = sum(map(bool, face.mask))
    face.move(20, 0)
    assert sum(map(bool, face.mask)) > painted_once > 0
    face.size_brush(8)
    face.turn_pen()
    assert not any(face.mask), "the wider eraser took the dots away"
    face.turn_pen()
    steps = len(face.steps)
    face.move(5, 5)
    assert len(face.steps) == steps
    assert face.words() == "mask: pen up, brush 40 px"


def test_the_brush_stays_in_its_region() -> None:
    face = editing()
    face.turn_aim()
    face.turn_aim()
    face.move(-9999, 9999)
    left, top, side = REGION
    assert face.brush == (left, top + side - 1)


def test_painting_begins_with_the_engines_mask() -> None:
    face = editing(b"\xff" * len(NOTHING))
    face.turn_aim()
    face.turn_aim()
    face.turn_pen()
    face.turn_pen()  # erases
    assert 0 < face.mask.count(0) < len(NOTHING) // 4


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 60), st.integers(1, 60))
def test_the_edge_is_what_is_inside_beside_what_is_outside(
    left: int, top: int, width: int, height: int
) -> None:
    mask = np.zeros((MASK_PX, MASK_PX), np.uint8)
    mask[top : top + height, left : left + width] = 255
    inside = np.pad(mask > 127, 1)
    inner = inside[1:-1, :-2] & inside[1:-1, 2:] & inside[:-2, 1:-1] & inside[2:, 1:-1]
    expected = {(x + 0.5, y + 0.5) for y, x in np.argwhere(inside[1:-1, 1:-1] & ~inner)}
    found = edge(mask.tobytes())
    assert len(found) == len(set(found))
    assert set(found) == expected


# --- with the engine -------------------------------------------------------------------------


def test_the_engine_reads_a_painted_mask_where_it_was_painted() -> None:
    """What is stored comes back through the engine's own reading, pixel for pixel."""
    mask = painted(NOTHING, [(60, 80), (180, 120)], 12, 255)
    png, matrix = shapes.mask_png(mask), shapes.mask_matrix(REGION)
    read, to_mask = stored(png, matrix, MASK_PX)
    assert np.allclose(to_mask, shown._to_region(list(REGION)), atol=1e-4)
    again = mask_in(read, to_mask, shown._to_region(list(REGION)), MASK_PX)
    there = np.frombuffer(mask, np.uint8).reshape(MASK_PX, MASK_PX)
    assert np.abs(again.astype(int) - there).max() <= 1
    assert shown.MASK_PX == MASK_PX


def test_a_mask_is_carried_to_another_region() -> None:
    mask = painted(NOTHING, [(128, 128)], 40, 255)
    assert carried(mask, REGION, REGION) == mask
    left, top, side = REGION
    shifted = carried(mask, REGION, (left + side // 4, top, side))
    there = np.frombuffer(shifted, np.uint8).reshape(MASK_PX, MASK_PX)
    rows, columns = np.nonzero(there)
    assert (columns.mean(), rows.mean()) == pytest.approx((64, 128), abs=1)
    assert not any(carried(mask, REGION, (left + side, top, side)))
