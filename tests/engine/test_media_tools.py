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
from engine.trust.mark import add_mark, new_mark, read_mark
from fstui import cli

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
    rows = [f.to_ndarray()[0, :: 1 if f.format.is_planar else 2] for f in frames]
    return float(frames[0].time), np.concatenate(rows)


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


# --- sound, size, turn -----------------------------------------------------------------------


def wav(path: Path, seconds: float = 3.0, hertz: float = 880.0) -> Path:
    """A tone as a WAV file."""
    with av.open(str(path), "w") as file:
        track = file.add_stream("pcm_s16le", rate=48000)
        wave = np.sin(np.arange(int(seconds * 48000)) * hertz * 2 * np.pi / 48000) * 8000
        frame = av.AudioFrame.from_ndarray(
            np.repeat(wave.astype(np.int16), 2)[None], format="s16", layout="stereo"
        )
        frame.sample_rate, frame.pts = 48000, 0
        file.mux(track.encode(frame))
        file.mux(track.encode(None))
    return path


def pictures_of(path: Path) -> list[bytes]:
    """The packets of the picture."""
    with av.open(str(path)) as clip:
        return [bytes(p) for p in clip.demux(video=0) if p.size]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_another_files_sound_takes_the_place(tmp_path: Path, suffix: str) -> None:
    film = make_clip(tmp_path / "a.mp4", frames=50, rotation=90, tags=(1, 1, 1, 1))
    out = tmp_path / f"b{suffix}"
    told = act("sound", {"source": film, "out": out, "sound": wav(tmp_path / "s.wav")})
    assert told["tracks"] == 1
    assert pictures_of(out) == pictures_of(film)
    same_look(film, out)
    assert [name for name, _, _ in sound_of(out)] == ["aac" if suffix == ".mp4" else "pcm_s16le"]
    begin, samples_ = heard(out)
    assert len(samples_) / 48000 + begin == pytest.approx(2.0, abs=0.1)  # ends with the picture


@pytest.mark.parametrize("delay", [0.0, 0.5, -0.5])
def test_sound_is_moved_by_its_delay(tmp_path: Path, delay: float) -> None:
    film = make_clip(tmp_path / "a.mp4", frames=50)
    other = make_clip(tmp_path / "s.mp4", frames=75)
    asked = {
        "source": film,
        "out": tmp_path / "b.mp4",
        "sound": other,
        "delay": delay,
        "keep": True,
    }
    act("sound", asked)
    assert len(sound_of(tmp_path / "b.mp4")) == 2
    start, whole = heard(other)
    begin, part = heard(tmp_path / "b.mp4", 1)
    at = round((begin - delay - start) * 48000)
    part, at = part[max(0, -at) :], max(0, at)  # an encoder's silence comes first
    shared = slice(2048, len(part) - 2048)
    assert np.abs(part[shared] - whole[at : at + len(part)][shared]).max() < 0.06  # 0.1 ms
    assert begin == pytest.approx(max(0.0, delay), abs=0.03)


@pytest.mark.parametrize(
    ("size", "shown"),
    [("128x", (128, 170)), ("x64", (48, 64)), ("50%", (24, 32)), ("30x90", (30, 90))],
)
def test_a_rescaled_film_has_the_size_as_it_is_shown(
    tmp_path: Path, size: str, shown: tuple[int, int]
) -> None:
    film = make_clip(
        tmp_path / "a.mp4", times=VARIABLE, rotation=90, tags=(1, 1, 1, 1), sound=("aac", "aac")
    )
    out = tmp_path / "b.mp4"
    act("rescale", {"source": film, "out": out, "size": size, "crf": 8})
    info = probe(out)
    assert (info.width, info.height, info.rotation) == (*shown, 90)
    assert times_of(out) == times_of(film)
    assert sound_of(out) == sound_of(film)
    same_look(film, out)
    for one, other in zip(read_frames(film), read_frames(out), strict=True):
        small = cv2.resize(one.rgb, (12, 16), interpolation=cv2.INTER_AREA)
        assert close(small, cv2.resize(other.rgb, (12, 16), interpolation=cv2.INTER_AREA), 12)


