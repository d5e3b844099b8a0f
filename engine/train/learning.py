"""What learns and how: network, optimiser, losses and learning rate, from recipe and settings."""

from __future__ import annotations

from typing import Literal, NamedTuple

from engine.settings import TrainSettings
from engine.train import losses, models, optimisers
from engine.train.checkpoint import Recipe
from engine.train.clipping import Clipping
from engine.train.network import Network
from engine.train.optimiser import Plan
from engine.train.schedule import Schedule
from engine.train.transfer import frozen_parts


def network_of(recipe: Recipe, settings: TrainSettings, seed: int) -> Network:
    """The network that learns, its weights drawn afresh. Raises `BadInput` for a part to freeze
    that it lacks."""
    network = Network(
        recipe.model,
        recipe.options,
        seed,
        recipe.style,
        precision=settings.precision,
        recompute=settings.recompute,
    )
    network.frozen = frozen_parts(network, settings.freeze)
    return network


class Cost(NamedTuple):
    """What is made smaller."""

    terms: tuple[losses.Term, ...]
    weighting: losses.Weighting
    mask: Literal["mse", "mae"]
    """What a learnt mask's error is measured by: mse or mae."""

    def words(self) -> str:
        """The same as one line: means of alike ones can be compared."""
        terms = ", ".join(f"{term.name}:{term.weight:g}" for term in self.terms)
        how = self.weighting
        return (
            f"{terms}, mask {self.mask}, {'face' if how.penalised else 'all'}, "
            f"eyes {how.eye_multiplier:g}, mouth {how.mouth_multiplier:g}"
        )


def cost_of(recipe: Recipe, settings: TrainSettings) -> Cost:
    """Raises `BadInput` for losses that aren't there, `ModelMissing` without their weights."""
    terms = losses.parse(settings.losses or models.load(recipe.model).HABITS.loss)
    losses.require(terms)
    weighting = losses.Weighting(settings.penalised, recipe.eye_multiplier, recipe.mouth_multiplier)
    return Cost(terms, weighting, settings.mask_loss)


def plan_of(recipe: Recipe, settings: TrainSettings) -> Plan:
    """Raises `BadInput` for an option that the optimiser lacks."""
    decay = None if settings.weight_decay < 0.0 else settings.weight_decay
    return Plan(
        rule=recipe.optimiser,
        options=optimisers.options(recipe.optimiser, weight_decay=decay),
        clipping=Clipping(
            settings.clip, settings.clip_limit, settings.clip_percentile, settings.clip_history
        ),
        accumulate=settings.accumulate,
        average=settings.average,
        loss_scale=settings.precision == "float16",
    )


def schedule_of(recipe: Recipe, settings: TrainSettings) -> Schedule:
    """How the learning rate goes."""
    kind = settings.schedule
    if kind == "own":
        kind = "cosine" if models.load(recipe.model).HABITS.decay else "constant"
    return Schedule(
        kind,
        warm_up=settings.warm_up,
        least=settings.schedule_end / 100.0,
        factor=settings.schedule_factor,
        every=settings.schedule_every,
    )
