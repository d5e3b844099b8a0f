"""The import step: faces that another program found, into faces.db, cropped anew from the frames.

Geometry comes from the landmarks, so only boxes, landmarks, masks and identities are taken over.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np

from engine import settings
from engine.errors import BadInput, Damaged, NothingToDo, Stopped, from_os_error
from engine.extract.flow import ahead, batched, ordered
from engine.extract.footage import Marks, add_medium, check_side, folder_name, paths_of
from engine.faces import crops, quality
from engine.faces.geometry import Alignment, align
from engine.faces.masks import pack
from engine.footage import content_hash
from engine.interop import collect, masknames
from engine.interop.entries import Alignments, Face, FrameEntry
from engine.interop.frames import FrameNames, matches
from engine.media.probe import MediaInfo, pictures_in, probe
from engine.media.read import Frame, FrameReader
from engine.project import Project
from engine.protocol import safe_text
from engine.settings import ExtractSettings
from engine.store import Store
from engine.tables import Media
from engine.words import counted
from engine.work import Work

BATCH = 16
UNFINISHED = '{"import":"unfinished"}'
"""What `media.settings` holds until an import is whole: an extraction then starts anew."""
PREFERRED_IDENTITY = "dlib-resnet"


class ImportSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to import."""

    file: str
    """A .fsa, a .json, a face picture or a folder of them: the user named it."""
    media: str = ""
    """Name of the footage it belongs to; empty finds it by the frames' names."""
    replace: bool = False
    """Throw away the faces that the footage has already."""


@dataclass
class Aim:
    """One piece of footage and the entries of its frames."""

    path: Path
    hash: str
    info: MediaInfo
    entries: dict[int, FrameEntry]
    names: set[str]
    """The entries' own names."""


@dataclass
class Cut:
    """A frame with its faces ready to store."""

    index: int
    pts: int
    faces: list[tuple[Face, bytes, dict[str, Any]]]
    """Face, JPEG of its crop, figures."""


def run(work: Work) -> str:
    """Import one file into a side; the sentence that the step ends with."""
    wanted = request(work)
    side = check_side(work.step.side)
    work.report.phase("reading the file")
    alignments = collect.read(Path(wanted.file), work.report.warn)
    if alignments.skipped:
        work.report.warn(f"Left out: {counted(alignments.skipped, 'face')} without 68 landmarks.")
    aims = aims_of(work.project, side, alignments, wanted.media)
    made = settings.read(ExtractSettings, work.project.settings("extract"))
    cv2.setNumThreads(1)  # the pool's threads are the parallel part
    with Store(work.project.db_path) as store:
        if not wanted.replace:
            refuse_to_replace(store, side, aims)
        rows = [open_media(store, work.project, side, aim) for aim in aims]
        total = sum(a.info.frames or 0 for a in aims) or None
        importer = Importer(work, store, made, alignments, total)
        faces = sum(importer.medium(aim, row) for aim, row in zip(aims, rows, strict=True))
    left = len(alignments.frames) - sum(len(a.names) for a in aims)
    if left:
        work.report.warn(f"{left} frames of the file are of other footage and were left out.")
    if not faces:
        raise NothingToDo("No face of the file lies in a frame of this footage.")
    media = counted(len(aims), "medium", "media")
    return f"side {side}: {counted(faces, 'face')} imported into {media}"


def request(work: Work) -> ImportSettings:
    """What the job asks for; a path and names, which no project sets defaults for."""
    try:
        return msgspec.convert(work.step.settings, ImportSettings)
    except msgspec.ValidationError as error:
        raise Damaged(f"The job {work.folder.name} can't be used: {error}.") from error


# --- which footage ---------------------------------------------------------------------------


