"""L*a*b*: against OpenCV's, which goes through tables; there and back; towards the ends."""

from __future__ import annotations

import cv2
import numpy as np
import tensorflow as tf

from engine.train import lab

EVERY = np.stack(
    np.meshgrid(*[np.r_[0:256:15]] * 3, indexing="ij"), axis=-1
).reshape(1, 18, -1, 3).astype(np.uint8)  # fmt: skip
"""Colours from all over the cube."""


def planes(rgb: np.ndarray) -> np.ndarray:
    return np.stack([p.numpy() for p in lab.to_lab(tf.constant(rgb))], axis=-1)


def test_colours_are_those_of_opencv() -> None:
    want = cv2.cvtColor(EVERY[0].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    got = planes(EVERY)[0]
    np.testing.assert_allclose(got[..., 0] / 2.55, want[..., 0], atol=0.25)
    np.testing.assert_allclose(got[..., 1:] - 128, want[..., 1:], atol=0.6)


def test_there_and_back_is_the_same_picture() -> None:
    back = lab.to_rgb(lab.to_lab(tf.constant(EVERY))).numpy()
    assert back.dtype == np.uint8
    assert np.abs(back.astype(int) - EVERY).max() <= 1


def test_grey_has_no_colour() -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8)[None, None, :, None], 3, axis=3)
    got = planes(grey)
    np.testing.assert_allclose(got[..., 1:], 128.0, atol=1e-3)
    assert (np.diff(got[0, 0, :, 0]) > 0).all()
    np.testing.assert_allclose(got[0, 0, [0, -1], 0], [0.0, 255.0], atol=1e-3)


def test_a_plane_is_drawn_towards_its_ends() -> None:
    plane = tf.constant(np.full((3, 1, 1), 100.0, np.float32))
    got = lab.drawn(plane, tf.constant([0.5, -0.5, 0.0])).numpy().ravel()
    np.testing.assert_allclose(got, [177.5, 50.0, 100.0])


def test_what_no_screen_shows_is_clipped() -> None:
    strange = [tf.constant([[[value]]]) for value in (130.0, 255.0, 0.0)]
    got = lab.to_rgb(strange).numpy()[0, 0, 0]
    assert got.max() == 255
    assert got.min() == 0
