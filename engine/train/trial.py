"""What a training with some settings would need, told from its graph and tried for a few steps on
made-up faces. Nothing of a project is read but its settings and recipe, and nothing is saved."""

from __future__ import annotations

import shutil
import time
from typing import Any

import tensorflow as tf

from engine import settings
from engine.errors import OutOfMemory
from engine.project import Project
from engine.settings import TrainSettings
from engine.train import checkpoint, estimate
from engine.train.checkpoint import Recipe
from engine.train.feed import Batch
from engine.train.flops import forward_flop, matrix_rate
from engine.train.learning import cost_of, network_of, plan_of
from engine.train.session import asked_for
from engine.train.sight import augmentation_of, cut_of
from engine.train.trainer import Trainer

STEPS = 3
"""Steps that are timed."""
SHARE = 0.7
"""Part of the machine's matrix rate that a step is expected to reach."""


class Trial:
    """A network and its trainer as a job would build them."""

    def __init__(self, recipe: Recipe, wanted: TrainSettings) -> None:
        program = estimate.program_bytes()
        self.batch = wanted.batch
        self.cut = cut_of(recipe)
        self.how = augmentation_of(recipe, wanted, self.cut)
        self.network = network_of(recipe, wanted, wanted.seed)
        cost, plan = cost_of(recipe, wanted), plan_of(recipe, wanted)
        self.trainer = Trainer(self.network, self.how, wanted.seed, plan, xla=wanted.xla, cost=cost)
        faces = self.faces()
        self.needs = estimate.needs(self.trainer.graph(faces), self.trainer, program, wanted.keep)
        self.flop = 3.0 * forward_flop(self.network, self.batch)
        """Of a step's products: the way back is twice the way forward."""

    def faces(self) -> Batch:
        """Noise in the place of a batch of faces."""
        shape = (2 * self.batch, self.cut.side, self.cut.side, self.cut.channels)
        noise = tf.random.stateless_uniform(shape, (1, 2), 0, 256, tf.int32)
        points = (2 * self.batch, 2, 68, 2) if self.how.to_landmarks else (2 * self.batch, 0)
        return Batch(tf.cast(noise, tf.uint8), tf.random.stateless_uniform(points, (3, 4)) - 0.5)

    def seconds(self) -> float:
        """Of a step, the best of a few. Raises `OutOfMemory`."""
        faces, best = self.faces(), float("inf")
        try:
            for number in range(STEPS + 1):
                start = time.perf_counter()
                self.trainer.step(faces, number + 1, 1e-6)
                self.trainer.wait()
                best = min(best, time.perf_counter() - start) if number else best
        except (tf.errors.ResourceExhaustedError, MemoryError) as error:
            raise OutOfMemory(
                f"A step with {self.batch} faces of each side doesn't fit into memory: try a "
                "smaller --batch, --recompute or --precision bfloat16."
            ) from error
        return best


def told(project: Project, given: dict[str, Any]) -> dict[str, Any]:
    """Foretold and tried figures of a project's training with `given` settings, as it would go on
    or begin. Raises `BadInput` as a training would, `Damaged`, `OutOfMemory`."""
    wanted = settings.read(TrainSettings, {**project.settings("train"), **given})
    model = project.path / "model"
    there = checkpoint.load(model, lambda _: None) if checkpoint.exists(model) else None
    begun = there is not None and not wanted.anew
    recipe = there.recipe if there and begun else asked_for(wanted)
    trial = Trial(recipe, wanted)
    left = max(wanted.iterations - (there.state.iteration if there and begun else 0), 0)
    expected = trial.flop / (SHARE * matrix_rate())
    tried = trial.seconds()
    return {
        "model": recipe.model,
        "batch": wanted.batch,
        "memory_mib": trial.needs.memory_mib,
        "tried_memory_mib": estimate.peak_mib(),
        "free_memory_mib": estimate.free_memory_mib(),
        "save_mib": trial.needs.save_mib,
        "disk_mib": trial.needs.disk_mib,
        "free_disk_mib": shutil.disk_usage(project.path).free // estimate.MIB,
        "s_per_iteration": round(expected, 4),
        "tried_s_per_iteration": round(tried, 4),
        "iterations_left": left,
        "hours_left": round(left * tried / 3600.0, 2),
    }
