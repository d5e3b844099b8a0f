"""CLAHE of a batch gives what OpenCV gives for each picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import tensorflow as tf

from engine.train import clahe

RNG = np.random.default_rng(5)


def pictures(side: int) -> np.ndarray:
    """Noise, a slope, blobs, a flat grey and two values."""
    y, x = np.mgrid[:side, :side] / side
    blobs = cv2.GaussianBlur(RNG.random((side, side)), (0, 0), side / 10)
    blobs = (blobs - blobs.min()) / np.ptp(blobs)
    flat = np.full((side, side), 0.5)
    found = [RNG.random((side, side)), (x + y) / 2, blobs, flat, np.where(x < y, 0.2, 0.7)]
    return np.rint(np.stack(found) * 255).astype(np.uint8)


@pytest.mark.parametrize("side", [64, 80, 81, 120, 160])
def test_each_face_is_as_opencv_makes_it(side: int) -> None:
    light, most = pictures(side), 6
    for shift in range(5):
        tiles = 2 + (np.arange(5) + shift) % 5  # each picture with each number of tiles
        got = clahe.equalised(
            tf.constant(light, tf.float32), tf.constant(tiles, tf.int32), most
        ).numpy()
        for number, count in enumerate(tiles.tolist()):
            want = cv2.createCLAHE(clahe.LIMIT, (count, count)).apply(light[number])
            difference = np.abs(got[number] - want)
            assert difference.max() <= 1, (number, count)
            assert difference.mean() < 0.02, (number, count)


def test_one_tile_is_the_whole_picture() -> None:
    light = pictures(64)[:1]
    got = clahe.equalised(tf.constant(light, tf.float32), tf.constant([1]), 1).numpy()[0]
    assert np.abs(got - cv2.createCLAHE(clahe.LIMIT, (1, 1)).apply(light[0])).max() <= 1


def test_contrast_rises_where_there_was_little() -> None:
    y = np.mgrid[:64, :64][0]
    dull = tf.constant((100 + 20 * np.sin(y / 5.0))[None], tf.float32)
    bright = clahe.equalised(dull, tf.constant([2]), 2)
    assert np.ptp(bright.numpy()) > 1.5 * np.ptp(dull.numpy())
