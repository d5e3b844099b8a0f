"""The extract step on real footage: what it finds, stops, goes on, and what it says."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest
from extract_project import extract, newest_events, project_with, warnings
from PIL import Image

from engine.errors import BadInput, NothingToDo, Stopped
from engine.extract import crew, look, save
from engine.extract.identify.dlib_resnet import distance
from engine.faces import crops
from engine.media.read import read_frames
from engine.project import Project
from engine.protocol import Job, JobFolder, Step
from engine.settings import ExtractSettings
from engine.store import Store

Sample = Callable[[str], Path]

FACE_FRAMES = {
    "face_noface.mov": range(72),
    "noface_face.mov": range(96, 168),
    "no_face.mp4": range(0),
    "WolfgangLanger_Pexels.mp4": range(472),
    "single_face.mp4": range(72),
}
"""Which frames of the sample footage show a face; the rest are a cartoon or black."""


@pytest.fixture(scope="module")
def demo(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """All sample footage extracted once."""
    project = project_with(
        tmp_path_factory.mktemp("demo"),
        a=[sample("man-face-noface"), sample("man-noface-face"), sample("no-face")],
        b=[sample("woman")],
        target=[sample("man")],
    )
    for side in ("a", "b", "target"):
        extract(project, side)
    return project


def test_nearly_every_face_is_found_and_no_cartoon(demo: Project) -> None:
    with_face = found = cartoons = false = 0
    with Store(demo.db_path, readonly=True) as store:
        for media in store.media():
            assert media.done == 1
            assert media.frames is not None
            faces = {f.idx for f in store.faces(media_id=media.id)}
            real = set(FACE_FRAMES[Path(media.path).name])
            with_face += len(real)
            found += len(faces & real)
            cartoons += media.frames - len(real)
            false += len(faces - real)
    assert with_face == 472 + 72 + 72 + 72
    assert found >= 0.98 * with_face
    assert cartoons > 280
    assert false <= 0.01 * cartoons


def embeddings(project: Project, side: str) -> np.ndarray:
    with Store(project.db_path, readonly=True) as store:
        rows = [f.face.identity for f in store.faces(side=side)]
    return np.stack([np.frombuffer(r, "<f4") for r in rows if r])


def test_identities_of_the_two_people_lie_apart(demo: Project) -> None:
    woman, man = embeddings(demo, "b"), embeddings(demo, "target")
    assert woman.shape == (472, 128)
    assert np.median(distance(woman, woman.mean(0))) < 0.33
    assert distance(woman.mean(0), man.mean(0)) > 0.6
    assert np.quantile(distance(woman[:, None], man[None]), 0.01) > 0.6


def test_rows_hold_what_the_formats_say(demo: Project) -> None:
    with Store(demo.db_path, readonly=True) as store:
        (media,) = store.media("target")
        faces = store.faces(side="target")
        counts = store.counts("target")
    assert (media.width, media.height, media.frames) == (640, 360, 72)
    assert counts == {
        **{"frames": 72, "frames_with_face": 72, "faces": 72, "rejected": 0},
        **{"media": 1, "media_done": 1},
    }
    times = [f.pts for f in read_frames(Path(media.path))]
    assert [f.pts for f in faces] == times
    for found in faces[::20]:
        face = found.face
        assert face.crop == f"faces/target/single_face/{found.idx:06d}_0.jpg"
        assert crops.read(demo.path / face.crop).shape == (512, 512, 3)
        assert len(face.points) == 68 * 8
        assert len(face.mesh or b"") == 468 * 8
        points = np.frombuffer(face.points, "<f4").reshape(68, 2)
        assert face.left - 20 < points[:, 0].min() < points[:, 0].max() < face.right + 20
        assert (face.detector, face.aligner, face.identity_network) == (
            *("fullrange", "mesh"),
            "dlib-resnet",
        )
        assert abs(face.yaw or 99) < 15
        assert 200 < (face.size or 0) < 350
        assert 0.2 < (face.brightness or 0) < 0.8
        assert (face.misalignment or 1) < 0.05


def test_progress_and_pictures_reach_the_watcher(demo: Project) -> None:
    events = newest_events(demo)
    last = [e for e in events if e.k == "progress"][-1]
    assert (last.data["done"], last.data["total"], last.data["faces"]) == (72, 72, 72)
    assert last.data["media"] == "single_face.mp4"
    preview = next(e for e in events if e.k == "preview")
    path = next((demo.path / "jobs").glob(f"*/{preview.data['path']}"))
    assert path.stat().st_size < 100_000
    marked = np.asarray(Image.open(path).convert("RGB")).astype(int)
    assert ((marked[..., 1] > 180) & (marked[..., 0] < 150)).sum() > 50  # the box is green


def test_media_that_are_done_are_not_looked_at_again(demo: Project) -> None:
    crop = next((demo.path / "faces" / "target" / "single_face").iterdir())
    before = crop.stat().st_mtime_ns
    message, events = extract(demo, "target")
    assert message == "side target: 72 faces in 72 of 72 frames from 1 medium, 1 person"
    assert not [e for e in events if e.k in ("progress", "phase")]
    assert crop.stat().st_mtime_ns == before


# --- stopping and going on ---


def rows(project: Project) -> list[tuple[Any, ...]]:
    """All rows but the embeddings, in order."""
    with sqlite3.connect(project.db_path) as db:
        return db.execute(
            "SELECT frame.idx, frame.pts, n, left, top, right, bottom, score, points, mesh, yaw,"
            " pitch, roll, blur, size, brightness, misalignment, duplicate, crop, rejected"
            " FROM frame LEFT JOIN face ON face.frame = frame.id ORDER BY frame.idx, n"
        ).fetchall()


@pytest.fixture
def short(sample: Sample, tmp_path: Path) -> Path:
    """Frames that turn from a face to a cartoon, as pictures."""
    folder = tmp_path / "shots"
    folder.mkdir()
    for frame in read_frames(sample("man-face-noface"), start=60, stop=84):
        Image.fromarray(frame.rgb).save(folder / f"{frame.index}.png")
    return folder


@pytest.mark.parametrize("every", [1, 3])
def test_a_stopped_run_goes_on_to_the_same_rows(short: Path, tmp_path: Path, every: int) -> None:
    options = {"batch": 2, "identity": False, "every": every}
    unbroken = project_with(tmp_path / "one", a=[short])
    extract(unbroken, "a", **options)
    broken = project_with(tmp_path / "two", a=[short])
    for batches in (1, 2):
        with pytest.raises(Stopped, match=r"stopped at frame \d+ of 24 of shots"):
            extract(broken, "a", stop_after=batches - 1, **options)
    with Store(broken.db_path) as store:
        assert store.counts("a")["frames"] == 2 * 3
    extract(broken, "a", **options)
    assert rows(broken) == rows(unbroken)
    assert len(rows(unbroken)) == 24 // every
    names = [sorted(p.name for p in (x.path / "faces").rglob("*.jpg")) for x in (broken, unbroken)]
    assert names[0] == names[1]


def test_a_crash_between_crops_and_rows_loses_only_that_batch(
    short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"batch": 4, "identity": False}
    unbroken = project_with(tmp_path / "one", a=[short])
    extract(unbroken, "a", **options)
    broken = project_with(tmp_path / "two", a=[short])
    synced = crew.sync_folders
    calls = []

    def power_cut(paths: list[Path]) -> None:
        synced(paths)
        calls.append(paths)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(crew, "sync_folders", power_cut)
    with pytest.raises(KeyboardInterrupt):
        extract(broken, "a", **options)
    with Store(broken.db_path) as store:
        (media,) = store.media("a")
        assert (media.done, store.next_index(media.id)) == (0, 4)
    assert all(p.exists() for p in calls[1])
    monkeypatch.setattr(crew, "sync_folders", synced)
    extract(broken, "a", **options)
    assert rows(broken) == rows(unbroken)


def test_no_row_names_a_crop_that_is_not_on_disk(
    short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Crops, then their folder, then the rows."""
    order: list[str] = []
    project = project_with(tmp_path / "one", a=[short])
    synced, added = crew.sync_folders, Store.add_face

    def sync(paths: list[Path]) -> None:
        assert all(p.exists() for p in paths)
        order.append("folder")
        synced(paths)

    def add(self: Store, frame: int, n: int, **values: Any) -> int:
        order.append("row")
        assert (project.path / values["crop"]).exists()
        return added(self, frame, n, **values)

    monkeypatch.setattr(crew, "sync_folders", sync)
    monkeypatch.setattr(Store, "add_face", add)
    extract(project, "a", batch=4, identity=False)
    assert order[:5] == ["folder", "row", "row", "row", "row"]


