"""Face parsing by BiSeNet on a ResNet-18: 13,300,416 weights with 19 classes, 512 px.

The face is skin, brows, eyes, glasses, nose, mouth and lips; ears, hair, neck and hats are not.
Weights of 5 classes are read too. Sources: C. Yu et al., "BiSeNet: Bilateral Segmentation Network
for Real-time Semantic Segmentation", ECCV 2018; names, layers and classes of
zllrunning/face-parsing.PyTorch (MIT), which takes the ResNet's own maps for the spatial path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.extract.segment._net import Layers, Net, unfit
from engine.faces.geometry import Centring

FACE = {19: (1, 2, 3, 4, 5, 6, 10, 11, 12, 13), 5: (1, 4)}
"""The classes that are face, by how many there are: of five, skin with all in it, and glasses."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet, RGB."""
EPSILON = 1e-5
STAGES = (64, 128, 256, 512)
LAST = "conv_out.conv_out"
NORM = ("weight", "bias", "running_mean", "running_var")


def convolutions(classes: int) -> Iterator[tuple[str, str, tuple[int, int, int, int]]]:
    """Name, name of the batch norm behind it ("" for none) and kernel (k, k, in, out) of each."""
    yield "cp.resnet.conv1", "cp.resnet.bn1", (7, 7, 3, 64)
    inputs = 64
    for stage, channels in enumerate(STAGES, 1):
        for block in (f"cp.resnet.layer{stage}.{number}" for number in (0, 1)):
            yield f"{block}.conv1", f"{block}.bn1", (3, 3, inputs, channels)
            yield f"{block}.conv2", f"{block}.bn2", (3, 3, channels, channels)
            if inputs != channels:
                down = f"{block}.downsample"
                yield f"{down}.0", f"{down}.1", (1, 1, inputs, channels)
            inputs = channels
    for name, side, given, channels in (
        ("cp.arm16.conv", 3, 256, 128),
        ("cp.arm32.conv", 3, 512, 128),
        ("cp.conv_head32", 3, 128, 128),
        ("cp.conv_head16", 3, 128, 128),
        ("cp.conv_avg", 1, 512, 128),
        ("ffm.convblk", 1, 256, 256),
        ("conv_out.conv", 3, 256, 256),
        ("conv_out16.conv", 3, 128, 64),
        ("conv_out32.conv", 3, 128, 64),
    ):
        yield f"{name}.conv", f"{name}.bn", (side, side, given, channels)
    yield "cp.arm16.conv_atten", "cp.arm16.bn_atten", (1, 1, 128, 128)
    yield "cp.arm32.conv_atten", "cp.arm32.bn_atten", (1, 1, 128, 128)
    yield "ffm.conv1", "", (1, 1, 256, 64)
    yield "ffm.conv2", "", (1, 1, 64, 256)
    for name, given in (("conv_out", 256), ("conv_out16", 64), ("conv_out32", 64)):
        yield f"{name}.conv_out", "", (1, 1, given, classes)


class Segmenter(Net):
    """Face-centred crops, RGB 0..1 less ImageNet's mean over its deviation."""

    name = "bisenet_fp"
    key = "bisenet"
    side: ClassVar[int] = 512
    centring: ClassVar[Centring] = "face"
    batch = 4

    @classmethod
    def layers(cls, found: Mapping[str, NDArray[Any]]) -> Layers:
        """Kernel and bias of each convolution, its batch norm folded in."""
        left = {n: a for n, a in found.items() if not n.endswith(".num_batches_tracked")}
        for classes in FACE:
            wanted = _shapes(classes)
            if {n: _as_keras(a).shape for n, a in left.items()} == wanted:
                break
        else:
            raise unfit(cls.key)
        return {
            name: _folded(
                _as_keras(left[f"{name}.weight"]), *(left[f"{norm}.{w}"] for w in NORM if norm)
            )
            for name, norm, _ in convolutions(classes)
        }

    def face(self, rgb: Any, layers: Mapping[str, Sequence[Any]]) -> Any:
        """1 where the likeliest class is one of the face's."""
        x = (rgb / 255.0 - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32)
        fine, middle, coarse = _resnet(x, layers)
        mean = tf.nn.relu(_convolve(_mean(coarse), layers["cp.conv_avg.conv"]))
        coarse = _doubled(_refined(coarse, "cp.arm32", layers) + mean)
        coarse = tf.nn.relu(_convolve(coarse, layers["cp.conv_head32.conv"]))
        middle = _doubled(_refined(middle, "cp.arm16", layers) + coarse)
        middle = tf.nn.relu(_convolve(middle, layers["cp.conv_head16.conv"]))
        x = _fused(tf.concat([fine, middle], -1), layers)
        x = _convolve(tf.nn.relu(_convolve(x, layers["conv_out.conv.conv"])), layers[LAST])
        x = tf.raw_ops.ResizeBilinear(images=x, size=[self.side] * 2, align_corners=True)
        face = np.zeros(x.shape[-1], np.float32)
        face[list(FACE[len(face)])] = 1.0
        return tf.gather(tf.constant(face), tf.argmax(x, -1))


