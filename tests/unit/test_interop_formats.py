"""Files of faceswap and DeepFaceLab: every version read, what is written read the same."""

from __future__ import annotations

import dataclasses
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

import foreign_files as made
import numpy as np
import pytest

from engine.errors import BadInput, Damaged, FstuiError
from engine.interop import collect, dfl, facejson, fsa, png
from engine.interop.entries import Alignments, Face
from engine.interop.frames import FrameNames, frame_name

VERSIONS = (2.0, 2.1, 2.2, 2.3, 2.4)


def same(a: Any, b: Any) -> bool:
    """Whether two dataclasses with arrays in them hold the same."""
    if dataclasses.is_dataclass(a):
        return type(a) is type(b) and all(
            same(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a)
        )
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    return bool(a == b)


# --- .fsa ------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("arrays", [True, False], ids=["arrays", "lists"])
@pytest.mark.parametrize("version", VERSIONS)
def test_fsa_read_write_read_is_equal(
    tmp_path: Path, version: float, arrays: bool, protocol: int
) -> None:
    value = made.fsa_value(version, arrays=arrays)
    path = made.write(tmp_path / "old.fsa", made.fsa_bytes(value, protocol))
    first = fsa.read(path)
    assert first.version == version
    assert [len(e.faces) for e in first.frames.values()] == [1, 1, 1]
    face = first.frames[next(iter(first.frames))].faces[0]
    assert (face.left, face.top, face.width, face.height) == (40, 50, 100, 110)
    np.testing.assert_array_equal(face.points, made.points())
    mask = face.masks["vgg-clear"]
    assert mask.picture.tobytes() == bytes(np.arange(64 * 64, dtype=np.uint8))
    assert mask.matrix.tolist() == [[0.5, 0.01, -3.0], [-0.01, 0.5, 4.0]]
    assert mask.centring == ("head" if version >= 2.2 else "face")
    assert face.thumb == b"\xff\xd8thumb\xff\xd9"
    if version >= 2.3:
        assert face.identity["vggface2"].tolist() == [0.25] * 512
    fsa.write(tmp_path / "new.fsa", first)
    second = fsa.read(tmp_path / "new.fsa")
    assert second.version == 2.4
    second.version = version
    assert same(first, second)


def test_both_physical_forms_are_the_same_faces(tmp_path: Path) -> None:
    lists, arrays = (
        fsa.read(
            made.write(tmp_path / f"{form}.fsa", made.fsa_bytes(made.fsa_value(2.4, arrays=form)))
        )
        for form in (False, True)
    )
    for entry in (*lists.frames.values(), *arrays.frames.values()):
        entry.pts = entry.keyframe = None  # version 2's seconds are no time stamps
    assert same(lists, arrays)


def test_what_is_written_is_plain_and_has_no_key_of_ours(tmp_path: Path) -> None:
    value = made.fsa_value(2.4, arrays=True)
    fsa.write(
        tmp_path / "new.fsa",
        fsa.read(made.write(tmp_path / "old.fsa", made.fsa_bytes(value))),
    )
    data = zlib.decompress((tmp_path / "new.fsa").read_bytes())
    assert b"numpy" not in data
    assert b"engine" not in data
    plain = pickle.loads(data)  # ours, just written
    entry = plain["__data__"]["clip_000001.mp4"]
    assert plain["__meta__"] == {"version": 2.4}
    assert set(entry) == {"faces", "video_meta"}
    face = entry["faces"][0]
    assert set(face) == {"x", "y", "w", "h", "landmarks_xy", "mask", "identity", "thumb"}
    assert {type(face[k]) for k in "xywh"} == {int}
    assert isinstance(face["landmarks_xy"], list)
    assert isinstance(face["landmarks_xy"][0][0], float)
    assert set(face["mask"]["vgg-clear"]) == {
        *("mask", "affine_matrix", "interpolator", "stored_size", "stored_centering")
    }
    assert isinstance(face["mask"]["vgg-clear"]["mask"], bytes)


def test_old_spellings_are_migrated(tmp_path: Path) -> None:
    face = made.face(arrays=True, version=2.0)
    face["landmarksXY"] = face.pop("landmarks_xy")
    value = {"__meta__": {"version": 2.0}, "__data__": {"clip_000001.png": [face]}}
    found = fsa.read(made.write(tmp_path / "x.fsa", made.fsa_bytes(value)))
    np.testing.assert_array_equal(found.frames["clip_000001.png"].faces[0].points, made.points())


