"""The jobs of a project, looked at again and again."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from engine.protocol import VERSION, Job, JobFolder, Snapshot, State, Step
from fstui.model import joblist
from fstui.model.joblist import JobList, SeenJob

JOB = Job(VERSION, "extract", [Step("extract", "a")])


def age(project: Path) -> None:
    """Nothing came or went for a minute."""
    then = time.time() - 60
    os.utime(project / "jobs", (then, then))


def test_a_job_whose_request_comes_after_its_folder_is_listed(tmp_path: Path) -> None:
    first = JobFolder.create(tmp_path, JOB)
    jobs = JobList(tmp_path, JobFolder)
    assert jobs.look()
    late = tmp_path / "jobs" / "20991231T000000.000-extract-0000"
    late.mkdir()
    assert not jobs.look()
    shutil.copy(first.path / "job.json", late)
    assert jobs.look()
    assert [job.name for job in jobs.folders] == [late.name, first.name]


def test_a_folder_of_jobs_that_rests_is_not_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    JobFolder.create(tmp_path, JOB)
    age(tmp_path)
    jobs = JobList(tmp_path, JobFolder)
    assert jobs.look()
    monkeypatch.setattr(joblist.os, "scandir", lambda _: pytest.fail("listed for nothing"))
    assert not jobs.look()


def test_a_job_stays_the_same_object_and_goes_with_its_folder(tmp_path: Path) -> None:
    jobs = JobList(tmp_path, SeenJob)
    assert not jobs.look()  # no folder of jobs yet
    old = JobFolder.create(tmp_path, JOB)
    assert jobs.look()
    (seen,) = jobs.folders
    new = JobFolder.create(tmp_path, JOB)
    assert jobs.look()
    assert jobs.folders[1] is seen
    shutil.rmtree(old.path)
    assert jobs.look()
    assert [job.name for job in jobs.folders] == [new.name]


def test_jobs_stay_as_they_were_while_their_folder_cannot_be_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    JobFolder.create(tmp_path, JOB)
    jobs = JobList(tmp_path, JobFolder)
    jobs.look()

    def away(_: Path) -> os.stat_result:
        raise OSError(107, "Transport endpoint is not connected")

    monkeypatch.setattr(joblist.os, "stat", away)
    assert not jobs.look()
    assert len(jobs.folders) == 1


def test_of_a_job_that_ended_nothing_is_read_any_more(tmp_path: Path) -> None:
    folder = JobFolder.create(tmp_path, JOB)
    seen = SeenJob(folder.path)
    assert seen.current().state is State.QUEUED
    assert seen.end is None
    folder.write_snapshot(Snapshot(State.DONE, "extract"))
    assert seen.current().state is State.DONE
    assert seen.job().kind == "extract"
    shutil.rmtree(folder.path)
    assert seen.current().state is State.DONE
    assert seen.job().kind == "extract"
