"""The extract step: footage of one side in, rows in faces.db and aligned crops out.

Its phases touch only what the rows lack: frames that were not looked at, faces that are stale or
have no identity, figures or masks. A run that was killed at any moment goes on by running again.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
from msgspec import structs

from engine.errors import BadInput, NothingToDo
from engine.extract import filters, flags, queries, selection
from engine.extract.crew import Crew
from engine.extract.fill import fill
from engine.extract.footage import (
    Footage,
    check_side,
    is_current,
    paths_of,
    prepare,
    reject_missing_crops,
    unfound,
)
from engine.extract.group import group
from engine.extract.look import look
from engine.extract.refresh import refresh
from engine.extract.steady import steady
from engine.faces.smooth import Shaking
from engine.settings import ExtractSettings
from engine.store import Store
from engine.tables import ALIGN, REASONS
from engine.words import counted
from engine.work import Work


def run(work: Work) -> str:
    """Extract one side of the project; the sentence that the step ends with."""
    settings = work.settings(ExtractSettings)
    selection.check(settings)
    filters.check(settings)
    side = check_side(work.step.side)
    paths = _paths(work, side)
    cv2.setNumThreads(1)  # the pool's threads are the parallel part
    with Store(work.project.db_path) as store:
        if gone := reject_missing_crops(store, work.project, side):
            work.report.event("rejected", faces=gone, side=side)
        with Crew(work, store, located(work, settings)) as crew:
            footage = _usable(crew, side, paths)
            look(crew, footage)
            tell_unfound(crew, footage)
            refresh(crew, footage, ALIGN)
            shaking = steady(crew, footage)
            refresh(crew, footage)
            flags.judge(store, crew.filters, footage)
            if fill(crew, footage):
                flags.judge(store, crew.filters, footage)
            if settings.identity:
                group(crew, side, footage)
        flags.tell(store, work.report, footage)
        return _result(store, side, len(footage), settings) + words(shaking)


def tell_unfound(crew: Crew, footage: list[Footage]) -> None:
    """Warn of edited faces that were looked for again and not found."""
    for medium in footage:
        if medium.runs and (lost := unfound(crew.store, medium.media, medium.marks)):
            crew.report.warn(
                f"{counted(len(lost), 'face')} of {medium.shown} that you edited "
                f"{'was' if len(lost) == 1 else 'were'} not found again with these settings: what "
                "you edited is kept for an extraction that finds them."
            )


def located(work: Work, settings: ExtractSettings) -> ExtractSettings:
    """The settings with the path of the faces' file as networks open it. Raises `BadInput`."""
    if not settings.faces_file:
        return settings
    return structs.replace(settings, faces_file=str(work.project.reference(settings.faces_file)))


def words(shaking: Shaking | None) -> str:
    """What smoothing did, as the end of a sentence."""
    if shaking is None:
        return ""
    return f", the points' jitter fell from {shaking.before:.2f} % to {shaking.after:.2f} %"


def _paths(work: Work, side: str) -> list[Path]:
    paths = list(paths_of(work.project, side))
    if not paths:
        project = work.project.typed
        raise NothingToDo(f"Side {side} has no footage: add some with 'add {project} {side} PATH'.")
    return paths


def _usable(crew: Crew, side: str, paths: list[Path]) -> list[Footage]:
    """The side's media, each once; what is wrong with some of them is warned of."""
    footage: dict[int, Footage] = {}
    problems: list[BadInput] = []
    settings = crew.work.settings(ExtractSettings)
    new = {path for path in paths if not is_current(crew.store, side, path, settings)}
    if new:
        crew.ready()  # what is lacking is told before any face is forgotten
    for path in paths:
        try:
            if path in new:
                crew.finder.begin(path)
            medium = prepare(crew.store, crew.work.project, side, path, settings)
        except BadInput as error:
            problems.append(error)
            continue
        footage.setdefault(medium.media.id, medium)
    if not footage:
        raise problems[-1]
    for problem in problems:
        crew.report.warn(f"{problem} The other footage of side {side} is used.")
    return list(footage.values())


def _result(store: Store, side: str, media: int, settings: ExtractSettings) -> str:
    counts = store.counts(side)
    kept = counts["faces"] - counts["rejected"]
    if not kept:
        raise NothingToDo(_nothing_kept(store, side, media, counts["frames"]))
    sentence = (
        f"side {side}: {counted(kept, 'face')} in {queries.count_frames_kept(store, side)} of"
        f" {counted(counts['frames'], 'frame')} from {counted(media, 'medium', 'media')}"
    )
    if counts["rejected"]:
        sentence += f", {counts['rejected']} rejected"
    if not settings.identity:
        return sentence
    return f"{sentence}, {counted(queries.count_people(store, side), 'person', 'people')}"


def _nothing_kept(store: Store, side: str, media: int, frames: int) -> str:
    """Why a side has no face to work with, and what to do."""
    reasons: Counter[str] = Counter()
    for medium in store.media(side):
        reasons.update(queries.rejections(store, medium.id))
    where = f"in {counted(frames, 'frame')} of {counted(media, 'medium', 'media')}"
    if not reasons:
        return (
            f"Side {side}: no face was found {where}: add footage that shows one, or lower the "
            "settings confidence or presence."
        )
    if set(reasons) == {flags.FRAMES}:
        return (
            f"Side {side}: the settings frames, times and every leave out all {frames} frames that "
            "were looked at and name no other."
        )
    each = ", ".join(f"{count} {REASONS.get(by, by)}" for by, count in reasons.most_common())
    return (
        f"Side {side}: every face {where} is rejected ({each}): take faces back, loosen what "
        "rejects them, or add footage."
    )
