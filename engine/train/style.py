"""How a network is built, whatever its architecture."""

from __future__ import annotations

import msgspec


class Style(msgspec.Struct, frozen=True):
    """How a network is built, beside its own options; fixed for its life."""

    learn_mask: bool = False
    """Whether each decoder paints a mask beside the face."""
    icnr_init: bool = False
    """Whether upscales begin as nearest-neighbour, without a checkerboard."""
    conv_aware_init: bool = False
    """Whether convolutions begin with kernels that are orthogonal in the Fourier domain."""
    reflect_padding: bool = False
    """Whether convolutions see the picture mirrored beyond its edges instead of black."""
