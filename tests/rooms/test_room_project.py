"""The project's room: model, result, disk, the folder's path."""

from __future__ import annotations

from pathlib import Path

import fake
import pytest
from workbench import Open

from engine.project import Project
from fstui.model.pipeline import PARTS, Model, of_pipeline
from fstui.rooms.lines import Lines
from fstui.rooms.project import disk_line

SUMS = "SHA256SUMS"


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    project = fake.make_project(tmp_workspace)
    fake.add_faces(project)
    return project


def add_set(project: Project, iteration: int, recipe: str | None = None) -> None:
    """A set of a model as far as one looks into it without the engine."""
    name = f"{iteration:09d}-abcd"
    folder = project.path / "model" / "checkpoints" / name
    folder.mkdir(parents=True)
    text = recipe or '{"model": "quick", "input_size": 64, "output_size": 96}'
    (folder / "recipe.json").write_text(text)
    (folder / SUMS).write_text("")
    (project.path / "model" / "latest").write_text(name)


async def test_what_is_missing_is_said_in_the_place_of_model_and_result(
    bench: Open, tmp_workspace: Path
) -> None:
    project = fake.make_project(tmp_workspace)
    async with bench(project.path, size=(140, 30)) as b:
        model, result = (b.app.screen.query_one(f"#{part}", Lines) for part in ("model", "result"))
        await b.until(lambda: "needs faces of A, B" in model.text, "no model yet")
        await b.until(lambda: "needs a trained model" in result.text, "no result yet")


async def test_model_and_result_are_told(bench: Open, project: Project) -> None:
    add_set(project, 4200)
    (project.path / "out" / "clip.mp4").write_bytes(b"x" * 5000)
    (project.path / "out" / "clip.json").write_text("{}")
    async with bench(project.path, size=(140, 30)) as b:
        await b.sees("quick  64 > 96 px")
        await b.sees("iteration 4 200")
        await b.sees("clip.mp4")
        await b.sees("5.0 kB")
        add_set(project, 4300)
        await b.sees("iteration 4 300")


async def test_each_part_of_the_disk_is_counted(bench: Open, project: Project) -> None:
    (project.path / "trash" / "old").write_bytes(b"x" * 3_000_000)
    (project.path / "faces" / "crop").write_bytes(b"x" * 1_000_000)
    async with bench(project.path) as b:
        disk = b.app.screen.query_one("#disk", Lines)
        await b.until(lambda: "trash 3.0 MB" in disk.text, "the trash")
        assert disk.text.index("trash") < disk.text.index("faces"), "the largest first"


async def test_the_folders_path_is_copied(bench: Open, project: Project) -> None:
    async with bench(project.path) as b:
        await b.sees("Target")
        await b.press("c")
        await b.until(lambda: b.app.clipboard == str(project.path), "it is copied")


def test_a_look_counts_one_part_and_tells_changes_only(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("fstui.model.glance.time.monotonic", lambda: now)
    ask = of_pipeline(project.path, every_s=0.0)
    for count in range(1, len(PARTS) + 1):
        told = ask()
        assert told is not None
        assert len(told.parts) == count
        ask.soon()
    assert ask() is None
    add_set(project, 20)
    now = 1.5
    told = ask()
    assert told is not None
    assert told.model is not None
    assert told.model[:4] == Model("quick", 64, 96, 20, 0.0)[:4]


@pytest.mark.parametrize("recipe", ["{", "[]", '{"model": "quick"}', '{"model": 1}'])
def test_a_damaged_model_is_no_traceback(project: Project, recipe: str) -> None:
    add_set(project, 20, recipe)
    told = of_pipeline(project.path)()
    assert told is not None
    assert told.model is None


def test_parts_that_are_empty_are_left_out() -> None:
    line = disk_line({"media": 0, "faces": 1000, "model": 2000})
    assert "".join(run[0] for run in line) == "disk 3.0 kB: model 2.0 kB, faces 1.0 kB"


async def test_a_broken_project_file_is_named_and_nothing_is_claimed(
    bench: Open, project: Project
) -> None:
    toml = project.path / "project.toml"
    good = toml.read_text()
    async with bench(project.path) as b:
        await b.sees("Next: press")
        toml.write_text(good + "\nbroken = [\n")
        await b.sees("can't be read")
        assert "All three stages are done" not in b.text()
        assert "needs footage" not in b.text()
        assert "s extract" not in b.text()
        toml.write_text(good)
        await b.sees("Next: press")
        await b.until(lambda: "can't be read" not in b.text(), "the banner is gone")


async def test_a_project_that_was_moved_away_is_told_with_the_way_on(
    bench: Open, project: Project
) -> None:
    async with bench(project.path, size=(120, 30)) as b:
        await b.sees("Next: press")
        project.path.rename(project.path.with_name("elsewhere"))
        await b.sees("is gone: moved, renamed")
        assert b.app.screen.query_one("#banner", Lines).text.endswith("0 shows what is there.")
        assert "Errno" not in b.text()
        await b.press("0")
        await b.sees("elsewhere")


async def test_readonly_names_what_is_next_without_a_key_that_does_nothing(
    bench: Open, project: Project
) -> None:
    async with bench(project.path, readonly=True) as b:
        await b.sees("Next: extract")
        assert "press" not in b.text()
