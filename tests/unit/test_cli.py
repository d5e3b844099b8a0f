"""The command line: help is quick and light, every error is one sentence with its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.errors import EXIT_MEANINGS, Exit, NothingToDo
from engine.launch import engine_environment
from engine.project import Project
from engine.settings import STAGE_SETTINGS, fields
from engine.store import Store
from fstui import cli
from fstui.commands import COMMANDS, status
from fstui.commands import test as test_command
from fstui.commands.shared import settings_of
from fstui.model import jobs

HEAVY = {"numpy", "cv2", "av", "tensorflow", "textual", "watchdog", "tomlkit", "rich", "PIL"}


def fstui(*words: str) -> tuple[int, str]:
    """Run a command in this process; its code. `SystemExit` is argparse's way to end."""
    try:
        return cli.main(list(words)), ""
    except SystemExit as end:
        return int(end.code or 0), ""


@pytest.mark.parametrize("command", [*COMMANDS, None])
def test_help_is_quick_and_loads_nothing_heavy(command: str | None) -> None:
    words = [command, "--help"] if command else ["--help"]
    code = (
        "import sys\nfrom fstui.cli import main\n"
        f"try: main({words!r})\nexcept SystemExit as end: assert not end.code\n"
        "print('MODULES', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=engine_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    text, _, modules = done.stdout.partition("MODULES")
    assert "usage: fstui" in text
    loaded = {name.partition(".")[0] for name in modules.split()}
    # rich.cells alone measures widths; rich's console is what takes time.
    assert not loaded & (HEAVY - {"rich"})
    assert "rich.console" not in modules.split()


def test_help_answers_within_the_time_that_the_interpreter_leaves() -> None:
    """0.3 s where Python starts in 0.02 s: as a ratio, so that a slow machine doesn't matter."""

    def best(*words: str) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-P", *words],
                env=engine_environment(),
                stdout=subprocess.DEVNULL,
                check=True,
            )
            times.append(time.perf_counter() - start)
        return min(times)

    bare = best("-c", "import json, argparse, asyncio")
    assert best("-m", "fstui", "train", "--help") < max(0.3, 6 * bare)


def test_every_setting_is_a_flag_with_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    for stage in ("extract", "train", "convert", "watch"):
        fstui(stage, "--help")
        text = " ".join(capsys.readouterr().out.split())
        for field in fields(STAGE_SETTINGS[stage]):
            assert f"--{field.name.replace('_', '-')}" in text
            assert field.help in text


def test_flags_reach_the_settings_typed(
    monkeypatch: pytest.MonkeyPatch, tmp_workspace: Path
) -> None:
    project = Project.create(tmp_workspace, "film")
    asked: dict = {}
    monkeypatch.setattr(jobs, "face_count", lambda *_: 25)
    monkeypatch.setattr(
        jobs,
        "start",
        lambda _, kind, steps, device, place: asked.update(steps[0].settings, device=device),
    )
    args = cli.parser().parse_args(
        ["train", "film", "--batch", "4", "--no-warp", "--learning-rate", "1e-4", "--device", "cpu"]
    )
    jobs.start_train(project, device=args.device, **settings_of(args))
    assert asked == {"batch": 4, "warp": False, "learning_rate": 1e-4, "device": "cpu"}


@pytest.mark.parametrize(
    "words", [["dance"], ["new"], ["add", "film", "c", "x"], ["train", "film", "--colour", "yes"]]
)
def test_wrong_usage_is_one_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert fstui(*words)[0] == Exit.USAGE
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert "--help" in err


def test_escapes_in_arguments_are_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    fstui("dance\x1b[31m")
    fstui("status", "\x1b]0;title\x07")
    assert "\x1b" not in capsys.readouterr().err


def test_exit_codes_are_printed_from_their_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert fstui("help", "exit-codes")[0] == 0
    out = capsys.readouterr().out
    for code, meaning in EXIT_MEANINGS.items():
        assert f"{int(code)} {meaning}" in out


def test_help_of_a_command_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert fstui("help", "stop")[0] == 0
    assert "usage: fstui stop" in capsys.readouterr().out


@pytest.mark.parametrize("where", [0, 1, 2])
def test_global_options_stand_anywhere(where: int, tmp_workspace: Path, tmp_path: Path) -> None:
    words = ["new", "film"]
    words[where:where] = ["--workspace", str(tmp_path / "other")]
    assert fstui(*words)[0] == 0
    assert (tmp_path / "other" / "film" / "project.toml").exists()


