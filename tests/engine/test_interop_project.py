"""Import and export of real footage: what goes out comes in again the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest
from extract_project import StopAfter, extract, project_with, warnings

from engine.control import Control
from engine.errors import BadInput, Exit, NothingToDo, Refused, Stopped
from engine.eventlog import Event
from engine.faces import crops
from engine.faces.geometry import crop_matrix, transform
from engine.faces.masks import hull_mask
from engine.interop import bring, collect, fsa
from engine.interop.hand import hand
from engine.launch import ask
from engine.media.read import FrameReader
from engine.project import Project
from engine.protocol import Job, JobFolder, Step
from engine.report import Reporter
from engine.store import Store
from engine.tables import FrameFace
from engine.work import Work
from fstui import cli

Sample = Callable[[str], Path]
MASK_PX = 96
FORMS = ("fsa", "png", "json")
FILES = {"fsa": "single_face_alignments.fsa", "png": "single_face", "json": "single_face.json"}


@pytest.fixture(scope="module")
def extracted(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The man extracted, with a mask and another network's identity for every face, and one
    face rejected."""
    project = project_with(tmp_path_factory.mktemp("out"), target=[sample("man")])
    extract(project, "target", identity=False, size=256)
    numbers = np.linspace(-1, 1, 512, dtype="<f4")
    with Store(project.db_path) as store, store.batch():
        faces = store.faces(side="target")
        for row in faces:
            points = np.frombuffer(row.face.points, "<f4").reshape(68, 2)
            matrix = crop_matrix(points, MASK_PX, "face")
            picture = hull_mask(transform(points, matrix), MASK_PX)
            data = cv2.imencode(".png", picture)[1].tobytes()
            store.add_mask(row.face.id, "vgg_clear", data, matrix.astype("<f4").tobytes(), MASK_PX)
            store.set_face(
                row.face.id,
                identity=(numbers * row.idx).tobytes(),
                identity_network="vggface2",
            )
        store.reject([faces[5].face.id])
    return project


