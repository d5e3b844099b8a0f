"""What a predicted face costs: structure and pixels, weighted by the face mask.

Every term is a map over the pixels; a map's loss is its mean weighted by the mask, so that a
small face in its crop counts as much as a large one. Pictures are (n, size, size, 3) in 0..1,
masks (n, size, size, 1); a loss is a (n,) tensor.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

BACKGROUND = 0.05
"""Weight of pixels outside the face: enough to keep the mask's soft edge sane."""
WINDOW = 11
SIGMA = 1.5
C1, C2 = 0.01**2, 0.03**2


def face_loss(truth: Any, predicted: Any, mask: Any, weights: dict[str, float]) -> Any:
    """The weighted sum of the named terms for each face."""
    weight = BACKGROUND + (1.0 - BACKGROUND) * mask
    terms = {"ssim": ssim_loss, "mse": mse_loss, "mae": mae_loss}
    return tf.add_n([w * terms[name](truth, predicted, weight) for name, w in weights.items()])


def terms(text: str) -> dict[str, float]:
    """`ssim, mae:2` as weights by name."""
    pairs = (item.partition(":") for item in text.split(","))
    return {name.strip(): float(weight or 1.0) for name, _, weight in pairs}


def mse_loss(truth: Any, predicted: Any, weight: Any) -> Any:
    """Mean squared error."""
    return weighted_mean(tf.math.squared_difference(truth, predicted), weight)


def mae_loss(truth: Any, predicted: Any, weight: Any) -> Any:
    """Mean absolute error."""
    return weighted_mean(tf.abs(truth - predicted), weight)


def ssim_loss(truth: Any, predicted: Any, weight: Any) -> Any:
    """(1 - SSIM) / 2 with an 11x11 Gaussian window of sigma 1.5, where the window fits whole.

    Source: Z. Wang et al., "Image quality assessment: from error visibility to structural
    similarity", IEEE TIP 13(4), 2004.
    """
    edge = WINDOW // 2
    similarity = ssim_map(truth, predicted)
    return weighted_mean((1.0 - similarity) / 2.0, weight[:, edge:-edge, edge:-edge])


def ssim_map(truth: Any, predicted: Any) -> Any:
    """SSIM of each pixel and channel, (n, size - 10, size - 10, 3)."""
    moments = tf.concat(
        [truth, predicted, truth * truth + predicted * predicted, truth * predicted], axis=-1
    )
    mean_t, mean_p, squares, product = tf.split(blur(moments), 4, axis=-1)
    means_squared = mean_t * mean_t + mean_p * mean_p
    means_product = mean_t * mean_p
    structure = (2.0 * (product - means_product) + C2) / (squares - means_squared + C2)
    return structure * (2.0 * means_product + C1) / (means_squared + C1)


def blur(x: Any) -> Any:
    """The Gaussian window over (n, size, size, c) as two matrix products, edges left out."""
    size, channels = x.shape[1], x.shape[3]
    window = tf.constant(band(size))
    rows = tf.matmul(window, tf.reshape(x, [-1, size, size * channels]))
    kept = window.shape[0]
    return tf.matmul(window, tf.reshape(rows, [-1, kept, size, channels]))


def band(size: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """(size - 10, size): each row holds the window's weights, one pixel further on."""
    offsets = np.arange(WINDOW) - WINDOW // 2
    window = np.exp(-(offsets**2) / (2.0 * SIGMA**2))
    window /= window.sum()
    matrix = np.zeros((size - WINDOW + 1, size), np.float32)
    for row in range(len(matrix)):
        matrix[row, row : row + WINDOW] = window
    return matrix


def weighted_mean(values: Any, weight: Any) -> Any:
    """Mean over pixels and channels of each face, weighted by pixel."""
    total = tf.reduce_sum(weight, axis=[1, 2, 3]) * values.shape[-1]
    return tf.reduce_sum(values * weight, axis=[1, 2, 3]) / total
