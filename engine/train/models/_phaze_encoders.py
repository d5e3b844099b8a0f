"""Encoders of phaze_a by name: the trade's own, those of `keras.applications`, CLIP's.

All begin with random weights: none is downloaded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras

from engine.errors import BadInput
from engine.train.blocks import Blocks
from engine.train.layers import Conv
from engine.train.models._phaze_keras import application
from engine.train.models._phaze_vit import BASE_16, BASE_32, LARGE_14, Transformer, vision

STEP_PX = 16
ALT_LEAK, LAST_KERNEL = 0.2, 4


Build = Callable[[Any, Any, Any, Blocks], tuple[Any, Any]]


class Encoder(NamedTuple):
    """An encoder and the pictures that it wants."""

    build: Build
    """The graph's input, the picture made ready of it, options and blocks, to the input (another
    one where the graph had to be copied) and maps or a code."""
    size: int
    """Side of its usual picture, px."""
    scale: tuple[float, float] = (1.0, 0.0)
    """Factor and offset of pixels in 0..1."""
    bgr: bool = False
    minimum: int = 32
    """Side of its least picture, px."""

    def input_size(self, percent: int) -> int:
        """Side of a picture of so much of the usual size, px: a multiple of 16."""
        return max(self.minimum, self.size * percent // 100 // STEP_PX * STEP_PX)


def fs_original(inputs: Any, x: Any, options: Any, blocks: Blocks) -> tuple[Any, Any]:
    """Convolutions 5x5 of stride 2, or the alternative."""
    depth, most = options.fs_original_depth, options.fs_original_max_filters
    filters = [min(options.fs_original_min_filters * 2**i, most) for i in range(depth)]
    if options.fs_original_use_alt:
        return inputs, _pooling(x, filters, most, blocks)
    for number, count in enumerate(filters, 1):
        x = blocks.conv(x, count, name=f"conv_{number}")
    return inputs, x


def _pooling(x: Any, filters: list[int], most: int, blocks: Blocks) -> Any:
    """A 1x1 convolution, then on each level two of 3x3, of which the second has twice the
    channels, and the larger of 2x2; the last level ends with 4x4 inside the maps instead."""

    def conv(x: Any, count: int, kernel: int, name: str) -> Any:
        return blocks.conv(x, count, kernel, stride=1, leak=ALT_LEAK, name=name)

    last = x.shape[1] >> (len(filters) - 1)
    if last < LAST_KERNEL:
        raise BadInput(
            f"fs_original_depth can't be {len(filters)}: its last maps would be {last} px, and "
            f"{LAST_KERNEL} px are needed. Name a smaller depth or more enc_scaling."
        )
    x = conv(x, filters[0], 1, "conv_0")
    for number, count in enumerate(filters[:-1], 1):
        x = conv(x, count, 3, f"conv_{number}_1")
        x = conv(x, min(2 * count, most), 3, f"conv_{number}_2")
        x = keras.layers.MaxPooling2D(2, name=f"pool_{number}")(x)
    x = conv(x, filters[-1], 3, f"conv_{len(filters)}_1")
    begin = blocks.beginning("he_uniform")
    return Conv(
        min(2 * filters[-1], most), LAST_KERNEL, leak=ALT_LEAK, valid=True, initializer=begin,
        name=f"conv_{len(filters)}_2",
    )(x)  # fmt: skip


def _keras(function: str, **options: Any) -> Build:
    return lambda inputs, x, chosen, blocks: application(x, function, options)


def _mobile(function: str, *names: str) -> Build:
    """MobileNets have options; `names` are those of this one."""

    def build(inputs: Any, x: Any, options: Any, blocks: Blocks) -> tuple[Any, Any]:
        every = {
            "alpha": options.mobilenet_width,
            "depth_multiplier": options.mobilenet_depth,
            "minimalistic": options.mobilenet_minimalistic,
        }
        chosen = {name: every[name] for name in names}
        extra = {"include_preprocessing": False} if "minimalistic" in names else {}
        return application(x, function, {**chosen, **extra})

    return build


def _clip(kind: Transformer) -> Build:
    return lambda inputs, x, options, blocks: (inputs, vision(x, kind))


BYTES, SIGNED = (255.0, 0.0), (2.0, -1.0)
EFFICIENT = {0: 224, 1: 240, 2: 260, 3: 300, 4: 380, 5: 456, 6: 528, 7: 600}
EFFICIENT_V2 = {"b0": 224, "b1": 240, "b2": 260, "b3": 300, "s": 384, "m": 480, "l": 480}
RAW = {"include_preprocessing": False}

ENCODERS: dict[str, Encoder] = {
    "fs_original": Encoder(fs_original, 1024, bgr=True),
    "clipv_farl-b-16-16": Encoder(_clip(BASE_16), 224),
    "clipv_farl-b-16-64": Encoder(_clip(BASE_16), 224),
    "clipv_vit-b-16": Encoder(_clip(BASE_16), 224),
    "clipv_vit-b-32": Encoder(_clip(BASE_32), 224),
    "clipv_vit-l-14": Encoder(_clip(LARGE_14), 224),
    "clipv_vit-l-14-336px": Encoder(_clip(LARGE_14), 336),
    **{
        f"convnext_{kind}": Encoder(_keras(f"ConvNeXt{name}"), 224, BYTES)
        for kind, name in zip(
            ("tiny", "small", "base", "large", "xlarge"),
            ("Tiny", "Small", "Base", "Large", "XLarge"),
            strict=True,
        )
    },
    **{f"densenet{n}": Encoder(_keras(f"DenseNet{n}"), 224) for n in (121, 169, 201)},
    **{
        f"efficientnet_b{n}": Encoder(_keras(f"EfficientNetB{n}"), size, BYTES)
        for n, size in EFFICIENT.items()
    },
    **{
        f"efficientnet_v2_{kind}": Encoder(
            _keras(f"EfficientNetV2{kind.upper()}", **RAW), size, SIGNED
        )
        for kind, size in EFFICIENT_V2.items()
    },
    "inception_resnet_v2": Encoder(_keras("InceptionResNetV2"), 299, SIGNED, minimum=75),
    "inception_v3": Encoder(_keras("InceptionV3"), 299, SIGNED, minimum=75),
    "mobilenet": Encoder(_mobile("MobileNet", "alpha", "depth_multiplier"), 224, SIGNED),
    "mobilenet_v2": Encoder(_mobile("MobileNetV2", "alpha"), 224, SIGNED),
    **{
        f"mobilenet_v3_{size.lower()}": Encoder(
            _mobile(f"MobileNetV3{size}", "alpha", "minimalistic"), 224, SIGNED
        )
        for size in ("Large", "Small")
    },
    "nasnet_large": Encoder(_keras("NASNetLarge"), 331, SIGNED),
    "nasnet_mobile": Encoder(_keras("NASNetMobile"), 224, SIGNED),
    **{f"resnet{n}": Encoder(_keras(f"ResNet{n}"), 224, SIGNED) for n in (50, 101, 152)},
    **{f"resnet{n}_v2": Encoder(_keras(f"ResNet{n}V2"), 224, SIGNED) for n in (50, 101, 152)},
    **{f"vgg{n}": Encoder(_keras(f"VGG{n}"), 224, BYTES, bgr=True) for n in (16, 19)},
    "xception": Encoder(_keras("Xception"), 299, SIGNED, minimum=71),
}
