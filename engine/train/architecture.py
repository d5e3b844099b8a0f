"""A built network: its sub-models by name and the ways that faces take through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tensorflow as tf


class Sizes(NamedTuple):
    """Sides of the pictures that go in and come out, px."""

    input: int
    outputs: tuple[int, ...]
    """From small to large: more than one where a decoder also paints smaller faces."""


class Rebuilt(NamedTuple):
    """What a decoder paints."""

    faces: tuple[Any, ...]
    """(n, size, size, 3) in 0..1 for each output size, from small to large."""
    mask: Any | None
    """(n, size, size, 1) in 0..1, where the network learns a mask."""

    @property
    def face(self) -> Any:
        """The largest face."""
        return self.faces[-1]


@dataclass
class Architecture:
    """One encoder for both sides and a decoder for each: `encoder`, `decoder_a`, `decoder_b`.

    A network with other ways through it is a subclass that overrides `decode` or more.
    """

    parts: dict[str, Any]
    """Keras models by name, in the order in which their weights are listed."""
    recompute: bool = field(default=False, kw_only=True)
    """Whether a training computes a sub-model's inside again instead of keeping it."""

    def encode(self, faces: Any, training: bool) -> Any:
        """(n, in, in, 3) in 0..1 to the code."""
        return self.run("encoder", faces, training)

    def decode(self, code: Any, side: str, training: bool) -> Any:
        """A code to what the decoder of `side` paints."""
        return self.run(f"decoder_{side}", code, training)

    def both(self, faces: Any) -> tuple[Any, Any]:
        """In training: a batch of A, then as many of B, each rebuilt as itself. The encoder is
        called once, so that its matrices are as large as they can be."""
        code_a, code_b = tf.split(self.encode(faces, True), 2)
        return self.decode(code_a, "a", True), self.decode(code_b, "b", True)

    def rebuild(self, faces: Any, side: str) -> Any:
        """Faces painted as `side`: of A with "b", the swap."""
        return self.decode(self.encode(faces, False), side, False)

    def joined(self, part: str, a: Any, b: Any) -> tuple[Any, Any]:
        """In training: both sides through one sub-model in one call."""
        painted = self.run(part, tf.concat([a, b], axis=0), True)
        if not isinstance(painted, Sequence):
            return tuple(tf.split(painted, 2))
        halves = [tf.split(picture, 2) for picture in painted]
        return [a for a, _ in halves], [b for _, b in halves]

    def run(self, part: str, inputs: Any, training: bool) -> Any:
        """One sub-model's output: a tensor, or several."""
        model = self.parts[part]
        if training and self.recompute:
            return tf.recompute_grad(lambda x: model(x, training=True))(inputs)
        return model(inputs, training=training)


@dataclass
class Intermediates(Architecture):
    """One decoder for both sides; what tells them apart stands between: the code of a side is what
    its intermediates make of the encoder's output, joined along the channels."""

    inters: dict[str, tuple[str, str]]
    """For each side the names of its two intermediates; one name twice is the same code twice."""
    decoder: str = "decoder"

    def both(self, faces: Any) -> tuple[Any, Any]:
        """The decoder too is called once."""
        codes = tf.split(self.encode(faces, True), 2)
        a, b = (self.code(c, s, True) for c, s in zip(codes, "ab", strict=True))
        return self.joined(self.decoder, a, b)

    def decode(self, code: Any, side: str, training: bool) -> Any:
        """Through the side's intermediates and the one decoder."""
        return self.run(self.decoder, self.code(code, side, training), training)

    def code(self, encoded: Any, side: str, training: bool) -> Any:
        """The encoder's output as the decoder takes it."""
        first, second = self.inters[side]
        own = self.run(first, encoded, training)
        shared = own if first == second else self.run(second, encoded, training)
        return tf.concat([own, shared], axis=-1)


def rebuilt(painted: Any) -> Rebuilt:
    """A decoder's outputs by what they are: faces from small to large, then perhaps a mask, which
    has one channel."""
    pictures = tuple(painted) if isinstance(painted, Sequence) else (painted,)
    if pictures[-1].shape[-1] == 1:
        return Rebuilt(pictures[:-1], pictures[-1])
    return Rebuilt(pictures, None)
