"""Bad input on the real command line: one clear sentence, the documented code, nothing changed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.launch import engine_environment
from engine.project import Ground, Project
from engine.protocol import JobFolder, jobs_of

Sample = Callable[[str], Path]


def fstui(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, as a shell runs it."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "fstui", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=280,
        env=engine_environment(),
        cwd=cwd,
        check=False,
    )


def refused(done: subprocess.CompletedProcess[str], code: int, *parts: str) -> None:
    """One printable sentence on standard error that has all the parts, and the exit code."""
    assert done.returncode == code, (done.returncode, done.stderr)
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].isprintable()
    for part in parts:
        assert part in lines[0], lines[0]


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return Project.create(tmp_workspace, "film")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with an awkward name for footage."""
    folder = tmp_path / 'it\'s "my" föotage 日本'
    folder.mkdir()
    return folder


# --- names and paths -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["a/b", "..", ".", "", "two\nlines", "red\x1b[31m", "bell\x07", "x" * 200, "\u202eevil"]
)
def test_project_names(tmp_workspace: Path, name: str) -> None:
    refused(fstui("new", "--", name), 3, "name")
    assert list(tmp_workspace.iterdir()) == []


def test_a_taken_name(project: Project) -> None:
    refused(fstui("new", "film"), 3, "film", "already")


@pytest.mark.parametrize(
    "command",
    ["status", "extract", "train", "convert", "attach", "tail", "stop", "watch", "people"],
)
def test_a_project_that_is_not_there(tmp_workspace: Path, command: str) -> None:
    refused(fstui(command, "nowhere"), 3, "nowhere", "new")


def test_missing_and_empty_paths(project: Project, place: Path) -> None:
    (place / "empty.mp4").touch()
    (place / "none").mkdir()
    (place / "none" / "notes.txt").write_text("x")
    refused(fstui("add", "film", "a", str(place / "no.mp4")), 3, "There is nothing at", "no.mp4")
    refused(fstui("add", "film", "a", str(place / "empty.mp4")), 3, "empty.mp4 is empty")
    refused(fstui("add", "film", "a", str(place / "none")), 3, "no video and no picture")
    assert Project.open(project.path).sources() == []


def test_files_that_are_no_media(project: Project, place: Path) -> None:
    (place / "text.mp4").write_text("This is a text.\n" * 50)
    (place / "notes.txt").write_text("x")
    (place / "fake.png").write_bytes(b"\x89PNG\r\n\x1a\nnot really")
    os.mkfifo(place / "pipe.mp4")
    refused(fstui("add", "film", "a", str(place / "text.mp4")), 3, "text.mp4", "no video")
    refused(fstui("add", "film", "a", str(place / "notes.txt")), 3, "by its name")
    refused(fstui("add", "film", "a", str(place / "fake.png")), 3, "fake.png", "no picture")
    refused(fstui("add", "film", "a", str(place / "pipe.mp4")), 3, "neither a file nor a folder")
    assert Project.open(project.path).sources() == []


def test_one_bad_path_of_many_adds_nothing(project: Project, place: Path, sample: Sample) -> None:
    (place / "text.mp4").write_text("This is a text.")
    refused(fstui("add", "film", "a", str(sample("man")), str(place / "text.mp4")), 3, "text.mp4")
    assert Project.open(project.path).sources() == []


def test_awkward_paths_work(project: Project, place: Path, sample: Sample) -> None:
    (place / "-dash 'q\".mp4").write_bytes(sample("man").read_bytes())
    done = fstui("add", "film", "a", "--", "-dash 'q\".mp4", cwd=place)
    assert done.returncode == 0, done.stderr
    (source,) = Project.open(project.path).sources("a")
    assert project.source_path(source) == place / "-dash 'q\".mp4"
    copied = fstui("add", "film", "b", "--copy", "--", "-dash 'q\".mp4", cwd=place)
    assert copied.returncode == 0, copied.stderr
    assert (project.path / "media" / "b" / "-dash 'q\".mp4").exists()


def test_a_truncated_video_is_taken_and_said(project: Project, place: Path, sample: Sample) -> None:
    whole, cut = place / "whole.mkv", place / "cut.mkv"
    remux(sample("man"), whole)
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    done = fstui("add", "film", "a", str(cut))
    assert done.returncode == 0, done.stderr
    assert "cut off" in done.stdout
    assert len(Project.open(project.path).sources("a")) == 1
    assert "cut off" not in fstui("add", "film", "b", str(whole)).stdout
    # Without its index, which an MP4 has at its end, nothing can be read.
    (place / "cut.mp4").write_bytes(sample("man").read_bytes()[:100_000])
    refused(fstui("add", "film", "target", str(place / "cut.mp4")), 3, "cut.mp4", "no video")


