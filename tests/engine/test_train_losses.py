"""Each loss against a computation that shares no code with it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import tensorflow as tf
from train_pictures import extremes, learnt, pictures, ssim_by_loops

from engine.train import losses
from engine.train.losses import flip, focal_frequency, gmsd, laplacian, ms_ssim, ssim

RNG = np.random.default_rng(3)
TRUTH, GUESS = pictures(32)
PLAIN = [name for name in losses.names() if not name.startswith("lpips_")]


def of(name: str, truth: np.ndarray, guess: np.ndarray) -> np.ndarray:
    return losses.load(name).loss(tf.constant(truth), tf.constant(guess)).numpy()


def test_ssim_is_the_definition() -> None:
    ours = ssim.similarity(tf.constant(TRUTH), tf.constant(GUESS)).numpy()
    for face in range(2):
        for channel in range(3):
            theirs, _ = ssim_by_loops(TRUTH[face, ..., channel], GUESS[face, ..., channel])
            np.testing.assert_allclose(ours[face, ..., channel], theirs, atol=2e-4)
    np.testing.assert_allclose(of("ssim", TRUTH, GUESS), (1 - ours) / 2, atol=1e-6)


def halves(x: np.ndarray) -> np.ndarray:
    return (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) / 4.0


def test_ms_ssim_of_a_small_face_is_the_definition_with_smaller_windows() -> None:
    channels = []
    for channel in range(3):
        x, y, product = TRUTH[0, ..., channel], GUESS[0, ..., channel], 1.0
        for number, (side, power) in enumerate(
            zip((11, 11, 7, 3, 1), (0.0448, 0.2856, 0.3001, 0.2363, 0.1333), strict=True)
        ):
            if number:
                x, y = halves(x), halves(y)
            whole, structure = ssim_by_loops(x, y, side)
            product *= (whole if number == 4 else structure).mean() ** power
        channels.append(1.0 - product)
    assert of("ms_ssim", TRUTH, GUESS)[0] == pytest.approx(np.mean(channels), rel=2e-3)


def test_ms_ssim_of_a_large_picture_is_tensorflows() -> None:
    truth, guess = pictures(176, 1)
    theirs = tf.image.ssim_multiscale(tf.constant(truth), tf.constant(guess), 1.0).numpy()
    np.testing.assert_allclose(of("ms_ssim", truth, guess), 1.0 - theirs, atol=1e-5)
    assert [ms_ssim.fitting(size) for size in (64, 12, 11, 8, 5, 2, 1)] == [11, 11, 11, 7, 5, 1, 1]


def test_pixel_losses_are_their_formulas() -> None:
    d = TRUTH.astype(np.float64) - GUESS
    np.testing.assert_allclose(of("mae", TRUTH, GUESS), np.abs(d), atol=1e-6)
    np.testing.assert_allclose(of("mse", TRUTH, GUESS), d**2, atol=1e-6)
    np.testing.assert_allclose(of("logcosh", TRUTH, GUESS), np.log(np.cosh(d)), atol=1e-7)
    barron = (np.sqrt((d * 255) ** 2 + 1) - 1) / 255
    np.testing.assert_allclose(of("smooth", TRUTH, GUESS), barron, atol=1e-6)
    largest = np.abs(d).max(axis=(1, 2)).mean(axis=1)
    np.testing.assert_allclose(of("l_inf", TRUTH, GUESS), largest, atol=1e-6)


def test_gmsd_is_the_definition() -> None:
    def magnitudes(x: np.ndarray) -> np.ndarray:
        y = halves(x.astype(np.float64) * 255.0) @ (0.299, 0.587, 0.114)
        across, down = np.zeros((14, 14)), np.zeros((14, 14))
        for row, column in np.ndindex(14, 14):
            part = y[row : row + 3, column : column + 3]
            across[row, column] = (part[:, 0] - part[:, 2]).sum() / 3
            down[row, column] = (part[0] - part[2]).sum() / 3
        return np.sqrt(across**2 + down**2)

    for face in range(2):
        a, b = magnitudes(TRUTH[face]), magnitudes(GUESS[face])
        deviation = ((2 * a * b + 170) / (a**2 + b**2 + 170)).std()
        assert of("gmsd", TRUTH, GUESS)[face] == pytest.approx(deviation, rel=1e-3)
    assert gmsd.loss(TRUTH, GUESS).shape == (2,)


def test_gradient_is_numpys() -> None:
    d = TRUTH.astype(np.float64) - GUESS
    down, across = np.gradient(d, axis=(1, 2))
    mixed = np.gradient(down, axis=2)
    second = [
        np.apply_along_axis(lambda x: np.convolve(x, (1, -2, 1), "same"), axis, d)
        for axis in (1, 2)
    ]
    whole = down**2 + across**2 + second[0] ** 2 + second[1] ** 2 + 2 * mixed**2
    np.testing.assert_allclose(
        of("gradient", TRUTH, GUESS), whole[:, 1:-1, 1:-1] / 2, atol=1e-5, rtol=1e-4
    )
    assert of("gradient", TRUTH * 0.5, TRUTH * 0.5 + 0.3).max() < 1e-10


@pytest.mark.parametrize(("size", "bands"), [(64, 5), (40, 3)])
def test_laplacian_is_a_pyramid_of_each_picture(size: int, bands: int) -> None:
    truth, guess = pictures(size, 1)

    def pyramid(x: np.ndarray) -> list[np.ndarray]:
        found = []
        for _ in range(bands):
            blurred = cv2.GaussianBlur(x, (5, 5), 1.0, borderType=cv2.BORDER_REFLECT_101)
            found.append(x - blurred)
            x = halves(blurred)
        return [*found, x]

    pairs = list(zip(pyramid(truth[0]), pyramid(guess[0]), strict=True))
    ours = of("laplacian", truth, guess)
    assert ours.shape == truth.shape
    assert ours.mean() == pytest.approx(sum(np.abs(a - b).mean() for a, b in pairs), rel=1e-3)
    corner = sum(np.abs(a - b)[0, 0] for a, b in pairs)
    np.testing.assert_allclose(ours[0, 0, 0], corner, rtol=1e-3)
    assert len(laplacian.pyramid(tf.constant(truth))) == bands + 1


@pytest.mark.parametrize("size", [32, 33])
def test_focal_frequency_is_the_whole_spectrums(size: int) -> None:
    truth, guess = pictures(size)
    spectra = np.fft.fft2(truth.astype(np.float64) - guess, axes=(1, 2), norm="ortho")
    strength = np.abs(spectra)
    weight = strength / strength.max(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(
        focal_frequency.loss(tf.constant(truth), tf.constant(guess)).numpy(),
        (weight * strength**2).mean(axis=(1, 2, 3)),
        rtol=1e-4,
    )


def flip_by_filters(truth: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """FLIP of one pair as the paper writes it: two-dimensional filters, YCxCz with its offset."""
    ppd = 0.7 * (3840 / 0.7) * np.pi / 180

    def rgb_to_xyz() -> np.ndarray:
        return np.array(
            [
                [0.4123907993, 0.3575843394, 0.1804807884],
                [0.2126390059, 0.7151686788, 0.0721923154],
                [0.0193308187, 0.1191947798, 0.9505321522],
            ]
        )

    white = rgb_to_xyz().sum(axis=1)

    def filtered(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        return cv2.filter2D(x, cv2.CV_64F, kernel, borderType=cv2.BORDER_REPLICATE)

    def ycxcz(srgb: np.ndarray) -> np.ndarray:
        srgb = srgb.astype(np.float64)
        linear = np.where(srgb > 0.04045, ((srgb + 0.055) / 1.055) ** 2.4, srgb / 12.92)
        x, y, z = np.moveaxis(linear @ rgb_to_xyz().T / white, -1, 0)
        return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)

    def hunt(linear: np.ndarray) -> np.ndarray:
        xyz = linear @ rgb_to_xyz().T / white
        delta = 6 / 29
        f = np.where(xyz > delta**3, np.cbrt(xyz), xyz / (3 * delta**2) + 4 / 29)
        light = 116 * f[..., 1] - 16
        a, b = 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])
        return np.stack([light, 0.01 * light * a, 0.01 * light * b], -1)

    def seen(channels: np.ndarray) -> np.ndarray:
        radius = int(np.ceil(3 * np.sqrt(0.04 / (2 * np.pi**2)) * ppd))
        x, y = np.meshgrid(*[np.arange(-radius, radius + 1) / ppd] * 2)
        z, out = x**2 + y**2, []
        for channel, (a1, b1, a2, b2) in enumerate(
            [(1, 0.0047, 0, 1e-5), (1, 0.0053, 0, 1e-5), (34.1, 0.04, 13.5, 0.025)]
        ):
            kernel = sum(
                a * np.sqrt(np.pi / b) * np.exp(-(np.pi**2) * z / b)
                for a, b in ((a1, b1), (a2, b2))
            )
            out.append(filtered(channels[..., channel], kernel / kernel.sum()))
        light = (out[0] + 16) / 116
        xyz = np.stack([light + out[1] / 500, light, light - out[2] / 200], -1) * white
        return hunt(np.clip(xyz @ np.linalg.inv(rgb_to_xyz()).T, 0, 1))

    def hyab(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        d = a - b
        return np.abs(d[..., 0]) + np.hypot(d[..., 1], d[..., 2])

    def features(channels: np.ndarray, kind: str) -> np.ndarray:
        sigma = 0.5 * 0.082 * ppd
        radius = int(np.ceil(3 * sigma))
        x, y = np.meshgrid(*[np.arange(-radius, radius + 1)] * 2)
        kernel = np.exp(-(x**2 + y**2) / (2 * sigma**2))
        kernel = kernel * (-x if kind == "edge" else x**2 / sigma**2 - 1)
        up, down = kernel[kernel > 0].sum(), -kernel[kernel < 0].sum()
        kernel = np.where(kernel < 0, kernel / down, kernel / up)
        luminance = (channels[..., 0] + 16) / 116
        return np.hypot(filtered(luminance, kernel), filtered(luminance, kernel.T))

    a, b = ycxcz(truth), ycxcz(guess)
    largest = hyab(hunt(np.array([0.0, 1, 0])), hunt(np.array([0.0, 0, 1]))) ** 0.7
    colour = hyab(seen(a), seen(b)) ** 0.7
    bend = 0.4 * largest
    colour = np.where(
        colour < bend, 0.95 / bend * colour, 0.95 + (colour - bend) / (largest - bend) * 0.05
    )
    feature = np.maximum(
        *(np.abs(features(a, kind) - features(b, kind)) for kind in ("edge", "point"))
    )
    return colour ** (1 - np.sqrt(feature / np.sqrt(2)))


def test_flip_is_the_papers() -> None:
    truth, guess = pictures(48, 1)
    guess[:, 20:40, 20:40] = (0.1, 0.9, 0.2)  # far enough apart for the bend
    ours = of("flip", truth, guess)
    assert ours.shape == (1, 48, 48, 1)
    np.testing.assert_allclose(ours[0, ..., 0], flip_by_filters(truth[0], guess[0]), atol=1e-4)
    assert ours.max() > 0.9
    assert flip.RADIUS == 9


@pytest.mark.parametrize("name", PLAIN)
def test_nothing_costs_nothing_and_everything_can_be_learnt_from(name: str) -> None:
    for what, (truth, guess) in extremes(32).items():
        cost, gradient = learnt(name, truth, guess)
        assert np.isfinite(cost).all(), what
        assert np.isfinite(gradient).all(), what
        if np.array_equal(truth, guess):
            np.testing.assert_allclose(cost, 0.0, atol=2e-6, err_msg=what)


@pytest.mark.parametrize("name", PLAIN)
def test_a_difference_costs_the_same_both_ways_and_more_if_it_is_larger(name: str) -> None:
    one, other = of(name, TRUTH, GUESS), of(name, GUESS, TRUTH)
    np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-6)
    closer = of(name, TRUTH, TRUTH + (GUESS - TRUTH) * np.float32(0.3))
    assert 0.0 < closer.mean() < one.mean()
    assert one.dtype == np.float32
    if losses.load(name).MAP:
        assert one.shape[0] == 2
        assert one.shape[1] == one.shape[2] <= 32
        assert (32 - one.shape[1]) % 2 == 0
    else:
        assert one.shape == (2,)


@pytest.mark.parametrize("name", PLAIN)
def test_a_step_against_the_gradient_costs_less(name: str) -> None:
    cost, gradient = learnt(name, TRUTH, GUESS)
    better = GUESS - gradient * np.float32(0.003 / np.abs(gradient).max())
    assert of(name, TRUTH, better).mean() < cost.mean()


@pytest.mark.all
@pytest.mark.parametrize("name", PLAIN)
def test_xla_computes_the_same(name: str) -> None:
    def step(guess: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(guess)
            cost = losses.load(name).loss(tf.constant(TRUTH), guess)
        return cost, tape.gradient(cost, guess)

    compiled = tf.function(step, autograph=False, jit_compile=True)(tf.constant(GUESS))
    for ours, theirs in zip(compiled, learnt(name, TRUTH, GUESS), strict=True):
        scale = np.abs(theirs).max()
        np.testing.assert_allclose(ours.numpy() / scale, theirs / scale, atol=1e-4)
