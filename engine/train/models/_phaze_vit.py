"""Vision transformers as CLIP has them, without weights of CLIP's.

Sources: A. Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021; A. Radford et al.,
"Learning Transferable Visual Models From Natural Language Supervision", ICML 2021.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import tensorflow as tf

EPSILON = 1e-5


class Transformer(NamedTuple):
    """Its measures."""

    patch: int
    """Side of the squares that become one token each, px."""
    width: int
    depth: int
    heads: int
    output: int
    """Numbers of the code."""


BASE_16 = Transformer(16, 768, 12, 12, 512)
BASE_32 = BASE_16._replace(patch=32)
LARGE_14 = Transformer(14, 1024, 24, 16, 768)


def vision(x: Any, kind: Transformer) -> Any:
    """Pictures (n, size, size, 3) to codes (n, output): what the class token has learnt."""
    layers = keras.layers
    x = layers.Conv2D(kind.width, kind.patch, kind.patch, use_bias=False, name="patches")(x)
    x = _norm("norm_first")(Tokens(name="tokens")(x))
    for number in range(1, kind.depth + 1):
        x = block(x, kind.heads, f"block_{number}")
    x = _norm("norm_last")(FirstToken(name="class_token")(x))
    return layers.Dense(kind.output, use_bias=False, name="projection")(x)


def block(x: Any, heads: int, name: str) -> Any:
    """Attention and two dense layers, each beside its input."""
    layers, width = keras.layers, x.shape[-1]
    y = _norm(f"{name}_norm_1")(x)
    asked = [layers.Dense(width, name=f"{name}_{what}")(y) for what in ("query", "key", "value")]
    y = layers.Dense(width, name=f"{name}_out")(Attention(heads, name=f"{name}_attention")(asked))
    x = layers.Add(name=f"{name}_sum_1")([x, y])
    y = layers.Dense(4 * width, name=f"{name}_dense_1")(_norm(f"{name}_norm_2")(x))
    y = layers.Dense(width, name=f"{name}_dense_2")(QuickGelu(name=f"{name}_gelu")(y))
    return layers.Add(name=f"{name}_sum_2")([x, y])


def _norm(name: str) -> Any:
    return keras.layers.LayerNormalization(epsilon=EPSILON, name=name)


class Tokens(keras.layers.Layer):
    """Maps to rows, a learnt class token before them, and to each what its place adds."""

    def build(self, input_shape: Any) -> None:
        """For maps of (n, height, width, channels)."""
        _, height, width, channels = input_shape
        small = keras.initializers.RandomNormal(0.0, channels**-0.5)
        places = (height * width + 1, channels)
        self.first = self.add_weight(shape=(channels,), initializer=small, name="class")
        self.places = self.add_weight(shape=places, initializer=small, name="positions")

    def call(self, x: Any) -> Any:
        """(n, h, w, c) to (n, 1 + h w, c)."""
        _, height, width, channels = x.shape
        rows = tf.reshape(x, [-1, height * width, channels])
        first = tf.convert_to_tensor(self.first)[None, None] + tf.zeros_like(rows[:, :1])
        return tf.concat([first, rows], axis=1) + tf.convert_to_tensor(self.places)


class FirstToken(keras.layers.Layer):
    """The class token."""

    def call(self, x: Any) -> Any:
        """(n, tokens, c) to (n, c)."""
        return x[:, 0]


class Attention(keras.layers.Layer):
    """Each token takes of the values, the more the better its query fits their keys."""

    def __init__(self, heads: int, *, name: str) -> None:
        super().__init__(name=name)
        self.heads = heads

    def call(self, asked: Any) -> Any:
        """Queries, keys and values (n, tokens, c) to (n, tokens, c), each head by itself."""
        query, key, value = (self._split(x) for x in asked)
        fit = tf.matmul(query, key, transpose_b=True) * (query.shape[-1] ** -0.5)
        y = tf.transpose(tf.matmul(tf.nn.softmax(fit), value), [0, 2, 1, 3])
        return tf.reshape(y, [-1, y.shape[1], y.shape[2] * y.shape[3]])

    def _split(self, x: Any) -> Any:
        """(n, heads, tokens, c / heads)."""
        _, tokens, channels = x.shape
        x = tf.reshape(x, [-1, tokens, self.heads, channels // self.heads])
        return tf.transpose(x, [0, 2, 1, 3])


class QuickGelu(keras.layers.Layer):
    """x sigmoid(1.702 x)."""

    def call(self, x: Any) -> Any:
        """Each number by itself."""
        return x * tf.sigmoid(1.702 * x)
