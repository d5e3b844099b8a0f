"""What there is to train: sizes, weights, options and habits of each network, for the user."""

from __future__ import annotations

import inspect
import math
from typing import Any

import keras
import msgspec

from engine.settings import Field, fields
from engine.train import models
from engine.train.flops import forward_flop
from engine.train.network import Network
from engine.train.style import Style

TRAINING_BYTES = 16
"""Of a weight while it trains: itself, its gradient and Adam's two moments in float32."""


def listing(name: str = "") -> list[dict[str, Any]]:
    """One network, or all of them. Raises `BadInput` for an unknown one."""
    return [described(one) for one in ([name] if name else models.names())]


def described(name: str) -> dict[str, Any]:
    """A network as it stands without options: sizes in px, weights of its parts and in all, the
    least memory of a training, operations of a pass of one face of each side."""
    module = models.load(name)
    plain, masked = (unfilled(name, style=Style(learn_mask=mask)) for mask in (False, True))
    parts = weights(plain)
    total, with_mask = sum(parts.values()), sum(weights(masked).values())
    return {
        "name": name,
        "about": inspect.getdoc(module),
        "input": plain.sizes.input,
        "outputs": plain.sizes.outputs,
        "parts": parts,
        "weights": total,
        "weights_with_mask": with_mask if with_mask != total else None,
        "training_bytes": TRAINING_BYTES * total,
        "flop": forward_flop(plain, 1),
        "options": [_option(field) for field in fields(module.Options)],
        "habits": msgspec.to_builtins(module.HABITS),
    }


def unfilled(
    name: str, options: dict[str, Any] | None = None, *, style: Style | None = None
) -> Network:
    """A network whose weights have shapes and no numbers: made in a moment, whatever its size."""
    with keras.StatelessScope(initialize_variables=False):
        network = Network(name, options, style=style)
    keras.utils.clear_session()  # else Keras fills them as soon as another network is built
    return network


def weights(network: Network) -> dict[str, int]:
    """How many numbers each part learns."""
    return {
        name: sum(math.prod(weight.shape) for weight in part.trainable_weights)
        for name, part in network.parts.items()
    }


def _option(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "default": field.default,
        "bounds": field.bounds(),
        "multiple_of": field.multiple_of,
        "help": field.help,
    }
