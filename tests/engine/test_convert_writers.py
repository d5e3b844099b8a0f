"""Every writer: what comes out, and that a stopped conversion comes out as an unbroken one."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import msgspec
import numpy as np
import pytest
from clips import frames_of, make_clip, times_of
from convert_project import landmarks, make_project, make_work, painter

from engine.convert import finish, pipeline
from engine.errors import BadInput, NotPossible, Stopped
from engine.media.codecs import CODECS, Encoding
from engine.media.pictures import read_picture
from engine.media.probe import probe
from engine.media.read import FrameReader
from engine.project import Project
from engine.trust.door import read_record
from engine.trust.mark import add_mark, new_mark, read_mark

VIDEOS = {
    "x264": ("mp4", "h264", "yuv420p"),
    "x265": ("mp4", "hevc", "yuv420p"),
    "vp9": ("webm", "vp9", "yuv420p"),
    "av1": ("mp4", "libdav1d", "yuv420p"),
    "prores": ("mov", "prores", "yuv422p10le"),
    "ffv1": ("mkv", "ffv1", "yuv420p"),
}
WRITERS: dict[str, dict[str, Any]] = {
    **{codec: {"codec": codec} for codec in VIDEOS},
    "separate mask": {"codec": "ffv1", "mask_as": "separate"},
    "alpha": {"codec": "vp9", "mask_as": "alpha"},
    "pictures": {"writer": "pictures", "mask_as": "separate", "picture": "tiff"},
    "gif": {"writer": "gif"},
    "webp": {"writer": "webp"},
    "patch": {"writer": "patch"},
}


def convert(project: Project, **settings: Any) -> Path:
    """What the first clip's report names as its result, after a whole step."""
    pipeline.run(make_work(project, **settings), painter)
    out = project.path / "out"
    report = msgspec.json.decode((out / "a.json").read_bytes())
    return out / str(report["video"])


def project_of(workspace: Path, folder: Path, **clip: Any) -> Project:
    """A project with one clip `a` that has a face in every frame."""
    values = {"width": 160, "height": 120, "frames": 30, **clip}
    suffix = values.pop("suffix", "mp4")
    folder.mkdir(parents=True, exist_ok=True)
    return make_project(workspace, [make_clip(folder / f"a.{suffix}", **values)])


def nose(width: int, height: int) -> tuple[int, int]:
    """Where the first frame's face is painted, x and y."""
    x, y = landmarks(width * 0.3, height * 0.3, min(width, height) * 0.4)[30]
    return round(float(x)), round(float(y))


def is_painted(rgb: np.ndarray) -> bool:
    """Whether the first frame's face has the paint's colour."""
    x, y = nose(rgb.shape[1], rgb.shape[0])
    return bool(np.abs(rgb[y, x].astype(int) - np.array([228, 38, 57])).max() < 45)


def contents(out: Path) -> dict[str, Any]:
    """All results, pictures of folders too: what they hold, without the marks around it."""
    found: dict[str, Any] = {}
    for path in sorted(out.rglob("*")):
        if path.suffix in (".mp4", ".mov", ".mkv", ".webm", ".gif"):
            found[path.name] = (times_of(path), np.stack(frames_of(path)))
        elif path.suffix in (".png", ".tiff", ".webp") and path.parent != out:
            name = str(path.relative_to(out))
            found[name] = ([], cv2.imread(str(path), cv2.IMREAD_UNCHANGED))
        elif path.suffix == ".webp":
            found[path.name] = ([], webp_frames(path))
        elif path.name.endswith(".patches.json"):
            found[path.name] = (path.read_bytes(), np.zeros(1))
    return found


def webp_frames(path: Path) -> np.ndarray:
    """All pictures of an animated WebP, RGBA."""
    done, animation = cv2.imreadanimation(str(path))
    assert done
    return np.stack(animation.frames)


# --- stopped and gone on ----------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_stopped_and_resumed_is_the_same_as_unbroken(
    tmp_workspace: Path, tmp_path: Path, name: str
) -> None:
    settings, clip = WRITERS[name], {"frames": 60, "width": 96, "height": 72}
    source = make_clip(tmp_path / "a.mp4", **clip)
    whole = make_project(tmp_workspace / "1", [source])
    convert(whole, **settings)
    project = make_project(tmp_workspace / "2", [source])
    with pytest.raises(Stopped):
        pipeline.run(make_work(project, stop_after=34, **settings), painter)
    work = project.path / "out" / ".work" / "a"
    journal = msgspec.json.decode((work / "journal.json").read_bytes())
    kept = sum(part["frames"] for part in journal["parts"])
    assert kept == (24 if settings.get("writer") not in ("pictures", "patch") else 32)
    models: list[Any] = []
    pipeline.run(make_work(project, **settings), lambda _: models.append(painter()) or models[0])
    assert sum(models[0].batches) == 60 - kept
    assert not work.exists()
    one, two = contents(whole.path / "out"), contents(project.path / "out")
    assert list(one) == list(two)
    assert len(one) >= 1
    for key, (times, pictures) in one.items():
        assert times == two[key][0], key
        assert np.array_equal(pictures, two[key][1]), key


