"""Every figure of the quality report has a known answer on pictures and clips made for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from clips import make_clip
from convert_project import landmarks, make_project, make_work, painter
from hypothesis import given
from hypothesis import strategies as st

from engine.convert import pipeline, reports
from engine.convert.edge import Edge, softened
from engine.convert.identity import Measured
from engine.faces.geometry import INNER, MEAN_FACE, crop_matrix
from engine.faces.landmarks import Landmarks
from engine.faces.masks import hull_mask
from engine.quality import figures
from engine.quality.kinds import KINDS
from engine.quality.measure import SIDE, measure, with_identity
from engine.quality.page import page
from engine.quality.summary import summarised
from engine.quality.worst import Quality, Row, worst_frames
from engine.trust.door import read_record
from engine.trust.mark import add_mark, new_mark, read_mark
from fstui import cli

FACE = landmarks(40, 30, 60)
RNG = np.random.default_rng(5)


def disc(softness: float = 0.0, side: int = 128) -> np.ndarray:
    """A round mask, 0..1, its edge blurred."""
    mask = np.zeros((side, side), np.float32)
    cv2.circle(mask, (side // 2, side // 2), side // 4, 1.0, -1)
    return cv2.GaussianBlur(mask, (0, 0), softness) if softness else mask


def grained(side: int = 128, contrast: float = 40.0) -> np.ndarray:
    """Grey noise around 128, RGB."""
    grey = 128 + RNG.normal(0, contrast, (side, side, 1))
    return np.repeat(grey, 3, -1).astype(np.float32)


# --- the figures -----------------------------------------------------------------------------


@given(st.floats(1, 60), st.floats(0.5, 8))
def test_the_step_of_a_lighter_face_is_its_lightness_however_soft(
    levels: float, softness: float
) -> None:
    mask = disc(softness)
    source = np.full((128, 128, 3), 100, np.float32)
    swap = source + levels * mask[..., None]
    assert figures.edge_step(source, swap, mask) == pytest.approx(levels, rel=0.02)
    assert figures.edge_step(source, source, mask) == pytest.approx(0.0)


def test_a_seam_that_the_source_has_too_is_no_step() -> None:
    picture = grained()
    assert figures.edge_step(picture, picture, disc(2)) == pytest.approx(0.0)
    assert figures.edge_step(picture, picture, np.ones((128, 128), np.float32)) is None


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_sharpness_is_the_share_of_detail_that_is_left(share: float) -> None:
    source, mask = grained(), disc()
    weak = 128 + (source - 128) * share
    swap = np.where(disc(side=128)[..., None] > 0, weak, source).astype(np.float32)
    mask = cv2.erode(mask, np.ones((5, 5)))  # the Laplacian reaches over the edge
    assert figures.sharpness(source, swap, mask) == pytest.approx(share, rel=0.03)


def test_what_encoding_costs_the_whole_picture_is_not_the_faces_blur() -> None:
    source = grained()
    assert figures.sharpness(source, 128 + (source - 128) * 0.5, disc()) == pytest.approx(
        1.0, rel=0.05
    )


@given(st.floats(0, 40), st.floats(0, 40))
def test_flicker_is_what_the_swap_changes_more_than_the_source(own: float, theirs: float) -> None:
    still = np.full((128, 128, 3), 100, np.float32)
    found = figures.flicker((still, still + theirs), (still, still + own), disc())
    assert found == pytest.approx(own - theirs, abs=1e-3)


@given(st.floats(-60, 60))
def test_a_tilted_head_is_wrong_by_its_angle(degrees: float) -> None:
    turn = cv2.getRotationMatrix2D((70, 60), -degrees, 1.0)
    tilted = (FACE @ turn[:, :2].T + turn[:, 2]).astype(np.float32)
    assert figures.pose_error(FACE, tilted) == pytest.approx(abs(degrees), abs=0.05)
    assert np.abs(figures.shape_change(FACE, tilted)).max() < 0.01


def test_an_opened_mouth_is_an_expression_and_another_face_is_none() -> None:
    wide = FACE.copy()
    wide[36:48, 0] += np.repeat([-2, 2], 6)  # eyes farther apart: who it is
    changes = [figures.shape_change(FACE, wide)] * 9
    open_mouth = wide.copy()
    open_mouth[55:60, 1] += 8
    open_mouth[65:68, 1] += 8
    errors = figures.expression_errors(np.stack([*changes, figures.shape_change(FACE, open_mouth)]))
    assert errors[:9] == pytest.approx(0.0, abs=1e-6)
    apart = fitted(open_mouth) - fitted(wide)
    assert errors[9] == pytest.approx(50 * np.abs(apart).mean(), rel=1e-3)
    assert errors[9] > 1.0


def fitted(points: np.ndarray) -> np.ndarray:
    """Inner landmarks laid over the mean face: complex least squares, beside Umeyama's way."""
    at = points[INNER].astype(float) @ [1, 1j]
    aim = MEAN_FACE.astype(float) @ [1, 1j]
    design = np.stack([at, np.ones_like(at)], -1)
    return design @ np.linalg.lstsq(design, aim, rcond=None)[0]


