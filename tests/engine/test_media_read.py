"""Reading footage: frames, time stamps, seeking, rotation, colour, and what is wrong with files."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from clips import make_clip
from PIL import Image

from engine.errors import BadInput
from engine.media import read
from engine.media.probe import probe
from engine.media.read import FrameReader, Run, read_frames

Sample = Callable[[str], Path]


def write_video(
    path: Path, pictures: list[np.ndarray], times: list[int] | None = None, rotation: int = 0
) -> Path:
    """An H.264 file in milliseconds; `rotation` as degrees counter-clockwise for display."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "4", "g": "6"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        if rotation:
            stream.set_display_rotation(rotation)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = times[number] if times else number * 40
            frame.time_base = Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def numbered(count: int, width: int = 96, height: int = 64) -> list[np.ndarray]:
    """Pictures that tell their number by their grey, with a red left top corner."""
    pictures = []
    for number in range(count):
        picture = np.full((height, width, 3), 20 + 8 * number, np.uint8)
        picture[: height // 4, : width // 4] = (230, 20, 20)
        pictures.append(picture)
    return pictures


def grey(rgb: np.ndarray) -> float:
    return float(rgb[rgb.shape[0] // 2, rgb.shape[1] // 2].mean())


def test_every_frame_comes_once_with_its_time_stamp(tmp_path: Path) -> None:
    times = [0, 40, 80, 200, 240, 500, 540, 1000, 1040, 1080]
    path = write_video(tmp_path / "clip.mp4", numbered(10), times)
    info = probe(path)
    frames = list(read_frames(path))
    assert [f.index for f in frames] == list(range(10))
    seconds = [float(f.pts * info.time_base) for f in frames]
    assert seconds == pytest.approx([t / 1000 for t in times], abs=1e-3)
    assert [grey(f.rgb) for f in frames] == pytest.approx([20 + 8 * n for n in range(10)], abs=4)
    assert info.vfr
    assert (info.kind, info.width, info.height, info.frames) == ("video", 96, 64, 10)


@pytest.mark.parametrize(("start", "step", "stop"), [(1, 1, None), (7, 3, None), (13, 2, 19)])
def test_a_sought_frame_is_the_frame_that_counting_gives(
    tmp_path: Path, start: int, step: int, stop: int | None
) -> None:
    path = write_video(tmp_path / "clip.mkv", numbered(24))
    whole = list(read_frames(path))
    part = list(read_frames(path, start=start, step=step, stop=stop))
    assert [f.index for f in part] == list(range(24))[start:stop:step]
    for frame in part:
        assert frame.pts == whole[frame.index].pts
        assert np.array_equal(frame.rgb, whole[frame.index].rgb)


@pytest.mark.parametrize("suffix", [".mkv", ".avi", ".gif"])
def test_runs_give_their_frames_and_nothing_is_decoded_behind_them(
    tmp_path: Path, suffix: str
) -> None:
    gif = suffix == ".gif"  # it can't be searched, AVI has no presentation times
    path = make_clip(
        tmp_path / f"clip{suffix}", frames=40, sound=(), time_base=Fraction(1, 25),
        codec="gif" if gif else "libx264", pixel_format="rgb8" if gif else "yuv420p",
    )  # fmt: skip
    whole = list(read_frames(path))
    runs = [Run(0, 2), Run(10, 20, 3, frozenset({13})), Run(31, 33)]
    with FrameReader(path, runs=runs) as reader:
        part = list(reader)
    assert [f.index for f in part] == [0, 1, 10, 16, 19, 31, 32]
    assert all(np.array_equal(f.rgb, whole[f.index].rgb) for f in part)
    assert [f.pts for f in part] == [whole[f.index].pts for f in part]
    assert (reader.last_index, reader.problem, reader.ended) == (32, None, False)


def test_frames_that_are_not_wanted_are_not_turned_into_rgb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned: list[int] = []

    def to_rgb(frame: av.VideoFrame) -> np.ndarray:
        turned.append(frame.pts)
        return np.zeros((1, 1, 3), np.uint8)

    monkeypatch.setattr(read, "to_rgb", to_rgb)
    path = write_video(tmp_path / "clip.mkv", numbered(24))
    assert [f.index for f in read_frames(path, step=7)] == [0, 7, 14, 21]
    assert len(turned) == 4


def test_a_part_of_a_torn_video_is_no_problem_but_its_end_is(
    sample: Sample, tmp_path: Path
) -> None:
    path = tmp_path / "torn.mp4"
    whole = sample("woman").read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10])
    for run, problem in ((Run(20, 30), None), (Run(200, 470), "is cut off after frame")):
        with FrameReader(path, runs=[run]) as reader:
            assert next(f.index for f in list(reader)) == run.start
        assert reader.ended == bool(problem)
        assert (reader.problem or "None").startswith(str(problem))


def test_seeking_in_real_footage(sample: Sample) -> None:
    path = sample("man-noface-face")  # HEVC, variable frame rate, an edit list
    whole = list(read_frames(path, start=0, step=20))
    for frame in whole[1:]:
        again = next(read_frames(path, start=frame.index))
        assert (again.index, again.pts) == (frame.index, frame.pts)
        assert np.array_equal(again.rgb, frame.rgb)


@pytest.mark.parametrize(
    ("rotation", "corner"),
    [(90, "left bottom"), (-90, "right top"), (180, "right bottom"), (0, "left top")],
)
def test_frames_are_turned_for_display(tmp_path: Path, rotation: int, corner: str) -> None:
    path = write_video(tmp_path / "turned.mp4", numbered(3), rotation=rotation)
    info = probe(path)
    frame = next(read_frames(path)).rgb
    assert frame.shape == ((96, 64, 3) if rotation in (90, -90) else (64, 96, 3))
    assert frame.shape[:2] == (info.height, info.width)
    assert info.rotation == -rotation % 360
    row = 5 if "top" in corner else -6
    column = 5 if "left" in corner else -6
    red = frame[row, column].astype(int)
    assert red[0] > 180 > 80 > red[1]


def test_a_video_that_is_cut_off_gives_what_there_is(sample: Sample, tmp_path: Path) -> None:
    whole = sample("woman").read_bytes()
    path = tmp_path / "torn.mp4"
    path.write_bytes(whole[: len(whole) * 6 // 10])
    with FrameReader(path) as reader:
        frames = sum(1 for _ in reader)
    assert 200 < frames < 400
    assert reader.problem == f"is cut off after frame {frames} of 472"


def test_a_damaged_middle_loses_only_itself(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (20, 64, 96, 3), np.uint8)
    path = write_video(tmp_path / "clip.mkv", list(noise))
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 4000] = b"\xff" * 4000
    path.write_bytes(data)
    with FrameReader(path) as reader:
        frames = [f.index for f in reader]
    assert len(frames) >= 5
    assert frames == sorted(set(frames))


@pytest.mark.parametrize("key", ["no-face", "man", "woman"])
def test_a_whole_video_has_no_problem(sample: Sample, key: str) -> None:
    with FrameReader(sample(key)) as reader:
        assert sum(1 for _ in reader) > 0
    assert reader.problem is None


def test_colours_survive_the_matrix_of_high_definition(tmp_path: Path) -> None:
    """A frame of 720 lines that doesn't name its matrix is BT.709, a small one BT.601."""
    for height, red, blue in ((64, 0.299, 0.114), (720, 0.2126, 0.0722)):
        wanted = np.array([200, 40, 90]) / 255
        y = red * wanted[0] + (1 - red - blue) * wanted[1] + blue * wanted[2]
        planes = (
            16 + 219 * y,
            128 + 112 * (wanted[2] - y) / (1 - blue),
            128 + 112 * (wanted[0] - y) / (1 - red),
        )
        path = tmp_path / f"{height}.mkv"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("ffv1", rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, height, "yuv444p"
            frame = av.VideoFrame(64, height, "yuv444p")
            for plane, value in zip(frame.planes, planes, strict=True):
                plane.update(bytes([round(value)]) * plane.buffer_size)
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        assert np.abs(next(read_frames(path)).rgb[9, 9].astype(int) - (200, 40, 90)).max() <= 3


def test_a_folder_of_pictures_in_natural_order(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        Image.new("RGB", (40, 30), (number, 0, 0)).save(tmp_path / f"{number}.png")
    (tmp_path / "3.png").write_bytes(b"no picture")
    Image.new("RGB", (40, 30)).save(tmp_path / ".hidden.png")
    with FrameReader(tmp_path) as reader:
        frames = list(reader)
    assert [f.rgb[0, 0, 0] for f in frames] == [1, 2, 10]
    assert [f.index for f in frames] == [0, 1, 3]
    assert reader.problem == "has pictures that can't be read: 3.png"
    assert reader.ended
    assert probe(tmp_path).kind == "images"
    assert [f.index for f in read_frames(tmp_path, start=1)] == [1, 3]


def test_a_picture_is_turned_by_its_exif_orientation(tmp_path: Path) -> None:
    picture = Image.new("RGB", (60, 40))
    picture.paste((255, 0, 0), (0, 0, 15, 10))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise for display
    picture.save(tmp_path / "phone.jpg", exif=exif, quality=95)
    info = probe(tmp_path / "phone.jpg")
    rgb = next(read_frames(tmp_path / "phone.jpg")).rgb
    assert (info.width, info.height) == (40, 60)
    assert rgb.shape == (60, 40, 3)
    assert rgb[3, -4, 0] > 200 > 60 > rgb[3, 3, 0]


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "I;16", "CMYK"])
def test_pictures_of_every_mode_become_rgb(tmp_path: Path, mode: str) -> None:
    kind = "jpg" if mode == "CMYK" else "png"
    if mode == "I;16":
        picture = Image.fromarray(np.full((8, 9), 200 << 8, np.uint16))
    else:
        picture = Image.new("RGB", (9, 8), (255, 255, 255)).convert(mode)
    picture.save(tmp_path / f"x.{kind}")
    rgb = next(read_frames(tmp_path / f"x.{kind}")).rgb
    assert rgb.shape == (8, 9, 3)
    assert rgb.dtype == np.uint8
    assert rgb.min() >= 199


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("text.mp4", b"hello, this is no video\n" * 40, "is no video that can be read"),
        ("empty.mp4", b"", "is empty"),
        ("list.mp4", b"#EXTM3U\n#EXTINF:10,\nhttp://localhost/x.ts\n", "is no video"),
        ("concat.mkv", b"ffconcat version 1.0\nfile '/etc/passwd'\n", "is no video"),
        ("text.png", b"no picture at all", "is no picture that can be read"),
        ("noise.mp4", bytes(range(256)) * 40, "is no video that can be read"),
    ],
)
def test_bad_files_get_one_sentence_with_their_name(
    tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(BadInput) as caught:
        probe(path)
    assert words in str(caught.value)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "Errno" not in str(caught.value)


def test_missing_sound_only_and_headless_files(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is nothing at"):
        probe(tmp_path / "missing.mp4")
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(BadInput, match="has no video in it"):
        probe(tmp_path / "sound.mp4")
    whole = write_video(tmp_path / "clip.mp4", numbered(5)).read_bytes()
    (tmp_path / "headless.mp4").write_bytes(whole[: len(whole) // 3])
    with pytest.raises(BadInput, match=r"headless\.mp4 is no video that can be read"):
        probe(tmp_path / "headless.mp4")


def test_names_with_blanks_quotes_dashes_and_colons_are_read(tmp_path: Path) -> None:
    for name in ("-i.mp4", "a b 'c' \"d\".mp4", "http:x.mp4", "ü 映画.mp4", "%d.mp4"):
        assert len(list(read_frames(write_video(tmp_path / name, numbered(2))))) == 2


def test_pictures_beyond_the_limits_are_refused(tmp_path: Path) -> None:
    header = cv2.imencode(".png", np.zeros((2, 2), np.uint8))[1].tobytes()
    bomb = header[:16] + (100_000).to_bytes(4, "big") * 2 + header[24:]
    (tmp_path / "bomb.png").write_bytes(bomb)
    with pytest.raises(BadInput, match="bomb"):
        probe(tmp_path / "bomb.png")


def test_probe_of_real_footage(sample: Sample) -> None:
    info = probe(sample("woman"))
    assert (info.width, info.height, info.frames) == (640, 360, 472)
    assert info.fps == Fraction(24000, 1001)
    assert [a.codec for a in info.audio] == ["aac"]
    assert not info.vfr
    assert probe(sample("man-face-noface")).vfr
