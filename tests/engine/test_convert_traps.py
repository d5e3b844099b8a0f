"""Footage with a trap in it, converted and compared with its source stream by stream."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import msgspec
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext
from clips import frames_of, make_clip, times_of
from convert_project import add_faces, make_project, make_work, painter

from engine.convert import pipeline
from engine.errors import BadInput, NothingToDo
from engine.media.hdr import Mastering
from engine.media.planes import samples
from engine.media.probe import probe
from engine.media.read import FrameReader, packet_times
from engine.media.write import look_of
from engine.project import Project

NTSC = Fraction(30000, 1001)
MASTERED = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
HDR10 = {"x265-params": f"log-level=error:hdr10=1:master-display={MASTERED}:max-cll=1000,400"}
DEFAULT = int(av.stream.Disposition.default)
TURN_ITSELF = "h264_metadata=display_orientation=insert:rotate=90"
COVER = cv2.imencode(".jpg", np.full((32, 32, 3), 90, np.uint8))[1].tobytes()

TRAPS: dict[str, dict[str, Any]] = {
    "29.97": {"rate": NTSC, "time_base": Fraction(1, 30000)},
    "59.94": {"rate": 2 * NTSC, "time_base": Fraction(1, 60000), "frames": 70},
    "23.976 in milliseconds": {
        "times": [round(i * 1001 / 24) for i in range(40)],
        "time_base": Fraction(1, 1000),
        "suffix": "mkv",
    },
    "variable rate": {
        "times": [int(t) for t in np.cumsum([0, *[512, 512, 2560, 100, 100, 5120, 33] * 6])]
    },
    "turned": {"rotation": 90},
    "turned in Matroska": {"rotation": 90, "suffix": "mkv"},
    "two tracks, one late": {"sound": ("aac", "aac"), "sound_late_s": 0.4},
    "no sound": {"sound": ()},
    "HDR10": {
        "codec": "libx265",
        "pixel_format": "yuv420p10le",
        "tags": (9, 1, 9, 16),
        "options": HDR10,
    },
    "HLG": {"codec": "libx265", "pixel_format": "yuv420p10le", "tags": (9, 1, 9, 18)},
    "odd size": {"width": 161, "height": 121, "pixel_format": "yuv444p"},
    "a cover": {"cover": COVER},
    "first time not zero": {"times": [6400 + i * 512 for i in range(40)]},
    "first time not zero in MPEG-TS": {
        "times": [126000 + i * 3600 for i in range(40)],
        "time_base": Fraction(1, 90000),
        "suffix": "ts",
    },
}


def clip_of(folder: Path, trap: str, **more: Any) -> Path:
    """A clip with a trap."""
    values = {"width": 160, "height": 120, "frames": 40, **TRAPS[trap], **more}
    return make_clip(folder / f"a.{values.pop('suffix', 'mp4')}", **values)


def convert(project: Project, **settings: Any) -> Path:
    """The result of a whole step."""
    pipeline.run(make_work(project, **settings), painter)
    out = project.path / "out"
    return out / str(msgspec.json.decode((out / "a.json").read_bytes())["video"])


def remarks_of(out: Path) -> list[str]:
    """What the report says of a result."""
    return list(msgspec.json.decode((out.parent / "a.json").read_bytes())["remarks"])


def streams_of(path: Path) -> list[dict[str, Any]]:
    """What each stream is, when it plays counted from the first picture, and of sound its
    packets."""
    begin = packet_times(path)[0] * probe(path).time_base
    with av.open(str(path)) as clip:
        found = [
            {
                "type": stream.type,
                "language": stream.language or "und",
                "disposition": int(stream.disposition) & ~DEFAULT,
            }
            for stream in clip.streams
        ]
    for index, told in enumerate(found):
        with av.open(str(path)) as clip:
            stream = clip.streams[index]
            if stream.type == "audio":
                packets = [p for p in clip.demux(stream) if p.size]
                told["codec"] = stream.codec_context.name
                told["sound"] = [payload(bytes(p)) for p in packets]
                told["late_s"] = float(packets[0].pts * packets[0].time_base - begin)
    return found


def payload(data: bytes) -> str:
    """A digest of a packet of sound, without the ADTS header that MPEG-TS has before AAC."""
    return hashlib.md5(data[7:] if data[:2] == b"\xff\xf1" else data).hexdigest()


@pytest.mark.parametrize("trap", sorted(TRAPS))
def test_every_stream_is_the_sources(tmp_workspace: Path, tmp_path: Path, trap: str) -> None:
    source = clip_of(tmp_path, trap)
    out = convert(make_project(tmp_workspace, [source]), colour="none", crf=4)
    before, after = streams_of(source), streams_of(out)
    for was, now in zip(before, after, strict=True):
        late = was.pop("late_s", 0.0), now.pop("late_s", 0.0)
        assert late[0] == pytest.approx(late[1], abs=0.0015)
        assert was == now
    begin = 0 if source.suffix == ".mp4" else times_of(source)[0] - times_of(out)[0]
    assert [t - begin for t in times_of(source)] == times_of(out)
    assert len(times_of(out)) >= 40
    told, kept = probe(source), probe(out)
    for name in ("width", "height", "rotation", "pixel_format", "vfr", "note"):
        assert getattr(told, name) == getattr(kept, name), name
    assert look_of(source).tags == look_of(out).tags
    with FrameReader(source) as one, FrameReader(out) as other:
        apart = np.abs(next(iter(one)).rgb.astype(int) - next(iter(other)).rgb)
    assert apart[:8].mean() < 6
    assert apart.max() > 60


def test_a_picture_that_is_turned_by_its_own_stream(tmp_workspace: Path, tmp_path: Path) -> None:
    """H.264 can say in itself that it is turned, where the container says nothing."""
    source = make_clip(tmp_path / "b.mp4", width=160, height=120, frames=40)
    turned = tmp_path / "a.mp4"
    with av.open(str(source)) as clip, av.open(str(turned), "w") as aim:
        video = aim.add_stream_from_template(clip.streams.video[0])
        says = BitStreamFilterContext(TURN_ITSELF, clip.streams.video[0], video)
        for packet in clip.demux(video=0):
            for told in says.filter(packet if packet.size else None):
                told.stream = video
                aim.mux(told)
    rotation = probe(turned).rotation
    assert rotation in (90, 270)
    out = convert(make_project(tmp_workspace, [turned]), colour="none", crf=4)
    assert (probe(out).rotation, probe(out).width) == (rotation, 120)
    with FrameReader(turned) as one, FrameReader(out) as other:
        apart = np.abs(next(iter(one)).rgb.astype(int) - next(iter(other)).rgb)
    assert apart[:8].mean() < 6
    assert times_of(out) == times_of(turned)


def test_the_traps_are_traps(tmp_path: Path) -> None:
    """That the clips have what they are named for."""
    told = {trap: probe(clip_of(tmp_path, trap)) for trap in TRAPS}
    assert told["29.97"].fps == NTSC
    assert told["59.94"].fps == 2 * NTSC
    assert [trap for trap, info in told.items() if info.vfr] == ["variable rate"]
    assert {info.rotation for trap, info in told.items() if "turned" in trap} == {90}
    assert [len(told[t].audio) for t in ("two tracks, one late", "no sound")] == [2, 0]
    assert "PQ" in told["HDR10"].note
    assert (told["odd size"].width, told["odd size"].height) == (161, 121)
    late = streams_of(clip_of(tmp_path, "two tracks, one late"))
    assert late[2]["late_s"] - late[1]["late_s"] == pytest.approx(0.4, abs=0.002)
    assert times_of(clip_of(tmp_path, "first time not zero"))[0] == Fraction(1, 2)
    assert streams_of(clip_of(tmp_path, "a cover"))[2]["disposition"] == 1024


def test_a_damaged_packet_in_the_middle(tmp_workspace: Path, tmp_path: Path) -> None:
    """What can't be decoded is missing, what can is where it was, and the sound is whole."""
    source = make_clip(tmp_path / "a.mp4", width=160, height=120, frames=60, options={"g": "10"})
    data = bytearray(source.read_bytes())
    with av.open(str(source)) as clip:
        packets = [p for p in clip.demux(video=0) if p.size]
        for packet in packets[29:31]:
            data[packet.pos + 4 : packet.pos + packet.size] = b"\xff" * (packet.size - 4)
    source.write_bytes(data)
    with FrameReader(source) as reader:
        there = [pts * reader.info.time_base for _, pts, _ in reader.raw()]
        assert reader.problem
    assert 50 < len(there) < 60
    assert there == sorted(there)
    project = make_project(tmp_workspace, [])
    project.add_sources("target", [source])
    add_faces(project, source)
    out = convert(project)
    assert times_of(out) == there
    assert streams_of(out)[1]["sound"] == streams_of(source)[1]["sound"]
    assert "can't be decoded in parts" in remarks_of(out)[0]