def test_global_options_stand_behind_a_verb(tmp_workspace: Path, tmp_path: Path) -> None:
    Project.create(tmp_path / "other", "film")
    words = ["settings", "list", "train.batch", "--project", "film"]
    assert fstui(*words)[0] == Exit.BAD_INPUT
    assert fstui(*words, "--workspace", str(tmp_path / "other"))[0] == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["queue"], "say what to do: list, move, hold, release, retry, cancel, run"),
        (["wait", "film", "--timeout", "nan"], "seconds from 0 on, not nan"),
        (["wait", "film", "--timeout", "-3"], "seconds from 0 on, not -3"),
        (["tail", "film", "-n", "-1"], "lines from 0 on, not -1"),
        (["tell", "film"], "say what to do: pause, resume"),
        (["settings", "preset"], "say what to do: list, save"),
        (["help", "queue", "mve"], "there is no 'mve': use list, move"),
        (["queue", "lst"], "there is no 'lst': use list, move"),
        (["queue", "list", "it"], "unknown words: it (see 'fstui queue list --help')"),
    ],
)
def test_wrong_words_are_answered_with_the_right_ones(
    tmp_workspace: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    Project.create(tmp_workspace, "film")
    assert fstui(*words)[0] == Exit.USAGE
    assert sentence in capsys.readouterr().err


def test_an_unknown_command_is_answered_with_the_nearest(
    tmp_workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fstui("stauts")[0] == Exit.USAGE
    said = capsys.readouterr().err
    assert "there is no command 'stauts': did you mean status" in said
    assert len(said) < 200


def test_a_project_in_place_of_a_command_is_told_how_to_be_opened(
    tmp_workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fstui("my film")[0] == Exit.USAGE
    said = capsys.readouterr().err
    assert "there is no command 'my film': 'fstui --open 'my film'' opens a project" in said
    assert fstui("--open", "film", "status")[0] == Exit.USAGE
    assert "--open is for the interface" in capsys.readouterr().err


def test_the_interface_opens_with_a_project(
    tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str | None] = []
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("fstui.terminal.prepare", lambda *_: None)
    monkeypatch.setattr("fstui.app.run", lambda _, project, **__: seen.append(project) or 0)
    assert cli.run(["--open", "film"]) == Exit.DONE
    assert cli.run([]) == Exit.DONE
    assert seen == ["film", None]


def test_without_a_terminal_the_interface_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert fstui()[0] == Exit.NOT_POSSIBLE
    assert "needs a terminal" in capsys.readouterr().err


def test_ctrl_c_ends_cleanly(
    monkeypatch: pytest.MonkeyPatch, tmp_workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(status, "overviews", interrupted)
    assert fstui("status")[0] == Exit.STOPPED
    assert capsys.readouterr().err == "fstui: Ctrl-C: ended.\n"


def test_a_bug_is_a_sentence_and_a_log(
    monkeypatch: pytest.MonkeyPatch, tmp_workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by\x1b[0m zero\nsecond line")

    monkeypatch.setattr(status, "overviews", broken)
    assert fstui("status")[0] == Exit.BUG
    err = capsys.readouterr().err
    log = tmp_workspace.parent / "state" / "fstui.log"
    assert len(err.splitlines()) == 1
    assert str(log) in err
    assert log.read_text().count("Traceback") == 1


def test_errors_have_the_code_of_their_class(
    monkeypatch: pytest.MonkeyPatch, tmp_workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing(*_: object) -> None:
        raise NothingToDo("There is nothing.")

    monkeypatch.setattr(status, "overviews", nothing)
    assert fstui("status")[0] == 4
    assert capsys.readouterr().err == "fstui: There is nothing.\n"


def test_a_reader_that_leaves_is_no_error(tmp_workspace: Path) -> None:
    for number in range(50):
        Project.create(tmp_workspace, f"project {number} {'x' * 60}")
    done = subprocess.run(
        f"'{sys.executable}' -P -m fstui status | head -n 1; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        env=engine_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_closed_streams_take_nothing_and_harm_nothing(tmp_workspace: Path, closed: str) -> None:
    project = Project.create(tmp_workspace, "film")
    with Store(project.db_path):
        pass
    before = project.db_path.read_bytes()
    done = subprocess.run(
        f"'{sys.executable}' -P -m fstui faces figures film {closed}",
        shell=True,
        executable="/bin/bash",
        env=engine_environment(),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == Exit.NOTHING_TO_DO
    assert "A bug of ours" not in done.stderr
    assert project.db_path.read_bytes() == before


def test_status_as_json_is_one_document(
    tmp_workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Project.create(tmp_workspace, "film")
    assert fstui("status", "--json")[0] == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert one["name"] == "film"
    assert fstui("status", "film", "--json")[0] == 0
    alone = json.loads(capsys.readouterr().out)
    assert {**one, "disk_bytes": alone["disk_bytes"]} == alone


def test_ascii_means_ascii(tmp_workspace: Path) -> None:
    Project.create(tmp_workspace, "Zoë 日本")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "fstui", "--ascii", "status"],
        env=engine_environment(),
        capture_output=True,
        check=True,
    )
    assert b"Zo? ??" in done.stdout
    assert done.stdout.isascii()


def test_other_words_of_test_go_to_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    run: list = []

    def record(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        run.extend(command)
        return subprocess.CompletedProcess(command, 5)

    monkeypatch.setattr(test_command.subprocess, "run", record)
    assert fstui("test", "--all", "tests/unit", "-k", "settings")[0] == 5
    assert run[1:] == ["-m", "pytest", "--all", "tests/unit", "-k", "settings"]


@pytest.mark.parametrize(("rest", "engine", "code"), [(0, 0, 0), (0, 3, 3), (5, 3, 3), (5, 0, 5)])
def test_all_tests_run_in_lanes_and_the_failure_of_any_is_the_end(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
    rest: int,
    engine: int,
    code: int,
) -> None:
    def lane(*words: str) -> list[str]:
        code = engine if "tests/engine" in words else rest if "tests" in words else 0
        told = f"print({' '.join(words)!r}); raise SystemExit({code})"
        return [sys.executable, "-c", told]

    monkeypatch.setattr(test_command, "pytest", lane)
    assert test_command.side_by_side(tmp_path, ["--all"]) == code
    said = capfdbinary.readouterr().out.decode().splitlines()
    lanes = [words for words in said if words.startswith("--all")]
    folders = {f for words in lanes for f in words.split() if f.startswith("tests/")}
    assert folders == {"tests/engine", "tests/e2e", "tests/proc", "tests/pty"}
    assert lanes[0].startswith("--all tests --ignore=tests/engine")
    assert len(lanes) == 3
