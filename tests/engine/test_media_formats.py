"""Every container and picture format that is taken by its name: written here, read back."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from clips import make_clip, write_exr
from extract_project import extract, project_with, warnings
from numpy.typing import NDArray
from PIL import Image

from engine.footage import IMAGE_SUFFIXES, VIDEO_SUFFIXES, check_media
from engine.media.probe import probe
from engine.media.read import FrameReader, read_frames
from engine.store import Store

Sample = Callable[[str], Path]
Picture = NDArray[np.uint8]

CODECS = {
    **dict.fromkeys((".mpg", ".mpeg", ".vob", ".mxf"), "mpeg2video"),
    **{".webm": "libvpx-vp9", ".wmv": "wmv2", ".flv": "flv1", ".gif": "gif", ".ogv": "libvpx"},
}
"""Where H.264 is not the thing."""
FRAMES = 12
WIDTH, HEIGHT = 352, 288


def frames(count: int = FRAMES) -> list[Picture]:
    """Red, green and blue quarters and a grey one that tells the frame's number."""
    made = []
    for number in range(count):
        rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        rgb[:144, :176] = (200, 40, 40)
        rgb[:144, 176:] = (40, 180, 60)
        rgb[144:, :176] = (50, 60, 190)
        rgb[144:, 176:] = 60 + 12 * number
        made.append(rgb)
    return made


def quarters(rgb: Picture) -> list[list[int]]:
    """The colour in the middle of each quarter."""
    return [rgb[y, x].tolist() for y in (72, 216) for x in (88, 264)]


def write_container(path: Path, pictures: list[Picture]) -> Path:
    gif = path.suffix == ".gif"
    height, width = pictures[0].shape[:2]
    return make_clip(
        path,
        frames=len(pictures),
        width=width,
        height=height,
        sound=(),
        time_base=Fraction(1, 25),
        codec=CODECS.get(path.suffix, "libx264"),
        pixel_format="rgb8" if gif else "yuv420p",
        tags=(5, 2, 5, 0) if gif else (5, 1, 5, 6),
        bit_rate=2_000_000,
        pictures=[av.VideoFrame.from_ndarray(p, format="rgb24") for p in pictures],
    )


def write_picture(path: Path, rgb: Picture) -> Path:
    if path.suffix == ".exr":
        return write_exr(path, rgb)
    options: dict[str, Any] = {"lossless": True} if path.suffix == ".webp" else {}
    Image.fromarray(rgb).save(path, **options)
    return path


@pytest.mark.parametrize("suffix", sorted(VIDEO_SUFFIXES))
def test_a_video_of_every_container_is_read_back(tmp_path: Path, suffix: str) -> None:
    path = write_container(tmp_path / f"a{suffix}", frames())
    info = probe(check_media(path))
    assert (info.kind, info.width, info.height) == ("video", WIDTH, HEIGHT)
    assert info.expected_frames is None or abs(info.expected_frames - FRAMES) <= 1
    with FrameReader(path) as reader:
        back = list(reader)
    assert reader.problem is None
    assert [f.index for f in back] == list(range(FRAMES))
    assert [f.pts for f in back] == sorted({f.pts for f in back})
    near = 45 if suffix == ".gif" else 12  # a GIF of 8 bits for all three colours
    for wanted, frame in zip(frames(), back, strict=True):
        assert frame.rgb.shape == (HEIGHT, WIDTH, 3)
        assert np.allclose(quarters(frame.rgb), quarters(wanted), atol=near)


@pytest.mark.parametrize("suffix", sorted(IMAGE_SUFFIXES))
def test_pictures_of_every_format_are_read_back(tmp_path: Path, suffix: str) -> None:
    for number, rgb in enumerate(frames()):
        write_picture(tmp_path / f"{number}{suffix}", rgb)
    info = probe(check_media(tmp_path))
    assert (info.kind, info.width, info.height, info.frames) == ("images", WIDTH, HEIGHT, FRAMES)
    assert probe(tmp_path / f"0{suffix}").kind == "image"
    near = 4 if suffix in (".jpg", ".jpeg") else 1
    for wanted, frame in zip(frames(), read_frames(tmp_path), strict=True):
        assert np.allclose(quarters(frame.rgb), quarters(wanted), atol=near)