@pytest.fixture(scope="module")
def exports(extracted: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each form's file or folder."""
    out = tmp_path_factory.mktemp("exports")
    for form in FORMS:
        told = hand(extracted, "target", form, out)
        assert told == {"faces": 71, "files": [str(out / FILES[form])], "warnings": []}
    return {form: out / FILES[form] for form in FORMS}


@pytest.fixture
def fresh(sample: Sample, tmp_path: Path) -> Project:
    """A project that only lists the footage."""
    return project_with(tmp_path / "workspace", target=[sample("man")])


def bring_in(
    project: Project, file: Path, side: str = "target", stop_after: int | None = None, **more: Any
) -> tuple[str, list[Event]]:
    """Run the step; its sentence and its events."""
    step = Step("import", side, {"file": str(file), **more})
    folder = JobFolder.create(project.path, Job(1, "import", [step]))
    control = cast(Control, StopAfter(stop_after))
    message = bring.run(Work(project, folder, step, Reporter(folder), control))
    return message, folder.events()[0]


def faces_of(project: Project) -> list[FrameFace]:
    with Store(project.db_path, readonly=True) as store:
        return store.faces(side="target")


@pytest.mark.parametrize("form", FORMS)
def test_the_same_faces_come_in_again(
    extracted: Project, exports: dict[str, Path], fresh: Project, form: str
) -> None:
    extract_size = "[settings.extract]\nsize = 256\n"
    with open(fresh.path / "project.toml", "a") as toml:
        toml.write(extract_size)
    project = Project.open(fresh.path)
    message, events = bring_in(project, exports[form])
    assert message == "side target: 71 faces imported into 1 medium"
    assert warnings(events) == []
    before, after = faces_of(extracted), faces_of(project)
    assert [(r.idx, r.pts) for r in after] == [(r.idx, r.pts) for r in before]
    with Store(extracted.db_path) as old, Store(project.db_path) as new:
        for b, a in zip(before, after, strict=True):
            check_same_face(extracted, project, b, a, with_rest=form != "json")
            if form != "json":
                check_same_masks(old.masks(b.face.id), new.masks(a.face.id))
    # Extracting with the project's own settings keeps what was imported.
    assert extract(project, "target")[0].startswith("side target: 71 faces")


def check_same_face(
    old: Project, new: Project, before: FrameFace, after: FrameFace, *, with_rest: bool
) -> None:
    """Box to rounding, points to the bit, the crop within JPEG noise, the figures with it."""
    b, a = before.face, after.face
    for edge in ("left", "top", "right", "bottom"):
        assert abs(getattr(b, edge) - getattr(a, edge)) <= 0.5
    assert a.points == b.points
    pictures = [crops.read(p.path / f.crop).astype(int) for p, f in ((old, b), (new, a)) if f.crop]
    assert np.abs(pictures[0] - pictures[1]).mean() < 1.0
    assert (a.yaw, a.pitch, a.roll) == pytest.approx((b.yaw, b.pitch, b.roll), abs=1e-3)
    assert a.blur == pytest.approx(b.blur, rel=1e-3)
    assert a.crop_size == 256
    if with_rest:
        assert (a.identity, a.identity_network) == (b.identity, "vggface2")
        assert a.detector == "faceswap"
    else:
        assert (a.identity, a.identity_network, a.detector) == (None, None, "json")


def check_same_masks(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert before.keys() == after.keys() == {"vgg_clear"}
    (old, old_matrix, size), (new, new_matrix, new_size) = before["vgg_clear"], after["vgg_clear"]
    assert new_size == size == MASK_PX
    pictures = [cv2.imdecode(np.frombuffer(d, np.uint8), 0) for d in (old, new)]
    np.testing.assert_array_equal(*pictures)
    np.testing.assert_allclose(
        np.frombuffer(new_matrix, "<f4"), np.frombuffer(old_matrix, "<f4"), rtol=1e-6
    )


def test_what_is_exported_has_frames_masks_and_thumbnails(exports: dict[str, Path]) -> None:
    found = fsa.read(exports["fsa"])
    assert list(found.frames)[:2] == ["single_face_000001.mp4", "single_face_000002.mp4"]
    assert "single_face_000006.mp4" not in found.frames  # its face is rejected
    face = found.frames["single_face_000001.mp4"].faces[0]
    assert face.masks["vgg-clear"].centring == "face"
    assert face.thumb is not None
    assert cv2.imdecode(np.frombuffer(face.thumb, np.uint8), 1).shape == (96, 96, 3)
    names = sorted(p.name for p in exports["png"].iterdir())
    assert names[0] == "single_face_000001_0.png"
    assert len(names) == 71


def test_faces_that_are_there_are_not_thrown_away_unasked(
    exports: dict[str, Path], fresh: Project
) -> None:
    bring_in(fresh, exports["fsa"])
    first = faces_of(fresh)
    with pytest.raises(BadInput, match=r"has 71 faces.*--replace"):
        bring_in(fresh, exports["fsa"])
    assert faces_of(fresh) == first
    assert bring_in(fresh, exports["json"], replace=True)[0].startswith("side target: 71")
    assert {r.face.detector for r in faces_of(fresh)} == {"json"}


def test_a_stopped_import_begins_anew(exports: dict[str, Path], fresh: Project) -> None:
    with pytest.raises(Stopped):
        bring_in(fresh, exports["fsa"], stop_after=1)
    assert 0 < len(faces_of(fresh)) < 71
    bring_in(fresh, exports["fsa"])
    assert len(faces_of(fresh)) == 71


def test_an_extraction_after_a_stopped_import_begins_anew(
    exports: dict[str, Path], fresh: Project
) -> None:
    with pytest.raises(Stopped):
        bring_in(fresh, exports["fsa"], stop_after=1)
    extract(fresh, "target", identity=False)
    assert {r.face.detector for r in faces_of(fresh)} == {"fullrange"}
    assert len(faces_of(fresh)) == 72


def test_files_of_other_footage_are_refused(
    exports: dict[str, Path], sample: Sample, tmp_path: Path
) -> None:
    other = project_with(tmp_path / "other", target=[sample("woman")])
    with pytest.raises(BadInput, match=r"'single_face_000001\.mp4'"):
        bring_in(other, exports["fsa"])
    with pytest.raises(BadInput, match="no footage called"):
        bring_in(other, exports["fsa"], media="single_face")
    with pytest.raises(NothingToDo, match="no footage"):
        bring_in(other, exports["fsa"], side="a")


def test_frames_of_another_size_are_refused(
    exports: dict[str, Path], fresh: Project, tmp_path: Path
) -> None:
    from engine.interop import png

    path = exports["png"] / "single_face_000001_0.png"
    header = png.read(path)
    assert header is not None
    header.size = (1920, 1080)
    png.write(tmp_path / "x.png", cv2.imencode(".png", np.zeros((8, 8, 3)))[1].tobytes(), header)
    with pytest.raises(BadInput, match="1920x1080"):
        bring_in(fresh, tmp_path / "x.png")


def test_faces_outside_of_the_footage_are_left_out_and_told(
    exports: dict[str, Path], fresh: Project, tmp_path: Path
) -> None:
    data = json.loads(exports["json"].read_text())
    face = data["single_face_000001.mp4"][0]
    data["single_face_009999.mp4"] = [face]
    data["single_face_000002.mp4"].append(
        {"landmarks_2d": [[x + 5000, y] for x, y in face["landmarks_2d"]]}
    )
    data["../../other_000001.mp4"] = [face]
    (tmp_path / "x.json").write_text(json.dumps(data))
    message, events = bring_in(fresh, tmp_path / "x.json")
    assert message.startswith("side target: 71 faces")
    assert any("2 faces of the file lie outside" in w for w in warnings(events))
    assert any("1 frames of the file are of other footage" in w for w in warnings(events))


def test_pictures_go_by_their_names(
    exports: dict[str, Path], sample: Sample, tmp_path: Path
) -> None:
    folder = tmp_path / "stills"
    folder.mkdir()
    face = json.loads(exports["json"].read_text())["single_face_000001.mp4"]
    with FrameReader(sample("man"), stop=1) as reader:
        bgr = cv2.cvtColor(next(iter(reader)).rgb, cv2.COLOR_RGB2BGR)
    for name in ("one.png", "two.png"):
        cv2.imwrite(str(folder / name), bgr)
    project = project_with(tmp_path / "w", target=[folder])
    (tmp_path / "x.json").write_text(json.dumps({"two.png": face}))
    bring_in(project, tmp_path / "x.json")
    assert [r.idx for r in faces_of(project)] == [1]
    hand(project, "target", "fsa", tmp_path / "out")
    assert list(fsa.read(tmp_path / "out" / "stills_alignments.fsa").frames) == ["two.png"]
    shutil.copy(folder / "one.png", folder / "zero.png")
    with pytest.raises(BadInput, match="has changed"):
        hand(project, "target", "fsa", tmp_path / "out")


def test_the_commands(
    extracted: Project,
    sample: Sample,
    tmp_workspace: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    project = project_with(tmp_workspace, target=[sample("man")])
    out = tmp_path / "out"
    assert (
        cli.main(["export", str(extracted.path), "target", "--to", "fsa", "--out", str(out)]) == 0
    )
    assert "71 faces of side target" in capfd.readouterr().out
    file = out / FILES["fsa"]
    assert cli.main(["import", "p", "target", str(file)]) == 0
    assert "71 faces imported" in capfd.readouterr().out
    assert len(faces_of(project)) == 71
    assert cli.main(["import", "p", "target", str(file)]) == Exit.BAD_INPUT
    assert "--replace" in capfd.readouterr().err
    assert cli.main(["import", "p", "target", str(tmp_path / "none.fsa")]) == Exit.BAD_INPUT
    assert cli.main(["--readonly", "import", "p", "target", str(file)]) == Refused.exit
    assert cli.main(["export", "p", "b", "--to", "png"]) == Exit.NOTHING_TO_DO


def test_export_refuses_what_it_has_not(extracted: Project) -> None:
    with pytest.raises(BadInput, match="no form"):
        ask("export", str(extracted.path), "target", "pickle", "", "")
    with pytest.raises(BadInput, match="no extracted footage"):
        ask("export", str(extracted.path), "target", "fsa", "", "nobody")
    assert collect.READERS.keys() == {".fsa", ".json"}
