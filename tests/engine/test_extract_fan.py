"""FAN: its size, its blocks against plain NumPy, its files, and points on weights with a known
answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.errors import BadInput, ModelMissing
from engine.extract.align import _hourglass as hourglass
from engine.extract.detect import Detection
from engine.faces.geometry import transform
from engine.settings import ExtractSettings

Arrays = dict[str, np.ndarray]


def plain_weights(stacks: int = hourglass.STACKS) -> Arrays:
    """Weights of a network that normalises nothing and passes its input on."""
    weights = {
        name: np.zeros(shape, np.float32) for name, shape in hourglass.shapes(stacks).items()
    }
    for name in weights:
        if name.endswith((".running_var", "bn1.weight", "bn2.weight", "bn3.weight")):
            weights[name][:] = 1.0
        if "downsample.0.weight" in name or ("bn_end" in name and name.endswith(".weight")):
            weights[name][:] = 1.0
    return weights


def seeing_weights() -> Arrays:
    """Weights of a network whose heatmaps are the crop's red channel, a cell for 4x4 pixels."""
    weights = plain_weights()
    weights["conv1.weight"][3:5, 3:5, 0, 0] = 0.25
    for name in ("conv2", "conv4"):
        weights[f"{name}.downsample.2.weight"][0, 0, 0, 0] = 1.0
    for n in range(hourglass.STACKS):
        weights[f"m{n}.b3_4.conv1.weight"][1, 1, 0, 0] = -1.0  # nothing comes back up
        weights[f"conv_last{n}.weight"][0, 0, 0, 0] = 1.0
        weights[f"l{n}.weight"][0, 0, 0, :] = 1.0
    return weights


def random_weights() -> Arrays:
    rng = np.random.default_rng(1)
    return {
        name: np.abs(rng.normal(1, 0.1, shape)).astype(np.float32)
        if len(shape) == 1
        else rng.normal(0, math.sqrt(2 / np.prod(shape[:3])), shape).astype(np.float32)
        for name, shape in hourglass.shapes().items()
    }


def as_torch(weights: Arrays) -> Arrays:
    """The same arrays, convolutions as PyTorch has them."""
    return {n: a.transpose(3, 2, 0, 1) if a.ndim == 4 else a for n, a in weights.items()}


@pytest.mark.parametrize(
    ("stacks", "weights", "statistics"),
    [(1, 6_249_668, 14_976), (2, 12_106_504, 28_032), (4, 23_820_176, 54_144)],
)
def test_fan_has_the_published_number_of_weights(
    stacks: int, weights: int, statistics: int
) -> None:
    sizes = {name: math.prod(shape) for name, shape in hourglass.shapes(stacks).items()}
    running = sum(size for name, size in sizes.items() if ".running_" in name)
    assert running == statistics
    assert sum(sizes.values()) - running == weights


