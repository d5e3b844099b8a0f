"""doctor: what it finds on machines that this one is not."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from engine import doctor
from engine.devices import Gpu, choices, device_lock, gpus, take, visibility
from engine.errors import NotPossible
from fstui import cli
from fstui.model import checkup


@pytest.mark.parametrize(
    ("watches", "verdict"), [("65536", "good"), ("100", "note"), ("?", "note")]
)
def test_inotify_limits(tmp_path: Path, watches: str, verdict: str) -> None:
    (tmp_path / "max_user_watches").write_text(watches)
    (tmp_path / "max_user_instances").write_text("128")
    assert doctor.inotify(tmp_path).verdict == verdict


def test_log_out_is_bad_only_without_lingering(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doctor.logout(tmp_path).verdict == "good"
    monkeypatch.setattr(doctor, "kills_at_logout", lambda: True)
    assert doctor.logout(tmp_path).verdict == "bad"
    (tmp_path / doctor.user_name()).touch()
    assert doctor.logout(tmp_path).verdict == "good"


def test_tensorflow_is_described_without_importing_it() -> None:
    finding = doctor.tensorflow()
    assert finding.verdict == "good"
    assert "built for" in finding.words
    assert "is_cuda_build" in doctor.build_info()


def driver(tmp_path: Path, count: int) -> Path:
    for number in range(count):
        folder = tmp_path / "gpus" / f"0000:0{number}:00.0"
        folder.mkdir(parents=True)
        (folder / "information").write_text(
            f"Model: \t\t NVIDIA Thing {number}\nGPU UUID: \t GPU-{number}\n"
        )
    return tmp_path / "gpus"


def test_gpus_by_the_drivers_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = gpus(driver(tmp_path, 2))
    assert [(g.number, g.uuid, g.name) for g in found] == [
        (0, "GPU-0", "NVIDIA Thing 0"),
        (1, "GPU-1", "NVIDIA Thing 1"),
    ]
    assert gpus(tmp_path / "none") == []
    monkeypatch.setattr("engine.devices.gpus", lambda: found)
    assert choices("gpu:1") == [(found[1],)]
    assert choices("gpu:0,1") == [tuple(found[:2])]
    assert choices(None) == [(gpu,) for gpu in found]
    assert choices("cpu") == []
    with pytest.raises(NotPossible, match="it has 2 GPUs"):
        choices("gpu:0,2")


def run_with(findings: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(checkup, "ask", lambda *_, **__: findings)
    return cli.main(["doctor", *words])


def test_the_exit_code_tells_what_is_missing(
    tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = {"name": "weights", "verdict": "bad", "words": "missing"}
    gpu = {"name": "gpu", "verdict": "bad", "words": "gone"}
    assert run_with([], monkeypatch) == 0
    assert run_with([weights], monkeypatch) == 10
    assert run_with([weights, gpu], monkeypatch) == 13
    capsys.readouterr()
    assert run_with([gpu], monkeypatch, "--json") == 13
    names = [f["name"] for f in json.loads(capsys.readouterr().out)]
    assert names == ["terminal", "disk", "gpu"]


def test_a_device_lock_can_be_taken_by_every_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.devices.device_lock_folder", lambda: tmp_path)
    before = os.umask(0o022)
    try:
        lock = device_lock(Gpu(0, "GPU-1", "one"))
        assert lock.acquire("first")
    finally:
        os.umask(before)
    assert stat.S_IMODE(lock.path.stat().st_mode) == 0o666


def test_a_device_lock_that_another_user_made_is_taken_without_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.devices.device_lock_folder", lambda: tmp_path)
    lock, other = (device_lock(Gpu(0, "GPU-1", "one")) for _ in range(2))
    lock.path.write_text("theirs")
    real = os.open

    def of_another_user(path: object, flags: int, *mode: int) -> int:
        if path == lock.path and flags & (os.O_RDWR | os.O_CREAT):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, flags, *mode)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", of_another_user)
    assert lock.acquire("mine")
    assert not other.acquire("mine too")
    assert lock.path.read_text() == "theirs"
    lock.release()
    assert other.acquire("mine too")


def test_several_devices_are_taken_all_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.devices.device_lock_folder", lambda: tmp_path)
    one, two = Gpu(0, "GPU-0", "one"), Gpu(1, "GPU-1", "two")
    held = take((two,), "first")
    assert held is not None
    assert take((one, two), "second") is None
    alone = take((one,), "third")  # what the second could not have is free
    assert alone is not None
    for lock in (*held, *alone):
        lock.release()
    assert take((one, two), "fourth") is not None
    assert visibility((one, two), None) == {"CUDA_VISIBLE_DEVICES": "GPU-0,GPU-1"}


def test_a_step_sees_its_device_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.devices.AMD_DRIVER", tmp_path / "kfd")
    assert visibility((Gpu(1, "GPU-1", "one"),), None) == {"CUDA_VISIBLE_DEVICES": "GPU-1"}
    assert visibility((), None) == {"CUDA_VISIBLE_DEVICES": "-1"}
    (tmp_path / "kfd").touch()
    assert visibility((), None) == {}
    assert visibility((), "cpu") == {"CUDA_VISIBLE_DEVICES": "-1"}