def test_a_sequence_whose_pictures_are_damaged_begins_anew(
    tmp_workspace: Path, tmp_path: Path
) -> None:
    project = project_of(tmp_workspace, tmp_path, width=64, height=48)
    with pytest.raises(Stopped):
        pipeline.run(make_work(project, stop_after=20, writer="pictures"), painter)
    work = project.path / "out" / ".work" / "a"
    (work / "frames" / "000002.png").write_bytes(b"torn")
    out = convert(project, writer="pictures")
    assert read_picture(out / "000002.png").shape == (48, 64, 3)
    assert len(list(out.iterdir())) == 30


def test_a_release_that_is_cut_short_is_gone_on_with(
    tmp_workspace: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    """The masks are out already and some pictures are marked: none is made again."""
    project = project_of(tmp_workspace, tmp_path, width=64, height=48)
    released = finish.release

    def cut_short(project: Project, staged: Path, name: str, **facts: Any) -> Path:
        if name == "a":
            add_mark(staged / "000001.png", new_mark(500))
            raise KeyboardInterrupt
        return released(project, staged, name, **facts)

    settings = {"writer": "pictures", "mask_as": "separate"}
    monkeypatch.setattr(finish, "release", cut_short)
    with pytest.raises(KeyboardInterrupt):
        convert(project, **settings)
    monkeypatch.undo()
    models: list[Any] = []
    pipeline.run(make_work(project, **settings), lambda _: models.append(painter()) or models[0])
    assert models[0].batches == []
    out = project.path / "out"
    assert [len(list((out / name).iterdir())) for name in ("a", "a.mask")] == [30, 30]
    assert all(read_mark(p) is not None for p in (out / "a").iterdir())


# --- videos -----------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", sorted(VIDEOS))
def test_codecs_keep_times_sound_and_faces(tmp_workspace: Path, tmp_path: Path, codec: str) -> None:
    suffix, name, pixel_format = VIDEOS[codec]
    project = project_of(tmp_workspace, tmp_path, tags=(1, 1, 1, 1))
    out = convert(project, codec=codec, colour="none", sharpen=0)
    info = probe(out)
    assert (out.suffix, info.codec, info.pixel_format) == (f".{suffix}", name, pixel_format)
    source = times_of(tmp_path / "a.mp4")
    # Matroska's clock has milliseconds, and begins with what AAC says before the first sample
    late = times_of(out)[0] if suffix == "mkv" else 0
    apart = [abs(a - late - b) for a, b in zip(times_of(out), source, strict=True)]
    assert max(apart) <= (Fraction(1, 1000) if suffix in ("mkv", "webm") else 0)
    with FrameReader(out) as reader:
        first = next(iter(reader)).rgb
    assert is_painted(first)
    with av.open(str(out)) as clip:
        frame = next(clip.decode(video=0))
        assert (frame.colorspace, frame.color_primaries, frame.color_trc) == (1, 1, 1)
        clip.seek(0)
        sound = sum(f.samples / f.sample_rate for f in clip.decode(audio=0))
    assert sound == pytest.approx(1.2, abs=0.06)
    assert read_mark(out) is not None


@pytest.mark.parametrize("codec", ["x264", "x265", "av1", "prores", "ffv1"])
def test_ten_bits_are_kept(tmp_workspace: Path, tmp_path: Path, codec: str) -> None:
    project = project_of(tmp_workspace, tmp_path, pixel_format="yuv420p10le", frames=24)
    assert "10le" in probe(convert(project, codec=codec)).pixel_format


@pytest.mark.parametrize(
    ("codec", "container"), [("x264", "mkv"), ("x265", "mov"), ("av1", "webm")]
)
def test_other_containers(tmp_workspace: Path, tmp_path: Path, codec: str, container: str) -> None:
    project = project_of(tmp_workspace, tmp_path, frames=24)
    out = convert(project, codec=codec, container=container, tune="none")
    assert out.name == f"a.{container}"
    with av.open(str(out)) as clip:
        assert clip.streams.audio[0].codec_context.name == (
            "opus" if container == "webm" else "aac"
        )
    assert read_mark(out) is not None


def test_full_range_stays_full_range(tmp_workspace: Path, tmp_path: Path) -> None:
    project = project_of(
        tmp_workspace, tmp_path, codec="mjpeg", pixel_format="yuvj420p", suffix="mov", frames=24
    )
    out = convert(project, codec="vp9", crf=4, colour="none")
    with FrameReader(tmp_path / "a.mov") as was, FrameReader(out) as now:
        before, after = next(iter(was)).rgb.astype(int), next(iter(now)).rgb.astype(int)
    assert np.abs(after[:8] - before[:8]).mean() < 6


def test_lower_crf_is_larger_for_every_codec_that_has_it(
    tmp_workspace: Path, tmp_path: Path
) -> None:
    project = project_of(tmp_workspace, tmp_path, frames=24)
    for codec in ("x264", "x265", "vp9", "av1"):
        sizes = [convert(project, codec=codec, crf=crf).stat().st_size for crf in (5, 45)]
        assert sizes[0] > 1.3 * sizes[1], codec


def test_a_finished_result_is_left_alone(tmp_workspace: Path, tmp_path: Path) -> None:
    project = project_of(tmp_workspace, tmp_path, width=64, height=48)
    for settings in (WRITERS["separate mask"], WRITERS["pictures"], WRITERS["patch"]):
        out = convert(project, **settings)
        assert read_record(out) is not None
        pipeline.run(make_work(project, **settings), lambda _: pytest.fail("needs no model"))


# --- masks, pictures, patches -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("codec", "decoder"), [("vp9", "libvpx-vp9"), ("prores", "prores"), ("ffv1", "ffv1")]
)
def test_alpha_is_where_the_new_face_is(
    tmp_workspace: Path, tmp_path: Path, codec: str, decoder: str
) -> None:
    out = convert(project_of(tmp_workspace, tmp_path, frames=24), codec=codec, mask_as="alpha")
    with av.open(str(out)) as clip:
        stream = clip.streams.video[0]
        context: Any = av.CodecContext.create(decoder, "r")
        context.width, context.height = 160, 120
        context.codec_tag, context.extradata = (
            stream.codec_context.codec_tag,
            (stream.codec_context.extradata or b"\0"),
        )
        frames = [f for packet in clip.demux(stream) if packet.size for f in context.decode(packet)]
    rgba = (frames or [*context.decode(None)])[0].to_ndarray(format="rgba")
    x, y = nose(160, 120)
    assert rgba[y, x, 3] > 240
    assert rgba[4, 4, 3] < 8


