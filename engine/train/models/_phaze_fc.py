"""What stands between phaze_a's encoder and its decoders: bottleneck, dense layers, G-block."""

from __future__ import annotations

from typing import Any

import keras

from engine.errors import BadInput
from engine.train.blocks import Blocks, model
from engine.train.chance import Dropout, Noise
from engine.train.models._phaze_curve import curve, divisible
from engine.train.models._phaze_decoder import upscales
from engine.train.models._phaze_options import Options
from engine.train.models._upscales import WAYS
from engine.train.norms import StyleNorm, normalised

STYLE = 512
"""Numbers that a G-block makes of the style."""
ROUNDS = 2
LEAK, FC_LEAK = 0.2, 0.1


def bottleneck(x: Any, o: Options, blocks: Blocks) -> Any:
    """Maps or a code to a code (n, numbers)."""
    x = normalised(x, o.bottleneck_norm, "bottleneck_norm")
    if len(x.shape) > 2 and o.bottleneck_type == "average_pooling":
        return keras.layers.GlobalAveragePooling2D(name="bottleneck_pool")(x)
    if len(x.shape) > 2 and o.bottleneck_type == "max_pooling":
        return keras.layers.GlobalMaxPooling2D(name="bottleneck_pool")(x)
    x = blocks.flatten(x)
    return blocks.dense(x, o.bottleneck_size, "bottleneck") if o.bottleneck_type == "dense" else x


def code(shape: Any, o: Options, blocks: Blocks) -> tuple[Any, Any]:
    """Input of a part behind the encoder, and the code that it is or becomes."""
    inputs = keras.Input(shape, name="encoded")
    return inputs, inputs if o.bottleneck_in_encoder else bottleneck(inputs, o, blocks)


def fc(shape: Any, name: str, o: Options, blocks: Blocks) -> Any:
    """The encoder's output to maps."""
    inputs, x = code(shape, o, blocks)
    x = dense(x, fc_nodes(o), o.fc_dropout, blocks)
    if x.shape[-1] != fc_nodes_last(o):
        raise BadInput(
            f"With fc_depth 0 the bottleneck must be {fc_nodes_last(o)} numbers for maps of "
            f"{o.fc_dimensions} px, and it is {x.shape[-1]}: name another bottleneck_size, "
            "fc_max_filters or fc_dimensions."
        )
    x = blocks.reshape(x, o.fc_dimensions, x.shape[-1] // o.fc_dimensions**2)
    x = enlarged(x, o, blocks)
    if o.dec_upscales_in_fc:
        x = upscales(x, o, blocks, range(o.dec_upscales_in_fc))
    return model(inputs, x, name)


def enlarged(x: Any, o: Options, blocks: Blocks) -> Any:
    """The dense layers' maps, `fc_upsamples` times doubled."""
    count = o.fc_upsamples
    if not count:
        return x
    if o.fc_upsampler != "upsample2d":
        for number in range(1, count + 1):
            filters = fc_filters(o, o.fc_upsample_filters)
            x = WAYS[o.fc_upsampler](blocks, x, filters, f"fc_upscale_{number}")
        return x
    if count == 1:
        x = keras.layers.UpSampling2D(2, interpolation="nearest", name="fc_resize")(x)
    else:
        x = blocks.resize(x, 2**count, "fc_resize")
    return blocks.leak(x, FC_LEAK, "fc_leak")


def fc_filters(o: Options, filters: int) -> int:
    """Filters that can become maps whose side divides the output's."""
    return divisible(filters, o.fc_dimensions * (o.fc_upsamples + 1), o.output_size)


def fc_nodes_last(o: Options) -> int:
    """Numbers that become the dense layers' maps."""
    return fc_filters(o, o.fc_max_filters) * o.fc_dimensions**2


def fc_nodes(o: Options) -> list[int]:
    """Numbers of each dense layer."""
    if not o.fc_depth:
        return []
    first, last = fc_filters(o, o.fc_min_filters) * o.fc_dimensions**2, fc_nodes_last(o)
    return [*curve(first, last, o.fc_depth, o.fc_filter_slope)[:-1], last]


def dense(x: Any, nodes: list[int], dropout: float, blocks: Blocks) -> Any:
    """Linear layers, before each of which numbers are left out in training."""
    for number, count in enumerate(nodes, 1):
        if dropout:
            x = Dropout(dropout, name=f"dropout_{number}")(x)
        x = blocks.dense(x, count, f"dense_{number}")
    return x


def style_fc(shape: Any, o: Options, blocks: Blocks) -> Any:
    """The encoder's output to the style (n, numbers) of a G-block."""
    inputs, x = code(shape, o, blocks)
    first, last = o.fc_gblock_min_nodes, o.fc_gblock_max_nodes
    nodes = [*curve(first, last, o.fc_gblock_depth, o.fc_gblock_filter_slope)[:-1], last]
    return model(inputs, dense(x, nodes, o.fc_gblock_dropout, blocks), "fc_gblock")


def g_block(maps: Any, style_shape: Any, name: str, blocks: Blocks) -> Any:
    """Maps in a style, as one block of StyleGAN's generator has it: twice noise is added and each
    channel takes the mean and deviation that the style says.

    Source: T. Karras et al., "A Style-Based Generator Architecture for Generative Adversarial
    Networks", CVPR 2019.
    """
    inputs, style_input = keras.Input(maps, name="maps"), keras.Input(style_shape, name="style")
    filters = inputs.shape[-1]
    style = style_input
    for number in range(1, 4):
        style = blocks.dense(style, STYLE, f"style_{number}", initializer="he_normal")
        style = blocks.leak(style, FC_LEAK, f"style_leak_{number}") if number < 3 else style
    x = blocks.conv(inputs, filters, 3, stride=1, leak=None, name="conv_1")
    x = Noise(name="noise")(x)
    for number in range(1, ROUNDS + 1):
        beta = blocks.dense(style, filters, f"beta_{number}")
        gamma = blocks.dense(style, filters, f"gamma_{number}")
        noise = Noise(name=f"noise_{number}")(x)
        noise = blocks.conv(noise, filters, 1, stride=1, leak=None, name=f"noise_conv_{number}")
        if number > 1:
            x = blocks.conv(x, filters, 3, stride=1, leak=None, name=f"conv_{number}")
        x = StyleNorm(name=f"norm_{number}")([x, beta, gamma])
        x = keras.layers.Add(name=f"sum_{number}")([x, noise])
        x = blocks.leak(x, LEAK, f"leak_{number}")
    return model([inputs, style_input], x, name)
