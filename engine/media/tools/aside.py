"""A new file is written beside its place: it gets its name when it is whole, or is removed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.errors import BadInput, from_os_error
from engine.media.write import settle
from engine.process import fsync_folder
from engine.protocol import safe_text
from engine.trust.mark import add_mark, read_mark

FILMS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "mkv"}
"""The containers that films are written in, by the file's name."""


def container_of(out: Path) -> str:
    """The container that a film's name asks for. Raises `BadInput`."""
    try:
        return FILMS[out.suffix.lower()]
    except KeyError:
        raise BadInput(
            f"A film can't be written as {safe_text(out.name)}: end its name in "
            f"{', '.join(sorted(FILMS))}."
        ) from None


def require_free(out: Path, source: Path, overwrite: bool) -> None:
    """Raise `BadInput` if `out` is the source itself, is there already or has no folder."""
    shown = safe_text(str(out))
    if out.exists() and source.exists() and out.samefile(source):
        raise BadInput(f"{shown} is the source itself: give the result another name.")
    if out.is_dir():
        raise BadInput(f"{shown} is a folder: give the name of a file in it.")
    if out.exists() and not overwrite:
        raise BadInput(f"{shown} is there already: give another name or --overwrite.")
    if not out.parent.is_dir():
        raise BadInput(f"There is no folder {safe_text(str(out.parent))} to write to.")


@contextmanager
def film_aside(out: Path, source: Path, overwrite: bool) -> Iterator[Path]:
    """Where to write a film; named `out` at the end, with the source's mark if that has one."""
    container_of(out)
    require_free(out, source, overwrite)
    mark = read_mark(source) if source.is_file() else None
    part = out.with_name(f".{out.stem}.part{out.suffix}")
    try:
        yield part
        if mark:
            add_mark(part, mark)
        settle(part, out)
    except OSError as error:
        raise from_os_error(error, f"writing {safe_text(str(out))}") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def folder_aside(out: Path, overwrite: bool) -> Iterator[Path]:
    """An empty folder to write to; its files are in `out` at the end.

    Into a folder that has something in it they only go with `overwrite`, one by one.
    """
    shown = safe_text(str(out))
    if out.exists() and not out.is_dir():
        raise BadInput(f"{shown} is a file: give the name of a folder.")
    if out.is_dir() and any(out.iterdir()) and not overwrite:
        raise BadInput(f"{shown} has something in it: give another folder or --overwrite.")
    if not out.parent.is_dir():
        raise BadInput(f"There is no folder {safe_text(str(out.parent))} to write to.")
    part = out.with_name(f".{out.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        yield part
        with suppress(OSError):
            out.rmdir()  # an empty one gives way
        if out.exists():
            for path in sorted(part.iterdir()):
                path.replace(out / path.name)
        else:
            part.rename(out)
        fsync_folder(out.parent)
    except OSError as error:
        raise from_os_error(error, f"writing {shown}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