def remux(source: Path, target: Path) -> None:
    """The same pictures in another container."""
    import av

    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        stream = reader.streams.video[0]
        copy = writer.add_stream_from_template(stream)
        for packet in reader.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                writer.mux(packet)


# --- steps in the wrong order ----------------------------------------------------------------


def test_nothing_to_work_on(project: Project, sample: Sample) -> None:
    refused(fstui("extract", "film"), 4, "no footage", "add film a")
    refused(fstui("train", "film"), 4, "no footage", "Side a")
    refused(fstui("attach", "film"), 4, "no job yet")
    refused(fstui("tail", "film"), 4, "no job yet")
    refused(fstui("stop", "film"), 4, "nothing to stop")
    project.add_sources("a", [sample("man")])
    refused(fstui("extract", "film", "--side", "b"), 4, "Side b", "no footage")
    refused(fstui("train", "film"), 4, "no faces", "extract film --side a")
    assert jobs_of(project.path) == []


def test_convert_before_its_time(project: Project, sample: Sample) -> None:
    refused(fstui("convert", "film"), 5, "people film a")
    project.set_person("a", "The man", Ground.SAMPLE, "me")
    refused(fstui("convert", "film"), 5, "people film b")
    project.set_person("b", "The woman", Ground.SAMPLE, "me")
    refused(fstui("convert", "film"), 4, "Side target", "no footage")
    project.add_sources("target", [sample("man")])
    refused(fstui("convert", "film"), 10, "no trained model", "train film")
    assert jobs_of(project.path) == []


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["extract", "film", "--every", "0"], 3, "1 to 1000"),
        (["extract", "film", "--size", "100"], 3, "multiple of 64"),
        (["extract", "film", "--confidence", "nan"], 3, "0.05 to 1"),
        (["extract", "film", "--device", "gpu:99"], 13, "gpu:99"),
        (["extract", "film", "--side", "c"], 2, "there is no 'c': use a, b, target"),
        (["extract", "film", "--no-such-flag"], 2, "--no-such-flag"),
        (["watch", "film", "--settle-s", "-1"], 3, "0.5 to 3600"),
        (["people", "film", "a", "Me"], 2, "--ground"),
        (["people", "film", "a", "Me", "--ground", "fun"], 3, "public-domain"),
        (["people", "film", "a", "M\x1be", "--ground", "self"], 3, "printable"),
        (["bench", "dance"], 2, "dance"),
        (["help", "dance"], 2, "dance"),
    ],
)
def test_values_out_of_bounds(
    project: Project, sample: Sample, words: list[str], code: int, part: str
) -> None:
    project.add_sources("a", [sample("man")])
    refused(fstui(*words), code, part)
    assert jobs_of(project.path) == []


# --- damage ----------------------------------------------------------------------------------


def test_damaged_projects(project: Project, tmp_workspace: Path) -> None:
    toml = project.path / "project.toml"
    good = toml.read_text()
    toml.write_text(good + "\n[[source\n")
    refused(fstui("status", "film"), 11, "project.toml")
    refused(fstui("extract", "film"), 11, "project.toml")
    everything = fstui("status")
    assert everything.returncode == 0
    assert "damaged" in everything.stdout
    toml.write_text(good.replace("format = 1", "format = 9"))
    refused(fstui("train", "film"), 3, "format 9", "update")
    toml.write_text(good)
    project.db_path.write_bytes(b"rubbish" * 5000)
    refused(fstui("status", "film"), 11, "faces.db")
    refused(fstui("train", "film"), 11, "faces.db")


def test_damaged_settings(project: Project, tmp_path: Path, sample: Sample) -> None:
    project.add_sources("a", [sample("man")])
    toml = project.path / "project.toml"
    toml.write_text(toml.read_text() + "\n[settings.extract]\nevery = -5\n")
    refused(fstui("extract", "film"), 3, "every", "1 to 1000")


def test_a_source_that_was_deleted_since(project: Project, place: Path, sample: Sample) -> None:
    clip = place / "clip.mp4"
    clip.write_bytes(sample("man").read_bytes())
    project.add_sources("a", [clip])
    clip.unlink()
    done = fstui("extract", "film", "--side", "a")
    assert done.returncode == 3, (done.stdout, done.stderr)
    assert "clip.mp4" in done.stderr
    assert "Traceback" not in done.stderr


def test_footage_with_no_face(project: Project, sample: Sample) -> None:
    project.add_sources("a", [sample("no-face")])
    done = fstui("extract", "film", "--side", "a", "--every", "40")
    assert done.returncode == 4, (done.stdout, done.stderr)
    assert "no face" in done.stderr.lower()
    folder: JobFolder = jobs_of(project.path)[0]
    assert folder.current().exit == 4
    again = fstui("train", "film")
    refused(again, 4, "no faces")
