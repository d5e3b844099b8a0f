"""The layers of OpenCV's face detector, written in Caffe's own text form for OpenCV to read.

SSD with a narrow ResNet-10 on 300x300, 2,662,666 numbers. Source of the architecture and of the
layers' names, by which the weights are found: OpenCV's public samples/dnn/face_detector.
"""

from __future__ import annotations

from typing import NamedTuple

SIDE = 300


class Head(NamedTuple):
    """Where boxes of some sizes are looked for."""

    name: str
    source: str
    step: int
    """Pixels from cell to cell."""
    smallest: float
    largest: float
    ratios: tuple[int, ...]
    """Of longer to shorter side, each lying and standing, beside two squares."""

    @property
    def boxes(self) -> int:
        """In a cell."""
        return 2 + 2 * len(self.ratios)


HEADS = (
    Head("conv4_3_norm", "conv4_3_norm", 8, 30, 60, (2,)),
    Head("fc7", "fc7", 16, 60, 111, (2, 3)),
    Head("conv6_2", "conv6_2_h", 32, 111, 162, (2, 3)),
    Head("conv7_2", "conv7_2_h", 64, 162, 213, (2, 3)),
    Head("conv8_2", "conv8_2_h", 100, 213, 264, (2,)),
    Head("conv9_2", "conv9_2_h", 300, 264, 315, (2,)),
)
LATER = (
    ("conv6_1_h", 128, 1, 1), ("conv6_2_h", 256, 3, 2),
    ("conv7_1_h", 64, 1, 1), ("conv7_2_h", 128, 3, 2),
    ("conv8_1_h", 64, 1, 1), ("conv8_2_h", 128, 3, 1),
    ("conv9_1_h", 64, 1, 1), ("conv9_2_h", 128, 3, 1),
)  # fmt: skip
"""Name, channels, side of the kernel, stride."""


def text(least: float) -> str:
    """The network; boxes less sure than `least` are left out."""
    return "\n".join(
        [
            f'input: "data" input_shape {{ dim: 1 dim: 3 dim: {SIDE} dim: {SIDE} }}',
            *_stem(),
            *_later(),
            *(line for head in HEADS for line in _head(head)),
            *_joined(least),
        ]
    )


def _layer(kind: str, name: str, bottoms: str, top: str, more: str = "") -> str:
    inputs = " ".join(f'bottom: "{bottom}"' for bottom in bottoms.split())
    return f'layer {{ name: "{name}" type: "{kind}" {inputs} top: "{top}" {more} }}'


def _convolution(
    name: str, bottom: str, channels: int, side: int, stride: int = 1, *, bias: bool = True,
    dilation: int = 1,
) -> str:  # fmt: skip
    more = (
        f"num_output: {channels} kernel_size: {side} stride: {stride} "
        f"pad: {side // 2 * dilation} dilation: {dilation} bias_term: {str(bias).lower()}"
    )
    return _layer("Convolution", name, bottom, name, f"convolution_param {{ {more} }}")


def _normal(batch: str, scale: str, bottom: str, top: str, relu: str = "") -> list[str]:
    """Batch norm, its scale and bias, and what the sum of them is cut at 0 into."""
    lines = [
        _layer("BatchNorm", batch, bottom, top),
        _layer("Scale", scale, top, top, "scale_param { bias_term: true }"),
    ]
    return [*lines, _layer("ReLU", f"{scale}_relu", top, relu)] if relu else lines


def _stem() -> list[str]:
    """A first convolution and four residual blocks."""
    return [
        *_normal("data_bn", "data_scale", "data", "data_bn"),
        _convolution("conv1_h", "data_bn", 32, 7, 2),
        *_normal("conv1_bn_h", "conv1_scale_h", "conv1_h", "conv1_h", "conv1_h"),
        _layer(
            "Pooling", "conv1_pool", "conv1_h", "conv1_pool",
            "pooling_param { kernel_size: 3 stride: 2 }",
        ),
        *_block("layer_64_1", "_h _h _h", "conv1_pool", 32, 32, 1),
        _layer(
            "Eltwise", "layer_64_1_sum", "layer_64_1_conv2_h conv1_pool", "layer_64_1_sum"
        ),
        *_widened("layer_128_1", "layer_64_1_sum", "_h", "_h  ", "_h", 128, 128, 2),
        *_widened("layer_256_1", "layer_128_1_sum", "", "  ", "", 256, 256, 2),
        *_widened("layer_512_1", "layer_256_1_sum", "", "_h _h _h", "_h", 128, 256, 1, dilation=2),
        *_normal("last_bn_h", "last_scale_h", "layer_512_1_sum", "layer_512_1_sum", "fc7"),
    ]  # fmt: skip


