"""Alignment, crops and warps of faces."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.faces import geometry as g

angles = st.floats(-180, 180)
scales = st.floats(0.05, 500)
shifts = st.floats(-2000, 2000)


def similarity(angle: float, scale: float, x: float, y: float) -> np.ndarray:
    c, s = scale * math.cos(math.radians(angle)), scale * math.sin(math.radians(angle))
    return np.array([[c, -s, x], [s, c, y]])


def head_seen(yaw: float, pitch: float) -> tuple[np.ndarray, np.ndarray]:
    """The 3-D head turned and seen by a plain camera: (68, 2), and which points are known."""
    a, b = math.radians(yaw), math.radians(pitch)
    turn = np.array([[math.cos(a), 0, -math.sin(a)], [0, 1, 0], [math.sin(a), 0, math.cos(a)]])
    nod = np.array([[1, 0, 0], [0, math.cos(b), math.sin(b)], [0, -math.sin(b), math.cos(b)]])
    known = np.array(list(g.HEAD))
    head = np.array(list(g.HEAD.values())) @ (turn @ nod).T
    points = np.zeros((68, 2))
    points[known] = np.stack([-head[:, 0], -head[:, 1]], 1) * 800 / (200 - head[:, 2:]) + (320, 240)
    return points, known


def aligned(points: np.ndarray, known: np.ndarray) -> g.Alignment:
    inner = known[known >= 17]
    matrix = g.umeyama(points[inner], g.MEAN_FACE[inner - 17])
    return g.Alignment(points.astype(np.float32), matrix)


@given(angles, scales, shifts, shifts)
def test_umeyama_finds_the_similarity_that_was_applied(
    angle: float, scale: float, x: float, y: float
) -> None:
    applied = similarity(angle, scale, x, y)
    moved = g.MEAN_FACE @ applied[:, :2].T + applied[:, 2]
    assert np.allclose(g.umeyama(g.MEAN_FACE, moved), applied, atol=1e-6 * max(1, scale, abs(x)))


def test_umeyama_never_mirrors() -> None:
    mirrored = g.MEAN_FACE * (-1, 1)
    assert np.linalg.det(g.umeyama(mirrored, g.MEAN_FACE)[:, :2]) > 0


def test_umeyama_is_the_least_squares_optimum() -> None:
    noisy = g.MEAN_FACE + np.random.default_rng(1).normal(0, 0.02, g.MEAN_FACE.shape)
    best = g.umeyama(noisy, g.MEAN_FACE)

    def error(matrix: np.ndarray) -> float:
        return float(((noisy @ matrix[:, :2].T + matrix[:, 2] - g.MEAN_FACE) ** 2).sum())

    for nudge in (similarity(0.3, 1, 0, 0), similarity(0, 1.003, 0, 0), similarity(0, 1, 2e-3, 0)):
        assert error(best) < error(g.compose(nudge, best))


@given(angles, scales, shifts, shifts)
def test_invert_and_compose_give_the_identity(
    angle: float, scale: float, x: float, y: float
) -> None:
    matrix = similarity(angle, scale, x, y)
    both = g.compose(g.invert(matrix), matrix)
    assert np.allclose(both, [[1, 0, 0], [0, 1, 0]], atol=1e-6)


def test_mean_face_is_symmetric_and_has_the_published_extent() -> None:
    assert g.MEAN_FACE.shape == (51, 2)
    assert np.allclose(g.MEAN_FACE.mean(0), (0.5, 0.4644), atol=1e-4)
    assert np.allclose(g.MEAN_FACE.min(0), (0.0101, 0.0187), atol=1e-4)
    assert np.allclose(g.MEAN_FACE.max(0), (0.9899, 0.9093), atol=1e-4)
    mirrored = {(round(1 - x, 6), round(y, 6)) for x, y in g.MEAN_FACE}
    assert mirrored == {(round(x, 6), round(y, 6)) for x, y in g.MEAN_FACE}


@pytest.mark.parametrize(
    ("size", "coverage", "legacy", "face", "head"),
    [
        (64, 1.0, 12, 16, 20),
        (128, 1.0, 24, 32, 40),
        (256, 1.0, 48, 64, 80),
        (512, 1.0, 96, 128, 160),
        (1024, 1.0, 192, 256, 320),
        (64, 0.875, 9, 14, 18),
        (128, 0.875, 18, 27, 37),
        (256, 0.875, 37, 55, 73),
        (512, 0.875, 73, 110, 146),
        (256, 0.75, 21, 43, 64),
        (256, 0.625, 0, 26, 51),
    ],
)
def test_padding_is_the_published_table(
    size: int, coverage: float, legacy: int, face: int, head: int
) -> None:
    pads = [g.padding(size, c, coverage) for c in ("legacy", "face", "head")]
    assert pads == [legacy, face, head]


@pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (30, 0), (-30, 0), (0, 20), (0, -15), (40, 10)])
def test_pose_is_that_of_a_head_seen_by_a_camera(yaw: float, pitch: float) -> None:
    """Yaw is positive towards the picture's right, pitch upwards."""
    found_yaw, found_pitch, _ = aligned(*head_seen(yaw, pitch)).pose
    assert found_yaw == pytest.approx(yaw, abs=2)
    assert found_pitch == pytest.approx(pitch, abs=7)  # the mean face isn't the 3-D head


