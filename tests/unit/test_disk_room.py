"""About what a job will add to the disk, and the quota that a plain start keeps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from test_jobs import add

from engine import disk
from engine.disk import Count, disk_use
from engine.errors import NoSpace, NotPossible
from engine.project import Project
from engine.protocol import Job, Step
from engine.settings.user import UserSettings
from fstui import settings
from fstui.model import glance, jobs

MB = 1_000_000


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return Project.create(tmp_workspace, "film")


def needs(project: Project, stage: str, side: str | None = None, **values: object) -> int:
    return disk.needs_bytes(project, Job(1, stage, [Step(stage, side, values)])) - disk.JOB_BYTES


def test_extract_counts_the_frames_of_new_footage(
    project: Project, sample: Callable[[str], Path]
) -> None:
    project.add_sources("a", [sample("man")])
    assert needs(project, "extract", "a") == 72 * disk.FACE_BYTES
    assert needs(project, "extract", "a", every=2) == 36 * disk.FACE_BYTES
    assert needs(project, "extract", "b") == 0


def test_footage_that_was_extracted_needs_nothing_more(project: Project) -> None:
    add(project, "a", extracted=True)
    assert needs(project, "extract", "a") == 0


def test_footage_that_cannot_be_asked_counts_by_its_size(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(project, "a", extracted=False)
    (project.path.parent / "b.mp4").write_bytes(b"x" * 10 * disk.FRAME_BYTES)
    project.add_sources("b", [project.path.parent / "b.mp4"])

    def away(*_: object, **__: object) -> None:
        raise NotPossible("the drive does not answer")

    monkeypatch.setattr(disk, "ask", away)
    assert needs(project, "extract", "b") == 10 * disk.FACE_BYTES


def test_train_counts_the_saves_that_are_still_to_come(project: Project) -> None:
    assert needs(project, "train") == 0  # it foretells that itself before its first step
    sets = project.path / "model" / "checkpoints"
    for name in ("000000010-ab12", "000000020-ab12"):
        (sets / name).mkdir(parents=True)
        (sets / name / "weights.safetensors").write_bytes(b"x" * MB)
        (sets / name / "SHA256SUMS").write_text("sums")
    assert needs(project, "train") == pytest.approx(MB, rel=0.02)
    assert needs(project, "train", keep=5) == pytest.approx(4 * MB, rel=0.02)


def test_convert_counts_videos_by_their_source_and_pictures_by_their_pixels(
    project: Project,
) -> None:
    add(project, "target")  # one frame of 8 x 8
    (source,) = Project.open(project.path).sources("target")
    assert needs(project, "convert") == disk.REPORT_BYTES + source.size * disk.OUTPUT_FACTOR


def test_settings_that_are_wrong_are_the_jobs_own_trouble(project: Project) -> None:
    assert needs(project, "train", batch=0) == 0


def test_a_plain_start_keeps_the_quota_with_the_figures(project: Project) -> None:
    for side in ("a", "b"):
        add(project, side)
    (project.path / "out" / "clip.mp4").write_bytes(b"x" * 2 * MB)
    settings.change("quota_gb", 0.002)
    with pytest.raises(NoSpace, match=r"This train has no room: .* of its quota of 0\.002 GB"):
        jobs.start_train(project)
    assert list((project.path / "jobs").iterdir()) == []


def test_room_is_what_is_free_but_for_what_is_to_stay_free(project: Project) -> None:
    assert disk.no_room(project.path, MB, UserSettings(spare_gb=0.0)) == ""
    words = disk.no_room(project.path, MB, UserSettings(spare_gb=1e6))
    assert "it needs about 0.00 GB" in words
    assert "1000000.00 GB are to stay free" in words


def test_a_count_goes_on_where_it_was(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for number in range(20):
        (tmp_path / ("deep" if number % 2 else ".") / str(number)).write_bytes(b"x" * 5000)
    count = Count(tmp_path)
    looks = 1
    while not count.go_on(0.0):
        looks += 1
    assert looks > 20
    assert count.bytes == disk_use(tmp_path) > 0


def test_other_news_waits_for_no_count(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look counts for a moment; a project that was counted isn't counted again so soon."""
    monkeypatch.setattr(glance, "COUNT_S", 0.0)
    (project.path / "faces").mkdir(exist_ok=True)
    for number in range(10):
        (project.path / "faces" / str(number)).write_bytes(b"x" * 5000)
    ask = glance.of_disks(project.path.parent)
    looks = [ask() for _ in range(10)]
    assert looks == [None] * 10
    told = next(found for _ in range(100) if (found := ask()))
    assert told.held == {project.path: disk_use(project.path)}
    assert [ask() for _ in range(20)] == [None] * 20