def test_a_separate_mask_has_the_same_frames(tmp_workspace: Path, tmp_path: Path) -> None:
    out = convert(project_of(tmp_workspace, tmp_path), mask_as="separate", crf=1)
    mask = out.with_name("a.mask.mp4")
    assert times_of(mask) == times_of(out)
    assert read_mark(mask) is not None
    with FrameReader(mask) as reader:
        rgb = next(iter(reader)).rgb
    x, y = nose(160, 120)
    assert rgb[y, x].min() > 245
    assert rgb[4, 4].max() < 8


@pytest.mark.parametrize("kind", ["png", "jpg", "tiff", "webp", "exr"])
def test_pictures_of_every_kind(tmp_workspace: Path, tmp_path: Path, kind: str) -> None:
    project = project_of(tmp_workspace, tmp_path, frames=5)
    out = convert(project, writer="pictures", picture=kind, colour="none", sharpen=0)
    names = sorted(p.name for p in out.iterdir())
    assert names == [f"{number:06d}.{kind}" for number in range(1, 6)]
    assert is_painted(read_picture(out / names[0]))
    assert all(read_mark(out / name) is not None for name in names)
    assert (out.parent / "a.sheet.jpg").exists()


@pytest.mark.parametrize("kind", ["png", "tiff", "exr"])
def test_pictures_of_deep_footage_are_deep(tmp_workspace: Path, tmp_path: Path, kind: str) -> None:
    project = project_of(tmp_workspace, tmp_path, frames=3, pixel_format="yuv420p10le")
    out = convert(project, writer="pictures", picture=kind)
    with av.open(str(out / f"000001.{kind}")) as picture:
        frame = next(picture.decode(video=0))
    assert frame.format.components[0].bits > 8


