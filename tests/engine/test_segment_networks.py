"""The masks that networks make, on generated weights: counts, files, and known answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path

import h5py
import numpy as np
import pytest
from safetensors.numpy import save_file

from engine.errors import Damaged, ModelMissing
from engine.extract.masking import Masker
from engine.extract.segment import bisenet_fp, unet_dfl, vgg_clear
from engine.extract.segment.bisenet_fp import Segmenter
from engine.faces.geometry import INNER, MEAN_FACE
from engine.faces.landmarks import Landmarks
from engine.faces.masks import stored
from engine.models import store
from engine.settings import ExtractSettings

Array = Callable[[tuple[int, ...]], np.ndarray]
Layer = tuple[str, dict[str, tuple[int, ...]]]
SETTINGS = ExtractSettings()
SPELT = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean"}
SPELT |= {"running_var": "moving_variance"}


def keras_file(path: Path, layers: Iterable[Layer], value: Callable[[str], Array | None]) -> Path:
    """A weights file as Keras 2 writes it; None leaves an array's numbers at 0, unwritten."""
    with h5py.File(path, "w") as file:
        names = []
        for layer, arrays in layers:
            names.append(layer.encode())
            group = file.create_group(layer)
            weights = [f"{layer}/{kind}:0" for kind in arrays]
            group.attrs["weight_names"] = [w.encode() for w in weights]
            for weight, shape in zip(weights, arrays.values(), strict=True):
                made = value(weight)
                group.create_dataset(weight, shape, "f4", made(shape) if made else None)
        file.attrs["layer_names"] = names
    return path


def plain(shapes: dict[str, tuple]) -> list[Layer]:
    """Layers of kernel and bias, named as Keras numbers them: not in the order of the alphabet."""
    kinds = ("kernel", "bias")
    return [
        (f"conv2d_{n}", dict(zip(kinds, arrays, strict=False)))
        for n, arrays in enumerate(shapes.values(), 1)
    ]


