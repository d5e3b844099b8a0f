"""A project folder: project.toml, sources, people, rules for arriving footage. Light."""

from __future__ import annotations

import os
import shlex
import shutil
import tomllib
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from engine.cancel import stop_if_cancelled
from engine.errors import BadInput, Damaged, from_os_error
from engine.exclusive import changing
from engine.footage import check_media, content_hash, copy_in, media_in, size_of
from engine.protocol import safe_text, write_atomic
from engine.workspace import check_name, taken_words

FORMAT = 1
SIDES = ("a", "b", "target")
INBOX = "inbox"
"""Folder of `media/` for footage that the watcher is to sort."""
PERSON_SIDES = ("a", "b")
"""Sides of which it is recorded who they show; target footage shows A."""
NAME_MAX = 200
"""Characters of a person's name."""


class Ground(StrEnum):
    """On what ground a person's face may be used."""

    SELF = "self"
    CONSENT = "written consent"
    LICENSED = "licensed footage"
    PUBLIC_DOMAIN = "public domain"
    HISTORICAL = "historical figure"
    SATIRE = "satire or comment"
    RESEARCH = "research data set"
    SAMPLE = "published sample footage (technical demonstration)"


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who a side shows and on what ground. A record written by hand may lack what it is for;
    `engine.trust.consent` says so."""

    name: str
    ground: Ground
    recorded_by: str = ""
    recorded_at: str = ""
    """UTC, ISO 8601."""
    until: str = ""
    """The last day (UTC) on which the ground holds, ISO 8601 (2027-03-31); "" if it has no end."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for an end that is no day."""
        if self.until:
            date.fromisoformat(self.until)


class Source(msgspec.Struct, frozen=True):
    """Footage that the project uses: a video file or a folder of pictures."""

    side: str
    """a, b or target."""
    path: str
    """Absolute, or relative to the project for footage inside it."""
    hash: str
    """`content_hash` of the file; of a folder, of its names and sizes."""
    size: int
    """Bytes."""
    added: str
    """UTC, ISO 8601."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for a word that is no side: folders are named by it."""
        if self.side not in SIDES:
            raise ValueError(f"a source's side is a, b or target, not '{safe_text(self.side)}'")


class WatchFolder(msgspec.Struct, frozen=True):
    """A folder outside the project whose footage is listed where it lies."""

    path: str
    """Absolute, or relative to the project."""
    side: str
    """a, b or target."""


class Watch(msgspec.Struct, frozen=True):
    """What happens to footage that arrives in `media/`, and where else it may arrive."""

    extract: bool = False
    """Extract it by itself once it stands still."""
    folder: list[WatchFolder] = []


class ProjectFile(msgspec.Struct):
    """`project.toml`. Unknown tables are kept as they are."""

    format: int
    created: str = ""
    people: dict[str, Person] = {}
    source: list[Source] = []
    settings: dict[str, dict[str, Any]] = {}
    """Defaults of this project for each stage: `[settings.train]`."""
    watch: Watch = Watch()
    recipe: list[dict[str, Any]] = []
    """What to do when footage arrives; `engine.watch.recipes` reads and checks each."""


