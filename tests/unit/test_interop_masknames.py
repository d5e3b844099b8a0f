"""Names of masks between programs."""

from __future__ import annotations

from engine.extract.networks import names
from engine.interop.masknames import OURS, faceswaps, ours


def test_masks_of_others_become_choices_of_ours() -> None:
    assert set(OURS.values()) <= set(names("segment"))
    assert ours(["bisenet-fp_head", "vgg-clear", "components"]) == {
        "bisenet-fp_head": "bisenet_fp",
        "vgg-clear": "vgg_clear",
        "components": "components",
    }


def test_of_two_for_one_name_both_are_kept() -> None:
    assert ours(["xseg", "drawn"]) == {"drawn": "custom", "xseg": "xseg"}
    assert ours(["custom_head", "custom"]) == {"custom_head": "custom_head", "custom": "custom"}


def test_names_come_back() -> None:
    for theirs in ("bisenet-fp_face", "bisenet-fp_head", "unet-dfl", "vgg-clear", "custom_head"):
        centring = "head" if theirs.endswith("head") else "face"
        assert faceswaps(ours([theirs])[theirs], centring) == theirs
    assert faceswaps("extended", "face") == "extended"
