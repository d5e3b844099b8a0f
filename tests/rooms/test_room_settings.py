"""The settings room: every setting, changed in its place; presets; back to the defaults."""

from __future__ import annotations

from pathlib import Path

import fake
import pytest
from textual.widgets import Input
from workbench import Bench, Open

from engine.errors import BadInput, NothingToDo
from engine.project import Project
from engine.settings import STAGE_SETTINGS, fields
from fstui import cli, settings
from fstui.model import presets
from fstui.rooms.choice import Choice


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return fake.make_project(tmp_workspace)


async def find(b: Bench, name: str) -> None:
    """Put the cursor on a setting."""
    await b.press("slash")
    b.app.screen.query_one("Filter Input", Input).value = name
    await b.press("enter", "home")
    await b.sees("1 of ")


async def test_every_setting_is_there_with_value_default_and_help(
    bench: Open, project: Project
) -> None:
    async with bench(project.path, size=(140, 40)) as b:
        await b.press("O")
        await b.sees("fstui.workspace")
        total = len(fields(settings.UserSettings))
        total += sum(len(fields(kind)) for kind in STAGE_SETTINGS.values())
        assert len(b.app.screen.query_one("#settings")) == total
        await find(b, "train.learning_rate")
        await b.sees("may be 0 to 0.1")
        row = next(line for line in b.lines() if "train.learning_rate" in line)
        assert "default" in row


async def test_settings_are_changed_with_the_right_editor_and_taken_back(
    bench: Open, project: Project
) -> None:
    def own() -> dict[str, object]:
        return Project.open(project.path).settings("train")

    async with bench(project.path, size=(120, 30)) as b:
        await b.press("O")
        await b.sees("fstui.workspace")
        await find(b, "train.batch")
        await b.press("enter")
        await b.sees("1 to 256")
        b.app.screen.query_one("#set-batch", Input).value = "0"
        await b.press("enter")
        await b.sees("train's batch can't be '0'")
        b.app.screen.query_one("#set-batch", Input).value = "4"
        await b.press("enter")
        await b.until(lambda: own() == {"batch": 4}, "it is written")
        await b.until(lambda: "project" in row(b, "train.batch"), "it is the project's")
        await b.press("backspace")
        await b.until(lambda: own() == {}, "it is taken back")
        await find(b, "fstui.bell")
        await b.press("enter")
        await b.until(lambda: b.app.screen.query("#set-bell"), "yes or no")
        b.app.screen.query_one("#set-bell", Choice).action_turn(1)
        await b.press("enter")
        await b.until(lambda: not settings.load().bell, "it is written")
        await b.until(lambda: not b.app.session.settings.bell, "the workbench uses it")


def row(b: Bench, name: str) -> str:
    """The line of a setting in the list."""
    return next((line for line in b.lines()[3:] if name in line), "")


async def test_all_are_taken_back_after_a_question(bench: Open, project: Project) -> None:
    settings.change("quota_gb", 7.0)
    cli.main(["settings", "set", "train.batch", "8", "--project", "demo"])
    async with bench(project.path, size=(120, 30)) as b:
        await b.press("O")
        await b.sees("fstui.workspace")
        await b.press("m", "d")
        await b.sees("Take 2 settings back")
        await b.press("y")
        await b.until(lambda: settings.load().quota_gb == 0.0, "the user's")
        await b.until(lambda: Project.open(project.path).settings("train") == {}, "the project's")


async def test_a_project_with_nothing_set_stays_as_it_is(bench: Open, project: Project) -> None:
    settings.change("quota_gb", 7.0)
    toml = project.path / "project.toml"
    before = toml.stat().st_mtime_ns
    async with bench(project.path, size=(120, 30)) as b:
        await b.press("O")
        await b.sees("fstui.workspace")
        await b.press("m", "d")
        await b.sees("Take 1 setting back")
        await b.press("y")
        await b.until(lambda: settings.load().quota_gb == 0.0, "the user's")
        await b.until(lambda: not any(w.is_running for w in b.app.workers), "all is done")
    assert toml.stat().st_mtime_ns == before


async def test_a_tenth_and_an_eleventh_preset_are_there_too(bench: Open, project: Project) -> None:
    for number in range(11):
        presets.save(f"mine{number:02}", {"train": {"batch": 40 + number}}, replace=False)
    async with bench(project.path, size=(120, 40)) as b:
        await b.press("O")
        await b.sees("fstui.workspace")
        await b.press("m")
        await b.sees("load the preset mine10")
        await b.press("0")
        await b.until(
            lambda: Project.open(project.path).settings("train") == {"batch": 49}, "the tenth"
        )
        await b.press("m", "r", "G", "enter")
        await b.sees("Move the preset mine10 to trash/?")


async def test_a_preset_goes_from_one_project_to_another(
    bench: Open, project: Project, tmp_workspace: Path
) -> None:
    cli.main(["settings", "set", "train.batch", "8", "--project", "demo"])
    other = fake.make_project(tmp_workspace, "other")
    async with bench(project.path, size=(120, 30)) as b:
        await b.press("O")
        await b.sees("fstui.workspace")
        await b.press("m", "s")
        await b.sees("Save these settings")
        b.app.screen.query_one("#name", Input).value = "soft"
        await b.press("enter")
        await b.until(lambda: presets.names() == ["soft"], "it is saved")
    async with bench(other.path, size=(120, 30)) as b:
        await b.press("O")
        await b.sees("fstui.workspace")
        await b.press("m")
        await b.sees("load the preset soft")
        await b.press("1")
        await b.until(
            lambda: Project.open(other.path).settings("train") == {"batch": 8}, "it is loaded"
        )


def test_a_preset_with_anything_wrong_changes_nothing(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NothingToDo):
        presets.save("empty", presets.of_project(project))
    presets.folder().mkdir(parents=True)
    for text, said in (
        ("[train]\nbatch = 4\nbach = 1\n", "no setting 'bach'"),
        ("[train]\nbatch = 4\n[convert]\ncrf = 999\n", "crf can't be"),
        ("[dance]\nbatch = 4\n", "'dance' is no stage"),
        ("[train\n", "can't be read"),
    ):
        (presets.folder() / "mine.toml").write_text(text)
        with pytest.raises(BadInput) as caught:
            presets.apply(project, presets.load("mine"))
        assert said in str(caught.value)
        assert "mine.toml" in str(caught.value)
    assert Project.open(project.path).settings("train") == {}
    assert cli.main(["settings", "preset", "load", "nobody", "--project", "demo"]) == 3
    assert "there is mine" in capsys.readouterr().err
    (presets.folder() / "mine.toml").write_text("[train]\nbatch = 4\n")
    assert cli.main(["settings", "preset", "load", "mine", "--project", "demo"]) == 0
    assert Project.open(project.path).settings("train") == {"batch": 4}
    assert cli.main(["settings", "preset", "save", "again", "--project", "demo"]) == 0
    assert cli.main(["settings", "preset", "list"]) == 0
    assert capsys.readouterr().out.split()[-2:] == ["again", "mine"]
    assert cli.main(["settings", "preset", "remove", "mine"]) == 0
    assert presets.names() == ["again"]
