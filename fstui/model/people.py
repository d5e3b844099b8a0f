"""What command and form share about people: a record in words, days, who is at the keyboard."""

from __future__ import annotations

from engine.project import Ground, Person
from engine.protocol import safe_text
from fstui.i18n import tr

GROUND_WORDS = {ground: ground.name.lower().replace("_", "-") for ground in Ground}
"""Grounds in the short words of the command line."""


def person_words(person: Person) -> str:
    """`Ann (self; recorded by me, 2026-11-26T10:00:00+00:00; until 2027-01-01)`."""
    until = tr("; until {day}").format(day=person.until) if person.until else ""
    by, at = person.recorded_by or tr("nobody named"), person.recorded_at or tr("no time named")
    told = tr("{name} ({ground}; recorded by {by}, {at}{until})")
    return safe_text(
        told.format(name=person.name, ground=tr(person.ground), by=by, at=at, until=until)
    )


def user_name() -> str:
    """Who is at the keyboard, as the system knows them."""
    import getpass

    try:
        return safe_text(getpass.getuser()) or "unknown"
    except (OSError, KeyError):
        return "unknown"