def test_a_deleted_crop_is_rejected_and_stays_so(short: Path, tmp_path: Path) -> None:
    project = project_with(tmp_path / "one", a=[short])
    extract(project, "a", identity=False)
    (project.path / "faces" / "a" / "shots" / "000003_0.jpg").unlink()
    message, events = extract(project, "a", identity=False)
    assert message.startswith("side a: 11 faces")
    assert [e.data["faces"] for e in events if e.k == "rejected"] == [1]
    extract(project, "a", identity=False, presence=0.6)  # other settings: looked at again
    extract(project, "a", identity=False, presence=0.7)
    with Store(project.db_path) as store:
        assert [f.idx for f in store.faces(side="a", rejected=True)] == [3]
        assert len(store.faces(side="a")) == 11


def test_a_folder_that_grew_is_looked_at_again_and_not_twice(short: Path, tmp_path: Path) -> None:
    project = project_with(tmp_path / "one", a=[short])
    extract(project, "a", identity=False)
    shutil.copy(short / "60.png", short / "61b.png")
    extract(project, "a", identity=False)
    with Store(project.db_path) as store:
        (media,) = store.media("a")
        assert media.frames == 25
        assert len(store.faces(side="a")) == 13


def test_a_folder_of_videos_and_pictures_gives_all_of_them(
    sample: Sample, short: Path, tmp_path: Path
) -> None:
    shutil.copy(sample("second-man"), short / "clip.mp4")
    shutil.copy(sample("second-man"), short / "copy of clip.mp4")
    project = project_with(tmp_path / "one", b=[short])
    extract(project, "b", identity=False, every=12)
    with Store(project.db_path) as store:
        assert [(m.name, m.frames) for m in store.media("b")] == [("shots", 24), ("clip", 120)]


