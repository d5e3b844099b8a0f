"""The table of media tools makes the command line, and refuses what is missing."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest

from engine.errors import BadInput
from fstui import cli
from fstui.model import mediatools
from fstui.model.mediatools import TOOLS, Tool


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.verb)
def test_each_tool_takes_what_the_engine_takes(tool: Tool) -> None:
    run = import_module(f"engine.media.tools.{tool.verb}").run
    taken = {n: p.default for n, p in inspect.signature(run).parameters.items()}
    named = {"source", *(["out"] if tool.out else []), *(o.name for o in tool.all_options)}
    assert named == set(taken)
    for option in tool.all_options:
        if not option.required and option.name != "fps":
            assert taken[option.name] == option.default, option.name


def test_the_command_line_hands_its_words_over(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Any] = []

    def ask(*words: str) -> dict[str, Any]:
        asked.append(words)
        return {"path": "b.mp4", "tracks": 2}

    monkeypatch.setattr(mediatools, "ask", ask)
    assert cli.main(["media", "sound", "/a.mp4", "/b.mp4", "--from", "/c.wav", "--delay", "2"]) == 0
    ((question, verb, settings),) = asked
    assert (question, verb) == ("media-tool", "sound")
    assert '"sound": "/c.wav"' in settings
    assert '"delay": 2.0' in settings
    assert "2 tracks" in capsys.readouterr().out


def test_what_is_missing_is_named() -> None:
    with pytest.raises(BadInput, match="media rescale needs a size"):
        mediatools.run("rescale", {"source": "a.mp4", "out": "b.mp4", "size": ""})
    with pytest.raises(BadInput, match="media info needs a source"):
        mediatools.run("info", {"source": ""})
