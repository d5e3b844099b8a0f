"""What faces.db knows of some media: written into a file of its own, and taken from there again.

Light: SQL only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.store import Store
from engine.tables import Face, Media

NUMBERED = {
    "media": (Media._fields, {"id": "media"}),
    "frame": (("id", "media", "pts", "idx"), {"id": "frame", "media": "media"}),
    "face": (Face._fields, {"id": "face", "frame": "frame"}),
    "mask": (("face", "name", "picture", "matrix", "size"), {"face": "face"}),
}
"""Each table's columns, and which of them number a row of which table; owners come first."""
OF_MEDIA = {
    "media": "id IN ({ids})",
    "frame": "media IN ({ids})",
    "face": "frame IN (SELECT id FROM frame WHERE media IN ({ids}))",
    "mask": "face IN (SELECT face.id FROM face JOIN frame ON frame.id = face.frame"
    " WHERE frame.media IN ({ids}))",
}


def count_faces(store: Store, ids: Sequence[int]) -> int:
    """Faces of some media, rejected ones too."""
    where = OF_MEDIA["face"].format(ids=_list(ids))
    return int(store.rows(f"SELECT COUNT(*) FROM face WHERE {where}")[0][0])


def write_out(store: Store, ids: Sequence[int], path: Path) -> None:
    """Copy the rows of some media into a new file."""
    Store(path).close()
    with _beside(store, path), store.batch():
        for table, (columns, _) in NUMBERED.items():
            names, where = ", ".join(columns), OF_MEDIA[table].format(ids=_list(ids))
            store.write(
                f"INSERT INTO beside.{table} ({names}) SELECT {names} FROM main.{table}"
                f" WHERE {where}",
                [()],
            )


def drop(store: Store, ids: Sequence[int]) -> None:
    """Forget some media with their frames, faces and masks."""
    with store.batch():
        store.write("DELETE FROM media WHERE id = ?", [(i,) for i in ids])


def take_in(store: Store, path: Path) -> None:
    """Copy all rows of such a file back, under numbers that nothing has meanwhile."""
    Store(path).close()  # brings a file of an older format to this one
    with _beside(store, path), store.batch():
        last = {
            table: store.rows(f"SELECT COALESCE(MAX(id), 0) FROM main.{table}")[0][0]
            for table in ("media", "frame", "face")
        }
        for table, (columns, numbers) in NUMBERED.items():
            values = [f"{c} + {last[numbers[c]]}" if c in numbers else c for c in columns]
            store.write(
                f"INSERT INTO main.{table} ({', '.join(columns)})"
                f" SELECT {', '.join(values)} FROM beside.{table}",
                [()],
            )


@contextmanager
def _beside(store: Store, path: Path) -> Iterator[None]:
    """The other file, reached from the store's own connection."""
    store.rows("ATTACH DATABASE ? AS beside", (str(path),))
    try:
        yield
    finally:
        store.rows("DETACH DATABASE beside")


def _list(ids: Sequence[int]) -> str:
    """Whole numbers for SQL's IN."""
    return ", ".join(str(int(i)) for i in ids)
