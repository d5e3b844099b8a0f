"""Files that settings name, such as the picture of a person: a project holds all of them. Light."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path

from engine.errors import BadInput, from_os_error
from engine.footage import IMAGE_SUFFIXES, natural_key
from engine.process import fsync_folder
from engine.project import Project
from engine.protocol import safe_text

FOLDER = "references"
MAX_FILES = 1000
WEIGHTS = "weights.safetensors"
SUFFIXES = IMAGE_SUFFIXES | {".json", ".safetensors"}


def bring(project: Project, text: str) -> str:
    """The value of a setting that names a file or folder, as a job keeps it.

    A path in the project becomes relative to it, one in listed footage absolute; a picture, a
    .json file, a folder's pictures or a model's weights from elsewhere are copied to
    `references/`, whose names end in the content's hash, so that the same content is there once.
    A relative path is looked for in the current folder, then in the project. Raises `BadInput` for
    what can't be used.
    """
    shown = safe_text(text)
    try:
        path = Path(text).expanduser()
        named = path if path.is_absolute() else Path.cwd() / path
        if not named.exists() and (project.path / path).exists():
            named = project.path / path
        found = named.resolve(strict=True)
        if found.is_relative_to(project.path) or project.in_sources(found):
            project.reference(str(found))
            inside = found.is_relative_to(project.path)
            return str(found.relative_to(project.path) if inside else found)
        if Path(os.path.normpath(named)).is_relative_to(project.path):
            raise BadInput(f"{shown} leads out of the project {project.name}: copy it in.")
        return _copied(project, found, shown)
    except FileNotFoundError as error:
        raise BadInput(f"There is nothing at {shown}.") from error
    except (ValueError, RuntimeError) as error:
        raise BadInput(f"{shown} is no path that can be used: {safe_text(str(error))}.") from error
    except OSError as error:
        raise from_os_error(error, f"bringing {shown} into the project") from error


def weights_in(path: Path) -> Path | None:
    """The weights that a path means: a file of them, or a project's, a model's or a set's newest.
    None where there are none."""
    if path.suffix == ".safetensors" and path.is_file():
        return path
    for model in (path, path / "model"):
        try:
            newest = (model / "latest").read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if (model / "checkpoints" / newest / WEIGHTS).is_file():
            return model / "checkpoints" / newest / WEIGHTS
    return path / WEIGHTS if (path / WEIGHTS).is_file() else None


def _copied(project: Project, found: Path, shown: str) -> str:
    whole, found = found, weights_in(found) or found
    folder = project.inside(FOLDER)
    folder.mkdir(exist_ok=True)
    part = folder / f".{os.getpid()}.part"
    try:
        if found.is_dir():
            part.mkdir()
            digest = hashlib.sha256()
            for picture in _pictures(found, shown):
                digest.update(f"{picture.name}\0{_copy(picture, part / picture.name)}\n".encode())
            fsync_folder(part)
            return _renamed(project, part, found.name, digest.hexdigest(), "")
        if not found.is_file():
            raise BadInput(f"{shown} is neither a file nor a folder.")
        suffix = found.suffix.lower()
        if suffix not in SUFFIXES:
            raise BadInput(f"{shown} is no picture, .json or .safetensors file by its name.")
        return _renamed(project, part, whole.stem, _copy(found, part), suffix)
    finally:
        shutil.rmtree(part) if part.is_dir() else part.unlink(missing_ok=True)


def _pictures(folder: Path, shown: str) -> list[Path]:
    """The pictures of a folder from elsewhere. Raises `BadInput`."""
    names = [e.name for e in os.scandir(folder) if Path(e.name).suffix.lower() in IMAGE_SUFFIXES]
    pictures = [folder / n for n in sorted(names, key=natural_key) if not n.startswith(".")]
    if not pictures:
        raise BadInput(f"{shown} has no picture in it.")
    if len(pictures) > MAX_FILES:
        raise BadInput(f"{shown} has {len(pictures)} pictures in it: {MAX_FILES} are the most.")
    for picture in pictures:
        if picture.is_symlink() or not picture.is_file():
            raise BadInput(f"{safe_text(str(picture))} is no file but a link or a device.")
    return pictures


def _copy(source: Path, aim: Path) -> str:
    """Copy a file to the disk; SHA-256 of what was written."""
    digest = hashlib.sha256()
    with open(source, "rb") as reading, open(aim, "xb") as writing:
        while piece := reading.read(1 << 20):
            digest.update(piece)
            writing.write(piece)
        writing.flush()
        os.fsync(writing.fileno())
    return digest.hexdigest()


def _renamed(project: Project, part: Path, name: str, digest: str, suffix: str) -> str:
    """Give a copy its name, unless the same content has it already."""
    plain = re.sub(r"[^\w.-]+", "_", name)[:60].lstrip(".-") or "reference"
    aim = part.with_name(f"{plain}-{digest[:12]}{suffix}")
    if not aim.exists():
        os.replace(part, aim)
        fsync_folder(aim.parent)
    return str(aim.relative_to(project.path))
