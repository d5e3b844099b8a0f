"""Segments and joining: what comes out has the source's times, sound, rotation, tags and text."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import frames_of, make_clip, times_of

from engine.errors import BadInput, NoSpace
from engine.media.codecs import Encoding
from engine.media.probe import probe
from engine.media.read import FrameReader
from engine.media.write import Look, Segment, SegmentWriter, fitted, join, look_of


def rewrite(source: Path, folder: Path, cut: int = 20, **kind: str) -> Path:
    """A clip through the writer: decoded, encoded in segments of `cut` frames, joined."""
    return rewritten(source, folder, cut, **kind)[0]


def rewritten(
    source: Path, folder: Path, cut: int = 20, codec: str = "x264", suffix: str = "mp4"
) -> tuple[Path, list[str]]:
    """The same, with what was left out."""
    encoding, out = Encoding(codec), folder / f"out.{suffix}"
    look = look_of(source, encoding)
    segments: list[Segment] = []
    writer: SegmentWriter | None = None
    with FrameReader(source) as reader:
        for index, pts, frame in reader.raw():
            if index % cut == 0:
                if writer:
                    segments.append(writer.close())
                path = folder / f"segment-{len(segments)}.mp4"
                writer = SegmentWriter(path, look, encoding)
            assert writer is not None
            writer.write(fitted(frame, look), pts)
    assert writer is not None
    segments.append(writer.close())
    return out, join(segments, look, source, out, comment="marked")


def sound_of(path: Path) -> list[tuple[str, str, float]]:
    """Codec, language and decoded length in seconds of each sound track."""
    found = []
    with av.open(str(path)) as clip:
        for track in clip.streams.audio:
            clip.seek(0)
            samples = sum(frame.samples for frame in clip.decode(track))
            name = track.codec_context.name
            found.append((name, track.language or "", samples / track.codec_context.sample_rate))
    return found


def length_s(path: Path) -> float:
    """Length of the pictures in seconds."""
    with av.open(str(path)) as clip:
        video = clip.streams.video[0]
        return float(video.duration * video.time_base)


def test_frames_times_and_length_are_the_sources(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", frames=50)
    out = rewrite(source, tmp_path)
    assert times_of(out) == times_of(source)
    assert len(times_of(out)) == 50
    assert length_s(out) == pytest.approx(length_s(source), abs=0.001)


@pytest.mark.parametrize("cut", [1, 7, 24])
def test_variable_rate_is_kept(tmp_path: Path, cut: int) -> None:
    gaps = [512, 512, 512, 2560, 100, 100, 100, 5120, 700, 33] * 6
    times = [int(t) for t in np.cumsum([0, *gaps])]
    source = make_clip(tmp_path / "vfr.mp4", times=times)
    assert probe(source).vfr
    assert times_of(source) == [Fraction(t, 12800) for t in times]
    assert times_of(rewrite(source, tmp_path, cut)) == times_of(source)


def test_a_late_first_frame_stays_late(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "late.mp4", times=[1280 + i * 512 for i in range(30)])
    assert times_of(rewrite(source, tmp_path)) == times_of(source)


@pytest.mark.parametrize("suffix", [".mkv", ".avi", ".ts"])
def test_other_containers_keep_their_distances(tmp_path: Path, suffix: str) -> None:
    source = make_clip(tmp_path / f"a{suffix}", sound=("ac3",))
    out = rewrite(source, tmp_path)
    before, after = sorted(times_of(source)), times_of(out)
    assert [b - before[0] for b in before] == [a - after[0] for a in after]
    assert sound_of(out)[0][0] == "ac3"
    with av.open(str(out)) as clip:
        assert clip.start_time is not None
        assert abs(clip.start_time) < 100_000


def test_two_tracks_one_of_them_pcm(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "two.mkv", sound=("aac", "pcm_s16le"))
    before, after = sound_of(source), sound_of(rewrite(source, tmp_path))
    assert [(c, lang) for c, lang, _ in after] == [("aac", "eng"), ("aac", "deu")]
    for (_, _, was), (_, _, now) in zip(before, after, strict=True):
        assert now == pytest.approx(was, abs=0.05)
    assert loudest_hertz(tmp_path / "out.mp4", track=1) == pytest.approx(880, abs=5)


def loudest_hertz(path: Path, track: int) -> float:
    """The loudest frequency of a sound track."""
    with av.open(str(path)) as clip:
        frames = list(clip.decode(audio=track))
        step = 1 if frames[0].format.is_planar else len(frames[0].layout.channels)
        wave = np.concatenate([f.to_ndarray()[0, ::step] for f in frames])
        rate = clip.streams.audio[track].codec_context.sample_rate
    return float(np.abs(np.fft.rfft(wave)).argmax() * rate / len(wave))


def test_a_silent_source_gives_no_sound(tmp_path: Path) -> None:
    out = rewrite(make_clip(tmp_path / "silent.mp4", sound=()), tmp_path)
    with av.open(str(out)) as clip:
        assert [s.type for s in clip.streams] == ["video"]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotation_is_kept(tmp_path: Path, rotation: int) -> None:
    source = make_clip(tmp_path / "turned.mp4", rotation=rotation)
    before, after = probe(source), probe(rewrite(source, tmp_path))
    assert before.rotation == after.rotation == rotation
    assert (before.width, before.height) == (after.width, after.height)


def test_colour_tags_are_kept(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "tags.mp4", tags=(9, 1, 9, 16))
    out = rewrite(source, tmp_path)
    assert look_of(out).tags == look_of(source).tags == (9, 1, 9, 16)


def test_ten_bits_stay_ten_bits(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "deep.mp4", pixel_format="yuv420p10le")
    assert probe(rewrite(source, tmp_path)).pixel_format == "yuv420p10le"


def test_odd_sizes_are_kept(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "odd.mkv", width=65, height=47, codec="ffv1", pixel_format="bgra")
    info = probe(rewrite(source, tmp_path))
    assert (info.width, info.height) == (65, 47)


def test_subtitles_chapters_and_metadata_come_over(tmp_path: Path) -> None:
    source = make_clip(
        tmp_path / "rich.mkv",
        subtitle="srt",
        chapters=True,
        metadata={"title": "Evening", "comment": "at home"},
    )
    with av.open(str(rewrite(source, tmp_path))) as clip:
        assert clip.metadata["title"] == "Evening"
        assert clip.metadata["comment"] == "marked | at home"
        assert [c["metadata"]["title"] for c in clip.chapters()] == ["one", "two"]
        words = [bytes(p) for p in clip.demux(subtitles=0) if p.size]
        assert any(b"Good evening" in w for w in words)


def test_pictures_survive(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", frames=30)
    before, after = frames_of(source), frames_of(rewrite(source, tmp_path, cut=24))
    apart = [np.abs(b.astype(int) - a).mean() for b, a in zip(before, after, strict=True)]
    assert max(apart) < 4.0


def _look(**changes: Any) -> Look:
    values: dict[str, Any] = {
        "width": 64,
        "height": 48,
        "pixel_format": "yuv420p",
        "rate": Fraction(25),
        "time_base": Fraction(1, 25),
        "tags": (2, 0, 2, 2),
        "sample_aspect": None,
        "display_matrix": None,
    }
    return Look(**{**values, **changes})


def _noise(index: int) -> Any:
    rgb = np.random.default_rng(index).integers(0, 255, (48, 64, 3), np.uint8)
    return av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv420p")


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    (tmp_path / ".full.mp4.part").symlink_to("/dev/full")
    with pytest.raises(NoSpace, match="No space left while writing"):
        _write_many(
            SegmentWriter(tmp_path / "full.mp4", _look(), Encoding(crf=0, preset="ultrafast"))
        )


def _write_many(writer: SegmentWriter) -> None:
    for index in range(200):
        writer.write(_noise(index), index)
    writer.close()


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path / "no" / "a.mp4", _look(), Encoding())
    with pytest.raises(BadInput, match="writing"):
        _write_many(writer)


def test_an_abandoned_segment_leaves_nothing(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path / "a.mp4", _look(), Encoding())
    writer.write(_noise(0), 0)
    writer.abandon()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("suffix", "sound", "text"),
    [
        ("mov", ["aac", "pcm_s16le"], "mov_text"),
        ("mkv", ["aac", "pcm_s16le"], "subrip"),
        ("webm", ["opus", "opus"], "webvtt"),
    ],
)
@pytest.mark.parametrize("source_suffix", ["mkv", "mp4"])
def test_every_container_takes_sound_text_and_chapters(
    tmp_path: Path, suffix: str, sound: list[str], text: str, source_suffix: str
) -> None:
    tracks = ("aac", "pcm_s16le") if source_suffix == "mkv" else ("aac", "aac")
    subtitle = "srt" if source_suffix == "mkv" else "mov_text"
    source = make_clip(
        tmp_path / f"a.{source_suffix}",
        sound=tracks,
        subtitle=subtitle,
        chapters=True,
        metadata={"title": "Evening"},
    )
    out = rewrite(source, tmp_path, codec="av1" if suffix == "webm" else "x264", suffix=suffix)
    wanted = sound if source_suffix == "mkv" or suffix == "webm" else ["aac", "aac"]
    assert [(name, language) for name, language, _ in sound_of(out)] == [
        (wanted[0], "eng"),
        (wanted[1], "ger" if suffix == "mov" else "deu"),
    ]
    assert loudest_hertz(out, track=1) == pytest.approx(880, abs=5)
    with av.open(str(out)) as clip:
        assert clip.streams.video[0].index == 0
        assert {k.lower(): v for k, v in clip.metadata.items()}["title"] == "Evening"
        assert [c["metadata"]["title"] for c in clip.chapters()] == ["one", "two"]
        assert clip.streams.subtitles[0].codec_context.name in (text, "srt")
        told = [p for p in clip.demux(subtitles=0) if p.size > 2]
        assert any(b"Good evening" in bytes(p) for p in told)
        assert float(told[0].pts * told[0].time_base) == pytest.approx(0.2, abs=0.025)
        assert float(told[0].duration * told[0].time_base) == pytest.approx(0.8, abs=0.002)


def test_what_a_container_has_no_place_for_is_said(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", cover=b"\xff\xd8\xff\xd9")
    said = rewritten(source, tmp_path, suffix="mkv")[1]
    assert said == ["The cover picture 2 (mjpeg) has no place in MKV and is left out."]


@pytest.mark.parametrize(
    ("suffix", "codec", "heard"), [("mp4", "x264", "mp3"), ("webm", "vp9", "opus")]
)
def test_mp3_of_an_avi_is_copied_or_made_anew_without_a_gap(
    tmp_path: Path, suffix: str, codec: str, heard: str
) -> None:
    """An AVI counts its sound in frames of MP3, which are longer than those of other codecs."""
    source = make_clip(
        tmp_path / "a.avi",
        codec="mpeg4",
        sound=("libmp3lame",),
        time_base=Fraction(1, 25),
        frames=100,
    )
    made = rewrite(source, tmp_path, codec=codec, suffix=suffix)
    with av.open(str(made)) as clip:
        (track,) = clip.streams.audio
        assert track.codec_context.codec.canonical_name == heard
        packets = [p for p in clip.demux(track) if p.dts is not None]
        unit = track.time_base
    times = [float(p.pts * unit) for p in packets]
    gaps = np.diff(times)
    assert np.abs(gaps - np.median(gaps)).max() < 0.0021  # WebM counts in milliseconds
    assert times[-1] - times[0] == pytest.approx(4.0, abs=0.1)
    assert loudest_hertz(made, 0) == pytest.approx(440, abs=3)
