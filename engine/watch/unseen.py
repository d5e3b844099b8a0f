"""What lies in the watched folders and no watcher has decided about yet. Light."""

from __future__ import annotations

from engine.project import Project
from engine.watch.candidates import candidates, places_of
from engine.watch.ledger import Book, Ledger


def unseen(project: Project, book: Book) -> dict[str, str]:
    """Paths as the book has them, each with the name of its folder; what was put from the inbox to
    a side and waits for a watcher like the rest is among them, what is listed is left out."""
    ledger, listed = Ledger(project), {project.source_path(s) for s in project.sources()}
    found: dict[str, str] = {}
    for place in places_of(project):
        try:
            there = list(candidates(place.name, place.path))
        except OSError:
            continue
        for candidate in there:
            key = ledger.key(candidate.path)
            known = book.files.get(key)
            if not (known and known.decided) and candidate.path not in listed:
                found[key] = candidate.place
    return found
