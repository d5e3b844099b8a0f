"""A disk that is full or can't be written: one sentence, the right code, and nothing lost."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from proc_tools import FakeEngine, fstui, iteration, picture, until

from engine.project import Ground, Project
from engine.protocol import State
from engine.store import Store

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file system of two megabytes as the workspace."""
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    monkeypatch.setenv("FSTUI_WORKSPACE", str(place))
    monkeypatch.setenv("FSTUI_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("FSTUI_STATE", str(tmp_path / "state"))
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path) -> Path:
    """Use up the last byte."""
    path = place / "filler"
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while file.write(b"\0" * size) == size:
                    pass
            except OSError:
                continue
    return path


def test_a_job_on_a_full_disk_ends_with_code_7_and_can_go_on(
    fake: FakeEngine, small_disk: Path
) -> None:
    project = Project.create(small_disk, "film")
    folder = fake.start(project)
    until(lambda: iteration(folder) > 10, "the training got going")
    filler = fill(small_disk)
    until(lambda: not folder.alive(), "the job ended")
    now = folder.current()
    assert (now.state, now.exit) == (State.FAILED, 7)
    assert "no space" in now.message.lower()

    kept = int((project.path / "model" / "checkpoint").read_text())
    assert kept > 0
    filler.unlink()
    again = fake.start(project)
    first = until(lambda: iteration(again), "the training went on")
    assert first > kept


def test_an_extraction_that_fills_the_disk_goes_on_once_there_is_room(
    small_disk: Path, sample: Callable[[str], Path]
) -> None:
    project = Project.create(small_disk, "film")
    project.add_sources("a", [sample("man")])
    done = fstui("extract", "film")
    assert done.returncode == 7, done.stderr
    assert "no space" in done.stderr.lower()
    with Store(project.db_path, readonly=True) as store:
        kept = store.counts("a")
        crops = [f.face.crop for f in store.faces(side="a")]
    assert crops
    # Whatever the store names is on the disk, whole.
    assert all((project.path / crop).read_bytes()[-2:] == b"\xff\xd9" for crop in crops)
    assert kept["media_done"] == 0

    subprocess.run(["mount", "-o", "remount,size=50m", str(small_disk)], check=True)
    again = fstui("extract", "film")
    assert again.returncode == 0, again.stderr
    assert "Going on from" in again.stdout
    with Store(project.db_path, readonly=True) as store:
        now = store.counts("a")
    assert now["media_done"] == 1
    assert now["faces"] == now["frames"] == 72 > kept["frames"]


def test_commands_on_a_full_disk_say_so(small_disk: Path, tmp_path: Path) -> None:
    project = Project.create(small_disk, "film")
    clip = picture(tmp_path / "clip.png")
    project.add_sources("a", [clip])
    before = (project.path / "project.toml").read_bytes()
    fill(small_disk)
    for words in (
        ["extract", "film"],
        ["extract", "film", "--queue"],
        ["new", "other"],
        ["add", "film", "b", str(clip), "--copy"],
        ["people", "film", "a", "Me", "--ground", "self"],
    ):
        done = fstui(*words)
        assert done.returncode == 7, done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert "No space left" in done.stderr
    assert (project.path / "project.toml").read_bytes() == before
    assert list((project.path / "jobs").iterdir()) == []
    assert fstui("status", "film").returncode == 0


def test_a_project_that_can_only_be_read(small_disk: Path, tmp_path: Path) -> None:
    project = Project.create(small_disk, "film")
    clip = picture(tmp_path / "clip.png")
    project.add_sources("a", [clip])
    project.set_person("a", "Me", Ground.SELF, "me")
    Store(project.db_path).close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    status = fstui("status", "film")
    assert status.returncode == 0, status.stderr
    assert "1 source" in status.stdout
    assert fstui("people", "film").returncode == 0
    for words in (
        ["extract", "film"],
        ["extract", "film", "--queue"],
        ["watch", "film"],
        ["add", "film", "b", str(clip)],
        ["people", "film", "b", "You", "--ground", "consent"],
    ):
        done = fstui(*words)
        assert done.returncode == 3, (words, done.stderr)
        assert len(done.stderr.splitlines()) == 1
        assert "read-only file system" in done.stderr