# --- HDR --------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["x264", "x265", "av1"])
def test_hdr_stays_hdr(tmp_workspace: Path, tmp_path: Path, codec: str) -> None:
    source = clip_of(tmp_path, "HDR10", sound=())
    out = convert(make_project(tmp_workspace, [source]), codec=codec)
    was, now = look_of(source), look_of(out)
    assert was.mastering == Mastering(
        ((34000, 16000), (13250, 34500), (7500, 3000), (15635, 16450)), 1, 10_000_000, (1000, 400)
    )
    assert now.tags == was.tags == (9, 1, 9, 16)
    assert "10le" in now.pixel_format
    assert now.mastering is not None
    assert now.mastering.light == (1000, 400)
    # AV1 has its own units: 1/65536 for a coordinate, 1/256 and 1/16384 cd/m2 for light
    apart = np.abs(np.array(now.mastering.primaries) - np.array(was.mastering.primaries))
    assert apart.max() <= (1 if codec == "av1" else 0)
    assert now.mastering.brightest == 10_000_000
    with av.open(str(source)) as one, av.open(str(out)) as other:
        planes = [samples(next(c.decode(video=0)))[0][:30].astype(int) for c in (one, other)]
    assert np.abs(planes[0] - planes[1]).mean() < 12  # of 1023: no tone mapping


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"codec": "vp9"}, "has more than 8 bits and vp9 has 8 here: take x265"),
        ({"codec": "prores", "preset": "fast"}, "what it was mastered on, which prores can't"),
        ({"writer": "pictures"}, r"is HDR \(PQ\), and a png picture can't say so"),
        ({"writer": "gif"}, "and a gif can't say so"),
        ({"writer": "patch"}, "and a patch can't say so"),
    ],
)
def test_hdr_is_refused_where_it_would_be_lost(
    tmp_workspace: Path, tmp_path: Path, settings: dict[str, Any], words: str
) -> None:
    project = make_project(tmp_workspace, [clip_of(tmp_path, "HDR10", frames=3)])
    with pytest.raises(BadInput, match=words):
        convert(project, **settings)


