"""Streams in threads: order, bounds, errors, ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.extract.flow import ahead, batched, ordered, split


def test_ahead_gives_the_same_items_and_is_only_so_far_ahead() -> None:
    made: list[int] = []
    enough = threading.Event()

    def source() -> Iterator[int]:
        for number in range(1, 50):
            made.append(number)
            if number == 5:
                enough.set()
            yield number

    stream = ahead(source(), 4)
    assert next(stream) == 1
    assert enough.wait(10)
    assert max(made) == 5  # one was taken, four wait
    assert [1, *stream] == list(range(1, 50))


def test_ahead_raises_what_the_source_raises_in_its_place() -> None:
    def source() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("the disk is gone")

    stream = ahead(source(), 8)
    assert [next(stream), next(stream)] == [1, 2]
    with pytest.raises(OSError, match="the disk is gone"):
        next(stream)


def test_ordered_keeps_the_order_whoever_is_ready_first() -> None:
    second_done = threading.Event()

    def act(number: int) -> int:
        if number == 0:
            assert second_done.wait(10)
        if number == 1:
            second_done.set()
        return number * 10

    with ThreadPoolExecutor(2) as pool:
        assert list(ordered(pool, act, iter(range(8)), 4)) == [n * 10 for n in range(8)]


def test_ordered_begins_no_more_than_it_may() -> None:
    taken: list[int] = []

    def source() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    with ThreadPoolExecutor(2) as pool:
        stream = ordered(pool, lambda n: n, source(), 5)
        assert next(stream) == 0
        assert len(taken) == 5
        stream.close()
        assert len(taken) == 5


def test_batches_are_full_but_the_last() -> None:
    assert list(batched(iter(range(7)), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(batched(iter([]), 3)) == []


@given(st.integers(1, 200), st.integers(1, 16), st.integers(2, 40))
def test_chunks_hold_no_more_than_may_be_in_flight(most: int, best: int, lanes: int) -> None:
    chunk, begun = split(most, best, lanes)
    assert 1 <= chunk <= best
    assert begun == 2 or chunk * begun <= most
    assert begun >= lanes or chunk == 1
