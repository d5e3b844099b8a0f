"""A little more edge on the predicted face: small models paint softly."""

from __future__ import annotations

from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.convert.balance import LUMA

Picture = NDArray[np.float32]


class Sharpening(NamedTuple):
    """What is sharpened and how much."""

    sharpen: float = 50.0
    """Per cent of the detail that is added once more; 0 leaves all alone."""
    sharpen_kind: Literal["unsharp", "gaussian", "box"] = "unsharp"
    """`unsharp` sharpens brightness alone, and only what stands out from its surroundings by the
    threshold: a small model's colours are blotchy, and would become more so. The others sharpen
    every channel, against a Gaussian or an even blur."""
    sharpen_radius: float = 1.2
    """Sigma of the blur, per cent of the crop's side; of `box` half its width."""
    sharpen_threshold: float = 0.0
    """Per cent of full brightness."""


def sharpened(face: Picture, how: Sharpening) -> Picture:
    """An RGB float32 0..1 crop, sharpened."""
    if how.sharpen <= 0:
        return face
    gain = np.float32(how.sharpen / 100.0)
    sigma = max(0.6, how.sharpen_radius / 100.0 * face.shape[0])
    if how.sharpen_kind == "unsharp":
        light = face @ LUMA
        detail = light - cv2.GaussianBlur(light, (0, 0), sigma)
        detail = np.where(np.abs(detail) >= how.sharpen_threshold / 100.0, detail, 0.0)[..., None]
    elif how.sharpen_kind == "gaussian":
        detail = face - cv2.GaussianBlur(face, (0, 0), sigma)
    else:
        pixels = 2 * max(1, round(sigma)) + 1
        detail = face - cv2.blur(face, (pixels, pixels))
    return np.asarray(np.clip(face + detail * gain, 0.0, 1.0), np.float32)