def test_turned_footage_gives_upright_pictures(tmp_workspace: Path, tmp_path: Path) -> None:
    project = project_of(tmp_workspace, tmp_path, frames=3, rotation=90)
    out = convert(project, writer="pictures", mask_as="alpha", colour="none", sharpen=0)
    rgba = cv2.cvtColor(
        cv2.imread(str(out / "000001.png"), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA
    )
    assert rgba.shape == (160, 120, 4)
    x, y = nose(120, 160)
    assert is_painted(rgba[..., :3])
    assert rgba[y, x, 3] == 255


@pytest.mark.parametrize(("rotation", "face_scale"), [(0, 0), (90, 8)])
def test_a_patch_put_in_by_its_matrix_is_the_swap(
    tmp_workspace: Path, tmp_path: Path, rotation: int, face_scale: float
) -> None:
    """What another program does with a patch comes to what the picture writer writes."""
    project = project_of(
        tmp_workspace, tmp_path, frames=3, rotation=rotation, pixel_format="yuv444p"
    )
    swap = read_picture(
        convert(project, writer="pictures", face_scale=face_scale) / "000001.png"
    ).astype(float)
    folder = convert(project, writer="patch", picture="tiff", face_scale=face_scale)
    listed = msgspec.json.decode(folder.with_name("a.patches.json").read_bytes())
    with FrameReader(tmp_path / "a.mp4") as reader:
        frame = next(iter(reader)).rgb.astype(float)
    assert (listed["height"], listed["width"]) == frame.shape[:2]
    (face,) = listed["frames"][0]["faces"]
    rgba = cv2.imread(str(folder / face["file"]), cv2.IMREAD_UNCHANGED) / 65535.0
    rgba = cv2.cvtColor(rgba.astype(np.float32), cv2.COLOR_BGRA2RGBA)
    size = (listed["width"], listed["height"])
    put = cv2.warpAffine(
        rgba, np.array(face["matrix"]), size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    alpha = put[..., 3:]
    made = frame * (1 - alpha) + put[..., :3] * 255 * alpha
    assert np.abs(frame - swap).max() > 40
    assert np.abs(made - swap).mean() < 1.0


def test_animations_play_at_the_sources_pace(tmp_workspace: Path, tmp_path: Path) -> None:
    project = project_of(tmp_workspace, tmp_path, frames=25)
    for settings in (WRITERS["gif"], WRITERS["webp"]):
        out = convert(project, colour="none", sharpen=0, **settings)
        if out.suffix == ".gif":
            assert [float(t) for t in times_of(out)] == [i * 0.04 for i in range(25)]
            with FrameReader(out) as reader:
                assert is_painted(next(iter(reader)).rgb)
        else:
            _, animation = cv2.imreadanimation(str(out))
            assert list(animation.durations) == [40] * 25
            assert is_painted(cv2.cvtColor(animation.frames[0], cv2.COLOR_BGRA2RGB))
        assert read_mark(out) is not None


# --- what can't be done -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"codec": "x265", "container": "webm"}, "x265 doesn't go into webm.*mp4, mov or mkv"),
        ({"codec": "vp9", "tune": "film"}, "vp9 has no tune called film: leave tune at none"),
        ({"codec": "x265", "tune": "film"}, "x265 has no tune called film: it has animation"),
        ({"codec": "x264", "mask_as": "alpha"}, "x264 in mp4 has no transparency: take prores"),
        ({"codec": "prores", "crf": 20}, "prores has neither crf nor preset"),
        ({"writer": "pictures", "picture": "jpg", "mask_as": "alpha"}, "A jpg has no transp"),
        ({"writer": "gif", "mask_as": "separate"}, "A gif has no place for a mask"),
        ({"writer": "patch", "picture": "jpg"}, "A patch is a png or tiff"),
        ({"writer": "patch", "grain": 50}, "Motion blur and grain are made in the frame"),
        ({"writer": "gif", "codec": "x265"}, "codec is a setting of the writer video, and the"),
        ({"picture": "jpg"}, "writer pictures or patch, and the writer is video: leave picture"),
        ({"outside": "drop"}, "neither frames nor times say outside of what"),
    ],
)
def test_what_does_not_go_together_is_refused(
    tmp_workspace: Path, tmp_path: Path, settings: dict[str, Any], words: str
) -> None:
    project = project_of(tmp_workspace, tmp_path, frames=3)
    with pytest.raises(BadInput, match=words):
        convert(project, **settings)
    assert not (project.path / "out" / ".work").exists()


@pytest.mark.parametrize("clip", [{"pixel_format": "yuv420p10le"}, {"width": 161, "height": 121}])
def test_what_a_codec_would_lose_is_refused(
    tmp_workspace: Path, tmp_path: Path, clip: dict[str, Any]
) -> None:
    odd = "width" in clip
    clip = {**clip, "codec": "ffv1", "suffix": "mkv"}
    project = project_of(tmp_workspace, tmp_path, frames=3, **clip)
    words = (
        "161x121 is odd, and av1" if odd else "The source has more than 8 bits and vp9 has 8 here"
    )
    with pytest.raises(BadInput, match=words):
        convert(project, codec="av1" if odd else "vp9")


@pytest.mark.parametrize("codec", [name for name in CODECS if name.endswith("nvenc")])
def test_nvenc_is_refused_where_it_does_not_work(codec: str, monkeypatch: Any) -> None:
    class Broken:
        def open(self) -> None:
            raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(av.CodecContext, "create", lambda *_: Broken(), raising=True)
    with pytest.raises(NotPossible, match=f"{codec} needs an NVIDIA card.*take x26"):
        Encoding(codec).check()