def _shapes(classes: int) -> dict[str, tuple[int, ...]]:
    """Of all arrays by their names, kernels as Keras has them."""
    found: dict[str, tuple[int, ...]] = {}
    for name, norm, shape in convolutions(classes):
        found[f"{name}.weight"] = shape
        found |= {f"{norm}.{w}": shape[-1:] for w in NORM if norm}
    return found


def _as_keras(array: NDArray[Any]) -> NDArray[Any]:
    """A kernel with its sides first: PyTorch has them last."""
    sides_last = array.ndim == 4 and array.shape[2] == array.shape[3] in (1, 3, 7)
    return array.transpose(2, 3, 1, 0) if sides_last else array


def _folded(kernel: NDArray[Any], *norm: NDArray[Any]) -> list[NDArray[np.float32]]:
    if not norm:
        return [np.asarray(kernel, np.float32), np.zeros(kernel.shape[-1], np.float32)]
    scale, shift, mean, variance = (n.astype(np.float64) for n in norm)
    scale = scale / np.sqrt(variance + EPSILON)
    return [(kernel * scale).astype(np.float32), (shift - mean * scale).astype(np.float32)]


def _resnet(x: Any, layers: Mapping[str, Sequence[Any]]) -> list[Any]:
    """Maps of an eighth, a sixteenth and a thirty-second of the side."""
    x = tf.nn.relu(_convolve(x, layers["cp.resnet.conv1"], 2))
    x = tf.nn.max_pool2d(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), 3, 2, "VALID")
    maps = []
    for stage in range(1, len(STAGES) + 1):
        for block in (f"cp.resnet.layer{stage}.{number}" for number in (0, 1)):
            down = layers.get(f"{block}.downsample.0")
            stride = 2 if down else 1
            inner = tf.nn.relu(_convolve(x, layers[f"{block}.conv1"], stride))
            inner = _convolve(inner, layers[f"{block}.conv2"])
            x = tf.nn.relu(inner + (_convolve(x, down, stride) if down else x))
        maps.append(x)
    return maps[1:]


def _refined(x: Any, name: str, layers: Mapping[str, Sequence[Any]]) -> Any:
    """Attention refinement: channels weighed by their means."""
    x = tf.nn.relu(_convolve(x, layers[f"{name}.conv.conv"]))
    return x * tf.sigmoid(_convolve(_mean(x), layers[f"{name}.conv_atten"]))


def _fused(x: Any, layers: Mapping[str, Sequence[Any]]) -> Any:
    """Feature fusion: joined maps, and again as their means weigh them."""
    x = tf.nn.relu(_convolve(x, layers["ffm.convblk.conv"]))
    weight = tf.nn.relu(_convolve(_mean(x), layers["ffm.conv1"]))
    return x + x * tf.sigmoid(_convolve(weight, layers["ffm.conv2"]))


def _convolve(x: Any, layer: Sequence[Any], stride: int = 1) -> Any:
    """PyTorch's padding: the same on all sides, also where the stride is 2."""
    kernel, bias = layer
    pad = [kernel.shape[0] // 2] * 2
    return tf.nn.conv2d(x, kernel, stride, [[0, 0], pad, pad, [0, 0]]) + bias


def _mean(x: Any) -> Any:
    return tf.reduce_mean(x, (1, 2), keepdims=True)


def _doubled(x: Any) -> Any:
    return tf.repeat(tf.repeat(x, 2, 1), 2, 2)
