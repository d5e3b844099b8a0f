"""Which clips are converted, and what decides how they come out."""

from __future__ import annotations

import dataclasses
import hashlib
from contextlib import suppress
from pathlib import Path

import msgspec

from engine.convert.clip import Clip, landmarks_by_frame
from engine.convert.colours import NONE
from engine.convert.journal import fingerprint
from engine.convert.preflight import named
from engine.convert.ranges import ranged
from engine.convert.roles import Role, require_there, roles_of
from engine.convert.shots import clip_name, read_shots, settings_of
from engine.convert.tracks import steady_points, tracks_of
from engine.convert.who import Wanted, models_by_frame, wanted_of
from engine.errors import BadInput, FstuiError, NothingToDo
from engine.extract.footage import paths_of, read_marks
from engine.extract.queries import looked
from engine.faces.masks import Packed, stored_of
from engine.footage import content_hash
from engine.media.probe import MediaInfo, probe
from engine.media.sequence import Pictures, rate_of
from engine.project import Project
from engine.protocol import safe_text
from engine.settings import ConvertSettings
from engine.settings.convert import PREDICTED
from engine.store import Store
from engine.tables import FrameFace, Media
from engine.work import Work

METHOD = 4
"""Raised when the same settings come to make other pictures: finished clips are made anew then."""


def clips_of(work: Work, settings: ConvertSettings) -> list[Clip]:
    """The target's videos and pictures with their faces and which model paints each. Raises
    `NothingToDo` or `BadInput` if none is left; what is wrong with some of them is warned of."""
    project = work.project
    rate_of(settings.fps)  # what no clip can change is refused before any is looked at
    paths = named(footage_of(project), settings.clips)
    roles = roles_of(project, settings)
    wanted = wanted_of(project, settings, roles)
    clips, problems = [], []
    with Store(project.db_path, readonly=True) as store:
        require_there(store, roles, project.typed)
        for path in paths:
            try:
                clips.append(_clip(work, store, path, settings, wanted, roles))
            except FstuiError as error:
                problems.append(error)
    if not clips:
        raise problems[-1]
    if settings.fps and all(clip.pictures is None for clip in clips):
        raise BadInput(
            "fps is the rate of pictures, and videos have their own times: leave it out."
        )
    for problem in problems:
        work.report.warn(f"{problem} The other clips are converted.")
    return clips


def clip_of(work: Work, settings: ConvertSettings, path: Path) -> Clip:
    """One of these clips, by its footage. Raises as `clips_of` does."""
    roles = roles_of(work.project, settings)
    wanted = wanted_of(work.project, settings, roles)
    with Store(work.project.db_path, readonly=True) as store:
        require_there(store, roles, work.project.typed)
        return _clip(work, store, path, settings, wanted, roles)


def footage_by_clip(project: Project) -> dict[str, Path]:
    """Footage of the target that was extracted and is there, by the clip's name. Raises
    `NothingToDo` where there is none."""
    paths, found = footage_of(project), dict[str, Path]()
    with Store(project.db_path, readonly=True) as store:
        for path in paths:
            with suppress(OSError):
                media = store.media_by_hash(content_hash(path), "target")
                if media is not None:
                    found.setdefault(clip_name(media), path)
    if not found:
        raise not_extracted(project)
    return found


def footage_of(project: Project) -> list[Path]:
    """The target's files. Raises `NothingToDo` where there are none, or nothing is extracted."""
    paths = list(paths_of(project, "target"))
    if not paths:
        raise NothingToDo(
            f"{project.name} has no target footage: 'add {project.typed} target PATH' adds some."
        )
    if not project.db_path.exists():
        raise not_extracted(project)
    return paths


def not_extracted(project: Project) -> NothingToDo:
    """The error for a target without faces in the store."""
    return NothingToDo(f"The target isn't extracted yet: run 'extract {project.typed}'.")


