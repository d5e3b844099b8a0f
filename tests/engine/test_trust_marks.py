"""Every format takes a mark without a pixel changing, is found by others, and stands hostile
bytes."""

from __future__ import annotations

import io
import os
import random
import struct
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marked_files import MAKERS, decoded
from PIL import Image

from engine.errors import BadInput
from engine.trust.edits import Reader, Torn
from engine.trust.mark import DIGITAL_SOURCE_TYPE, TERM, add_mark, new_mark, read_mark, read_mark_of
from engine.trust.marks import HEAD_BYTES, format_of

MARK = new_mark(500)


def make(kind: str, folder: Path, seed: int = 7) -> Path:
    """A small file of a kind."""
    suffix, maker = MAKERS[kind]
    return maker(folder / f"a{suffix}", seed)


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("seed", [1, 20, 300])
def test_a_mark_holds_and_nothing_else_changes(kind: str, seed: int, tmp_path: Path) -> None:
    path = make(kind, tmp_path, seed)
    before = decoded(path)
    assert before
    assert read_mark(path) is None
    add_mark(path, MARK)
    assert read_mark(path) == MARK
    assert decoded(path) == before
    marked = path.read_bytes()
    add_mark(path, MARK)
    assert path.read_bytes() == marked  # once is enough
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("kind", [k for k in MAKERS if MAKERS[k][0] not in (".exr",)])
def test_other_programs_find_it(kind: str, tmp_path: Path) -> None:
    path = make(kind, tmp_path)
    add_mark(path, MARK)
    if path.suffix in (".mp4", ".mov", ".mkv", ".webm"):
        with av.open(str(path), options={"export_xmp": "1"}) as film:
            said = {k.lower(): v for k, v in film.metadata.items()}
            assert DIGITAL_SOURCE_TYPE in said["xmp"]
            assert path.suffix in (".mp4", ".mov") or said["comment"] == MARK.comment
        return
    with Image.open(path) as picture:
        picture.load()
        info = picture.info
        if path.suffix in (".tif", ".tiff"):
            tags = picture.tag_v2  # type: ignore[attr-defined]
            assert TERM.encode() in tags[700]
            assert tags[270] == MARK.comment
        elif path.suffix == ".gif":
            assert info["comment"] == MARK.comment.encode()
            assert TERM.encode() in path.read_bytes()
        else:
            assert TERM in str(info["xmp"])
        if path.suffix == ".jpg":
            assert info["comment"] == MARK.comment.encode()
        if path.suffix == ".png":
            assert info["Comment"] == MARK.comment


def test_an_exr_has_a_standard_comment(tmp_path: Path) -> None:
    path = make("exr", tmp_path)
    add_mark(path, MARK)
    text = MARK.comment.encode()
    assert b"comments\0string\0" + struct.pack("<I", len(text)) + text in path.read_bytes()


def test_a_films_own_comment_stays(tmp_path: Path) -> None:
    _, maker = MAKERS["mkv"]
    path = maker(tmp_path / "a.mkv", 3)
    again = tmp_path / "b.mkv"
    with av.open(str(path)) as old, av.open(str(again), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        new.metadata["comment"] = f"{MARK.comment} | filmed in June"
        for packet in old.demux(old.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    add_mark(again, MARK)
    with av.open(str(again)) as film:
        assert {k.lower(): v for k, v in film.metadata.items()}["comment"].endswith("in June")


def test_a_live_matroska_is_marked_too(tmp_path: Path) -> None:
    """Its segment has no size: what is appended belongs to it."""
    path = make("mkv", tmp_path)
    data = path.read_bytes()
    at = data.index(bytes.fromhex("18538067")) + 4
    path.write_bytes(data[:at] + b"\x01" + b"\xff" * 7 + data[at + 8 :])
    before = decoded(path)
    add_mark(path, MARK)
    assert read_mark(path) == MARK
    assert decoded(path) == before


@pytest.mark.parametrize("kind", MAKERS)
def test_what_is_cut_off_is_refused_in_one_sentence(kind: str, tmp_path: Path) -> None:
    path = make(kind, tmp_path)
    whole = path.read_bytes()
    filled = 16 if kind == "tiff of three" else 0  # Pillow's padding behind the last picture
    end = len(whole) - filled
    for size in sorted({0, 1, 5, 20, end // 3, end // 2, end - 1}):
        path.write_bytes(whole[:size])
        with pytest.raises(BadInput, match=r"^a\.\w+ can't be marked: [^.]+\.$"):
            add_mark(path, MARK)
        assert path.read_bytes() == whole[:size]
        assert read_mark(path) is None


@pytest.mark.parametrize("kind", MAKERS)
def test_a_marked_file_in_pieces_never_breaks_the_reader(kind: str, tmp_path: Path) -> None:
    path = make(kind, tmp_path)
    add_mark(path, MARK)
    whole = path.read_bytes()
    dice = random.Random(5)
    for _ in range(150):
        broken = bytearray(whole[: dice.randint(0, len(whole))])
        for _ in range(dice.randint(0, 8)):
            if broken:
                broken[dice.randrange(min(len(broken), 4096))] = dice.choice([0, 1, 255, 128])
        look(bytes(broken))


def look(data: bytes) -> None:
    """Read and edit as a hostile file would have it: an answer or `Torn`, nothing else."""
    read_mark_of(io.BytesIO(data))
    reader = Reader(io.BytesIO(data))
    kind = format_of(reader.head(HEAD_BYTES))
    if kind is not None:
        try:
            kind.edits(reader, b"<x/>", "comment")
        except Torn:
            return


HEADS = st.sampled_from(
    [
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe1",
        b"II*\0\x08\0\0\0",
        b"MM\0*\0\0\0\x08",
        b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0",
        b"RIFF\x40\0\0\0WEBPVP8X",
        b"GIF89a\x01\0\x01\0\x80\0\0",
        b"\x76\x2f\x31\x01\x02\0\0\0",
        b"\0\0\0\x10ftypisom\0\0\0\0",
        b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff",
    ]
)


@given(HEADS, st.binary(max_size=400))
@settings(max_examples=600, deadline=None)
def test_hostile_bytes_get_an_answer(head: bytes, body: bytes) -> None:
    look(head + body)


@pytest.mark.all
@given(HEADS, st.binary(max_size=4000))
@settings(max_examples=100_000, deadline=None)
def test_many_hostile_bytes_get_an_answer(head: bytes, body: bytes) -> None:
    look(head + body)


def test_a_trap_without_end_is_left(tmp_path: Path) -> None:
    """Millions of empty boxes: the walk ends early."""
    path = tmp_path / "a.mp4"
    path.write_bytes(b"\0\0\0\x08ftyp" + b"\0\0\0\x08free" * 3_000_000)
    assert read_mark(path) is None


@pytest.mark.parametrize("data", [b"", b"\xff", b"\0" * 40, os.urandom(999), b"%PDF-1.7"])
def test_other_files_are_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(data)
    assert read_mark(path) is None
    with pytest.raises(BadInput, match=r"a\.png can't be marked: only .*PNG.* can"):
        add_mark(path, MARK)
