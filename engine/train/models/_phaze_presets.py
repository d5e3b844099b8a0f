"""Options of phaze_a that are known to work together, by name.

The values are those of the presets that the trade's trainer ships; some rebuild another network:
original, lightweight, iae, dfaker and dfl-h128 have that network's number of weights.
"""

from __future__ import annotations

from typing import Any

Options = dict[str, Any]

NO_GBLOCK: Options = {"enable_gblock": False, "dec_gaussian": False}

PLAIN: Options = {
    **NO_GBLOCK,
    "split_fc": False,
    "split_decoders": True,
    "dec_skip_last_residual": False,
    "dec_res_blocks": 0,
    "fc_upsampler": "subpixel",
}

H128: Options = {
    **PLAIN,
    "output_size": 128,
    "enc_scaling": 13,
    "bottleneck_size": 512,
    "fc_min_filters": 512,
    "fc_max_filters": 512,
    "fc_dimensions": 8,
    "dec_min_filters": 128,
    "dec_filter_slope": -0.33,
}

SAE: Options = {
    **H128,
    "fs_original_min_filters": 126,
    "fs_original_max_filters": 1008,
    "dec_max_filters": 504,
    "dec_res_blocks": 2,
}

SAEHD: Options = {
    **H128,
    "fs_original_min_filters": 64,
    "fs_original_max_filters": 512,
    "bottleneck_in_encoder": False,
    "bottleneck_size": 256,
    "dec_res_blocks": 1,
    "dec_output_kernel": 1,
}

LIAE: Options = {
    "split_fc": True,
    "shared_fc": "half",
    "split_decoders": False,
    "bottleneck_in_encoder": False,
    "bottleneck_size": 256,
}

CLIP: Options = {
    **PLAIN,
    "enc_architecture": "clipv_farl-b-16-64",
    "bottleneck_type": "flatten",
    "dec_slope_mode": "cap_min",
    "dec_filter_slope": 0.5,
    "dec_res_blocks": 1,
    "dec_skip_last_residual": True,
}

DNY: Options = {
    **PLAIN,
    "fs_original_use_alt": True,
    "fs_original_min_filters": 16,
    "fs_original_max_filters": 512,
    "bottleneck_size": 512,
    "fc_depth": 0,
    "fc_min_filters": 512,
    "fc_max_filters": 512,
    "fc_dimensions": 1,
    "fc_upsampler": "upsample2d",
    "fc_upsamples": 2,
    "dec_upscale_method": "upscale_dny",
    "dec_min_filters": 16,
    "dec_slope_mode": "cap_max",
    "dec_filter_slope": 0.5,
    "dec_output_kernel": 1,
}

PRESETS: dict[str, Options] = {
    "clipfaker128": {**CLIP, "output_size": 128, "enc_scaling": 29},
    "clipfaker256": {**CLIP, "output_size": 256, "enc_scaling": 58, "dec_max_filters": 1024},
    "clipfaker448": {
        **CLIP,
        "output_size": 448,
        "enc_scaling": 100,
        "fc_min_filters": 384,
        "fc_max_filters": 384,
        "fc_dimensions": 7,
        "fc_upsample_filters": 1024,
        "dec_max_filters": 1024,
    },
    "dfaker": {**PLAIN, "dec_res_blocks": 1, "dec_skip_last_residual": True},
    "dfl-h128": H128,
    "dfl-sae-df": SAE,
    "dfl-sae-liae": {**SAE, **LIAE},
    "dfl-saehd-df": {
        **SAEHD,
        "fc_min_filters": 256,
        "fc_max_filters": 256,
        "fc_upsample_filters": 256,
    },
    "dfl-saehd-liae": {**SAEHD, **LIAE},
    "dny256": {
        **DNY,
        "output_size": 256,
        "enc_scaling": 25,
        "fs_original_depth": 7,
        "dec_upscales_in_fc": 1,
    },
    "dny512": {
        **DNY,
        "output_size": 512,
        "enc_scaling": 50,
        "fs_original_depth": 8,
        "dec_upscales_in_fc": 2,
    },
    "dny1024": {
        **DNY,
        "output_size": 1024,
        "enc_scaling": 100,
        "fs_original_depth": 9,
        "dec_upscales_in_fc": 2,
    },
    "iae": {
        **PLAIN,
        "output_size": 64,
        "split_fc": True,
        "shared_fc": "full",
        "split_decoders": False,
        "bottleneck_in_encoder": False,
        "fc_min_filters": 512,
        "fc_max_filters": 512,
        "fc_upsamples": 0,
    },
    "lightweight": {
        **PLAIN,
        "output_size": 64,
        "fs_original_depth": 3,
        "fs_original_max_filters": 512,
        "bottleneck_size": 512,
        "fc_min_filters": 512,
        "fc_max_filters": 512,
        "fc_upsample_filters": 256,
        "dec_min_filters": 128,
        "dec_filter_slope": -0.33,
    },
    "original": {
        **PLAIN,
        "output_size": 64,
        "dec_max_filters": 256,
        "dec_filter_slope": -0.33,
    },
    "stojo": {
        "output_size": 256,
        "enc_architecture": "efficientnet_b4",
        "enc_scaling": 60,
        "bottleneck_size": 512,
        "fc_min_filters": 1280,
        "fc_max_filters": 1280,
        "fc_dimensions": 8,
        "dec_upscale_method": "resize_images",
        "dec_min_filters": 160,
        "dec_max_filters": 640,
        "dec_filter_slope": -0.33,
        "dec_skip_last_residual": False,
        "dec_output_kernel": 3,
    },
    "sym384": {
        "output_size": 384,
        "enable_gblock": False,
        "split_fc": False,
        "split_decoders": True,
        "enc_architecture": "efficientnet_v2_s",
        "enc_scaling": 100,
        "bottleneck_type": "max_pooling",
        "fc_min_filters": 1536,
        "fc_max_filters": 1536,
        "fc_dimensions": 3,
        "fc_upsampler": "subpixel",
        "fc_upsamples": 0,
        "dec_upscale_method": "upscale_dny",
        "dec_upscales_in_fc": 2,
        "dec_min_filters": 24,
        "dec_max_filters": 1536,
        "dec_slope_mode": "cap_max",
        "dec_filter_slope": 0.5,
        "dec_output_kernel": 3,
    },
}
