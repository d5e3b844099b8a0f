"""A look at all watched folders, also when one of them goes away and comes back."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from engine.errors import BadInput, from_os_error
from engine.project import SIDES, Project
from engine.protocol import safe_text
from engine.watch.candidates import Candidate, Place, candidates, misplaced, outside, places_of


class Seen(NamedTuple):
    """What one look found."""

    candidates: list[Candidate]
    went: dict[Path, str]
    """Folders that could be looked at before and can't now, and why."""
    came: list[Path]
    """Folders that are back."""
    away: list[Path]
    """Folders of which nothing can be said: what lay there may still lie there."""

    def is_away(self, path: Path) -> bool:
        """Whether something lies in a folder that can't be looked at."""
        return any(path.is_relative_to(folder) for folder in self.away)


class Folders:
    """The watched folders of a project."""

    def __init__(self, project: Project) -> None:
        self.media = project.path / "media"
        self.places = places_of(project)
        _check(project)
        self.away: set[Path] = set()
        self._devices: dict[Path, int] = {}

    @property
    def there(self) -> list[Path]:
        """Folders that can be looked at."""
        return [p.path for p in self.places if p.path not in self.away]

    def make(self) -> None:
        """Make the folders of the project that are missing, and see which others are there. Raises
        what the disk says."""
        for place in self.places:
            if place.path.is_relative_to(self.media):
                try:
                    place.path.mkdir(parents=True, exist_ok=True)
                except OSError as error:
                    raise from_os_error(error, f"making {place.path}") from error

    def look(self) -> Seen:
        """What lies in the folders now."""
        found: list[Candidate] = []
        went: dict[Path, str] = {}
        came = []
        for place in self.places:
            try:
                here = self._look(place)
            except OSError as error:
                if place.path not in self.away:
                    went[place.path] = (error.strerror or str(error)).lower()
                self.away.add(place.path)
                continue
            if place.path in self.away:
                self.away.remove(place.path)
                came.append(place.path)
            found += here
        with suppress(OSError):  # the folders in it are away too then, which is told
            found += misplaced(self.media)
        return Seen(found, went, came, sorted(self.away))

    def _look(self, place: Place) -> list[Candidate]:
        """Raises `OSError` for a folder that isn't there, or is the bare place of a drive."""
        device = place.path.stat().st_dev
        if self._devices.setdefault(place.path, device) != device:
            if not any(place.path.iterdir()):
                raise OSError(0, "its drive is not there")
            self._devices[place.path] = device
        return list(candidates(place.name, place.path))


def _check(project: Project) -> None:
    """Raise `BadInput` for a folder outside that can't be watched beside the others."""
    known = [project.path]
    for name, path in outside(project):
        where = f"{project.path / 'project.toml'}, watch.folder, {safe_text(str(path))}"
        if name not in SIDES:
            raise BadInput(f"{where}: its side is a, b or target, not '{safe_text(name)}'.")
        real = path.resolve()
        for other in known:
            if real.is_relative_to(other) or other.is_relative_to(real):
                raise BadInput(f"{where}: it lies in {other} or around it: name another folder.")
        known.append(real)
