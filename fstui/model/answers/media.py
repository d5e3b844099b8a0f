"""What `media` answers with: a film's streams, chapters and tags, its rate."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from fstui.model.answers import Answer


class SoundAnswer(Answer, frozen=True):
    """A sound track."""

    index: int
    """Of the stream in the container."""
    codec: str
    language: str
    """ISO 639-2, empty if it isn't said."""


class ColoursAnswer(Answer, frozen=True):
    """Colour tags, as numbers of ITU-T H.273."""

    matrix: int
    range: int
    primaries: int
    transfer: int


class StreamAnswer(Answer, frozen=True):
    """A stream; pictures and sound have fields of their own."""

    index: int
    type: str
    codec: str
    language: str
    title: str
    start_s: float | None
    duration_s: float | None
    bit_rate: int | None
    """Bits a second."""
    width: int | UnsetType = UNSET
    """Pixels, as stored."""
    height: int | UnsetType = UNSET
    pixel_format: str | UnsetType = UNSET
    rate: str | UnsetType = UNSET
    """Frames a second as a fraction."""
    sample_aspect: str | UnsetType = UNSET
    colours: ColoursAnswer | UnsetType = UNSET
    rate_hz: int | UnsetType = UNSET
    layout: str | UnsetType = UNSET
    """Of the sound's channels."""


class ChapterAnswer(Answer, frozen=True):
    """A chapter."""

    start_s: float
    end_s: float
    title: str


class MediaAnswer(Answer, frozen=True):
    """`media info FILE --json`."""

    kind: str
    """video, images or image."""
    width: int
    """Pixels, after rotation."""
    height: int
    fps_num: int
    fps_den: int
    time_base_num: int
    time_base_den: int
    frames: int | None
    """As the container declares."""
    duration_s: float | None
    rotation: int
    """Degrees clockwise."""
    codec: str
    pixel_format: str
    container: str
    audio: list[SoundAnswer]
    vfr: bool
    """Whether the frames' distances vary."""
    note: str
    streams: list[StreamAnswer]
    chapters: list[ChapterAnswer]
    metadata: dict[str, str]
    problem: str | None
    """What is wrong with it, words that go on after "the film"."""
    bytes: int | UnsetType = UNSET
    """Of a video."""
    bit_rate: int | UnsetType | None = UNSET


class RateAnswer(Answer, frozen=True):
    """`media fps FILE --json`."""

    rate: str
    """As declared, a fraction."""
    fps: float
    measured_fps: float | None
    """None with fewer than two frames."""
    frames: int
    varies: bool
    shortest_s: float | None
    longest_s: float | None
