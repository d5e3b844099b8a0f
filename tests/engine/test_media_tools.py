"""Media tools on made films, each compared with its source stream by stream."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from clips import frames_of, make_clip, times_of

from engine.errors import BadInput, NothingToDo
from engine.media.planes import samples
from engine.media.probe import probe
from engine.media.read import read_frames
from engine.media.tools import act
from engine.media.write import look_of

NTSC = Fraction(1, 30000)
VARIABLE = [int(t) for t in np.cumsum([0, *([512, 512, 2560, 100, 700, 33] * 8)])]


def sound_of(path: Path) -> list[tuple[str, str, bytes]]:
    """Codec, language and the packets of each sound track."""
    with av.open(str(path)) as clip:
        tracks = {
            s.index: [s.codec_context.name, s.language or "", b""] for s in clip.streams.audio
        }
        for packet in clip.demux(list(clip.streams.audio)) if tracks else ():
            tracks[packet.stream.index][2] += bytes(packet)
    return [(name, language, data) for name, language, data in tracks.values()]


def heard(path: Path, track: int = 0) -> tuple[float, np.ndarray]:
    """When a track's sound begins, and its samples from there."""
    with av.open(str(path)) as clip:
        frames = list(clip.decode(clip.streams.audio[track]))
    return float(frames[0].time), np.concatenate([f.to_ndarray()[0] for f in frames])


def same_look(a: Path, b: Path) -> None:
    """Colours, rotation, shape of the samples and depth are the same."""
    one, other = look_of(a), look_of(b)
    assert (one.tags, one.display_matrix) == (other.tags, other.display_matrix)
    assert (one.sample_aspect or 1, one.pixel_format) == (
        other.sample_aspect or 1,
        other.pixel_format,
    )


def luma_of(path: Path) -> list[Any]:
    """The brightness of each frame, in the units of its depth."""
    with av.open(str(path)) as clip:
        return [samples(frame)[0].copy() for frame in clip.decode(video=0)]


def close(a: Any, b: Any, most: float = 3.0) -> bool:
    """Whether pictures are the same but for what encoding costs."""
    return float(np.abs(np.asarray(a, float) - np.asarray(b, float)).mean()) < most


def test_info_and_fps_of_ntsc(tmp_path: Path) -> None:
    film = make_clip(
        tmp_path / "a.mp4", time_base=NTSC, rate=Fraction(30000, 1001), frames=30,
        sound=("aac", "aac"), rotation=90, metadata={"title": "a\x1b[31m film"},
    )  # fmt: skip
    told = act("info", {"source": str(film)})
    assert (told["width"], told["height"], told["rotation"]) == (48, 64, 90)
    assert [s["type"] for s in told["streams"]] == ["video", "audio", "audio"]
    assert [s["language"] for s in told["streams"]][1:] == ["eng", "deu"]
    assert "\x1b" not in told["metadata"]["title"]
    rate = act("fps", {"source": str(film)})
    assert (rate["rate"], rate["frames"], rate["varies"]) == ("30000/1001", 30, False)
    assert rate["measured_fps"] == pytest.approx(30000 / 1001, abs=1e-9)


def test_fps_of_a_variable_rate_tells_the_shortest_and_longest_frame(tmp_path: Path) -> None:
    rate = act("fps", {"source": str(make_clip(tmp_path / "a.mp4", times=VARIABLE))})
    assert rate["varies"]
    assert rate["shortest_s"] == pytest.approx(33 / 12800)
    assert rate["longest_s"] == pytest.approx(2560 / 12800)


@pytest.mark.parametrize("kind", ["png", "tif", "webp", "bmp"])
def test_extracted_frames_are_the_films(tmp_path: Path, kind: str) -> None:
    film = make_clip(tmp_path / "a.mp4", frames=12, rotation=90, sound=())
    told = act(
        "extract",
        {"source": film, "out": tmp_path / "f", "kind": kind, "frames": "3-9", "every": 2},
    )
    assert told["frames"] == 4
    names = sorted(p.name for p in (tmp_path / "f").iterdir())
    assert names == [f"a_{n:06d}.{kind}" for n in (3, 5, 7, 9)]
    wanted = {f.index + 1: f.rgb for f in read_frames(film)}
    for name in names:
        picture = cv2.imread(str(tmp_path / "f" / name))[..., ::-1]
        assert np.array_equal(picture, wanted[int(name[2:8])])


