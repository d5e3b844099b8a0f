"""The warm preview: its pictures are a conversion's frames, what it refuses it says, it goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from clips import make_clip
from convert_project import Painter, add_faces, make_project, make_work, save_checkpoint

from engine.control import Control
from engine.convert import pipeline, preview, warm
from engine.convert.shots import set_shot
from engine.convert.views import composed
from engine.convert.warm import Warm
from engine.errors import Exit
from engine.eventlog import Event
from engine.fold import fold
from engine.media import read
from engine.project import Ground, Project
from engine.protocol import VERSION, Command, Job, JobFolder, Snapshot, State, Step
from engine.report import Reporter
from engine.settings import ConvertSettings
from engine.store import Store
from engine.trust.band import GROUND
from engine.work import Work

pytestmark = pytest.mark.usefixtures("stop_signals")

FRAMES = 60


@pytest.fixture
def project(tmp_workspace: Path, tmp_path: Path) -> Project:
    """Frames 1 to 50 of 60 have a face; nobody is recorded."""
    clip = make_clip(tmp_path / "a.mp4", width=320, height=240, frames=FRAMES, sound=())
    return make_project(tmp_workspace, [clip], people=False, with_face=lambda i: i < 50)


class PreviewJob:
    """A preview job that runs in the test's own process for as long as there are looks."""

    def __init__(self, project: Project) -> None:
        self.models: list[Painter] = []
        self.folder = JobFolder.create(project.path, Job(VERSION, "preview", [Step("preview")]))
        report = Reporter(self.folder)
        self.work = Work(project, self.folder, Step("preview"), report, Control(report))

    def load(self, _found: object) -> Painter:
        """A model of a checkpoint."""
        self.models.append(Painter())
        return self.models[-1]

    def look(self, **args: Any) -> str:
        """Ask; the command's id."""
        return self.folder.send("look", **args)

    def run(self) -> str:
        """Until all are answered."""
        return preview.run(self.work, self.load, idle_s=0.0)

    def events(self, kind: str) -> list[Event]:
        """Of a kind."""
        return [event for event in self.folder.events()[0] if event.k == kind]

    def made(self) -> list[dict[str, Any]]:
        """What was told of each picture."""
        return [event.data for event in self.events("preview")]

    def picture(self, number: int = -1) -> np.ndarray:
        """One of the pictures, RGB."""
        data = cv2.imread(str(self.folder.path / self.made()[number]["path"]))
        return cv2.cvtColor(data, cv2.COLOR_BGR2RGB)

    def refusals(self) -> list[tuple[str, int]]:
        """Sentence and exit code of each look that was refused."""
        acks = [event.data for event in self.events("ack")]
        return [(a["refused"], a["exit"]) for a in acks if "refused" in a]


@pytest.fixture
def job(project: Project) -> PreviewJob:
    return PreviewJob(project)


def converted(project: Project, **settings: Any) -> list[np.ndarray]:
    """All frames as a conversion writes them, without loss."""
    project.set_person("a", "Ann", Ground.SELF, "test")
    project.set_person("b", "Bea", Ground.SELF, "test")
    work = make_work(project, writer="pictures", report="none", **settings)
    pipeline.run(work, lambda _: Painter())
    paths = sorted((project.path / "out" / "a").glob("*.png"))
    return [cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB) for path in paths]


LIKE: list[dict[str, Any]] = [
    {},
    {"colour": "mkl", "erosion": 8, "blur": 2, "sharpen": 120, "face_scale": 4},
    {"motion_blur": 100, "grain": 80, "brightness": 20},
    {"smooth_points": 3, "smooth_colour": 4},
]


@pytest.mark.parametrize("settings", LIKE)
def test_a_still_is_the_frame_of_a_conversion(project: Project, settings: dict[str, Any]) -> None:
    set_shot(project, "a", 30, {"red": 30})
    values = ConvertSettings(writer="pictures", batch=4, **settings)
    warm_one = Warm(PreviewJob(project).work, lambda _: Painter())
    ready = warm_one.ready("a", values)
    wanted = [3, 25, 26, 40]
    for _ in range(2):  # decoded, then at hand
        seen = warm_one.seen(ready, warm_one.models(values), values, wanted)
    frames = converted(project, batch=4, **settings)
    for one in seen:
        assert np.abs(one.after.astype(int) - frames[one.index]).max() <= 1
        assert np.abs(one.after.astype(int) - one.before).max() > 20
    assert [one.index for one in seen] == wanted


