"""What the engine says of footage that arrived: is it whole, which frames are looked at."""

from __future__ import annotations

import errno
from pathlib import Path

import av
import numpy as np
import pytest
from clips import make_clip
from PIL import Image

from engine.launch import ask
from engine.media.probe import MediaInfo
from engine.process import rename_new
from engine.project import Project
from engine.watch import examine
from engine.watch.examine import examined, recognised


def index_first(clip: Path) -> Path:
    """The same film with its index before the frames, as films for the web have it."""
    out = clip.with_name("web.mp4")
    with (
        av.open(str(clip)) as source,
        av.open(str(out), "w", options={"movflags": "faststart"}) as film,
    ):
        stream = film.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                film.mux(packet)
    return out


def test_a_film_without_its_last_bytes_is_not_whole_however_short(tmp_path: Path) -> None:
    whole = index_first(make_clip(tmp_path / "clip.mp4", frames=12, sound=()))
    part = tmp_path / "part.mp4"
    part.write_bytes(whole.read_bytes()[:-50])
    found = examined([whole, part])
    assert found[0] == {"problem": ""}
    assert "it is cut off" in found[1]["problem"]


def test_each_medium_has_an_answer_of_its_own(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", frames=5, sound=())
    rubbish = tmp_path / "rubbish.mp4"
    rubbish.write_bytes(b"rubbish")
    found = ask("examine", str(rubbish), str(clip), str(tmp_path / "gone.mp4"))
    assert "is no video" in found[0]["error"]
    assert found[1] == {"problem": ""}
    assert "nothing at" in found[2]["error"]


def test_a_drive_that_fails_over_one_medium_is_told_of_that_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def probe(path: Path) -> MediaInfo:
        if path.name == "bad.mp4":
            raise OSError(errno.EIO, "Input/output error")
        return real(path)

    real = examine.probe
    monkeypatch.setattr(examine, "probe", probe)
    clip = make_clip(tmp_path / "clip.mp4", frames=5, sound=())
    found = examined([tmp_path / "bad.mp4", clip])
    assert found == [
        {"error": f"It failed while reading {tmp_path}/bad.mp4: input/output error."},
        {"problem": ""},
    ]


def test_without_faces_to_compare_with_nothing_is_looked_at(tmp_path: Path) -> None:
    project = Project.create(tmp_path, "film")
    found = recognised(project, 12, [tmp_path / "gone.mp4"])
    assert found == [{"lacking": ["a", "b"]}]


@pytest.mark.parametrize(("most", "wanted"), [(5, [5, 15, 25, 35, 45]), (100, list(range(50)))])
def test_frames_are_spread_evenly(tmp_path: Path, most: int, wanted: list[int]) -> None:
    grey = [av.VideoFrame.from_ndarray(np.full((48, 64, 3), 5 * i, np.uint8)) for i in range(50)]
    clip = make_clip(tmp_path / "clip.mp4", frames=50, sound=(), pictures=grey, crf=1)
    seen = [round(float(rgb.mean()) / 5) for rgb in examine._spread(clip, most)]
    assert seen == wanted


def test_a_folder_of_pictures_is_looked_at_too(tmp_path: Path) -> None:
    for number in range(20):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / f"{number}.png")
    assert [int(rgb[0, 0, 0]) for rgb in examine._spread(tmp_path, 4)] == [2, 7, 12, 17]


# --- renaming ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_renaming_never_overwrites(tmp_path: Path, kind: str) -> None:
    path, taken = tmp_path / "new", tmp_path / "taken"
    path.mkdir() if kind == "folder" else path.write_bytes(b"new")
    taken.mkdir() if kind == "folder" else taken.write_bytes(b"old")
    with pytest.raises(FileExistsError):
        rename_new(path, taken)
    assert path.exists()
    rename_new(path, tmp_path / "free")
    assert not path.exists()
    assert (tmp_path / "free").exists()
