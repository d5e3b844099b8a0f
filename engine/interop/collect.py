"""Reading whatever the user names, a file or a folder of face pictures, as alignments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from engine.errors import BadInput, Damaged, NothingToDo
from engine.footage import natural_key
from engine.interop import dfl, facejson, fsa, png
from engine.interop.entries import Alignments, Face, FrameEntry
from engine.protocol import safe_text

READERS: dict[str, Callable[[Path], Alignments]] = {".fsa": fsa.read, ".json": facejson.read}
FACE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg"})
OLD_SUFFIXES = frozenset({".p", ".pickle", ".pkl", ".yaml", ".yml"})
MAX_FACE_FILES = 1_000_000


def read(path: Path, warn: Callable[[str], None]) -> Alignments:
    """A .fsa, a .json, or face pictures (faceswap's PNGs, DeepFaceLab's JPEGs).

    A picture that can't be read is warned of and left out. Raises `BadInput`, `Damaged`,
    `NothingToDo`.
    """
    shown = safe_text(str(path))
    if not path.exists():
        raise BadInput(f"There is nothing at {shown}.")
    suffix = path.suffix.lower()
    if path.is_dir():
        found = from_pictures(face_files(path), warn)
    elif suffix in READERS:
        found = READERS[suffix](path)
    elif suffix in FACE_SUFFIXES:
        found = from_pictures(iter([path]), warn)
    elif suffix in OLD_SUFFIXES:
        raise BadInput(
            f"{shown} is of faceswap before 2019: open it once with faceswap 2.3's alignments "
            "tool, which makes a .fsa of it."
        )
    else:
        raise BadInput(
            f"{shown} is no alignments by its name: .fsa, .json, a face .png or .jpg, or a folder "
            "of those are read."
        )
    if not found.face_count:
        more = f", {found.skipped} have no 68 landmarks" if found.skipped else ""
        raise NothingToDo(f"{shown} has no face that can be taken{more}.")
    return found


def face_files(folder: Path) -> Iterator[Path]:
    """Face pictures directly in a folder, in natural order."""
    names = [
        p.name
        for p in folder.iterdir()
        if p.suffix.lower() in FACE_SUFFIXES and not p.name.startswith(".") and p.is_file()
    ]
    if len(names) > MAX_FACE_FILES:
        raise BadInput(f"{safe_text(str(folder))} has more than {MAX_FACE_FILES} pictures.")
    yield from (folder / n for n in sorted(names, key=natural_key))


def from_pictures(paths: Iterator[Path], warn: Callable[[str], None]) -> Alignments:
    """The faces of face pictures, in the order of their numbers in the frames."""
    found = Alignments()
    ranked: dict[str, list[tuple[int, Face]]] = {}
    bare, problems = 0, []
    for path in paths:
        try:
            known = _one(path, found)
        except (BadInput, Damaged) as error:
            problems.append(str(error))
            continue
        if known is None:
            bare += 1
        elif known[2] is None:
            found.skipped += 1
        else:
            ranked.setdefault(known[0], []).append((known[1], known[2]))
    for frame, faces in ranked.items():
        found.frames[frame] = FrameEntry([f for _, f in sorted(faces, key=lambda item: item[0])])
    if problems and not ranked:
        raise BadInput(problems[0])
    for text in problems[:3]:
        warn(f"{text} The other pictures are used.")
    if len(problems) > 3:
        warn(f"{len(problems) - 3} more pictures can't be read and are left out.")
    if bare:
        warn(f"{bare} pictures say nothing of a face in themselves and are left out.")
    return found


def _one(path: Path, found: Alignments) -> tuple[str, int, Face | None] | None:
    """Frame, number and face of one picture; None if it has no data. Notes what is of the set."""
    if path.suffix.lower() == ".png":
        if (header := png.read(path)) is None:
            return None
        found.size = header.size or found.size
        return header.frame, header.index, header.face
    if (aligned := dfl.read(path)) is None:
        return None
    found.made_by = "deepfacelab"
    return aligned.frame, _number(path), aligned.face


def _number(path: Path) -> int:
    """DeepFaceLab ends a crop's name with `_<number in the frame>`."""
    last = path.stem.rpartition("_")[2]
    return int(last) if last.isdecimal() and len(last) < 9 else 0