def aims_of(project: Project, side: str, alignments: Alignments, media: str) -> list[Aim]:
    """The footage whose frames the file names. Raises `BadInput`, `NothingToDo`."""
    paths = list(paths_of(project, side))
    if not paths:
        raise NothingToDo(
            f"Side {side} has no footage: add what the faces were found in with "
            f"'add {project.typed} {side} PATH'."
        )
    if media:
        paths = [p for p in paths if media in (p.name, p.stem, folder_name(p), str(p))]
        if not paths:
            raise BadInput(f"Side {side} has no footage called '{safe_text(media)}'.")
    known = [_aim(path, alignments, bare=len(paths) == 1) for path in paths]
    aims = list({aim.hash: aim for aim in known if aim.entries}.values())
    if not aims:
        example = safe_text(next(iter(alignments.frames)))[:80]
        raise BadInput(
            f"No frame of the file is of the footage of side {side}: it names frames like "
            f"'{example}', and a video's are its name, _ and a number."
        )
    claimed: set[str] = set()
    for aim in aims:
        if claimed & aim.names:
            raise BadInput("The file's frames fit more than one medium: say which with --media.")
        claimed |= aim.names
        _check_size(aim, alignments)
    return aims


def _aim(path: Path, alignments: Alignments, *, bare: bool) -> Aim:
    info = probe(path)
    pictures = {"video": [], "image": [path]}.get(info.kind)
    known = FrameNames.of(path, pictures_in(path) if pictures is None else pictures)
    found = matches(alignments.frames, known, bare=bare)
    entries: dict[int, FrameEntry] = {}
    for name, index in found.items():
        entries.setdefault(index, FrameEntry()).faces.extend(alignments.frames[name].faces)
    return Aim(path, content_hash(path), info, entries, set(found))


def _check_size(aim: Aim, alignments: Alignments) -> None:
    here = aim.info.width, aim.info.height
    if alignments.size and alignments.size != here:
        raise BadInput(
            f"The faces were found in frames of {alignments.size[0]}x{alignments.size[1]}, and "
            f"{safe_text(aim.path.name)} has {here[0]}x{here[1]}: it is other footage."
        )


def refuse_to_replace(store: Store, side: str, aims: list[Aim]) -> None:
    """Raise `BadInput` if a medium has faces, but for those of an import that was cut off."""
    for aim in aims:
        media = store.media_by_hash(aim.hash, side)
        if media is None or media.settings == UNFINISHED:
            continue
        if known := len(store.faces(media_id=media.id, rejected=None)):
            raise BadInput(
                f"{safe_text(aim.path.name)} has {known} faces on side {side} already: "
                "--replace throws them away for the file's."
            )


def open_media(store: Store, project: Project, side: str, aim: Aim) -> Media:
    """The medium's row, emptied and marked as unfinished."""
    with store.batch():
        media = add_medium(store, project, side, aim.path, aim.hash, aim.info)
        store.clear_media(media.id)
        store.set_media(media.id, settings=UNFINISHED)
    return media


# --- the frames ------------------------------------------------------------------------------