# --- whole clips -----------------------------------------------------------------------------


def film(path: Path, pictures: list[np.ndarray]) -> Path:
    """RGB pictures as a film that keeps every level."""
    return make_clip(
        path, width=160, height=120, frames=len(pictures), sound=(), codec="libx264rgb",
        pixel_format="rgb24", crf=0,
        pictures=[av.VideoFrame.from_ndarray(p, format="rgb24") for p in pictures],
    )  # fmt: skip


def place(_index: int, _number: int) -> tuple[Any, np.ndarray]:
    """The face's crop and a mask of it."""
    matrix = crop_matrix(FACE, SIDE, "face")
    points = FACE @ matrix[:, :2].T + matrix[:, 2]
    mask = hull_mask(points.astype(np.float32), SIDE).astype(np.float32) / 255
    return matrix, softened(mask, Edge(blur=5.0))


def in_frame(change: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """A picture in which the face is another one."""
    matrix, mask = place(0, 0)
    seen = cv2.warpAffine(mask, matrix, (160, 120), flags=cv2.WARP_INVERSE_MAP)[..., None]
    return np.rint(picture + (change - picture) * seen).astype(np.uint8)


def same_points(_rgb: np.ndarray, face: Landmarks) -> np.ndarray:
    """An aligner for films in which nothing moves."""
    return face.points


@pytest.fixture(scope="module")
def still() -> np.ndarray:
    """A frame with detail."""
    noise = RNG.normal(0, 30, (120, 160, 3)) + 120
    return np.clip(cv2.GaussianBlur(noise, (0, 0), 0.8), 10, 245).astype(np.uint8)


def medians(found: Any) -> dict[str, float]:
    return {name: f.median for name, f in summarised(found.rows).figures.items()}


def test_an_untouched_film_has_no_faults(tmp_path: Path, still: np.ndarray) -> None:
    source = film(tmp_path / "a.mkv", [still] * 6)
    found = measure(
        source, source, {i: [Landmarks(FACE, None)] for i in range(6)}, place, same_points
    )
    assert medians(found) == pytest.approx(
        {"pose": 0, "expression": 0, "flicker": 0, "edge": 0, "sharpness": 1}, abs=1e-6
    )
    assert (len(found.rows), found.lost) == (6, [])


def test_added_flicker_blur_and_a_seam_are_found_where_they_are(
    tmp_path: Path, still: np.ndarray
) -> None:
    """Frames 0 to 9 flicker by 12 levels, 10 to 19 are blurred, 20 to 29 as they were."""
    blurred = cv2.GaussianBlur(still, (0, 0), 3.0)
    swapped = [in_frame(still.astype(float) + 12 * (i % 2), still) for i in range(10)]
    swapped += [in_frame(blurred.astype(float), still)] * 10 + [still] * 10
    faces = {i: [Landmarks(FACE, None)] for i in range(30)}
    source = film(tmp_path / "a.mkv", [still] * 30)
    found = measure(source, film(tmp_path / "b.mkv", swapped), faces, place, same_points)
    row = [r.figures for r in found.rows]
    assert [r["flicker"] for r in row[:9]] == pytest.approx([12.0] * 9, abs=1.0)
    assert [r["flicker"] for r in row[10:19] + row[20:29]] == pytest.approx([0.0] * 18, abs=0.01)
    assert all(r["sharpness"] < 0.6 for r in row[10:20])
    assert [r["sharpness"] for r in row[20:30]] == pytest.approx([1.0] * 10)
    assert row[1]["edge"] > row[20]["edge"] + 1
    assert "flicker" not in row[29]
    quality = summarised(found.rows)
    assert set(quality.figures["sharpness"].worst[:10]) == set(range(10, 20))
    assert quality.figures["sharpness"].tail < 0.6


def test_a_shifted_expression_a_turned_head_and_a_lost_face(
    tmp_path: Path, still: np.ndarray
) -> None:
    source = film(tmp_path / "a.mkv", [still] * 10)
    swapped = still.copy()
    swapped[0, 0] = 1  # by which the aligner below knows the swap
    calls = {"swap": -1}

    def align(rgb: np.ndarray, face: Landmarks) -> np.ndarray | None:
        if rgb[0, 0, 0] != 1:
            return face.points
        calls["swap"] += 1
        points = face.points.copy()
        if calls["swap"] == 3:
            points[48:68, 1] += 10
        if calls["swap"] == 5:
            turn = cv2.getRotationMatrix2D((70, 60), 15.0, 1.0)
            points = (points @ turn[:, :2].T + turn[:, 2]).astype(np.float32)
        return None if calls["swap"] == 7 else points

    swap = film(tmp_path / "b.mkv", [swapped] * 10)
    faces = {i: [Landmarks(FACE, None)] for i in range(10)}
    found = measure(source, swap, faces, place, align)
    quality = summarised(found.rows, found.lost)
    assert quality.figures["expression"].worst[0] == 3
    assert found.rows[3].figures["expression"] > 1.0
    assert found.rows[2].figures["expression"] == pytest.approx(0.0, abs=1e-6)
    assert found.rows[5].figures["pose"] == pytest.approx(15.0, abs=0.1)
    assert quality.lost == [7]
    assert "pose" not in found.rows[7].figures


def test_only_so_many_faces_are_measured(tmp_path: Path, still: np.ndarray) -> None:
    source = film(tmp_path / "a.mkv", [still] * 20)
    faces = {i: [Landmarks(FACE, None)] for i in range(20)}
    found = measure(source, source, faces, place, same_points, most=5)
    assert [r.frame for r in found.rows] == [0, 5, 10, 14, 19]
    assert ["flicker" in r.figures for r in found.rows] == [True] * 4 + [False]


# --- summing up ------------------------------------------------------------------------------


def test_tail_and_worst_lie_at_the_bad_end() -> None:
    rows = [Row(i, 0, {"flicker": float(i), "sharpness": float(i)}) for i in range(101)]
    told = summarised(rows).figures
    assert (told["flicker"].median, told["flicker"].tail) == (50, 95)
    assert told["flicker"].worst == list(range(100, 80, -1))
    assert (told["sharpness"].tail, told["sharpness"].worst[:3]) == (5, [0, 1, 2])


def test_the_sheet_takes_from_each_figure_in_turn() -> None:
    rows = [Row(i, 0, {"flicker": float(i), "sharpness": float(i)}) for i in range(250)]
    chosen = worst_frames(summarised(rows, [33]))
    assert list(chosen.items())[:3] == [(33, "no face"), (249, "flicker"), (0, "sharpness")]
    assert len(chosen) == 20


@pytest.mark.parametrize(("frames", "told"), [(1, 1), (12, 1), (36, 3), (1000, 20)])
def test_of_few_frames_only_a_tenth_is_told_as_worst(frames: int, told: int) -> None:
    rows = [Row(i, 0, {"flicker": float(i), "sharpness": float(i)}) for i in range(frames)]
    assert len(worst_frames(summarised(rows))) == told


def test_every_frame_that_lost_its_face_is_told() -> None:
    rows = [Row(i, 0, {"flicker": float(i)}) for i in range(12)]
    chosen = worst_frames(summarised(rows, [2, 3, 4]))
    assert chosen == {2: "no face", 3: "no face", 4: "no face", 11: "flicker"}


def test_likeness_joins_the_row_of_its_face() -> None:
    rows = [Row(4, 0, {"edge": 1.0}), Row(4, 1, {"edge": 2.0})]
    likeness = [Measured(4, 0.3, 0.8), Measured(4, None, None), Measured(9, 0.5, 0.6)]
    joined = with_identity(rows, likeness)
    assert joined[0].figures == {"edge": 1.0, "to_new": 0.3, "to_replaced": 0.8}
    assert joined[1].figures == {"edge": 2.0}
    assert (joined[2].frame, joined[2].figures["to_new"]) == (9, 0.5)


def test_the_page_needs_nothing_and_runs_nothing() -> None:
    rows = [Row(i, 0, {kind.name: float(i) for kind in KINDS}) for i in range(5)]
    text = page("<script>alert(1)</script>\x1b", summarised(rows), ["a & <b>"], b"\xff\xd8", 25.0)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "a &amp; &lt;b&gt;" in text
    assert "\x1b" not in text
    assert "http" not in text.replace("http-equiv", "")
    assert "data:image/jpeg;base64,/9g=" in text


def test_a_page_holds_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(page("a", Quality({}, [], []), [], b"", 25.0))
    add_mark(path, new_mark(500))
    assert read_mark(path) == new_mark(500)


# --- the convert step ------------------------------------------------------------------------


def test_a_conversion_reports_in_full_and_the_command_prints_it(
    tmp_workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = make_clip(tmp_path / "a.mp4", width=160, height=120, frames=12, sound=())
    project = make_project(tmp_workspace, [source])
    pipeline.run(make_work(project, colour="none", report="full"), painter)
    out = project.path / "out"
    report = reports.read_clip(out / "a.json")
    assert report is not None
    assert report.quality is not None
    assert {"edge", "sharpness", "flicker"} <= set(report.quality.figures)
    assert report.quality.figures["edge"].median > 5  # the painter's red face
    for name in (report.quality.page, report.quality.sheet):
        assert read_record(out / name) is not None
        assert read_mark(out / name) is not None
    assert cli.main(["report", "film"]) == 0
    said = capsys.readouterr().out
    assert "mask edge (the source: 0)" in said
    assert "a.report.html" in said
    assert cli.main(["report", "film", "--clip", "a", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert len(one["quality"]["rows"]) == 12
    assert cli.main(["report", "film", "--clip", "b"]) == 3


def test_less_can_be_asked_for(tmp_workspace: Path, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", width=160, height=120, frames=6, sound=())
    project = make_project(tmp_workspace, [source])
    pipeline.run(make_work(project, report="none"), painter)
    report = reports.read_clip(project.path / "out" / "a.json")
    assert report is not None
    assert (report.quality, report.faces) == (None, [])
    assert not list((project.path / "out").glob("*.html"))
    assert cli.main(["report", "film"]) == 0


def test_more_is_measured_when_more_is_asked_for(tmp_workspace: Path, tmp_path: Path) -> None:
    """The video stays as it is; what was measured before isn't measured again."""
    source = make_clip(tmp_path / "a.mp4", width=160, height=120, frames=6, sound=())
    project = make_project(tmp_workspace, [source])
    pipeline.run(make_work(project, report="none"), painter)
    out = project.path / "out"
    made = (out / "a.mp4").stat().st_ino

    def again(report: str) -> tuple[reports.ClipReport, int]:
        pipeline.run(make_work(project, report=report), pytest.fail)
        found = reports.read_clip(out / "a.json")
        assert found is not None
        return found, (out / "a.json").stat().st_ino

    full, first = again("full")
    assert full.quality is not None
    assert (out / full.quality.page).is_file()
    assert again("full") == again("none") == (full, first)
    (out / full.quality.sheet).unlink()
    assert again("full")[0].quality is not None
    assert (out / full.quality.sheet).is_file()
    assert (out / "a.mp4").stat().st_ino == made
    assert not (out / ".work" / "a").exists()