# --- ranges -----------------------------------------------------------------------------------


def loud_in(path: Path) -> tuple[float, list[float]]:
    """Length of the first sound track in seconds, and how loud each 20 ms of it are, 0..1."""
    with av.open(str(path)) as clip:
        rate = clip.streams.audio[0].codec_context.sample_rate
        wave = np.concatenate([f.to_ndarray()[0] for f in clip.decode(audio=0)])
    step = rate // 50
    parts = wave[: len(wave) // step * step].reshape(-1, step).astype(float)
    return len(wave) / rate, list(np.sqrt((parts**2).mean(1)))


def test_frames_outside_a_range_stay_as_they_are(tmp_workspace: Path, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", width=160, height=120, frames=50)
    project = make_project(tmp_workspace, [source])
    out = convert(project, frames="11-20,31-", colour="none", crf=1)
    assert times_of(out) == times_of(source)
    for index, (was, now) in enumerate(zip(frames_of(source), frames_of(out), strict=True)):
        changed = (np.abs(was[:120].astype(int) - now[:120]) > 25).sum() > 300
        assert changed == (10 <= index < 20 or index >= 30), index


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"frames": "11-20,31-40"}, [*range(10, 20), *range(30, 40)]),
        ({"frames": "1-5,41-"}, [*range(5), *range(40, 50)]),
        ({"times": "0:00.4-0:00.79"}, list(range(10, 20))),
        ({"frames": "11-40", "times": "1.2-"}, list(range(30, 40))),
        ({"frames": "41-9000"}, list(range(40, 50))),
    ],
)
def test_a_dropped_outside_takes_its_sound_along(
    tmp_workspace: Path, tmp_path: Path, settings: dict[str, str], kept: list[int]
) -> None:
    source = make_clip(
        tmp_path / "a.mkv", width=160, height=120, frames=50, codec="ffv1", subtitle="srt",
        sound=("aac", "pcm_s16le"), chapters=True,
    )  # fmt: skip
    project = make_project(tmp_workspace, [source])
    out = convert(project, outside="drop", colour="none", crf=1, **settings)
    assert [float(t) for t in times_of(out)] == pytest.approx(
        [i * 0.04 for i in range(len(kept))], abs=0.0011
    )
    before, after = frames_of(source), frames_of(out)
    for index, now in zip(kept, after, strict=True):
        assert np.abs(before[index][:8].astype(int) - now[:8]).mean() < 6
    length_s, loud = loud_in(out)
    assert length_s == pytest.approx(len(kept) * 0.04, abs=0.05)
    assert min(loud[3:-4]) > 0.7 * float(np.median(loud))  # no hole at a cut
    with av.open(str(out)) as clip:
        assert len(clip.streams.audio) == 2
        texts = [p for p in clip.demux(subtitles=0) if p.size > 2]
        ends = [c["end"] * c["time_base"] for c in clip.chapters()]
    assert len(texts) == (1 if any(5 <= i < 25 for i in kept) else 0)
    assert all(end <= len(kept) * 0.04 + 0.05 for end in ends)


