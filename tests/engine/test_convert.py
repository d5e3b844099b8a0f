"""The convert step on generated clips: what is swapped, what stays, what is kept, what is resumed.

The model is a painter; everything else is real. Networks on real footage: tests/e2e.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import av
import cv2
import msgspec
import numpy as np
import pytest
from clips import frames_of, make_clip, times_of
from convert_project import (
    Painter,
    add_faces,
    events_of,
    landmarks,
    make_project,
    make_work,
    painter,
    save_checkpoint,
)

from engine.convert import clip as clip_module
from engine.convert import pipeline, swap, targets
from engine.convert.outputs import video as video_module
from engine.convert.patch import Cutter
from engine.errors import BadInput, Damaged, ModelMissing, NoSpace, NothingToDo, Refused, Stopped
from engine.faces.geometry import crop_matrix
from engine.faces.landmarks import Landmarks
from engine.faces.masks import pack
from engine.media.planes import samples
from engine.media.probe import probe
from engine.media.read import FrameReader, packet_times
from engine.project import Project
from engine.settings import ConvertSettings, fields
from engine.store import Store
from engine.train.predict import LARGEST_BATCH
from engine.trust.mark import read_mark


def convert(project: Project, **settings: Any) -> Path:
    """The first clip's video after a whole step."""
    pipeline.run(make_work(project, **settings), painter)
    return next((project.path / "out").glob("*.mp4"))


