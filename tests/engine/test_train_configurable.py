"""Networks that are put together from options: published numbers of weights, ways through them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from engine.errors import BadInput
from engine.train import models
from engine.train.chance import reseed
from engine.train.initial import ConvAware, spatial, spectra
from engine.train.models._phaze_curve import curve, divisible, scaled
from engine.train.models._phaze_encoders import ENCODERS
from engine.train.models.amp import Morph
from engine.train.network import Network
from engine.train.style import Style

COUNTS: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("configurable_counts.json").read_text()
)
NORMALISATION = 7
"""Numbers of EfficientNet's input normalisation, which are constants here."""
SMALL_PHAZE = {
    "output_size": 64,
    "enc_scaling": 3,
    "bottleneck_size": 128,
    "fc_min_filters": 128,
    "fc_max_filters": 128,
    "fs_original_min_filters": 16,
    "fs_original_max_filters": 256,
    "fc_upsample_filters": 128,
    "fc_gblock_min_nodes": 128,
    "fc_gblock_max_nodes": 128,
    "dec_min_filters": 16,
    "dec_max_filters": 256,
}
SMALL_DFL = {"resolution": 64, "ae_dims": 32, "e_dims": 16, "d_dims": 16}


@pytest.fixture
def weightless(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Networks have shapes, not values: gigabytes less."""
    monkeypatch.setattr(ConvAware, "__call__", lambda self, shape, dtype=None: tf.zeros(shape))
    with keras.StatelessScope(initialize_variables=False):
        yield
    keras.utils.clear_session()  # else Keras gives them their values later after all


def network(name: str) -> Network:
    """The network that a line of the table is about."""
    model, _, kind = name.partition(" ")
    kind, _, mask = kind.partition("+")
    options = {"saehd": {"archi": kind}, "phaze_a": {"preset": kind}}.get(model, {})
    return Network(model, {} if kind == "defaults" else options, style=Style(bool(mask)))


def counts(part: Any) -> int | list[int]:
    """Weights that learn, and where there are others these too."""
    learns, rests = (
        sum(int(np.prod(w.shape)) for w in weights)
        for weights in (part.trainable_weights, part.non_trainable_weights)
    )
    return [learns, rests] if rests else learns


@pytest.mark.usefixtures("weightless")
@pytest.mark.parametrize("name", COUNTS)
def test_each_configuration_has_the_published_number_of_weights(name: str) -> None:
    expected = dict(COUNTS[name])
    input_size, output_size = expected.pop("sizes")
    if name == "phaze_a stojo":
        expected["encoder"][1] -= NORMALISATION
    built = network(name)
    found = {part: counts(model) for part, model in built.parts.items() if model.weights}
    assert found == expected
    assert (built.input_size, built.output_size) == (input_size, output_size)
    decoders = [model for part, model in built.parts.items() if part.startswith("decoder")]
    for decoder in decoders:
        assert decoder.outputs[0].shape[1:] == (output_size, output_size, 3)
        assert [p.shape[1:] for p in decoder.outputs[1:]] == (
            [(output_size, output_size, 1)] if built.style.learn_mask else []
        )


def names_of_weights(built: Network) -> list[str]:
    """What a checkpoint calls them, without asking for their values."""
    return [
        f"{part}/{layer.name}/{weight.name}"
        for part, model in built.parts.items()
        for layer in model.layers
        for weight in layer.weights
    ]


def encoder_of(name: str) -> Network:
    """phaze_a with one encoder and little behind it."""
    options = {**SMALL_PHAZE, "enc_architecture": name, "bottleneck_type": "max_pooling"}
    return Network("phaze_a", {**options, "enable_gblock": False})


def check_encoder(name: str) -> None:
    names = names_of_weights(encoder_of(name))
    assert len(names) == len(set(names))
    assert names == names_of_weights(encoder_of(name)), "names must not depend on earlier builds"


@pytest.mark.usefixtures("weightless")
@pytest.mark.parametrize("name", ["mobilenet_v3_small", "convnext_tiny", "clipv_vit-b-32"])
def test_an_encoders_weights_have_lasting_names_of_their_own(name: str) -> None:
    check_encoder(name)


@pytest.mark.all
@pytest.mark.usefixtures("weightless")
@pytest.mark.parametrize("name", ENCODERS)
def test_every_encoders_weights_have_lasting_names_of_their_own(name: str) -> None:
    check_encoder(name)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("phaze_a", SMALL_PHAZE),
        (
            "phaze_a",
            {
                **SMALL_PHAZE,
                "shared_fc": "full",
                "split_gblock": True,
                "split_decoders": True,
                "bottleneck_in_encoder": False,
                "bottleneck_norm": "rms",
                "dec_norm": "group",
                "dec_upscale_method": "upscale_hybrid",
                "fc_upsampler": "upscale_fast",
                "fc_dropout": 0.1,
                "fc_depth": 2,
            },
        ),
        (
            "phaze_a",
            {
                **SMALL_PHAZE,
                "enable_gblock": False,
                "shared_fc": "half",
                "bottleneck_norm": "instance",
                "dec_norm": "instance",
                "dec_upscale_method": "resize_images",
                "dec_upscales_in_fc": 1,
            },
        ),
        (
            "phaze_a",
            {
                **SMALL_PHAZE,
                "enable_gblock": False,
                "split_fc": False,
                "split_decoders": True,
                "enc_scaling": 7,
                "fs_original_use_alt": True,
                "bottleneck_norm": "layer",
                "bottleneck_type": "average_pooling",
                "dec_upscale_method": "upscale_dny",
                "dec_norm": "batch",
                "fc_upsamples": 2,
            },
        ),
        ("saehd", {**SMALL_DFL, "archi": "df-c"}),
        ("saehd", {**SMALL_DFL, "archi": "liae-udt"}),
        ("amp", {**SMALL_DFL, "inter_dims": 32}),
    ],
)
def test_a_step_reaches_every_weight_and_both_sides(model: str, options: dict[str, Any]) -> None:
    built = Network(model, options, style=Style(learn_mask=True))
    faces = tf.random.stateless_uniform([4, built.input_size, built.input_size, 3], [1, 2])
    reseed(built.chances(), 1, tf.constant(1))
    with tf.GradientTape() as tape:
        painted = built.both(faces)
        total = tf.add_n([tf.reduce_sum(x**2) for side in painted for x in (side.face, side.mask)])
    variables = built.trainable()
    for name, slope in zip(variables, tape.gradient(total, list(variables.values())), strict=True):
        assert slope is not None, name
        assert bool(tf.reduce_all(tf.math.is_finite(slope))), name
    for side in painted:
        assert side.face.shape == (2, built.output_size, built.output_size, 3)
        assert side.mask.shape == (2, built.output_size, built.output_size, 1)
    itself, swapped = (built.rebuild(faces[:2], side).face for side in "ab")
    assert float(tf.reduce_max(tf.abs(itself - swapped))) > 1e-6


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("original", {"lowmem": True}),
        ("phaze_a", {**SMALL_PHAZE, "dec_norm": "instance"}),
        ("saehd", {**SMALL_DFL, "archi": "df-u"}),
    ],
)
def test_faces_are_painted_in_full_precision_whatever_the_rest_computes_in(
    model: str, options: dict[str, Any]
) -> None:
    built = Network(model, options, precision="bfloat16")
    faces = tf.zeros([2, built.input_size, built.input_size, 3])
    assert {side.face.dtype for side in built.both(faces)} == {tf.float32}


def test_some_networks_always_learn_a_mask() -> None:
    assert models.style("amp", Style()).learn_mask
    assert not models.style("phaze_a", Style()).learn_mask
    assert models.style("phaze_a", Style(learn_mask=True)).learn_mask


def test_a_preset_says_what_is_not_named() -> None:
    chosen = models.options("phaze_a", {"preset": "dny512", "dec_output_kernel": "3"})
    assert (chosen.output_size, chosen.fc_depth, chosen.dec_output_kernel) == (512, 0, 3)
    assert models.options("phaze_a", {}).output_size == 128
    with pytest.raises(BadInput, match="phaze_a's preset can't be 'dny9'"):
        models.options("phaze_a", {"preset": "dny9"})


@pytest.mark.usefixtures("weightless")
@pytest.mark.parametrize(
    ("model", "options", "words"),
    [
        ("phaze_a", {"dec_output_kernel": 4}, "odd"),
        ("phaze_a", {"dec_upscales_in_fc": 6}, "doublings"),
        ("phaze_a", {"fc_depth": 0}, "bottleneck"),
        ("phaze_a", {"fs_original_use_alt": True, "fs_original_depth": 8}, "smaller depth"),
        ("saehd", {"archi": "liae-x"}, "liae"),
        ("saehd", {"archi": "liae-dd"}, "liae"),
        ("saehd", {"resolution": 144}, "multiple of 32"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    model: str, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        Network(model, options)


def test_the_curve_bends_and_the_caps_wait() -> None:
    assert curve(512, 64, 4, -0.45) == [512, 256, 128, 64]
    assert curve(512, 16, 7, 0.5, "cap_max") == [512, 512, 256, 128, 64, 32, 16]
    assert curve(512, 64, 5, 0.5, "cap_min") == [512, 256, 128, 64, 64]
    assert curve(256, 64, 1, -0.33) == [256]


def test_maps_get_a_side_that_divides_the_output() -> None:
    assert [scaled(448, 14), scaled(144, 8), scaled(128, 8)] == [14, 9, 8]
    assert divisible(1024, 8, 144) == 972
    assert divisible(1024, 8, 128) == 1024
    options = {**SMALL_PHAZE, "output_size": 144, "fc_max_filters": 1024, "fc_min_filters": 1024}
    assert Network("phaze_a", {**options, "enable_gblock": False}).output_size == 144


@pytest.mark.parametrize("shape", [(3, 3, 32, 16), (5, 5, 3, 8), (1, 1, 64, 3)])
def test_conv_aware_kernels_have_their_variance_and_follow_the_seed(shape: tuple[int, ...]) -> None:
    keras.utils.set_random_seed(3)
    kernel = np.asarray(ConvAware()(shape, "float32"))
    fan_in = np.prod(shape[:3])
    assert kernel.std() == pytest.approx(np.sqrt(2 / fan_in), rel=1e-3)
    keras.utils.set_random_seed(3)
    assert np.array_equal(kernel, ConvAware()(shape, "float32"))
    assert not np.array_equal(kernel, ConvAware()(shape, "float32"))


def test_conv_aware_spectra_are_at_right_angles_and_become_kernels() -> None:
    rows = spectra(np.random.default_rng(3), 5, 8, 3)
    for one in rows:
        # Six numbers a spectrum: six channels have room, the seventh begins another rotation.
        np.testing.assert_allclose(one[:6] @ one[:6].T, np.eye(6), atol=1e-5)
        np.testing.assert_allclose(np.linalg.norm(one, axis=1), 1.0, atol=1e-5)
    kernels = (rows @ spatial(3)).reshape(5, 8, 3, 3)
    np.testing.assert_allclose(kernels, np.fft.irfft2(rows.reshape(5, 8, 3, 2), (3, 3)), atol=1e-6)


def test_a_style_with_conv_aware_beginnings_reaches_every_convolution() -> None:
    plain, aware = (
        Network("original", {"lowmem": True}, style=Style(conv_aware_init=on))
        for on in (False, True)
    )
    for part, layer in (("encoder", "conv_2"), ("decoder_a", "upscale_3"), ("decoder_a", "face")):
        kernels = [n.weights()[f"{part}/{layer}/kernel"].numpy() for n in (plain, aware)]
        bound = np.sqrt(6.0 / np.prod(kernels[0].shape[:3]))
        # He's distribution is uniform and ends there; a sum of frequencies doesn't.
        assert np.abs(kernels[0]).max() <= bound < np.abs(kernels[1]).max()


def test_a_mixture_takes_its_share_of_channels_by_chance_in_training_only() -> None:
    layer = Morph(0.25, name="morph")
    own, other = tf.ones([3, 2, 2, 16]), tf.zeros([3, 2, 2, 16])
    still = layer([own, other])[:, 0, 0].numpy()
    assert (still == [1.0] * 4 + [0.0] * 12).all()

    def drawn(iteration: int) -> np.ndarray:
        reseed([layer], 1, tf.constant(iteration))
        return layer([own, other], training=True)[:, 0, 0].numpy()

    first = drawn(1)
    assert (first.sum(axis=1) == 4).all()
    assert np.array_equal(first, drawn(1))
    assert not np.array_equal(first, drawn(2))
    assert len({tuple(row) for row in first}) == 3


def test_how_much_amp_swaps_is_a_choice() -> None:
    options = {**SMALL_DFL, "inter_dims": 32}
    none, half, whole = (Network("amp", {**options, "morph": m}) for m in (0.0, 0.5, 1.0))
    faces = tf.random.stateless_uniform([1, 64, 64, 3], [1, 2])
    for other in (half, whole):
        other.set_weights({name: v.numpy() for name, v in none.weights().items()})
    itself = none.rebuild(faces, "a").face.numpy()
    swaps = [n.rebuild(faces, "b").face.numpy() for n in (none, half, whole)]
    np.testing.assert_allclose(swaps[0], itself, atol=1e-6)
    assert np.abs(swaps[1] - itself).max() > 1e-6
    assert np.abs(swaps[2] - swaps[1]).max() > 1e-6


def test_df_and_liae_put_b_in_by_the_names_of_the_source() -> None:
    df = Network("saehd", {**SMALL_DFL, "archi": "df"})
    faces = tf.random.stateless_uniform([1, 64, 64, 3], [1, 2])
    code = df.architecture.encode(faces, False)
    face, _ = df.parts["decoder_src"](code)
    np.testing.assert_allclose(df.rebuild(faces, "b").face, face, atol=1e-6)
    liae = Network("saehd", {**SMALL_DFL, "archi": "liae"})
    before = liae.rebuild(faces, "b").face.numpy()
    for weight in liae.parts["inter_B"].weights:
        weight.assign(tf.zeros_like(weight))
    np.testing.assert_allclose(liae.rebuild(faces, "b").face, before, atol=1e-6)