def test_the_picture_shows_before_and_after(job: PreviewJob) -> None:
    job.look(frames=[10], show="all")
    job.run()
    (told,) = job.made()
    assert (told["media"], told["frames"], told["of"]) == ("a", [10], FRAMES)
    assert (told["earlier"], told["later"], told["clips"]) == (9, 11, ["a"])
    assert told["model"] == "iteration 500"
    picture = job.picture()
    assert picture.shape == (260, 960, 3)
    before, after, mask = (picture[20:240, n * 320 : (n + 1) * 320].astype(int) for n in range(3))
    assert np.abs(after - before).max() > 60
    changed = np.abs(after - before).max(-1) > 40
    tinted = np.abs(mask - before).max(-1) > 10
    assert tinted[changed].mean() > 0.9
    assert not tinted[:40].any()


def test_every_preview_has_its_band(job: PreviewJob) -> None:
    for show in ("both", "swap", "mask"):
        job.look(frames=[10, 20], show=show, close=show == "swap")
    job.run()
    for number in range(3):
        band = job.picture(number)[-8:]
        assert np.median(np.abs(band.astype(int) - GROUND)) < 12


def test_a_strip_has_a_column_a_frame(job: PreviewJob) -> None:
    job.look(frames=[30, 5, 30], show="swap", close=True)
    job.run()
    assert job.made()[0]["frames"] == [5, 30]
    assert job.picture().shape == (500, 960, 3)


def test_without_a_frame_the_middle_one_with_a_face_is_shown(job: PreviewJob) -> None:
    job.look()
    job.run()
    assert job.made()[0]["frames"] == [26]


def test_what_can_not_be_shown_is_said_and_the_job_goes_on(job: PreviewJob) -> None:
    job.look(clip="b")
    job.look(frames=[61])
    job.look(frames=[50, 55])
    job.look(settings={"erosion": 99})
    job.look(settings={"nonsense": 1})
    job.look(settings={"mask": "predicted"})
    job.look(settings={"outside": "drop"})
    job.look(frames=[0])
    job.look(show="upside down")
    job.folder.send("pause")
    job.look(frames=[1])
    job.run()
    words = [
        ("no clip 'b' in the target: there is a", Exit.BAD_INPUT),
        ("60 frames, counted from 1: it has no frame 61", Exit.BAD_INPUT),
        ("Frame 55 of a has no face that is swapped: the nearest.* frame 50", Exit.NOTHING_TO_DO),
        ("-20 to 20 %", Exit.BAD_INPUT),
        ("no setting 'nonsense'", Exit.BAD_INPUT),
        ("learnt no mask", Exit.BAD_INPUT),
        ("neither frames nor times", Exit.BAD_INPUT),
        ("frames from 1", Exit.BAD_INPUT),
        ("both, swap, before, mask, all", Exit.BAD_INPUT),
        ("nothing to pause", Exit.BAD_INPUT),
    ]
    for (said, code), (expected, exit_code) in zip(job.refusals(), words, strict=True):
        with pytest.raises(AssertionError, match=expected):
            raise AssertionError(said)
        assert code == exit_code
    assert [told["frames"] for told in job.made()] == [[1]]


def test_a_preview_that_refuses_to_pause_is_not_shown_as_paused(job: PreviewJob) -> None:
    job.folder.send("pause")
    job.run()
    snapshot = Snapshot(State.RUNNING)
    for event in job.folder.events()[0]:
        fold(snapshot, event)
    assert snapshot.state is State.RUNNING


def test_only_clips_that_the_settings_name_are_looked_at(
    project: Project, tmp_path: Path, job: PreviewJob
) -> None:
    other = make_clip(tmp_path / "b.mp4", width=320, height=240, frames=20, sound=())
    project.add_sources("target", [other])
    add_faces(project, other)
    job.look()
    job.look(settings={"clips": "b"})
    job.look(clip="b", frames=[3])
    job.look(clip="a", settings={"clips": "b"})
    job.run()
    first, second, third = job.made()
    assert (first["media"], first["clips"]) == ("a", ["a", "b"])
    assert (second["media"], second["clips"]) == ("b", ["b"])
    assert third["media"] == "b"
    assert "no clip 'a'" in job.refusals()[0][0]


def test_settings_of_the_project_hold_until_others_are_named(
    project: Project, job: PreviewJob
) -> None:
    toml = project.path / "project.toml"
    toml.write_text(f"{toml.read_text()}\n[settings.convert]\nbrightness = 90\n")
    job.look(frames=[10], show="swap")
    job.look(frames=[10], show="swap", settings={"brightness": 0})
    job.run()
    assert job.picture(0).mean() > job.picture(1).mean() + 2


