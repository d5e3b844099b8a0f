"""The networks of the trade: the published counts of weights, sizes, and that all of it learns.

The counts are of faceswap's models as they build there, and of the 2018 and DeepFaceLab networks as
they are described; a network that counts alike has the same layers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf

from engine.errors import BadInput
from engine.train import models
from engine.train.listing import unfilled, weights
from engine.train.network import Network
from engine.train.style import Style

COUNTS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "model_counts.json").read_text(encoding="utf-8")
)
SMALL: dict[str, dict[str, Any]] = {
    "original": {"lowmem": True},
    "lightweight": {},
    "iae": {},
    "dfaker": {},
    "dfl_h128": {"lowmem": True},
    "dfl_sae": {"input_size": 64, "multiscale_decoder": True, "encoder_dims": 21},
    "dlight": {"features": "lowmem", "output_size": 128},
    "realface": {"output_size": 64, "dense_nodes": 768, "complexity_encoder": 96},
    "unbalanced": {"input_size": 64, "lowmem": True},
    "villain": {"lowmem": True},
    "ohr": {"encoder_type": "highres", "input_size": 64, "nodes": 256},
}
"""Options with which each is quickly built and run."""
OTHER_WAYS: list[tuple[str, dict[str, Any]]] = [
    ("dfl_sae", {"architecture": "liae", "input_size": 64, "encoder_dims": 21}),
    ("dlight", {"features": "lowmem", "details": "fast", "output_size": 128}),
    ("unbalanced", {"input_size": 64, "nodes": 512, "complexity_decoder_b": 64}),
    ("ohr", {"encoder_type": "original", "input_size": 64, "nodes": 256}),
    ("ohr", {"encoder_type": "standard", "input_size": 64, "nodes": 256}),
    ("ohr", {"encoder_type": "standard_rc4", "input_size": 64, "nodes": 256}),
    ("ohr", {"encoder_type": "shaoanlu", "input_size": 64, "nodes": 256}),
]

SLOW = ("villain", "realface")
"""Slow to build even so."""
RUN = [
    *(pytest.param(*case, marks=[pytest.mark.all] * (case[0] in SLOW)) for case in SMALL.items()),
    *(pytest.param(*case, marks=pytest.mark.all) for case in OTHER_WAYS),
]


def named(case: dict[str, Any]) -> str:
    """A readable name of a row of the table."""
    options = "-".join(str(v) for v in case["options"].values())
    return f"{case['model']}-{options}{'-mask' if case['learn_mask'] else ''}"


@pytest.mark.parametrize("case", COUNTS, ids=named)
def test_a_network_of_the_trade_has_its_published_weights(case: dict[str, Any]) -> None:
    style = Style(learn_mask=case["learn_mask"])
    network = unfilled(case["model"], case["options"], style=style)
    assert weights(network) == case["weights"]
    everything = sum(part.count_params() for part in network.parts.values())
    assert everything - sum(case["weights"].values()) == case["fixed"]
    if "input" in case:
        assert network.sizes == (case["input"], tuple(case["outputs"]))


@pytest.mark.parametrize(("name", "options"), RUN)
def test_faces_and_mask_have_their_sizes_and_all_weights_learn(
    name: str, options: dict[str, Any]
) -> None:
    painted_and_learning(Network(name, options, style=Style(learn_mask=True)))


@pytest.mark.all
@pytest.mark.parametrize("case", COUNTS, ids=named)
def test_every_configuration_paints_and_learns(case: dict[str, Any]) -> None:
    style = Style(learn_mask=case["learn_mask"])
    painted_and_learning(Network(case["model"], case["options"], style=style))


def painted_and_learning(network: Network) -> None:
    """Both sides paint what they say, and what they paint moves every weight that learns."""
    size = network.input_size
    faces = tf.random.stateless_uniform([2, size, size, 3], [1, 2])
    variables = network.trainable()
    with tf.GradientTape() as tape:
        sides = network.both(faces)
        pictures = [p for side in sides for p in (*side.faces, side.mask) if p is not None]
        # A random picture for a target: a sum would cancel behind a norm.
        total = tf.add_n([tf.reduce_sum(p * noise(p)) for p in pictures])
    for side in sides:
        expected = [(1, out, out, 3) for out in network.sizes.outputs]
        assert [tuple(face.shape) for face in side.faces] == expected
        if network.style.learn_mask:
            assert tuple(side.mask.shape) == (1, network.output_size, network.output_size, 1)
    assert all(0.0 <= float(tf.reduce_min(p)) <= float(tf.reduce_max(p)) <= 1.0 for p in pictures)
    gradients = tape.gradient(total, variables)
    still = [n for n, g in gradients.items() if g is None or not float(tf.reduce_max(tf.abs(g)))]
    assert still == []


def noise(picture: Any) -> Any:
    """A fixed random picture of the same shape."""
    return tf.random.stateless_normal(tf.shape(picture), [3, 4])


@pytest.mark.parametrize("name", SMALL)
def test_a_swap_goes_through_the_other_sides_parts(name: str) -> None:
    network = unfilled(name, SMALL[name])
    with keras.StatelessScope(initialize_variables=False):
        spec = tf.TensorSpec([1, network.input_size, network.input_size, 3])
        swap = tf.function(lambda faces: network.rebuild(faces, "b")).get_concrete_function(spec)
    assert swap.structured_outputs.face.shape == (1, network.output_size, network.output_size, 3)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("dfl_sae", {"input_size": 100}),
        ("dlight", {"output_size": 200}),
        ("dlight", {"features": "worst"}),
        ("realface", {"output_size": 80}),
        ("unbalanced", {"lowmem": True, "nodes": 2048}),
        ("ohr", {"encoder_type": "highres", "complexity_decoder_a": 400}),
    ],
)
def test_an_option_that_does_not_fit_is_refused_by_its_name(
    name: str, values: dict[str, Any]
) -> None:
    with pytest.raises(BadInput, match=list(values)[-1]):
        models.options(name, values)