@pytest.mark.parametrize("turn", [-90, -20, 0, 35, 170])
def test_roll_is_the_turn_in_the_frame(turn: float) -> None:
    points, known = head_seen(0, 0)
    turned = g.transform(points, similarity(turn, 1, 0, 0))
    assert aligned(turned, known).pose[2] == pytest.approx(turn, abs=0.5)


def test_centring_offsets_of_a_frontal_face() -> None:
    alignment = aligned(*head_seen(0, 0))
    assert np.allclose(alignment.offset("face"), (0, -0.167), atol=0.005)
    assert np.allclose(alignment.offset("head"), (0, -0.235), atol=0.005)
    assert np.array_equal(alignment.offset("legacy"), (0, 0))


def test_head_centre_of_a_turned_face_moves_away_from_the_nose() -> None:
    assert aligned(*head_seen(30, 0)).offset("head")[0] < -0.2
    assert aligned(*head_seen(-30, 0)).offset("head")[0] > 0.2


@pytest.mark.parametrize("centring", ["legacy", "face", "head"])
def test_crop_puts_the_centre_of_its_centring_in_the_middle(centring: str) -> None:
    points, known = head_seen(12, -8)
    alignment = aligned(points, known)
    centre = alignment.offset(centring)[None] + 0.5
    in_frame = g.transform(centre, g.invert(alignment.matrix))
    in_crop = g.transform(in_frame, alignment.crop_matrix(512, centring, 0.875))
    assert np.allclose(in_crop, 256, atol=1e-3)


def test_core_face_fills_the_crop_less_its_padding() -> None:
    points, known = head_seen(0, 0)
    alignment = aligned(points, known)
    assert g.scale_of(alignment.crop_matrix(512)) * alignment.size / 2 == pytest.approx(192)
    assert g.scale_of(alignment.crop_matrix(256, "face")) * alignment.size / 2 == pytest.approx(128)


def test_misalignment_tells_a_face_from_noise() -> None:
    points, known = head_seen(0, 0)
    noise = np.random.default_rng(3).uniform(0, 100, (68, 2))
    good = np.zeros((68, 2))
    good[17:] = g.MEAN_FACE * 180 + 40
    assert g.align(good).misalignment < 1e-6
    assert g.align(noise).misalignment > 0.1
    assert aligned(points, known).size > 0


def spot(x: float, y: float, side: int = 400) -> np.ndarray:
    ys, xs = np.mgrid[:side, :side]
    blob = 255 * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * 12.0**2))
    return np.repeat(blob[..., None], 3, 2).astype(np.uint8)


def middle(picture: np.ndarray) -> np.ndarray:
    weights = picture[..., 0].astype(float)
    ys, xs = np.mgrid[: picture.shape[0], : picture.shape[1]]
    return np.array([(xs * weights).sum(), (ys * weights).sum()]) / weights.sum()


