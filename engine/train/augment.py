"""Colour, rotation, zoom, shift, flip, grid warp and target for a whole batch, on the device.

The input is what the encoder sees: moved, coloured and warped. The target is the same face moved
and (by default) coloured alike, but not warped, with its mask. Both are sampled straight out of
the cached crop, which has a margin so that a moved face still ends in real pixels. Randomness is
stateless: the same (seed, iteration, side) gives the same batch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

NODES = 5
"""Nodes of the warp's grid along each side."""
LIGHT, CHROMA = 0.30, 0.08
"""Largest share by which luma and each chroma are moved towards an end of their range."""

_TO_YCC = np.array(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32
)
"""RGB to luma and chroma, ITU-R BT.601 full range (as in JPEG); chroma lies in -0.5..0.5."""


@dataclass(frozen=True)
class Augmentation:
    """How far faces are varied, and the sizes of what comes out."""

    crop_size: int
    """Side of a cached crop with its margins, px."""
    margin: int
    """Margin on each side, px."""
    input_size: int
    output_size: int
    rotation: float = 10.0
    """Degrees."""
    zoom: float = 5.0
    """Per cent."""
    shift: float = 5.0
    """Per cent of the crop."""
    flip: float = 50.0
    """Chance, per cent."""
    colour: bool = True
    colour_target: bool = True
    """Whether the target takes the input's colours; not for a model that can't see them."""
    warp: float = 5 / 256
    """Standard deviation of the warp's nodes as a share of the crop; 0 is no warp."""


def augment(crops: Any, seeds: Any, how: Augmentation) -> tuple[Any, Any, Any]:
    """Inputs (n, in, in, 3), targets (n, out, out, 3) and masks (n, out, out, 1), all 0..1.

    `crops` is uint8 (n, side, side, 4): RGB and mask; `seeds` int32 (sides, 2), one for each equal
    part of the batch.
    """
    draw, nodes = draws(seeds, crops.shape[0])
    colour = colour_matrix(draw[:, 5:8]) if how.colour else None
    matrix = affine(draw, how)
    pixels = pack(crops)
    target = sample(pixels, moved(grid(how.output_size, how), matrix), how.crop_size)
    warped = grid(how.input_size, how)
    if how.warp:
        warped = warped + bend(nodes * (how.warp * inner(how)), how.input_size)
    source = sample(pixels, moved(warped, matrix), how.crop_size)[..., :3]
    face, mask = target[..., :3], target[..., 3:]
    return recolour(source, colour), recolour(face, colour if how.colour_target else None), mask


def plain(crops: Any, how: Augmentation) -> tuple[Any, Any]:
    """Inputs and targets of crops as they are, for previews."""
    pixels = pack(crops)
    shape = [crops.shape[0], 1, 1, 1]
    pictures = [
        sample(pixels, tf.tile(grid(size, how), shape), how.crop_size)[..., :3]
        for size in (how.input_size, how.output_size)
    ]
    return pictures[0], pictures[1]


def inner(how: Augmentation) -> int:
    """Side of a crop without its margins, px."""
    return how.crop_size - 2 * how.margin


def draws(seeds: Any, count: int) -> tuple[Any, Any]:
    """Uniform (n, 8) in -1..1 and normal (n, 5, 5, 2) numbers; each side has a seed of its own."""
    each = count // seeds.shape[0]
    uniform, normal = [], []
    for seed in tf.unstack(seeds):
        uniform.append(tf.random.stateless_uniform([each, 8], seed, -1.0, 1.0))
        normal.append(tf.random.stateless_normal([each, NODES, NODES, 2], tf.add(seed, [0, 1])))
    return tf.concat(uniform, 0), tf.concat(normal, 0)


def affine(draw: Any, how: Augmentation) -> Any:
    """(n, 2, 3): offsets from the centre of the result to offsets from the crop's centre, px."""
    angle = draw[:, 0] * (how.rotation * math.pi / 180.0)
    scale = 1.0 + draw[:, 1] * (how.zoom / 100.0)
    # draw is in -1..1: below this limit with the chance of a flip.
    mirror = tf.where(draw[:, 4] < how.flip / 50.0 - 1.0, -1.0, 1.0)
    move = draw[:, 2:4] * (how.shift / 100.0 * inner(how))
    cosine, sine = tf.cos(angle) * scale, tf.sin(angle) * scale
    rows = [mirror * cosine, -sine, move[:, 0], mirror * sine, cosine, move[:, 1]]
    return tf.reshape(tf.stack(rows, axis=1), [-1, 2, 3])


