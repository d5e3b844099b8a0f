"""What a training takes over from another one: weights that fit, moments of parts that learn."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from engine.errors import BadInput
from engine.project import Project
from engine.references import weights_in
from engine.settings import listed
from engine.train import tensors
from engine.train.checkpoint import Arrays, part_of
from engine.train.network import Network


def begin_with(network: Network, project: Project, named: str) -> str:
    """Copy the weights of another model whose names and shapes are this network's; the sentence
    that says how many. `named` is as `engine.references.bring` leaves it.

    Raises `BadInput` when none fits or one is no number, `Damaged` for a file that can't be read.
    """
    path = weights_in(project.reference(named))
    if path is None:
        raise BadInput(f"There are no weights in {named}: name a project, a set or a .safetensors.")
    arrays, mine = tensors.read(path), network.weights()
    fitting = {n: v for n, v in mine.items() if n in arrays and arrays[n].shape == tuple(v.shape)}
    if not fitting:
        raise BadInput(
            f"None of the {len(arrays)} weights in {named} fits the model '{network.name}': "
            "they must come from the same model with the same options."
        )
    if not all(np.isfinite(arrays[name]).all() for name in fitting):
        raise BadInput(f"Weights in {named} are no numbers: take an older save.")
    for name, variable in fitting.items():
        variable.assign(arrays[name].astype(np.float32))
    parts = sorted({part_of(name) for name in fitting})
    return (
        f"{len(fitting)} of {len(mine)} weights come from {named} ({', '.join(parts)}); "
        "the others begin afresh."
    )


def frozen_parts(network: Network, text: str) -> frozenset[str]:
    """Sub-models that shall not learn. Raises `BadInput` for unknown ones, and for all of them."""
    names = frozenset(listed(text))
    known = ", ".join(network.parts)
    for name in sorted(names):
        if name not in network.parts:
            raise BadInput(f"{network.name} has no part '{name}' to freeze: it has {known}.")
    if names == frozenset(network.parts):
        raise BadInput(f"All of {network.name} is frozen, so nothing would learn: leave one out.")
    return names


def fitted(
    slots: dict[str, Any], saved: Arrays, parts: Collection[str]
) -> tuple[Arrays, list[str]]:
    """Saved moments for those of the network's `parts` that learn now; parts that didn't then
    begin at zero and are named. Moments of parts that don't learn any more are left out."""
    now, then = ({part_of(name) for name in names} & set(parts) for names in (slots, saved))
    arrays = {n: a for n, a in saved.items() if part_of(n) not in then - now}
    fresh = sorted(now - then)
    zeros = {n: np.zeros(v.shape, np.float32) for n, v in slots.items() if part_of(n) in fresh}
    return {**arrays, **zeros}, fresh
