"""What can be chosen of phaze_a; a preset says the rest of what the user leaves out."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from engine.settings.about import about
from engine.train.models._phaze_encoders import ENCODERS
from engine.train.models._phaze_presets import PRESETS

GENERAL, ENCODER, BOTTLENECK = "general", "encoder", "bottleneck"
FC, GBLOCK, DECODER = "fully connected", "g-block", "decoder"
FS_ORIGINAL, MOBILENET = "fs_original", "mobilenet"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An encoder, a bottleneck, dense layers, perhaps a G-block, decoders: each by choice."""

    preset: Annotated[
        str, about("set of options; what is named beside it goes before", also=("none", *PRESETS))
    ] = "none"
    output_size: Annotated[
        int, about("side of the faces it paints", 64, 2048, step=16, unit="px", group=GENERAL)
    ] = 128
    shared_fc: Annotated[
        Literal["none", "full", "half"],
        about("dense layers for both sides: own, or A's twice", group=GENERAL),
    ] = "none"
    enable_gblock: Annotated[bool, about("style blocks behind the dense layers", group=GENERAL)] = (
        True
    )
    split_fc: Annotated[bool, about("dense layers for each side", group=GENERAL)] = True
    split_gblock: Annotated[bool, about("a style block for each side", group=GENERAL)] = False
    split_decoders: Annotated[bool, about("a decoder for each side", group=GENERAL)] = False

    enc_architecture: Annotated[
        str, about("encoder, begun with random weights", also=tuple(ENCODERS), group=ENCODER)
    ] = "fs_original"
    enc_scaling: Annotated[
        int, about("its picture, of its usual size", 0, 200, unit="%", group=ENCODER)
    ] = 7

    bottleneck_type: Annotated[
        Literal["average_pooling", "dense", "max_pooling", "flatten"],
        about("how maps become a code", group=BOTTLENECK),
    ] = "dense"
    bottleneck_norm: Annotated[
        Literal["none", "instance", "layer", "rms"],
        about("normalisation before it", group=BOTTLENECK),
    ] = "none"
    bottleneck_size: Annotated[
        int, about("numbers of a dense one", 128, 4096, step=128, group=BOTTLENECK)
    ] = 1024
    bottleneck_in_encoder: Annotated[
        bool, about("in the encoder, not in each part behind it", group=BOTTLENECK)
    ] = True

    fc_depth: Annotated[int, about("dense layers of a side", 0, 16, group=FC)] = 1
    fc_min_filters: Annotated[
        int, about("channels of the first one", 16, 5120, step=16, group=FC)
    ] = 1024
    fc_max_filters: Annotated[
        int, about("channels of the last one", 128, 5120, step=64, group=FC)
    ] = 1024
    fc_dimensions: Annotated[int, about("side of its maps", 1, 16, unit="px", group=FC)] = 4
    fc_filter_slope: Annotated[
        float, about("bend from first to last", -0.99, 0.99, group=FC)
    ] = -0.5
    fc_dropout: Annotated[float, about("share that is left out in training", 0, 0.99, group=FC)] = (
        0.0
    )
    fc_upsampler: Annotated[
        Literal["upsample2d", "subpixel", "resize_images", "upscale_fast", "upscale_hybrid"],
        about("how its maps are enlarged", group=FC),
    ] = "upsample2d"
    fc_upsamples: Annotated[int, about("how often they are doubled", 0, 4, group=FC)] = 1
    fc_upsample_filters: Annotated[
        int, about("channels of that, but of upsample2d", 128, 5120, step=64, group=FC)
    ] = 512

    fc_gblock_depth: Annotated[int, about("dense layers of the style", 1, 16, group=GBLOCK)] = 3
    fc_gblock_min_nodes: Annotated[
        int, about("numbers of the first one", 128, 5120, step=64, group=GBLOCK)
    ] = 512
    fc_gblock_max_nodes: Annotated[
        int, about("numbers of the last one", 128, 5120, step=64, group=GBLOCK)
    ] = 512
    fc_gblock_filter_slope: Annotated[
        float, about("bend from first to last", -0.99, 0.99, group=GBLOCK)
    ] = -0.5
    fc_gblock_dropout: Annotated[
        float, about("share that is left out in training", 0, 0.99, group=GBLOCK)
    ] = 0.0

    dec_upscale_method: Annotated[
        Literal["subpixel", "resize_images", "upscale_fast", "upscale_hybrid", "upscale_dny"],
        about("how the decoder doubles", group=DECODER),
    ] = "subpixel"
    dec_upscales_in_fc: Annotated[
        int, about("doublings before the sides part", 0, 6, group=DECODER)
    ] = 0
    dec_norm: Annotated[
        Literal["none", "batch", "group", "instance", "layer", "rms"],
        about("normalisation behind each doubling", group=DECODER),
    ] = "none"
    dec_min_filters: Annotated[
        int, about("channels of the last doubling", 16, 512, step=8, group=DECODER)
    ] = 64
    dec_max_filters: Annotated[
        int, about("channels of the first one", 256, 5120, step=8, group=DECODER)
    ] = 512
    dec_slope_mode: Annotated[
        Literal["full", "cap_max", "cap_min"],
        about("bent all the way, or by a factor with a wait", group=DECODER),
    ] = "full"
    dec_filter_slope: Annotated[
        float, about("bend from first to last", -0.99, 0.99, group=DECODER)
    ] = -0.45
    dec_res_blocks: Annotated[
        int, about("residual blocks behind each doubling", 0, 8, group=DECODER)
    ] = 1
    dec_output_kernel: Annotated[
        int, about("side of the last convolution, odd", 1, 9, group=DECODER)
    ] = 5
    dec_gaussian: Annotated[
        bool, about("noise behind each doubling in training", group=DECODER)
    ] = True
    dec_skip_last_residual: Annotated[
        bool, about("no residual block behind the last doubling", group=DECODER)
    ] = True

    fs_original_depth: Annotated[
        int, about("how often it halves the picture", 2, 10, group=FS_ORIGINAL)
    ] = 4
    fs_original_min_filters: Annotated[
        int, about("channels of the first halving", 16, 2048, group=FS_ORIGINAL)
    ] = 128
    fs_original_max_filters: Annotated[
        int, about("channels of the last halving", 256, 8192, group=FS_ORIGINAL)
    ] = 1024
    fs_original_use_alt: Annotated[
        bool, about("pairs of small convolutions and pooling instead", group=FS_ORIGINAL)
    ] = False

    mobilenet_width: Annotated[
        float, about("channels, times their usual number", 0.1, 2.0, group=MOBILENET)
    ] = 1.0
    mobilenet_depth: Annotated[
        int, about("depth multiplier of version 1", 1, 10, group=MOBILENET)
    ] = 1
    mobilenet_minimalistic: Annotated[
        bool, about("version 3 without its costlier blocks", group=MOBILENET)
    ] = False
