"""The worked examples of docs/automation.md, run as they stand there."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import unattended as u

from engine import packs
from engine.launch import ROOT
from engine.project import Project

SHORTER = {
    "more_iterations = 20000": "more_iterations = 12",
    'hours = "20:00-08:00"': 'hours = "00:00-24:00"',
    'model = "quick"': 'model = "quick"\nbatch = 2\nsave_every = 10',
    'steps = ["extract", "convert"]': 'steps = ["extract", "convert"]\n'
    'settings = {convert = {report = "identity"}}',
}
"""What a test has no night for."""


def blocks(title: str) -> list[tuple[str, str]]:
    """The blocks of one section of the page: what they are in, and their text."""
    page = (ROOT / "docs" / "automation.md").read_text("utf-8")
    (section,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", page, re.M | re.S)
    found = re.findall(r"^```(\w+)\n(.*?)^```", section, re.M | re.S)
    assert found
    return found


class Reader:
    """Types what the page says in a folder that has the footage which it names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: dict[str, str] = {}

    @property
    def project(self) -> Project:
        return Project.open(self.folder / "projects" / "anna")

    def obey(self, kind: str, text: str) -> None:
        """A block: commands are run, lines of project.toml are put at its end."""
        if kind == "toml":
            toml = self.project.path / "project.toml"
            for there, shorter in SHORTER.items():
                text = text.replace(there, shorter)
            toml.write_text(toml.read_text() + "\n" + text)
            return
        for line in text.splitlines():
            words = shlex.split(line, comments=True)
            if words[0] == "run.py":
                done = u.fstui(*words[1:], cwd=self.folder)
                self.said[line] = done.stdout
            else:
                assert words[0] == "cp", f"the page says more than a test can do: {line}"
                done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True)
            assert done.returncode == 0, (line, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("page")
    packs.fetch([*packs.NETWORKS, "man", "woman", "second-man"])
    cuts = {
        "bob": ("man", "1-30"),
        "anna": ("woman", "1-30"),
        "scene": ("man", "41-52"),
        "take2": ("woman", "41-60"),
        "party": ("second-man", "1-20"),
    }
    for name, (sample, frames) in cuts.items():
        u.cut(packs.find(sample), folder / "footage" / f"{name}.mp4", frames)
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("CONFIG", "STATE"):
            patch.setenv(f"FSTUI_{variable}", str(folder / variable.lower()))
        patch.setenv("FSTUI_WORKSPACE", str(folder / "projects"))
        found = Reader(folder)
        yield found
        u.stop(found.project)


def test_the_page_has_what_is_shortened() -> None:
    text = "".join(text for _, text in blocks("Example: overnight"))
    assert all(there in text for there in SHORTER)


@pytest.fixture(scope="module")
def morning(reader: Reader) -> Reader:
    """After the first example, from which the second one goes on."""
    *evening, after = blocks("Example: overnight")
    for block in evening:
        reader.obey(*block)
    u.run_done(reader.project, "learn")
    u.run_done(reader.project, "finish")
    reader.obey(*after)
    return reader


@pytest.mark.timeout(200)
def test_overnight(morning: Reader) -> None:
    said = morning.said
    assert "for media/target/scene.mp4" in said["run.py recipes anna --dry-run"]
    assert "recipe finish done for media/target/scene.mp4" in said["run.py arrivals anna"]
    assert "scene.mp4: 12 of 12 frames swapped" in said["run.py report anna"]
    assert (morning.project.path / "out" / "scene.mp4").exists()


@pytest.mark.timeout(200)
def test_one_inbox(morning: Reader) -> None:
    reader = morning
    *first, last = blocks("Example: one inbox")
    for block in first:
        reader.obey(*block)
    party = "media/inbox/party.mp4"
    u.until(lambda: party in u.book(reader.project).of("question"), "party.mp4 is a question")
    u.until(lambda: "media/b/take2.mp4" in u.book(reader.project).of("taken"), "take2 is taken")
    runs = [run for run in u.book(reader.project).runs if run.recipe == "sorted"]
    assert [run.files for run in runs] == [{"media/b/take2.mp4": "b"}]
    reader.obey(*last)
    assert "party.mp4: it shows neither" in reader.said["run.py inbox anna"]
    assert (reader.project.path / "media" / "target" / "party.mp4").exists()
    watching = u.newest(reader.project, "watch")
    assert watching is not None
    assert not watching.alive()
