"""The training loop: one job's iterations, read from top to bottom.

Nothing in an iteration waits for Python's side: batches are read ahead, losses are summed on the
device and fetched twice a second, the learning rate is one number handed in.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from engine.errors import OutOfMemory, Stopped
from engine.history import History
from engine.settings import TrainSettings
from engine.train import data
from engine.train.preview import COLUMNS, Preview
from engine.train.schedule import Schedule, learning_rate
from engine.train.session import Session
from engine.train.trainer import Means
from engine.work import Work

REPORT_S = 0.5
"""Time between two reports of the losses."""
SKIPPED_MOST = 50
"""Skipped steps in a row after which no loss scale is to blame: float16's needs 15 to come down."""


def run(work: Work) -> str:
    """Train until a limit or a stop; the sentence that the step ends with.

    Raises `Stopped` after a stop, `Damaged` when the losses are no numbers any more, `OutOfMemory`,
    and what making ready raises: `NothingToDo`, `BadInput`, `NoSpace`.
    """
    settings = work.settings(TrainSettings)
    session = Session(work, settings)
    if session.iteration >= settings.iterations:
        return f"trained to iteration {session.iteration} already"
    try:
        return _train(work, settings, session)
    except tf.errors.ResourceExhaustedError as error:
        raise OutOfMemory(
            f"The device ran out of memory with {settings.batch} faces of each side in a step: "
            "train with a smaller batch or another model."
        ) from error


def _train(work: Work, settings: TrainSettings, session: Session) -> str:
    trainer, control = session.trainer, work.control
    preview = Preview(session.network, session.how, session.sides, trainer.optimiser.average)
    batches = data.batches(session.sides, settings.batch, session.seed, session.iteration + 1)
    full_rate = settings.learning_rate or session.habits.learning_rate
    schedule = Schedule("cosine" if session.habits.decay else "constant")
    clock, log = Clock(), Log(work, session)
    previewed_s = 0.0
    asked: set[str] = set()
    control.on("save", lambda _: asked.add("save"))
    control.on("preview", lambda _: asked.add("preview"))
    control.on("slower", lambda _: session.slow_down())
    work.report.phase("compiling")

    while True:
        # --- limits and stop ---
        with clock.halted():  # a pause waits in here
            stopping = control.stopping
        over = session.over(clock.seconds)
        ending = stopping or over

        # --- learning rate ---
        part = session.part_done(clock.seconds)
        rate = learning_rate(full_rate, session.iteration + 1, part, schedule, session.slowed)

        # --- log, save, preview ---
        if log.due(clock.seconds) or ending:
            log.write(clock.seconds, rate)
        if session.iteration % settings.save_every == 0 or "save" in asked or ending:
            asked.discard("save")
            session.save(clock.seconds)
        if clock.seconds - previewed_s >= settings.preview_s or "preview" in asked or ending:
            asked.discard("preview")
            previewed_s = clock.seconds
            preview.save(session.preview_path())
            work.report.preview(
                session.preview_path(), iteration=session.iteration, columns=COLUMNS
            )
        if ending:
            break

        # --- step ---
        trainer.step(next(batches), session.iteration + 1, rate)
        session.iteration += 1
        if not clock.running:
            trainer.wait()  # the first step compiles: training time counts from its end
            clock.start()

    if stopping and not over:
        raise Stopped(f"stopped at iteration {session.iteration}: train goes on from there")
    return f"trained to iteration {session.iteration}: {log.words()}"


class Clock:
    """Training time of this job in seconds, without compiling and pauses."""

    def __init__(self) -> None:
        self._start: float | None = None

    @property
    def running(self) -> bool:
        """Whether the first step is done."""
        return self._start is not None

    def start(self) -> None:
        """Count from now."""
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time trained."""
        return 0.0 if self._start is None else time.monotonic() - self._start

    @contextmanager
    def halted(self) -> Iterator[None]:
        """Don't count what happens inside."""
        before = time.monotonic()
        yield
        if self._start is not None:
            self._start += time.monotonic() - before


class Log:
    """Fetches the mean losses at the reporting rate, for the event log and the history."""

    def __init__(self, work: Work, session: Session) -> None:
        self.work, self.session = work, session
        self.history = History(session.folder / "history")
        self.written_s = 0.0
        self.last: Means | None = None

    def due(self, seconds: float) -> bool:
        """Whether it is time for the next report."""
        return seconds - self.written_s >= REPORT_S

    def write(self, seconds: float, rate: float) -> None:
        """Report the steps since the last time. Raises `Damaged` for losses that are no numbers."""
        means = self.session.trainer.means()
        if means.skipped >= SKIPPED_MOST:
            raise self.session.ran_away()
        if means.steps == 0:
            return
        if not math.isfinite(means.loss_a + means.loss_b):
            raise self.session.ran_away()
        speed = means.steps / max(seconds - self.written_s, 1e-3)
        self.written_s, self.last = seconds, means
        iteration, a, b = self.session.iteration, means.loss_a, means.loss_b
        self.history.append(iteration, time.time(), a, b, speed)
        self.work.report.metric(iteration, a, b, speed, learning_rate=rate, seconds=seconds)
        done, total, unit = self.session.progress(seconds)
        self.work.report.progress(done, total, unit)

    def words(self) -> str:
        """The last losses for the closing sentence."""
        return (
            f"loss A {self.last.loss_a:.4f}, B {self.last.loss_b:.4f}" if self.last else "no step"
        )
