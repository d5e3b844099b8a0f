"""Over time: tracks inside shots, steady points, steady colours, and the flicker that is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import frames_of, make_clip
from convert_project import events_of, landmarks, make_project, make_work, painter
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.convert import pipeline, reports, tones
from engine.convert.clip import Conversion
from engine.convert.shots import Shot, set_shot
from engine.convert.targets import clips_of
from engine.convert.tracks import steady_points, tracks_of
from engine.errors import BadInput, Stopped
from engine.faces.landmarks import Landmarks
from engine.project import Project
from engine.settings import ConvertSettings
from engine.store import Store
from engine.tables import Face, FrameFace
from fstui.commands.report import lines

WIDTH, HEIGHT, FRAMES = 160, 120, 60
NOTHING = dict.fromkeys(Face._fields)


def row(index: int, x: float, identity: bytes | None = None) -> FrameFace:
    place = {"left": x, "top": 10.0, "right": x + 50.0, "bottom": 60.0, "identity": identity}
    return FrameFace(1, index, index, Face(**{**NOTHING, **place}))


def flickering(tmp_path: Path, deviation: float = 12.0) -> Path:
    """A clip of a textured grey whose every frame is a little lighter or darker."""
    rng = np.random.default_rng(3)
    texture = rng.normal(0, 8, (HEIGHT, WIDTH, 1))
    pictures = []
    for index in range(FRAMES):
        level = 110 + index * 0.5 + rng.normal(0, deviation)  # a light that comes up slowly
        rgb = np.clip(texture + level + np.array([10, 0, -10]), 0, 255).astype(np.uint8)
        pictures.append(av.VideoFrame.from_ndarray(rgb, format="rgb24"))
    return make_clip(
        tmp_path / "a.mp4", width=WIDTH, height=HEIGHT, frames=FRAMES, pictures=pictures,
        sound=(), crf=4,
    )  # fmt: skip


@pytest.fixture
def project(tmp_workspace: Path, tmp_path: Path) -> Project:
    return make_project(tmp_workspace, [flickering(tmp_path)])


def converted(project: Project, **settings: Any) -> list[np.ndarray]:
    values = {"colour": "average", "crf": 1, "sharpen": 0, **settings}
    pipeline.run(make_work(project, **values), painter)
    return frames_of(project.path / "out" / "a.mp4")


def shaken(frames: list[np.ndarray]) -> float:
    """The second difference of the brightness in the middle of the face."""
    middle = [float(frame[58:66, 70:85].mean()) for frame in frames]
    return float(np.abs(np.diff(middle, 2)).mean())


# --- tracks ---


def test_tracks_follow_two_faces_and_end_where_a_shot_begins() -> None:
    rows = [row(index, x) for index in range(10) for x in (10.0 + index, 200.0 - index)]
    whole = tracks_of(rows, [])
    assert sorted(whole) == [[(i, n) for i in range(10)] for n in (0, 1)]
    parts = tracks_of(rows, [Shot(4)])
    assert sorted(parts) == sorted(
        [[(i, n) for i in span] for n in (0, 1) for span in (range(4), range(4, 10))]
    )


def test_a_face_elsewhere_or_of_someone_else_is_another_track() -> None:
    one, other = (np.full(128, v, "<f4").tobytes() for v in (0.0, 0.1))
    jump = [row(0, 0), row(1, 1), row(2, 100), row(3, 101)]
    assert tracks_of(jump, []) == [[(0, 0), (1, 0)], [(2, 0), (3, 0)]]
    someone = [row(0, 0, one), row(1, 1, one), row(2, 2, other)]
    assert tracks_of(someone, []) == [[(0, 0), (1, 0)], [(2, 0)]]


# --- points ---


def test_points_become_steady_and_the_mesh_goes_along() -> None:
    rng = np.random.default_rng(1)
    still = landmarks(40, 40, 50)
    faces = {}
    for index in range(30):
        shift = rng.normal(0, 2, 2).astype(np.float32)
        faces[index] = [Landmarks(still + shift, np.tile(still[:1] + shift, (468, 1)))]
    track = [(index, 0) for index in range(30)]
    steady, jitter = steady_points(faces, [track], 8, {(15, 0): True})
    assert jitter.after < 0.35 * jitter.before
    assert jitter.faces == 30
    assert np.array_equal(steady[15][0].points, faces[15][0].points)
    for index in range(30):
        moved = steady[index][0].points - faces[index][0].points
        mesh = steady[index][0].mesh - faces[index][0].mesh
        assert np.allclose(mesh, moved[0], atol=1e-2)


def test_a_clip_of_a_step_has_steady_points(project: Project) -> None:
    rng = np.random.default_rng(2)
    with Store(project.db_path) as store, store.batch():
        for found in store.faces(side="target"):
            points = np.frombuffer(found.face.points, "<f4") + rng.normal(0, 1, 136)
            store.rows(
                "UPDATE face SET points = ? WHERE id = ?",
                [points.astype("<f4").tobytes(), found.face.id],
            )
    (plain,) = clips_of(make_work(project), ConvertSettings())
    (steady,) = clips_of(make_work(project), ConvertSettings(smooth_points=6))
    assert plain.jitter is None
    assert steady.jitter is not None
    assert steady.jitter.after < 0.5 * steady.jitter.before
    assert not np.array_equal(plain.faces[20][0].points, steady.faces[20][0].points)


# --- colours ---


@given(
    arrays(np.float32, (16, 16, 3), elements=st.floats(0.25, 0.75, width=32)),
    st.floats(-8, 8),
    st.floats(0.7, 1.4),
)
def test_a_target_gets_the_tone_that_is_wanted(
    target: np.ndarray, shift: float, gain: float
) -> None:
    weight = np.ones((16, 16), np.float32)
    have = tones.tone_of(target, weight)
    assert have is not None
    wanted = np.stack([have[0] + shift, np.maximum(have[1], tones.LEAST_SPREAD) * gain])
    made = tones.toned(target, have, wanted)
    if made.min() > 0.01 and made.max() < 0.99:  # what is clipped can't have it
        found = tones.tone_of(made, weight)
        assert found is not None
        assert np.abs(found[0] - wanted[0]).max() < 0.5
        assert np.abs(found[1] - have[1] * gain).max() < 0.5


def test_too_little_to_be_seen_has_no_tone() -> None:
    assert tones.tone_of(np.ones((8, 8, 3), np.float32), np.zeros((8, 8), np.float32)) is None


def test_noise_goes_and_a_slow_change_stays() -> None:
    rng = np.random.default_rng(4)
    slow = np.linspace(30, 70, 80)
    found = {
        (i, 0): np.array([[v + rng.normal(0, 2), 5, 5], [10, 4, 4]], np.float32)
        for i, v in enumerate(slow)
    }
    made, shaking = tones.steady(found, [[(i, 0) for i in range(80)]], 10)
    assert shaking.after < 0.1 * shaking.before
    off = [float(made[(i, 0)][0, 0]) - slow[i] for i in range(10, 70)]
    assert np.abs(off).max() < 2.0


def test_measured_tones_are_kept_and_damaged_ones_measured_anew(tmp_path: Path) -> None:
    path = tmp_path / "colours.npy"
    found = {(3, 1): np.arange(6, dtype=np.float32).reshape(2, 3)}
    tones.keep(path, found)
    again = tones.kept(path)
    assert again is not None
    assert list(again) == [(3, 1)]
    assert np.array_equal(again[(3, 1)], found[(3, 1)])
    tones.keep(path, {})
    assert tones.kept(path) == {}
    path.write_bytes(b"\x93NUMPY torn")
    assert tones.kept(path) is None
    np.save(path, np.array([object()]), allow_pickle=True)
    assert tones.kept(path) is None
    assert tones.kept(tmp_path / "none.npy") is None


def test_colours_flicker_less_and_the_report_says_how_much(project: Project) -> None:
    plain = converted(project)
    steady = converted(project, smooth_colour=12)
    source = frames_of(Path(project.sources("target")[0].path))
    assert shaken(steady) < 0.3 * shaken(plain)
    corner = (slice(0, 20), slice(0, 40))
    for made, was in zip(steady, source, strict=True):
        assert np.abs(made[corner].astype(int) - was[corner]).mean() < 2.0
    report = reports.read_clip(project.path / "out" / "a.json")
    assert report is not None
    before, after = report.flicker["colours"]
    assert after < 0.3 * before
    told = lines(json.loads((project.path / "out" / "a.json").read_text()), Path())
    assert any("the colours flickered by" in line for line in told)


def test_a_shot_s_light_is_not_smoothed_into_the_next(project: Project) -> None:
    set_shot(project, "a", 30, {"brightness": 10})
    work = make_work(project, smooth_colour=12)
    (clip,) = clips_of(work, ConvertSettings(smooth_colour=12))
    assert [len(track) for track in clip.tracks] == [30, 30]
    pipeline.run(work, painter)
    (event,) = events_of(work, "flicker")
    assert (event.what, event.media) == ("colours", "a")
    assert event.after < event.before
    said = [e.k if e.k == "flicker" else e.data["name"] for e in work.folder.events()[0]
            if e.k in ("flicker", "phase")]  # fmt: skip
    assert said.index("looking at the colours") < said.index("flicker") < said.index("converting")


def test_going_on_equals_an_unbroken_run_and_looks_once(
    project: Project, tmp_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: dict[str, Any] = {"smooth_colour": 12, "colour": "average", "crf": 1}
    whole = converted(project, smooth_colour=12, sharpen=50)
    broken = make_project(tmp_workspace / "2", [Path(project.sources("target")[0].path)])
    with pytest.raises(Stopped, match="looking at the colours"):
        pipeline.run(make_work(broken, stop_after=20, **settings), painter)
    with pytest.raises(Stopped, match="stopped at frame"):
        pipeline.run(make_work(broken, stop_after=FRAMES + 30, **settings), painter)

    def never(*_: Any) -> Any:
        raise AssertionError("the colours were looked at already")

    monkeypatch.setattr(Conversion, "_look_at_colours", never)
    pipeline.run(make_work(broken, **settings), painter)
    resumed = frames_of(broken.path / "out" / "a.mp4")
    assert all(np.array_equal(a, b) for a, b in zip(whole, resumed, strict=True))


def test_other_settings_look_anew(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    real = Conversion._look_at_colours

    def counted(self: Conversion, looked: Any) -> tones.Tones:
        looks.append(1)
        return real(self, looked)

    monkeypatch.setattr(Conversion, "_look_at_colours", counted)
    stopped = {"stop_after": FRAMES + 10}
    for erosion in (0, 5):
        with pytest.raises(Stopped):
            pipeline.run(make_work(project, smooth_colour=5, erosion=erosion, **stopped), painter)
    assert len(looks) == 2


def test_no_colours_to_smooth_is_refused(project: Project) -> None:
    with pytest.raises(BadInput, match="no colours to be smoothed"):
        clips_of(make_work(project), ConvertSettings(colour="none", smooth_colour=5))
