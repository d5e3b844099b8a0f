"""The spline through landmarks: it carries, it holds the edge, it drops what lies within."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from engine.faces.geometry import INNER, MEAN_FACE
from engine.train import thinplate

RNG = np.random.default_rng(3)


def face() -> np.ndarray:
    """(68, 2): a frontal face in shares of a crop."""
    points = np.zeros((68, 2), np.float32)
    points[INNER] = (MEAN_FACE - 0.5) * 0.5
    angles = np.linspace(np.pi, 0.0, 17)
    points[:17] = np.stack([0.33 * np.cos(angles), 0.4 * np.sin(angles)], axis=1)
    return points


def field(own: np.ndarray, aim: np.ndarray, places: np.ndarray) -> np.ndarray:
    arrays = [tf.constant(array[None].astype(np.float32)) for array in (own, aim, places)]
    return np.asarray(thinplate.field(*arrays).numpy()[0])


def test_it_leads_from_the_aim_back_to_the_own_landmarks() -> None:
    own = face()
    aim = own * [1.2, 0.9] + [0.01, -0.02]
    got = aim + field(own, aim, aim)
    assert np.abs(own - aim).max() > 0.05
    np.testing.assert_allclose(got, own, atol=0.006)


def test_the_edge_stays() -> None:
    own = face()
    moves = field(own, own * [1.2, 0.9], thinplate.EDGE)
    assert np.abs(moves).max() < 0.006


def test_equal_landmarks_move_nothing() -> None:
    assert np.abs(field(face(), face(), RNG.uniform(-0.5, 0.5, (50, 2)))).max() < 1e-4


def test_landmarks_that_meet_neither_tear_nor_blow_up() -> None:
    own = face()
    aim = own + RNG.normal(0.0, 2 / 256, own.shape)
    own[65:68] = own[61:64]  # lips that are closed
    aim[65:68] = aim[61:64] + 1e-6
    places = np.stack(np.meshgrid(*[np.linspace(-0.5, 0.5, 33)] * 2), axis=-1)
    to = places + field(own, aim, places.reshape(-1, 2)).reshape(33, 33, 2)
    assert np.isfinite(to).all()
    across, down = np.diff(to, axis=1)[:-1], np.diff(to, axis=0)[:, :-1]
    turned = across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0]
    assert (turned > 0).all(), "no skin is folded over"


def test_a_jaw_within_the_face_is_left_out() -> None:
    own = face()
    turned = own.copy()
    turned[3:5] = [0.02, 0.0]  # beside the nose, as in a profile
    keep = thinplate.outside(tf.constant(own[None]), tf.constant(turned[None])).numpy()[0]
    assert keep.tolist() == [1.0] * 3 + [0.0] * 2 + [1.0] * 12
    without = field(own, turned, np.zeros((1, 2)))
    assert np.abs(without).max() < 0.01, "what was left out pulls nothing"