@pytest.mark.parametrize("scale", [2.0, 1.0, 0.7, 0.4, 0.21, 0.1])
def test_warp_moves_what_it_says_at_every_scale(scale: float) -> None:
    matrix = np.array([[scale, 0, 20.3], [0, scale, -7.1]])
    size = round(400 * scale) + 60
    expected = g.transform(np.array([[200.0, 180.0]]), matrix)[0]
    got = middle(g.warp(spot(200, 180), matrix, size, border=0))
    assert np.allclose(got, expected, atol=0.1)


def test_warp_does_not_alias_when_it_reduces() -> None:
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::2] = 255
    small = g.warp(stripes, np.array([[0.1, 0, 0], [0, 0.1, 0]]), 48)
    assert int(small[4:-4, 4:-4].max()) - int(small[4:-4, 4:-4].min()) < 30


def test_warp_outside_the_picture_is_the_border() -> None:
    picture = np.full((50, 50, 3), 200, np.uint8)
    far = np.array([[0.2, 0, 500.0], [0, 0.2, 500.0]])
    assert not g.warp(picture, far, 32, border=0).any()
    assert (g.warp(picture, far, 32) == 200).all()


def test_sub_crop_of_the_stored_head_is_the_crop_of_the_frame() -> None:
    frame = cv2.GaussianBlur(
        np.random.default_rng(5).integers(0, 255, (480, 640, 3), np.uint8), (0, 0), 6
    )
    points, known = head_seen(10, 0)
    alignment = aligned(points, known)
    head, face = alignment.crop_matrix(512), alignment.crop_matrix(256, "face")
    stored = g.warp(frame, head, 512, border=0)
    direct = g.warp(frame, face, 256, border=0)
    again = g.warp(stored, g.compose(face, g.invert(head)), 256, border=0)
    assert np.abs(direct.astype(int) - again).mean() < 1.5


@given(st.floats(1.01, 12.0), angles, st.floats(-0.5, 0.5))
@settings(deadline=None, max_examples=40)
def test_enlarging_is_as_good_as_a_cubic_kernel(scale: float, angle: float, shift: float) -> None:
    """It differs by less than a JPEG loses, and a fifth of what a linear kernel does."""
    noise = np.random.default_rng(6).integers(0, 255, (120, 160, 3), np.uint8)
    frame = np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.0), np.uint8)
    matrix = cv2.getRotationMatrix2D((80 + shift, 60), angle, scale)
    matrix[:, 2] -= 16, -4
    aim, edge = (128, 128), cv2.BORDER_REPLICATE
    cubic, linear = (
        cv2.warpAffine(frame, matrix, aim, flags=flags, borderMode=edge).astype(float)
        for flags in (cv2.INTER_CUBIC, cv2.INTER_LINEAR)
    )
    ours = np.square(g.warp(frame, matrix, 128) - cubic).mean()
    assert ours < 1.0
    assert ours < np.square(linear - cubic).mean() / 5


def test_moving_by_whole_pixels_changes_none() -> None:
    frame = np.random.default_rng(7).integers(0, 255, (60, 80, 3), np.uint8)
    moved = g.warp(frame, np.array([[1.0, 0, -9], [0, 1.0, -5]]), 40)
    assert np.abs(moved.astype(int) - frame[5:45, 9:49]).max() <= 1


@given(
    size=st.sampled_from([64, 128, 512]),
    centring=st.sampled_from(["legacy", "face", "head"]),
    down=st.floats(-0.25, 0.25),
)
def test_a_vertical_offset_moves_the_face_by_its_share_of_the_crop(
    size: int, centring: str, down: float
) -> None:
    points = np.zeros((68, 2), np.float32)
    points[g.INNER] = g.MEAN_FACE * 300 + 50
    plain = g.transform(points, g.crop_matrix(points, size, centring))
    lower = g.transform(points, g.crop_matrix(points, size, centring, 1.0, down))
    np.testing.assert_allclose(lower - plain, np.tile([0.0, down * size], (68, 1)), atol=1e-3)