def test_faces_are_found_in_every_container_and_picture_format(
    sample: Sample, tmp_path: Path
) -> None:
    faces = [f.rgb for f in read_frames(sample("man"), step=5, stop=26)]
    faces = [np.ascontiguousarray(cv2.resize(f, (704, 576))) for f in faces]
    folder = tmp_path / "footage"
    folder.mkdir()
    for number, suffix in enumerate(sorted(VIDEO_SUFFIXES)):
        moved = [np.roll(face, number, 1) for face in faces]  # equal files count once
        write_container(folder / f"video-{suffix[1:]}{suffix}", moved)
    for suffix in IMAGE_SUFFIXES:
        write_picture(folder / f"{suffix[1:]}{suffix}", faces[0])
    project = project_with(tmp_path / "one", a=[folder])
    extract(project, "a", identity=False)
    with Store(project.db_path) as store:
        found = {m.name: len({f.idx for f in store.faces(media_id=m.id)}) for m in store.media("a")}
    assert found == {
        "footage": len(IMAGE_SUFFIXES),
        **{f"video-{suffix[1:]}": len(faces) for suffix in VIDEO_SUFFIXES},
    }


def test_many_sources_at_once_go_on_past_the_bad_ones(sample: Sample, tmp_path: Path) -> None:
    face = next(read_frames(sample("man"))).rgb
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(25):
        Image.fromarray(np.roll(face, number, 1)).save(folder / f"{number}.jpg")
    pages = [Image.fromarray(face), Image.fromarray(face[::-1])]
    pages[0].save(folder / "e.tif", save_all=True, append_images=pages[1:])
    for name in ("a.mp4", "b.mkv", "c.png", "d.exr"):
        (folder / name).write_bytes(name.encode() * 300)
    project = project_with(tmp_path, a=sorted(folder.iterdir()))
    assert len(project.sources("a")) == 30
    message, events = extract(project, "a", identity=False)
    assert message == "side a: 26 faces in 26 of 26 frames from 26 media"
    told = warnings(events)
    assert len(told) == 5
    assert all(any(name in text for text in told) for name in ("a.mp4", "b.mkv", "c.png", "d.exr"))
    assert "e.tif has 2 pictures in it: the first is used." in told


# --- videos that say less than others ---


@pytest.mark.parametrize(("curve", "name"), [(16, "PQ"), (18, "HLG"), (1, "")])
def test_hdr_is_said(tmp_path: Path, curve: int, name: str) -> None:
    path = make_clip(
        tmp_path / "a.mkv",
        frames=3,
        sound=(),
        pixel_format="yuv420p10le",
        time_base=Fraction(1, 25),
        tags=(9, 1, 9, curve),
    )
    note = probe(path).note
    assert note.startswith(f"is HDR ({name})") if name else note == ""
    assert len(list(read_frames(path))) == 3


@pytest.mark.parametrize(("name", "codec"), [("a.mpeg", "mpeg2video"), ("a.vob", "mpeg2video")])
def test_a_bare_stream_without_an_index_is_read(tmp_path: Path, name: str, codec: str) -> None:
    bare = write_container(tmp_path / "whole.mpg", frames())
    with av.open(str(bare)) as source:
        packets = [bytes(p) for p in source.demux(video=0)]
    path = tmp_path / name
    path.write_bytes(b"".join(packets))
    info = probe(path)
    assert info.container == "mpegvideo"
    with FrameReader(path) as reader:
        assert [f.index for f in reader] == list(range(FRAMES))
    assert reader.problem is None
    assert [f.index for f in read_frames(path, start=5, stop=9, step=3)] == [5, 8]


def test_a_video_with_alpha_comes_over_black(tmp_path: Path) -> None:
    rgba = np.full((48, 64, 4), 240, np.uint8)
    rgba[:, :32, 3], rgba[:, 32:, 3] = 0, 255
    path = make_clip(
        tmp_path / "alpha.mov",
        frames=2,
        sound=(),
        time_base=Fraction(1, 25),
        codec="png",
        pixel_format="rgba",
        pictures=[av.VideoFrame.from_ndarray(rgba, format="rgba") for _ in range(2)],
    )
    rgb = next(read_frames(path)).rgb
    assert rgb[9, 9].tolist() == [0, 0, 0]
    assert rgb[9, 50].tolist() == [240, 240, 240]
