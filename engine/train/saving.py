"""Saves that don't hold the training: arrays are copied to memory at once, then written, hashed
and synced in a thread while it goes on. One save is under way at most."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.project import now
from engine.sessions import Diary
from engine.train import checkpoint, sets
from engine.train.checkpoint import Arrays, TrainState
from engine.train.health import RanAway
from engine.train.session import Session

FEWEST_STEPS = 10
"""Steps since the save before that a mean loss needs to be compared with others."""


class Saving:
    """When to save, and the save that is under way; leaving it as a context waits for that."""

    def __init__(self, session: Session, diary: Diary) -> None:
        self.session, self.diary = session, diary
        self._writer = ThreadPoolExecutor(1, "saving")
        self._under_way: Future[None] | None = None
        self._saved_s = 0.0
        self._losses = MeanLosses()

    def __enter__(self) -> Saving:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.shutdown()

    # --- when ---

    def count(self, loss_a: float, loss_b: float, steps: int) -> None:
        """Take the mean losses of the last steps into account."""
        self._losses.add(loss_a, loss_b, steps)

    def is_due(self, seconds: float) -> bool:
        """Whether the settings want a save now, after `seconds` of training in this job."""
        settings, iteration = self.session.settings, self.session.iteration
        if iteration == self.session.saved_iteration:
            return False
        minutes = settings.save_minutes
        return (
            iteration % settings.save_every == 0
            or self.is_snapshot_due()
            or 0.0 < minutes * 60.0 <= seconds - self._saved_s
        )

    def is_snapshot_due(self) -> bool:
        """Whether this iteration is one that is kept for good."""
        every = self.session.settings.snapshot_every
        return every > 0 and self.session.iteration % every == 0

    # --- the save ---

    def save(self, seconds: float, *, snapshot: bool = False) -> None:
        """Begin to save this iteration, once the save before is done; with `snapshot`, for good.

        Raises what the save before ran into: `NoSpace`, or `RanAway` for weights that are no
        numbers, which are not written.
        """
        self.settle()
        session = self.session
        snapshot = snapshot or self.is_snapshot_due()
        if session.iteration == session.saved_iteration:
            newest = sets.checkpoints(session.folder)[:1]
            if snapshot and newest:
                self._keep(newest[0])
            return
        self._saved_s = seconds
        write = self._write_of(self._state(seconds), snapshot)
        self._under_way = self._writer.submit(write)

    def _write_of(self, state: TrainState, snapshot: bool) -> Callable[[], None]:
        """What the thread does, with all that it needs copied out of the network."""
        session = self.session
        weights = copied(session.network.weights())
        optimiser = session.trainer.optimiser
        slots = copied(optimiser.slots)
        average = optimiser.average.arrays() if optimiser.average else None
        facts = session.reached(state.seconds - session.seconds_before)

        def write() -> None:
            if not all(np.isfinite(w).all() for w in weights.values()):
                raise RanAway("The weights are no numbers any more")
            shapes = {name: list(w.shape) for name, w in weights.items()}
            recipe = msgspec.structs.replace(session.recipe, shapes=shapes)
            keep = session.settings.keep
            path = checkpoint.save(session.folder, recipe, state, weights, slots, keep, average)
            session.saved_iteration = state.iteration
            session.work.report.saved(state.iteration)
            self.diary.mark("save", state.iteration, **facts)
            if snapshot:
                self._keep(path)

        return write

    def _keep(self, path: Path) -> None:
        sets.snapshot(self.session.folder, path)
        self.diary.mark("snapshot", sets.iteration_of(path), "snapshot")

    def _state(self, seconds: float) -> TrainState:
        session = self.session
        loss_a, loss_b = self._losses.take()
        return TrainState(
            format=checkpoint.FORMAT,
            iteration=session.iteration,
            seed=session.seed,
            seconds=session.seconds_before + seconds,
            saved=now(),
            faces={side: faces.digest for side, faces in session.sides.items()},
            slowed=session.slowed,
            found_rate=session.found_rate,
            roll_backs=session.roll_backs,
            loss_a=loss_a,
            loss_b=loss_b,
            measure=session.measure,
        )

    def look(self) -> None:
        """Raise what a save ran into, without waiting for one that is under way."""
        if self._under_way and self._under_way.done():
            self.settle()

    def settle(self) -> None:
        """Wait for the save that is under way, and raise what it ran into."""
        under_way, self._under_way = self._under_way, None
        if under_way:
            under_way.result()

    def give_up(self, seconds: float) -> None:
        """Wait for the save under way, whose weights may be worthless, and count anew."""
        with suppress(RanAway):  # the caller goes back to an older set already
            self.settle()
        self._losses.take()
        self._saved_s = seconds


def copied(variables: dict[str, Any]) -> Arrays:
    """The variables' values now; later steps don't change them."""
    arrays: dict[str, NDArray[np.float32]] = {n: v.numpy() for n, v in variables.items()}
    return arrays


class MeanLosses:
    """The mean of each side's loss since it was taken last."""

    def __init__(self) -> None:
        self._sums, self._steps = np.zeros(2), 0

    def add(self, loss_a: float, loss_b: float, steps: int) -> None:
        """Take in a mean over some steps."""
        self._sums += np.array([loss_a, loss_b]) * steps
        self._steps += steps

    def take(self) -> tuple[float | None, float | None]:
        """Both means, None after too few steps to say; counts anew from here."""
        sums, steps = self._sums, self._steps
        self._sums, self._steps = np.zeros(2), 0
        if steps < FEWEST_STEPS:
            return None, None
        return float(sums[0] / steps), float(sums[1] / steps)
