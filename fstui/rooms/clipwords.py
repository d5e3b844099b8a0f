"""A piece of footage in words: its row of the media room's list, and all that is known of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, overload

from engine.project import SIDES
from engine.protocol import safe_text
from engine.watch.candidates import BESIDE
from fstui.i18n import later, tr, tr_n
from fstui.model import media, words
from fstui.model.clips import PLACES, Clip, Found
from fstui.model.sidewords import HEADINGS
from fstui.rooms.lines import Line
from fstui.widgets.rows import Row, Tone

PLACE_WORDS = {
    **HEADINGS,
    "inbox": later("Inbox  is sorted by whom it shows"),
    BESIDE: later("Beside  belongs into a folder of media/"),
}
STATES: dict[str, tuple[str, Tone]] = {
    "extracted": (later("extracted"), "good"),
    "begun": (later("begun"), "warn"),
    "new": (later("new"), "accent"),
    "missing": (later("missing"), "bad"),
    "arriving": (later("arriving"), "warn"),
    "ready": (later("ready"), "accent"),
    "not used": (later("not used"), "bad"),
    "asks": (later("asks"), "warn"),
    "not listed": (later("not listed"), "muted"),
}
HINTS = {
    "new": later("Not extracted yet: s in the project room (1) starts it."),
    "begun": later("Extraction has not seen all of it: s in the project room (1) goes on."),
    "missing": later("The file is gone from its place: bring it back, or delete takes it out."),
    "arriving": later("It grows or was written a moment ago: it counts when it stands still."),
    "ready": later("It stands still: w has arriving footage taken in, a adds it by hand."),
    "asks": later("Room 8 answers where it belongs."),
    "not used": later("Room 8 tries it again."),
    "not listed": later("It was taken out of project.toml: a adds it again."),
}
Facts = dict[str, Any] | str | None
"""What the engine said of a clip, or why it can't be read; None while it wasn't asked."""


class Tree(Sequence[Row]):
    """Lines of the list: each place that has something, or is a side, and its footage below. A
    row is made when it is painted."""

    def __init__(
        self, clips: Sequence[Clip], facts: Callable[[Clip], Facts], *, sides: bool
    ) -> None:
        self._facts = facts
        self._lines: list[tuple[str, Clip | None, Sequence[Clip]]] = []
        for place in PLACES:
            here = [clip for clip in clips if clip.place == place]
            if here or (sides and place in SIDES):
                self._lines.append((place_key(place), None, here))
                self._lines += [(clip.key, clip, ()) for clip in here]
        self._places = {key: index for index, (key, _, _) in enumerate(self._lines)}

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        key, clip, here = self._lines[index]
        return row_of(clip, self._facts(clip)) if clip else place_row(key, here)

    def index_of(self, key: str) -> int | None:
        """The place of a key."""
        return self._places.get(key)


def place_key(place: str) -> str:
    """The key of a place's own line; a clip's begins with its place too."""
    return f"{place} *"


def place_row(key: str, here: Sequence[Clip]) -> Row:
    """A place's own line: how many clips, how large."""
    title: tuple[str, Tone] = (tr(PLACE_WORDS[key.removesuffix(" *")]), "accent")
    if not here:
        return Row(key, (title, (tr("a adds"), "muted")))
    hint = tr_n("{n} clip", "{n} clips", len(here)).format(n=len(here))
    size = words.size(sum(clip.bytes for clip in here))
    return Row(key, (title, (hint, "muted"), "", "", "", size))


def row_of(clip: Clip, facts: Facts) -> Row:
    """One line of the list, under its side's."""
    state, tone = STATES[clip.state]
    known = facts if isinstance(facts, dict) else {}
    found = clip.found
    frames = known.get("frames") or (found.frames if found and found.done else None)
    size = f"{known['width']}x{known['height']}" if known else ""
    return Row(
        clip.key,
        (
            f"  {safe_text(clip.path.name)}",
            (tr(state), tone),
            words.count(found.faces) if found else "",
            words.count(frames) if frames else "",
            words.length(known["duration_s"]) if known.get("kind") == "video" else "",
            words.size(clip.bytes),
            size,
            safe_text(str(known.get("codec", ""))),
            added(clip),
        ),
    )


def about(clip: Clip, facts: Facts) -> list[Line]:
    """Where it is, what it is, what was found in it, what is due."""
    lines: list[Line] = [[(safe_text(str(clip.path)), "accent")]]
    if isinstance(facts, str):
        lines.append([(safe_text(facts), "bad")])
    elif facts:
        lines.append([described(facts)])
    elif clip.readable:
        lines.append([(tr("The engine looks into it ..."), "muted")])
    if clip.found:
        lines.append([found_words(clip.found)])
    if clip.why:
        lines.append([(safe_text(clip.why), "warn")])
    if clip.state in HINTS:
        lines.append([(tr(HINTS[clip.state]), "muted")])
    return lines


def described(facts: dict[str, Any]) -> str:
    """Size, rate, length, codec, sound; what is special or wrong."""
    parts = [media.describe(facts)]
    if facts.get("rotation"):
        parts.append(tr("turned by {n} degrees").format(n=facts["rotation"]))
    if facts.get("vfr"):
        parts.append(tr("its rate varies"))
    parts += [safe_text(str(facts[k])) for k in ("note", "problem") if facts.get(k)]
    return "; ".join(parts)


def found_words(found: Found) -> str:
    """`235 faces in 230 of 250 frames, 3 rejected`."""
    text = tr("{faces} in {seen} of {frames}").format(
        faces=words.plural(found.faces, "face"),
        seen=words.count(found.with_face),
        frames=tr_n("{n} frame", "{n} frames", found.frames).format(n=words.count(found.frames)),
    )
    if found.rejected:
        text += tr(", {n} rejected").format(n=words.count(found.rejected))
    return text


def added(clip: Clip) -> str:
    """The day when it was listed, by the machine's clock."""
    try:
        return f"{datetime.fromisoformat(clip.source.added).astimezone():%Y-%m-%d}"  # type: ignore[union-attr]
    except (AttributeError, ValueError):
        return ""
