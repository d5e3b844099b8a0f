"""A training's parts, made ready or taken up again: recipe, faces, network, moments."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from engine import history
from engine.errors import BadInput
from engine.settings import TrainSettings, changed, live, read
from engine.train import checkpoint, data, estimate, models, replicas, sets, transfer
from engine.train.checkpoint import Recipe
from engine.train.learning import cost_of, network_of, plan_of
from engine.train.schedule import slower
from engine.train.sight import augmentation_of, cut_of
from engine.train.style import Style
from engine.train.trainer import Trainer
from engine.work import Work

FIXED = (
    *("model", "options", "centring", "coverage", "mask", "weights_from", "vertical_offset"),
    *("mask_dilation", "mask_blur", "mask_threshold", "eye_multiplier", "mouth_multiplier"),
    "optimiser",
)
"""Parts of the recipe that settings ask for; `Style` has more."""


class Session:
    """One job's training: everything that the loop moves."""

    def __init__(self, work: Work, settings: TrainSettings) -> None:
        self.work, self.settings = work, settings
        self.folder = work.project.path / "model"
        self.trash = work.project.path / "trash"
        self.asked = asked_for(settings)
        # What can't be is refused before a model is put away.
        cost_of(self.asked, settings), plan_of(self.asked, settings)
        self.strategy = replicas.strategy_of_devices()
        self.devices: int = self.strategy.num_replicas_in_sync
        replicas.require_parts(settings.batch, self.devices)
        self._begin_again()
        self.before = self._take_up()
        self.recipe = self._kept(self.before) if self.before else self.asked
        self.seed = self.before.state.seed if self.before else settings.seed
        self.iteration = self.before.state.iteration if self.before else 0
        self.saved_iteration = self.iteration
        self.seconds_before = self.before.state.seconds if self.before else 0.0
        self.slowed = self.before.state.slowed if self.before else 1.0
        self.found_rate = self.before.state.found_rate if self.before else 0.0
        self.roll_backs = self.before.state.roll_backs if self.before else 0
        self.batch, self.examples = settings.batch, 0
        self.habits = models.trained(self.recipe.model, self.recipe.version).HABITS
        self.cost, self.plan = cost_of(self.recipe, settings), plan_of(self.recipe, settings)
        self.cut = cut_of(self.recipe)
        self.sides = {side: self._faces(side) for side in ("a", "b")}
        self._tell_of_faces()
        work.report.phase("building the model")
        self.program = estimate.program_bytes()
        self.how = augmentation_of(self.recipe, settings, self.cut)
        with self.strategy.scope():
            self.network = network_of(self.recipe, settings, self.seed)
            self.trainer = Trainer(
                self.network, self.how, self.draws, self.plan, xla=settings.xla, cost=self.cost
            )
        self._take_over()

    # --- making ready ---

    def _begin_again(self) -> None:
        """Put the model away where this job was asked to. Only a job can ask for that: as a
        default of the project it would throw away each training."""
        if "anew" in self.work.project.settings("train"):
            raise BadInput("'anew' can't stand in project.toml: use 'train NAME --anew' once.")
        if not self.settings.anew:
            return
        aside = sets.set_aside_all(self.folder, self.trash)
        if aside:
            self.work.report.warn(f"The model that there was lies in {aside} now.")

    def _take_up(self) -> checkpoint.Checkpoint | None:
        """The checkpoint to go on from; what came after it is set aside."""
        if not checkpoint.exists(self.folder):
            history.truncate_after(self.folder / "history", 0)
            return None
        found = checkpoint.load(self.folder, self.work.report.warn)
        checkpoint.set_aside_after(self.folder, found, self.trash)
        history.truncate_after(self.folder / "history", found.state.iteration)
        return found

    def _kept(self, before: checkpoint.Checkpoint) -> Recipe:
        """The recipe of a trained model; a warning where the user asked it for another."""
        given = {**self.work.project.settings("train"), **self.work.step.settings}
        kept, asked = before.recipe, self.asked
        pairs = {name: (getattr(kept, name), getattr(asked, name)) for name in FIXED}
        for name in Style.__struct_fields__:
            pairs[name] = (getattr(kept.style, name), getattr(asked.style, name))
        pairs["options"] = (_builtins(kept.model, kept.options), asked.options)
        pairs["seed"] = (before.state.seed, self.settings.seed)
        for name, (value, wanted) in pairs.items():
            if name in given and wanted != value:
                self.work.report.warn(
                    f"This model was begun with {name} {value} and goes on so, not with "
                    f"{wanted}: 'train {self.work.project.typed} --anew' begins another."
                )
        return kept

    def _faces(self, side: str) -> data.Side:
        report = self.work.report
        report.phase(f"preparing the faces of side {side.upper()}")
        return data.load(
            self.work.project,
            side,
            self.cut,
            lambda done, total: report.progress(done, total, "face"),
        )

    def _tell_of_faces(self) -> None:
        """Warn of a side that has few faces, once, and of one that has others than before."""
        before = self.before.state.faces if self.before else {}
        for side, faces in self.sides.items():
            whose, count = f"side {side.upper()}", len(faces.crops)
            changed = before.get(side, faces.digest) != faces.digest
            if changed:
                self.work.report.warn(
                    f"The faces of {whose} are others than at iteration {self.iteration}: training "
                    f"goes on with the {count} there are."
                )
            if count < data.FEW and (changed or self.before is None):
                self.work.report.warn(
                    f"There are {count} faces on {whose}: with {data.FEW} or more, seen from more "
                    "sides, a swap looks better."
                )

    def _take_over(self) -> None:
        """Weights and moments of the checkpoint, or what another model gives to begin with."""
        if self.before is None:
            self._begin()
            return
        self.restore(self.before)
        self.before = msgspec.structs.replace(self.before, arrays={})  # memory for the training
        if self.slowed < 1.0:
            self.work.report.warn(
                f"The learning rate is {self.slowed:.3g} of what is set, as it was lowered before."
            )

    def _begin(self) -> None:
        if self.recipe.weights_from:
            named = self.recipe.weights_from
            self.work.report.phase(transfer.begin_with(self.network, self.work.project, named))

    # --- from where ---

    @property
    def draws(self) -> int:
        """The seed of batches and variation: another one after each roll-back, since what led to
        trouble would come again."""
        return (self.seed + 104_729 * self.roll_backs) % 2**31

    @property
    def measure(self) -> str:
        """What the losses are made of: means of alike ones can be compared."""
        return f"{self.cost.words()}, {self.recipe.mask}"

    def restore(self, found: checkpoint.Checkpoint) -> None:
        """Go on from a set: its weights, moments and iteration. Raises `Damaged`."""
        self.network.set_weights(found.weights())
        optimiser = self.trainer.optimiser
        slots, fresh = transfer.fitted(optimiser.slots, found.slots(), self.network.parts)
        optimiser.set_slots(slots, found.state.iteration, found.average())
        if fresh:
            self.work.report.warn(f"{', '.join(fresh)} did not learn before: moments begin at 0.")
        self.iteration = self.saved_iteration = found.state.iteration

    def restart(self) -> None:
        """Go on from iteration 0, as nothing was saved yet."""
        fresh = network_of(self.recipe, self.settings, self.seed)
        self.network.set_weights({name: w.numpy() for name, w in fresh.weights().items()})
        optimiser = self.trainer.optimiser
        zeros = {name: np.zeros(m.shape, np.float32) for name, m in optimiser.moments.items()}
        optimiser.set_slots(zeros, 0, None)
        self._begin()
        self.iteration = self.saved_iteration = 0

    # --- changes while it runs ---

    def changeable(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values, each in its type. Raises `BadInput` for what can't be or can't change."""
        live(TrainSettings, values)
        known = read(TrainSettings, values)
        cost_of(self.recipe, known)
        replicas.require_parts(known.batch, self.devices)
        return {name: getattr(known, name) for name in values}

    def change(self, values: dict[str, Any]) -> None:
        """Go on with other settings."""
        self.settings = msgspec.structs.replace(self.settings, **values)
        self.batch = values.get("batch", self.batch)
        how = augmentation_of(self.recipe, self.settings, self.cut)
        cost = cost_of(self.recipe, self.settings)
        if (how, cost) != (self.how, self.cost):
            self.how, self.cost = how, cost
            self.trainer.vary(how, cost)

    @property
    def full_rate(self) -> float:
        """The learning rate before its schedule: the user's, the one found, the network's own."""
        return self.settings.learning_rate or self.found_rate or self.habits.learning_rate

    def slow_down(self) -> None:
        """Lower the learning rate for the rest of the training."""
        self.slowed = slower(self.slowed)

    # --- how far ---

    def over(self, seconds: float) -> bool:
        """Whether a limit is reached after `seconds` of training in this job."""
        limit = self.settings.seconds
        return self.iteration >= self.settings.iterations or 0.0 < limit <= seconds

    def part_done(self, seconds: float) -> float:
        """The part of the training that is behind, 0..1, by the limit that is nearer."""
        limit = self.settings.seconds
        by_time = seconds / limit if limit > 0.0 else 0.0
        return max(by_time, self.iteration / self.settings.iterations)

    def progress(self, seconds: float) -> tuple[int, int, str]:
        """Done, total and unit for a progress bar."""
        limit = self.settings.seconds
        if limit > 0.0 and seconds / limit >= self.iteration / self.settings.iterations:
            return min(int(seconds), int(limit)), int(limit), "second"
        return self.iteration, self.settings.iterations, "iteration"

    def facts(self) -> dict[str, Any]:
        """What the diary says of this job at its beginning."""
        return {
            "faces_a": len(self.sides["a"].crops),
            "faces_b": len(self.sides["b"].crops),
            "batch": self.batch,
            "settings": changed(self.settings),
        }

    def reached(self, seconds: float) -> dict[str, Any]:
        """How far this job is, for a mark in the diary."""
        return {"seconds": seconds, "examples": self.examples}


def asked_for(settings: TrainSettings) -> Recipe:
    """The recipe that the settings describe. Raises `BadInput` for options of another network."""
    options = _builtins(settings.model, models.options_of_text(settings.options))
    model = models.load(settings.model)
    sizes = model.sizes(models.options(settings.model, options))
    style = Style(**{name: getattr(settings, name) for name in Style.__struct_fields__})
    return Recipe(
        format=checkpoint.FORMAT,
        model=settings.model,
        options=options,
        input_size=sizes.input,
        output_size=sizes.outputs[-1],
        centring=settings.centring,
        coverage=settings.coverage,
        mask=settings.mask,
        shapes={},
        version=model.VERSION,
        vertical_offset=settings.vertical_offset,
        mask_dilation=settings.mask_dilation,
        mask_blur=settings.mask_blur,
        mask_threshold=settings.mask_threshold,
        eye_multiplier=settings.eye_multiplier,
        mouth_multiplier=settings.mouth_multiplier,
        optimiser=model.HABITS.optimiser if settings.optimiser == "own" else settings.optimiser,
        weights_from=settings.weights_from,
        style=models.style(settings.model, style),
    )


def _builtins(model: str, options: dict[str, Any]) -> dict[str, Any]:
    """All options of a network, checked, as plain values."""
    plain: dict[str, Any] = msgspec.to_builtins(models.options(model, options))
    return plain
