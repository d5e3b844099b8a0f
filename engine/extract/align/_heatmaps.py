"""From heatmaps to points finer than their cells."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

BLUR = 11
SIGMA = 2.0
"""The Gaussian that makes a heatmap smooth, in cells: side of its window, and its deviation."""
LEAST = 1e-10
"""Below it nothing is taken a logarithm of."""
EDGE = 2
"""The second differences reach so far: nearer to the border the peak is extrapolated."""


def peaks(heatmaps: NDArray[np.float32]) -> NDArray[np.float64]:
    """x,y (n, k, 2) in cells of the highest place of each of (n, height, width, k) heatmaps.

    A peak is taken for a Gaussian: the logarithm of the blurred heatmap is a quadratic, whose top
    is one Newton step away from the highest cell; the centre of the first cell is (0, 0). Source:
    F. Zhang et al., "Distribution-aware coordinate representation for human pose estimation",
    CVPR 2020.
    """
    return np.stack([_peaks(one) for one in np.asarray(heatmaps, np.float32)])


def _peaks(heatmaps: NDArray[np.float32]) -> NDArray[np.float64]:
    """(k, 2) of (height, width, k)."""
    height, width, count = heatmaps.shape
    blurred = cv2.GaussianBlur(heatmaps, (BLUR, BLUR), SIGMA, borderType=cv2.BORDER_CONSTANT)
    logs = np.log(np.maximum(blurred.reshape(height, width, count), LEAST)).astype(np.float64)
    y, x = np.unravel_index(logs.reshape(-1, count).argmax(0), (height, width))
    x, y = np.clip(x, EDGE, width - 1 - EDGE), np.clip(y, EDGE, height - 1 - EDGE)
    which = np.arange(count)

    def at(right: int, down: int) -> NDArray[np.float64]:
        return logs[y + down, x + right, which]

    slope_x, slope_y = (at(1, 0) - at(-1, 0)) / 2, (at(0, 1) - at(0, -1)) / 2
    bend_x = (at(2, 0) - 2 * at(0, 0) + at(-2, 0)) / 4
    bend_y = (at(0, 2) - 2 * at(0, 0) + at(0, -2)) / 4
    bend_xy = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4
    determinant = bend_x * bend_y - bend_xy**2
    is_top = (determinant > LEAST) & (bend_x < 0)
    divisor = np.where(is_top, determinant, 1.0)
    step_x = (bend_xy * slope_y - bend_y * slope_x) / divisor
    step_y = (bend_xy * slope_x - bend_x * slope_y) / divisor
    step = np.where(is_top, np.clip([step_x, step_y], -EDGE - 1, EDGE + 1), 0.0)
    return np.stack([x, y], -1) + step.T