def test_faces_of_four_points_are_counted_and_left_out(tmp_path: Path) -> None:
    value = made.fsa_value(2.4, arrays=False)
    value["__data__"]["clip_000002.mp4"]["faces"][0]["landmarks_xy"] = [[0.0, 1.0]] * 4
    found = fsa.read(made.write(tmp_path / "x.fsa", made.fsa_bytes(value)))
    assert (found.skipped, found.face_count) == (1, 2)


def broken(change: Any) -> dict[str, Any]:
    value = made.fsa_value(2.4, arrays=False)
    change(value, value["__data__"]["clip_000002.mp4"]["faces"][0])
    return value


BROKEN = {
    "before 2.0": (lambda v, _: v["__meta__"].update(version=1.0), "version 1.0"),
    "after 2.4": (lambda v, _: v["__meta__"].update(version=3.1), "version 3.1"),
    "no meta data": (lambda v, _: v.pop("__meta__"), "version 1.0"),
    "no data": (lambda v, _: v.pop("__data__"), "no alignments"),
    "not a number": (lambda _, f: f.update(landmarks_xy=[[float("nan"), 0.0]] * 68), "finite"),
    "far away": (lambda _, f: f.update(landmarks_xy=[[1e30, 0.0]] * 68), "far outside"),
    "ragged": (lambda _, f: f.update(landmarks_xy=[[1.0, 0.0]] * 67 + [[1.0]]), "landmarks"),
    "text": (lambda _, f: f.update(landmarks_xy="x" * 68), "landmarks"),
    "no box": (lambda _, f: f.pop("x"), "box"),
    "an empty box": (lambda _, f: f.update(w=0), "box"),
    "a path for a mask": (lambda _, f: f.update(mask={"../../x": {}}), r"\.\./"),
    "a mask's size": (lambda _, f: f["mask"]["vgg-clear"].update(stored_size=63), "63x63"),
    "a mask's matrix": (
        lambda _, f: f["mask"]["vgg-clear"].update(affine_matrix=[[0, 0, 0], [0, 0, 0]]),
        "inverse",
    ),
    "a mask that is a bomb": (
        lambda _, f: f["mask"]["vgg-clear"].update(mask=zlib.compress(bytes(1 << 24))),
        "unpacked",
    ),
    "a thumbnail of other numbers": (lambda _, f: f.update(thumb=[300]), "thumbnail"),
    "an identity's name": (lambda _, f: f.update(identity={"\x1b[31m": [1.0]}), "identity"),
}


@pytest.mark.parametrize(("change", "words"), BROKEN.values(), ids=BROKEN)
def test_values_of_another_form_are_one_sentence(tmp_path: Path, change: Any, words: str) -> None:
    path = made.write(tmp_path / "x.fsa", made.fsa_bytes(broken(change)))
    with pytest.raises(BadInput, match=words) as caught:
        fsa.read(path)
    assert str(caught.value).startswith("x.fsa ")
    assert "\x1b" not in str(caught.value)


def test_files_that_are_no_alignments(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match="no zlib data"):
        fsa.read(made.write(tmp_path / "x.fsa", b"hello"))
    with pytest.raises(Damaged, match="cut off"):
        fsa.read(
            made.write(tmp_path / "y.fsa", made.fsa_bytes(made.fsa_value(2.4, arrays=True))[:-9])
        )
    with pytest.raises(BadInput, match="Nothing"):
        fsa.read(tmp_path / "z.fsa")
    with pytest.raises(BadInput, match="2019"):
        collect.read(made.write(tmp_path / "a.pickle", b""), print)


# --- face PNGs -------------------------------------------------------------------------------


def header(**source: Any) -> dict[str, Any]:
    face = made.face(arrays=False)
    face.pop("thumb")
    return {
        "alignments": face,
        "source": {
            "alignments_version": 2.4,
            "original_filename": "clip_000007_1.png",
            "face_index": 1,
            "source_filename": "clip_000007.mp4",
            "source_is_video": True,
            "source_frame_dims": (360, 640),
            **source,
        },
    }


def test_png_read_write_read_is_equal(tmp_path: Path) -> None:
    path = made.write(tmp_path / "clip_000007_1.png", made.png_bytes(repr(header())))
    first = png.read(path)
    assert first is not None
    assert (first.frame, first.index, first.size) == ("clip_000007.mp4", 1, (640, 360))
    (tmp_path / "new").mkdir()
    bare = made.png_bytes("{}").replace(b"iTXt", b"tEXt", 1)  # what another program put there
    png.write(tmp_path / "new" / path.name, bare, first)
    second = png.read(tmp_path / "new" / path.name)
    assert same(first, second)
    text = png.header_text((tmp_path / "new" / path.name).read_bytes(), "x")
    assert text == repr(header())


