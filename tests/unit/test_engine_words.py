"""Numbers in the engine's sentences."""

from __future__ import annotations

from engine.words import counted


def test_one_is_singular_and_all_else_plural() -> None:
    assert [counted(n, "face") for n in (0, 1, 2)] == ["0 faces", "1 face", "2 faces"]
    assert [counted(n, "medium", "media") for n in (1, 3)] == ["1 medium", "3 media"]