# --- bad input ---


def test_no_footage_and_no_face_are_nothing_to_do(sample: Sample, tmp_path: Path) -> None:
    project = project_with(tmp_path / "one")
    with pytest.raises(NothingToDo, match="Side a has no footage: add some with 'add p a PATH'"):
        extract(project, "a")
    project.add_sources("a", [sample("no-face")])
    with pytest.raises(NothingToDo, match="Side a: no face was found in 10 frames of 1 medium"):
        extract(project, "a", every=10, identity=False)
    assert warnings(newest_events(project)) == ["no_face.mp4 shows no face in its 95 frames."]


def test_a_bad_file_is_told_and_the_others_are_used(short: Path, tmp_path: Path) -> None:
    text, gone = tmp_path / "text.mp4", tmp_path / "gone.mp4"
    for path in (text, gone):
        path.write_text("hello\n" * 50 + path.name)
    project = project_with(tmp_path / "one", a=[text, gone, short])
    os.remove(gone)
    message, events = extract(project, "a", identity=False)
    assert message == "side a: 12 faces in 12 of 24 frames from 1 medium"
    first, second = warnings(events)
    assert "text.mp4 is no video that can be read" in first
    assert "There is nothing at" in second
    assert "gone.mp4" in second


def test_only_bad_files_are_bad_input(tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("hello\n" * 50)
    project = project_with(tmp_path / "one", a=[text])
    with pytest.raises(BadInput, match=r"text\.mp4 is no video that can be read"):
        extract(project, "a")


def test_a_torn_video_is_used_and_told(sample: Sample, tmp_path: Path) -> None:
    torn = tmp_path / "torn.mp4"
    whole = sample("woman").read_bytes()
    torn.write_bytes(whole[: len(whole) // 3])
    project = project_with(tmp_path / "one", b=[torn])
    message, events = extract(project, "b", identity=False, every=10)
    (warning,) = warnings(events)
    with Store(project.db_path) as store:
        (media,) = store.media("b")
    assert warning == (
        f"torn.mp4 is cut off after frame {media.frames} of 472: what could be read is used."
    )
    assert media.done == 1
    assert "faces in" in message


def test_the_loop_stays_small_in_memory(sample: Sample) -> None:
    """Frames that wait are bounded by bytes, whatever their size."""
    from types import SimpleNamespace

    for width, height in ((640, 360), (3840, 2160), (16384, 8192)):
        info = SimpleNamespace(width=width, height=height)
        depth = look.depth(SimpleNamespace(info=info))  # type: ignore[arg-type]
        assert 4 <= depth <= 48
        assert depth == 4 or depth * width * height * 3 <= look.FRAMES_BYTES


def test_a_killed_job_goes_on_to_the_same_rows(short: Path, tmp_path: Path) -> None:
    """SIGKILL of the supervisor takes the step with it; what was committed is gone on from."""
    options = {"batch": 1, "identity": False}
    unbroken = project_with(tmp_path / "one", a=[short])
    extract(unbroken, "a", **options)
    broken = project_with(tmp_path / "two", a=[short])
    job = JobFolder.create(broken.path, Job(1, "extract", [Step("extract", "a", options)]))
    supervisor = subprocess.Popen([sys.executable, "-m", "engine", "run", str(job.path)])
    deadline = time.monotonic() + 60
    while not any(e.k == "progress" for e in job.events()[0]):
        assert time.monotonic() < deadline
        assert supervisor.poll() is None
        time.sleep(0.005)
    steps = psutil.Process(supervisor.pid).children(recursive=True)
    supervisor.kill()
    supervisor.wait(30)
    _, alive = psutil.wait_procs(steps, 30)
    assert not alive
    with Store(broken.db_path) as store:
        (media,) = store.media("a")
        assert 0 < store.next_index(media.id) <= 24
    extract(broken, "a", **options)
    assert rows(broken) == rows(unbroken)


def test_crops_stay_in_the_project(tmp_workspace: Path, tmp_path: Path) -> None:
    project = project_with(tmp_workspace)
    (project.path / "faces" / "a").symlink_to(tmp_path)
    footage: Any = SimpleNamespace(
        media=SimpleNamespace(side="a", name="x"), marks=SimpleNamespace(edited=())
    )
    work: Any = SimpleNamespace(project=project, report=None)
    with (
        Store(project.db_path) as store,
        crew.Crew(work, store, ExtractSettings()) as at_work,
        pytest.raises(BadInput, match="leads out"),
    ):
        save.Saver(at_work, footage)
    assert not (tmp_path / "x").exists()