def test_a_png_without_a_header_is_none(tmp_path: Path) -> None:
    data = made.png_bytes("{}").replace(b"faceswap\0", b"Software\0")
    assert png.read(made.write(tmp_path / "x.png", data)) is None


LITERALS = [
    "__import__('os').system('x')",
    "open('/etc/passwd')",
    "[x for x in ()]",
    "1+1",
    "-" * 100_000 + "1",
    "(" * 1000 + ")" * 1000,
    "[" * 15 + "{" * 15,
    "{'a': 1j}",
    "f'{x}'",
    "'a' 'b' if 1 else 2",
    "lambda: 0",
    "...",
    "'" + "\\x0" + "'",
    "{'a'",
    "9" * 100_000 + "e",
    "nan",
    "{[]: 1}",
]


@pytest.mark.parametrize("text", LITERALS, ids=range(len(LITERALS)))
def test_headers_that_are_no_plain_values_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput, match=r"x\.png has"):
        png.read(made.write(tmp_path / "x.png", made.png_bytes(text)))


def test_damaged_and_oversized_pngs(tmp_path: Path) -> None:
    whole = made.png_bytes(repr(header()))
    with pytest.raises(BadInput, match="no PNG"):
        png.read(made.write(tmp_path / "a.png", b"GIF89a"))
    with pytest.raises(Damaged, match="cut off"):
        png.read(made.write(tmp_path / "b.png", whole[:200]))
    with pytest.raises(Damaged, match="check sum"):
        png.read(
            made.write(tmp_path / "c.png", whole.replace(b"clip_000007.mp4", b"clip_000008.mp4"))
        )
    with pytest.raises(BadInput, match="header of"):
        png.read(made.write(tmp_path / "d.png", made.png_bytes("'" + "a" * (1 << 20) + "'")))


# --- JSON ------------------------------------------------------------------------------------


def test_json_read_write_read_is_equal(tmp_path: Path) -> None:
    face = {"detected": [40, 50, 140, 160], "landmarks_2d": made.points().tolist()}
    roi = {"landmarks_2d": [[0, 0], [1, 0], [1, 1], [0, 1]]}
    bare = {"landmarks_2d": made.points().tolist()}
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"clip_000001.mp4": [face, roi, bare], "clip_000002.mp4": []}))
    first = facejson.read(path)
    assert first.skipped == 1
    one, two = first.frames["clip_000001.mp4"].faces
    assert (one.left, one.top, one.width, one.height) == (40, 50, 100, 110)
    assert two.left == round(float(made.points()[:, 0].min()))
    facejson.write(tmp_path / "y.json", first)
    second = facejson.read(tmp_path / "y.json")
    second.skipped = 1
    assert same(first, second)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"a": 1}',
        '{"a": [1]}',
        '{"a": [{}]}',
        "[" * 100_000,
        '{"a": [{"landmarks_2d": 1}]}',
        json.dumps({"a": [{"detected": [5, 5, 1, 1], "landmarks_2d": [[0, 1]] * 68}]}),
    ],
)
def test_json_of_another_form_is_one_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput, match=r"x\.json"):
        facejson.read(made.write(tmp_path / "x.json", text.encode()))


# --- DeepFaceLab -----------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_deepfacelab_jpeg(tmp_path: Path, protocol: int) -> None:
    data = made.dfl_bytes(made.dfl_value(), protocol=protocol)
    found = dfl.read(made.write(tmp_path / "00002_0.jpg", data))
    assert found is not None
    assert (found.frame, found.face_type, found.crop_size) == ("00002.png", "whole_face", (64, 64))
    assert found.face is not None
    assert (found.face.left, found.face.top, found.face.width, found.face.height) == (
        *(40, 50, 100, 110),
    )
    np.testing.assert_array_equal(found.face.points, made.points())
    np.testing.assert_allclose(found.crop_points, made.points() * 0.5 - (10, 12))
    xseg, drawn = found.face.masks["xseg"], found.face.masks["drawn"]
    assert xseg.picture[16, 16] == 255
    assert xseg.picture[2, 2] == 0
    # Pixel centre (15.5, 15.5) of the 32 px mask is (31.5, 31.5) of the crop: frame 83, 87.
    np.testing.assert_allclose(xseg.matrix @ (83, 87, 1), (15.5, 15.5))
    assert drawn.picture[128, 128] == 255
    assert drawn.picture[40, 40] == 0