def test_ten_bits_stay_in_a_png_and_come_back(tmp_path: Path) -> None:
    film = make_clip(
        tmp_path / "a.mp4", frames=6, codec="libx265", pixel_format="yuv420p10le", sound=(),
        tags=(9, 1, 9, 16), width=128, height=96,
    )  # fmt: skip
    act("extract", {"source": film, "out": tmp_path / "f"})
    picture = cv2.imread(str(tmp_path / "f" / "a_000001.png"), cv2.IMREAD_UNCHANGED)
    assert picture.dtype == np.uint16
    assert len(np.unique(picture)) > 256
    act("make", {"source": tmp_path / "f", "out": tmp_path / "b.mp4", "like": film, "crf": 4})
    same_look(film, tmp_path / "b.mp4")
    for one, other in zip(luma_of(film), luma_of(tmp_path / "b.mp4"), strict=True):
        assert close(one, other, 4.0)  # of 1023


@pytest.mark.parametrize(
    "traits",
    [
        {"times": VARIABLE, "sound": ("aac", "aac")},
        {"rotation": 90, "frames": 20},
        {"time_base": NTSC, "rate": Fraction(30000, 1001), "frames": 25, "sound": ()},
        {"width": 65, "height": 47, "pixel_format": "yuv444p", "frames": 15},
    ],
)
def test_frames_taken_out_and_put_back_make_the_film(
    tmp_path: Path, traits: dict[str, Any]
) -> None:
    film = make_clip(tmp_path / "a.mp4", tags=(1, 1, 1, 1), **traits)
    act("extract", {"source": film, "out": tmp_path / "f"})
    out = tmp_path / "b.mp4"
    act("make", {"source": tmp_path / "f", "out": out, "like": film, "crf": 8})
    assert times_of(out) == times_of(film)
    assert sound_of(out) == sound_of(film)
    assert probe(out).rotation == 0
    shown = [f.rgb for f in read_frames(film)]
    for one, other in zip(shown, (f.rgb for f in read_frames(out)), strict=True):
        assert one.shape == other.shape
        assert close(one, other, 6.0)


def test_a_film_of_pictures_has_the_rate_that_was_named(tmp_path: Path) -> None:
    act("extract", {"source": make_clip(tmp_path / "a.mp4", frames=10), "out": tmp_path / "f"})
    out = tmp_path / "b.mp4"
    act("make", {"source": tmp_path / "f", "out": out, "fps": "29.97"})
    assert times_of(out) == [n * Fraction(1001, 30000) for n in range(10)]
    assert act("fps", {"source": out})["rate"] == "30000/1001"
    with pytest.raises(BadInput, match="no rate"):
        act("make", {"source": tmp_path / "f", "out": tmp_path / "c.mp4", "fps": "fast"})


def long_film(path: Path, **traits: Any) -> Path:
    """Four seconds with a key frame each second and pictures that are predicted both ways."""
    return make_clip(path, frames=100, sound=("aac", "aac"), gop=25, **traits)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_a_slice_at_key_frames_is_copied(tmp_path: Path, suffix: str) -> None:
    film = long_film(tmp_path / "a.mp4", rotation=90, tags=(1, 1, 1, 1), chapters=True)
    out = tmp_path / f"b{suffix}"
    told = act("slice", {"source": film, "out": out, "times": "1-3"})
    assert (told["encoded"], told["first"], told["last"]) == (False, 26, 75)
    same_look(film, out)
    kept = frames_of(film)[25:75]
    assert all(np.array_equal(a, b) for a, b in zip(frames_of(out), kept, strict=True))
    begin = times_of(out)[0]
    wanted = [t - 1 for t in times_of(film)[25:75]]
    assert [float(t - begin) for t in times_of(out)] == pytest.approx(
        [float(t) for t in wanted], abs=0.001
    )
    (chapter,) = av.open(str(out)).chapters()
    assert chapter["metadata"]["title"] == "two"