def bisenet_layers(classes: int) -> list[Layer]:
    found: list[Layer] = []
    for name, norm, shape in bisenet_fp.convolutions(classes):
        found.append((name, {"kernel": shape}))
        if norm:
            found.append((norm, {SPELT[w]: shape[-1:] for w in bisenet_fp.NORM}))
    return found


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty model store."""
    monkeypatch.setenv("FSTUI_DATA", str(tmp_path / "data"))
    return tmp_path


def numbers(shapes: Iterable[tuple[int, ...]]) -> int:
    return sum(math.prod(shape) for shape in shapes)


def test_the_networks_have_the_published_numbers_of_weights() -> None:
    assert numbers(s for layer in unet_dfl.shapes().values() for s in layer) == 22_955_617
    assert numbers(s for layer in vgg_clear.shapes().values() for s in layer) == 134_271_430
    for classes, trained in ((19, 13_300_416), (5, 13_295_040)):
        arrays = [a for _, layer in bisenet_layers(classes) for a in layer.items()]
        moving = [shape for kind, shape in arrays if kind.startswith("moving")]
        assert numbers(moving) == 12_672
        assert numbers(shape for _, shape in arrays) == trained + 12_672


@pytest.mark.parametrize(
    ("name", "title"),
    [("bisenet_fp", "BiSeNet"), ("unet_dfl", "U-Net"), ("vgg_clear", "VGG-Clear")],
)
def test_missing_weights_say_how_to_bring_them(models: Path, name: str, title: str) -> None:
    with pytest.raises(ModelMissing, match=rf"{title}.*missing.*models import"):
        Masker(ExtractSettings(masks=name))


def noise(side: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (1, side, side, 3), np.uint8)


def light(side: int) -> tuple[np.ndarray, np.ndarray]:
    """A crop with a light rectangle beside the middle, and where it is."""
    inside = np.zeros((side, side), bool)
    inside[side * 3 // 10 : side * 7 // 10, side * 4 // 10 : side * 8 // 10] = True
    return np.repeat(np.where(inside, 255, 0).astype(np.uint8)[None, :, :, None], 3, -1), inside


def overlap(mask: np.ndarray, inside: np.ndarray) -> float:
    """Intersection over union."""
    return ((mask > 127) & inside).sum() / ((mask > 127) | inside).sum()


def tap(shape: tuple[int, ...], inputs: int = 0, outputs: int = 0) -> np.ndarray:
    """A kernel that hands one channel on as it is."""
    kernel = np.zeros(shape, np.float32)
    kernel[shape[0] // 2, shape[1] // 2, inputs, outputs] = 1.0
    return kernel


def full(value: float) -> Array:
    return lambda shape: np.full(shape, value, np.float32)


@pytest.mark.parametrize(("bias", "answer"), [(20.0, 255), (0.0, 128)])
def test_unet_dfl_answers_as_its_last_bias_says(models: Path, bias: float, answer: int) -> None:
    last = f"conv2d_{len(unet_dfl.shapes())}/bias:0"
    path = keras_file(
        models / "DFL_256_sigmoid_v1.h5",
        plain(unet_dfl.shapes()),
        lambda name: full(bias) if name == last else None,
    )
    assert store.bring(path).key == "unet-dfl"
    masks = unet_dfl.Segmenter(SETTINGS)(noise(256), [])
    assert masks.shape == (1, 256, 256)
    assert masks.dtype == np.uint8
    assert (masks == answer).all()


def test_unet_dfl_sees_blue_green_red_where_it_is(models: Path) -> None:
    """Centre taps carry the blue channel through the first skip to the output."""
    shapes = unet_dfl.shapes()
    names = {f"{layer}/kernel:0": n for (layer, _), n in zip(plain(shapes), shapes, strict=True)}
    taps = {"down_1_1": (0, 0), "joint_5": (32, 0), "face": (0, 0)}

    def value(weight: str) -> Array | None:
        tap = taps.get(names.get(weight, ""))
        if tap is None:
            return full(-10.0) if weight == f"conv2d_{len(shapes)}/bias:0" else None

        def kernel(shape: tuple[int, ...]) -> np.ndarray:
            made = np.zeros(shape, np.float32)
            made[1, 1, *tap] = 20.0 if names[weight] == "face" else 1.0
            return made

        return kernel

    store.bring(keras_file(models / "unet.h5", plain(shapes), value))
    crops = np.zeros((1, 256, 256, 3), np.uint8)
    crops[..., 0] = 255
    crops[0, 40:90, 100:140] = (0, 0, 255)
    mask = unet_dfl.Segmenter(SETTINGS)(crops, [])[0]
    wanted = np.zeros((256, 256), bool)
    wanted[40:90, 100:140] = True
    assert np.array_equal(mask > 127, wanted)


def bisenet(models: Path, arrays: dict[str, np.ndarray], classes: int, form: str) -> Segmenter:
    """The network with weights by PyTorch's names and Keras' layout, from a file of either."""
    if form == "h5":
        by_keras = {}
        for layer, kinds in bisenet_layers(classes):
            own = ("weight",) if "kernel" in kinds else bisenet_fp.NORM
            for kind, theirs in zip(kinds, own, strict=True):
                by_keras[f"{layer}/{kind}:0"] = arrays[f"{layer}.{theirs}"]
        path, layers = models / "made.h5", bisenet_layers(classes)
        keras_file(path, layers, lambda name: lambda _: by_keras[name])
    else:
        path = models / "made.safetensors"
        as_torch = {
            n: np.ascontiguousarray(a.transpose(3, 2, 0, 1)) if a.ndim == 4 else a
            for n, a in arrays.items()
        }
        save_file(as_torch | {"cp.resnet.bn1.num_batches_tracked": np.array(5)}, path)
    assert store.bring(path).key == "bisenet"
    return bisenet_fp.Segmenter(SETTINGS)


def bisenet_arrays(classes: int, spread: float) -> dict[str, np.ndarray]:
    """Kernels of noise and batch norms that change nothing."""
    rng = np.random.default_rng(1)
    arrays = {}
    for name, norm, shape in bisenet_fp.convolutions(classes):
        arrays[f"{name}.weight"] = rng.normal(0, spread, shape).astype(np.float32)
        if norm:
            for kind, number in zip(bisenet_fp.NORM, (1, 0, 0, 1), strict=True):
                arrays[f"{norm}.{kind}"] = np.full(shape[-1], number, np.float32)
    return arrays


@pytest.mark.parametrize(
    ("classes", "likely", "form", "answer"), [(19, 17, "safetensors", 0), (5, 4, "h5", 255)]
)
def test_bisenet_takes_the_faces_classes(
    models: Path, classes: int, likely: int, form: str, answer: int
) -> None:
    """All features are 1 and all scores 0 but one class's."""
    arrays = bisenet_arrays(classes, 0.01)
    arrays["conv_out.conv.bn.weight"][:] = 0
    arrays["conv_out.conv.bn.bias"][:] = 1
    arrays["conv_out.conv_out.weight"][:] = 0
    arrays["conv_out.conv_out.weight"][..., likely] = 1
    masks = bisenet(models, arrays, classes, form)(noise(512), [])
    assert masks.shape == (1, 512, 512)
    assert (masks == answer).all()