def _block(
    name: str, marks: str, bottom: str, inner: int, outer: int, stride: int, *, dilation: int = 1
) -> list[str]:
    """Two convolutions with a norm between; `marks` end the names of first, norm and second."""
    first, norm, second = marks.split(" ")
    middle = f"{name}_conv1{first}"
    return [
        _convolution(middle, bottom, inner, 3, stride, bias=False),
        *_normal(f"{name}_bn2{norm}", f"{name}_scale2{norm}", middle, middle, middle),
        _convolution(
            f"{name}_conv2{second}", middle, outer, 3, bias=False, dilation=dilation
        ),
    ]  # fmt: skip


def _widened(
    name: str, bottom: str, mark: str, marks: str, expand: str, inner: int, outer: int,
    stride: int, *, dilation: int = 1,
) -> list[str]:  # fmt: skip
    """A norm, a block, and a shortcut of one convolution."""
    top, second = f"{name}_bn1{mark}", f"{name}_conv2{marks.split(' ')[2]}"
    shortcut = f"{name}_conv_expand{expand}"
    return [
        *_normal(top, f"{name}_scale1{mark}", bottom, top, top),
        *_block(name, marks, top, inner, outer, stride, dilation=dilation),
        _convolution(shortcut, top, outer, 1, stride, bias=False),
        _layer("Eltwise", f"{name}_sum", f"{second} {shortcut}", f"{name}_sum"),
    ]


def _later() -> list[str]:
    """The convolutions behind the ResNet, each cut at 0, and the norm of the finest head."""
    lines, bottom = [], "fc7"
    for name, channels, side, stride in LATER:
        lines += [
            _convolution(name, bottom, channels, side, stride),
            _layer("ReLU", f"{name}_relu", name, name),
        ]
        bottom = name
    norm = "norm_param { across_spatial: false channel_shared: false }"
    return [*lines, _layer("Normalize", "conv4_3_norm", "layer_256_1_bn1", "conv4_3_norm", norm)]


def _head(head: Head) -> list[str]:
    lines = []
    for kind, numbers in (("loc", 4), ("conf", 2)):
        name = f"{head.name}_mbox_{kind}"
        order = "permute_param { order: 0 order: 2 order: 3 order: 1 }"
        lines += [
            _convolution(name, head.source, numbers * head.boxes, 3),
            _layer("Permute", f"{name}_perm", name, f"{name}_perm", order),
            _layer(
                "Flatten",
                f"{name}_flat",
                f"{name}_perm",
                f"{name}_flat",
                "flatten_param { axis: 1 }",
            ),
        ]
    ratios = " ".join(f"aspect_ratio: {ratio}" for ratio in head.ratios)
    prior = (
        f"min_size: {head.smallest} max_size: {head.largest} {ratios} flip: true clip: false "
        f"variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2 step: {head.step} offset: 0.5"
    )
    name = f"{head.name}_mbox_priorbox"
    lines.append(
        _layer("PriorBox", name, f"{head.source} data", name, f"prior_box_param {{ {prior} }}")
    )
    return lines


def _joined(least: float) -> list[str]:
    """All heads' answers side by side, and the boxes that they make."""

    def join(kind: str, ending: str, axis: int) -> str:
        parts = " ".join(f"{head.name}_mbox_{kind}{ending}" for head in HEADS)
        more = f"concat_param {{ axis: {axis} }}"
        return _layer("Concat", f"mbox_{kind}", parts, f"mbox_{kind}", more)

    output = (
        "num_classes: 2 share_location: true background_label_id: 0 code_type: CENTER_SIZE "
        "nms_param { nms_threshold: 0.45 top_k: 400 } keep_top_k: 200 "
        f"confidence_threshold: {least}"
    )
    return [
        join("loc", "_flat", 1),
        join("conf", "_flat", 1),
        join("priorbox", "", 2),
        _layer(
            "Reshape", "mbox_conf_reshape", "mbox_conf", "mbox_conf_reshape",
            "reshape_param { shape { dim: 0 dim: -1 dim: 2 } }",
        ),
        _layer(
            "Softmax", "mbox_conf_softmax", "mbox_conf_reshape", "mbox_conf_softmax",
            "softmax_param { axis: 2 }",
        ),
        _layer(
            "Flatten", "mbox_conf_flatten", "mbox_conf_softmax", "mbox_conf_flatten",
            "flatten_param { axis: 1 }",
        ),
        _layer(
            "DetectionOutput", "detection_out", "mbox_loc mbox_conf_flatten mbox_priorbox",
            "detection_out", f"detection_output_param {{ {output} }}",
        ),
    ]  # fmt: skip