class Importer:
    """Reads frames, crops the file's faces out of them, commits batches."""

    def __init__(
        self,
        work: Work,
        store: Store,
        made: ExtractSettings,
        alignments: Alignments,
        total: int | None,
    ) -> None:
        self._work, self._store, self._made = work, store, made
        self._by, self._total = alignments.made_by, total
        self._done = 0

    def medium(self, aim: Aim, media: Media) -> int:
        """All frames of one medium; how many faces came in."""
        folder = self._work.project.inside(f"faces/{media.side}/{media.name}")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise from_os_error(error, f"making the folder {folder}") from error
        faces = 0
        workers = os.cpu_count() or 1
        with FrameReader(aim.path) as reader, ThreadPoolExecutor(workers, "cut") as pool:
            decoded = ahead(iter(reader), 4)
            cut = ordered(pool, self._cutter(aim.entries), decoded, workers + 2)
            with closing(decoded), closing(cut):
                for batch in batched(cut, BATCH):
                    faces += self._commit(batch, media, folder)
                    self._tell(batch, aim)
            self._finish(aim, media, reader, faces)
        return faces

    def _cutter(self, entries: dict[int, FrameEntry]) -> Callable[[Frame], Cut]:
        size = self._made.size

        def cut(frame: Frame) -> Cut:
            height, width = frame.rgb.shape[:2]
            faces = []
            for face in entries[frame.index].faces if frame.index in entries else []:
                if not touches(face, width, height):
                    continue
                alignment = align(face.points)
                crop = crops.cut(frame.rgb, alignment, size)
                faces.append((face, crops.encode_jpeg(crop), figures(face, crop, alignment)))
            return Cut(frame.index, frame.pts, faces)

        return cut

    def _commit(self, batch: list[Cut], media: Media, folder: Path) -> int:
        """Crops to disk first, then the rows that name them."""
        root, written = self._work.project.path, []
        for frame in batch:
            for n, (_, jpeg, _) in enumerate(frame.faces):
                written.append(folder / f"{frame.index:06d}_{n}.jpg")
                crops.write_synced(written[-1], jpeg)
        crops.sync_folders(written)
        names = iter(written)
        with self._store.batch():
            for frame in batch:
                row = self._store.add_frame(media.id, frame.index, frame.pts)
                for n, (face, _, values) in enumerate(frame.faces):
                    crop = next(names).relative_to(root).as_posix()
                    found = self._store.add_face(
                        row,
                        n,
                        **values,
                        detector=self._by,
                        aligner=self._by,
                        crop=crop,
                        crop_size=self._made.size,
                    )
                    self._add_masks(found, face)
        return len(written)

    def _add_masks(self, row: int, face: Face) -> None:
        names = masknames.ours(face.masks)
        for name, mask in face.masks.items():
            self._store.add_mask(row, names[name], *pack(mask.picture, mask.matrix))

    def _tell(self, batch: list[Cut], aim: Aim) -> None:
        self._done += len(batch)
        total = None if self._total is None else max(self._total, self._done)
        self._work.report.progress(self._done, total, "frame", media=safe_text(aim.path.name))
        if self._work.control.stopping:
            raise Stopped("stopped: run the same import again, it begins anew")

    def _finish(self, aim: Aim, media: Media, reader: FrameReader, faces: int) -> None:
        """Say what did not fit, and mark the medium as looked at."""
        shown, frames = safe_text(aim.path.name), reader.last_index + 1
        if reader.problem:
            self._work.report.warn(f"{shown} {reader.problem}: what could be read is used.")
        given = sum(len(e.faces) for e in aim.entries.values())
        if faces < given:
            self._work.report.warn(
                f"{given - faces} faces of the file lie outside of {shown}'s {frames} frames."
            )
        kept = msgspec.structs.replace(self._made, batch=ExtractSettings().batch)
        marks = msgspec.json.encode(Marks(kept)).decode()
        with self._store.batch():
            self._store.set_media(media.id, done=1, frames=frames, settings=marks)


def touches(face: Face, width: int, height: int) -> bool:
    """Whether any landmark is in the frame, and they are more than a dot."""
    x, y = face.points.T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return bool(inside.any()) and float(np.ptp(face.points, axis=0).min()) > 1.0


def figures(face: Face, crop: np.ndarray, alignment: Alignment) -> dict[str, Any]:
    """The columns of a face's row that follow from the file and the crop."""
    yaw, pitch, roll = alignment.pose
    measured = quality.measure(crop, alignment)
    network = identity_name(face)
    return {
        "left": face.left,
        "top": face.top,
        "right": face.left + face.width,
        "bottom": face.top + face.height,
        "score": 1.0,  # the file has none
        "points": np.ascontiguousarray(face.points, "<f4").tobytes(),
        "yaw": yaw,
        "pitch": pitch,
        "roll": roll,
        "size": alignment.size,
        "misalignment": alignment.misalignment,
        **measured._asdict(),
        "identity": face.identity[network].astype("<f4").tobytes() if network else None,
        "identity_network": network,
    }


def identity_name(face: Face) -> str | None:
    """Whose embedding is kept of several: ours, else the file's first."""
    if PREFERRED_IDENTITY in face.identity:
        return PREFERRED_IDENTITY
    return next(iter(face.identity), None)
