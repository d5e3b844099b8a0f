"""Operations of networks in the forms that are fastest on a CPU, each equal to the plain one."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray


def leaky(x: Any, leak: float | None, bias: Any = None) -> Any:
    """max(x, leak x), where `leak` is none x as it is; with `bias`, of x + bias.

    On the way back the sign of what came out tells the slope, so that nothing else need be kept:
    half the memory of TensorFlow's gradient, and one pass instead of four.
    """
    if leak is None:
        return x if bias is None else tf.nn.bias_add(x, bias)

    def bent(x: Any, *bias: Any) -> Any:
        y = tf.nn.leaky_relu(tf.nn.bias_add(x, *bias) if bias else x, leak)

        def gradient(back: Any) -> Any:
            back = tf.raw_ops.LeakyReluGrad(gradients=back, features=y, alpha=leak)
            return [back, *(tf.raw_ops.BiasAddGrad(out_backprop=back) for _ in bias)]

        return y, gradient

    return tf.custom_gradient(bent)(x, *([] if bias is None else [bias]))


def same_edges(size: int, side: int, stride: int) -> tuple[int, int]:
    """Rows that TensorFlow's "same" adds before and after: the smaller half goes before."""
    total = max((-(-size // stride) - 1) * stride + side - size, 0)
    return total // 2, total - total // 2


def reflected(x: Any, side: int, stride: int) -> Any:
    """`x` (n, h, w, c) with the edges of "same", mirrored about the outermost pixels; a map too
    small for that is mirrored as far as it goes and black from there."""
    _, height, width, _ = x.shape
    edges = [same_edges(height, side, stride), same_edges(width, side, stride)]
    mirrored = [
        [min(a, size - 1) for a in e] for e, size in zip(edges, (height, width), strict=True)
    ]
    rest = [
        [a - b for a, b in zip(e, m, strict=True)] for e, m in zip(edges, mirrored, strict=True)
    ]
    x = tf.pad(x, [[0, 0], *mirrored, [0, 0]], "REFLECT")
    return tf.pad(x, [[0, 0], *rest, [0, 0]]) if any(map(sum, rest)) else x


def conv_by_columns(x: Any, kernel: Any, stride: int, padded: bool = False) -> Any:
    """A "same" convolution as one matrix product: what each pixel sees, joined along the channels.

    Sizes of `x` (n, h, w, in) but n must be known; kernel (k, k, in, out). With `padded` the edges
    are there already.
    """
    side, _, inputs, filters = kernel.shape
    seen = windows(tuple(x.shape[1:3]), side, stride, padded)
    flat = tf.reshape(gathered(x, seen.ravel()), [-1, side * side * inputs])
    y = tf.matmul(flat, tf.reshape(kernel, [side * side * inputs, filters]))
    return tf.reshape(y, [-1, *seen.shape[:2], filters])


def windows(size: tuple[int, int], side: int, stride: int, padded: bool) -> NDArray[np.int32]:
    """Which pixels of a map of this height and width each output of a convolution sees, (rows,
    columns, side, side): numbered row by row, beyond the edge the number behind the last."""
    spans = []
    for length in size:
        before = 0 if padded else same_edges(length, side, stride)[0]
        count = (length - side) // stride + 1 if padded else -(-length // stride)
        place = np.arange(count)[:, None] * stride + np.arange(side) - before
        spans.append(np.where((place >= 0) & (place < length), place, -1))
    down, across = spans[0][:, None, :, None], spans[1][None, :, None, :]
    number = np.where((down < 0) | (across < 0), size[0] * size[1], down * size[1] + across)
    return number.astype(np.int32)


def gathered(x: Any, numbers: NDArray[np.int32]) -> Any:
    """Pixels of `x` (n, h, w, c) by their numbers, (n, len(numbers), c); that behind the last is 0.

    On the way back each pixel gathers where it went: as sums of strided slices, which TensorFlow's
    gradient would be, most of it would be noughts.
    """
    height, width, channels = x.shape[1:]
    pixels = height * width
    went = [np.flatnonzero(numbers == pixel) for pixel in range(pixels)]
    most = max(map(len, went))
    places = np.full((pixels, most), len(numbers), np.int32)
    for pixel, here in enumerate(went):
        places[pixel, : len(here)] = here

    def take(x: Any) -> Any:
        def gradient(back: Any) -> Any:
            found = tf.gather(_and_nought(back), places.ravel(), axis=1)
            total = tf.reduce_sum(tf.reshape(found, [-1, pixels, most, channels]), axis=2)
            return tf.reshape(total, [-1, height, width, channels])

        flat = tf.reshape(x, [-1, pixels, channels])
        return tf.gather(_and_nought(flat), numbers, axis=1), gradient

    return tf.custom_gradient(take)(x)


def _and_nought(flat: Any) -> Any:
    """(n, pixels, c) with one pixel of 0 behind the last."""
    return tf.pad(flat, [[0, 0], [0, 1], [0, 0]])


def conv_by_blocks(x: Any, kernel: Any) -> Any:
    """A "same" convolution of stride 1 on blocks of 2x2 pixels as channels: 3x3 at half the size.

    `x` (n, h, w, in) of even sizes; kernel (k, k, in, out) with k 1, 3 or 5.
    """
    side, _, inputs, filters = kernel.shape
    first = 2 - side // 2
    kernels = []
    for dy in range(2):
        for dx in range(2):
            # Of the 6x6 pixels of 3x3 blocks, those that the pixel (dy, dx) of the middle one sees.
            edges = [[first + d, 6 - side - first - d] for d in (dy, dx)]
            placed = tf.reshape(
                tf.pad(kernel, [*edges, [0, 0], [0, 0]]), [3, 2, 3, 2, inputs, filters]
            )
            kernels.append(tf.transpose(placed, [0, 2, 1, 3, 4, 5]))
    whole = tf.reshape(tf.stack(kernels, axis=-2), [3, 3, 4 * inputs, 4 * filters])
    y = tf.nn.conv2d(tf.nn.space_to_depth(x, 2), whole, 1, "SAME")
    return tf.nn.depth_to_space(y, 2)


def doubled(x: Any) -> Any:
    """Twice the size, bilinear: 3/4 of the nearer pixel, 1/4 of the other, down and across.

    TensorFlow's own gradient runs on one core; here it is sums of shifted maps.
    """

    def enlarge(x: Any) -> Any:
        size = [2 * x.shape[1], 2 * x.shape[2]]
        y = tf.cast(tf.image.resize(x, size, "bilinear"), x.dtype)
        return y, lambda back: _doubled_back(_doubled_back(back, 1), 2)

    return tf.custom_gradient(enlarge)(x)


def _doubled_back(back: Any, axis: int) -> Any:
    """The gradient of doubling along one axis: pairs of rows (axis 1) or columns (axis 2), which
    their own pixel made by 3/4, and its neighbours' nearer ones by 1/4."""
    size = back.shape[axis] // 2
    shape = [-1, *back.shape[1:]]
    shape[axis : axis + 1] = [size, 2]
    upper, lower = tf.unstack(tf.reshape(back, shape), axis=axis + 1)
    # The outermost pixels stand in for the neighbours that they lack.
    first, after = tf.split(upper, [1, size - 1], axis=axis)
    before, last = tf.split(lower, [size - 1, 1], axis=axis)
    neighbours = tf.concat([first, before], axis) + tf.concat([after, last], axis)
    return 0.75 * (upper + lower) + 0.25 * neighbours


def enlarged(x: Any, scale: int) -> Any:
    """`scale` times the size, bilinear, as two matrix products."""
    for axis, sum_of in ((1, "ys,nswc->nywc"), (2, "xs,nhsc->nhxc")):
        matrix = tf.cast(tf.constant(spread(x.shape[axis], scale)), x.dtype)
        x = tf.einsum(sum_of, matrix, x)
    return x


def spread(size: int, scale: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """(scale size, size): the weights of bilinear enlargement, edges repeated."""
    place = np.clip((np.arange(size * scale) + 0.5) / scale - 0.5, 0.0, size - 1.0)
    away = np.abs(place[:, None] - np.arange(size))
    return np.maximum(0.0, 1.0 - away).astype(np.float32)
