"""run.py: what it notices about an environment, and what it says when it can't make one."""

from __future__ import annotations

import builtins
import importlib.util
import re
import shutil
import sys
import tomllib
from collections import namedtuple
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

RUN_PY = Path(__file__).resolve().parents[2] / "run.py"
Version = namedtuple("Version", "major minor micro releaselevel serial")


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """run.py as a module whose checkout is an empty folder with the real locks."""
    spec = importlib.util.spec_from_file_location("run_py", RUN_PY)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    shutil.copytree(RUN_PY.parent / "requirements", tmp_path / "requirements")
    shutil.copy(RUN_PY.parent / "pyproject.toml", tmp_path)
    for name, path in {"ROOT": "", "VENV": ".venv", "MARK": ".venv/fstui-setup"}.items():
        monkeypatch.setattr(module, name, str(tmp_path / path))
    monkeypatch.setattr(module, "PYTHON", str(tmp_path / ".venv/bin/python"))
    return module


@pytest.fixture
def made(door: ModuleType, tmp_path: Path) -> Path:
    """A finished set-up that has an interpreter and one package."""
    packages = tmp_path / ".venv/lib/python3.11/site-packages"
    (packages / "numpy").mkdir(parents=True)
    (tmp_path / ".venv/bin").mkdir()
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    door.write_mark("cpu", False)
    return packages


def test_a_finished_set_up_is_taken_as_it_is(door: ModuleType, made: Path) -> None:
    assert door.is_ready("cpu", False)


def test_tests_need_their_own_lock_installed(door: ModuleType, made: Path) -> None:
    assert not door.is_ready("cpu", True)
    door.write_mark("cpu", True)
    assert door.is_ready("cpu", True)
    door.write_mark("cpu", False)
    assert door.is_ready("cpu", True)


def test_a_package_that_went_missing_is_noticed(door: ModuleType, made: Path) -> None:
    (made / "numpy").rmdir()
    assert not door.is_ready("cpu", False)


def test_an_interpreter_that_went_away_is_noticed(
    door: ModuleType, made: Path, tmp_path: Path
) -> None:
    python = tmp_path / ".venv/bin/python"
    python.unlink()
    python.symlink_to(tmp_path / "uninstalled")
    assert not door.is_ready("cpu", False)
    assert not door.environment_works()


def test_a_new_lock_and_a_moved_checkout_are_noticed(
    door: ModuleType, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "requirements/cpu.lock"
    before = lock.read_text()
    lock.write_text(before + "another==1.0\n")
    assert not door.is_ready("cpu", False)
    lock.write_text(before)
    assert door.is_ready("cpu", False)
    monkeypatch.setattr(door, "fingerprint", lambda _name: door.read_mark()["lock"])
    monkeypatch.setattr(door, "ROOT", str(tmp_path / "elsewhere"))
    assert not door.is_ready("cpu", False)


def test_a_half_made_environment_has_no_mark(door: ModuleType, made: Path) -> None:
    Path(door.MARK).unlink()
    assert not door.is_ready("cpu", False)
    Path(door.MARK).write_bytes(b"lock")
    assert not door.is_ready("cpu", False)


def test_an_old_python_without_a_better_one_gets_one_sentence(
    door: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", Version(3, 9, 1, "final", 0))
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(SystemExit) as end:
        door.with_supported_python([])
    assert end.value.code == 13
    said = capsys.readouterr().err.strip()
    assert "3.11, 3.12 or 3.13" in said
    assert len(said.splitlines()) == 1


def test_an_old_python_goes_on_under_one_that_fits(
    door: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[str]] = []

    def call(command: list[str], **_words: Any) -> int:
        calls.append(command)
        return 0 if command[1] == "-c" else 5

    monkeypatch.setattr(sys, "version_info", Version(3, 14, 0, "final", 0))
    monkeypatch.setattr(
        shutil, "which", lambda name: "/opt/python3.12" if name == "python3.12" else None
    )
    monkeypatch.setattr("subprocess.call", call)
    with pytest.raises(SystemExit) as end:
        door.with_supported_python(["status", "--json"])
    assert end.value.code == 5
    assert calls[-1][0] == "/opt/python3.12"
    assert calls[-1][-2:] == ["status", "--json"]


def test_a_python_without_ensurepip_gets_one_sentence(
    door: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **words: Any) -> Any:
        if name == "ensurepip":
            raise ImportError(name)
        return real(name, *args, **words)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SystemExit) as end:
        door.make_environment()
    assert end.value.code == 13
    said = capsys.readouterr().err.strip()
    assert "ensurepip" in said
    assert len(said.splitlines()) == 1


def test_too_little_disk_is_said_before_the_download(
    door: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(0, 0, 10_000_000))
    with pytest.raises(SystemExit) as end:
        door.check_space("cpu")
    assert end.value.code == 7
    assert "10 MB are free" in capsys.readouterr().err


def test_the_gpu_build_is_taken_where_a_driver_is_and_cpu_overrides(
    door: ModuleType, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert door.wanted_variant(False) == "cpu"  # this machine's tests run without a driver
    monkeypatch.setattr(door.os.path, "exists", lambda _path: True)
    assert door.wanted_variant(False) == "gpu"
    assert door.wanted_variant(True) == "cpu"


def test_the_locks_hold_every_package_that_the_project_asks_for() -> None:
    project = tomllib.loads((RUN_PY.parent / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for lock, asked in {
        "cpu": project["dependencies"],
        "gpu": project["dependencies"] + extras["gpu"],
        "test": project["dependencies"] + extras["test"],
    }.items():
        text = (RUN_PY.parent / "requirements" / f"{lock}.lock").read_text()
        locked = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
        wanted = {re.split(r"[^A-Za-z0-9._-]", one)[0].lower() for one in asked}
        assert wanted <= locked, f"requirements/lock.sh makes {lock}.lock anew"
