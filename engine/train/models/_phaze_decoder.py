"""The doublings of phaze_a's decoders, of which the first ones may stand in the dense parts."""

from __future__ import annotations

import math
from typing import Any

import keras

from engine.errors import BadInput
from engine.train.blocks import Blocks, model
from engine.train.chance import Noise
from engine.train.models._phaze_curve import curve, scaled
from engine.train.models._phaze_options import Options
from engine.train.models._upscales import WAYS
from engine.train.norms import normalised

LEAK, RESIDUAL_LEAK = 0.1, 0.2


def decoder(shape: Any, name: str, o: Options, blocks: Blocks, bgr: bool) -> Any:
    """Maps to a face and, where it is learnt, a mask."""
    inputs = keras.Input(shape, name="maps")
    stages = range(o.dec_upscales_in_fc, o.dec_upscales_in_fc + doublings(inputs, o))
    kernel = o.dec_output_kernel
    pictures = [blocks.face(upscales(inputs, o, blocks, stages), kernel=kernel, bgr=bgr)]
    if blocks.learn_mask:
        x = upscales(inputs, o, blocks, stages, "mask_")
        pictures.append(blocks.mask(x, kernel=kernel))
    return model(inputs, pictures, name)


def upscales(x: Any, o: Options, blocks: Blocks, stages: range, prefix: str = "") -> Any:
    """The doublings numbered `stages` of all those of the curve; a mask's have a prefix and
    neither noise nor residual blocks."""
    if stages.start == 0:
        x = entry(x, o, blocks, prefix)
    total = stages.start + doublings(x, o)
    if stages.stop > total:
        raise BadInput(
            f"dec_upscales_in_fc can't be {stages.stop}: from the dense layers' maps to "
            f"{o.output_size} px there are {total} doublings."
        )
    filters = curve(
        o.dec_max_filters, o.dec_min_filters, total, o.dec_filter_slope, o.dec_slope_mode
    )
    for stage in stages:
        residuals = 0 if prefix else o.dec_res_blocks
        if o.dec_skip_last_residual and stage == stages[-1]:
            residuals = 0
        x = doubled(x, filters[stage], residuals, o, blocks, f"{prefix}upscale_{stage + 1}")
    return x


def doubled(x: Any, filters: int, residuals: int, o: Options, blocks: Blocks, name: str) -> Any:
    """One doubling: upscale, noise, norm, leak and residual blocks."""
    x = WAYS[o.dec_upscale_method](blocks, x, filters, name)
    if o.dec_gaussian and not name.startswith("mask"):
        x = Noise(name=f"{name}_noise")(x)
    x = normalised(x, o.dec_norm, f"{name}_norm")
    if residuals:
        x = blocks.leak(x, RESIDUAL_LEAK, f"{name}_after")
    elif o.dec_upscale_method != "upscale_dny":
        x = blocks.leak(x, LEAK, f"{name}_after")
    for number in range(1, residuals + 1):
        x = blocks.residual(x, f"{name}_residual_{number}")
    return x


def entry(x: Any, o: Options, blocks: Blocks, prefix: str) -> Any:
    """Maps whose side divides the output's; for dny two convolutions more."""
    size, channels = x.shape[1], x.shape[-1]
    side = scaled(o.output_size, size)
    if side != size:
        numbers = size * size * channels
        if numbers % (side * side):
            raise BadInput(
                f"Maps of {size} px with {channels} channels can't become maps of {side} px, from "
                f"which {o.output_size} px are reached: name other fc_dimensions, fc_upsamples or "
                "filters."
            )
        x = blocks.reshape(x, side, numbers // side**2, f"{prefix}to_{side}_px")
    if o.dec_upscale_method == "upscale_dny":
        for number, kernel in enumerate((4, 3), 1):
            x = blocks.conv(
                x, o.dec_max_filters, kernel, stride=1, leak=0.2, name=f"{prefix}entry_{number}"
            )
    return x


def doublings(x: Any, o: Options) -> int:
    """How often maps are doubled until they have the output's size."""
    return round(math.log2(o.output_size / scaled(o.output_size, x.shape[1])))
