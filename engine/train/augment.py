"""Colour, rotation, zoom, shift, flip, warp and target for a whole batch, on the device.

In this order: the crop's colours (L*a*b*, then CLAHE on its lightness), where each pixel of the
result lies in the crop (turned, scaled, moved, mirrored), the target from there, and the input
from there through a warp. Both are sampled straight out of the cached crop, which has a margin so
that a moved face still ends in real pixels. Randomness is stateless: the same (seed, iteration,
side) gives the same batch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from engine.train import clahe, lab, thinplate
from engine.train.feed import Batch

NODES = 5
"""Nodes of the random warp's grid along each side."""
FINE_NODES = 17
"""Nodes of the grid on which a warp to landmarks is worked out."""
JITTER = 2 / 256
"""Standard deviation of the landmarks that a face is warped to, as a share of the crop."""
TILE_SIDE = 128
"""A crop has at least 2 tiles along each side for CLAHE, and one for each so many pixels."""


@dataclass(frozen=True)
class Augmentation:
    """How far faces are varied, and the sizes of what comes out."""

    crop_size: int
    """Side of a cached crop with its margins, px."""
    margin: int
    """Margin on each side, px."""
    input_size: int
    output_size: int
    """Side of the largest target, px."""
    rotation: float = 10.0
    """Degrees."""
    zoom: float = 5.0
    """Per cent."""
    shift: float = 5.0
    """Per cent of the crop."""
    flip: float = 50.0
    """Chance, per cent."""
    lightness: float = 30.0
    """Per cent by which L is drawn towards an end of its range."""
    chroma: float = 8.0
    """Per cent by which a and b each are."""
    clahe: float = 50.0
    """Chance of CLAHE, per cent."""
    clahe_size: int = 4
    """A crop's tiles along each side are the fewest, or up to so many half times more."""
    colour_target: bool = True
    """Whether the target takes the input's colours; not for a model that can't see them. The
    colours are then the last thing that happens to the input."""
    warp: float = 5 / 256
    """Standard deviation of the warp's nodes as a share of the crop; 0 is no warp."""
    to_landmarks: bool = False
    """Whether inputs are warped to landmarks of the other side instead."""

    @property
    def inner(self) -> int:
        """Side of a crop without its margins, px."""
        return self.crop_size - 2 * self.margin

    @property
    def fewest_tiles(self) -> int:
        """Tiles of CLAHE along each side where there are fewest."""
        return max(2, self.inner // TILE_SIDE)

    @property
    def most_tiles(self) -> int:
        """Tiles of CLAHE along each side where there are most."""
        return self.fewest_tiles + self.clahe_size * (self.fewest_tiles // 2)


def augment(batch: Batch, seeds: Any, how: Augmentation) -> tuple[Any, Any, Any]:
    """Inputs (n, in, in, 3), targets (n, out, out, 3) and areas (n, out, out, 1 or 3), all 0..1:
    the face's mask and, where they were cut, eyes and mouth.

    `seeds` is int32 (sides, 2), one for each equal part of the batch.
    """
    crops, points = batch
    draw, nodes = draws(seeds, crops.shape[0])
    matrix = affine(draw, how)
    rgb = recoloured(crops[..., :3], draw, how) if how.colour_target else crops[..., :3]
    seen = moved(grid(how.output_size, how), matrix)
    target = sample(pack(tf.concat([rgb, crops[..., 3:]], axis=-1)), seen, how.crop_size)
    place = warped(matrix, nodes, points, how)
    bare = tf.concat([rgb, crops[..., 3:4]], axis=-1)  # four bytes: a pixel is one number
    source = sample(pack(bare), place, how.crop_size)[..., :3]
    if not how.colour_target:
        # The input alone has other colours: they are worked out on its own few pixels.
        source = recoloured(tf.cast(source * 255.0 + 0.5, tf.uint8), draw, how)
        source = tf.cast(source, tf.float32) * (1.0 / 255.0)
    areas = 1 if crops.shape[-1] == 4 else 3
    return source, target[..., :3], target[..., 3 : 3 + areas]


def plain(crops: Any, how: Augmentation) -> tuple[Any, Any]:
    """Inputs and targets of crops as they are, for previews."""
    pixels = pack(crops)
    shape = [crops.shape[0], 1, 1, 1]
    pictures = [
        sample(pixels, tf.tile(grid(size, how), shape), how.crop_size)[..., :3]
        for size in (how.input_size, how.output_size)
    ]
    return pictures[0], pictures[1]


def draws(seeds: Any, count: int) -> tuple[Any, Any]:
    """Uniform (n, 10) in -1..1 and normal (n, 68, 2) numbers; each side has a seed of its own."""
    each = count // seeds.shape[0]
    uniform, normal = [], []
    for seed in tf.unstack(seeds):
        uniform.append(tf.random.stateless_uniform([each, 10], seed, -1.0, 1.0))
        normal.append(tf.random.stateless_normal([each, 68, 2], tf.add(seed, [0, 1])))
    return tf.concat(uniform, 0), tf.concat(normal, 0)


# --- colour ----------------------------------------------------------------------------------


def recoloured(rgb: Any, draw: Any, how: Augmentation) -> Any:
    """uint8 crops (n, side, side, 3) with L, a, b drawn and, by its chance, CLAHE on L."""
    if not (how.lightness or how.chroma or how.clahe):
        return rgb
    amounts = draw[:, 5:8] * [how.lightness / 100, how.chroma / 100, how.chroma / 100]
    planes = zip(lab.to_lab(rgb), tf.unstack(amounts, axis=1), strict=True)
    light, a, b = [lab.drawn(plane, amount) for plane, amount in planes]
    if how.clahe:
        even = clahe.equalised(light, tiles(draw[:, 9], how), how.most_tiles)
        chosen = draw[:, 8] < how.clahe / 50.0 - 1.0  # draw is in -1..1
        light = tf.where(chosen[:, None, None], even, light)
    return lab.to_rgb([light, a, b])


def tiles(draw: Any, how: Augmentation) -> Any:
    """int32 (n,): tiles along each side of a crop."""
    steps = tf.floor((draw + 1.0) / 2.0 * (how.clahe_size + 1.0))
    extra = tf.minimum(tf.cast(steps, tf.int32), how.clahe_size) * (how.fewest_tiles // 2)
    return how.fewest_tiles + extra


# --- where each pixel lies -------------------------------------------------------------------


def affine(draw: Any, how: Augmentation) -> Any:
    """(n, 2, 3): offsets from the centre of the result to offsets from the crop's centre, px."""
    angle = draw[:, 0] * (how.rotation * math.pi / 180.0)
    scale = 1.0 + draw[:, 1] * (how.zoom / 100.0)
    # draw is in -1..1: below this limit with the chance of a flip.
    mirror = tf.where(draw[:, 4] < how.flip / 50.0 - 1.0, -1.0, 1.0)
    move = draw[:, 2:4] * (how.shift / 100.0 * how.inner)
    cosine, sine = tf.cos(angle) * scale, tf.sin(angle) * scale
    rows = [mirror * cosine, -sine, move[:, 0], mirror * sine, cosine, move[:, 1]]
    return tf.reshape(tf.stack(rows, axis=1), [-1, 2, 3])


def grid(size: int, how: Augmentation) -> Any:
    """(1, size, size, 2): x,y of each pixel's centre as an offset from the crop's centre, px."""
    line = ((np.arange(size, dtype=np.float32) + 0.5) / size - 0.5) * how.inner
    return tf.constant(np.stack(np.meshgrid(line, line), axis=-1)[None])


def warped(matrix: Any, nodes: Any, points: Any, how: Augmentation) -> Any:
    """Where each pixel of the input lies: (n, in, in, 2) as `moved` gives it."""
    pixels = grid(how.input_size, how)
    if not how.warp:
        return moved(pixels, matrix)
    if how.to_landmarks:
        return moved(pixels, matrix) + bend(to_landmarks(matrix, nodes, points, how), pixels)
    strength = how.warp * how.inner
    loose = tf.reshape(nodes[:, : NODES * NODES], [-1, NODES, NODES, 2])
    return moved(pixels + bend(loose * strength, pixels), matrix)


def to_landmarks(matrix: Any, nodes: Any, points: Any, how: Augmentation) -> Any:
    """Displacements (n, 17, 17, 2) in px of the crop that give each face the jittered landmarks
    of the one that it is paired with.

    They are worked out where the moved nodes lie in the crop, so that face and landmarks are
    turned, moved and mirrored alike.
    """
    line = np.linspace(-0.5, 0.5, FINE_NODES, dtype=np.float32) * how.inner
    offsets = tf.constant(np.stack(np.meshgrid(line, line), axis=-1)[None])
    places = tf.clip_by_value(moved(offsets, matrix) / how.inner, -0.5, 0.5)
    flat = tf.reshape(places, [-1, FINE_NODES * FINE_NODES, 2])
    own, aim = points[:, 0], points[:, 1] + nodes * JITTER
    moves = thinplate.field(own, aim, flat) * how.inner
    return tf.reshape(moves, [-1, FINE_NODES, FINE_NODES, 2])


def bend(nodes: Any, pixels: Any) -> Any:
    """A grid of displacements (n, k, k, 2) spread bilinearly over (n, size, size, 2)."""
    size, count = pixels.shape[1], nodes.shape[1]
    place = (np.arange(size, dtype=np.float32) + 0.5) / size * (count - 1)
    hats = np.maximum(0.0, 1.0 - np.abs(place[:, None] - np.arange(count)))
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


# --- pixels ----------------------------------------------------------------------------------


def pack(crops: Any) -> Any:
    """uint8 (n, side, side, 4 or 8) as one number a pixel, so that a pixel is gathered at once."""
    return tf.bitcast(crops, {4: tf.int32, 8: tf.int64}[crops.shape[-1]])


def sample(pixels: Any, offsets: Any, side: int) -> Any:
    """Bilinear samples (n, size, size, 4 or 8) in 0..1 of packed crops; edges are repeated."""
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
