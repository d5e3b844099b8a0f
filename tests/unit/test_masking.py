"""Masks that are stored: drawn, packed, and placed into other crops of the face."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Damaged
from engine.extract.masking import Masker
from engine.extract.queries import PAINTED
from engine.faces.geometry import INNER, MEAN_FACE, crop_matrix, resized, transform
from engine.faces.landmarks import FACE_OVAL, Landmarks
from engine.faces.masks import hull_mask, mask_in, oval_mask, pack, stored
from engine.settings import ExtractSettings
from engine.settings.convert import DRAWN

HEAD_PX = 512


def face(turn: float = 0.0, side: float = 140.0, mesh: bool = False) -> Landmarks:
    """A mean face somewhere in a frame, turned by degrees."""
    points = np.zeros((68, 2))
    points[INNER] = MEAN_FACE
    angles = np.linspace(np.pi, 0, 17)
    points[:17] = np.stack([0.5 + 0.6 * np.cos(angles), 0.25 + 0.9 * np.sin(angles)], 1)
    oval = np.full((468, 2), 0.5)
    around = np.linspace(0, 2 * np.pi, len(FACE_OVAL), endpoint=False)
    oval[FACE_OVAL] = np.stack([0.5 + 0.6 * np.sin(around), 0.4 - 0.8 * np.cos(around)], 1)
    angle = np.radians(turn)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points, oval = ((p * side @ rotation + (310, 205)).astype(np.float32) for p in (points, oval))
    return Landmarks(points, oval if mesh else None)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union."""
    inside, other = a > 127, b > 127
    return (inside & other).sum() / (inside | other).sum()


def made(faces: list[Landmarks], masks: str, size: int = 128) -> list[dict]:
    masker = Masker(ExtractSettings(masks=masks, mask_size=size))
    assert not masker.looks
    return masker.masks([], faces)


@given(
    turn=st.floats(-180, 180),
    side=st.floats(30, 600),
    centring=st.sampled_from(["face", "head", "legacy"]),
)
def test_a_stored_mask_lies_where_it_would_be_drawn(
    turn: float, side: float, centring: str
) -> None:
    here = face(turn, side)
    mask, matrix = stored(*made([here], "components")[0]["components"])
    assert mask.shape == (128, 128)
    to_crop = crop_matrix(here.points, HEAD_PX, centring)
    drawn = hull_mask(transform(here.points, to_crop), HEAD_PX, "components")
    assert overlap(mask_in(mask, matrix, to_crop, HEAD_PX), drawn) > 0.97
    assert ((mask > 5) & (mask < 250)).any()  # a soft edge


def test_all_drawn_masks_are_made_for_all_faces() -> None:
    faces = [face(), face(30, mesh=True)]
    found = made(faces, "oval, components,extended,custom,oval")
    assert [list(f) for f in found] == [["oval", "components", "extended", "custom"]] * 2
    assert all(size == 128 for f in found for _, _, size in f.values())
    to_crop = crop_matrix(faces[1].points, HEAD_PX)
    oval = oval_mask(transform(faces[1].mesh, to_crop), HEAD_PX)
    assert overlap(mask_in(*stored(*found[1]["oval"]), to_crop, HEAD_PX), oval) > 0.97
    # Without a mesh the extended hull stands in, at the same place.
    assert found[0]["oval"] == found[0]["extended"] != found[0]["components"]
    assert set(DRAWN) < set(found[0])


def test_painting_begins_with_the_extended_hull_in_the_saved_pictures_crop() -> None:
    here = face(-12)
    mask, matrix = stored(*made([here], "custom", 256)[0]["custom"])
    np.testing.assert_allclose(matrix, crop_matrix(here.points, 256), rtol=1e-5)
    large = crop_matrix(here.points, 1024)
    wanted = hull_mask(transform(here.points, large), 1024, "extended")
    assert overlap(mask_in(mask, matrix, large, 1024), wanted) > 0.985
    assert {"custom"} == PAINTED


class Left:
    """A segmenter that says what is light."""

    side, centring, looks, batch = 64, "legacy", True, 2

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, crops: np.ndarray, landmarks: list[Landmarks]) -> np.ndarray:
        """Light pixels; the landmarks must lie in the crops."""
        self.sizes.append(len(crops))
        assert crops.shape[1:] == (64, 64, 3)
        nose = landmarks[0].points[30]
        assert crops[0, round(float(nose[1])), round(float(nose[0]))].min() > 200
        return np.where(crops.mean(-1) > 127, 255, 0).astype(np.uint8)


@pytest.mark.parametrize(("crop_px", "size"), [(256, 128), (512, 32), (128, 64)])
def test_a_network_sees_its_own_crop_and_its_mask_is_placed_back(crop_px: int, size: int) -> None:
    faces = [face(10), face(-80, 60), face(170, 300)]
    heads = []
    for here in faces:
        grey = hull_mask(transform(here.points, crop_matrix(here.points, crop_px)), crop_px)
        heads.append(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB))
    masker = Masker(ExtractSettings(mask_size=size))
    masker.names, masker._segmenters = ("left",), [left := Left()]
    assert masker.looks
    found = masker.masks(heads, faces)
    assert left.sizes == [2, 1]
    for here, head, masks in zip(faces, heads, found, strict=True):
        mask, matrix = stored(*masks["left"])
        assert len(mask) == size
        to_crop = crop_matrix(here.points, crop_px)
        inside = mask_in(np.full_like(mask, 255), matrix, to_crop, crop_px) > 250
        placed = np.where(inside, mask_in(mask, matrix, to_crop, crop_px), 0)
        assert overlap(placed, np.where(inside, head[..., 0], 0)) > 0.93


def test_what_is_packed_comes_back() -> None:
    mask = np.random.default_rng(1).integers(0, 256, (96, 96), np.uint8)
    matrix = crop_matrix(face(20).points, 96)
    again, its = stored(*pack(mask, matrix))
    np.testing.assert_array_equal(again, mask)
    np.testing.assert_allclose(its, matrix, rtol=1e-6)
    np.testing.assert_array_equal(mask_in(mask, matrix, matrix, 96), mask)
    assert resized(64, 128) @ (0, 0, 1) == pytest.approx([0.5, 0.5])


def test_damaged_rows_are_refused() -> None:
    picture, matrix, size = pack(np.zeros((64, 64), np.uint8), crop_matrix(face().points, 64))
    for broken in (
        (picture[:-30], matrix, size),
        (b"", matrix, size),
        (picture, matrix, 128),
        (picture, matrix[:20], size),
        (picture, bytes(24), size),
        (picture, b"\xff" * 24, size),
        (pack(np.zeros((2049, 2049), np.uint8), np.eye(3)[:2])),
    ):
        with pytest.raises(Damaged, match=r"mask in faces\.db"):
            stored(*broken)
