"""Mean and covariance of the target's RGB colours, by Cholesky factors ("lct").

Source: F. Pitié and A. Kokaram, "The linear Monge-Kantorovitch linear colour mapping for
example-based colour transfer", CVMP 2007, section 3 (Cholesky decomposition).
"""

from __future__ import annotations

import numpy as np

from engine.convert.colours import Picture, Weight
from engine.convert.colours._moments import covariance, mapped


def matched(face: Picture, target: Picture, weight: Weight) -> Picture:
    """x becomes L_t L_f^-1 (x - mean) + the target's mean, for covariances L L^T."""
    mean, have = covariance(face, weight)
    aim, wanted = covariance(target, weight)
    matrix = np.linalg.cholesky(wanted) @ np.linalg.inv(np.linalg.cholesky(have))
    return mapped(face, mean, np.asarray(matrix, np.float64), aim)
