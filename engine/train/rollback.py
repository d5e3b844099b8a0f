"""Going back to weights that were good: after a collapse more slowly and with other draws, after
running out of memory with fewer faces at once."""

from __future__ import annotations

from engine import history
from engine.errors import Damaged, OutOfMemory
from engine.train import checkpoint, sets
from engine.train.checkpoint import Checkpoint
from engine.train.health import Health, RanAway
from engine.train.saving import Saving
from engine.train.session import Session

MOST = 3
"""Roll-backs of one job; then something is wrong that a lower rate doesn't mend."""
SLOWER = 0.5
"""What each leaves of the learning rate."""


class Recovery:
    """Brings a job's session back to a state from which it can go on."""

    def __init__(self, session: Session, saving: Saving, health: Health) -> None:
        self.session, self.saving, self.health = session, saving, health
        self.times = 0
        self._used = ""
        """Name of the set that the last roll-back went to."""
        self._bad: set[str] = set()
        """Names of those that led to trouble twice."""

    def roll_back(self, trouble: RanAway, seconds: float) -> None:
        """Go on from the last good set with half the learning rate and other draws.

        Raises `Damaged`, the sentence that training ends with, where that is switched off or was
        tried often enough.
        """
        session = self.session
        self.saving.give_up(seconds)
        if not session.settings.roll_back or self.times == MOST:
            raise self._end(trouble)
        self.times += 1
        reached, found = session.iteration, self._good_set()
        session.roll_backs += 1
        session.slowed *= SLOWER
        self._go_on_from(found)
        words = (
            f"{trouble} at iteration {reached}: back to iteration {session.iteration} with the "
            f"learning rate halved (roll-back {self.times} of {MOST})."
        )
        session.work.report.warn(words)
        self.saving.diary.mark("rollback", reached, words)

    def fewer_faces(self, cause: Exception, seconds: float) -> None:
        """Go on from the last save with half the batch: the step that failed may have changed a
        part of the weights. Raises `OutOfMemory` where there is no smaller batch."""
        session = self.session
        self.saving.give_up(seconds)
        if session.batch == session.devices:
            raise OutOfMemory(
                "The device ran out of memory with one face of each side at once: train another "
                "model or one with smaller pictures."
            ) from cause
        reached, before = session.iteration, session.batch
        session.batch = max(session.batch // 2 // session.devices, 1) * session.devices
        self._go_on_from(self._newest())
        words = (
            f"Memory ran out with {before} faces of each side in a step: on with {session.batch} "
            f"from iteration {session.iteration}."
        )
        session.work.report.warn(words)
        self.saving.diary.mark("memory", reached, words)

    def _good_set(self) -> Checkpoint | None:
        """The newest set, but for those that led to trouble twice while there is an older one."""
        session = self.session
        newest = sets.checkpoints(session.folder)[:2]
        if len(newest) == 2 and newest[0].name == self._used:
            self._bad.add(self._used)
            aside = sets.set_aside(newest[0], session.trash)
            session.work.report.warn(
                f"The save of iteration {sets.iteration_of(newest[0])} led to trouble twice: it "
                f"lies in {aside} now."
            )
        found = self._newest()
        self._used = found.path.name if found else ""
        return found

    def _newest(self) -> Checkpoint | None:
        session = self.session
        if not checkpoint.exists(session.folder):
            return None
        found = checkpoint.load(session.folder, session.work.report.warn, self._bad)
        checkpoint.set_aside_after(session.folder, found, session.trash)
        return found

    def _go_on_from(self, found: Checkpoint | None) -> None:
        """Weights, moments and iteration of a set, or of the very beginning."""
        session = self.session
        session.restore(found) if found else session.restart()
        history.truncate_after(session.folder / "history", session.iteration)
        session.trainer.begin_again(session.draws)
        self.health.begin_again()

    def _end(self, trouble: RanAway) -> Damaged:
        session = self.session
        saved = session.saved_iteration
        kept = (
            f"the checkpoint of iteration {saved} is kept"
            if saved
            else "nothing had been saved yet"
        )
        return Damaged(
            f"{trouble} at iteration {session.iteration}; {kept}: "
            "train again with a lower learning rate."
        )
