"""Which media are looked at, and what the user threw out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import BadInput, Damaged
from engine.extract.footage import (
    SAME_PICTURE,
    Edit,
    Marks,
    check_side,
    folder_name,
    reject_missing_crops,
)
from engine.extract.identify.weights import read_integer, read_tensors
from engine.extract.networks import network
from engine.faces.boxes import around, overlap
from engine.project import Project
from engine.settings import ExtractSettings
from engine.store import Store
from engine.tables import USER


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("clip.mp4", "clip"),
        ("a b 'c'.take 2.mov", "a b 'c'.take 2"),
        ("-i.mp4", "i"),
        (".mp4", "mp4"),
        ("...mp4", "media"),
        ("ü 映画.mkv", "ü 映画"),
        ("\x1b[31mred\n.mp4", "[31mred"),
        ("a\\b.mp4", "a_b"),
        ("x" * 250 + ".mp4", "x" * 100),
    ],
)
def test_a_medium_s_folder_has_a_safe_name(tmp_path: Path, name: str, folder: str) -> None:
    assert folder_name(tmp_path / name) == folder


def test_a_box_lies_around_its_points() -> None:
    assert around(np.array([[3, 9], [1, 4], [2, 7]], np.float32)) == (1, 4, 3, 9)


def test_overlap_is_intersection_over_union() -> None:
    assert overlap((0, 0, 10, 10), (0, 0, 10, 10)) == 1
    assert overlap((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 10, 10), (20, 20, 30, 30)) == 0
    assert overlap((0, 0, 0, 0), (0, 0, 0, 0)) == 0


def test_a_rejected_face_is_known_again_by_frame_and_place() -> None:
    marks = Marks(ExtractSettings(), [(7, (100, 100, 200, 200))])
    assert marks.decision(7, (105, 98, 204, 203)) == USER
    assert marks.decision(8, (105, 98, 204, 203)) is None
    assert marks.decision(7, (300, 100, 400, 200)) is None


def test_an_edited_face_is_the_nearest_in_its_place() -> None:
    found = [
        (300.0, 100.0, 400.0, 200.0),
        (110.0, 100.0, 210.0, 200.0),
        (100.0, 100.0, 200.0, 199.0),
    ]
    edit = Edit(7, (100, 100, 200, 200), b"")
    assert edit.place(found) == 2
    assert edit.place(found[:2]) == 1
    assert edit.place(found[:1]) is None
    assert edit.place([]) is None
    of_changed_folder = Edit(7, (100, 100, 200, 200), b"", same=SAME_PICTURE)
    assert of_changed_folder.place(found) == 2
    assert of_changed_folder.place(found[:2]) is None, "a picture that moved up shows another face"


def test_only_crops_that_are_gone_are_rejected(tmp_path: Path) -> None:
    project = Project.create(tmp_path, "p")
    folder = project.path / "faces" / "a" / "clip"
    folder.mkdir(parents=True)
    with Store(project.db_path) as store:
        media = store.add_media(
            **{"hash": "h", "path": "clip.mp4", "side": "a", "name": "clip"},
            **{"width": 9, "height": 9, "time_base_num": 1, "time_base_den": 25},
            **{"fps_num": 25, "fps_den": 1},
        )
        for index in range(3):
            crop = f"faces/a/clip/{index:06d}_0.jpg"
            (project.path / crop).write_bytes(b"x")
            store.add_face(
                store.add_frame(media.id, index, index),
                0,
                **{"left": 0, "top": 0, "right": 1, "bottom": 1, "score": 1, "detector": "d"},
                **{"points": b"", "aligner": "m", "crop": crop},
            )
        assert reject_missing_crops(store, project, "a") == 0
        (folder / "000001_0.jpg").unlink()
        assert reject_missing_crops(store, project, "b") == 0
        assert reject_missing_crops(store, project, "a") == 1
        assert [f.idx for f in store.faces(rejected=True)] == [1]
        assert reject_missing_crops(store, project, "a") == 0


def test_unknown_networks_and_sides_are_refused_by_name() -> None:
    for name in ("nonsense", "../detect/fullrange", "__init__", "os"):
        with pytest.raises(BadInput, match="fullrange"):
            network("detect", name)
    with pytest.raises(BadInput, match="a, b or target"):
        check_side(None)
    assert check_side("target") == "target"


def dlib_integer(value: int) -> bytes:
    size = max(1, (value.bit_length() + 7) // 8)
    return bytes([size]) + value.to_bytes(size, "little")


def test_tensors_are_found_between_other_things(tmp_path: Path) -> None:
    import numpy as np

    def tensor(numbers: np.ndarray, *shape: int) -> bytes:
        dimensions = (*shape, *[1] * (4 - len(shape)))
        return b"\x01\x02" + b"".join(map(dlib_integer, dimensions)) + numbers.tobytes()

    first, second = np.arange(300, dtype="<f4"), np.arange(6, dtype="<f4") / 7
    path = tmp_path / "net.dat"
    path.write_bytes(b"con_4\x01\x02\x00" + tensor(first, 300) + b"affine_" + tensor(second, 2, 3))
    found = read_tensors(path, [300, 6])
    assert np.array_equal(found[0], first)
    assert np.array_equal(found[1], second)
    with pytest.raises(Damaged, match=r"net\.dat"):
        read_tensors(path, [300, 7])
    assert read_integer(b"\x82\x01\x02", 0) == (-513, 3)
