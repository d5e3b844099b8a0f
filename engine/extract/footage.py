"""The media of a side: their rows, and what of them is still to be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from engine.errors import BadInput, from_os_error
from engine.extract import queries
from engine.extract.plan import Change
from engine.extract.selection import Selection
from engine.faces.boxes import SAME_FACE, Box, overlap
from engine.footage import VIDEO_SUFFIXES, content_hash, media_in
from engine.media.probe import MediaInfo, pictures_in, probe
from engine.media.read import Run
from engine.project import Project
from engine.protocol import safe_text
from engine.settings import ExtractSettings
from engine.store import Store
from engine.tables import ALIGN, CROP, KEPT, USER, Media

SAME_PICTURE = 0.98
"""Overlap of boxes that one picture gives: in a folder that changed a frame may show another."""


class Edit(msgspec.Struct, frozen=True):
    """What the user made of a face by hand; it is put on the face that is found in its place."""

    index: int
    """Of its frame."""
    box: Box
    points: bytes
    """As `Face.points`."""
    mask: tuple[bytes, bytes, int] | None = None
    """The painted one, as `Store.mask` gives it."""
    same: float = SAME_FACE
    """Overlap of boxes above which a found face is this one."""

    def place(self, boxes: Sequence[Box]) -> int | None:
        """Which of the boxes of its frame is this face's, if one is."""
        shared = [overlap(self.box, box) for box in boxes]
        best = max(shared, default=0.0)
        return shared.index(best) if best > self.same else None


class Marks(msgspec.Struct):
    """What `media.settings` holds: how a medium was looked at, and what the user decided."""

    settings: ExtractSettings
    rejected: list[tuple[int, Box]] = []
    """Frame index and box of faces that the user threw out before it was looked at again."""
    kept: list[tuple[int, Box]] = []
    """The same of faces that the user keeps whatever the filters say."""
    edited: list[Edit] = []
    """The faces that the user edited before it was looked at again."""

    def decision(self, index: int, box: Box) -> str | None:
        """`USER` or `KEPT` for a face that the user decided about."""
        for decision, faces in ((USER, self.rejected), (KEPT, self.kept)):
            if any(i == index and overlap(box, b) > SAME_FACE for i, b in faces):
                return decision
        return None


@dataclass
class Footage:
    """One medium of a side: its row, what it is, and what is still to be looked at."""

    path: Path
    info: MediaInfo
    media: Media
    marks: Marks
    selection: Selection
    runs: list[Run]
    """Frames that are still to be looked at; empty when there are none."""
    left: int | None
    """How many that are, if it is known."""

    @property
    def shown(self) -> str:
        """Its file name, safe to print."""
        return safe_text(self.path.name)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of its frames, px."""
        return self.media.width, self.media.height


def paths_of(project: Project, side: str) -> Iterator[Path]:
    """Videos, pictures and folders of pictures; a folder's videos one by one."""
    for source in project.sources(side):
        path = project.source_path(source)
        if not path.is_dir():
            yield path
            continue
        if pictures_in(path):
            yield path
        yield from (p for p in media_in(path) if p.suffix.lower() in VIDEO_SUFFIXES)


def prepare(
    store: Store, project: Project, side: str, path: Path, settings: ExtractSettings
) -> Footage:
    """The medium's row, made or found, and brought to these settings: what they change is marked
    as to be made anew, in one transaction.

    Raises `BadInput` when the medium can't be used.
    """
    info = probe(path)
    selection = Selection.of(settings, path, info)
    try:
        medium_hash = content_hash(path)
    except OSError as error:
        raise from_os_error(error, f"reading {safe_text(str(path))}") from error
    with store.batch():
        if path.is_dir():
            _forget_older(store, side, path_in(project, path), medium_hash)
        media = add_medium(store, project, side, path, medium_hash, info)
        before = read_marks(media)
        marks = _marked(store, media, before, _relevant(settings))
        media = store.media_by_id(media.id)
        if media.frames is not None:  # what was read counts more than what the container says
            selection = replace(selection, frames=media.frames, expected=media.frames)
        seen = queries.looked(store, media.id)
        again = before is None or Change.between(before.settings, marks.settings).select
        runs = list(selection.runs(seen)) if again or not media.done else []
        store.set_media(media.id, done=int(not runs))
    return Footage(
        path, info, media, marks, selection, runs, selection.count_left(seen) if runs else 0
    )


def is_current(store: Store, side: str, path: Path, settings: ExtractSettings) -> bool:
    """Whether a medium was looked at to its end with exactly these settings: no network is loaded
    for it then, but for what rows of its faces turn out to lack."""
    try:
        media = store.media_by_hash(content_hash(path), side)
    except OSError:
        return False  # `prepare` says why
    marks = read_marks(media) if media is not None and media.done else None
    return marks is not None and marks.settings == _relevant(settings)


def _marked(store: Store, media: Media, before: Marks | None, settings: ExtractSettings) -> Marks:
    """The medium's marks with these settings; what they change is forgotten or marked stale."""
    if before is None:
        marks = Marks(settings)
        _look_again(store, media, marks)
        return marks
    change = Change.between(before.settings, settings)
    marks = msgspec.structs.replace(before, settings=settings)
    if change.look:
        marks = decided(store, media, marks)
        _look_again(store, media, marks)
        return marks
    if change.group:
        queries.forget_people(store, media.id)
    if change.smooth:
        queries.restore_raw(store, media.id)
    if change.align or change.crop:
        queries.make_stale(store, media.id, ALIGN if change.align else CROP)
    if marks != before:
        store.set_media(media.id, settings=msgspec.json.encode(marks).decode())
    return marks


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


def decided(store: Store, media: Media, before: Marks, same: float = SAME_FACE) -> Marks:
    """The marks with what the user decided about a medium's faces and made of them, earlier ones
    included. `same` is the overlap by which edited faces are known again."""
    rejected, kept = (queries.decided(store, media.id, by) for by in (USER, KEPT))
    now = Marks(before.settings, rejected, kept)
    rejected = rejected + [face for face in before.rejected if not now.decision(*face)]
    kept = kept + [face for face in before.kept if not now.decision(*face)]
    edited = [Edit(*row, same=same) for row in queries.edited(store, media.id)]
    return Marks(before.settings, rejected, kept, edited + unfound(store, media, before))


def unfound(store: Store, media: Media, marks: Marks) -> list[Edit]:
    """Edited faces in whose places no face was found since."""
    boxes = queries.boxes(store, media.id, {edit.index for edit in marks.edited})
    return [edit for edit in marks.edited if edit.place(boxes.get(edit.index, [])) is None]


def reject_missing_crops(store: Store, project: Project, side: str) -> int:
    """Mark faces whose crop the user deleted as thrown out; how many there are.

    Crops are on disk before the row that names them, so a missing one was deleted.
    """
    gone: list[int] = []
    folders: dict[Path, set[str]] = {}
    for face, name in queries.crops(store, side):
        crop = project.inside(name)
        if crop.parent not in folders:
            folders[crop.parent] = _names(crop.parent)
        if crop.name not in folders[crop.parent]:
            gone.append(face)
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
                _look_again(store, media, decided(store, media, marks, SAME_PICTURE))


def _look_again(store: Store, media: Media, marks: Marks) -> None:
    """Forget a medium's faces: all of it is looked at anew."""
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