def test_a_jpeg_without_face_data_is_none(tmp_path: Path) -> None:
    data = made.dfl_bytes(made.dfl_value()).replace(b"\xff\xef", b"\xff\xed", 1)
    assert dfl.read(made.write(tmp_path / "x.jpg", data)) is None


class Runs:
    def __reduce__(self) -> Any:
        return eval, ("1/0",)


DFL_BROKEN = {
    "code": ({"a": Runs()}, "eval"),
    "a list": ([], "dictionary"),
    "no frame": ({"face_type": "head"}, "name of a frame"),
    "a face type": (made.dfl_value() | {"face_type": "../x"}, "face type"),
    "a mask that is no picture": (made.dfl_value() | {"xseg_mask": b"GIF89a"}, "mask"),
    "an outline": (
        made.dfl_value() | {"seg_ie_polys": {"polys": [{"type": 7, "pts": []}]}},
        "outline",
    ),
    "a box": (made.dfl_value() | {"source_rect": [5, 5, 1, 1]}, "box"),
}


@pytest.mark.parametrize(("value", "words"), DFL_BROKEN.values(), ids=DFL_BROKEN)
def test_face_data_of_another_form_is_one_sentence(tmp_path: Path, value: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        dfl.read(made.write(tmp_path / "x.jpg", made.dfl_bytes(value)))


def test_a_masks_picture_has_bounds(tmp_path: Path) -> None:
    import cv2

    large = cv2.imencode(".png", np.zeros((4096, 4096), np.uint8))[1]
    value = made.dfl_value() | {"xseg_mask": large}
    with pytest.raises(BadInput, match="impossible size"):
        dfl.read(made.write(tmp_path / "x.jpg", made.dfl_bytes(value)))


# --- folders and names -----------------------------------------------------------------------


def test_a_folder_of_faces_keeps_their_order_and_warns_of_the_bad(tmp_path: Path) -> None:
    for index, name in ((1, "a.png"), (0, "b.png")):
        text = repr(header(face_index=index) | {"alignments": made.face(index, arrays=False)})
        made.write(tmp_path / name, made.png_bytes(text))
    made.write(tmp_path / "c.png", made.png_bytes("1+1"))
    said: list[str] = []
    found = collect.read(tmp_path, said.append)
    faces = found.frames["clip_000007.mp4"].faces
    assert [f.height for f in faces] == [110, 111]
    assert len(said) == 1
    assert "c.png" in said[0]


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("clip_000001.mp4", 0),
        ("clip_000012.png", 11),
        ("../../etc/clip_000001.mp4", 0),
        ("C:\\faces\\clip_000003.mp4", 2),
        ("clip_000000.mp4", None),
        ("other_000001.mp4", None),
        ("clip_000001.exe", None),
        ("clip_\u0660\u0661.mp4", None),
        ("00001.png", None),
        ("", None),
    ],
)
def test_frames_of_a_video_go_by_its_name_and_a_number(name: str, index: int | None) -> None:
    assert FrameNames.of(Path("/x/clip.mp4"), []).index(name) == index
    assert frame_name(Path("clip.mp4"), 11) == "clip_000012.mp4"


def test_frames_of_pictures_go_by_their_names() -> None:
    known = FrameNames.of(Path("/x"), [Path("/x/b.png"), Path("/x/a.b.jpg")])
    assert [known.index(n) for n in ("b.png", "b.jpg", "a.b.png", "x.png")] == [0, 0, 1, None]
    assert FrameNames.of(Path("/x/clip.mp4"), []).index("00002.png", bare=True) == 1


def test_errors_carry_no_escapes(tmp_path: Path) -> None:
    path = made.write(tmp_path / "x.fsa", made.fsa_bytes({"__meta__": {"version": "\x1b]0;x\a"}}))
    with pytest.raises(FstuiError) as caught:
        fsa.read(path)
    assert str(caught.value).isprintable()


def test_alignments_count_their_faces() -> None:
    face = Face(0, 0, 1, 1, made.points())
    found = Alignments()
    assert found.face_count == 0
    found.frames["a"] = dataclasses.replace(fsa.FrameEntry(), faces=[face, face])
    assert found.face_count == 2
