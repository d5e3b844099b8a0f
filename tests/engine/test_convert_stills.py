"""Pictures as a target: a folder or one, out as pictures under their own names or as a film."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest
from clips import frames_of, make_clip, picture, times_of
from convert_project import (
    add_faces,
    events_of,
    landmarks,
    make_project,
    make_work,
    painter,
)

from engine.convert import pipeline
from engine.convert.patch import Cutter
from engine.errors import BadInput, NothingToDo, Stopped
from engine.faces.landmarks import Landmarks
from engine.media.pictures import picture_head, read_deep_picture, read_picture
from engine.media.planes import LAYOUTS, Region, read_samples, samples, write_region
from engine.media.probe import probe
from engine.media.read import FrameReader, as_frame
from engine.media.sequence import Pictures, rate_of
from engine.media.write import fitted
from engine.project import Project
from engine.settings import ConvertSettings
from engine.trust.door import read_record
from engine.trust.mark import read_mark

WIDTH, HEIGHT = 96, 72
SIZE = {"width": WIDTH, "height": HEIGHT}


def rgb_of(index: int, width: int = WIDTH, height: int = HEIGHT, deep: bool = False) -> np.ndarray:
    """A picture; the upper and lower bytes of a deep one differ."""
    rgb = picture(index, width, height).to_ndarray()
    return rgb.astype(np.uint16) * 251 + index if deep else rgb


def write(path: Path, rgb: np.ndarray) -> None:
    """A picture file as its suffix says."""
    assert cv2.imwrite(str(path), rgb[..., [2, 1, 0, *range(3, rgb.shape[2])]])


def stills(folder: Path, names: Sequence[str], **kind: Any) -> Path:
    """A folder of pictures."""
    folder.mkdir(parents=True)
    for index, name in enumerate(names):
        write(folder / name, rgb_of(index, **kind))
    return folder


def convert(project: Project, **settings: Any) -> Path:
    """The result of a whole step."""
    values = {"colour": "none", "sharpen": 0, **settings}
    pipeline.run(make_work(project, **values), painter)
    out = project.path / "out"
    return out / str(report_of(project)["video"])


def report_of(project: Project) -> dict[str, Any]:
    """The one clip's report."""
    (path,) = (p for p in (project.path / "out").glob("*.json") if p.stem in ("a", "one"))
    return dict(msgspec.json.decode(path.read_bytes()))


def even(index: int) -> bool:
    """Frames with a face."""
    return index % 2 == 0


def nose(index: int, width: int = WIDTH, height: int = HEIGHT) -> tuple[int, int]:
    """Where a frame's face is painted."""
    place = (width * 0.3 + index * 0.2, height * 0.3)
    x, y = landmarks(*place, min(width, height) * 0.4)[30]
    return round(float(x)), round(float(y))


def is_painted(rgb: np.ndarray, index: int) -> bool:
    """Whether a frame has the new face."""
    x, y = nose(index, rgb.shape[1], rgb.shape[0])
    rgb = rgb // 257 if rgb.dtype == np.uint16 else rgb
    return bool(np.abs(rgb[y, x].astype(int) - np.array([228, 38, 57])).max() < 45)


# --- frames in RGB ----------------------------------------------------------------------------


@pytest.mark.parametrize("deep", [False, True])
def test_regions_of_rgb_are_exact(deep: bool) -> None:
    """There and back, and bit for bit where the mask is nothing or whole."""
    rng = np.random.default_rng(2)
    most, kind = (65536, np.uint16) if deep else (256, np.uint8)
    rgb, new = (rng.integers(0, most, (48, 64, 3)).astype(kind) for _ in range(2))
    form = "gbrp16le" if deep else "gbrp"
    assert form in LAYOUTS
    look = Pictures((Path("a.png"),), {0: picture_head_of(deep)}).own_look(rate_of(""), 100)
    frame = fitted(as_frame(rgb), look)
    assert frame.format.name == form
    region = Region(10, 6, 20, 16)
    here = (slice(6, 22), slice(10, 30))
    assert np.array_equal(read_samples(frame, region), rgb[here])
    mask = np.zeros((16, 20), np.float32)
    mask[4:10, 5:12] = 1.0
    write_region(frame, region, new[here].astype(np.float32) * 255 / (most - 1), mask)
    found = np.stack([samples(frame)[plane] for plane in (2, 0, 1)], -1)
    expected = rgb.copy()
    expected[10:16, 15:22] = new[10:16, 15:22]
    assert np.array_equal(found, expected)


