"""The form of the media tools: its fields follow the tool, it says what was done or why not."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import fake
import pytest
from textual.widgets import Input
from workbench import Open

from engine.project import Project
from fstui import cli
from fstui.model import mediatools
from fstui.rooms.choice import Choice
from fstui.rooms.tools import Tools
from fstui.widgets.pathinput import PathInput


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    """Any."""
    return fake.make_project(tmp_workspace)


async def test_a_media_tool_runs_and_says_what_it_did(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def ask(_question: str, verb: str, settings: str) -> dict[str, Any]:
        asked.append((verb, json.loads(settings)))
        return {"path": "/b.mp4", "width": 320, "height": 180, "said": ["no sound"]}

    monkeypatch.setattr(mediatools, "ask", ask)
    async with bench(project.path, "convert") as b:
        await b.until(lambda: b.app.screen.query("#timeline"), "the room")
        await b.press("V")
        await b.until(lambda: isinstance(b.app.screen, Tools), "the form")
        form = b.app.screen
        form.query_one("#tool", Choice).put("rescale")
        await b.until(lambda: form.query("#tool-size"), "its fields")
        form.query_one("#tool-source", PathInput).text = "/a.mp4"
        form.query_one("#tool-out", PathInput).text = "/b.mp4"
        form.query_one("#tool-crf", Input).value = "best"
        form.submit()
        await b.sees("crf can't be 'best': give a number")
        form.query_one("#tool-crf", Input).value = "20"
        form.submit()
        await b.sees("media rescale needs a size")
        form.query_one("#tool-size", Input).value = "50%"
        form.submit()
        await b.sees("/b.mp4: 320x180.")
        await b.sees("Warning: no sound")
        verb, settings = asked[0]
        assert verb == "rescale"
        assert settings == {
            "source": "/a.mp4", "out": "/b.mp4", "size": "50%", "crf": 20, "overwrite": False,
        }  # fmt: skip


async def test_under_readonly_only_looks_are_made(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mediatools, "ask", lambda *_words: pytest.fail("something was written"))
    async with bench(project.path, "convert", readonly=True) as b:
        await b.until(lambda: b.app.screen.query("#timeline"), "the room")
        await b.press("V")
        await b.until(lambda: isinstance(b.app.screen, Tools), "the form")
        form = b.app.screen
        form.query_one("#tool", Choice).put("slice")
        await b.until(lambda: form.query("#tool-keys"), "its fields")
        form.submit()
        await b.sees("Nothing is written: fstui was started with --readonly.")


async def test_the_form_gives_its_command(bench: Open, project: Project) -> None:
    async with bench(project.path, "convert") as b:
        await b.until(lambda: b.app.screen.query("#timeline"), "the room")
        await b.press("V")
        await b.until(lambda: isinstance(b.app.screen, Tools), "the form")
        form = b.app.screen
        form.query_one("#tool", Choice).put("sound")
        await b.until(lambda: form.query("#tool-delay"), "its fields")
        await b.press("ctrl+g")
        await b.sees("media sound needs a source")
        for name, text in (("source", "/a b.mp4"), ("out", "/b.mp4"), ("sound", "/c.wav")):
            form.query_one(f"#tool-{name}", PathInput).text = text
        form.query_one("#tool-delay", Input).value = "-0.5"
        form.query_one("#tool-keep", Choice).put(True)
        await b.press("ctrl+g")
        line = "fstui media sound '/a b.mp4' /b.mp4 --from /c.wav --delay=-0.5 --keep"
        assert b.app.clipboard == line
        args = cli.parser().parse_args(shlex.split(line)[1:])
        assert (args.sound, args.delay, args.keep, args.overwrite) == ("/c.wav", -0.5, True, False)
