"""`settings`: the user's own and a project's, each checked by its one definition."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.errors import Exit
from engine.project import Project
from engine.settings.user import UserSettings
from fstui import cli, settings
from fstui.model.answers import SettingAnswer


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return Project.create(tmp_workspace, "film")


def fstui(*words: str) -> int:
    try:
        return cli.main(list(words))
    except SystemExit as end:
        return int(end.code or 0)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert fstui(*words) == 0
    return capsys.readouterr().out.strip()


def test_a_setting_is_set_read_and_taken_back(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "settings", "get", "quota_gb") == "0"
    assert fstui("settings", "set", "quota_gb", "250") == 0
    assert settings.load().quota_gb == 250.0
    assert said(capsys, "settings", "get", "quota_gb") == "250"
    assert fstui("settings", "unset", "quota_gb") == 0
    assert settings.load() == UserSettings()


def test_a_program_is_a_list_of_words(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert fstui("settings", "set", "on_done", "--", "notify-send", "-u", "low", "it's done") == 0
    assert settings.load().on_done == ("notify-send", "-u", "low", "it's done")
    assert said(capsys, "settings", "get", "on_done").splitlines()[3] == "it's done"


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["qouta_gb"], "did you mean quota_gb?"),
        (["train"], "train is a project's setting: say which with --project."),
        (["quota", "--project", "film"], "quota is your own setting: leave out --project."),
        (["tran", "--project", "film"], "No setting's name begins with 'tran'"),
    ],
)
def test_a_list_of_nothing_says_why(
    project: Project, words: list[str], near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fstui("settings", "list", *words) == Exit.USAGE
    assert near in capsys.readouterr().err


def test_comments_in_the_file_stay(project: Project) -> None:
    path = settings.config_folder() / "settings.toml"
    path.parent.mkdir(parents=True)
    path.write_text("# mine\nbell = false # at night\n")
    assert fstui("settings", "set", "at_once", "2") == 0
    text = path.read_text()
    assert "# mine\nbell = false # at night\n" in text
    assert settings.load() == UserSettings(bell=False, at_once=2)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["at_once", "0"], Exit.BAD_INPUT),
        (["at_once", "many"], Exit.BAD_INPUT),
        (["bell", "perhaps"], Exit.BAD_INPUT),
        (["quota_gb", "nan"], Exit.BAD_INPUT),
        (["webhook", "gopher://x"], Exit.BAD_INPUT),
        (["at_once", "1", "2"], Exit.USAGE),
        (["colour", "red"], Exit.USAGE),
        (["train.batch", "8"], Exit.USAGE),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    project: Project, words: list[str], code: Exit, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fstui("settings", "set", *words) == code
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert settings.load() == UserSettings()


def test_a_project_has_defaults_for_its_stages(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = ("--project", "film")
    assert fstui("settings", "set", "train.batch", "8", *mine) == 0
    assert fstui("settings", "set", "train.warp", "false", *mine) == 0
    now = Project.open(project.path)
    assert now.settings("train") == {"batch": 8, "warp": False}
    assert said(capsys, "settings", "get", "train.batch", *mine) == "8"
    assert fstui("settings", "set", "train.batch", "0", *mine) == Exit.BAD_INPUT
    assert fstui("settings", "set", "bell", "true", *mine) == Exit.USAGE
    assert fstui("settings", "unset", "train.batch", *mine) == 0
    assert Project.open(project.path).settings("train") == {"warp": False}
    assert fstui("--readonly", "settings", "set", "train.batch", "4", *mine) == Exit.REFUSED


def test_the_list_is_what_its_schema_says(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    fstui("settings", "set", "queue", "true")
    rows = msgspec.json.decode(said(capsys, "settings", "list", "--json"), type=list[SettingAnswer])
    assert {row.name for row in rows} == set(UserSettings.__struct_fields__)
    assert [row.name for row in rows if row.set] == ["queue"]
    assert all(row.help for row in rows)
    theirs = msgspec.json.decode(
        said(capsys, "settings", "list", "train.", "--project", "film", "--json"),
        type=list[SettingAnswer],
    )
    assert {row.name.partition(".")[0] for row in theirs} == {"train"}
    assert "train.batch" in said(capsys, "settings", "list", "--project", "film")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("qqq", "none of the"),
        ("train.bacth", "did you mean train.batch"),
        ("batch", "train.batch"),
        ("smooth", "extract.smooth"),
    ],
)
def test_a_mistyped_name_is_told_the_nearest_and_not_all(
    name: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["settings", "get", name])
    assert end.value.code == Exit.USAGE
    said = capsys.readouterr().err
    assert meant in said
    assert len(said) < 250