def test_every_frame_with_a_face_gets_the_new_one(tmp_workspace: Path, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", width=160, height=120, frames=50)
    project = make_project(tmp_workspace, [source], with_face=lambda i: i % 5 != 0)
    before, after = frames_of(source), frames_of(convert(project, colour="none", crf=1))
    assert len(after) == 50
    for index, (was, now) in enumerate(zip(before, after, strict=True)):
        changed = np.abs(was[:120].astype(int) - now[:120]) > 25
        assert (changed.sum() > 300) == (index % 5 != 0), index


def test_times_sound_and_length_are_the_sources(tmp_workspace: Path, tmp_path: Path) -> None:
    gaps = [512, 512, 2560, 100, 100, 5120, 700] * 8
    times = [int(t) for t in np.cumsum([0, *gaps])]
    source = make_clip(tmp_path / "a.mkv", times=times, sound=("aac", "pcm_s16le"))
    out = convert(make_project(tmp_workspace, [source]))
    assert times_of(out) == times_of(source)
    with av.open(str(out)) as video:
        assert len(video.streams.audio) == 2
        assert video.duration / 1e6 == pytest.approx(float(times_of(source)[-1]), abs=0.3)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_turned_footage_is_swapped_upright(
    tmp_workspace: Path, tmp_path: Path, rotation: int
) -> None:
    """Faces are known in displayed pixels; the swap must be there when it is displayed."""
    source = make_clip(tmp_path / "a.mp4", width=160, height=120, frames=24, rotation=rotation)
    out = convert(make_project(tmp_workspace, [source]), colour="none", crf=1)
    info = probe(out)
    assert (info.rotation, info.width, info.height) == (rotation, *_shown_size(source))
    face = landmarks(info.width * 0.3, info.height * 0.3, min(info.width, info.height) * 0.4)
    x, y = (round(float(v)) for v in face[30])
    with FrameReader(source) as was, FrameReader(out) as now:
        before, after = next(iter(was)).rgb.astype(int), next(iter(now)).rgb.astype(int)
    assert np.abs(after[y, x] - np.array([228, 38, 57])).max() < 40
    assert np.abs(after[:8] - before[:8]).mean() < 6


@pytest.mark.parametrize(
    ("codec", "pixel_format", "width", "height", "suffix", "comes_out"),
    [
        ("libx264", "yuv420p10le", 160, 120, "mp4", "yuv420p10le"),
        ("libx264", "yuv422p", 160, 120, "mkv", "yuv420p"),
        ("ffv1", "bgra", 161, 121, "mkv", "yuv444p"),
        ("mjpeg", "yuvj420p", 160, 120, "mov", "yuvj420p"),
    ],
)
def test_other_pixel_formats_and_odd_sizes(
    tmp_workspace: Path,
    tmp_path: Path,
    codec: str,
    pixel_format: str,
    width: int,
    height: int,
    suffix: str,
    comes_out: str,
) -> None:
    source = make_clip(
        tmp_path / f"a.{suffix}",
        width=width,
        height=height,
        frames=24,
        codec=codec,
        pixel_format=pixel_format,
    )
    out = convert(make_project(tmp_workspace, [source]), colour="none", crf=1)
    info = probe(out)
    assert (info.width, info.height, info.pixel_format) == (width, height, comes_out)
    x, y = landmarks(width * 0.3, height * 0.3, min(width, height) * 0.4)[30]
    with FrameReader(source) as was, FrameReader(out) as now:
        before, after = next(iter(was)).rgb.astype(int), next(iter(now)).rgb.astype(int)
    assert np.abs(after[round(float(y)), round(float(x))] - np.array([228, 38, 57])).max() < 40
    assert np.abs(after[:8] - before[:8]).mean() < 8
    told = msgspec.json.decode((out.parent / "a.json").read_bytes())["remarks"]
    assert told == (
        ["161x121 is odd and kept in 4:4:4, which some hardware players refuse."]
        if width % 2
        else []
    )


def _shown_size(path: Path) -> tuple[int, int]:
    info = probe(path)
    return info.width, info.height


def test_outside_the_mask_nothing_changes(tmp_path: Path) -> None:
    """Bit for bit, in the samples that are handed to the encoder."""
    source = make_clip(tmp_path / "a.mp4", width=160, height=120, frames=3, sound=())
    settings = ConvertSettings()
    cutter = Cutter(Painter(), settings)
    face = Landmarks(landmarks(60, 40, 40), None)
    with FrameReader(source) as reader:
        _, _, frame = next(reader.raw())
        before = [plane.copy() for plane in samples(frame)]
        patch = cutter.cut(frame, face)
        assert patch is not None
        (predicted,) = Painter().predict(patch.face[None])
        frame.make_writable()
        cutter.paste(frame, patch, predicted)
        after = samples(frame)
    outside = np.ones((120, 160), bool)
    region = patch.region
    outside[region.top :, region.left :][: region.height, : region.width] = False
    assert np.array_equal(before[0][outside], after[0][outside])
    assert np.array_equal(before[0][:30], after[0][:30])
    changed = (before[0] != after[0]).sum()
    assert 1500 < changed < region.width * region.height * 0.8
    assert (before[1] != after[1]).sum() < changed / 2


@pytest.mark.parametrize(("x", "y"), [(-30, -20), (140, 100), (60, 110)])
def test_faces_over_the_edge_are_swapped_as_far_as_they_are_there(
    tmp_path: Path, x: float, y: float
) -> None:
    source = make_clip(tmp_path / "a.mp4", width=160, height=120, frames=3, sound=())
    cutter = Cutter(Painter(), ConvertSettings())
    with FrameReader(source) as reader:
        _, _, frame = next(reader.raw())
        patch = cutter.cut(frame, Landmarks(landmarks(x, y, 40), None))
        assert patch is not None
        frame.make_writable()
        before = samples(frame)[0].copy()
        cutter.paste(frame, patch, Painter().predict(patch.face[None])[0])
        assert (samples(frame)[0] != before).any()
        assert cutter.cut(frame, Landmarks(landmarks(900, 900, 40), None)) is None


def test_a_model_with_a_vertical_offset_is_shown_faces_that_much_lower(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", width=160, height=120, frames=3, sound=())
    face = Landmarks(landmarks(60, 40, 40), None)
    lower = Painter()
    lower.down = 0.25
    with FrameReader(source) as reader:
        _, _, frame = next(reader.raw())
        patches = [
            Cutter(model, ConvertSettings()).cut(frame, face) for model in (Painter(), lower)
        ]
    plain, moved = patches
    assert plain is not None
    assert moved is not None
    difference = np.abs(moved.face[16:].astype(int) - plain.face[:-16])
    assert difference.mean() < 3.0
    assert np.abs(moved.mask[64 + 12 : -12] - plain.mask[12 : -64 - 12]).mean() < 0.02


def add_masks(project: Project, frames: slice, share: float = 0.5) -> None:
    """A mask called custom for faces: the upper part of their 64 px face crops."""
    picture = np.zeros((64, 64), np.uint8)
    picture[: round(64 * share)] = 255
    with Store(project.db_path) as store, store.batch():
        for row in store.faces(side="target")[frames]:
            matrix = crop_matrix(np.frombuffer(row.face.points, "<f4").reshape(68, 2), 64, "face")
            store.add_mask(row.face.id, "custom", *pack(picture, matrix))


def test_a_stored_mask_says_what_is_replaced(tmp_workspace: Path, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", width=160, height=120, frames=3, sound=())
    project = make_project(tmp_workspace, [source])
    add_masks(project, slice(None))
    (clip,) = targets.clips_of(make_work(project), ConvertSettings(mask="custom"))
    cutter = Cutter(Painter(), ConvertSettings(mask="custom"))
    with FrameReader(source) as reader:
        _, _, frame = next(reader.raw())
        patch = cutter.cut(frame, clip.faces[0][0], clip.masks[0][0])
    assert patch is not None
    # Half of the face's own crop, of which the model's shows the inner 87.5 %, softly edged.
    middle = patch.mask[:, 128]
    assert (middle[20:115] > 0.9).all()
    assert (middle[141:] < 0.1).all()


def test_a_clip_without_the_mask_says_what_to_run(tmp_workspace: Path, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", frames=5)
    project = make_project(tmp_workspace, [source])
    add_masks(project, slice(1, None))
    with pytest.raises(
        BadInput, match=r"1 of a\.mp4's 5 faces have no mask called custom.*--masks custom"
    ):
        pipeline.run(make_work(project, mask="custom"), painter)


# --- stopping and going on -------------------------------------------------------------------


@pytest.mark.parametrize("stop_after", [1, 30, 71])
def test_stopped_and_resumed_is_the_same_as_unbroken(
    tmp_workspace: Path, tmp_path: Path, stop_after: int
) -> None:
    source = make_clip(tmp_path / "a.mp4", frames=100)
    whole = frames_of(convert(make_project(tmp_workspace / "1", [source])))
    project = make_project(tmp_workspace / "2", [source])
    with pytest.raises(Stopped, match=rf"stopped at frame {stop_after + 1} of 100 of a:"):
        pipeline.run(make_work(project, stop_after=stop_after), painter)
    work_folder = project.path / "out" / ".work" / "a"
    kept = len(list(work_folder.glob("segment-*.mp4")))
    assert kept == (stop_after + 1) // 24 - (stop_after + 1 == (stop_after + 1) // 24 * 24)
    assert not (project.path / "out" / "a.mp4").exists()
    models: list[Painter] = []

    def load(_found: Any) -> Painter:
        models.append(Painter())
        return models[0]

    pipeline.run(make_work(project), load)
    assert sum(models[0].batches) == 100 - 24 * kept
    resumed = frames_of(project.path / "out" / "a.mp4")
    assert all(np.array_equal(a, b) for a, b in zip(whole, resumed, strict=True))
    assert times_of(project.path / "out" / "a.mp4") == times_of(source)
    assert not work_folder.exists()


def test_progress_goes_on_from_what_was_done(tmp_workspace: Path, tmp_path: Path) -> None:
    project = make_project(tmp_workspace, [make_clip(tmp_path / "a.mp4", frames=80)])
    with pytest.raises(Stopped):
        pipeline.run(make_work(project, stop_after=60), painter)
    work = make_work(project)
    pipeline.run(work, painter)
    told = [e.done for e in events_of(work, "progress")]
    assert told[0] > 48
    assert told[-1] == 80


def test_finished_clips_are_left_alone(tmp_workspace: Path, tmp_path: Path) -> None:
    project = make_project(tmp_workspace, [make_clip(tmp_path / "a.mp4")])
    out = convert(project)
    stamp = out.stat().st_mtime_ns

    def no_model(_found: Any) -> Painter:
        raise AssertionError("a finished clip needs no model")

    message = pipeline.run(make_work(project), no_model)
    assert message.startswith("50 of 50 frames swapped")
    assert out.stat().st_mtime_ns == stamp


@pytest.mark.parametrize("change", ["settings", "model", "faces", "masks"])
def test_what_changes_makes_it_anew_and_keeps_the_old(
    tmp_workspace: Path, tmp_path: Path, change: str
) -> None:
    project = make_project(tmp_workspace, [make_clip(tmp_path / "a.mp4")])
    settings = {"mask": "custom"} if change == "masks" else {}
    add_masks(project, slice(None))
    old = convert(project, **settings).read_bytes()
    if change == "settings":
        settings = {"mask": "components"}
    elif change == "masks":
        add_masks(project, slice(7, 8), 0.3)
    elif change == "model":
        save_checkpoint(project, 600)
    else:
        with Store(project.db_path) as store, store.batch():
            store.reject([store.faces(side="target")[7].face.id])
    assert convert(project, **settings).read_bytes() != old
    trash = project.path / "trash"
    (kept,) = trash.glob("*-a.mp4")
    assert kept.read_bytes() == old
    assert {p.name.partition("-")[2] for p in trash.iterdir()} == {
        "a.mp4",
        "a.mp4.provenance.json",
        "a.sheet.jpg",
        "a.sheet.jpg.provenance.json",
    }


def test_segments_are_cut_where_the_settings_say(tmp_workspace: Path, tmp_path: Path) -> None:
    project = make_project(tmp_workspace, [make_clip(tmp_path / "a.mp4", frames=70)])
    with av.open(str(convert(project, segment_frames=24))) as video:
        packets = [p for p in video.demux(video=0) if p.pts is not None]
    order = sorted(p.pts for p in packets)
    keys = {order.index(p.pts) for p in packets if p.is_keyframe}
    assert {0, 24, 48} <= keys


def test_memory_stays_bounded(tmp_workspace: Path, tmp_path: Path, monkeypatch: Any) -> None:
    """The decoder never runs further ahead of the encoder than the queues hold."""
    monkeypatch.setattr(clip_module, "HELD_BYTES", 64 * 48 * 3 * 8)
    source = make_clip(tmp_path / "a.mp4", frames=120)
    project = make_project(tmp_workspace, [source])
    decoded, ahead = [0], [0]
    fitted = swap.fitted

    def counted(frame: Any, look: Any) -> Any:
        decoded[0] += 1
        return fitted(frame, look)

    def said(self: Any, number: int, clip: Any, item: Any, before: int) -> None:
        ahead.append(decoded[0] - item.index)

    monkeypatch.setattr(swap, "fitted", counted)
    monkeypatch.setattr(pipeline.Step, "_said", said)
    pipeline.run(make_work(project), painter)
    assert decoded[0] == 120
    assert max(ahead) < 8 + 2 + 2 + 4 * ((os.cpu_count() or 1) + 1)


# --- reports and marks -----------------------------------------------------------------------


def test_report_sheet_mark_and_record(tmp_workspace: Path, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", frames=50)
    project = make_project(tmp_workspace, [source], with_face=lambda i: i < 40)
    out = convert(project).parent
    report = msgspec.json.decode((out / "report.json").read_bytes())
    assert (report["frames"], report["frames_swapped"], report["iterations"]) == (50, 40, 500)
    assert report["seconds_training"] == 12.5
    assert report["seconds_total"] > 0
    assert set(report["identity"]) >= {"nearer_to_new", "median_to_new", "median_to_replaced"}
    clip = msgspec.json.decode((out / "a.json").read_bytes())
    assert (clip["frames"], clip["frames_swapped"], clip["remarks"]) == (50, 40, [])
    for name in ("a.mp4", "a.sheet.jpg"):
        assert read_mark(out / name) is not None
        record = msgspec.json.decode((out / f"{name}.provenance.json").read_bytes())
        assert record["people"]["b"]["name"] == "Bea"
        assert record["model"]["iteration"] == 500
    assert "Face replaced with fstui" in (read_mark(out / "a.mp4") or ("",))[0]


def test_previews_are_told_and_are_pictures(tmp_workspace: Path, tmp_path: Path) -> None:
    project = make_project(tmp_workspace, [make_clip(tmp_path / "a.mp4")])
    work = make_work(project)
    pipeline.run(work, painter)
    (preview,) = events_of(work, "preview")
    assert (preview.media, preview.frame, preview.kind) == ("a", 1, "convert")
    shown = cv2.imdecode(np.fromfile(work.folder.path / preview.path, np.uint8), cv2.IMREAD_COLOR)
    before, after = np.hsplit(shown[:-20].astype(int), 2)
    assert preview.columns == ["before", "after"]
    assert np.abs(before - after).max() > 12, "the new face is in one of them"
    assert np.median(np.abs(before - after)) < 4, "all else is the same"


def test_two_clips_and_a_name_that_is_taken(tmp_workspace: Path, tmp_path: Path) -> None:
    clips = [make_clip(tmp_path / n, frames=f) for n, f in (("report.mp4", 30), ("b c.mp4", 31))]
    project = make_project(tmp_workspace, clips)
    message = pipeline.run(make_work(project), painter)
    assert message.startswith("61 of 61 frames swapped")
    assert {p.name for p in (project.path / "out").glob("*.mp4")} == {"report-clip.mp4", "b c.mp4"}
    report = msgspec.json.decode((project.path / "out" / "report.json").read_bytes())
    assert report["clips"] == ["report-clip", "b c"]


# --- what can't be done ----------------------------------------------------------------------


def test_a_torn_video_is_converted_as_far_as_it_goes(tmp_workspace: Path, tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mkv", frames=100, width=160, height=120)
    torn = tmp_path / "torn.mkv"
    torn.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    project = make_project(tmp_workspace, [torn])
    work = make_work(project)
    pipeline.run(work, painter)
    frames = len(frames_of(project.path / "out" / "torn.mp4"))
    assert 30 < frames < 90
    assert frames == pytest.approx(len(packet_times(torn)), abs=1)
    assert any("torn.mkv" in w.text for w in events_of(work, "warn"))


def test_nobody_recorded(tmp_workspace: Path, tmp_path: Path) -> None:
    project = make_project(tmp_workspace, [make_clip(tmp_path / "a.mp4")], people=False)
    with pytest.raises(Refused, match="Who side a and side b show"):
        pipeline.run(make_work(project), painter)


def test_no_target(tmp_workspace: Path) -> None:
    with pytest.raises(NothingToDo, match="'add film target PATH'"):
        pipeline.run(make_work(make_project(tmp_workspace, [])), painter)


def test_not_extracted(tmp_workspace: Path, tmp_path: Path) -> None:
    project = make_project(tmp_workspace, [])
    project.add_sources("target", [make_clip(tmp_path / "a.mp4")])
    with pytest.raises(NothingToDo, match="'extract film'"):
        pipeline.run(make_work(project), painter)


def test_no_face(tmp_workspace: Path, tmp_path: Path) -> None:
    project = make_project(
        tmp_workspace, [make_clip(tmp_path / "a.mp4")], with_face=lambda i: False
    )
    with pytest.raises(NothingToDo, match=r"a\.mp4 has no face"):
        pipeline.run(make_work(project), painter)


def test_no_model(tmp_workspace: Path, tmp_path: Path) -> None:
    project = make_project(tmp_workspace, [make_clip(tmp_path / "a.mp4")])
    for item in (project.path / "model" / "checkpoints").rglob("*"):
        if item.is_file():
            item.unlink()
    with pytest.raises(ModelMissing, match="train"):
        pipeline.run(make_work(project), painter)


def test_one_clip_that_is_gone_does_not_stop_the_others(
    tmp_workspace: Path, tmp_path: Path
) -> None:
    clips = [make_clip(tmp_path / n, frames=f) for n, f in (("a.mp4", 30), ("b.mp4", 31))]
    project = make_project(tmp_workspace, clips)
    clips[0].unlink()
    work = make_work(project)
    pipeline.run(work, painter)
    assert (project.path / "out" / "b.mp4").exists()
    assert any("a.mp4" in w.text for w in events_of(work, "warn"))


def test_a_full_disk_is_said_and_can_be_gone_on_from(tmp_workspace: Path, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", frames=60, width=160, height=120)
    project = make_project(tmp_workspace, [source])
    folder = project.path / "out" / ".work" / "a"
    with pytest.raises(Stopped):
        pipeline.run(make_work(project, stop_after=30, crf=0), painter)
    (folder / "joined.mp4").mkdir()  # joining has nowhere to go
    with pytest.raises(BadInput, match="writing"):
        pipeline.run(make_work(project, crf=0), painter)
    assert len(list(folder.glob("segment-*.mp4"))) == 3
    (folder / "joined.mp4").rmdir()
    pipeline.run(make_work(project, crf=0), painter)
    assert len(frames_of(project.path / "out" / "a.mp4")) == 60


def test_a_place_that_can_not_be_written_is_said(tmp_workspace: Path, tmp_path: Path) -> None:
    project = make_project(tmp_workspace, [make_clip(tmp_path / "a.mp4")])
    (project.path / "out").rmdir()
    (project.path / "out").write_text("in the way")
    with pytest.raises(BadInput, match="while converting into"):
        pipeline.run(make_work(project), painter)


def test_no_space_for_a_segment(tmp_workspace: Path, tmp_path: Path, monkeypatch: Any) -> None:
    source = make_clip(tmp_path / "a.mp4", frames=60, width=160, height=120)
    project = make_project(tmp_workspace, [source])
    settle = video_module.SegmentWriter.close

    def full(self: Any) -> Any:
        if self.path.name == "segment-00001.mp4":
            raise NoSpace("No space left while writing it: free some.")
        return settle(self)

    monkeypatch.setattr(video_module.SegmentWriter, "close", full)
    with pytest.raises(NoSpace):
        pipeline.run(make_work(project), painter)
    left = {p.name for p in (project.path / "out" / ".work" / "a").iterdir()}
    assert left == {"journal.json", "segment-00000.mp4"}


def test_faces_are_found_by_frame_whatever_their_order(tmp_workspace: Path, tmp_path: Path) -> None:
    """Two faces in one frame are both swapped."""
    source = make_clip(tmp_path / "a.mp4", width=160, height=120, frames=24)
    project = make_project(tmp_workspace, [source], with_face=lambda i: False)
    with Store(project.db_path) as store, store.batch():
        store.clear_media(store.media("target")[0].id)
    add_faces(project, source)
    with Store(project.db_path) as store, store.batch():
        for found in store.faces(side="target"):
            points = landmarks(10, 20, 30).astype("<f4").tobytes()
            store.add_face(
                found.face.frame, 1, left=10, top=20, right=40, bottom=50, score=0.5,
                detector="test", points=points, aligner="test",
            )  # fmt: skip
    models = [Painter()]
    pipeline.run(make_work(project), lambda _: models[0])
    assert sum(models[0].batches) == 48


def test_nothing_outside_the_project_is_touched(tmp_workspace: Path, tmp_path: Path) -> None:
    project = make_project(tmp_workspace, [make_clip(tmp_path / "a.mp4")])
    victim = tmp_path / "elsewhere" / "a" / "joined.mp4"
    victim.parent.mkdir(parents=True)
    victim.write_text("mine")
    (project.path / "out" / ".work").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadInput, match="leads out of the project"):
        pipeline.run(make_work(project), painter)
    with Store(project.db_path) as store, store.batch():
        store.set_media(1, name="../../../elsewhere/a")
    with pytest.raises(Damaged, match="no name of a medium"):
        pipeline.run(make_work(project), painter)
    assert [p.read_text() for p in victim.parent.iterdir()] == ["mine"]


def test_another_batch_makes_nothing_anew(tmp_workspace: Path, tmp_path: Path) -> None:
    project = make_project(tmp_workspace, [make_clip(tmp_path / "a.mp4", frames=24)])
    convert(project, batch=4)
    again, other = make_work(project, batch=8), make_work(project, batch=8, blur=9.0)
    pipeline.run(again, painter)
    assert [e.media for e in events_of(again, "kept")] == ["a"]
    pipeline.run(other, painter)
    assert events_of(other, "kept") == []


def test_a_batch_is_never_larger_than_the_model_takes() -> None:
    (batch,) = [f for f in fields(ConvertSettings) if f.name == "batch"]
    assert batch.high == LARGEST_BATCH
