"""Pictures encoded anew in a file of their own beside the output; the rest is put to them later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.media.codecs import Encoding
from engine.media.probe import open_video
from engine.media.read import FrameReader, Run
from engine.media.streams import clock_start_s
from engine.media.tools.remux import Span, remux
from engine.media.write import Look, Segment, SegmentWriter, fitted, look_of
from engine.protocol import safe_text

PRESET = "medium"
BESIDE = frozenset({"audio", "subtitle"})
Change = Callable[[Any], Any]


@contextmanager
def encode(
    source: Path,
    part: Path,
    *,
    first: int = 0,
    stop: int | None = None,
    crf: int,
    look: Look | None = None,
    change: Change | None = None,
) -> Iterator[Segment]:
    """The frames [first, stop) of a video, each through `change`, as a file that is gone behind
    the block. `look` is what they look like then; without one the source's own.

    Raises `BadInput` when a frame can't be read: a film with a hole is no result.
    """
    now = look or look_of(source)
    with FrameReader(source, runs=[Run(first, stop)]) as reader:
        frames = ((pts, _changed(frame, change, now)) for _, pts, frame in reader.raw())
        with written(frames, part, now, crf) as segment:
            if reader.problem:
                raise BadInput(f"{safe_text(str(source))} {reader.problem}.")
            yield segment


def rejoined(source: Path, part: Path, pictures: Segment, look: Look) -> list[str]:
    """Write `part`: new pictures at their places, all else of the source; as `remux`."""
    with open_video(source) as container:
        start = clock_start_s(container)
    film = Span(
        pictures.path,
        frozenset({"video"}),
        back_s=start - pictures.first_pts * look.time_base,
        matrix=look.display_matrix,
    )
    return remux(part, [film, Span(source, BESIDE, back_s=start)])


def _changed(frame: Any, change: Change | None, look: Look) -> Any:
    return change(frame) if change else fitted(frame, look)


@contextmanager
def written(
    frames: Iterable[tuple[int, Any]], part: Path, look: Look, crf: int
) -> Iterator[Segment]:
    """Frames with their pts as an MP4 beside `part`, which is gone behind the block."""
    path = part.with_name(f"{part.stem}.pictures.mp4")
    writer = SegmentWriter(path, look, Encoding(crf=crf, preset=PRESET))
    try:
        for pts, frame in frames:
            writer.write(frame, pts)
        segment = writer.close()
    except BaseException:
        writer.abandon()
        raise
    try:
        yield segment
    finally:
        path.unlink(missing_ok=True)
