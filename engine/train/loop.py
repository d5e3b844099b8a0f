"""The training loop: one job's iterations, read from top to bottom.

Nothing in an iteration waits for Python's side: batches are read ahead, losses are summed on the
device and fetched twice a second, the learning rate is one number handed in.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import tensorflow as tf

from engine.errors import FstuiError, Stopped
from engine.history import History
from engine.sessions import Diary
from engine.settings import TrainSettings
from engine.train import feed, finder
from engine.train.board import Board
from engine.train.health import Health, RanAway
from engine.train.learning import schedule_of
from engine.train.outlook import Outlook
from engine.train.pictures import Pictures
from engine.train.plateau import Plateau, plateau_of
from engine.train.rollback import Recovery
from engine.train.saving import Saving
from engine.train.schedule import learning_rate
from engine.train.session import Session
from engine.train.trainer import Means
from engine.work import Work

NOTHING = Means(0.0, 0.0, 0)
REPORT_S = 0.5
"""Time between two reports of the losses."""
SKIPPED_MOST = 50
"""Skipped steps in a row after which no loss scale is to blame: float16's needs 15 to come down."""


def run(work: Work) -> str:
    """Train until a limit or a stop; the sentence that the step ends with.

    Raises `Stopped` after a stop, `Damaged` when training ran away too often, `OutOfMemory`, and
    what making ready raises: `NothingToDo`, `BadInput`, `NoSpace`.
    """
    settings = work.settings(TrainSettings)
    session = Session(work, settings)
    if session.iteration >= settings.iterations:
        return f"trained to iteration {session.iteration} already"
    if settings.find_rate != "off" and session.iteration == 0:
        session.found_rate = found_rate(session)
        if settings.find_rate == "only":
            return f"found the learning rate {session.found_rate:.1e}; nothing was trained"
    diary, clock, health = Diary(session.folder), Clock(), Health()
    with told(diary, session, clock), Saving(session, diary) as saving:
        recovery = Recovery(session, saving, health)
        while True:
            try:
                said = _train(session, saving, health, clock)
                if said is not None:
                    return said
            except RanAway as trouble:
                recovery.roll_back(trouble, clock.seconds)
            except (tf.errors.ResourceExhaustedError, MemoryError) as error:
                recovery.fewer_faces(error, clock.seconds)


def found_rate(session: Session) -> float:
    """The learning rate that a sweep over many finds; the network is as before it.

    Raises `BadInput` where there is none to find, `Stopped`.
    """
    wanted = session.settings
    sweep = finder.Sweep(wanted.find_iterations, wanted.find_strength)
    rate = finder.find(session.work, session.trainer, batches_of(session), sweep).rate
    assert rate is not None  # without one it raises
    return rate


def batches_of(session: Session) -> Any:
    """The faces of one iteration after the other, from the next one on: see `feed.batches`."""
    return feed.batches(
        session.sides,
        session.batch,
        session.draws,
        session.iteration + 1,
        to_landmarks=session.how.to_landmarks,
    )


@contextmanager
def told(diary: Diary, session: Session, clock: Clock) -> Iterator[None]:
    """Write a job's beginning into the diary and, however it ends, its end."""
    diary.begin(session.work.folder.name, session.iteration, **session.facts())
    how = "broken off"
    try:
        yield
        how = "trained"
    except FstuiError as error:
        how = str(error)
        raise
    finally:
        with suppress(OSError):  # a full disk: what it ended with says so already
            diary.end(session.iteration, how, **session.reached(clock.seconds))


def slow_down(session: Session, diary: Diary) -> None:
    """Lower the learning rate for the rest of the training, as the user asked."""
    session.slow_down()
    diary.mark("change", session.iteration, f"learning rate {session.slowed:.3g} of what is set")


