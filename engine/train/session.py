"""A training's parts, made ready or taken up again: recipe, faces, network, moments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine import history
from engine.errors import BadInput, Damaged
from engine.project import now
from engine.settings import TrainSettings
from engine.train import checkpoint, data, models
from engine.train.augment import Augmentation
from engine.train.checkpoint import Recipe, TrainState
from engine.train.network import Network
from engine.train.schedule import slower
from engine.train.style import Style
from engine.train.trainer import Trainer
from engine.work import Work

FIXED = ("model", "options", "centring", "coverage", "mask")
"""Parts of the recipe that settings ask for; `Style` has more."""


class Session:
    """One job's training: everything that the loop moves."""

    def __init__(self, work: Work, settings: TrainSettings) -> None:
        self.work, self.settings = work, settings
        self.folder = work.project.path / "model"
        self.asked = asked_for(settings)
        self._begin_again()
        self.before = self._take_up()
        self.recipe = self._kept(self.before) if self.before else self.asked
        self.seed = self.before.state.seed if self.before else settings.seed
        self.iteration = self.before.state.iteration if self.before else 0
        self.saved_iteration = self.iteration
        self.seconds_before = self.before.state.seconds if self.before else 0.0
        self.slowed = self.before.state.slowed if self.before else 1.0
        self.habits = models.trained(self.recipe.model, self.recipe.version).HABITS
        self.cut = self._cut()
        self.sides = {side: self._faces(side) for side in ("a", "b")}
        work.report.phase("building the model")
        self.network = Network(self.recipe.model, self.recipe.options, self.seed, self.recipe.style)
        self.how = self._augmentation()
        self.trainer = Trainer(self.network, self.how, self.seed, xla=settings.xla)
        self._restore()

    # --- making ready ---

    def _begin_again(self) -> None:
        """Put the model away where this job was asked to. Only a job can ask for that: as a
        default of the project it would throw away each training."""
        if "anew" in self.work.project.settings("train"):
            raise BadInput("'anew' can't stand in project.toml: use 'train NAME --anew' once.")
        if not self.settings.anew:
            return
        aside = checkpoint.set_aside_all(self.folder, self.work.project.path / "trash")
        if aside:
            self.work.report.warn(f"The model that there was lies in {aside} now.")

    def _take_up(self) -> checkpoint.Checkpoint | None:
        """The checkpoint to go on from; what came after it is set aside."""
        if not checkpoint.exists(self.folder):
            history.truncate_after(self.folder / "history", 0)
            return None
        found = checkpoint.load(self.folder, self.work.report.warn)
        checkpoint.set_aside_after(self.folder, found, self.work.project.path / "trash")
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

    def _cut(self) -> data.Cut:
        return data.Cut(
            size=max(self.recipe.input_size, self.recipe.output_size),
            centring=self.recipe.centring,
            coverage=self.recipe.coverage / 100.0,
            mask=self.recipe.mask,
        )

    def _faces(self, side: str) -> NDArray[np.uint8]:
        report = self.work.report
        report.phase(f"preparing the faces of side {side.upper()}")
        return data.load(
            self.work.project,
            side,
            self.cut,
            lambda done, total: report.progress(done, total, "face"),
        )

    def _augmentation(self) -> Augmentation:
        s = self.settings
        return Augmentation(
            crop_size=self.cut.side,
            margin=self.cut.margin,
            input_size=self.network.input_size,
            output_size=self.network.output_size,
            rotation=s.rotation,
            zoom=s.zoom,
            shift=s.shift,
            flip=s.flip,
            colour=s.colour,
            colour_target=self.habits.colour_target,
            warp=self.habits.warp if s.warp else 0.0,
        )

    def _restore(self) -> None:
        if self.before is None:
            return
        self.network.set_weights(self.before.weights())
        self.trainer.optimiser.set_slots(
            self.before.slots(), self.before.state.iteration, self.before.average()
        )
        self.before = msgspec.structs.replace(self.before, arrays={})  # memory for the training

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

    # --- saving ---

    def save(self, seconds: float) -> None:
        """Write a checkpoint of this iteration. Raises `Damaged` rather than save what ran away."""
        if self.iteration == self.saved_iteration:
            return
        weights = {name: v.numpy() for name, v in self.network.weights().items()}
        if not all(np.isfinite(w).all() for w in weights.values()):
            raise self.ran_away()
        optimiser = self.trainer.optimiser
        slots = {name: v.numpy() for name, v in optimiser.slots.items()}
        average = optimiser.average.arrays() if optimiser.average else None
        shapes = {name: list(w.shape) for name, w in weights.items()}
        recipe = msgspec.structs.replace(self.recipe, shapes=shapes)
        state = TrainState(
            checkpoint.FORMAT,
            self.iteration,
            self.seed,
            self.seconds_before + seconds,
            now(),
            self.slowed,
        )
        checkpoint.save(self.folder, recipe, state, weights, slots, self.settings.keep, average)
        self.saved_iteration = self.iteration
        self.work.report.saved(self.iteration)

    def ran_away(self) -> Damaged:
        """The error for losses or weights that are no numbers any more."""
        kept = (
            f"the checkpoint of iteration {self.saved_iteration} is kept"
            if self.saved_iteration
            else "nothing had been saved yet"
        )
        return Damaged(
            f"The losses are no numbers any more at iteration {self.iteration}; {kept}: "
            "train again with a lower learning rate."
        )

    def preview_path(self) -> Path:
        """Where this iteration's preview goes."""
        return self.work.folder.preview_folder / f"{self.iteration}.jpg"


def asked_for(settings: TrainSettings) -> Recipe:
    """The recipe that the settings describe. Raises `BadInput` for options of another network."""
    options = _builtins(settings.model, models.options_of_text(settings.options))
    model = models.load(settings.model)
    sizes = model.sizes(models.options(settings.model, options))
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
        style=Style(**{name: getattr(settings, name) for name in Style.__struct_fields__}),
    )


def _builtins(model: str, options: dict[str, Any]) -> dict[str, Any]:
    """All options of a network, checked, as plain values."""
    plain: dict[str, Any] = msgspec.to_builtins(models.options(model, options))
    return plain
