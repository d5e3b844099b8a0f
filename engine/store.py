"""faces.db: media, frames, faces and masks in SQLite. SQL and plain Python values only."""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from engine.errors import AlreadyRunning, BadInput, Damaged, FstuiError, NoSpace
from engine.filesystems import NETWORK_FILE_SYSTEMS, file_system
from engine.protocol import safe_text
from engine.tables import (
    FORMAT,
    INDEX_SQL,
    KEPT,
    MIGRATIONS,
    SCHEMA,
    USER,
    Face,
    FrameFace,
    Media,
)


class NoFacesYet(BadInput):
    """There is no store to look into, or one that was made a moment ago and is empty."""


class Store:
    """An open faces.db. One short transaction a batch: `with store.batch(): ...`."""

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        self.path = path
        if readonly and not path.exists():
            raise self._no_faces("is missing")
        try:
            self._db = _connect(path, "mode=ro" if readonly else "mode=rwc")
            if not readonly:
                self._db.execute("PRAGMA foreign_keys = ON")
                self._db.execute(f"PRAGMA journal_mode = {journal_mode(path)}")
                self._db.execute("PRAGMA synchronous = FULL")
            elif not _readable(self._db):
                # In a folder that can't be written SQLite finds no place for WAL's shared memory.
                self._db = _connect(path, "mode=ro&immutable=1")
            self._check_format(readonly)
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _no_faces(self, why: str) -> NoFacesYet:
        project = shlex.quote(self.path.parent.name)
        return NoFacesYet(
            f"There are no faces yet ({self.path.name} {why}): 'extract {project}' finds them."
        )

    def _check_format(self, readonly: bool) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > FORMAT:
            raise BadInput(f"{self.path} has format {version}, this fstui reads up to {FORMAT}.")
        if version == 0 and readonly:
            raise self._no_faces("is empty")
        if 0 < version < FORMAT and not readonly:
            self._migrate(version)
        if version == 0:
            # Two jobs may make the file at once: the second waits, then finds the tables.
            self._db.executescript(
                f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT;"
            )
        if not readonly:
            self._make_index()

    def _make_index(self) -> None:
        """Have the index that lists need; while another program writes, a later opening makes
        it."""
        try:
            self._db.execute(INDEX_SQL)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise

    def _migrate(self, version: int) -> None:
        """Bring an older file to this format; it is kept beside, as it was."""
        kept = self.path.with_name(f"{self.path.name}.format-{version}")
        if not kept.exists():
            aside = kept.with_name(f".{kept.name}.part")
            aside.unlink(missing_ok=True)
            self._db.execute("VACUUM INTO ?", (str(aside),))
            os.replace(aside, kept)
        with self.batch():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()  # another may be first
            for old in range(version, FORMAT):
                for statement in filter(None, map(str.strip, MIGRATIONS[old].split(";"))):
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {FORMAT}")

    def _error(self, error: sqlite3.Error) -> FstuiError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and self._disk_is_full()):
            return NoSpace(f"No space left while writing {self.path}: free some and run it again.")
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            return BadInput(f"{self.path} can't be written: {error}.")
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return AlreadyRunning(f"{self.path} is in use by another program: try again.")
        return Damaged(f"{self.path} can't be used: {error}.")

    def _disk_is_full(self) -> bool:
        return shutil.disk_usage(self.path.parent).free < 1 << 20

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """One transaction: all of it or nothing."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._db.in_transaction:  # a full disk makes SQLite roll back by itself
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._error(error) from error

    # --- writing ---

    def add_media(self, **values: Any) -> Media:
        """Insert a medium, or return the row with the same content and side, its path renewed."""
        row = self.media_by_hash(values["hash"], values["side"])
        if row:
            self._db.execute("UPDATE media SET path = ? WHERE id = ?", (values["path"], row.id))
            return row._replace(path=values["path"])
        taken = {m.name for m in self.media(values["side"])}
        name, number = values["name"], 1
        while name in taken:
            number += 1
            name = f"{values['name']}-{number}"
        values["name"] = name
        media_id = self._insert("media", values)
        return self.media_by_id(media_id)

    def set_media(self, media_id: int, **values: Any) -> None:
        """Change columns of a medium."""
        self._update("media", media_id, values)

    def add_frame(self, media_id: int, idx: int, pts: int) -> int:
        """Insert a frame that was looked at; its id."""
        return self._insert("frame", {"media": media_id, "idx": idx, "pts": pts})

    def add_face(self, frame_id: int, n: int, **values: Any) -> int:
        """Insert a face; its id."""
        return self._insert("face", {"frame": frame_id, "n": n, **values})

    def set_face(self, face_id: int, **values: Any) -> None:
        """Change columns of a face."""
        self._update("face", face_id, values)

    def reject(self, face_ids: Iterable[int], by: str | None = USER) -> None:
        """Mark faces as rejected by the user or a filter, or as kept (`by=None`)."""
        self._db.executemany(
            "UPDATE face SET rejected = ?, rejected_by = ? WHERE id = ?",
            [(int(by is not None), by, i) for i in face_ids],
        )

    def keep(self, face_ids: Iterable[int]) -> None:
        """Mark faces as wanted by the user, whatever filters say."""
        self._db.executemany(
            "UPDATE face SET rejected = 0, rejected_by = ? WHERE id = ?",
            [(KEPT, i) for i in face_ids],
        )

    def add_mask(self, face_id: int, name: str, picture: bytes, matrix: bytes, size: int) -> None:
        """Insert or replace a mask: encoded picture, 2x3 float32 matrix frame to mask, side."""
        self._db.execute(
            "INSERT OR REPLACE INTO mask VALUES (?, ?, ?, ?, ?)",
            (face_id, name, picture, matrix, size),
        )

    def write(self, sql: str, rows: Iterable[Any]) -> None:
        """One statement for each row of values. Call it inside a batch."""
        self._db.executemany(sql, rows)

    def clear_media(self, media_id: int) -> None:
        """Forget a medium's frames and faces (its crops stay on disk)."""
        self._db.execute("DELETE FROM frame WHERE media = ?", (media_id,))
        self._update("media", media_id, {"done": 0, "frames": None})

    # --- reading ---

    def media(self, side: str | None = None) -> list[Media]:
        """Media of a side, or all, in the order that they came in."""
        where, args = ("WHERE side = ?", (side,)) if side else ("", ())
        rows = self.rows(f"SELECT * FROM media {where} ORDER BY id", args)
        return [self._medium(r) for r in rows]

    def media_by_id(self, media_id: int) -> Media:
        """One medium."""
        return self._medium(self.rows("SELECT * FROM media WHERE id = ?", (media_id,))[0])

    def media_by_hash(self, content_hash: str, side: str) -> Media | None:
        """The medium with this content on this side."""
        rows = self.rows("SELECT * FROM media WHERE hash = ? AND side = ?", (content_hash, side))
        return self._medium(rows[0]) if rows else None

    def next_index(self, media_id: int) -> int:
        """Index of the first frame that was not looked at yet."""
        return int(
            self.rows("SELECT COALESCE(MAX(idx) + 1, 0) FROM frame WHERE media = ?", (media_id,))[
                0
            ][0]
        )

    def faces(
        self,
        *,
        side: str | None = None,
        media_id: int | None = None,
        rejected: bool | None = False,
        order: str = "media.id, frame.idx, face.n",
    ) -> list[FrameFace]:
        """Faces with their frames; `rejected=None` gives kept and rejected ones."""
        where, args = ["1"], []
        for text, value in (
            ("media.side = ?", side),
            ("media.id = ?", media_id),
            ("face.rejected = ?", None if rejected is None else int(rejected)),
        ):
            if value is not None:
                where.append(text)
                args.append(value)
        rows = self.rows(
            f"SELECT frame.media, frame.idx, frame.pts, {self._face_columns()} FROM face"
            " JOIN frame ON frame.id = face.frame JOIN media ON media.id = frame.media"
            f" WHERE {' AND '.join(where)} ORDER BY {order}",
            args,
        )
        return [FrameFace(r[0], r[1], r[2], Face(*r[3:])) for r in rows]

    def counts(self, side: str) -> dict[str, int]:
        """How many frames were looked at, have a face; faces, rejected ones; media, done ones."""
        row = self.rows(
            "SELECT (SELECT COUNT(*) FROM frame JOIN media m ON m.id = frame.media"
            " WHERE m.side = :s),"
            " COUNT(DISTINCT face.frame), COUNT(face.id), COALESCE(SUM(face.rejected), 0)"
            " FROM face JOIN frame ON frame.id = face.frame JOIN media ON media.id = frame.media"
            " WHERE media.side = :s",
            {"s": side},
        )[0]
        media = self.rows(
            "SELECT COUNT(*), COALESCE(SUM(done), 0) FROM media WHERE side = ?", (side,)
        )
        keys = ("frames", "frames_with_face", "faces", "rejected", "media", "media_done")
        return dict(zip(keys, (*row, *media[0]), strict=True))

    def masks(self, face_id: int) -> dict[str, tuple[bytes, bytes, int]]:
        """Masks of a face: name to (picture, matrix, size)."""
        rows = self.rows("SELECT name, picture, matrix, size FROM mask WHERE face = ?", (face_id,))
        return {r[0]: (r[1], r[2], r[3]) for r in rows}

    def mask(self, face_id: int, name: str) -> tuple[bytes, bytes, int] | None:
        """One mask of a face: picture, matrix, size."""
        rows = self.rows(
            "SELECT picture, matrix, size FROM mask WHERE face = ? AND name = ?", (face_id, name)
        )
        return (rows[0][0], rows[0][1], rows[0][2]) if rows else None

    # --- plumbing ---

    @cached_property
    def face_columns(self) -> frozenset[str]:
        """The columns of `face` in this file."""
        return frozenset(row[1] for row in self.rows("PRAGMA table_info(face)"))

    def _face_columns(self) -> str:
        """The columns of a `Face`; those that a file of an older format, opened for reading alone,
        doesn't have are as its migration would make them."""
        have = self.face_columns
        missing = {"rejected_by": f"CASE WHEN face.rejected THEN '{USER}' END", "stale": "0"}
        return ", ".join(f"face.{c}" if c in have else missing.get(c, "NULL") for c in Face._fields)

    def _medium(self, row: Any) -> Media:
        """A row whose name is safe as a folder's: a faces.db may come from anywhere."""
        media = Media(*row)
        name = str(media.name)
        if name in ("", ".", "..") or any(c in name for c in "/\\\0"):
            shown = safe_text(name)
            raise Damaged(f"{self.path} can't be used: '{shown}' is no name of a medium.")
        return media

    def function(self, name: str, arguments: int, act: Callable[..., Any]) -> None:
        """Make a pure function of ours known to this connection's queries."""
        self._db.create_function(name, arguments, act, deterministic=True)

    def rows(self, sql: str, args: Any = ()) -> list[Any]:
        """The answer to a query."""
        try:
            return self._db.execute(sql, args).fetchall()
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _insert(self, table: str, values: dict[str, Any]) -> int:
        marks = ", ".join("?" * len(values))
        cursor = self._db.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values())
        )
        return int(cursor.lastrowid or 0)

    def _update(self, table: str, row_id: int, values: dict[str, Any]) -> None:
        sets = ", ".join(f"{column} = ?" for column in values)
        self._db.execute(f"UPDATE {table} SET {sets} WHERE id = ?", (*values.values(), row_id))


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{_quoted(path)}?{mode}",
        uri=True,
        timeout=5.0,
        isolation_level=None,
        check_same_thread=False,
    )


def _readable(db: sqlite3.Connection) -> bool:
    try:
        db.execute("PRAGMA user_version").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CANTOPEN:
            return False
        raise
    return True


def journal_mode(path: Path) -> str:
    """WAL on a local disk, a rollback journal on a network one, where WAL's shared memory fails."""
    return "DELETE" if file_system(path) in NETWORK_FILE_SYSTEMS else "WAL"


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path.resolve()))