def _train(session: Session, saving: Saving, health: Health, clock: Clock) -> str | None:
    """The closing sentence, or None where settings were changed and it goes on with others."""
    work, settings, trainer = session.work, session.settings, session.trainer
    control = work.control
    board = Board(session.folder / "tensorboard") if settings.tensorboard else None
    pictures = Pictures(session, clock.seconds, board)
    batches = batches_of(session)
    schedule = schedule_of(session.recipe, settings)
    plateau = plateau_of(session)
    log = Log(session, saving, health, clock.seconds, board, plateau)
    clock.stop()  # until the first step is compiled
    asked: set[str] = set()
    control.on("save", lambda _: asked.add("save"))
    control.on("snapshot", lambda _: asked.add("snapshot"))
    control.on("preview", lambda _: asked.add("preview"))
    control.on("slower", lambda _: slow_down(session, saving.diary))
    changes: dict[str, Any] = {}
    control.on("change", lambda command: changes.update(session.changeable(command.args)))
    work.report.phase("compiling")
    outlook = Outlook(session, batches.element_spec, lambda: clock.seconds)

    while True:
        # --- limits and stop ---
        with clock.halted():  # a pause waits in here
            stopping = control.stopping
        still = plateau is not None and plateau.still
        over = still or session.over(clock.seconds)
        ending = stopping or over
        if changes and not ending:
            session.change(changes)
            health.forget()
            words = ", ".join(f"{name} {value}" for name, value in changes.items())
            saving.diary.mark("change", session.iteration, words)
            work.report.event("change", iteration=session.iteration, settings=changes)
            return None

        # --- learning rate ---
        part = session.part_done(clock.seconds)
        rate = learning_rate(
            session.full_rate, session.iteration + 1, part, schedule, session.slowed
        )

        # --- log, save, preview ---
        due = saving.is_due(clock.seconds)
        if log.due(clock.seconds) or ending:
            log.write(clock.seconds, rate)
        elif due:
            log.look()
        if (due and not health.doubtful) or asked & {"save", "snapshot"} or ending:
            saving.save(clock.seconds, snapshot="snapshot" in asked)
            asked -= {"save", "snapshot"}
            pictures.saved()
        saving.look()
        if pictures.are_due(clock.seconds) or "preview" in asked or ending:
            asked.discard("preview")
            seen = pictures.show(clock.seconds).values()
            health.look([side.source for side in seen], [side.own for side in seen])
        if ending:
            saving.settle()
            break

        # --- step ---
        trainer.step(next(batches), session.iteration + 1, rate)
        session.iteration += 1
        session.examples += 2 * session.batch
        if not clock.running:
            trainer.wait()  # the first step compiles: training time counts from its end
            clock.start()
        outlook.step()

    if stopping and not over:
        raise Stopped(f"stopped at iteration {session.iteration}: train goes on from there")
    until = " where the losses stand still" if still else ""
    return f"trained to iteration {session.iteration}{until}: {log.words()}"


class Clock:
    """Training time of this job in seconds, without compiling and pauses."""

    def __init__(self) -> None:
        self._before = 0.0
        self._start: float | None = None

    @property
    def running(self) -> bool:
        """Whether time counts."""
        return self._start is not None

    def start(self) -> None:
        """Count from now."""
        self._start = time.monotonic()

    def stop(self) -> None:
        """Don't count until the next start."""
        self._before, self._start = self.seconds, None

    @property
    def seconds(self) -> float:
        """Time trained."""
        return self._before + (0.0 if self._start is None else time.monotonic() - self._start)

    @contextmanager
    def halted(self) -> Iterator[None]:
        """Don't count what happens inside."""
        before = time.monotonic()
        yield
        if self._start is not None:
            self._start += time.monotonic() - before


class Log:
    """Fetches the mean losses at the reporting rate, for the event log and the history."""

    def __init__(
        self,
        session: Session,
        saving: Saving,
        health: Health,
        seconds: float,
        board: Board | None = None,
        plateau: Plateau | None = None,
    ) -> None:
        self.session, self.saving, self.health, self.board = session, saving, health, board
        self.plateau = plateau
        self.history = History(session.folder / "history")
        self.written_s = seconds
        self._unwritten = NOTHING
        self.last: Means | None = None

    def due(self, seconds: float) -> bool:
        """Whether it is time for the next report."""
        return seconds - self.written_s >= REPORT_S

    def look(self) -> None:
        """Judge the steps since the last look, before they are saved. Raises `RanAway`."""
        means = self.session.trainer.means()
        if means.skipped >= SKIPPED_MOST:
            raise RanAway("The gradients are no numbers any more")
        if means.steps == 0:
            return
        self.health.take(self.session.iteration, means.loss_a, means.loss_b, means.steps)
        self.saving.count(means.loss_a, means.loss_b, means.steps)
        self._unwritten = joined(self._unwritten, means)

    def write(self, seconds: float, rate: float) -> None:
        """Report the steps since the last report. Raises `RanAway`."""
        self.look()
        means, self._unwritten = self._unwritten, NOTHING
        if means.steps == 0:
            return
        iteration, a, b = self.session.iteration, means.loss_a, means.loss_b
        speed = means.steps / max(seconds - self.written_s, 1e-3)
        self.written_s, self.last = seconds, means
        self.history.append(iteration, time.time(), a, b, speed)
        if self.plateau:
            self.plateau.take(iteration, a, b)
        report, batch = self.session.work.report, self.session.batch
        report.metric(
            *(iteration, a, b, speed),
            learning_rate=rate,
            seconds=seconds,
            batch=batch,
            model=self.session.recipe.model,
        )
        if self.board:
            faces = 2 * batch * speed
            figures = {"loss/a": a, "loss/b": b, "learning rate": rate, "examples a second": faces}
            self.board.numbers(iteration, figures)
        done, total, unit = self.session.progress(seconds)
        report.progress(done, total, unit)

    def words(self) -> str:
        """The last losses for the closing sentence."""
        return (
            f"loss A {self.last.loss_a:.4f}, B {self.last.loss_b:.4f}" if self.last else "no step"
        )


def joined(first: Means, then: Means) -> Means:
    """The means over both."""
    steps = first.steps + then.steps
    weight = then.steps / max(steps, 1)
    losses = zip(first[:2], then[:2], strict=True)
    loss_a, loss_b = (x + weight * (y - x) for x, y in losses)
    return Means(loss_a, loss_b, steps, then.skipped)
