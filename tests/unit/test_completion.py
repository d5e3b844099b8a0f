"""Completion by the shells themselves: each script is run, and what Tab would show is looked at."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
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


# --- zsh and fish: their scripts read as they read them, and by themselves where they are ---

LINES = {
    ("queu",): {"queue"},
    ("queue", "ca"): {"cancel"},
    ("train", "fi"): {"film"},
    ("train", "film", "--batc"): {"--batch"},
    ("--color", "al"): {"always"},
    ("--ascii", "queue", "mo"): {"move"},
    ("extract", "film", "--side", "targ"): {"target"},
    ("settings", "get", "train.batc"): {"train.batch"},
}
"""What is typed, and what Tab shows."""


def test_what_zsh_shares_with_bash_runs_in_a_plain_shell(program: Path, film: JobFolder) -> None:
    script = completion.zsh(cli.parser())
    plain = script[: script.index("\n_fstui() {")].replace("  emulate -L sh\n", "")
    for typed, shown in LINES.items():
        words = " ".join(completion._sh(word) for word in typed[:-1])
        asked = f"{plain}\n_fstui_program=fstui; _fstui_candidates {words}\n"
        found = run("sh", program, asked).splitlines()
        assert {line for line in found if line.startswith(typed[-1])} == shown


def test_zsh_s_own_part_is_closed_and_named_by_compdef() -> None:
    script = completion.zsh(cli.parser())
    own = script[script.index("\n_fstui() {") :]
    assert script.startswith("#compdef fstui\n")
    assert own.endswith("\ncompdef _fstui fstui\n")
    assert script.count("  emulate -L sh\n") == 2
    for opened, closed in ("{}", "()", "[]"):
        assert own.count(opened) == own.count(closed)
    assert own.count('"') % 2 == 0


def fish_words(line: str) -> list[str]:
    """A line's words by fish's rules: between single quotes only \\ and \' are escapes."""
    words, word, quoted, rest = [], "", False, iter(line + " ")
    for letter in rest:
        if quoted and letter == "\\":
            following = next(rest)
            word += following if following in "\\'" else letter + following
        elif letter == "'":
            quoted = not quoted
        elif letter == " " and not quoted:
            words += [word]
            word = ""
        else:
            assert quoted or letter not in '"$()<>|&;*?#\\', line
            word += letter
    assert not quoted, line
    return words


def test_every_line_for_fish_reads_as_it_was_meant() -> None:
    found = {node.path: node for node in completion.nodes(cli.parser())}
    script = completion.fish(cli.parser())
    lines = [line for line in script.splitlines() if line.startswith("complete ")]
    offered = dict.fromkeys(found, frozenset[str]())
    for line in lines[1:]:
        name, *words = fish_words(line)
        assert (name, words[:3]) == ("complete", ["-c", "fstui", "-n"])
        function, path = fish_words(words[3])
        assert function == "__fstui_at"
        options = list(pairs(words[4:]))
        for option, value in options:
            offered[path] |= {f"--{value}"} if option == "-l" else frozenset(value.split())
        if ("-r", "") in options:  # a value is a file's name, or no file is offered for it
            assert (("-F", "") in options) != (("-f", "") in options), line
    for path, node in found.items():
        long = {name for flag in node.flags for name in flag.names if name.startswith("--")}
        assert offered[path] >= {*node.verbs, *long}, path
    paths = next(line for line in script.splitlines() if line.startswith("set -g __fstui_paths "))
    assert fish_words(paths)[3:] == [path for path in found if path]


def pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    """Options of fish's complete, each with its value."""
    rest = iter(words)
    for word in rest:
        assert word in {"-a", "-d", "-l", "-s", "-r", "-f", "-F"}, words
        yield word, "" if word in {"-r", "-f", "-F"} else next(rest)


def test_fish_s_function_takes_no_typed_word_for_an_option() -> None:
    script = completion._FISH
    assert "string trim -- " in script
    assert "contains -- " in script
    assert 'test "$at" = "$argv[1]"' in script  # unquoted, nothing at all is an error


@pytest.mark.skipif(not shutil.which("zsh"), reason="no zsh here")
def test_zsh_takes_the_script(program: Path, film: JobFolder) -> None:
    script = "autoload -U compinit; compinit -D\n" + completion.zsh(cli.parser())
    for typed, shown in LINES.items():
        words = " ".join(completion._sh(word) for word in typed[:-1])
        found = run(
            "zsh", program, f"{script}\n_fstui_program=fstui; _fstui_candidates {words}\n", "-f"
        )
        assert {line for line in found.splitlines() if line.startswith(typed[-1])} == shown


@pytest.mark.skipif(not shutil.which("fish"), reason="no fish here")
def test_fish_takes_the_script(program: Path, film: JobFolder) -> None:
    script = completion.fish(cli.parser())
    for typed, shown in LINES.items():
        line = completion._fish(" ".join(("fstui", *typed)))
        found = run("fish", program, f"{script}\ncomplete -C {line}\n", "--no-config").splitlines()
        assert {said.partition("\t")[0] for said in found} == shown
