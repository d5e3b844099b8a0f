"""Machine-readable marks inside a file: that a face in it was replaced, and by what.

The term is IPTC's digital source type `compositeWithTrainedAlgorithmicMedia` (a captured picture
with parts made by a trained model), written as XMP with a plain comment where each format keeps
them (`engine.trust.marks`).
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import BinaryIO

from engine import __version__
from engine.errors import BadInput
from engine.protocol import safe_text
from engine.trust.edits import Reader, Torn, apply
from engine.trust.marks import HEAD_BYTES, format_of, names
from engine.trust.xmp import Mark, packet, parse

DIGITAL_SOURCE_TYPE = (
    "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
)
TERM = DIGITAL_SOURCE_TYPE.rpartition("/")[2]


NAMED_MAX = 600
"""Characters of models that a comment names, as XMP writes them; a value's most is a thousand."""


def new_mark(iteration: int) -> Mark:
    """The mark of a file that this program makes with a model of so many iterations."""
    return _mark(f"Face replaced with fstui {__version__} (model iteration {iteration}).")


def mark_of(models: Sequence[tuple[str, int]]) -> Mark:
    """The mark of a file that several models made: project and iteration of each."""
    said = [f"{project} iteration {iteration}" for project, iteration in dict.fromkeys(models)]
    counts = range(len(said), 0, -1)
    named = next(n for n in counts if n == 1 or len(escape(", ".join(said[:n]))) <= NAMED_MAX)
    more = [f"{len(said) - named} more"] if named < len(said) else []
    words = ", ".join([*said[:named], *more])
    return _mark(f"Faces replaced with fstui {__version__} (models: {words}).")


def _mark(sentence: str) -> Mark:
    return Mark(f"{sentence} {TERM}", DIGITAL_SOURCE_TYPE, f"fstui {__version__}")


def add_mark(path: Path, mark: Mark) -> None:
    """Mark a finished file in place; one that has this mark already stays as it is.

    Raises `BadInput` for a file of another kind, or one that isn't whole.
    """
    shown = safe_text(path.name)
    with open(path, "rb") as file:
        reader = Reader(file)
        kind = format_of(reader.head(HEAD_BYTES))
        if kind is None:
            raise BadInput(f"{shown} can't be marked: only {names()} can.")
        if _read(reader) == mark:
            return
        try:
            edits = kind.edits(reader, packet(mark), mark.comment)
        except Torn as error:
            raise BadInput(f"{shown} can't be marked: it is no whole {kind.NAME} file.") from error
    apply(path, edits)


def read_mark(path: Path) -> Mark | None:
    """The mark of a file; None where there is none or it can't be read."""
    with open(path, "rb") as file:
        return read_mark_of(file)


def read_mark_of(file: BinaryIO) -> Mark | None:
    """The mark in the bytes of a file."""
    return _read(Reader(file))


def _read(reader: Reader) -> Mark | None:
    kind = format_of(reader.head(HEAD_BYTES))
    try:
        for found in kind.packets(reader) if kind else ():
            if mark := parse(found):
                return mark
    except Torn:
        pass  # what lies before was looked at
    return None
