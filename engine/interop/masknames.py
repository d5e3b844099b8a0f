"""What the masks of other programs are called here, and what ours are called there."""

from __future__ import annotations

from collections.abc import Iterable

OURS = {
    "bisenet-fp_face": "bisenet_fp",
    "bisenet-fp_head": "bisenet_fp",
    "unet-dfl": "unet_dfl",
    "vgg-clear": "vgg_clear",
    "custom_face": "custom",
    "custom_head": "custom",
    "drawn": "custom",
    "xseg": "custom",
}
"""faceswap's names, and those that DeepFaceLab's masks are read under; where a face has two for
one of ours, the first of this table is taken for it."""


def ours(names: Iterable[str]) -> dict[str, str]:
    """Our name for each; one that has none, or whose is taken, keeps its own."""
    result = {name: name for name in names}
    for theirs, own in OURS.items():
        if theirs in result and own not in result.values():
            result[theirs] = own
    return result


def faceswaps(name: str, centring: str) -> str:
    """faceswap's name for a mask of ours, which depends on how it is centred."""
    if name in ("bisenet_fp", "custom"):
        base = name.replace("_", "-")
        return f"{base}_{'head' if centring == 'head' else 'face'}"
    return {"unet_dfl": "unet-dfl", "vgg_clear": "vgg-clear"}.get(name, name)
