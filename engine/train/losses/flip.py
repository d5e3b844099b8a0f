"""LDR-FLIP: the difference that is seen when one picture takes the other's place, a map.

Colours are compared as they are seen from afar; where edges and points of the luminance differ
too, the difference of the colours counts more.

Source: P. Andersson, J. Nilsson, T. Akenine-Möller, M. Oskarsson, K. Åström, M. D. Fairchild,
"FLIP: A Difference Evaluator for Alternating Images", HPG 2020, with its constants.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf

from engine.train.losses._filters import Taps, along, edged, gaussian
from engine.train.losses._finite import power
from engine.train.losses._flip_colour import PIXELS_PER_DEGREE, hunt_lab, hyab, opponent, seen

MAP = True
Q_COLOUR, Q_FEATURE = 0.7, 0.5
"""Exponents of both differences."""
P_COLOUR, P_TARGET = 0.4, 0.95
"""Up to this part of the largest difference of colours the error rises to this value."""
SIGMA = 0.5 * 0.082 * PIXELS_PER_DEGREE
"""Of the filters for edges and points, px."""
RADIUS = math.ceil(3 * SIGMA)
LEAST = 1e-6
"""Values below which a power is a line."""


def loss(truth: Any, predicted: Any) -> Any:
    """(n, size, size, 1) in 0..1."""
    of_truth, of_predicted = opponent(truth), opponent(predicted)
    colour = colour_error(seen(of_truth), seen(of_predicted))
    feature = feature_error(of_truth[..., :1], of_predicted[..., :1])
    return tf.maximum(colour, LEAST) ** (1.0 - feature)


def colour_error(truth: Any, predicted: Any) -> Any:
    """0..1, of Hunt-adjusted L*a*b*: the distance of pure green and blue is the largest."""
    pure = tf.reshape(tf.eye(3)[1:], [2, 1, 1, 3])
    green, blue = tf.split(hunt_lab(pure), 2)
    largest = hyab(green, blue) ** Q_COLOUR
    distance = power(hyab(truth, predicted), Q_COLOUR, LEAST)
    bend = P_COLOUR * largest
    beyond = P_TARGET + (distance - bend) / (largest - bend) * (1.0 - P_TARGET)
    return tf.where(distance < bend, distance * P_TARGET / bend, beyond)


def feature_error(truth: Any, predicted: Any) -> Any:
    """0..1, of luminances (n, size, size, 1): how much edges or points differ."""
    differences = [
        tf.abs(strength(truth, taps) - strength(predicted, taps)) for taps in (edge(), point())
    ]
    return power(tf.maximum(*differences) / math.sqrt(2.0), Q_FEATURE, LEAST)


def strength(luminance: Any, taps: Taps) -> Any:
    """Length of a filter's answers across and down, edges repeated."""
    size = luminance.shape[1]
    blur = edged(gaussian(2 * RADIUS + 1, SIGMA), size, "edge")
    feature = edged(taps, size, "edge")
    squares = [tf.square(along(luminance, *m)) for m in ((blur, feature), (feature, blur))]
    return power(tf.add_n(squares), 0.5, LEAST**2)


def edge() -> Taps:
    """The Gaussian's first derivative."""
    x = np.arange(-RADIUS, RADIUS + 1)
    return _balanced(-x * gaussian(len(x), SIGMA))


def point() -> Taps:
    """The Gaussian's second derivative."""
    x = np.arange(-RADIUS, RADIUS + 1)
    return _balanced((x**2 / SIGMA**2 - 1.0) * gaussian(len(x), SIGMA))


def _balanced(taps: Taps) -> Taps:
    """Positive weights of sum 1, negative ones of sum -1."""
    up, down = taps[taps > 0].sum(), -taps[taps < 0].sum()
    return np.where(taps < 0, taps / down, taps / up)
