"""Which media of a side are to be looked at, and from where on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.errors import BadInput, from_os_error
from engine.faces.boxes import SAME_FACE, Box, overlap
from engine.media.probe import MediaInfo, pictures_in, probe
from engine.project import Project, content_hash, media_in
from engine.protocol import safe_text
from engine.settings import ExtractSettings
from engine.store import Media, Store


class Marks(msgspec.Struct):
    """What `media.settings` holds: how a medium was looked at, and which faces stay rejected."""

    settings: ExtractSettings
    rejected: list[tuple[int, Box]] = []
    """Frame index and box of faces that the user threw out before it was looked at again."""

    def is_rejected(self, index: int, box: Box) -> bool:
        """Whether the user threw this face out."""
        return any(i == index and overlap(box, b) > SAME_FACE for i, b in self.rejected)


@dataclass
class Footage:
    """One medium of a side: its row, what it is, and where to go on."""

    path: Path
    info: MediaInfo
    media: Media
    marks: Marks
    start: int
    """Index of the first frame to look at."""

    @property
    def shown(self) -> str:
        """Its file name, safe to print."""
        return safe_text(self.path.name)

    def frames_left(self, every: int) -> int | None:
        """How many frames are still to be looked at, if it is known."""
        total = expected_frames(self.info)
        return None if total is None else max(0, -(-(total - self.start) // every))


def expected_frames(info: MediaInfo) -> int | None:
    """Frames by the container's word, else by duration and rate."""
    if info.frames is not None:
        return info.frames
    return round(info.duration_s * info.fps) if info.duration_s else None


def paths_of(project: Project, side: str) -> Iterator[Path]:
    """Videos, pictures and folders of pictures; a folder's videos one by one."""
    for source in project.sources(side):
        path = project.source_path(source)
        if not path.is_dir():
            yield path
            continue
        pictures = pictures_in(path)
        if pictures:
            yield path
        yield from (p for p in media_in(path) if p not in pictures)


def prepare(
    store: Store, project: Project, side: str, path: Path, settings: ExtractSettings
) -> Footage | None:
    """The medium's row, made or found; None if it was looked at with these settings to its end.

    Raises `BadInput` when the medium can't be used.
    """
    info = probe(path)
    try:
        medium_hash = content_hash(path)
    except OSError as error:
        raise from_os_error(error, f"reading {safe_text(str(path))}") from error
    with store.batch():
        if path.is_dir():
            _forget_older(store, side, path_in(project, path), medium_hash)
        media = add_medium(store, project, side, path, medium_hash, info)
        marks = read_marks(media)
        if marks is not None and marks.settings == _relevant(settings):
            if media.done:
                return None
        else:
            marks = Marks(_relevant(settings), rejected_boxes(store, media, marks))
            store.clear_media(media.id)
            store.set_media(media.id, settings=msgspec.json.encode(marks).decode())
    begun = store.next_index(media.id)
    start = -(-begun // settings.every) * settings.every
    return Footage(path, info, media, marks, start)


def path_in(project: Project, path: Path) -> str:
    """A path as faces.db keeps it: relative to the project for footage inside it."""
    return str(path.relative_to(project.path) if path.is_relative_to(project.path) else path)


def add_medium(
    store: Store, project: Project, side: str, path: Path, medium_hash: str, info: MediaInfo
) -> Media:
    """The row of a medium, made or found by its content. Call it inside a batch."""
    return store.add_media(
        hash=medium_hash,
        path=path_in(project, path),
        side=side,
        name=folder_name(path),
        width=info.width,
        height=info.height,
        time_base_num=info.time_base_num,
        time_base_den=info.time_base_den,
        fps_num=info.fps_num,
        fps_den=info.fps_den,
    )


def read_marks(media: Media) -> Marks | None:
    """How a medium was looked at; None for a new one."""
    try:
        return msgspec.json.decode(media.settings, type=Marks)
    except msgspec.MsgspecError:
        return None


def rejected_boxes(store: Store, media: Media, before: Marks | None) -> list[tuple[int, Box]]:
    """The rejected faces of a medium, those of earlier settings included."""
    boxes = list(before.rejected) if before else []
    for found in store.faces(media_id=media.id, rejected=True):
        face = found.face
        boxes.append((found.idx, (face.left, face.top, face.right, face.bottom)))
    return boxes


def reject_missing_crops(store: Store, project: Project, side: str) -> int:
    """Mark faces whose crop the user deleted as rejected; how many there are.

    Crops are on disk before the row that names them, so a missing one was deleted.
    """
    gone: list[int] = []
    folders: dict[Path, set[str]] = {}
    for found in store.faces(side=side):
        if found.face.crop is None:
            continue
        crop = project.inside(found.face.crop)
        if crop.parent not in folders:
            folders[crop.parent] = _names(crop.parent)
        if crop.name not in folders[crop.parent]:
            gone.append(found.face.id)
    if gone:
        with store.batch():
            store.reject(gone)
    return len(gone)


def folder_name(path: Path) -> str:
    """A medium's name as the name of its crops' folder."""
    name = safe_text(path.name if path.is_dir() else path.stem).replace("\\", "_").strip()
    name = name.encode()[:100].decode(errors="ignore").lstrip(".-").strip()
    return name or "media"


def _relevant(settings: ExtractSettings) -> ExtractSettings:
    """Settings without what doesn't change the result."""
    return msgspec.structs.replace(settings, batch=ExtractSettings().batch)


def _forget_older(store: Store, side: str, path: str, medium_hash: str) -> None:
    """A folder of pictures that changed since is the same medium: its row takes the new hash."""
    if store.media_by_hash(medium_hash, side):
        return
    for media in store.media(side):
        if media.path == path:
            marks = read_marks(media)
            store.set_media(media.id, hash=medium_hash, done=0)
            if marks is not None:
                _look_again(store, media, marks)


def _look_again(store: Store, media: Media, marks: Marks) -> None:
    marks = Marks(marks.settings, rejected_boxes(store, media, marks))
    store.clear_media(media.id)
    store.set_media(media.id, settings=msgspec.json.encode(marks).decode())


def _names(folder: Path) -> set[str]:
    try:
        return {p.name for p in folder.iterdir()}
    except FileNotFoundError:
        return set()


def check_side(side: str | None) -> str:
    """The side of an extract step. Raises `BadInput`."""
    if side not in ("a", "b", "target"):
        raise BadInput(f"Extract needs a side, a, b or target, not '{safe_text(str(side))}'.")
    return side