def grid(size: int, how: Augmentation) -> Any:
    """(1, size, size, 2): x,y of each pixel's centre as an offset from the crop's centre, px."""
    line = ((np.arange(size, dtype=np.float32) + 0.5) / size - 0.5) * inner(how)
    return tf.constant(np.stack(np.meshgrid(line, line), axis=-1)[None])


def bend(nodes: Any, size: int) -> Any:
    """A grid of displacements (n, 5, 5, 2) spread bilinearly over (n, size, size, 2)."""
    place = (np.arange(size, dtype=np.float32) + 0.5) / size * (NODES - 1)
    hats = np.maximum(0.0, 1.0 - np.abs(place[:, None] - np.arange(NODES)))
    spread = tf.constant(hats.astype(np.float32))
    return tf.einsum("ya,xb,nabc->nyxc", spread, spread, nodes)


def moved(offsets: Any, matrix: Any) -> Any:
    """Offsets (n or 1, size, size, 2) through (n, 2, 3)."""
    x, y = offsets[..., 0], offsets[..., 1]
    m = matrix[:, :, :, None, None]
    return tf.stack(
        [m[:, r, 0] * x + m[:, r, 1] * y + m[:, r, 2] for r in range(2)],
        axis=-1,
    )


def pack(crops: Any) -> Any:
    """uint8 (n, side, side, 4) as one int32 a pixel, so that a pixel is gathered at once."""
    return tf.bitcast(crops, tf.int32)


def sample(pixels: Any, offsets: Any, side: int) -> Any:
    """Bilinear samples (n, size, size, 4) in 0..1 of packed crops; edges are repeated."""
    place = tf.clip_by_value(offsets + (side - 1) / 2.0, 0.0, side - 1.0)
    corner = tf.minimum(tf.floor(place), side - 2.0)
    part = place - corner
    index = tf.cast(corner, tf.int32)
    faces = tf.range(tf.shape(pixels)[0])[:, None, None] * (side * side)
    index = faces + index[..., 1] * side + index[..., 0]
    flat = tf.reshape(pixels, [-1])

    def at(step: int) -> Any:
        return tf.cast(tf.bitcast(tf.gather(flat, index + step), tf.uint8), tf.float32)

    x, y = part[..., :1], part[..., 1:]
    above = at(0) * (1.0 - x) + at(1) * x
    below = at(side) * (1.0 - x) + at(side + 1) * x
    return (above * (1.0 - y) + below * y) * (1.0 / 255.0)


def colour_matrix(draw: Any) -> Any:
    """(n, 3, 4) on RGB: luma and chroma drawn towards an end of their range, one draw each.

    v becomes v (1 - |a|) + max(a, 0), with v in 0..1 (chroma: about its middle).
    """
    amount = draw * [LIGHT, CHROMA, CHROMA]
    keep = 1.0 - tf.abs(amount)
    add = tf.where([True, False, False], tf.maximum(amount, 0.0), amount / 2.0)
    back = tf.constant(np.linalg.inv(_TO_YCC).astype(np.float32))
    linear = tf.einsum("ij,nj,jk->nik", back, keep, tf.constant(_TO_YCC))
    return tf.concat([linear, tf.einsum("ij,nj->ni", back, add)[:, :, None]], axis=2)


def recolour(pictures: Any, matrix: Any) -> Any:
    """Pictures (n, h, w, 3) through (n, 3, 4), clipped to 0..1."""
    if matrix is None:
        return pictures
    size = pictures.shape[1]
    flat = tf.reshape(pictures, [-1, size * size, 3])
    turned = tf.matmul(flat, matrix[:, :, :3], transpose_b=True) + matrix[:, None, :, 3]
    return tf.clip_by_value(tf.reshape(turned, [-1, size, size, 3]), 0.0, 1.0)