def picture_head_of(deep: bool) -> Any:
    """The head of a picture of 64 x 48."""
    from engine.media.pictures import Head

    return Head(64, 48, "png", deep=deep)


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_sixteen_bits_are_read(tmp_path: Path, suffix: str) -> None:
    rgb, path = rgb_of(3, deep=True), tmp_path / f"a.{suffix}"
    write(path, rgb)
    assert picture_head(path).deep
    assert np.array_equal(read_deep_picture(path), rgb)
    assert np.array_equal(read_picture(path), rgb >> 8)
    clear = np.concatenate([rgb, np.full((HEIGHT, WIDTH, 1), 0, np.uint16)], -1)
    clear[:, 48:, 3] = 65535
    write(path, clear)
    assert picture_head(path).clear
    assert np.array_equal(read_deep_picture(path)[:, 48:], rgb[:, 48:])
    assert read_deep_picture(path)[:, :48].max() == 0


# --- pictures out -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["png", "tiff", "exr", "jpg", "webp"])
def test_pictures_keep_their_names_and_their_pixels(
    tmp_workspace: Path, tmp_path: Path, kind: str
) -> None:
    """Those without a face to the bit where the file can; the others outside the mask."""
    names = ["take 2.png", "take 10.tif", "take 11.bmp", "take 12.png"]
    folder = stills(tmp_path / "a", names)
    project = make_project(tmp_workspace, [folder], with_face=even)
    out = convert(project, writer="pictures", picture=kind)
    assert (out.name, sorted(p.name for p in out.iterdir())) == (
        "a",
        sorted(f"take {n}.{kind}" for n in (2, 10, 11, 12)),
    )
    for index, number in enumerate((2, 10, 11, 12)):
        path, source = out / f"take {number}.{kind}", rgb_of(index)
        made = read_picture(path)
        apart = np.abs(made.astype(int) - source)
        assert is_painted(made, index) == even(index)
        exact = apart[:10] if even(index) else apart
        assert exact.max() <= {"png": 0, "tiff": 0, "exr": 1}.get(kind, 255)
        assert exact.mean() < 8
        assert read_mark(path) is not None
    assert read_record(out) is not None
    report = report_of(project)
    assert (report["frames"], report["frames_swapped"], report["remarks"]) == (4, 2, [])
    assert (out.parent / "a.sheet.jpg").exists()
    assert not (project.path / "out" / ".work" / "a").exists()


def test_one_picture(tmp_workspace: Path, tmp_path: Path) -> None:
    write(tmp_path / "one.png", rgb_of(0))
    project = make_project(tmp_workspace, [tmp_path / "one.png"])
    out = convert(project, writer="pictures")
    assert [p.name for p in out.iterdir()] == ["one.png"]
    assert is_painted(read_picture(out / "one.png"), 0)
    film = convert(project)
    assert (film.name, probe(film).frames) == ("one.mp4", 1)


def test_each_picture_has_its_own_size_and_bits(tmp_workspace: Path, tmp_path: Path) -> None:
    folder = stills(tmp_path / "a", ["1.png"])
    write(folder / "2.png", rgb_of(1, 81, 61))
    write(folder / "3.png", rgb_of(2, deep=True))
    project = make_project(tmp_workspace, [folder], with_face=lambda index: index == 0)
    out = convert(project, writer="pictures", mask_as="separate")
    assert np.array_equal(read_picture(out / "2.png"), rgb_of(1, 81, 61))
    assert np.array_equal(read_deep_picture(out / "3.png"), rgb_of(2, deep=True))
    assert not picture_head(out / "2.png").deep
    masks = [read_picture(out.with_name("a.mask") / f"{n}.png") for n in (1, 2, 3)]
    assert [m.shape[:2] for m in masks] == [(72, 96), (61, 81), (72, 96)]
    assert [bool(m.any()) for m in masks] == [True, False, False]
    out = convert(project, writer="pictures", output_scale=200)
    sizes = [(picture_head(out / f"{n}.png").width, picture_head(out / f"{n}.png").height)
             for n in (1, 2, 3)]  # fmt: skip
    assert sizes == [(192, 144), (162, 122), (192, 144)]
    x, y = nose(0)
    assert np.abs(read_picture(out / "1.png")[2 * y, 2 * x] - [228, 38, 57]).max() < 45
    for writer in ("video", "gif", "patch"):
        with pytest.raises(
            BadInput, match=r"2\.png is 81x61 and 1\.png 96x72: a film has one size"
        ):
            convert(project, writer=writer)


