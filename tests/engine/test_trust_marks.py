"""Each format holds a mark, keeps its pictures, and reads junk without a word."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from clips import frames_of, make_clip, write_exr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.errors import BadInput
from engine.media.exr import read_exr
from engine.trust.mark import DIGITAL_SOURCE_TYPE, add_mark, new_mark, read_mark
from engine.trust.marks import format_of, matroska, suffixes

RGB = np.random.default_rng(1).integers(0, 255, (9, 15, 3), np.uint8)


def pillow(kind: str, **options: object) -> Callable[[Path], None]:
    """Writes the picture by Pillow."""
    return lambda path: Image.fromarray(RGB).save(path, kind, **options)


def pillow_rgba(kind: str, **options: object) -> Callable[[Path], None]:
    rgba = np.dstack([RGB, RGB[..., :1]])
    return lambda path: Image.fromarray(rgba).save(path, kind, **options)


def moving(kind: str, **options: object) -> Callable[[Path], None]:
    """Three pictures in one file."""
    pictures = [Image.fromarray(np.roll(RGB, n, 1)) for n in range(3)]
    return lambda path: pictures[0].save(
        path, kind, save_all=True, append_images=pictures[1:], **options
    )


def exr(path: Path) -> None:
    """Half floats; its own size, as the marks' place depends on the number of its chunks."""
    write_exr(path, np.linspace(0, 1, 40 * 15 * 3, dtype=np.float32).reshape(40, 15, 3))


def big_endian_tiff(path: Path) -> None:
    """One grey pixel a byte, two rows, by hand."""
    entries = [
        (256, 3, 1, 2 << 16),
        (257, 3, 1, 2 << 16),
        (258, 3, 1, 8 << 16),
        (259, 3, 1, 1 << 16),
    ]
    entries += [(262, 3, 1, 1 << 16), (273, 4, 1, 8), (277, 3, 1, 1 << 16), (278, 3, 1, 2 << 16)]
    entries += [(279, 4, 1, 4)]
    listed = b"".join(struct.pack(">HHII", *e) for e in entries)
    head = b"MM\0*" + struct.pack(">I", 12) + bytes([10, 20, 30, 40])
    path.write_bytes(head + struct.pack(">H", len(entries)) + listed + b"\0\0\0\0")


def clip(**options: object) -> Callable[[Path], None]:
    """A short clip; its comment is written when it is muxed."""
    said = {"comment": new_mark(500).comment}
    return lambda path: make_clip(path, frames=5, sound=(), metadata=said, **options) and None


PICTURES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "jpeg": ("a.jpg", pillow("JPEG")),
    "png": ("a.png", pillow("PNG")),
    "png with alpha": ("a.png", pillow_rgba("PNG")),
    "tiff": ("a.tif", pillow("TIFF")),
    "packed tiff": ("a.tiff", pillow("TIFF", compression="tiff_lzw")),
    "tiff of three": ("a.tif", moving("TIFF")),
    "big-endian tiff": ("a.tif", big_endian_tiff),
    "webp": ("a.webp", pillow("WEBP")),
    "lossless webp": ("a.webp", pillow("WEBP", lossless=True)),
    "webp with alpha": ("a.webp", pillow_rgba("WEBP", lossless=True)),
    "moving webp": ("a.webp", moving("WEBP", duration=40)),
    "gif": ("a.gif", pillow("GIF", comment=b"x")),
    "moving gif": ("a.gif", moving("GIF", duration=40, loop=0)),
}


def pixels(path: Path) -> list[np.ndarray]:
    """Every picture in a file, with all its channels."""
    with Image.open(path) as picture:
        found = []
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            found.append(np.asarray(picture.copy()))
        return found


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_holds_its_mark_and_keeps_its_pixels(tmp_path: Path, kind: str) -> None:
    name, write = PICTURES[kind]
    path = tmp_path / name
    write(path)
    before = pixels(path)
    assert read_mark(path) is None
    add_mark(path, new_mark(7))
    mark = read_mark(path)
    assert mark is not None
    assert mark == new_mark(7)
    after = pixels(path)
    assert len(before) == len(after)
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("kind", ["png", "tiff", "big-endian tiff", "webp", "moving webp", "jpeg"])
def test_pillow_finds_the_packet(tmp_path: Path, kind: str) -> None:
    name, write = PICTURES[kind]
    path = tmp_path / name
    write(path)
    add_mark(path, new_mark(7))
    with Image.open(path) as picture:
        picture.load()
        tags = getattr(picture, "tag_v2", {})
        packet = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or tags[700]
        assert DIGITAL_SOURCE_TYPE in str(packet)


def test_a_gif_has_its_comment_for_other_readers(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    pillow("GIF")(path)
    add_mark(path, new_mark(7))
    with Image.open(path) as picture:
        picture.load()
        assert picture.info["comment"] == new_mark(7).comment.encode()


def test_an_exr_holds_its_mark_and_keeps_its_pixels(tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    exr(path)
    before = read_exr(path)
    add_mark(path, new_mark(7))
    assert read_mark(path) == new_mark(7)
    assert np.array_equal(read_exr(path), before)


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.webm"])
def test_a_video_holds_its_mark_and_keeps_its_frames(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    clip(**({"codec": "libvpx-vp9"} if name == "a.webm" else {}))(path)
    before = frames_of(path)
    assert read_mark(path) is None
    add_mark(path, new_mark(500))
    assert read_mark(path) == new_mark(500)
    after = frames_of(path)
    assert len(after) == 5
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_matroska_stays_whole_for_ffmpeg(tmp_path: Path) -> None:
    """Nothing is said of the file by a reader that looks at all of it."""
    path = tmp_path / "a.mkv"
    clip()(path)
    add_mark(path, new_mark(500))
    with av.open(str(path)) as container:
        assert container.metadata["COMMENT"] == new_mark(500).comment
        assert sum(1 for _ in container.demux()) >= 5


def test_a_live_matroska_is_marked_too(tmp_path: Path) -> None:
    """Its segment has no size."""
    path = tmp_path / "a.mkv"
    ebml = matroska.element(matroska.EBML, b"")
    path.write_bytes(ebml + matroska.SEGMENT.to_bytes(4, "big") + b"\x01" + b"\xff" * 7)
    add_mark(path, new_mark(3))
    assert read_mark(path) == new_mark(3)


@pytest.mark.parametrize("suffix", suffixes())
def test_what_is_no_such_file_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"something else altogether, of some length")
    with pytest.raises(BadInput, match="can't be marked"):
        add_mark(path, new_mark(7))
    assert path.read_bytes() == b"something else altogether, of some length"


SEEDS = {**dict(PICTURES.values()), "a.exr": exr, "a.mkv": clip()}


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A marked file of each suffix."""
    folder = tmp_path_factory.mktemp("marked")
    found = {}
    for name, write in SEEDS.items():
        path = folder / name
        write(path)
        add_mark(path, new_mark(7))
        found[path.suffix] = path.read_bytes()
    return found


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_spoilt_file_is_read_without_a_word(
    tmp_path: Path, marked: dict[str, bytes], data: st.DataObject
) -> None:
    """Cut off, with bytes changed: a mark, or none; never an error, never long."""
    suffix = data.draw(st.sampled_from(sorted(marked)))
    whole = marked[suffix]
    content = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)))):
        if at < len(content):
            content[at] = value
    path = tmp_path / f"x{suffix}"
    path.write_bytes(bytes(content))
    kind = format_of(path)
    assert kind is not None
    packet, comment = kind.read(path)
    assert len(packet) <= len(content)
    assert isinstance(comment, str)
    read_mark(path)
