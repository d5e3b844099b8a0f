"""What command and form share about people: a record in words, days, who is at the keyboard."""

from __future__ import annotations

from engine.project import Person
from engine.protocol import safe_text


def person_words(person: Person) -> str:
    """`Ann (self; recorded by me, 2026-11-26T10:00:00+00:00; until 2027-01-01)`."""
    until = f"; until {person.until}" if person.until else ""
    by, at = person.recorded_by or "nobody named", person.recorded_at or "no time named"
    return safe_text(f"{person.name} ({person.ground}; recorded by {by}, {at}{until})")


def user_name() -> str:
    """Who is at the keyboard, as the system knows them."""
    import getpass

    try:
        return safe_text(getpass.getuser()) or "unknown"
    except (OSError, KeyError):
        return "unknown"
