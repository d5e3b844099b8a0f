"""The forms of start: sections that fold, the filter, what differs, presets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fake
import pytest
from textual.widgets import Input
from workbench import Bench, Open

from engine.project import Project
from engine.settings import STAGE_SETTINGS, fields
from fstui.model import presets
from fstui.rooms.dialog import Dialog
from fstui.rooms.start import StartForm
from fstui.widgets.section import Heading, Section


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    project = fake.make_project(tmp_workspace)
    project.change(
        lambda doc: doc.setdefault("settings", {}).setdefault("train", {}).update(keep=9)
    )
    return project


async def opened(b: Bench, stage: str = "train") -> StartForm:
    await b.sees("1 Project")
    b.app.screen.ask_settings(stage)
    await b.sees("enter accept")
    form = b.app.screen
    assert isinstance(form, StartForm)
    return form


def in_sight(form: StartForm) -> set[str]:
    """Names of the fields that are shown."""
    entries = form.query(".dialog--row Input, .dialog--row Choice")
    return {(e.id or "").removeprefix("set-") for e in entries if e.region.height}


@pytest.mark.parametrize("stage", ["extract", "train", "convert"])
async def test_every_field_stands_once_and_few_at_first(
    bench: Open, project: Project, stage: str
) -> None:
    async with bench(project.path, size=(100, 50)) as b:
        form = await opened(b, stage)
        every = [f.name for f in fields(STAGE_SETTINGS[stage])]
        entries = [e.id for e in form.query(".dialog--fields Input, .dialog--fields Choice")]
        named = [str(e).removeprefix("set-") for e in entries if str(e).startswith("set-")]
        assert sorted(named) == sorted(every)
        assert len(in_sight(form)) == 3


async def test_a_section_opens_and_folds_and_tells_what_differs(
    bench: Open, project: Project
) -> None:
    async with bench(project.path, size=(100, 40)) as b:
        form = await opened(b)
        await b.sees("+ Saving  5 settings, * 1 changed")
        saving = next(s for s in form.query(Section) if s.title == "Saving")
        saving.query_one(Heading).focus()
        await b.press("enter")
        await b.sees("* keep")
        assert "keep" in in_sight(form)
        form.query_one("#set-keep", Input).focus()
        await b.press("ctrl+z")
        await b.until(lambda: saving.changed == 0, "nothing differs")
        saving.query_one(Heading).focus()
        await b.press("left")
        await b.until(lambda: "keep" not in in_sight(form), "folded")


async def test_a_field_is_found_by_its_words_wherever_it_is(bench: Open, project: Project) -> None:
    async with bench(project.path, size=(100, 40)) as b:
        form = await opened(b)
        await b.press("slash", *"learning rate")
        await b.until(lambda: "learning_rate" in in_sight(form), "its section opened")
        assert "batch" not in in_sight(form)
        await b.press("enter")
        assert form.focused is not None
        assert "rate" in (form.focused.id or "")
        await b.press("ctrl+underscore", "escape")
        await b.until(lambda: len(in_sight(form)) == 3, "as before")
        await b.press("slash", *"nosuchfield")
        await b.sees("no match: esc clears")


async def test_a_refused_field_is_shown_with_its_section(bench: Open, project: Project) -> None:
    async with bench(project.path, size=(100, 40)) as b:
        form = await opened(b)
        form.query_one("#set-keep", Input).value = "-1"
        assert "keep" not in in_sight(form)
        await b.press("enter")
        await b.sees("train's keep can't be")
        await b.until(lambda: "keep" in in_sight(form), "its section opened")


async def test_presets_go_in_and_out_of_a_form(bench: Open, project: Project) -> None:
    async with bench(project.path, size=(100, 40)) as b:
        form = await opened(b)
        form.query_one("#set-batch", Input).value = "3"
        await b.press("m", "s")
        await b.sees("Save these settings as a preset")
        await b.press(*"small", "enter")
        await b.until(lambda: presets.names() == ["small"], "it is saved")
        kept = presets.load("small")["train"]
        assert (kept["batch"], kept["keep"]) == (3, 9)
        await b.press("m", "s")
        await b.sees("Save these settings as a preset")
        await b.press(*"small", "enter")
        await b.sees("There is a preset 'small' already")
        await b.press("escape", "m", "d")
        await b.until(lambda: form.query_one("#set-batch", Input).value != "3", "the defaults")
        form.query_one("#set-batch", Input).focus()
        await b.press("ctrl+y", "1")
        await b.until(lambda: form.query_one("#set-batch", Input).value == "3", "loaded")
        (presets.folder() / "small.toml").write_text("[train]\nbatch = 4\nkeep = -2\n")
        await b.press("ctrl+y", "1")
        await b.sees("small.toml: train's keep can't be")
        assert form.query_one("#set-batch", Input).value == "3", "nothing of it is taken"
        await b.press("ctrl+y", "r", "1")
        await b.sees("Move the preset small to trash/?")
        await b.press("y")
        await b.until(lambda: presets.names() == [], "it is gone")
        assert [p.name for p in (presets.folder().parent / "trash").iterdir()] == ["small.toml"]
        assert list((project.path / "jobs").iterdir()) == []


async def test_what_a_form_does_as_it_opens_is_done_once(
    bench: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted: list[Dialog[Any]] = []
    on_mount = Dialog.on_mount

    def counted(form: Dialog[Any]) -> None:
        mounted.append(form)
        on_mount(form)

    monkeypatch.setattr(Dialog, "on_mount", counted)
    async with bench(project.path, size=(100, 50)) as b:
        form = await opened(b, "convert")
        assert mounted == [form]
        assert b.app.focused is form.query_one("#accept")
