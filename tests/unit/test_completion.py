"""Completion by the shells themselves: each script is run, and what Tab would show is looked at."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.launch import engine_environment
from engine.project import Project
from engine.protocol import Job, JobFolder, Step
from fstui import cli, completion
from fstui.commands import COMMANDS

NOTHING: set[str] = set()


@pytest.fixture
def program(tmp_path: Path, tmp_workspace: Path) -> Path:
    """A program called fstui, as a user has it on the path."""
    path = tmp_path / "bin" / "fstui"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m fstui "$@"\n')
    path.chmod(0o755)
    return path


def run(shell: str, program: Path, script: str, *words: str) -> str:
    env = engine_environment()
    env["PATH"] = f"{program.parent}:{env['PATH']}"
    done = subprocess.run(
        [shell, *words], input=script, env=env, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout


def in_bash(program: Path, *words: str, cwd: Path | None = None) -> set[str]:
    """What bash would offer behind these words; the last one is being typed."""
    quoted = " ".join(completion._sh(w) for w in ("fstui", *words))
    script = (
        completion.bash(cli.parser()) + f"\ncd {completion._sh(str(cwd or program.parent))}\n"
        f"COMP_WORDS=({quoted}); COMP_CWORD={len(words)}\n"
        "_fstui; printf '%s\\n' \"${COMPREPLY[@]}\"\n"
    )
    return {line for line in run("bash", program, script, "--norc").splitlines() if line}


@pytest.fixture
def film(tmp_workspace: Path) -> JobFolder:
    Project.create(tmp_workspace, "other film")
    project = Project.create(tmp_workspace, "film")
    return JobFolder.create(project.path, Job(1, "train", [Step("train")]))


def test_bash_completes_commands_verbs_and_flags(program: Path) -> None:
    assert set(COMMANDS) <= in_bash(program, "")
    assert in_bash(program, "queu") == {"queue"}
    assert {"list", "move", "cancel"} <= in_bash(program, "queue", "")
    assert in_bash(program, "queue", "ca") == {"cancel"}
    assert in_bash(program, "train", "film", "--batc") == {"--batch"}
    assert {"--queue", "--device", "--workspace"} <= in_bash(program, "train", "film", "--")
    assert "--learning-rate" in in_bash(program, "train", "film", "--")
    assert "--learning-rate" not in in_bash(program, "convert", "film", "--")


def test_bash_completes_choices(program: Path) -> None:
    assert in_bash(program, "extract", "film", "--side", "") == {"a", "b", "target"}
    assert in_bash(program, "--color", "al") == {"always"}
    assert in_bash(program, "--color", "=", "al") == {"always"}
    assert in_bash(program, "add", "film", "t") == {"target"}
    assert in_bash(program, "train", "film", "--batch", "") == NOTHING


def test_bash_completes_projects_and_jobs(
    program: Path, film: JobFolder, tmp_workspace: Path
) -> None:
    assert in_bash(program, "train", "") > {"film", "other\\ film"}
    assert in_bash(program, "train", "fi") == {"film"}
    assert film.name in in_bash(program, "wait", "film", "")
    assert film.name not in in_bash(program, "wait", "other film", "")
    assert film.name in in_bash(program, "queue", "hold", "")
    assert film.name in in_bash(program, "convert", "film", "--after", "")
    empty = tmp_workspace.parent / "empty"
    assert in_bash(program, "--workspace", str(empty), "status", "fi") == NOTHING


def test_bash_completes_files(program: Path, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").touch()
    assert in_bash(program, "add", "film", "a", "cl", cwd=tmp_path) == {"clip.mp4"}
    assert in_bash(program, "add", "film", "a", "x.mp4", "cl", cwd=tmp_path) == {"clip.mp4"}


def test_every_flag_of_every_command_is_in_every_script() -> None:
    found = list(completion.nodes(cli.parser()))
    assert {n.path for n in found} >= {*COMMANDS, "queue move", "settings set", "completion words"}
    for name, make in completion.SHELLS.items():
        script = make(cli.parser())
        for node in found:
            for flag in node.flags:
                for word in flag.names:
                    shown = f"-l '{word[2:]}'" if name == "fish" and word[:2] == "--" else word[1:]
                    assert shown in script, (name, node.path, word)


def test_words_that_a_shell_would_obey_are_quoted() -> None:
    assert completion._sh("it's $(x)") == "'it'\\''s $(x)'"
    assert completion._fish("it's \\ (x)") == "'it\\'s \\\\ (x)'"


@pytest.mark.skipif(not shutil.which("zsh"), reason="no zsh here")
def test_zsh_takes_the_script(program: Path, film: JobFolder) -> None:
    script = (
        "autoload -U compinit; compinit -D\n"
        + completion.zsh(cli.parser())
        + "\n_fstui_program=fstui; _fstui_candidates queue; _fstui_candidates train\n"
    )
    shown = run("zsh", program, script, "-f").splitlines()
    assert {"move", "film", "--batch"} <= set(shown)


@pytest.mark.skipif(not shutil.which("fish"), reason="no fish here")
def test_fish_takes_the_script(program: Path, film: JobFolder) -> None:
    script = completion.fish(cli.parser()) + "\ncomplete -C 'fstui queue m'\n"
    assert "move" in run("fish", program, script, "--no-config")
