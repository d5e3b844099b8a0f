"""Fixtures of all tests: a workspace of one's own, sample footage from pinned packages."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine import packs


def pytest_configure() -> None:
    """Hints read as without `run.py`, which may have started the tests."""
    os.environ.pop("FSTUI_CALLED_AS", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--all` runs the long forms too."""
    parser.addoption("--all", action="store_true", help="run the long forms too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long forms out of the default run."""
    if not config.getoption("--all"):
        skip = pytest.mark.skip(reason="long form: --all runs it")
        for item in items:
            if "all" in item.keywords:
                item.add_marker(skip)


@pytest.fixture
def tmp_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace that commands and jobs use by themselves; no settings of the user's."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    monkeypatch.setenv("FSTUI_WORKSPACE", str(workspace))
    monkeypatch.setenv("FSTUI_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("FSTUI_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("FSTUI_CACHE", str(tmp_path / "cache"))
    return workspace


@pytest.fixture
def stop_signals() -> Iterator[None]:
    """A step's `Control` takes the stop signals: give them back."""
    names = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(name) for name in names]
    yield
    for name, handler in zip(names, before, strict=True):
        signal.signal(name, handler)


@pytest.fixture(scope="session")
def sample() -> Callable[[str], Path]:
    """`sample("woman")`: the path of a piece of `engine.packs`, fetched once if it is missing."""

    def get(key: str) -> Path:
        packs.fetch([key])
        return packs.find(key)

    return get
