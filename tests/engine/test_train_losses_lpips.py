"""LPIPS on generated weights, against the same networks in NumPy; counts are the published ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import save_file
from train_pictures import extremes, learnt, pictures

from engine import packs
from engine.digest import file_sha256
from engine.errors import Damaged, ModelMissing
from engine.models import arrays, store
from engine.models.manifest import MODELS
from engine.train import losses
from engine.train.losses import Weighting, lpips_alex, lpips_squeeze, lpips_vgg16, parse
from tests.unit.weight_files import write_torch_python2

Arrays = dict[str, np.ndarray]
MODULES = {"lpips_alex": lpips_alex, "lpips_squeeze": lpips_squeeze, "lpips_vgg16": lpips_vgg16}
SIZE = 40
TRUTH, GUESS = pictures(SIZE)

pytestmark = pytest.mark.usefixtures("models")


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty model store."""
    monkeypatch.setenv("FSTUI_DATA", str(tmp_path / "data"))
    (tmp_path / "data" / "models").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def brought(models: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Arrays]:
    """`brought("lpips_alex")`: generated weights as PyTorch has them, put into the store."""

    def bring(name: str) -> Arrays:
        network = MODULES[name].NETWORK
        rng = np.random.default_rng(1)
        backbone: Arrays = {}
        for layer, (high, wide, inputs, outputs) in network.convolutions:
            spread = math.sqrt(2.0 / (high * wide * inputs))
            shape = (outputs, inputs, high, wide)
            backbone[f"{layer}.weight"] = rng.normal(0, spread, shape).astype(np.float32)
            backbone[f"{layer}.bias"] = rng.normal(0, 0.1, outputs).astype(np.float32)
        heads = {
            f"lin{depth}.model.1.weight": rng.random((1, channels, 1, 1)).astype(np.float32)
            for depth, channels in enumerate(network.channels)
        }
        path = models / "any.safetensors"
        save_file(backbone, path)
        assert store.bring(path).key == network.backbone
        write_torch_python2(packs.place(network.heads), heads)
        model = MODELS[network.heads]
        file = model.files[0]._replace(sha256=file_sha256(packs.place(network.heads)))
        monkeypatch.setitem(MODELS, network.heads, model._replace(files=(file,)))
        return backbone | heads

    return bring


def numbers(name: str) -> tuple[int, int]:
    network = MODULES[name].NETWORK
    backbone = sum(math.prod(shape) + shape[-1] for _, shape in network.convolutions)
    return backbone, sum(network.channels)


@pytest.mark.parametrize(
    ("name", "counts", "classifier"),
    [
        ("lpips_alex", (2_469_696, 1_152), ((9216, 4096), (4096, 4096), (4096, 1000))),
        ("lpips_squeeze", (722_496, 2_240), ((512, 1000),)),
        ("lpips_vgg16", (14_714_688, 1_472), ((25088, 4096), (4096, 4096), (4096, 1000))),
    ],
)
def test_the_networks_have_the_published_numbers_of_weights(
    name: str, counts: tuple[int, int], classifier: tuple[tuple[int, int], ...]
) -> None:
    assert numbers(name) == counts
    whole = counts[0] + sum(inputs * outputs + outputs for inputs, outputs in classifier)
    assert MODELS[MODULES[name].NETWORK.backbone].numbers == (whole, counts[0])


# --- the networks in NumPy, channels first ---


def conv(x: np.ndarray, found: Arrays, layer: str, stride: int = 1, pad: int = 0) -> np.ndarray:
    kernel, bias = found[f"{layer}.weight"].astype(np.float64), found[f"{layer}.bias"]
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[2:], axis=(1, 2))
    out = np.tensordot(kernel, windows[:, ::stride, ::stride], axes=((1, 2, 3), (0, 3, 4)))
    return np.maximum(out + bias[:, None, None], 0.0)


def pool(x: np.ndarray, side: int, reaching: bool = False) -> np.ndarray:
    """The largest of side x side in steps of 2; `reaching`: windows that end outside count."""
    count = (x.shape[1] - side) / 2 + 1
    steps = range(math.ceil(count) if reaching else int(count))
    rows = [[x[:, 2 * r : 2 * r + side, 2 * c : 2 * c + side].max((1, 2)) for c in steps]
            for r in steps]  # fmt: skip
    return np.moveaxis(np.array(rows), -1, 0)


def alex(x: np.ndarray, found: Arrays) -> list[np.ndarray]:
    answers = [conv(x, found, "features.0", 4, 2)]
    answers.append(conv(pool(answers[-1], 3), found, "features.3", pad=2))
    answers.append(conv(pool(answers[-1], 3), found, "features.6", pad=1))
    answers.append(conv(answers[-1], found, "features.8", pad=1))
    return [*answers, conv(answers[-1], found, "features.10", pad=1)]


def squeeze(x: np.ndarray, found: Arrays) -> list[np.ndarray]:
    def fire(x: np.ndarray, number: int) -> np.ndarray:
        x = conv(x, found, f"features.{number}.squeeze")
        narrow = conv(x, found, f"features.{number}.expand1x1")
        return np.concatenate([narrow, conv(x, found, f"features.{number}.expand3x3", pad=1)])

    answers = [conv(x, found, "features.0", 2)]
    answers.append(fire(fire(pool(answers[-1], 3, True), 3), 4))
    answers.append(fire(fire(pool(answers[-1], 3, True), 6), 7))
    answers.append(fire(pool(answers[-1], 3, True), 9))
    for number in (10, 11, 12):
        answers.append(fire(answers[-1], number))
    return answers


