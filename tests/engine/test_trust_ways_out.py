"""Every way out of the program: what lies in out/ came through the door, or is on the list of what
shows no replaced face."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from clips import make_clip
from convert_project import Painter, make_project, make_work

from engine.convert import pipeline
from engine.errors import Refused
from engine.footage import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from engine.interop.hand import hand
from engine.launch import ROOT
from engine.media.pictures import read_picture
from engine.project import Project
from engine.train.timelapse import Timelapse, film
from engine.trust import door
from engine.trust.band import GROUND, with_band
from engine.trust.consent import require_people
from engine.trust.mark import new_mark, read_mark
from engine.trust.record import SIDECAR, read_record
from engine.trust.verify import verify

OUT = {
    "engine/trust/door.py": "the door",
    "engine/convert/finish.py": "reads what is out already, and writes reports and patches' places",
    "engine/convert/targets.py": "names the folder for convert, which stages in out/.work",
    "engine/convert/pipeline.py": "stages in out/.work, writes report.json: figures, no picture",
    "engine/train/timelapse.py": "stages in out/.work",
    "engine/train/sheet.py": "augmentations.jpg: footage as training sees it, no face replaced",
    "engine/interop/hand.py": "export/: faces cut from footage and their points, none replaced",
    "engine/locks.py": "the name of a lock",
    "engine/project.py": "makes the empty folder",
    "engine/shelf.py": "makes the empty folder of a copy, which takes no results along",
    "engine/discard.py": "the name of a lock",
    "engine/media/tools/__init__.py": "a parameter called so, of tools outside projects",
    "fstui/commands/media.py": "the same parameter",
    "fstui/model/mediatools.py": "the same parameter",
    "fstui/rooms/tools.py": "the same parameter",
    "fstui/commands/footage.py": "the same parameter: a sheet of footage as it is",
    "fstui/commands/preview.py": "the same parameter: a preview has its band",
    "fstui/commands/report.py": "reads what was measured",
    "fstui/model/report.py": "reads what was measured",
    "fstui/rooms/report.py": "reads what was measured",
    "fstui/model/segments.py": "reads reports and journals",
    "fstui/model/target.py": "looks whether these changed",
    "engine/quality/shown.py": "reads a result; the picture of its frame has the band",
    "engine/reached.py": "reads the report",
    "engine/clean.py": "removes out/.work of conversions that nobody goes on with",
    "engine/hooks.py": "tells a hook where results are",
    "fstui/model/demo.py": "reads what is there",
    "fstui/model/overview.py": "lists what is there",
    "fstui/model/pipeline.py": "counts bytes",
    "engine/workspace.py": "looks at times",
}
"""Each file of the program that names out/, and why nothing leaves by it but through the door."""


def names_out(path: Path) -> bool:
    """Whether a file's code, not its docstrings, names the folder."""
    tree = ast.parse(path.read_text("utf-8"))
    prose = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)
    }  # docstrings are expressions that do nothing
    return any(
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in prose
        and (node.value == "out" or node.value.startswith("out/"))
        for node in ast.walk(tree)
    )


def sources() -> Iterator[Path]:
    """The program's own files."""
    for top in ("engine", "fstui"):
        yield from (ROOT / top).rglob("*.py")


def test_who_names_out_is_on_the_list() -> None:
    """A new way out fails here until it is known why it needs no door."""
    found = {str(path.relative_to(ROOT)) for path in sources() if names_out(path)}
    assert found == set(OUT)


def test_only_the_door_gives_a_staged_file_its_name() -> None:
    """Nobody else moves files to where results are, or writes records."""
    movers = {
        str(path.relative_to(ROOT))
        for path in sources()
        if SIDECAR in path.read_text("utf-8") or "add_mark(" in path.read_text("utf-8")
    }
    # Tools for films outside projects hand a mark on: what was made of a marked film is marked.
    handing_on = {"engine/media/tools/aside.py", "engine/media/tools/extract.py"}
    door = {"engine/trust/door.py", "engine/trust/mark.py", "engine/trust/record.py"}
    assert movers == door | handing_on


# --- each way, run -----------------------------------------------------------------------------


@pytest.fixture
def project(tmp_workspace: Path, tmp_path: Path) -> Project:
    """A clip to convert, pictures for a time-lapse, faces to export."""
    made = make_project(tmp_workspace, [make_clip(tmp_path / "a.mp4", frames=30)])
    for number in (100, 500):
        picture = np.full((64, 64, 3), number % 255, np.uint8)
        Timelapse(made.path / "model").add(number, picture)
    return made


def by_convert(project: Project) -> Any:
    """Video, sheet, reports, and previews on the way."""
    return pipeline.run(make_work(project), lambda _: Painter())


