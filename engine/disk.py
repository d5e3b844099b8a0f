"""Room on the disk: what is free, what a workspace holds, and about what a job will add.

The rules were measured on the sample footage (docs/queue.md). Light: no stage is imported.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from engine.errors import FstuiError, NoSpace, from_os_error
from engine.launch import ask
from engine.project import Project, Source
from engine.protocol import Job
from engine.settings import ConvertSettings, ExtractSettings, TrainSettings, read
from engine.settings.user import UserSettings
from engine.store import Store
from engine.train import sets

GB = 1e9
FACE_BYTES = 64_000
"""A crop of 512 px as JPEG of quality 95 (57 kB) with its row, points and masks in the store."""
FRAME_BYTES = 10_000
"""A frame of ordinary video: how many frames footage has that can't be asked."""
OUTPUT_FACTOR = 3.0
"""Converted videos by the size of their sources: 1.4 came out, and while they are joined the
pieces are there too."""
REPORT_BYTES = 5_000_000
"""Report page, contact sheet and worst frames of one clip."""
PICTURE_BYTES = 3
"""Bytes a pixel of a frame that is written as a picture, at most."""
JOB_BYTES = 1_000_000
"""Events, log and previews of any job."""
ASK_PATIENCE_S = 30.0
USAGE_AGE_S = 60.0


def disk_use(path: Path) -> int:
    """Bytes of a folder on disk; walks it, so not for each repaint."""
    return sum(_file_bytes(path))


def _file_bytes(path: Path) -> Iterator[int]:
    """Bytes on disk of each file of a folder, as it is walked."""
    for folder, _, names in os.walk(path, onerror=lambda _: None):
        for name in names:
            try:
                yield os.lstat(os.path.join(folder, name)).st_blocks * 512
            except OSError:
                continue


class Count:
    """Bytes of a folder on disk, counted a while at a time: many faces take seconds."""

    def __init__(self, path: Path) -> None:
        self._files = _file_bytes(path)
        self.bytes = 0
        """So far."""

    def go_on(self, for_s: float) -> bool:
        """Count on for a while; whether all is counted."""
        until = time.monotonic() + for_s
        for size in self._files:
            self.bytes += size
            if time.monotonic() >= until:
                return False
        return True


class Usage:
    """What a workspace holds, counted again after a while: many faces take seconds to count."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self._bytes = 0
        self._counted = -USAGE_AGE_S

    def bytes(self) -> int:
        """Bytes on disk, at most a minute old."""
        now = time.monotonic()
        if now - self._counted >= USAGE_AGE_S:
            self._counted, self._bytes = now, disk_use(self.workspace)
        return self._bytes


def gigabytes(number: float) -> str:
    """`1.40 GB`, in powers of ten."""
    return f"{number / GB:.2f} GB"


# --- what is there ---


def no_room(folder: Path, needs: int, settings: UserSettings) -> str:
    """Why so many bytes have no room on a folder's disk, with the figures; empty where they have.

    Raises `BadInput` or its like where the disk doesn't answer."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise from_os_error(error, f"asking for the room in {folder}") from error
    spare = settings.spare_gb * GB
    if needs + spare <= free:
        return ""
    beside = f" and {gigabytes(spare)} are to stay free" if spare else ""
    return f"it needs about {gigabytes(needs)}, {gigabytes(free)} are free{beside}"


def over_quota(usage: Usage, needs: int, settings: UserSettings) -> str:
    """The same for the user's quota of a workspace."""
    if not settings.quota_gb:
        return ""
    used = usage.bytes()
    if used + needs <= settings.quota_gb * GB:
        return ""
    return (
        f"it needs about {gigabytes(needs)}, and the workspace holds {gigabytes(used)} of its "
        f"quota of {settings.quota_gb:g} GB"
    )


def keep_quota(project: Project, job: Job, settings: UserSettings) -> None:
    """Raise `NoSpace` with the figures where a job would outgrow the quota."""
    if not settings.quota_gb:
        return
    if why := over_quota(Usage(project.path.parent), needs_bytes(project, job), settings):
        raise NoSpace(
            f"This {job.kind} has no room: {why}. 'clean {project.typed}' shows what can go, "
            "'--queue' keeps the job until there is room."
        )


# --- what a job adds ---


def needs_bytes(project: Project, job: Job) -> int:
    """About what a job adds to the disk; what isn't known beforehand counts nothing. Footage that
    was not extracted yet is opened by a process of the engine."""
    total = JOB_BYTES
    for step in job.steps:
        values = {**project.settings(step.stage), **step.settings}
        try:
            if step.stage == "extract":
                total += _extract(project, step.side, read(ExtractSettings, values).every)
            elif step.stage == "train":
                total += _train(project, read(TrainSettings, values).keep)
            elif step.stage == "convert":
                total += _convert(project, read(ConvertSettings, values).writer == "video")
        except (FstuiError, OSError):
            continue  # the job itself will say what is wrong
    return total


def _extract(project: Project, side: str | None, every: int) -> int:
    """A face in each frame of the footage that was not looked at to its end."""
    try:
        with Store(project.db_path, readonly=True) as store:
            done = {m.hash for m in store.media(side) if m.done}
    except FstuiError:
        done = set()  # no store yet
    todo = [s for s in project.sources(side) if s.hash not in done]
    return sum(_frames(project, todo)) // every * FACE_BYTES


def _frames(project: Project, sources: list[Source]) -> list[int]:
    """How many frames each source has, by its container's word, else by its size."""
    paths = [str(project.source_path(source)) for source in sources]
    try:
        said = ask("media", *paths, patience_s=ASK_PATIENCE_S) if paths else []
    except FstuiError:
        return [source.size // FRAME_BYTES for source in sources]
    return [
        m["frames"] or int((m["duration_s"] or 0.0) * m["fps_num"] / m["fps_den"]) for m in said
    ]


def _train(project: Project, keep: int) -> int:
    """Saves that are still to come, by the size of the newest; before the first one the training
    itself foretells it, and stops where there is no room."""
    there = sets.checkpoints(project.path / "model")
    if not there:
        return 0
    # One more than is kept is there while it is written.
    return disk_use(there[0]) * max(1, keep + 1 - len(there))


def _convert(project: Project, as_video: bool) -> int:
    """The videos, or the pictures of their frames, and the reports."""
    sources = project.sources("target")
    reports = len(sources) * REPORT_BYTES
    if as_video:
        return int(sum(s.size for s in sources) * OUTPUT_FACTOR) + reports
    hashes = {s.hash for s in sources}
    with Store(project.db_path, readonly=True) as store:
        media = [m for m in store.media("target") if m.hash in hashes]
    return sum(m.width * m.height * (m.frames or 0) for m in media) * PICTURE_BYTES + reports