def test_sixteen_bits_stay_where_the_file_has_them(tmp_workspace: Path, tmp_path: Path) -> None:
    folder = stills(tmp_path / "a", ["1.png", "2.png"], deep=True)
    project = make_project(tmp_workspace, [folder], with_face=even)
    out = convert(project, writer="pictures")
    one, two = (read_deep_picture(out / f"{n}.png") for n in (1, 2))
    assert np.array_equal(two, rgb_of(1, deep=True))
    assert np.array_equal(one[:10], rgb_of(0, deep=True)[:10])
    assert is_painted(one, 0)
    assert report_of(project)["remarks"] == []
    convert(project, writer="pictures", picture="jpg")
    assert report_of(project)["remarks"] == ["The pictures have 16 bits and a jpg has 8."]
    film = convert(project)
    assert probe(film).pixel_format == "yuv420p10le"
    assert report_of(project)["remarks"] == ["The pictures have 16 bits and a film in x264 has 10."]
    with pytest.raises(BadInput, match="more than 8 bits and vp9 has 8 here"):
        convert(project, codec="vp9")


def test_what_is_transparent_comes_over_black(tmp_workspace: Path, tmp_path: Path) -> None:
    folder = stills(tmp_path / "a", ["1.png", "2.png"])
    rgba = np.concatenate([rgb_of(1), np.full((HEIGHT, WIDTH, 1), 255, np.uint8)], -1)
    rgba[:20, :, 3] = 0
    write(folder / "2.png", rgba)
    project = make_project(tmp_workspace, [folder], with_face=even)
    out = convert(project, writer="pictures")
    made = read_picture(out / "2.png")
    assert made[:20].max() == 0
    assert np.array_equal(made[20:], rgb_of(1)[20:])
    assert report_of(project)["remarks"] == [
        "What is transparent in the pictures comes over black."
    ]


