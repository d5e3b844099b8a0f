"""Adam whose weights decay by themselves, apart from the gradient.

Source: I. Loshchilov and F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019. The decay
is done for every optimiser in `engine.train.optimiser`; here it is on by default, at PyTorch's
figure.
"""

from __future__ import annotations

from engine.train.optimisers import Options
from engine.train.optimisers.adam import TAKES, slots, update

__all__ = ["DEFAULTS", "TAKES", "slots", "update"]

DEFAULTS = Options(beta_1=0.9, beta_2=0.999, epsilon=1e-8, weight_decay=0.01)
