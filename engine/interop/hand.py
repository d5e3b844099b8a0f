"""Export: the kept faces of footage, out of faces.db, as .fsa, JSON or face PNGs."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine.errors import BadInput, FstuiError, NothingToDo, from_os_error
from engine.extract.footage import check_side
from engine.faces import crops
from engine.faces.geometry import align, scale_of, transform
from engine.faces.masks import stored
from engine.footage import IMAGE_SUFFIXES, VIDEO_SUFFIXES, content_hash
from engine.interop import facejson, fsa, masknames, png
from engine.interop.entries import Alignments, Centring, Face, FrameEntry, Mask
from engine.interop.frames import frame_name, plain_name
from engine.media.probe import pictures_in
from engine.project import Project
from engine.protocol import safe_text
from engine.store import Store
from engine.tables import FrameFace, Media
from engine.words import counted

FORMS = ("fsa", "json", "png")
THUMB_PX = 96
THUMB_QUALITY = 60


def hand(
    project: Project, side: str, form: str, out: Path | None = None, name: str = ""
) -> dict[str, Any]:
    """Write every medium of a side, or the one called `name`; what was written where.

    `out` is a folder; by default `out/export/<side>/` in the project. Raises `BadInput`,
    `NothingToDo`.
    """
    check_side(side)
    if form not in FORMS:
        raise BadInput(f"'{safe_text(form)}' is no form to export to: there is {', '.join(FORMS)}.")
    out = out or project.path / "out" / "export" / side
    with Store(project.db_path, readonly=True) as store:
        media = [m for m in store.media(side) if not name or name in (m.name, Path(m.path).name)]
        if name and not media:
            raise BadInput(f"Side {side} has no extracted footage called '{safe_text(name)}'.")
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise from_os_error(error, f"making the folder {out}") from error
        export = Export(project, store, out)
        for medium in media:
            export.medium(medium, form)
    if not export.faces:
        raise NothingToDo(
            f"Side {side} has no faces to export: 'extract {project.typed}' finds them."
        )
    return {"faces": export.faces, "files": export.files, "warnings": export.warnings}


class Export:
    """The media of one side on their way out."""

    def __init__(self, project: Project, store: Store, out: Path) -> None:
        self._project, self._store, self._out = project, store, out
        self.faces = 0
        self.files: list[str] = []
        self.warnings: list[str] = []

    def medium(self, media: Media, form: str) -> None:
        """Write one medium; one without kept faces is left out."""
        rows = self._store.faces(media_id=media.id)
        if not rows:
            return
        names = frame_names(self._project, media)
        by_frame: dict[int, list[FrameFace]] = defaultdict(list)
        for row in rows:
            by_frame[row.idx].append(row)
        if form == "png":
            self._pngs(media, by_frame, names)
        else:
            self._file(media, by_frame, names, form)
        self.faces += len(rows)

    def _file(
        self, media: Media, rows: dict[int, list[FrameFace]], names: dict[int, str], form: str
    ) -> None:
        found = Alignments()
        for index, faces in sorted(rows.items()):
            found.frames[name_of(media, names, index)] = FrameEntry(
                [self._face(row, thumb=form == "fsa") for row in faces]
            )
        path = self._out / f"{media.name}{'_alignments.fsa' if form == 'fsa' else '.json'}"
        fsa.write(path, found) if form == "fsa" else facejson.write(path, found)
        self.files.append(str(path))

    def _pngs(self, media: Media, rows: dict[int, list[FrameFace]], names: dict[int, str]) -> None:
        folder = self._out / media.name
        folder.mkdir(exist_ok=True)
        gone = 0
        for index, faces in sorted(rows.items()):
            frame = name_of(media, names, index)
            for number, row in enumerate(faces):
                crop = self._crop(row)
                if crop is None:
                    gone += 1
                    continue
                _, data = cv2.imencode(".png", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR))
                size = media.width, media.height
                header = png.FaceHeader(self._face(row), frame, number, not names, size)
                png.write(folder / f"{Path(frame).stem}_{number}.png", data.tobytes(), header)
        if gone:
            self.warnings.append(
                f"Left out: {counted(gone, 'face')} of {media.name} without a crop."
            )
        self.files.append(str(folder))

    def _face(self, row: FrameFace, *, thumb: bool = False) -> Face:
        face = row.face
        points = np.frombuffer(face.points, "<f4").reshape(68, 2)
        left, top, right, bottom = (
            round(v) for v in (face.left, face.top, face.right, face.bottom)
        )
        found = Face(
            left,
            top,
            max(1, right - left),
            max(1, bottom - top),
            points,
        )
        for name, row_of_mask in self._store.masks(face.id).items():
            mask = read_mask(points, *row_of_mask)
            found.masks[masknames.faceswaps(name, mask.centring)] = mask
        if face.identity and face.identity_network:
            found.identity[face.identity_network] = np.frombuffer(face.identity, "<f4")
        if thumb and (crop := self._crop(row)) is not None:
            found.thumb = thumbnail(crop)
        return found

    def _crop(self, row: FrameFace) -> np.ndarray | None:
        """The face's picture; None if it is gone."""
        if row.face.crop is None:
            return None
        try:
            return crops.read(self._project.inside(row.face.crop))
        except FstuiError:
            return None


def frame_names(project: Project, media: Media) -> dict[int, str]:
    """Names of a folder's pictures by index; empty for a video.

    Raises `BadInput` if the folder is gone or has changed, for the names are its.
    """
    path = project.path / media.path
    if path.suffix.lower() in VIDEO_SUFFIXES and not path.is_dir():
        return {}
    if path.suffix.lower() in IMAGE_SUFFIXES and not path.is_dir():
        return {0: path.name}
    try:
        if content_hash(path) == media.hash:
            return {index: p.name for index, p in enumerate(pictures_in(path))}
    except OSError as error:
        raise from_os_error(error, f"reading the pictures' names in {media.path}") from error
    raise BadInput(f"{safe_text(media.name)} has changed since: extract it again, then export.")


def name_of(media: Media, names: dict[int, str], index: int) -> str:
    """The name that a frame goes by; a video has no `names`."""
    return names[index] if names else frame_name(Path(plain_name(media.path)), index)


def centring_of(matrix: np.ndarray, points: np.ndarray, size: int) -> Centring:
    """Around what a mask is centred: the crop whose matrix is nearest to its own."""
    kinds: tuple[Centring, ...] = ("face", "head", "legacy")
    alignment = align(points)
    corners = points[[0, 8, 16, 27]]
    there = transform(corners, matrix)
    far = [np.abs(transform(corners, alignment.crop_matrix(size, k)) - there).max() for k in kinds]
    return kinds[int(np.argmin(far))]


def read_mask(points: np.ndarray, picture: bytes, matrix: bytes, size: int) -> Mask:
    """A mask of the face with these landmarks from its row. Raises `Damaged`."""
    grey, to_mask = stored(picture, matrix, size)
    back = cv2.INTER_AREA if scale_of(to_mask) >= 1.0 else cv2.INTER_CUBIC
    return Mask(grey, to_mask, centring_of(to_mask, points, size), back)


def thumbnail(crop: np.ndarray) -> bytes:
    """A head crop as a small JPEG."""
    small = cv2.resize(crop, (THUMB_PX, THUMB_PX), interpolation=cv2.INTER_AREA)
    flags = [cv2.IMWRITE_JPEG_QUALITY, THUMB_QUALITY]
    return cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), flags)[1].tobytes()
