"""Real processes: a project, jobs of the fake engine, nothing left over."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from proc_tools import FakeEngine

from engine.locks import read_holder
from engine.process import is_locked
from engine.project import Project
from engine.protocol import jobs_of
from engine.queue.queue import queue_of


@pytest.fixture
def project(tmp_workspace: Path) -> Iterator[Project]:
    """An empty project; jobs that a test started in it are ended with it."""
    made = Project.create(tmp_workspace, "film")
    yield made
    keeper = queue_of(made.path).keeper_lock  # first: it would go on with what is killed
    for lock in (keeper, *(folder.lock_path for folder in jobs_of(made.path))):
        holder = read_holder(lock)
        if holder and is_locked(lock):
            with suppress(ProcessLookupError):
                os.kill(holder.pid, signal.SIGKILL)


@pytest.fixture
def fake() -> Iterator[FakeEngine]:
    """The fake engine."""
    engine = FakeEngine()
    yield engine
    engine.end_all()