def test_sound_is_cut_to_the_sample(tmp_workspace: Path, tmp_path: Path) -> None:
    """Two tones, one after the other: cut to the second one, nothing of the first is left."""
    source = tmp_path / "a.mov"
    make_clip(source, width=160, height=120, frames=50, sound=())
    make_two_tones(source)
    out = convert(make_project(tmp_workspace, [source]), frames="26-50", outside="drop")
    with av.open(str(out)) as clip:
        wave = np.concatenate([f.to_ndarray()[0] for f in clip.decode(audio=0)])
    assert len(wave) == pytest.approx(48000, abs=1100)
    heard = np.abs(np.fft.rfft(wave[2048:46000]))
    hertz = np.fft.rfftfreq(46000 - 2048, 1 / 48000)
    assert abs(hertz[heard.argmax()] - 1500) < 5
    assert heard[np.abs(hertz - 400) < 20].max() < heard.max() / 200


def make_two_tones(path: Path) -> None:
    """Give a clip a track of 400 Hz in its first second and 1500 Hz in its second."""
    silent = path.with_name("silent.mov")
    path.rename(silent)
    with av.open(str(silent)) as source, av.open(str(path), "w") as clip:
        video = clip.add_stream_from_template(source.streams.video[0])
        sound = clip.add_stream("pcm_s16le", rate=48000)
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = video
                clip.mux(packet)
        t = np.arange(96000)
        wave = np.sin(2 * np.pi * t * np.where(t < 48000, 400, 1500) / 48000) * 8000
        samples = np.repeat(wave.astype(np.int16), 2)[None]
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
        clip.mux(sound.encode(frame))
        clip.mux(sound.encode(None))


def test_a_cut_conversion_that_is_stopped_goes_on(tmp_workspace: Path, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", width=96, height=72, frames=120)
    settings = {"frames": "5-40,61-100", "outside": "drop"}
    whole = convert(make_project(tmp_workspace / "1", [source]), **settings)
    project = make_project(tmp_workspace / "2", [source])
    with pytest.raises(Exception, match="stopped at frame 51 of 76"):
        pipeline.run(make_work(project, stop_after=50, **settings), painter)
    again = convert(project, **settings)
    assert times_of(whole) == times_of(again)
    assert len(times_of(again)) == 76
    pairs = zip(frames_of(whole), frames_of(again), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def test_ranges_that_can_not_be(tmp_workspace: Path, tmp_path: Path) -> None:
    project = make_project(tmp_workspace, [make_clip(tmp_path / "a.mp4", frames=10)])
    with pytest.raises(NothingToDo, match="no face in the frames that are named"):
        convert(project, frames="20-30")
    with pytest.raises(BadInput, match="The setting frames can't have '9-3'"):
        convert(project, frames="9-3")