@pytest.mark.parametrize("size", ["", "x", "0x10", "big", "-5x10", "99999x99999", "0%"])
def test_what_is_no_size_is_refused(tmp_path: Path, size: str) -> None:
    film = make_clip(tmp_path / "a.mp4", frames=5)
    with pytest.raises(BadInput):
        act("rescale", {"source": film, "out": tmp_path / "b.mp4", "size": size})
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("before", [0, 90])
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turn_shows_the_same_pictures_turned(
    tmp_path: Path, suffix: str, before: int, degrees: int
) -> None:
    film = make_clip(tmp_path / "a.mp4", frames=12, rotation=before, sound=("aac", "aac"))
    out = tmp_path / f"b{suffix}"
    told = act("rotate", {"source": film, "out": out, "degrees": degrees})
    assert not told["encoded"]
    assert pictures_of(out) == pictures_of(film)
    assert probe(out).rotation == (before + degrees) % 360
    assert [data for _, _, data in sound_of(out)] == [data for _, _, data in sound_of(film)]
    for one, other in zip(read_frames(film), read_frames(out), strict=True):
        assert np.array_equal(np.rot90(one.rgb, -(degrees // 90)), other.rgb)


@pytest.mark.parametrize("flip", ["", "horizontal", "vertical"])
@pytest.mark.parametrize("size", [(64, 48), (65, 47)])
def test_pixels_are_turned_and_mirrored(tmp_path: Path, flip: str, size: tuple[int, int]) -> None:
    form = "yuv444p" if size[0] % 2 else "yuv420p"
    film = make_clip(
        tmp_path / "a.mp4", times=VARIABLE, width=size[0], height=size[1], pixel_format=form,
        rotation=90, tags=(1, 1, 1, 1),
    )  # fmt: skip
    out = tmp_path / "b.mp4"
    told = act(
        "rotate",
        {"source": film, "out": out, "degrees": 180, "flip": flip, "pixels": True, "crf": 4},
    )
    assert told["encoded"]
    assert probe(out).rotation == 0
    assert times_of(out) == times_of(film)
    assert sound_of(out) == sound_of(film)
    for one, other in zip(read_frames(film), read_frames(out), strict=True):
        wanted = np.rot90(one.rgb, 2)
        if flip:
            wanted = np.flip(wanted, 1 if flip == "horizontal" else 0)
        assert close(wanted, other.rgb, 4.0)


def test_a_turn_by_nothing_or_by_a_bit_is_refused(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "a.mp4", frames=5)
    for degrees in (0, 45):
        with pytest.raises(BadInput):
            act("rotate", {"source": film, "out": tmp_path / "b.mp4", "degrees": degrees})


def test_ten_bits_stay_when_a_film_is_rescaled_or_turned(tmp_path: Path) -> None:
    film = make_clip(
        tmp_path / "a.mp4", frames=6, pixel_format="yuv420p10le", sound=(), tags=(9, 1, 9, 16)
    )
    act("rescale", {"source": film, "out": tmp_path / "b.mp4", "size": "50%"})
    act("rotate", {"source": film, "out": tmp_path / "c.mp4", "degrees": 90, "pixels": True})
    same_look(film, tmp_path / "b.mp4")
    same_look(film, tmp_path / "c.mp4")


def test_a_marked_film_stays_marked(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "a.mp4", frames=10)
    add_mark(film, new_mark(500))
    act("rotate", {"source": film, "out": tmp_path / "b.mp4", "degrees": 90})
    found = read_mark(tmp_path / "b.mp4")
    assert found is not None
    assert found.digital_source_type == new_mark(500).digital_source_type
    act("extract", {"source": film, "out": tmp_path / "f", "kind": "jpg"})
    assert all(read_mark(path) for path in (tmp_path / "f").iterdir())


def test_the_command_says_what_it_did_and_refuses_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_clip(tmp_path / "a.mp4", frames=10)
    assert cli.main(["media", "rotate", "a.mp4", "b.mp4", "--degrees", "90"]) == 0
    assert "b.mp4: turned, copied as it was" in capsys.readouterr().out
    assert cli.main(["media", "rotate", "a.mp4", "b.mp4", "--degrees", "90"]) == 3
    assert capsys.readouterr().err.count("\n") == 1
    assert cli.main(["--readonly", "media", "rotate", "a.mp4", "c.mp4", "--degrees", "90"]) == 5


def test_a_matroska_film_loses_no_picture_at_its_beginning(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "a.mkv", frames=40, sound=("flac",), subtitle="srt")
    act("rotate", {"source": film, "out": tmp_path / "b.mp4", "degrees": 180})
    act("rotate", {"source": film, "out": tmp_path / "c.mkv", "degrees": 180})
    for out in (tmp_path / "b.mp4", tmp_path / "c.mkv"):
        assert pictures_of(out) == pictures_of(film)
        assert times_of(out) == times_of(film)
        assert [name for name, _, _ in sound_of(out)] == ["flac"]
        with av.open(str(out)) as clip:
            assert len(clip.streams.subtitles) == 1


@pytest.mark.parametrize(
    ("name", "codec", "sound"),
    [
        ("a.ts", "libx264", "aac"),
        ("a.webm", "libvpx-vp9", "libopus"),
        ("a.mpg", "mpeg2video", "mp2"),
    ],
)
def test_films_of_other_containers_are_copied_whole(
    tmp_path: Path, name: str, codec: str, sound: str
) -> None:
    """Clocks that begin anywhere, a last picture whose length isn't said."""
    unit = Fraction(1, 1000) if name == "a.webm" else Fraction(1, 25)
    film = make_clip(tmp_path / name, frames=50, codec=codec, sound=(sound,), time_base=unit)
    out = tmp_path / "b.mp4"
    assert not act("rotate", {"source": film, "out": out, "degrees": 90})["encoded"]
    assert len(frames_of(out)) == len(frames_of(film))
    times = times_of(out)
    assert float(times[-1] - times[0]) == pytest.approx(49 / 25, abs=0.05)
    assert float(times[0]) < 0.1
    assert len(heard(out)[1]) / 48000 == pytest.approx(2.0, abs=0.06)