def vgg16(x: np.ndarray, found: Arrays) -> list[np.ndarray]:
    answers: list[np.ndarray] = []
    number = 0
    for count in (2, 2, 3, 3, 3):
        for _ in range(count):
            x = conv(x, found, f"features.{number}", pad=1)
            number += 2
        answers.append(x)
        x, number = pool(x, 2), number + 1
    return answers


def lpips(
    truth: np.ndarray, guess: np.ndarray, found: Arrays, network: Callable[..., list[np.ndarray]]
) -> np.ndarray:
    def units(picture: np.ndarray) -> list[np.ndarray]:
        x = picture.astype(np.float64) * 2 - 1
        x = (x - (-0.030, -0.088, -0.188)) / (0.458, 0.448, 0.450)
        answers = network(np.moveaxis(x, -1, 0), found)
        return [a / (np.sqrt((a**2).sum(0)) + 1e-10) for a in answers]

    total = np.zeros((SIZE, SIZE))
    for depth, (t, g) in enumerate(zip(units(truth), units(guess), strict=True)):
        head = found[f"lin{depth}.model.1.weight"].reshape(-1, 1, 1)
        found_map = ((t - g) ** 2 * head).sum(0)
        total += cv2.resize(found_map, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    return total


@pytest.mark.parametrize(
    ("name", "network"), [("lpips_alex", alex), ("lpips_squeeze", squeeze), ("lpips_vgg16", vgg16)]
)
def test_a_network_is_the_same_in_numpy(
    name: str, network: Callable[..., list[np.ndarray]], brought: Callable[[str], Arrays]
) -> None:
    found = brought(name)
    ours = losses.load(name).loss(tf.constant(TRUTH), tf.constant(GUESS)).numpy()
    assert ours.shape == (2, SIZE, SIZE, 1)
    for face in range(2):
        theirs = lpips(TRUTH[face], GUESS[face], found, network)
        assert theirs.max() > 0.01
        np.testing.assert_allclose(ours[face, ..., 0], theirs, rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["lpips_alex", "lpips_squeeze"])
def test_nothing_costs_nothing_and_everything_can_be_learnt_from(
    name: str, brought: Callable[[str], Arrays]
) -> None:
    brought(name)
    for what, (truth, guess) in extremes(SIZE).items():
        cost, gradient = learnt(name, truth, guess)
        assert np.isfinite(cost).all(), what
        assert np.isfinite(gradient).all(), what
        if np.array_equal(truth, guess):
            assert (cost == 0.0).all(), what
    cost, gradient = learnt(name, TRUTH, GUESS)
    better = GUESS - gradient * np.float32(0.003 / np.abs(gradient).max())
    assert learnt(name, TRUTH, better)[0].mean() < cost.mean()


def test_a_compiled_step_refers_to_the_weights_once(brought: Callable[[str], Arrays]) -> None:
    brought("lpips_squeeze")

    @tf.function(autograph=False)
    def step(truth: tf.Tensor, guess: tf.Tensor) -> tf.Tensor:
        mask = tf.ones_like(truth[..., :1])
        terms = parse("lpips_squeeze, mse")
        return sum(losses.face_loss(x, guess, mask, terms, Weighting()) for x in (truth, guess))

    pair = tf.constant(TRUTH), tf.constant(GUESS)
    held = step.get_concrete_function(*pair)
    assert len(held.captured_inputs) == len(lpips_squeeze.NETWORK.convolutions) * 2 + 7
    assert held.graph.as_graph_def().ByteSize() < 1_000_000
    once = losses.load("lpips_squeeze").loss(*pair).numpy().mean((1, 2, 3))
    mse = np.square(TRUTH - GUESS).mean((1, 2, 3))
    np.testing.assert_allclose(step(*pair).numpy(), once + mse, rtol=1e-3)


def test_what_is_missing_says_how_to_bring_it(brought: Callable[[str], Arrays]) -> None:
    with pytest.raises(ModelMissing, match=r"AlexNet is missing.*alexnet-owt-7be5be79\.pth"):
        losses.require(parse("lpips_alex"))
    brought("lpips_alex")
    packs.place("lpips-alex").unlink()
    with pytest.raises(ModelMissing, match=r"heads for AlexNet .*'models fetch lpips-alex'"):
        losses.require(parse("mse, lpips_alex"))


def test_other_layers_are_refused(models: Path, brought: Callable[[str], Arrays]) -> None:
    found = {k: a for k, a in brought("lpips_squeeze").items() if k.startswith("features")}
    swapped = {
        "features.3.squeeze.weight": found["features.4.squeeze.weight"],
        "features.4.squeeze.weight": found["features.3.squeeze.weight"],
    }
    save_file(found | swapped, models / "any.safetensors")
    store.bring(models / "any.safetensors")
    with pytest.raises(Damaged, match=r"SqueezeNet 1\.1 and LPIPS heads .*other layers"):
        losses.require(parse("lpips_squeeze"))


@pytest.mark.all
def test_the_published_heads_fit(
    monkeypatch: pytest.MonkeyPatch, sample: Callable[[str], Path]
) -> None:
    monkeypatch.delenv("FSTUI_DATA")
    for module in MODULES.values():
        key = module.NETWORK.heads
        sample(key)
        heads = arrays.load(key)
        assert [heads[f"lin{d}.model.1.weight"].size for d in range(len(heads))] == list(
            module.NETWORK.channels
        )
        assert all((head >= 0).all() for head in heads.values())