def _clip(
    work: Work,
    store: Store,
    path: Path,
    settings: ConvertSettings,
    wanted: Wanted,
    roles: list[Role],
) -> Clip:
    info, shown = _probed(path, settings), safe_text(path.name)
    media_hash = content_hash(path)
    media = store.media_by_hash(media_hash, "target")
    if media is None:
        raise NothingToDo(f"{shown} isn't extracted yet: run 'extract {work.project.typed}'.")
    found = store.faces(media_id=media.id)
    rows = wanted(found)
    faces = landmarks_by_frame(rows)
    if not faces:
        which = "none of the wanted faces" if found else "no face to swap"
        raise NothingToDo(f"{shown} has {which}: every frame would stay as it is.")
    for remark in _remarks(media, faces_without_mesh(faces) and settings.mask == "oval"):
        work.report.warn(f"{shown} {remark}.")
    pictures = None if info.kind == "video" else Pictures.of(path, set(looked(store, media.id)))
    frames = len(pictures.paths) if pictures else media.frames or store.next_index(media.id)
    masks = _masks(store, rows, settings.mask, shown, work.project.name)
    name = clip_name(media)
    shots = read_shots(work.project).get(name, [])
    models = models_by_frame(rows, roles)
    clip = Clip(
        name, path, media_hash, info, frames, faces, masks, models, shots=shots, pictures=pictures
    )
    return ranged(_over_time(clip, rows, media, settings), settings)


def _probed(path: Path, settings: ConvertSettings) -> MediaInfo:
    """What a target is; pictures follow each other at the settings' rate."""
    info = probe(path)
    if info.kind != "video":
        rate = rate_of(settings.fps)
        times = {"fps_num": rate.numerator, "fps_den": rate.denominator}
        clock = {"time_base_num": rate.denominator, "time_base_den": rate.numerator}
        return msgspec.structs.replace(info, **times, **clock)
    return info


def _over_time(clip: Clip, rows: list[FrameFace], media: Media, settings: ConvertSettings) -> Clip:
    """The clip with its tracks, where something is smoothed, and its points smoothed."""
    if not (settings.smooth_points or settings.smooth_colour):
        return clip
    colours = {s.colour for s in settings_of(settings, clip.shots)}
    if settings.smooth_colour and colours == {NONE}:
        raise BadInput("Colour is none, so there are no colours to be smoothed: name a --colour.")
    marks = read_marks(media)
    tracks = tracks_of(rows, clip.shots, marks.settings.every if marks else 1)
    clip = dataclasses.replace(clip, tracks=tracks)
    if not settings.smooth_points:
        return clip
    places = sorted(place for track in tracks for place in track)
    edited = {place: bool(row.face.edited) for place, row in zip(places, rows, strict=True)}
    faces, jitter = steady_points(clip.faces, tracks, settings.smooth_points, edited)
    return dataclasses.replace(clip, faces=faces, jitter=jitter)


def _masks(
    store: Store, rows: list[FrameFace], kind: str, shown: str, project: str
) -> dict[int, list[Packed]]:
    """Stored masks by frame index; none where they are drawn or predicted."""
    masks: dict[int, list[Packed]] = {}
    if kind == PREDICTED:
        return masks
    found = stored_of(store, [row.face for row in rows], kind, shown, project)
    for row, mask in zip(rows, found, strict=True):
        if mask:
            masks.setdefault(row.idx, []).append(mask)
    return masks


def _remarks(media: Media, without_oval: bool) -> list[str]:
    marks, remarks = read_marks(media), []
    if not media.done:
        remarks.append("was extracted in part: frames behind that stay as they are")
    if marks and marks.settings.every > 1:
        remarks.append(f"was extracted every {marks.settings.every} frames: only those are swapped")
    if without_oval:
        remarks.append("has faces without a mesh: their mask is extended instead of oval")
    return remarks


def faces_without_mesh(faces: dict[int, list]) -> bool:
    """Whether a face has landmarks only."""
    return any(face.mesh is None for found in faces.values() for face in found)


def fingerprint_of(clip: Clip, settings: ConvertSettings, checkpoints: str) -> str:
    """Of all that decides what the pictures look like: footage, faces, models by the names of their
    checkpoints, settings."""
    # speed, measuring, and which other clips are converted
    pictures = msgspec.structs.replace(settings, batch=1, report="full", clips="")
    digest = hashlib.sha256()
    for index in sorted(clip.faces):
        for face in clip.faces[index]:
            digest.update(f"{index}\0".encode() + face.points.tobytes())
            digest.update(b"" if face.mesh is None else face.mesh.tobytes())
        for picture, matrix, _ in clip.masks.get(index, []):
            digest.update(picture + matrix)
        if clip.models:
            digest.update(repr(clip.models[index]).encode())
    return fingerprint(
        method=METHOD,
        source=clip.hash,
        faces=digest.hexdigest(),
        checkpoint=checkpoints,
        shots=msgspec.to_builtins(clip.shots),
        settings=msgspec.to_builtins(pictures),
    )


def project_out(project: Project) -> Path:
    """The project's folder of results, made if it is missing."""
    out = project.path / "out"
    out.mkdir(exist_ok=True)
    return out