def test_bisenet_answers_where_it_looks(models: Path) -> None:
    """Red goes straight through to the score of the lips; the background's is half of it."""
    arrays = bisenet_arrays(19, 0.0)
    for name in (
        *("cp.resnet.conv1", "cp.resnet.layer2.0.downsample.0"),
        *("ffm.convblk.conv", "conv_out.conv.conv"),
    ):
        arrays[f"{name}.weight"] = tap(arrays[f"{name}.weight"].shape)
    arrays["conv_out.conv.bn.bias"][1] = 1.7  # 2.25 of red, half as much again by the fusion
    arrays["conv_out.conv_out.weight"][0, 0, 1, 0] = 1
    arrays["conv_out.conv_out.weight"][0, 0, 0, 12] = 1
    crops, inside = light(512)
    masks = bisenet(models, arrays, 19, "h5")(crops, [])
    assert overlap(masks[0], inside) > 0.9  # in steps of 8 px
    crops[..., 0] = 0
    assert not bisenet(models, arrays, 19, "h5")(crops, []).any()


def test_weights_of_other_layers_are_refused(models: Path) -> None:
    layers = plain(unet_dfl.shapes())
    one = layers[-1][1]
    swapped = [*layers[:-1], ("more", {"kernel": one["kernel"]}), ("last", {"bias": one["bias"]})]
    store.bring(keras_file(models / "unet.h5", swapped, lambda _: None))
    with pytest.raises(Damaged, match=r"U-Net.*other layers.*models import"):
        unet_dfl.Segmenter(SETTINGS)


def test_a_networks_mask_is_stored_with_its_place(models: Path) -> None:
    last = f"conv2d_{len(unet_dfl.shapes())}/bias:0"
    store.bring(
        keras_file(
            models / "unet.h5",
            plain(unet_dfl.shapes()),
            lambda name: full(9.0) if name == last else None,
        )
    )
    points = np.zeros((68, 2), np.float32)
    points[INNER] = MEAN_FACE * 90 + 120
    masker = Masker(ExtractSettings(masks="unet_dfl,extended", mask_size=64))
    assert masker.looks
    (masks,) = masker.masks([np.zeros((256, 256, 3), np.uint8)], [Landmarks(points, None)])
    mask, matrix = stored(*masks["unet_dfl"])
    assert (mask == 255).all()
    assert mask.shape == (64, 64)
    corner = matrix @ (120, 120, 1)  # the core face is legacy-centred: 5/8 of the crop's side
    assert corner == pytest.approx([0.1875 * 64] * 2, abs=1.0)


@pytest.mark.all
@pytest.mark.parametrize(
    ("route", "gain", "step"), [("score_fr", 1.0, 32), ("score_pool3", 10_000.0, 8)]
)
def test_vgg_clear_answers_where_it_looks(models: Path, route: str, gain: float, step: int) -> None:
    """Blue goes straight through to one of the face's scores; the other's is half of it."""
    names = {n: own for (n, _), own in zip(plain(SHAPES), SHAPES, strict=True)}

    def value(weight: str) -> Array | None:
        layer, kind = names[weight.partition("/")[0]], weight.rpartition("/")[2]
        if layer.startswith("upscore"):
            return bilinear
        if layer == route:
            return lambda s: tap(s, 0, 1) * gain if len(s) == 4 else np.array([70, 0], "f4")
        return None if kind == "bias:0" or layer.startswith("score") else tap

    path = keras_file(models / "made.h5", plain(SHAPES), value)
    assert store.bring(path).key == "vgg-clear"
    crops, inside = light(300)
    (mask,) = vgg_clear.Segmenter(SETTINGS)(crops, [])
    assert mask.shape == (300, 300)
    found, wanted = (np.argwhere(m).mean(0) for m in (mask > 127, inside))
    assert np.abs(found - wanted).max() < step / 2
    assert (inside & (mask < 128)).mean() < 0.01  # halving by the largest grows what is light
    assert (mask > 127).sum() < (120 + 1.5 * step) ** 2


SHAPES = vgg_clear.shapes()


def bilinear(shape: tuple[int, ...]) -> np.ndarray:
    """The kernel that enlarges each class by half its side."""
    place = np.arange(shape[0]) - (shape[0] - 1) / 2
    line = 1.0 - np.abs(place) / (shape[0] / 2)
    return (np.outer(line, line)[:, :, None, None] * np.eye(shape[2])).astype(np.float32)