def test_the_model_is_loaded_once_and_again_when_there_is_a_newer_one(
    project: Project, job: PreviewJob
) -> None:
    one = preview.Preview(job.work, job.load)
    one.look(Command("look", {"frames": [3]}))
    one.look(Command("look", {"frames": [3], "settings": {"colour": "mkl"}}))
    assert len(job.models) == 1
    save_checkpoint(project, 800)
    one.look(Command("look", {"frames": [3]}))
    one.look(Command("look", {"frames": [4]}))
    assert len(job.models) == 2


def test_shots_hold_also_where_they_are_set_later(project: Project, job: PreviewJob) -> None:
    one = preview.Preview(job.work, job.load)
    one.look(Command("look", {"frames": [10], "show": "swap"}))
    set_shot(project, "a", 5, {"brightness": 90})
    one.look(Command("look", {"frames": [10], "show": "swap"}))
    assert job.picture(1).mean() > job.picture(0).mean() + 2


def test_frames_at_hand_are_not_decoded_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    worked = warm.worked

    def counted(frame: Any, look: Any) -> Any:
        decoded.append(frame.pts)
        return worked(frame, look)

    monkeypatch.setattr(warm, "worked", counted)
    job = PreviewJob(project)
    for colour in ("lab", "mkl", "none"):
        job.look(frames=[10, 20, 30], settings={"colour": colour})
    job.run()
    assert len(decoded) == 3
    assert len(job.made()) == 3


def test_a_folder_of_pictures_and_a_scaled_result_are_shown_at_the_sources_size(
    tmp_workspace: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "stills"
    folder.mkdir()
    for number in range(3):
        picture = np.full((240, 320, 3), 90 + 20 * number, np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), picture)
    project = make_project(tmp_workspace, [folder], people=False)
    job = PreviewJob(project)
    for scale in (100, 50):
        job.look(frames=[3], show="swap", settings={"writer": "pictures", "output_scale": scale})
    job.run()
    assert job.refusals() == []
    first, second = job.picture(0), job.picture(1)
    assert np.array_equal(first, second)
    assert abs(float(np.median(first[:100])) - 130) < 4  # the third picture, not another


def test_frames_come_from_the_key_frame_before_them(
    tmp_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that follow from one key frame are read in one go, and nothing behind them."""
    clip = make_clip(tmp_path / "a.mp4", width=160, height=120, frames=90, sound=(), gop=30)
    project = make_project(tmp_workspace, [clip])
    asked: list[list[read.Run]] = []
    real = warm.FrameReader

    def noted(path: Path, *, runs: list[read.Run], times: list[int]) -> read.FrameReader:
        asked.append(runs)
        assert times == read.packet_times(path)
        return real(path, runs=runs, times=times)

    monkeypatch.setattr(warm, "FrameReader", noted)
    job = PreviewJob(project)
    job.look(frames=[36, 39, 80])
    job.run()
    assert asked == [[read.Run(35, 39), read.Run(79, 80)]]
    assert job.made()[0]["frames"] == [36, 39, 80]
    with Store(project.db_path) as store:  # one of its frames could not be decoded
        store.set_media(store.media("target")[0].id, frames=89)
    other = PreviewJob(project)
    other.look(frames=[36])
    other.run()
    assert asked[1:] == [[read.Run(stop=36)]]


def test_a_preview_without_model_or_footage_says_so(tmp_workspace: Path) -> None:
    bare = PreviewJob(Project.create(tmp_workspace, "bare"))
    bare.look()
    bare.run()
    ((words, code),) = bare.refusals()
    assert "no target footage" in words
    assert code == Exit.NOTHING_TO_DO


def test_a_model_that_is_not_there_is_told(project: Project, job: PreviewJob) -> None:
    (project.path / "model").rename(project.path / "model-away")
    job.look()
    job.run()
    ((words, code),) = job.refusals()
    assert "no trained model" in words
    assert code == Exit.MODEL_MISSING


def test_it_ends_when_it_is_told_to(job: PreviewJob) -> None:
    job.look()
    job.folder.send("stop")
    assert preview.run(job.work, job.load, idle_s=1e9) == "1 preview made; ended as asked"


def test_it_goes_when_nobody_asks(job: PreviewJob) -> None:
    assert preview.run(job.work, job.load, idle_s=0.05) == (
        "0 previews made; nobody asked for more"
    )


def test_a_close_up_stays_inside_its_frame(project: Project) -> None:
    values = ConvertSettings()
    warm_one = Warm(PreviewJob(project).work, lambda _: Painter())
    ready = warm_one.ready("a", values)
    (seen,) = warm_one.seen(ready, warm_one.models(values), values, [49])
    picture = composed([seen], ("before", "after"), close=True)
    assert picture.shape == (500, 960, 3)
