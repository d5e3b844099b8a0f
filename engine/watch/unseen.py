"""What lies in the watched folders and no watcher has looked at yet. Light."""

from __future__ import annotations

from engine.project import INBOX, Project
from engine.watch.candidates import candidates, places_of
from engine.watch.ledger import Book, Ledger


def unseen(project: Project, book: Book) -> dict[str, str]:
    """Paths as the book has them, each with the name of its folder; what was put from the inbox to
    a side is among them, what is listed is left out."""
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
            looked_at = known is not None and known.fate != "filed"
            if not looked_at and candidate.path not in listed:
                found[key] = candidate.place
    return found


def came_through(book: Book, path: str, place: str) -> set[str]:
    """The folders that a file arrived in, as recipes name them: the inbox too, for what was put
    from there to a side."""
    known = book.files.get(path)
    return {place, INBOX} if known is not None and known.from_inbox else {place}
