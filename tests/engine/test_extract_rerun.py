"""Extracting again with other settings: what they change is made anew, and nothing else."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from extract_project import extract, newest_events, project_with, warnings
from PIL import Image

from engine import curate, packs
from engine.errors import BadInput, ModelMissing, NothingToDo, Stopped
from engine.extract import crew
from engine.extract.align import mesh
from engine.extract.detect import fullrange
from engine.faces import crops
from engine.media.read import read_frames
from engine.project import Project
from engine.store import Store
from engine.tables import ALIGN, CROP

Sample = Callable[[str], Path]
FRAMES = 10


@pytest.fixture(scope="module")
def shots(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten frames with a face each, as pictures."""
    folder = tmp_path_factory.mktemp("footage") / "shots"
    folder.mkdir()
    for frame in read_frames(sample("man"), stop=FRAMES):
        Image.fromarray(frame.rgb).save(folder / f"{frame.index}.png")
    return folder


@pytest.fixture
def project(shots: Path, tmp_path: Path) -> Project:
    """They are extracted with the usual settings, without identity."""
    made = project_with(tmp_path, a=[shots])
    extract(made, "a", identity=False)
    return made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many frames the detector and how many faces the aligner are given."""
    counts: Counter[str] = Counter()

    def counted(kind: Any, name: str) -> None:
        real = kind.__call__

        def call(self: Any, items: Any) -> Any:
            counts[name] += len(items)
            return real(self, items)

        monkeypatch.setattr(kind, "__call__", call)

    counted(fullrange.Detector, "detector")
    counted(mesh.Aligner, "aligner")
    return counts


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Networks that a step loads, in their order."""
    names: list[str] = []

    def noted(name: str) -> None:
        real = getattr(crew, name)

        def make(*args: Any) -> Any:
            names.append(name)
            return real(*args)

        monkeypatch.setattr(crew, name, make)

    for name in ("FaceFinder", "aligner", "Masker", "_load_identifier"):
        noted(name)
    return names