def by_writer(**settings: Any) -> Callable[[Project], Any]:
    """What another writer makes."""
    return lambda project: pipeline.run(make_work(project, **settings), lambda _: Painter())


WRITERS = {
    "mkv and its mask": {"codec": "ffv1", "preset": "fast", "mask_as": "separate"},
    "webm": {"codec": "vp9", "mask_as": "alpha"},
    "mov": {"codec": "prores", "preset": "fast"},
    "png": {"writer": "pictures", "picture": "png", "mask_as": "separate"},
    "jpg": {"writer": "pictures", "picture": "jpg"},
    "tiff": {"writer": "pictures", "picture": "tiff"},
    "webp": {"writer": "pictures", "picture": "webp"},
    "exr": {"writer": "pictures", "picture": "exr"},
    "gif": {"writer": "gif"},
    "moving webp": {"writer": "webp"},
    "patches": {"writer": "patch"},
}
"""Settings of convert for every other kind of file."""


def by_timelapse(project: Project) -> Any:
    """A video of the pictures."""
    return film(project, 10, "timelapse.mp4")


WAYS: list[Callable[[Project], Any]] = [by_convert, by_timelapse]
"""Those that show a replaced face."""


def pictures_in(folder: Path) -> list[Path]:
    """Every picture and film that a user finds in a folder: `.work` is not theirs."""
    media = IMAGE_SUFFIXES | VIDEO_SUFFIXES
    return [
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in media and ".work" not in path.relative_to(folder).parts
    ]


def closed(_leaving: door.Leaving) -> None:
    """A step that lets nothing out."""
    raise Refused("closed")


def check_all(out: Path) -> list[Path]:
    """Everything that one sees in out/ is marked, and it or its folder recorded."""
    found = pictures_in(out)
    for path in found:
        assert read_mark(path) == new_mark(500), path
        assert read_record(path) or read_record(path.parent), path
    assert {finding.exit for finding in verify(out)} == {0}
    return found


def test_what_lies_in_out_is_marked_and_recorded(project: Project) -> None:
    for way in WAYS:
        way(project)
    found = check_all(project.path / "out")
    assert {path.name for path in found} >= {"a.mp4", "a.sheet.jpg", "timelapse.mp4"}


@pytest.mark.parametrize("name", WRITERS)
def test_every_writers_files_are_marked_and_recorded(
    name: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    way, steps = by_writer(**WRITERS[name]), door.STEPS
    monkeypatch.setattr(door, "STEPS", (closed,))
    with pytest.raises(Refused, match="closed"):
        way(project)
    assert pictures_in(project.path / "out") == []
    monkeypatch.setattr(door, "STEPS", steps)
    way(project)
    assert check_all(project.path / "out")


@pytest.mark.parametrize("way", WAYS)
def test_nothing_leaves_past_a_closed_door(
    way: Callable[[Project], Any], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "STEPS", (closed, *door.STEPS))
    with pytest.raises(Refused, match="closed"):
        way(project)
    assert pictures_in(project.path / "out") == []


@pytest.mark.parametrize("way", WAYS)
def test_people_who_are_taken_back_meanwhile_stay_inside(
    way: Callable[[Project], Any], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first asking passes; when the result is there, nobody is recorded any more."""

    def taken_back(asked: Project) -> Any:
        if "b" in asked.file.people:
            Project.open(asked.path).remove_person("b")
        return require_people(asked)

    monkeypatch.setattr(door, "require_people", taken_back)
    with pytest.raises(Refused, match="Who side b shows is not recorded"):
        way(project)
    assert pictures_in(project.path / "out") == []


def test_a_preview_of_convert_has_its_band(project: Project) -> None:
    by_convert(project)
    previews = list(project.path.glob("jobs/*/preview/*.jpg"))
    assert previews
    for path in previews:
        bottom = read_picture(path)[-3:]
        assert np.abs(np.median(bottom, (0, 1)) - GROUND).max() < 12, path


@pytest.mark.parametrize("size", [(1, 1), (9, 200), (270, 480), (1080, 300)])
def test_a_band_says_what_it_is_and_keeps_the_rest(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(3).integers(0, 255, (*size, 3), np.uint8)
    banded = with_band(picture)
    height = max(12, size[0] // 14)
    assert np.array_equal(banded[:-height], picture[:-height])
    if size[0] > 100:
        assert len(np.unique(cv2.cvtColor(banded[-height:], cv2.COLOR_RGB2GRAY))) > 3  # letters


def test_an_export_of_faces_has_nothing_of_another_person(project: Project) -> None:
    """Points of the footage, as faceswap's file or JSON: what was found, not what was made."""
    hand(project, "target", "json")
    assert pictures_in(project.path / "out") == []
