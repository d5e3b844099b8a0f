"""A watcher to be tested without processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from watch_bench import Bench, Engine

from engine.project import Project
from engine.watch import listing


@pytest.fixture
def bench(tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A new project, a watcher that has begun, and an engine that is told what files are."""
    engine = Engine()
    monkeypatch.setattr(listing, "ask", engine.ask)
    return Bench(Project.create(tmp_workspace, "film"), engine)
