"""The networks: sizes layer by layer, names, and the fast convolution against the plain one."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from engine.errors import Damaged
from engine.train import models
from engine.train.flops import forward_flop
from engine.train.forms import conv_by_blocks, conv_by_columns, leaky
from engine.train.layers import Alike, FaceLight, PixelShuffle, Resize
from engine.train.listing import unfilled
from engine.train.network import Network
from engine.train.norms import BatchNorm

ORIGINAL_ENCODER = {
    "conv_1": 9_728,
    "conv_2": 819_456,
    "conv_3": 3_277_312,
    "conv_4": 13_108_224,
    "dense_1": 16_778_240,
    "dense_2": 16_793_600,
    "upscale_1": 18_876_416,
}
ORIGINAL_DECODER = {
    "upscale_1": 4_719_616,
    "upscale_2": 1_180_160,
    "upscale_3": 295_168,
    "face": 4_803,
}


def sizes(model: object) -> dict[str, int]:
    """Weights of each layer that has any."""
    return {
        layer.name: sum(int(np.prod(w.shape)) for w in layer.weights)
        for layer in model.layers  # type: ignore[attr-defined]
        if layer.weights
    }


def test_original_is_the_published_network() -> None:
    parts = Network("original").parts
    assert sizes(parts["encoder"]) == ORIGINAL_ENCODER
    assert sizes(parts["decoder_a"]) == sizes(parts["decoder_b"]) == ORIGINAL_DECODER
    totals = [sum(sizes(p).values()) for p in parts.values()]
    assert totals == [69_662_976, 6_199_747, 6_199_747]
    assert sum(totals) == 82_062_470


@pytest.mark.parametrize("name", models.names())
def test_pictures_have_the_sizes_that_the_model_says(name: str) -> None:
    network = unfilled(name)
    spec = tf.TensorSpec([2, network.input_size, network.input_size, 3])
    with keras.StatelessScope(initialize_variables=False):
        both = tf.function(network.both, autograph=False).get_concrete_function(spec)
    for side in both.structured_outputs:
        sizes = tuple(face.shape[1] for face in side.faces)
        assert sizes == network.sizes.outputs
        assert side.face.shape == (1, network.output_size, network.output_size, 3)


def test_every_weight_has_a_path_of_its_own_and_a_seed_decides_it() -> None:
    one, same, other = Network("quick", seed=5), Network("quick", seed=5), Network("quick", seed=6)
    names = set(one.weights())
    assert {n.count("/") for n in names} == {2}
    assert "decoder_b/face/kernel" in names
    assert len(names) == sum(len(p.weights) for p in one.parts.values())
    kernel = "encoder/conv_1/kernel"
    first = one.weights()[kernel].numpy()
    assert np.array_equal(first, same.weights()[kernel].numpy())
    assert not np.array_equal(first, other.weights()[kernel].numpy())


def test_weights_of_another_network_are_refused() -> None:
    network = Network("quick")
    arrays = {n: v.numpy() for n, v in network.weights().items()}
    arrays["decoder_b/face/bias"] = np.zeros(5, np.float32)
    with pytest.raises(Damaged, match="doesn't fit"):
        network.set_weights(arrays)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize(("size", "side", "stride"), [(8, 5, 2), (4, 3, 1), (7, 3, 2), (6, 5, 1)])
def test_columns_times_matrix_is_the_same_convolution(
    size: int, side: int, stride: int, padding: str
) -> None:
    rng = np.random.default_rng(size)
    x = tf.constant(rng.normal(size=(3, size, size + 1, 6)).astype(np.float32))
    kernel = tf.constant(rng.normal(size=(side, side, 6, 10)).astype(np.float32))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, kernel])
        plain = tf.nn.conv2d(x, kernel, stride, padding)
        mine = conv_by_columns(x, kernel, stride, padded=padding == "VALID")
        losses = [tf.reduce_sum(y * tf.square(y - 1.0)) for y in (mine, plain)]
    np.testing.assert_allclose(mine.numpy(), plain.numpy(), rtol=1e-4, atol=1e-4)
    for source in (x, kernel):
        got, expected = (tape.gradient(loss, source).numpy() for loss in losses)
        np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


@pytest.mark.parametrize("side", [1, 3, 5])
def test_blocks_of_pixels_are_the_same_convolution(side: int) -> None:
    rng = np.random.default_rng(side)
    x = tf.constant(rng.normal(size=(2, 6, 8, 5)).astype(np.float32))
    kernel = tf.constant(rng.normal(size=(side, side, 5, 3)).astype(np.float32))
    plain = tf.nn.conv2d(x, kernel, 1, "SAME")
    np.testing.assert_allclose(
        conv_by_blocks(x, kernel).numpy(), plain.numpy(), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("slope", [0.0, 0.1, 0.2])
def test_bias_and_leak_have_the_gradient_of_their_formula(slope: float) -> None:
    rng = np.random.default_rng(3)
    x, bias = (tf.constant(rng.normal(size=s).astype(np.float32)) for s in ((2, 3, 3, 4), (4,)))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, bias])
        mine = leaky(x, slope, bias)
        plain = tf.maximum(x + bias, slope * (x + bias))
        # A loss that differs from number to number.
        losses = [tf.reduce_sum(y * tf.square(y - 1.0)) for y in (mine, plain)]
    np.testing.assert_allclose(mine.numpy(), plain.numpy(), rtol=1e-6)
    for source in (x, bias):
        got, expected = (tape.gradient(loss, source).numpy() for loss in losses)
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_bilinear_enlargement_and_its_gradient_are_tensorflows(scale: int) -> None:
    rng = np.random.default_rng(scale)
    x = tf.constant(rng.normal(size=(2, 4, 5, 3)).astype(np.float32))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        mine = Resize(scale, name="resize")(x)
        plain = tf.image.resize(x, [4 * scale, 5 * scale], "bilinear")
        losses = [tf.reduce_sum(y * tf.square(y - 1.0)) for y in (mine, plain)]
    np.testing.assert_allclose(mine.numpy(), plain.numpy(), rtol=1e-5, atol=1e-6)
    got, expected = (tape.gradient(loss, x).numpy() for loss in losses)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(4, 8, 8, 5), (256, 5)])
def test_a_batch_norm_trains_by_the_batch_and_paints_by_what_it_has_seen(
    shape: tuple[int, ...],
) -> None:
    rng = np.random.default_rng(4)
    x = tf.constant((3.0 + 2.0 * rng.normal(size=shape)).astype(np.float32))
    mine, keras_own = BatchNorm(name="norm"), keras.layers.BatchNormalization()
    for training in (True, True, False):
        ours, theirs = mine(x, training=training), keras_own(x, training=training)
        # The running variance is that of a sample here, 1 % of 1/255 apart.
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-3, atol=1e-3)
    assert float(mine.mean.value[0]) == pytest.approx(3.0 * 0.02, rel=0.2)


def test_a_step_of_original_is_as_much_work_as_its_layers_say() -> None:
    # 3.77 GFLOP forward a face, 32 faces, back twice as much: 362 GFLOP; on a CPU the last layer
    # takes 36 pixels where 25 count.
    assert 3 * forward_flop(Network("original"), 16) == pytest.approx(362e9, rel=0.015)


def test_light_contrast_and_background_do_not_reach_quicks_code() -> None:
    face = np.random.default_rng(2).random((1, 64, 64, 3)).astype(np.float32)
    other = 0.3 * face + [0.5, 0.1, 0.2]
    other[:, :6, :6] = 1.0
    layer = FaceLight(name="light")
    same, again = layer(tf.constant(face)).numpy(), layer(tf.constant(other, tf.float32)).numpy()
    # Not to the last digit: the least variance keeps a flat picture from being blown up.
    np.testing.assert_allclose(again, same, atol=0.15)
    assert np.abs(same).max() > 0.5
    assert (same[:, :6, :6] == 0.0).all()
    assert layer(tf.fill([1, 64, 64, 3], 0.7)).numpy() == pytest.approx(0.0, abs=1e-4)


def test_an_upscale_begins_without_a_checkerboard() -> None:
    kernel = Alike()((3, 3, 5, 8), "float32")
    x = tf.constant(np.random.default_rng(2).normal(size=(1, 6, 6, 5)).astype(np.float32))
    y = PixelShuffle(name="shuffle")(tf.nn.conv2d(x, kernel, 1, "SAME")).numpy()
    np.testing.assert_array_equal(y[:, ::2, ::2], y[:, 1::2, 1::2])
    assert y.shape == (1, 12, 12, 2)
