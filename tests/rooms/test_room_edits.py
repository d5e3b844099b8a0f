"""Files edited in the user's editor: taken when they are right, said what is wrong otherwise."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import fake
import pytest
from textual.app import App
from workbench import Open

from engine.project import Project
from fstui import settings
from fstui.model import drafts
from fstui.widgets.confirm import Confirm


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return fake.make_project(tmp_workspace)


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`editor("text")`: what the user's editor adds to a file from now on."""
    monkeypatch.setattr(App, "suspend", lambda self: nullcontext())
    added = tmp_path / "added"
    script = tmp_path / "editor"
    script.write_text(f'#!/bin/sh\ncat "{added}" >> "$1"\n')
    script.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(script))

    def adds(text: str) -> None:
        added.write_text(text)

    return adds


async def test_a_bad_file_says_line_and_reason_and_goes_back_into_the_editor(
    bench: Open, project: Project, editor: Callable[[str], None]
) -> None:
    toml = project.path / "project.toml"
    before = toml.read_text()
    async with bench(project.path, size=(120, 30)) as b:
        await b.sees("1 Project")
        editor("\n[settings.train]\nbatch = = 3\n")
        await b.press("e")
        await b.sees("project.toml is not taken")
        line = before.count("\n") + 3
        await b.sees(f"at line {line}")
        assert toml.read_text() == before
        editor("")
        await b.press("enter")  # the safe choice: back to the editor, which leaves it as it is
        await b.sees("project.toml is not taken")
        await b.press("y")
        await b.until(lambda: not isinstance(b.app.screen, Confirm), "the question gone")
        assert toml.read_text() == before
        editor("\n[settings.train]\nbatch = 3\n")
        await b.press("e")
        await b.until(lambda: b.app.session.project.settings("train") == {"batch": 3}, "taken")


async def test_a_setting_that_cannot_be_is_refused_before_it_stands_in_the_file(
    bench: Open, project: Project, editor: Callable[[str], None]
) -> None:
    async with bench(project.path, size=(120, 30)) as b:
        await b.sees("1 Project")
        editor("\n[settings.train]\nbatch = 0\n")
        await b.press("e")
        await b.sees("train's batch can't be '0'")
        await b.press("y")
        assert Project.open(project.path).settings("train") == {}


async def test_the_users_own_files_are_checked_too(
    bench: Open, project: Project, editor: Callable[[str], None]
) -> None:
    async with bench(project.path, size=(120, 30)) as b:
        await b.press("O")
        await b.sees("fstui.workspace")
        editor("at_once = 0\n")
        await b.press("e")
        await b.sees("settings.toml is not taken")
        await b.press("y")
        editor("at_once = 3\n")
        await b.press("e")
        await b.until(lambda: settings.load().at_once == 3, "it is taken")
        editor('doctor = "s"\n')
        await b.press("m", "k")
        await b.sees("keymap.toml is not taken")
        await b.sees("would mean both")
        await b.press("y")
        editor('doctor = "f9"\n')
        await b.press("m", "k")
        await b.sees("keys of your own: 1")
        await b.press("f9")
        await b.sees("esc closes)")


async def test_under_readonly_no_editor_is_started(
    bench: Open, project: Project, editor: Callable[[str], None]
) -> None:
    before = (project.path / "project.toml").read_text()
    async with bench(project.path, readonly=True) as b:
        await b.sees("read-only")
        editor("\n# more\n")
        await b.press("e")
        assert (project.path / "project.toml").read_text() == before


def test_another_hands_change_is_not_written_over_unasked(
    project: Project, editor: Callable[[str], None]
) -> None:
    toml = project.path / "project.toml"
    draft = drafts.of_project(project.path)
    editor("\n# mine\n")
    draft.edit()
    toml.write_text(toml.read_text() + "\n# theirs\n")
    with pytest.raises(Exception, match="by another hand"):
        draft.take()
    assert "# theirs" in toml.read_text()
    assert draft.take()
    assert "# mine" in toml.read_text()


async def test_an_editor_that_cannot_be_started_leaves_no_draft_behind(
    bench: Open, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(App, "suspend", lambda self: nullcontext())
    monkeypatch.setenv("VISUAL", str(tmp_path / "no_such_editor"))
    (tmp_path / "drafts").mkdir()
    made: list[drafts.Draft] = []

    def of_project(path: Path) -> drafts.Draft:
        made.append(begin(path))
        return made[0]

    begin = drafts.of_project
    monkeypatch.setattr(drafts, "of_project", of_project)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "drafts"))
    async with bench(project.path, size=(120, 30)) as b:
        await b.sees("1 Project")
        await b.press("e")
        await b.sees("can't be started")
    assert len(made) == 1
    assert list((tmp_path / "drafts").iterdir()) == []