@pytest.mark.parametrize("known", [True, False])
def test_a_picture_that_can_not_be_read_is_left_out(
    tmp_workspace: Path, tmp_path: Path, known: bool
) -> None:
    """One that is torn behind its head too, whether extract read it or didn't look at it."""
    folder = stills(tmp_path / "a", [f"{n}.png" for n in range(1, 9)])
    (folder / "2.png").write_bytes(b"no picture")
    torn = (folder / "5.png").read_bytes()
    (folder / "5.png").write_bytes(torn[: len(torn) // 2])
    project = make_project(tmp_workspace, [])
    project.add_sources("target", [folder])
    add_faces(
        project, folder, lambda index: index in (0, 6), unread=(1, 4) if known else range(1, 6)
    )
    out = convert(project, writer="pictures")
    assert [p.stem for p in sorted(out.iterdir())] == ["1", "3", "4", "6", "7", "8"]
    assert is_painted(read_picture(out / "7.png"), 6)
    assert np.array_equal(read_picture(out / "8.png"), rgb_of(7))
    told = "a: has pictures that can't be read and are left out: 2.png and 1 more."
    assert report_of(project)["remarks"] == [told]
    film = convert(project, codec="ffv1")
    assert [float(t) for t in times_of(film)] == [0.0, 0.04, 0.08, 0.12, 0.16, 0.2]
    with FrameReader(film) as reader:
        painted = [is_painted(f.rgb, 6 if f.index == 4 else 0) for f in reader]
    assert painted == [True, False, False, False, True, False]


def test_names_that_would_become_one(tmp_workspace: Path, tmp_path: Path) -> None:
    project = make_project(tmp_workspace, [stills(tmp_path / "a", ["1.jpg", "1.png", "2.png"])])
    with pytest.raises(BadInput, match=r"1\.jpg and 1\.png would both become 1\.tiff: rename one"):
        convert(project, writer="pictures", picture="tiff")
    assert probe(convert(project)).frames == 3


def test_frames_are_named_and_times_are_not(tmp_workspace: Path, tmp_path: Path) -> None:
    folder = stills(tmp_path / "a", [f"{n}.png" for n in range(1, 7)])
    project = make_project(tmp_workspace, [folder])
    out = convert(project, writer="pictures", frames="2-3,5")
    assert [is_painted(read_picture(out / f"{n}.png"), n - 1) for n in range(1, 7)] == [
        n in (2, 3, 5) for n in range(1, 7)
    ]
    out = convert(project, writer="pictures", frames="2-3,5", outside="drop")
    assert [p.name for p in sorted(out.iterdir())] == ["2.png", "3.png", "5.png"]
    assert is_painted(read_picture(out / "5.png"), 4)
    assert probe(convert(project, frames="2-3,5", outside="drop")).frames == 3
    with pytest.raises(BadInput, match="a has pictures, which have no times: name frames"):
        convert(project, times="0:00-0:01")
    with pytest.raises(NothingToDo, match="a has no face in the frames that are named"):
        convert(project, frames="9-")


# --- a film out -------------------------------------------------------------------------------


def test_a_film_has_the_rate_and_the_natural_order(tmp_workspace: Path, tmp_path: Path) -> None:
    names = [f"p{n}.png" for n in range(1, 13)]
    project = make_project(tmp_workspace, [stills(tmp_path / "a", names)], with_face=even)
    film = convert(project, fps="29.97", codec="ffv1", mask_as="separate")
    info = probe(film)
    assert (info.width, info.height, info.frames or 12) == (WIDTH, HEIGHT, 12)
    assert [float(t) for t in times_of(film)] == pytest.approx(
        [n * 1001 / 30000 for n in range(12)], abs=0.001
    )
    with FrameReader(film) as reader:
        for frame in reader:
            assert is_painted(frame.rgb, frame.index) == even(frame.index)
            if not even(frame.index):
                assert np.abs(frame.rgb.astype(int) - rgb_of(frame.index)).mean() < 3
    assert len(frames_of(film.with_name("a.mask.mkv"))) == 12
    assert read_mark(film) is not None
    assert (film.parent / "a.sheet.jpg").exists()


def test_a_film_names_its_colours(tmp_workspace: Path, tmp_path: Path) -> None:
    folder = stills(tmp_path / "a", ["1.png", "2.png"])
    film = convert(make_project(tmp_workspace, [folder]), codec="prores")
    frame = next(FrameReader(film).raw())[2]
    assert (int(frame.colorspace), int(frame.color_range)) == (1, 1)
    with FrameReader(film) as reader:
        assert np.abs(next(iter(reader)).rgb[:10].astype(int) - rgb_of(0)[:10]).mean() < 4


@pytest.mark.parametrize("writer", ["gif", "webp", "patch"])
def test_other_writers(tmp_workspace: Path, tmp_path: Path, writer: str) -> None:
    names = [f"{n}.png" for n in range(1, 6)]
    project = make_project(tmp_workspace, [stills(tmp_path / "a", names)], with_face=even)
    if writer == "patch":
        out = convert(project, writer="patch")
        listed = msgspec.json.decode(out.with_name("a.patches.json").read_bytes())
        assert (listed["width"], listed["height"]) == (WIDTH, HEIGHT)
        assert [frame["frame"] for frame in listed["frames"]] == [1, 3, 5]
        assert len(list(out.iterdir())) == 3
    else:
        out = convert(project, writer=writer, fps="10", colour="none")
        done, animation = cv2.imreadanimation(str(out))
        assert done
        assert list(animation.durations) == [100] * 5
    assert report_of(project)["remarks"] == []


def test_rates_that_can_not_be(tmp_workspace: Path, tmp_path: Path) -> None:
    project = make_project(tmp_workspace, [stills(tmp_path / "a", ["1.png", "2.png"])])
    with pytest.raises(BadInput, match="'fast' is no rate: give frames a second"):
        convert(project, fps="fast")
    with pytest.raises(BadInput, match="fps is a setting of the writer video or gif or webp"):
        convert(project, fps="30", writer="pictures")
    film = make_project(tmp_workspace / "2", [make_clip(tmp_path / "b.mp4", frames=3)])
    with pytest.raises(BadInput, match="fps is the rate of pictures, and videos have their own"):
        convert(film, fps="30")


# --- stopped and gone on ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [{"writer": "pictures", "mask_as": "separate"}, {"codec": "ffv1", "segment_frames": 24}],
)
def test_stopped_and_resumed_is_the_same_as_unbroken(
    tmp_workspace: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    """With a picture that can't be read, so that the result counts otherwise than the source."""
    folder = stills(tmp_path / "a", [f"{n:06d}.png" for n in range(2, 42)])
    (folder / "000007.png").write_bytes(b"no picture")
    results = []
    for name, stop in (("1", None), ("2", 30)):
        project = make_project(tmp_workspace / name, [])
        project.set_person("a", "Ann", "self", "test")
        project.set_person("b", "Bea", "self", "test")
        project.add_sources("target", [folder])
        add_faces(project, folder, unread=[5])
        if stop:
            with pytest.raises(Stopped):
                pipeline.run(make_work(project, stop_after=stop, **settings), painter)
        work = make_work(project, **settings)
        pipeline.run(work, painter)
        out = project.path / "out" / str(report_of(project)["video"])
        films = [out, out.with_name("a.mask")] if out.is_dir() else [out]
        results.append([[f.rgb for f in FrameReader(film)] for film in films])
        if out.is_dir():
            names = [p.name for p in sorted(out.iterdir())]
            assert names == [f"{n:06d}.png" for n in range(2, 42) if n != 7]
        pipeline.run(again := make_work(project, **settings), painter)
        assert [e.media for e in events_of(again, "kept")] == ["a"]
    assert len(results[0][0]) == 39
    for one, other in zip(*results, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("moment", ["named", "released"])
def test_a_release_that_is_cut_short_is_gone_on_with(
    tmp_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Killed while the pictures get their names, which are numbers of others, and right behind."""
    from engine.convert import finish, journal

    class Killed(BaseException):
        pass

    calls = {"left": 5}
    place = journal.os.replace if moment == "named" else finish.release

    def until_killed(*args: Any, **kwargs: Any) -> Any:
        calls["left"] -= 1
        if calls["left"] < 0 or (moment == "released" and calls["left"] < 4):
            raise Killed
        return place(*args, **kwargs)

    folder = stills(tmp_path / "a", [f"{n:06d}.png" for n in range(2, 12)])
    project = make_project(tmp_workspace, [folder], with_face=even)
    settings = {"writer": "pictures", "mask_as": "separate"}
    with monkeypatch.context() as patched:
        if moment == "named":
            patched.setattr(journal, "os", Replacing(until_killed))
        else:
            patched.setattr(finish, "release", until_killed)
        with pytest.raises(Killed):
            convert(project, **settings)
    out = convert(project, **settings)
    for there in (out, out.with_name("a.mask")):
        assert [p.name for p in sorted(there.iterdir())] == [f"{n:06d}.png" for n in range(2, 12)]
    assert np.array_equal(read_picture(out / "000011.png"), rgb_of(9))
    assert not (project.path / "out" / ".work" / "a").exists()


class Replacing:
    """The module os with another replace."""

    def __init__(self, replace: Any) -> None:
        self.replace = replace


def test_named_pictures_of_other_work_are_thrown_away(tmp_workspace: Path, tmp_path: Path) -> None:
    folder = stills(tmp_path / "a", ["1.png", "2.png"])
    project = make_project(tmp_workspace, [folder])
    stale = project.path / "out" / ".work" / "a" / f"frames-{'0' * 16}"
    stale.mkdir(parents=True)
    (stale / "9.png").write_bytes(b"old")
    out = convert(project, writer="pictures")
    assert sorted(p.name for p in out.iterdir()) == ["1.png", "2.png"]
    assert not stale.exists()


def test_a_cutter_takes_a_frame_of_rgb() -> None:
    look = Pictures((Path("a.png"),), {0: picture_head_of(False)}).own_look(rate_of(""), 100)
    frame = fitted(as_frame(rgb_of(0)), look)
    cutter = Cutter(painter(), ConvertSettings())
    patch = cutter.cut(frame, Landmarks(landmarks(30, 20, 30), None))
    assert patch is not None
    before = [plane.copy() for plane in samples(frame)]
    cutter.paste(frame, patch, painter().predict(patch.face[None])[0])
    changed = [(was != now) for was, now in zip(before, samples(frame), strict=True)]
    assert all(plane.any() for plane in changed)
    assert not any(plane[:8].any() for plane in changed)