def table(project: Project, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of all faces, in their frames' order."""
    with sqlite3.connect(project.db_path) as db:
        return db.execute(
            f"SELECT {', '.join(columns)} FROM face JOIN frame ON frame.id = face.frame"
            " ORDER BY idx, n"
        ).fetchall()


def rejections(project: Project) -> list[str | None]:
    return [by for (by,) in table(project, "rejected_by")]


def crop_times(project: Project) -> list[int]:
    return [p.stat().st_mtime_ns for p in sorted((project.path / "faces").rglob("*.jpg"))]


EVERYTHING = ("face.id", "points", "mesh", "blur", "crop", "crop_size", "rejected", "stale")


@pytest.mark.parametrize("settings", [{}, {"batch": 3}, {"threshold": 0.7}])
def test_what_changes_no_face_touches_none(
    project: Project, asked: Counter[str], settings: dict[str, Any]
) -> None:
    before, times = table(project, *EVERYTHING), crop_times(project)
    extract(project, "a", identity=False, **settings)
    assert not asked
    assert table(project, *EVERYTHING) == before
    assert crop_times(project) == times


@pytest.mark.parametrize("settings", [{}, {"masks": "components,oval"}, {"identity": False}])
def test_a_side_that_lacks_nothing_loads_no_network(
    shots: Path, tmp_path: Path, loaded: list[str], settings: dict[str, Any]
) -> None:
    project = project_with(tmp_path, a=[shots])
    told, _ = extract(project, "a", **settings)
    assert loaded
    loaded.clear()
    assert extract(project, "a", **settings)[0] == told
    assert not loaded


def test_what_a_side_lacks_is_made_again(
    shots: Path, tmp_path: Path, loaded: list[str], asked: Counter[str]
) -> None:
    """Other settings, other footage, edited faces, masks that are gone."""
    footage = tmp_path / "footage"
    shutil.copytree(shots, footage)
    project = project_with(tmp_path, a=[footage])
    settings: dict[str, Any] = {"identity": False, "masks": "components"}
    extract(project, "a", **settings)
    with Store(project.db_path) as store, store.batch():
        face = store.faces(side="a")[3].face
        store.set_face(face.id, edited=1, stale=CROP)
    loaded.clear()
    asked.clear()
    extract(project, "a", **settings)
    assert set(table(project, "stale")) == {(0,)}
    assert loaded == ["aligner", "Masker"]  # its crop is cut again, so its mask is made again
    assert not asked
    extract(project, "a", **settings, confidence=0.6)
    assert asked["detector"] == FRAMES
    (footage / "0.png").write_bytes((footage / "9.png").read_bytes())
    asked.clear()
    extract(project, "a", **settings, confidence=0.6)
    assert asked["detector"] == FRAMES


@pytest.mark.parametrize("settings", [{"confidence": 0.6}, {"presence": 0.6}, {"rotate": "90"}])
def test_detection_settings_look_again(
    project: Project, asked: Counter[str], settings: dict[str, Any]
) -> None:
    with Store(project.db_path) as store, store.batch():
        store.reject([store.faces(side="a")[4].face.id])
        store.keep([store.faces(side="a")[1].face.id])
    extract(project, "a", identity=False, max_face=1.0, **settings)
    assert asked == {"detector": FRAMES, "aligner": FRAMES}
    decided = {1: "kept", 4: "user"}
    assert rejections(project) == [decided.get(i, "max_face") for i in range(FRAMES)]
    with Store(project.db_path) as store:
        assert [f.idx for f in store.faces(side="a")] == [1]


@pytest.mark.parametrize(
    "settings",
    [{"detector": "s3fd"}, {"aligner": "fan"}, {"rotate": "much"}, {"masks": "vgg_clear"}],
)
def test_what_can_not_begin_forgets_no_face(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    before = table(project, "points", "crop")
    for key in ("fullrange", "mesh"):
        found = packs.find(key)
        place = tmp_path / "data" / "models" / found.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(found)
    monkeypatch.setenv("FSTUI_DATA", str(tmp_path / "data"))
    with pytest.raises((ModelMissing, BadInput)):
        extract(project, "a", identity=False, confidence=0.6, **settings)
    assert table(project, "points", "crop") == before


@pytest.mark.parametrize(
    ("settings", "times"), [({"normalise": "clahe"}, 1), ({"refeed": 2}, 3), ({"realign": True}, 2)]
)
def test_alignment_settings_ask_the_aligner_alone(
    project: Project, asked: Counter[str], settings: dict[str, Any], times: int
) -> None:
    before = table(project, "face.id", "left", "score", "crop")
    points = table(project, "points")
    extract(project, "a", identity=False, **settings)
    assert asked == {"aligner": FRAMES * times}
    assert table(project, "face.id", "left", "score", "crop") == before
    assert all(a != b for a, b in zip(table(project, "points"), points, strict=True))
    assert set(table(project, "stale")) == {(0,)}


def test_another_size_cuts_again_and_asks_no_network(project: Project, asked: Counter[str]) -> None:
    points = table(project, "points", "mesh")
    extract(project, "a", identity=False, size=256)
    assert not asked
    assert table(project, "points", "mesh") == points
    assert set(table(project, "crop_size", "stale")) == {(256, 0)}
    for (name,) in table(project, "crop"):
        assert crops.read(project.path / name).shape == (256, 256, 3)


def test_edited_faces_keep_their_points_when_all_are_aligned_again(project: Project) -> None:
    """The workbench sets points and marks a face as edited and its crop as stale."""
    with Store(project.db_path) as store:
        face = store.faces(side="a")[3].face
        moved = np.frombuffer(face.points, "<f4") + np.float32(3.0)
        with store.batch():
            store.set_face(face.id, points=moved.tobytes(), edited=1, stale=CROP)
    before = table(project, "points", "crop", "blur")
    extract(project, "a", identity=False, refeed=1)
    after = table(project, "points", "crop", "blur")
    same = [a[0] == b[0] for a, b in zip(before, after, strict=True)]
    assert same == [n == 3 for n in range(FRAMES)]
    assert after[3][2] != before[3][2]
    assert set(table(project, "stale")) == {(0,)}


def edit(project: Project, frame: int) -> bytes:
    """Move the points of a frame's face and paint its mask, as the workbench does; the points."""
    with Store(project.db_path) as store:
        face = store.faces(side="a")[frame].face
        moved = (np.frombuffer(face.points, "<f4") + np.float32(3.0)).tobytes()
        shape = curate.shape_of(store, face.id)
        mask = (b"painted", b"m" * 24, 64)
        curate.edit(store, face.id, shape._replace(points=moved, mask=mask))
    return moved


def edited(project: Project) -> list[tuple[int, bytes, int]]:
    """Frame, points and staleness of the edited faces, all of which have the painted mask."""
    with Store(project.db_path, readonly=True) as store:
        faces = [f for f in store.faces(side="a") if f.face.edited]
        masks = {store.mask(f.face.id, "custom") for f in faces}
        assert masks == ({(b"painted", b"m" * 24, 64)} if faces else set())
        return [(f.idx, f.face.points, f.face.stale) for f in faces]


def test_edited_faces_and_painted_masks_stay_when_all_are_found_again(project: Project) -> None:
    points = edit(project, 3)
    found = table(project, "points")
    for confidence in (0.55, 0.6):
        _, events = extract(project, "a", identity=False, confidence=confidence)
        assert edited(project) == [(3, points, 0)]
        assert warnings(events) == []
    assert table(project, "points") == found
    with Store(project.db_path) as store:  # what is taken back doesn't come again
        face = store.faces(side="a")[3].face
        curate.put_shape(store, face.id, curate.shape_of(store, face.id)._replace(edited=0))
    extract(project, "a", identity=False, confidence=0.5)
    assert edited(project) == []
    same = [a == b for a, b in zip(table(project, "points"), found, strict=True)]
    assert same == [n != 3 for n in range(FRAMES)]


def test_an_edited_face_that_is_not_found_again_is_told_and_comes_back(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = edit(project, 3)
    real = fullrange.Detector.__call__

    def blind(self: Any, frames: Any) -> Any:
        return [[] if len(found) else found for found in real(self, frames)]

    with monkeypatch.context() as patched:
        patched.setattr(fullrange.Detector, "__call__", blind)
        with pytest.raises(NothingToDo):
            extract(project, "a", identity=False, confidence=0.6)
    told = " ".join(warnings(newest_events(project)))
    assert "1 face of shots that you edited was not found again" in told
    extract(project, "a", identity=False)
    assert edited(project) == [(3, points, 0)]


def test_edited_faces_of_a_folder_stay_when_a_picture_is_added(shots: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(shots, folder)
    project = project_with(tmp_path, a=[folder])
    extract(project, "a", identity=False)
    points = edit(project, 3)
    shutil.copy(folder / "9.png", folder / "99.png")
    extract(project, "a", identity=False)
    assert edited(project) == [(3, points, 0)]
    assert len(table(project, "points")) == FRAMES + 1


def test_a_face_that_the_aligner_sees_no_more_is_rejected_until_it_does(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = mesh.Aligner.__call__

    def blind(self: Any, faces: Any) -> Any:
        found = real(self, faces)
        return [
            None if detection.box[0] < middle else f
            for f, (_, detection) in zip(found, faces, strict=True)
        ]

    middle = float(np.median([left for (left,) in table(project, "left")]))
    lost = [left < middle for (left,) in table(project, "left")]
    assert 0 < sum(lost) < FRAMES
    with monkeypatch.context() as patch:
        patch.setattr(mesh.Aligner, "__call__", blind)
        extract(project, "a", identity=False, normalise="mean")
    assert rejections(project) == ["aligner" if gone else None for gone in lost]
    extract(project, "a", identity=False, normalise="mean")
    assert rejections(project).count("aligner") == sum(lost)  # it is not asked again
    extract(project, "a", identity=False, normalise="hist")
    assert rejections(project) == [None] * FRAMES
    assert set(table(project, "stale")) == {(0,)}


@pytest.mark.parametrize("settings", [{"size": 256}, {"refeed": 1}])
def test_making_anew_goes_on_after_a_stop_and_a_power_cut(
    shots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    options = {"identity": False, "batch": 2}
    whole, broken = (project_with(tmp_path / name, a=[shots]) for name in ("one", "two"))
    for made in (whole, broken):
        extract(made, "a", **options)
    extract(whole, "a", **options, **settings)
    with pytest.raises(Stopped, match="making faces of shots anew"):
        extract(broken, "a", stop_after=0, **options, **settings)
    assert Counter(table(broken, "stale"))[(0,)] == 2
    synced = crew.sync_folders

    def power_cut(paths: list[Path]) -> None:
        synced(paths)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(crew, "sync_folders", power_cut)
        with pytest.raises(KeyboardInterrupt):
            extract(broken, "a", **options, **settings)
    assert Counter(table(broken, "stale"))[(0,)] == 2  # crops without rows count for nothing
    extract(broken, "a", **options, **settings)
    everything = ("idx", "points", "mesh", "yaw", "blur", "duplicate", "crop_size", "stale")
    assert table(broken, *everything) == table(whole, *everything)


# --- which frames ---


def test_frames_that_are_not_wanted_now_are_rejected_until_they_are(
    project: Project, asked: Counter[str]
) -> None:
    extract(project, "a", identity=False, frames="1-4", every=2)
    assert rejections(project) == [None, "frames", None, *["frames"] * 7]
    extract(project, "a", identity=False)
    assert rejections(project) == [None] * FRAMES
    assert not asked


def test_more_frames_are_looked_at_and_no_frame_twice(
    shots: Path, tmp_path: Path, asked: Counter[str]
) -> None:
    made = project_with(tmp_path, a=[shots])
    extract(made, "a", identity=False, frames="3-5")
    assert asked["detector"] == 3
    extract(made, "a", identity=False, frames="1-8", every=2)
    assert asked["detector"] == 3 + 2  # the first and seventh: third and fifth were looked at
    message, _ = extract(made, "a", identity=False)
    assert asked["detector"] == FRAMES
    assert message.startswith("side a: 10 faces in 10 of 10 frames")
    with Store(made.db_path) as store:
        (media,) = store.media("a")
    assert (media.frames, media.done) == (FRAMES, 1)


# --- filters ---


def test_filters_need_no_pictures_and_are_taken_back(project: Project, asked: Counter[str]) -> None:
    with Store(project.db_path) as store, store.batch():
        store.reject([store.faces(side="a")[0].face.id])
    sides = [
        max(right - left, bottom - top)
        for left, top, right, bottom in table(project, "left", "top", '"right"', "bottom")
    ]
    middle = float(np.median(sides)) / 360 * 100
    _, events = extract(project, "a", identity=False, min_face=middle)
    expected = ["min_face" if side / 360 * 100 < middle else None for side in sides]
    expected[0] = "user"
    assert rejections(project) == expected
    told = next(e.data for e in events if e.k == "rejections")
    assert told["rejected"] == Counter(by for by in expected if by)
    assert told["media"] == "shots"
    for name in told["examples"]["min_face"]:
        assert (project.path / name).is_file()
    assert len(told["examples"]["min_face"]) == min(8, expected.count("min_face"))
    extract(project, "a", identity=False)
    assert rejections(project) == ["user"] + [None] * (FRAMES - 1)
    assert not asked


def test_filters_hold_in_the_pass_too(shots: Path, tmp_path: Path) -> None:
    made = project_with(tmp_path, a=[shots])
    with pytest.raises(Stopped):
        extract(made, "a", stop_after=0, identity=False, batch=4, max_face=1.0)
    assert rejections(made) == ["max_face"] * 4


def test_a_side_whose_faces_are_all_rejected_says_why(project: Project) -> None:
    with pytest.raises(NothingToDo, match=r"every face in 10 .* is rejected \(10 too large\)"):
        extract(project, "a", identity=False, max_face=1.0)


def test_people_are_grouped_and_filtered_without_looking_again(
    project: Project, asked: Counter[str], sample: Sample
) -> None:
    message, _ = extract(project, "a")
    assert message.endswith(", 1 person")
    assert set(table(project, "cluster")) == {(0,)}
    with sqlite3.connect(project.db_path) as db:
        ((side, person, face),) = db.execute("SELECT * FROM person").fetchall()
    assert (side, person) == ("a", 0)
    assert (face,) in table(project, "face.id")
    assert not asked
    folder = project.path / "references"
    folder.mkdir()
    for name, at in (("man", 40), ("woman", 0)):
        (frame,) = read_frames(sample(name), start=at, stop=at + 1)
        Image.fromarray(frame.rgb).save(folder / f"{name}.png")
    found = table(project, "face.id", "points", "cluster")
    extract(project, "a", filter="references/man.png", nfilter="references/woman.png")
    assert rejections(project) == [None] * FRAMES
    with pytest.raises(NothingToDo, match="10 not the wanted person"):
        extract(project, "a", filter="references/woman.png")
    assert rejections(project) == ["filter"] * FRAMES
    extract(project, "a")
    assert rejections(project) == [None] * FRAMES
    assert table(project, "face.id", "points", "cluster") == found
    assert asked["detector"] == 3  # the reference pictures alone


def test_progress_tells_faces_a_frame_and_rejections(shots: Path, tmp_path: Path) -> None:
    made = project_with(tmp_path, a=[shots])
    _, events = extract(made, "a", identity=False, batch=2)
    last = [e.data for e in events if e.k == "progress"][-1]
    assert (last["faces"], last["per_frame"], last["rejected"]) == (FRAMES, 1.0, {})


# --- what faces lack ---


def masks_of(project: Project) -> dict[int, dict[str, tuple[bytes, bytes, int]]]:
    with Store(project.db_path) as store:
        return {f.face.id: store.masks(f.face.id) for f in store.faces(side="a", rejected=None)}


def test_masks_are_added_without_looking_again(project: Project, asked: Counter[str]) -> None:
    times = crop_times(project)
    extract(project, "a", identity=False, masks="components")
    first = masks_of(project)
    assert {tuple(m) for m in first.values()} == {("components",)}
    extract(project, "a", identity=False, masks="components,custom,oval")
    both = masks_of(project)
    assert all(both[face]["components"] == m["components"] for face, m in first.items())
    assert {frozenset(m) for m in both.values()} == {frozenset({"components", "custom", "oval"})}
    assert not asked
    assert crop_times(project) == times
    with Store(project.db_path) as store, store.batch():
        face = next(iter(both))
        picture, matrix, size = both[face]["custom"]
        store.add_mask(face, "custom", picture + b"painted", matrix, size)
    extract(project, "a", identity=False, masks="components,custom", mask_size=64)
    after = masks_of(project)
    assert {m["components"][2] for m in after.values()} == {64}
    assert {m["oval"][2] for m in after.values()} == {128}  # it isn't asked for now
    assert after[face]["custom"][0].endswith(b"painted")


def test_points_that_moved_forget_their_masks_but_not_the_painted_one(project: Project) -> None:
    extract(project, "a", identity=False, masks="components,custom,oval")
    before = masks_of(project)
    extract(project, "a", identity=False, masks="components", size=256)
    assert masks_of(project) == before  # the points stayed
    extract(project, "a", identity=False, masks="components", refeed=1)
    after = masks_of(project)
    assert {frozenset(m) for m in after.values()} == {frozenset({"components", "custom"})}
    for face, masks in before.items():
        assert after[face]["custom"] == masks["custom"]
        assert after[face]["components"] != masks["components"]


def test_filling_goes_on_after_a_stop(
    shots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.extract import fill

    made = project_with(tmp_path, a=[shots])
    extract(made, "a", identity=False)
    monkeypatch.setattr(fill, "BATCH", 4)
    with pytest.raises(Stopped, match="making what faces of shots lack"):
        extract(made, "a", stop_after=0, identity=False, masks="extended")
    assert sum(bool(m) for m in masks_of(made).values()) == 4
    extract(made, "a", identity=False, masks="extended")
    assert all(masks_of(made).values())


def test_identity_that_is_added_is_that_of_the_frame(shots: Path, tmp_path: Path) -> None:
    late, early = (project_with(tmp_path / name, a=[shots]) for name in ("late", "early"))
    extract(late, "a", identity=False)
    extract(late, "a")
    extract(early, "a")
    for (one, network), (other, _) in zip(
        table(late, "identity", "identity_network"),
        table(early, "identity", "identity_network"),
        strict=True,
    ):
        assert network == "dlib-resnet"
        far = np.linalg.norm(np.frombuffer(one, "<f4") - np.frombuffer(other, "<f4"))
        assert far < 0.12  # cut out of the crop, not the frame; other people are beyond 0.6


# --- points smoothed over time ---


def test_smoothing_lowers_the_jitter_and_can_be_taken_back(
    project: Project, asked: Counter[str]
) -> None:
    found, blur = table(project, "points"), table(project, "blur")
    message, events = extract(project, "a", identity=False, smooth=2)
    told = next(e.data for e in events if e.k == "jitter")
    assert told["media"] == "shots"
    assert 0 < told["after"] < 0.8 * told["before"]
    assert f"jitter fell from {told['before']:.2f} %" in message
    assert table(project, "raw_points") == found
    assert table(project, "points") != found
    assert table(project, "blur") != blur  # cut anew
    assert set(table(project, "stale")) == {(0,)}
    smoothed = table(project, *EVERYTHING)
    _, events = extract(project, "a", identity=False, smooth=2)
    assert not [e for e in events if e.k == "jitter"]
    assert table(project, *EVERYTHING) == smoothed
    extract(project, "a", identity=False)
    assert table(project, "points") == found
    assert table(project, "blur") == blur
    assert set(table(project, "raw_points", "stale")) == {(None, 0)}
    assert not asked


def test_an_edited_face_is_not_smoothed(project: Project) -> None:
    extract(project, "a", identity=False, smooth=2)
    with Store(project.db_path) as store:
        face = store.faces(side="a")[4].face
        moved = np.frombuffer(face.points, "<f4") + np.float32(2.0)
        with store.batch():
            store.set_face(face.id, points=moved.tobytes(), edited=1, stale=CROP)
    extract(project, "a", identity=False, smooth=3)
    assert table(project, "points")[4] == (moved.tobytes(),)
    extract(project, "a", identity=False)
    assert table(project, "points")[4] == (moved.tobytes(),)


def test_smoothing_follows_an_alignment_that_is_made_anew(project: Project) -> None:
    extract(project, "a", identity=False, smooth=2)
    first = table(project, "raw_points")
    extract(project, "a", identity=False, smooth=2, refeed=1)
    second = table(project, "raw_points")
    assert all(a != b and b[0] for a, b in zip(first, second, strict=True))
    assert set(table(project, "stale")) == {(0,)}
    assert ALIGN > CROP
