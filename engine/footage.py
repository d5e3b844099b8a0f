"""Footage on the disk: what counts as such by its name, what tells it apart. Light."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from engine.errors import BadInput, from_os_error
from engine.process import fsync_folder, rename_new
from engine.protocol import safe_text

CONTAINERS = {
    "mov,mp4,m4a,3gp,3g2,mj2": ".mp4 .mov .m4v .3gp",
    "matroska,webm": ".mkv .webm",
    "avi": ".avi",
    "asf": ".wmv",
    "flv": ".flv",
    "gif": ".gif",
    "mpeg,mpegvideo": ".mpg .mpeg .vob",
    "mpegts": ".ts .mts .m2ts",
    "ogg": ".ogv",
    "mxf": ".mxf",
}
"""FFmpeg's containers that are opened, and the names of their files. Playlists (hls, dash, concat)
can name other files and are not."""
PICTURES = {
    "PNG": ".png",
    "JPEG": ".jpg .jpeg",
    "BMP": ".bmp",
    "TIFF": ".tif .tiff",
    "WEBP": ".webp",
    "EXR": ".exr",
}
"""Formats of pictures that are opened, and the names of their files; EXR by `engine.media.exr`,
the others by Pillow, which knows them by these words."""
VIDEO_SUFFIXES = frozenset(" ".join(CONTAINERS.values()).split())
IMAGE_SUFFIXES = frozenset(" ".join(PICTURES.values()).split())


def check_media(path: Path) -> Path:
    """An absolute path of a video or a folder with media. Raises `BadInput` for anything else.

    Only names are looked at here; the engine's probe opens the file.
    """
    shown = safe_text(str(path))
    try:
        path = path.expanduser().resolve(strict=True)
        if path.is_dir():
            if not media_in(path):
                raise BadInput(f"{shown} has no video and no picture in it.")
            return path
        if not path.is_file():
            raise BadInput(f"{shown} is neither a file nor a folder.")
        if path.stat().st_size == 0:
            raise BadInput(f"{shown} is empty (0 bytes).")
    except FileNotFoundError as error:
        raise BadInput(f"There is nothing at {shown}.") from error
    except (OSError, RuntimeError) as error:
        raise BadInput(f"{shown} can't be read: {error}.") from error
    if path.suffix.lower() not in VIDEO_SUFFIXES | IMAGE_SUFFIXES:
        known = " ".join(sorted(s[1:] for s in VIDEO_SUFFIXES | IMAGE_SUFFIXES))
        raise BadInput(f"{shown} is no video or picture by its name: known are {known}.")
    return path


def media_in(folder: Path) -> list[Path]:
    """Videos and pictures directly in a folder, in natural order; hidden files are left out."""
    names = [
        e.name
        for e in os.scandir(folder)
        if e.is_file()
        and not e.name.startswith(".")
        and Path(e.name).suffix.lower() in VIDEO_SUFFIXES | IMAGE_SUFFIXES
    ]
    return [folder / n for n in sorted(names, key=natural_key)]


def natural_key(name: str) -> list[tuple[int, int | str]]:
    """Sort key under which `2.png` comes before `10.png`."""
    return [(0, int(p)) if p.isdecimal() else (1, p) for p in re.split(r"(\d+)", name)]


def content_hash(path: Path) -> str:
    """SHA-256 of a file's size, first, middle and last MiB; of a folder's names, sizes and times.

    Footage is gigabytes large: three pieces and the size tell copies apart from other takes.
    """
    digest = hashlib.sha256()
    if path.is_dir():
        for item in media_in(path):
            stat = item.stat()
            digest.update(f"{item.name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
        return digest.hexdigest()
    size = path.stat().st_size
    digest.update(str(size).encode())
    piece = 1 << 20
    with open(path, "rb") as file:
        for offset in sorted({0, max(0, size // 2 - piece // 2), max(0, size - piece)}):
            file.seek(offset)
            digest.update(file.read(piece))
    return digest.hexdigest()


def size_of(path: Path) -> int:
    """Bytes of a file, or of the media directly in a folder."""
    if path.is_dir():
        return sum(p.stat().st_size for p in media_in(path))
    return path.stat().st_size


def copy_in(path: Path, folder: Path) -> Path:
    """Copy a video or a folder of media into a folder under a free name; the copy, which appears
    whole or not at all and is on the disk then. Raises `NoSpace`, `BadInput`."""
    part = folder / f".{secrets.token_hex(4)}.part"
    try:
        if path.is_dir():
            part.mkdir()
            for item in media_in(path):
                # Times are kept: a folder's content hash holds them.
                shutil.copy2(item, part / item.name)
                _sync(part / item.name)
            fsync_folder(part)
        else:
            shutil.copyfile(path, part)
            _sync(part)
        aim = _named(part, path)
        fsync_folder(folder)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        with suppress(OSError):
            part.unlink()
        if isinstance(error, OSError):
            raise from_os_error(error, f"copying {path} to {folder}") from error
        raise
    return aim


def _named(part: Path, path: Path) -> Path:
    """Give a whole copy its name; another program may take one that was free a moment ago."""
    while True:
        aim = free_name(part.parent, path)
        try:
            rename_new(part, aim)
        except FileExistsError:
            continue
        return aim


def _sync(path: Path) -> None:
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def free_name(folder: Path, path: Path) -> Path:
    """A name in a folder that nothing has yet: the file's own, else with a number behind."""
    aim, number = folder / path.name, 1
    while os.path.lexists(aim):
        number += 1
        aim = folder / f"{path.stem}-{number}{path.suffix}"
    return aim
