"""What a word that isn't known may have meant."""

from __future__ import annotations

from collections.abc import Sequence

MOST = 4
LIKENESS = 0.6
"""Of `difflib`'s 0 to 1."""


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """`did you mean train.batch?` with the nearest of what is known, those first that have the word
    between dots, last those that have it anywhere; empty where nothing is near."""
    import difflib  # only for a word that isn't known

    whole = [name for name in known if word in name.split(".")]
    alike = difflib.get_close_matches(word, known, MOST, LIKENESS)
    within = [name for name in known if word and word in name]
    *some, last = list(dict.fromkeys([*whole, *alike, *within]))[:MOST] or [""]
    words = f"{', '.join(some)} or {last}" if some else last
    return f"did you mean {words}?" if last else ""
