"""The demo end to end: real footage, real networks, a real training, the finished video."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import pytest

from engine import packs
from engine.launch import engine_environment

SHORT_TRAINING_S = 20


def run_demo(workspace: Path, seconds: int) -> subprocess.CompletedProcess[str]:
    """`fstui demo` as a user starts it from a script."""
    command = [sys.executable, "-P", "-m", "fstui", "demo", "--seconds", str(seconds)]
    return subprocess.run(
        [*command, "--workspace", str(workspace)],
        capture_output=True,
        text=True,
        timeout=900,
        env=engine_environment(),  # this checkout, whichever the environment has installed
        check=False,
    )


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A workspace in which the demo ran with a short training, and what it printed."""
    workspace = tmp_path_factory.mktemp("demo")
    packs.fetch([*packs.NETWORKS, *packs.DEMO_FOOTAGE])
    done = run_demo(workspace, SHORT_TRAINING_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return workspace, done.stdout


def streams(path: Path) -> dict[str, Any]:
    """What a player sees: all frames decoded, the length of picture and sound."""
    with av.open(str(path)) as container:
        times = [frame.pts * frame.time_base for frame in container.decode(video=0)]
        step = times[1] - times[0]
    with av.open(str(path)) as container:
        sound = [f.pts * f.time_base + f.samples / f.sample_rate for f in container.decode(audio=0)]
    return {
        "frames": len(times),
        "seconds": float(times[-1] - times[0] + step),
        "sound_s": float(sound[-1]),
    }


def report_of(workspace: Path) -> dict[str, Any]:
    """The demo's report."""
    text = (workspace / "demo" / "out" / "report.json").read_text()
    report: dict[str, Any] = json.loads(text)
    return report


@pytest.mark.timeout(600)
def test_the_video_is_whole_as_long_as_its_source_and_has_sound(short: tuple[Path, str]) -> None:
    made = streams(short[0] / "demo" / "out" / "single_face.mp4")
    source = streams(packs.find("man"))
    assert made["frames"] == source["frames"] == 72
    assert made["seconds"] == pytest.approx(source["seconds"], abs=1 / 30)
    assert made["sound_s"] == pytest.approx(source["sound_s"], abs=1 / 30)


@pytest.mark.timeout(600)
def test_the_report_says_what_was_done(short: tuple[Path, str]) -> None:
    report = report_of(short[0])
    assert report["frames"] == 72
    assert report["frames_swapped"] >= 71
    assert report["iterations"] >= 10
    assert report["seconds_training"] == pytest.approx(SHORT_TRAINING_S, abs=3)
    assert report["seconds_total"] > report["seconds_training"]
    identity = report["identity"]
    assert 0 <= identity["nearer_to_new"] <= 1
    assert 0 < identity["median_to_new"] < 1.2
    assert 0 < identity["median_to_replaced"] < 1.2


@pytest.mark.timeout(600)
def test_it_prints_where_the_result_is_in_plain_lines(short: tuple[Path, str]) -> None:
    workspace, printed = short
    out = workspace / "demo" / "out"
    for name in ("single_face.mp4", "single_face.sheet.jpg", "report.json"):
        assert str(out / name) in printed
    assert "\x1b" not in printed


@pytest.mark.timeout(600)
def test_a_second_demo_goes_on_from_what_is_there(short: tuple[Path, str]) -> None:
    workspace, _ = short
    before = {p: p.stat().st_mtime_ns for p in (workspace / "demo" / "out").iterdir()}
    jobs = len(list((workspace / "demo" / "jobs").iterdir()))
    done = run_demo(workspace, SHORT_TRAINING_S)
    assert done.returncode == 0
    assert "single_face.mp4" in done.stdout
    assert {p: p.stat().st_mtime_ns for p in (workspace / "demo" / "out").iterdir()} == before
    assert len(list((workspace / "demo" / "jobs").iterdir())) == jobs


@pytest.mark.all
@pytest.mark.timeout(1200)
def test_five_minutes_of_training_make_the_swap_recognisable(tmp_path: Path) -> None:
    done = run_demo(tmp_path, 300)
    assert done.returncode == 0, done.stdout + done.stderr
    report = report_of(tmp_path)
    assert report["seconds_total"] <= 600
    assert report["identity"]["nearer_to_new"] >= 0.95
    assert report["identity"]["median_to_new"] <= 0.55
