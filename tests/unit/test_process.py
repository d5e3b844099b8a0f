"""What differs between platforms, where a test can see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import process


def test_every_user_has_the_same_folder_of_device_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, every = tmp_path / "own", tmp_path / "every"
    own.mkdir(mode=0o755)  # writable for whoever asks, here and by root on Fedora
    every.mkdir()
    every.chmod(0o1777)
    monkeypatch.setenv("TMPDIR", str(own))
    monkeypatch.setattr(process, "LOCK_FOLDERS", (tmp_path / "missing", own, every))
    assert process.device_lock_folder() == every
