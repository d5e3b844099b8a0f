"""The watching job on real files: what counts, what is refused and why, and what it starts."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from proc_tools import fstui, picture, until

from engine.locks import holder_text
from engine.process import FileLock
from engine.project import Project
from engine.protocol import JobFolder, State, find_job, jobs_of
from fstui.model import jobs

SETTLE_S = 0.5


def watch(project: Project, **settings: object) -> JobFolder:
    folder = jobs.start_watch(
        project, settle_s=SETTLE_S, patience_s=SETTLE_S, poll_s=0.1, **settings
    )
    until(lambda: any("watching" in str(e.data.get("name")) for e in events(folder)), "it watches")
    return folder


def events(folder: JobFolder) -> list:
    return folder.events()[0]


def told(folder: JobFolder, path: str) -> dict[str, str]:
    """States that were told of a file, each with why."""
    found = [e.data for e in events(folder) if e.k == "arrival" and e.data["path"] == path]
    return {data["state"]: data["why"] for data in found}


def sources(project: Project) -> set[str]:
    return {s.path for s in Project.open(project.path).sources()}


@pytest.mark.parametrize("polling", [False, True])
def test_footage_is_taken_in_as_it_arrives(project: Project, polling: bool) -> None:
    media = project.path / "media"
    picture(media / "a" / "there before.png", 1)
    folder = watch(project, polling=polling)
    until(lambda: "ready" in told(folder, "media/a/there before.png"), "what was there is taken")

    picture(media / "b" / "new.png.part", 2)
    picture(media / "b" / ".new.png.x7Gh2", 3)
    (media / "target" / "shots").mkdir()
    picture(media / "target" / "shots" / "1.png", 4)
    picture(media / "target" / "shots" / "2.png", 5)
    until(lambda: "ready" in told(folder, "media/target/shots"), "a folder of pictures is taken")
    assert told(folder, "media/b/new.png.part") == {}
    os.rename(media / "b" / "new.png.part", media / "b" / "new.png")
    until(lambda: "ready" in told(folder, "media/b/new.png"), "the renamed file is taken")
    assert sources(project) == {
        "media/a/there before.png",
        "media/b/new.png",
        "media/target/shots",
    }
    project_now = Project.open(project.path)
    assert [s.path for s in project_now.sources("b")] == ["media/b/new.png"]


def test_what_is_no_footage_is_refused_with_a_reason(project: Project, tmp_path: Path) -> None:
    a = project.path / "media" / "a"
    folder = watch(project)
    picture(tmp_path / "outside.png")
    (a / "link.png").symlink_to(tmp_path / "outside.png")
    (a / "dangling.png").symlink_to(tmp_path / "nothing.png")
    os.mkfifo(a / "pipe.mp4")
    (a / "text.mp4").write_text("not a video")
    (a / "empty.mp4").touch()
    (a / "notes.txt").write_text("notes")
    picture(a / "good.png")
    (a / "twin.png").write_bytes((a / "good.png").read_bytes())
    reasons = {
        "link.png": "leads out",
        "dangling.png": "can't be read",
        "pipe.mp4": "pipe",
        "text.mp4": "no video",
        "empty.mp4": "empty",
        "notes.txt": "by its name",
        "twin.png": "listed on this side already",
    }
    for name, why in reasons.items():
        shown = f"media/a/{name}"
        until(lambda shown=shown: "refused" in told(folder, shown), f"{name} was refused")
        assert why in told(folder, shown)["refused"]
    assert sources(project) == {"media/a/good.png"}


def test_a_file_that_is_still_open_does_not_count(project: Project) -> None:
    a = project.path / "media" / "a"
    whole = picture(project.path / "whole.png").read_bytes()
    folder = watch(project)
    with open(a / "slow.png", "wb", buffering=0) as file:
        file.write(whole[:60])
        until(lambda: "arriving" in told(folder, "media/a/slow.png"), "it was seen")
        # Another file comes and settles meanwhile: the slow one stood still for longer than that.
        picture(a / "quick.png", 9)
        until(lambda: "ready" in told(folder, "media/a/quick.png"), "the other one is taken")
        assert told(folder, "media/a/slow.png").keys() == {"arriving"}
        file.write(whole[60:])
    until(lambda: "ready" in told(folder, "media/a/slow.png"), "it is taken once it is closed")


def test_a_file_that_vanishes_is_dropped(project: Project) -> None:
    folder = watch(project)
    path = project.path / "media" / "a" / "gone.png"
    with open(path, "wb", buffering=0) as file:
        file.write(b"some")
        until(lambda: "arriving" in told(folder, "media/a/gone.png"), "it was seen")
        path.unlink()
    until(lambda: "gone" in told(folder, "media/a/gone.png"), "its loss was told")
    assert "refused" not in told(folder, "media/a/gone.png")
    assert folder.alive()


def test_an_extraction_follows_once_the_running_one_has_ended(project: Project) -> None:
    project.change(lambda doc: doc["watch"].update(extract=True))
    running = FileLock(project.path / "locks" / "faces")
    assert running.acquire(holder_text("another extraction"))
    folder = watch(project)
    for side in ("a", "b"):
        picture(project.path / "media" / side / "new.png", ord(side))
        shown = f"media/{side}/new.png"
        until(lambda shown=shown: "ready" in told(folder, shown), f"{shown} was taken in")
    assert all(j.never_began for j in jobs_of(project.path) if j.kind == "extract")
    running.release()
    (launch,) = until(lambda: [e for e in events(folder) if e.k == "launch"], "it was launched")
    assert launch.data["steps"] == "extract a, extract b"
    extraction = JobFolder(project.path / "jobs" / launch.data["job"])
    assert [s.side for s in extraction.job().steps] == ["a", "b"]


def test_what_is_listed_already_is_not_told_again(project: Project) -> None:
    path = picture(project.path / "media" / "a" / "old.png")
    project.add_sources("a", [path])
    folder = watch(project)
    picture(project.path / "media" / "a" / "new.png", 7)
    until(lambda: "ready" in told(folder, "media/a/new.png"), "the new one is taken")
    assert told(folder, "media/a/old.png") == {}


def test_a_detached_watcher_is_one_a_project_and_can_be_stopped(project: Project) -> None:
    assert fstui("watch", "film", "--detach").returncode == 0
    second = fstui("watch", "film")
    assert second.returncode == 6
    assert "pid " in second.stderr
    assert fstui("stop", "film").returncode == 0
    folder = find_job(project.path)
    assert folder is not None
    assert folder.current().state is State.STOPPED
    assert fstui("watch", "film", "--detach").returncode == 0
    again = find_job(project.path)
    assert again is not None
    assert again.job().resumes == folder.name
    assert fstui("stop", "film", "watch").returncode == 0, "the one that runs is meant"
    assert again.current().state is State.STOPPED


def test_a_project_file_that_is_being_edited_puts_footage_off(project: Project) -> None:
    toml = project.path / "project.toml"
    whole = toml.read_text()
    folder = watch(project)
    toml.write_text(whole + "[people")
    picture(project.path / "media" / "a" / "new.png")
    (warning,) = until(lambda: [e for e in events(folder) if e.k == "warn"], "it is warned of")
    assert "project.toml can't be read" in warning.data["text"]
    assert "tried again" in warning.data["text"]
    toml.write_text(whole)
    until(lambda: "ready" in told(folder, "media/a/new.png"), "it is taken in")
    assert told(folder, "media/a/new.png").keys() == {"arriving", "ready"}


def test_footage_beside_the_sides_folders_is_refused_with_the_way_out(project: Project) -> None:
    media = project.path / "media"
    picture(media / "lost.png")
    (media / "takes").mkdir()
    picture(media / "takes" / "1.png", 1)
    (media / "empty").mkdir()
    picture(media / "a" / "good.png", 2)
    folder = watch(project)
    for name in ("lost.png", "takes"):
        until(lambda name=name: "refused" in told(folder, f"media/{name}"), f"{name} was refused")
        assert "put it into a, b, target or inbox" in told(folder, f"media/{name}")["refused"]
    until(lambda: "ready" in told(folder, "media/a/good.png"), "the good one is taken")
    assert told(folder, "media/empty") == {}
    assert sources(project) == {"media/a/good.png"}


def test_a_project_that_is_moved_while_watched_is_told_and_watched_where_it_is(
    project: Project,
) -> None:
    folder = watch(project)
    there = project.path.with_name("moved")
    project.path.rename(there)
    moved = JobFolder(there / "jobs" / folder.name)
    until(lambda: not moved.alive(), "the watcher ended")
    assert moved.current().state is State.INTERRUPTED
    (warning,) = [e.data["text"] for e in events(moved) if e.k == "warn"]
    assert f"moved to {there}" in warning
    assert "Traceback" not in moved.log_path.read_text()
    assert not project.path.exists()
    again = watch(Project.open(there))
    assert again.job().resumes == folder.name
    picture(there / "media" / "a" / "new.png")
    until(lambda: "ready" in told(again, "media/a/new.png"), "it is taken in there")
    jobs.kill(again)


def test_a_watcher_that_is_killed_leaves_the_next_one_nothing_to_mend(project: Project) -> None:
    first = watch(project)
    a = project.path / "media" / "a"
    picture(a / "before.png", 1)
    until(lambda: "ready" in told(first, "media/a/before.png"), "it is taken in")
    with open(a / "half.png", "wb", buffering=0) as file:
        whole = picture(project.path / "whole.png", 2).read_bytes()
        file.write(whole[:60])
        until(lambda: "arriving" in told(first, "media/a/half.png"), "it was seen")
        holder = first.holder()
        assert holder is not None
        os.kill(holder.pid, signal.SIGKILL)
        until(lambda: not first.alive(), "it died")
        second = watch(project)
        file.write(whole[60:])
    until(lambda: "ready" in told(second, "media/a/half.png"), "the rest is taken in")
    assert told(second, "media/a/before.png") == {}
    assert sources(project) == {"media/a/before.png", "media/a/half.png"}
