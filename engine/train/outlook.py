"""What a job says of its needs: foretold before its first step, then what some steps came to."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import psutil

from engine.errors import NoSpace
from engine.train import estimate, sets
from engine.train.session import Session

STEPS = 5
"""Steps after which time and memory are told."""

FEWEST = 2
"""Saves that a training always keeps."""


class Outlook:
    """Foretells when it is made, for batches of some `TensorSpec`s; `seconds` tells the training
    time so far. Raises `NoSpace` where the disk can't hold the saves."""

    def __init__(self, session: Session, faces: Any, seconds: Callable[[], float]) -> None:
        self.session, self._seconds = session, seconds
        self._steps, self._began = 0, 0.0
        trainer, keep = session.trainer, session.settings.keep
        self.needs = estimate.needs(trainer.graph(faces), trainer, session.program, keep)
        there = sets.checkpoints(session.folder)
        wanted = max(self.needs.disk_mib - len(there) * self.needs.save_mib, self.needs.save_mib)
        free = shutil.disk_usage(session.work.project.path).free // estimate.MIB
        session.work.report.event(
            "estimate",
            memory_mib=self.needs.memory_mib,
            disk_mib=self.needs.disk_mib,
            free_disk_mib=free,
        )
        if wanted > free:
            fewer = f", or keep fewer of them with --keep {FEWEST}" if keep > FEWEST else ""
            raise NoSpace(
                f"Saves of this model need {wanted} MiB more in {session.folder}, and {free} MiB "
                f"are free: free some{fewer}."
            )
        self._warn_of_memory()

    def _warn_of_memory(self) -> None:
        """A warning where the machine may come to swap or kill."""
        free = estimate.free_memory_mib()
        held = psutil.Process().memory_info().rss // estimate.MIB
        if free is not None and self.needs.memory_mib - held > free:
            self.session.work.report.warn(
                f"About {self.needs.memory_mib - held} MiB more will be needed and {free} MiB are "
                "free: a smaller --batch, --recompute or --precision bfloat16 needs less."
            )

    def step(self) -> None:
        """Count a step; after a few beyond the first, say what they came to."""
        self._steps += 1
        if self._steps == 1:
            self._began = self._seconds()
        if self._steps != STEPS + 1:
            return
        self.session.trainer.wait()
        seconds = self._seconds()
        each = (seconds - self._began) / STEPS
        left = max(self.session.settings.iterations - self.session.iteration, 0)
        limit = self.session.settings.seconds
        self.session.work.report.event(
            "trial",
            s_per_iteration=round(each, 4),
            left_s=round(min(left * each, limit - seconds) if limit else left * each),
            memory_mib=estimate.peak_mib(),
            foretold_mib=self.needs.memory_mib,
        )