class Project:
    """An open project. Every change is read, changed and written back at once."""

    def __init__(self, path: Path, file: ProjectFile) -> None:
        self.path = path
        self.file = file

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def typed(self) -> str:
        """Its name as one types it in a command."""
        return shlex.quote(self.name)

    @property
    def asks_for_watcher(self) -> bool:
        """Whether something is to be done with footage as soon as it arrives."""
        return self.file.watch.extract or bool(self.file.recipe)

    @property
    def db_path(self) -> Path:
        """The face store."""
        return self.path / "faces.db"

    @classmethod
    def create(cls, workspace: Path, name: str) -> Project:
        """Make a new project folder, whole or not at all. Raises `BadInput` for a bad or taken
        name."""
        path = workspace / check_name(name)
        try:
            workspace.mkdir(parents=True, exist_ok=True)
            path.mkdir(mode=0o700)
        except FileExistsError as error:
            raise BadInput(taken_words(workspace, name)) from error
        except OSError as error:
            raise from_os_error(error, f"making the project {path}") from error
        try:
            for folder in ("jobs", "faces", "model", "out", "trash", "locks"):
                (path / folder).mkdir()
            for side in (*SIDES, INBOX):
                (path / "media" / side).mkdir(parents=True)
            write_atomic(
                path / "project.toml",
                f'format = {FORMAT}\ncreated = "{now()}"\n\n[watch]\n'
                "# true: footage that arrives in media/a, media/b or media/target is extracted\n"
                "extract = false\n".encode(),
            )
        except OSError as error:
            shutil.rmtree(path, ignore_errors=True)  # the name stays free for another try
            raise from_os_error(error, f"making the project {path}") from error
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Project:
        """Read a project. Raises `BadInput` if there is none, `Damaged` if it can't be read."""
        toml = path / "project.toml"
        try:
            data = tomllib.loads(toml.read_text("utf-8"))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise BadInput(
                f"There is no project at {safe_text(str(path))}: make one with 'new NAME'."
            ) from error
        except OSError as error:
            raise from_os_error(error, f"reading {toml}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Damaged(f"{toml} can't be read: {error}.") from error
        if not isinstance(data.get("format"), int):
            raise Damaged(f"{toml} doesn't begin with 'format = {FORMAT}'.")
        if data["format"] > FORMAT:
            raise BadInput(
                f"{toml} has format {data['format']}, this fstui reads up to {FORMAT}: update it."
            )
        try:
            return cls(path.resolve(), msgspec.convert(_with_text_days(data), ProjectFile))
        except msgspec.ValidationError as error:
            raise Damaged(f"{toml} can't be used: {error}.") from error

    def sources(self, side: str | None = None) -> list[Source]:
        """The footage of one side, or all of it."""
        return [s for s in self.file.source if side in (None, s.side)]

    def source_path(self, source: Source) -> Path:
        """Where a source lies."""
        return self.path / source.path

    def add_sources(self, side: str, paths: list[Path], *, copy: bool = False) -> list[Source]:
        """List footage for a side; copies it into `media/` on request. What is listed already
        (same side, same content) is left out, but for what isn't there any more: it was moved.

        Raises `BadInput` before anything is copied. When a copy fails nothing is listed; the ones
        before it stay in `media/`."""
        if side not in SIDES:
            raise BadInput(f"'{safe_text(side)}' is no side: use a, b or target.")
        by_hash: dict[str, Path] = {}
        for path in map(check_media, paths):
            stop_if_cancelled()
            try:
                by_hash.setdefault(content_hash(path), path)
            except OSError as error:
                raise from_os_error(error, f"reading {safe_text(str(path))}") from error
        stop_if_cancelled()
        have = {s.hash for s in self.sources(side) if s.hash in by_hash and self._is_there(s)}
        new: list[Source] = []
        for source_hash, path in by_hash.items():
            if source_hash in have:
                continue
            if copy:
                path = copy_in(path, self.path / "media" / side)
            shown = path.relative_to(self.path) if path.is_relative_to(self.path) else path
            new.append(Source(side, str(shown), source_hash, size_of(path), now()))
        if new:
            self.change(lambda doc: enter_sources(doc, new))
        return new

    def _is_there(self, source: Source) -> bool:
        """Whether a source's content still lies where it is listed: other footage may by now. What
        is there and can't be read counts as it."""
        path = self.source_path(source)
        try:
            return content_hash(path) == source.hash
        except OSError:
            return os.path.exists(path)

    def set_person(
        self,
        side: str,
        name: str,
        ground: Ground,
        recorded_by: str,
        until: str = "",
    ) -> None:
        """Record who side a or b shows, on what ground, and its last day if it has one. Raises
        `BadInput`."""
        if not name.strip() or safe_text(name) != name or len(name) > NAME_MAX:
            raise BadInput(
                f"A person's name needs printable characters, {NAME_MAX} at most, not '"
                f"{safe_text(name)[:NAME_MAX]}'."
            )
        person = Person(name.strip(), ground, recorded_by, now(), day(until))

        def change(doc: Any) -> None:
            doc.setdefault("people", {})[_person_side(side)] = msgspec.to_builtins(person)

        self.change(change)

    def remove_person(self, side: str) -> None:
        """Take back what is recorded of side a or b. Raises `BadInput` if nothing is."""
        if _person_side(side) not in self.file.people:
            raise BadInput(f"Nobody is recorded for side {side} of {self.name}.")
        self.change(lambda doc: doc.get("people", {}).pop(side, None))

    def change(self, act: Any) -> None:
        """Apply `act` to the parsed document and write it back; the user's comments stay."""
        import tomlkit
        from tomlkit.exceptions import TOMLKitError

        toml = self.path / "project.toml"
        with changing(toml, self.path / "locks" / "project"):
            try:
                doc = tomlkit.parse(toml.read_text("utf-8"))
                act(doc)
                write_atomic(toml, tomlkit.dumps(doc).encode())
            except OSError as error:
                raise from_os_error(error, f"writing {toml}") from error
            except (TOMLKitError, UnicodeDecodeError) as error:
                raise Damaged(f"{toml} can't be read: {error}.") from error
        self.file = Project.open(self.path).file

    def inside(self, name: str) -> Path:
        """A path that a file of this project names. Raises `BadInput` if it leads outside."""
        path = (self.path / name).resolve()
        if not path.is_relative_to(self.path):
            raise BadInput(f"'{safe_text(name)}' leads out of the project {self.name}.")
        return path

    def in_sources(self, path: Path) -> bool:
        """Whether a resolved path is listed footage or lies in a folder of it."""
        return any(path.is_relative_to(self.source_path(s).resolve()) for s in self.sources())

    def reference(self, name: str) -> Path:
        """The file or folder that a setting of this project names; links don't lead out of it.

        Raises `BadInput` if there is none, or neither the project nor its footage holds it.
        """
        shown = safe_text(name)
        try:
            path = (self.path / name).resolve(strict=True)
        except (OSError, ValueError, RuntimeError) as error:
            raise BadInput(
                f"There is nothing at {shown}, which a setting of {self.name} names."
            ) from error
        if not path.is_file() and not path.is_dir():
            raise BadInput(f"{shown} is neither a file nor a folder.")
        for item in [path, *(media_in(path) if path.is_dir() else ())]:
            item = item.resolve()
            if not item.is_relative_to(self.path) and not self.in_sources(item):
                raise BadInput(
                    f"{shown} lies outside the project {self.name} and its footage: name it as a "
                    "setting of the command line, which copies it in."
                )
        return path

    def settings(self, stage: str) -> dict[str, Any]:
        """This project's own defaults for a stage."""
        return dict(self.file.settings.get(stage, {}))


def _person_side(side: str) -> str:
    """A side that shows a person of its own. Raises `BadInput` for another word."""
    if side not in PERSON_SIDES:
        raise BadInput(f"People are recorded for side a or b, not '{safe_text(side)}'.")
    return side


def enter_sources(doc: Any, new: list[Source]) -> None:
    """Add `[[source]]` tables; one that there is of the same content says where it lies now."""
    import tomlkit

    tables = doc.setdefault("source", tomlkit.aot())
    for source in new:
        same = [table for table in tables if table.get("side") == source.side]
        known = next((table for table in same if table.get("hash") == source.hash), None)
        there = next((table for table in same if table.get("path") == source.path), None)
        if known is not None:
            known["path"] = source.path  # it was moved, or another program added it meanwhile
            if there is not None and there is not known:
                tables.remove(there)  # what lay there before; it is added anew where it is now
            continue
        if there is not None:
            there.update(msgspec.to_builtins(source))  # other content in the same place
            continue
        # A user may have written `source = [{...}]` by hand: an array takes inline tables.
        table = tomlkit.table() if isinstance(tables, tomlkit.items.AoT) else tomlkit.inline_table()
        table.update(msgspec.to_builtins(source))
        tables.append(table)


def _with_text_days(data: dict[str, Any]) -> dict[str, Any]:
    """Parsed TOML with the last days of grounds as text: by hand one may write a date of TOML's."""
    people = data.get("people")
    for person in people.values() if isinstance(people, dict) else ():
        if isinstance(person, dict) and isinstance(person.get("until"), date):
            person["until"] = person["until"].isoformat()[: len("2027-03-31")]
    return data


def day(text: str) -> str:
    """A day as it is written in a project (2027-03-31), or nothing. Raises `BadInput`."""
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise BadInput(f"'{safe_text(text)}' is no day: write it as 2027-03-31.") from error


def now() -> str:
    """UTC in ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
