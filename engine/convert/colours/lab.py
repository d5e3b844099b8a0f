"""Mean and spread of each CIE L*a*b* channel of the target ("rct").

Source: E. Reinhard et al., "Color transfer between images", IEEE CG&A 21(5), 2001, with
CIE L*a*b* in place of its own space.
"""

from __future__ import annotations

import cv2
import numpy as np

from engine.convert.colours import Picture, Weight
from engine.convert.colours._moments import SPREAD_LIMITS, moments


def matched(face: Picture, target: Picture, weight: Weight) -> Picture:
    """Spreads change within limits."""
    face_lab = cv2.cvtColor(np.clip(face, 0.0, 1.0), cv2.COLOR_RGB2LAB)
    target_lab = cv2.cvtColor(np.clip(target, 0.0, 1.0), cv2.COLOR_RGB2LAB)
    mean, spread = moments(np.asarray(face_lab, np.float32), weight)
    target_mean, target_spread = moments(np.asarray(target_lab, np.float32), weight)
    gain = np.clip(target_spread / np.maximum(spread, 1e-3), *SPREAD_LIMITS)
    wanted = (face_lab - mean) * gain + target_mean
    return np.asarray(cv2.cvtColor(wanted.astype(np.float32), cv2.COLOR_LAB2RGB), np.float32)