@pytest.mark.parametrize(("times", "encoded"), [("1-3", False), ("1.2-2.5", True)])
def test_a_slices_sound_is_where_it_was(tmp_path: Path, times: str, encoded: bool) -> None:
    film = long_film(tmp_path / "a.mp4")
    out = tmp_path / "b.mp4"
    told = act("slice", {"source": film, "out": out, "times": times})
    assert told["encoded"] is encoded
    first, last = (float(t) for t in times.split("-"))
    for track in (0, 1):
        start, whole = heard(film, track)
        begin, part = heard(out, track)
        at = round((first + begin - start) * 48000)
        shared = slice(2048, len(part) - 2048)  # the decoder warms up
        assert np.abs(part[shared] - whole[at : at + len(part)][shared]).max() < 0.02
        assert abs(begin) < 0.025
        assert len(part) / 48000 == pytest.approx(last - first, abs=0.05)


def test_a_slice_between_key_frames_is_encoded_and_exact(tmp_path: Path) -> None:
    film = long_film(tmp_path / "a.mp4", rotation=180, tags=(1, 1, 1, 1))
    out = tmp_path / "b.mp4"
    told = act("slice", {"source": film, "out": out, "frames": "31-60", "crf": 8})
    assert told["encoded"]
    same_look(film, out)
    assert times_of(out) == [t - times_of(film)[30] for t in times_of(film)[30:60]]
    for one, other in zip(frames_of(film)[30:60], frames_of(out), strict=True):
        assert close(one, other)


def test_keys_widens_a_slice_so_that_it_is_copied(tmp_path: Path) -> None:
    film = long_film(tmp_path / "a.mp4")
    told = act(
        "slice", {"source": film, "out": tmp_path / "b.mp4", "frames": "31-60", "keys": True}
    )
    assert (told["encoded"], told["first"]) == (False, 26)
    assert 60 <= told["last"] <= 75  # where no later picture is needed
    kept = frames_of(film)[25 : told["last"]]
    pairs = zip(frames_of(tmp_path / "b.mp4"), kept, strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def test_a_slice_of_a_variable_rate_keeps_its_times(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "a.mp4", times=VARIABLE, sound=())
    act("slice", {"source": film, "out": tmp_path / "b.mp4", "frames": "11-30"})
    times = times_of(film)[10:30]
    assert times_of(tmp_path / "b.mp4") == [t - times[0] for t in times]


def test_what_cannot_be_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "a.mp4", frames=10)
    before = sorted(tmp_path.iterdir())
    for settings, words in (
        ({"out": film}, "the source itself"),
        ({"out": tmp_path / "b.avi"}, "end its name"),
        ({"out": tmp_path / "none" / "b.mp4"}, "no folder"),
        ({"out": tmp_path / "b.mp4", "frames": "1-2,5-6"}, "one stretch"),
    ):
        with pytest.raises(BadInput, match=words):
            act("slice", {"source": film, **settings})
    with pytest.raises(NothingToDo):
        act("slice", {"source": film, "out": tmp_path / "b.mp4", "frames": "50-"})
    with pytest.raises(BadInput, match="folder of pictures"):
        act("make", {"source": film, "out": tmp_path / "b.mp4"})
    assert sorted(tmp_path.iterdir()) == before


def test_what_is_there_is_only_replaced_when_told(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "a.mp4", frames=10)
    (tmp_path / "b.mp4").write_bytes(b"mine")
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "note.txt").write_text("mine")
    asked = {"source": film, "out": tmp_path / "b.mp4", "frames": "1-5"}
    with pytest.raises(BadInput, match="--overwrite"):
        act("slice", asked)
    with pytest.raises(BadInput, match="--overwrite"):
        act("extract", {"source": film, "out": tmp_path / "f"})
    assert (tmp_path / "b.mp4").read_bytes() == b"mine"
    act("slice", {**asked, "overwrite": True})
    act("extract", {"source": film, "out": tmp_path / "f", "overwrite": True})
    assert len(frames_of(tmp_path / "b.mp4")) == 5
    assert len(list((tmp_path / "f").glob("*.png"))) == 10
    assert (tmp_path / "f" / "note.txt").read_text() == "mine"