def convolved(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """(h, w, in) with a (k, k, in, out) kernel, zeros around."""
    side = kernel.shape[0]
    around = np.pad(x, [(side // 2, side // 2), (side // 2, side // 2), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(around, (side, side), axis=(0, 1))
    return np.einsum("hwiyx,yxio->hwo", windows, kernel)


@pytest.mark.parametrize(("name", "inputs"), [("conv2", 64), ("conv3", 128)])
def test_a_block_is_what_plain_numpy_makes_of_it(name: str, inputs: int) -> None:
    weights = {k: v.astype(np.float64) for k, v in random_weights().items() if k.startswith(name)}
    x = np.random.default_rng(2).normal(0, 1, (9, 7, inputs))

    def even(y: np.ndarray, norm: str) -> np.ndarray:
        scale, shift, mean, var = (weights[f"{name}.{norm}.{kind}"] for kind in hourglass.NORM)
        return np.maximum(0, (y - mean) / np.sqrt(var + 1e-5) * scale + shift)

    first = convolved(even(x, "bn1"), weights[f"{name}.conv1.weight"])
    second = convolved(even(first, "bn2"), weights[f"{name}.conv2.weight"])
    third = convolved(even(second, "bn3"), weights[f"{name}.conv3.weight"])
    shortcut = x
    if name == "conv2":
        shortcut = convolved(even(x, "downsample.0"), weights[f"{name}.downsample.2.weight"])
    expected = np.concatenate([first, second, third], -1) + shortcut

    network = hourglass.FaceAlignmentNetwork({k: v.astype("f4") for k, v in weights.items()})
    found = network.block(x[None].astype(np.float32), name).numpy()[0]
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


def test_weights_are_taken_in_both_layouts_and_by_the_names_of_both_publications() -> None:
    weights = random_weights()
    counted = {
        n.replace("top_m_", "top_m0_").replace("b2_plus_1.", "b2_plus_1_0."): a
        for n, a in weights.items()
    }
    counted = {
        n.replace(".b1_4.", ".b1_4_0.").replace(".b3_2.", ".b3_2_0."): a for n, a in counted.items()
    }
    wrapped = {f"module.{n}": a for n, a in as_torch(weights).items()}
    for given in (weights, as_torch(weights), as_torch(counted), wrapped):
        taken = hourglass.load(given | {"conv2.bn1.num_batches_tracked": np.array(7)})
        assert set(taken) == set(weights)
        assert all(np.array_equal(taken[n], weights[n]) for n in weights)


def test_other_weights_are_refused_by_the_array_that_is_wrong() -> None:
    weights = plain_weights(1)
    with pytest.raises(BadInput, match=r"no conv4\.bn2\.bias"):
        hourglass.load({n: a for n, a in weights.items() if n != "conv4.bn2.bias"}, 1)
    with pytest.raises(BadInput, match=r"l0\.weight has the shape 98x256x1x1, not 1x1x256x68"):
        hourglass.load(weights | {"l0.weight": np.zeros((98, 256, 1, 1))}, 1)
    with pytest.raises(BadInput, match=r"bn1\.running_var has values that are no numbers"):
        hourglass.load(weights | {"bn1.running_var": np.full(64, np.nan)}, 1)


@pytest.fixture(scope="module")
def fan() -> Callable[..., object]:
    """FAN on the weights whose answer is known."""
    from engine.extract.align import fan as module

    patch = pytest.MonkeyPatch()
    patch.setattr(module.arrays, "load", lambda key: as_torch(seeing_weights()))
    aligner = module.Aligner(ExtractSettings())
    patch.undo()
    return aligner


def spot(x: float, y: float) -> np.ndarray:
    """A frame with a red spot on darkness."""
    down, right = np.mgrid[:480, :640]
    frame = np.zeros((480, 640, 3), np.uint8)
    frame[..., 0] = 250 * np.exp(-((right - x) ** 2 + (down - y) ** 2) / (2 * 9.0**2))
    return frame


def test_fan_finds_a_spot_where_it_is_in_the_frame(fan: Callable) -> None:
    box = (200.0, 100.0, 440.0, 380.0)  # a crop of 416 pixels around (320, 240)
    turned = {0.0: (300.3, 221.7), 90.0: (351.0, 268.4), -37.0: (262.5, 305.0)}
    fan.batch = 2
    found = fan([(spot(*at), Detection(box, 0.9, turn=turn)) for turn, at in turned.items()])
    for landmarks, at in zip(found, turned.values(), strict=True):
        assert landmarks.points.shape == (68, 2)
        assert landmarks.mesh is None
        assert np.abs(landmarks.points - at).max() < 0.35  # a cell is 6.5 pixels
    assert fan([]) == []


def test_fan_cuts_a_square_of_four_fifths_of_both_sides() -> None:
    from engine.extract.align.fan import crop_to_fan

    matrix = crop_to_fan(Detection((100, 100, 300, 400), 0.5))
    corners = transform(np.array([[0.0, 50.0], [400.0, 450.0]]), matrix)
    assert np.allclose(corners, [[-0.5, -0.5], [255.5, 255.5]])


def test_fan_without_weights_says_how_to_bring_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.extract.align.fan import Aligner

    monkeypatch.setenv("FSTUI_DATA", str(tmp_path))
    with pytest.raises(ModelMissing, match="models import"):
        Aligner(ExtractSettings())


@pytest.mark.all
@pytest.mark.parametrize("suffix", [".safetensors", ".h5"])
def test_fan_runs_on_a_file_of_weights_that_was_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    from engine.extract.align.fan import Aligner
    from engine.models.store import bring

    monkeypatch.setenv("FSTUI_DATA", str(tmp_path / "data"))
    path = tmp_path / f"weights{suffix}"
    weights = seeing_weights()
    if suffix == ".h5":
        import h5py

        spelt = dict(
            zip(hourglass.NORM, ("gamma", "beta", "moving_mean", "moving_variance"), strict=True)
        )
        with h5py.File(path, "w") as made:
            for name, array in weights.items():
                layer, _, kind = name.rpartition(".")
                is_norm = f"{layer}.running_mean" in weights
                kind = spelt[kind] if is_norm else {"weight": "kernel"}.get(kind, kind)
                made[f"{layer}/{layer}/{kind}:0"] = array
    else:
        from safetensors.numpy import save_file

        save_file({n: np.ascontiguousarray(a) for n, a in as_torch(weights).items()}, path)
    assert bring(path).key == "fan"
    (found,) = Aligner(ExtractSettings())(
        [(spot(301.0, 222.0), Detection((200, 100, 440, 380), 0.9))]
    )
    assert found is not None
    assert np.abs(found.points - (301.0, 222.0)).max() < 0.35
