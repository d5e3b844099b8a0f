"""Questions of which only the other answers are told."""

from __future__ import annotations

import pytest

from fstui.model import told
from fstui.model.told import Told


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which a test sets."""
    now = [0.0]
    monkeypatch.setattr(told.time, "monotonic", lambda: now[0])
    return now


def test_an_answer_is_told_when_it_is_another_one(clock: list[float]) -> None:
    answers = iter([1, 1, None, 1, 2])
    ask = Told(lambda: next(answers), 0.0)
    assert [ask() for _ in range(5)] == [1, None, None, None, 2]


def test_it_looks_at_most_once_in_a_while_unless_it_is_asked_to_look_soon(
    clock: list[float],
) -> None:
    looks: list[float] = []
    ask = Told(lambda: looks.append(clock[0]) or clock[0], 10.0)
    for clock[0] in (1.0, 5.0, 10.9, 11.0, 12.0):
        ask()
    assert looks == [1.0, 11.0]
    ask.soon()
    ask()
    assert looks == [1.0, 11.0, 12.0]


def test_a_slow_look_is_made_less_often(clock: list[float]) -> None:
    looks: list[float] = []

    def slow() -> float:
        looks.append(clock[0])
        clock[0] += 2.0
        return clock[0]

    ask = Told(slow, 1.0, share=0.1)
    for at in (0.0, 21.9, 22.0):
        clock[0] = at
        ask()
    assert looks == [0.0, 22.0]


def test_only_what_makes_a_difference_counts(clock: list[float]) -> None:
    answers = iter(["A", "a", "b"])
    ask = Told(lambda: next(answers), 0.0, seen=str.lower)
    assert [ask() for _ in range(3)] == ["A", None, "b"]


def test_a_look_that_failed_is_made_again_at_once(clock: list[float]) -> None:
    answers = iter([OSError("away"), 1])

    def look() -> int:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    ask = Told(look, 10.0)
    with pytest.raises(OSError, match="away"):
        ask()
    assert ask() == 1
