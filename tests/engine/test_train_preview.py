"""Which faces a preview shows and how they go through a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from engine.train.architecture import Rebuilt
from engine.train.augment import Augmentation
from engine.train.preview import Preview, fixed, others

HOW = Augmentation(crop_size=20, margin=2, input_size=16, output_size=16)


def crops(count: int, channels: int = 4) -> np.ndarray[Any, Any]:
    """Faces that are told apart by their red; the mask is a quarter, what follows is noise."""
    made = np.zeros((count, 20, 20, channels), np.uint8)
    made[..., 0] = np.arange(count)[:, None, None]
    made[..., 3] = 64
    made[..., 4:] = 255
    return made


def rebuild(faces: Any, side: str) -> Rebuilt:
    """As "a" green is 1, as "b" blue."""
    mine = np.array([0.0, side == "a", side == "b"], np.float32)
    return Rebuilt((faces + mine,), None)


def with_masks(faces: Any, side: str) -> Rebuilt:
    """Masks are 0.5 by "a" and 0.75 by "b"."""
    mask = 0.0 * faces[..., :1] + (0.5 if side == "a" else 0.75)
    return Rebuilt(rebuild(faces, side).faces, mask)


def preview(how: Any = rebuild, **more: Any) -> Preview:
    return Preview(how, HOW, {"a": crops(40), "b": crops(30, 8)}, 5, **more)


def faces_of(seen: Any) -> list[int]:
    return [int(crop[0, 0, 0]) for crop in seen.crop]


def test_half_of_the_faces_are_the_same_and_half_are_new() -> None:
    here = preview()
    first, second, again = (here.mixed(8, i) for i in (100, 200, 100))
    for side in "ab":
        one, two = faces_of(first[side]), faces_of(second[side])
        assert one == faces_of(again[side]), "the same iteration shows the same"
        assert one[:4] == two[:4]
        assert set(one[4:]) != set(two[4:])
        assert len(set(one)) == len(set(two)) == 8
        assert faces_of(here.same(2)[side]) == one[:2]


@pytest.mark.parametrize("count", [2, 4, 16])
def test_each_face_is_rebuilt_by_its_own_side_and_swapped_by_the_other(count: int) -> None:
    seen = preview().mixed(count, 3)
    for side, mine, other in (("a", 1, 2), ("b", 2, 1)):
        one = seen[side]
        assert one.crop.shape == (count, 20, 20, 3)
        assert one.own.shape == one.swap.shape == (count, 16, 16, 3)
        assert (one.own[..., mine] == 1).all()
        assert (one.own[..., other] == 0).all()
        assert (one.swap[..., other] == 1).all()
        np.testing.assert_allclose(one.swap[:, 0, 0, 0] * 255, faces_of(one), atol=1e-3)
        np.testing.assert_allclose(one.mask, 64 / 255)
        assert one.mask.shape == (count, 16, 16)


def test_a_learnt_mask_is_the_one_of_the_face_s_own_side() -> None:
    seen = preview(with_masks).same(2)
    assert (seen["a"].mask == 0.5).all()
    assert (seen["b"].mask == 0.75).all()


def test_other_weights_can_stand_in_meanwhile() -> None:
    inside = False

    @contextmanager
    def weights() -> Iterator[None]:
        nonlocal inside
        inside = True
        yield
        inside = False

    def watched(faces: Any, side: str) -> Rebuilt:
        assert inside
        return rebuild(faces, side)

    preview(watched, weights=weights).same(2)
    assert not inside


def test_fixed_faces_lie_all_over_a_side_and_stay_when_there_are_more() -> None:
    for total in (25, 400, 30_000):
        eight = fixed(8, total)
        assert (fixed(2, total) == eight[:2]).all()
        gaps = np.diff(np.sort(np.concatenate([eight, [0, total]])))
        assert len(set(eight)) == 8
        assert gaps.max() <= 0.25 * total


def test_others_are_never_the_fixed_ones() -> None:
    taken = fixed(8, 25)
    for iteration in range(50):
        found = others(taken, 8, 25, [1, iteration])
        assert len(set(found) | set(taken)) == 16
