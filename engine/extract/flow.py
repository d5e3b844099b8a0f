"""Bounded, ordered work in threads: items stream through, memory stays flat."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def ahead(items: Iterator[T], depth: int) -> Generator[T, None, None]:
    """The same items, read by a thread that is up to `depth` of them ahead."""
    with ThreadPoolExecutor(1, "ahead") as thread:
        waiting = deque(thread.submit(next, items, None) for _ in range(depth))
        try:
            while (item := waiting.popleft().result()) is not None:
                waiting.append(thread.submit(next, items, None))
                yield item
        finally:
            _cancel(waiting)


def ordered(
    pool: Executor, act: Callable[[T], R], items: Iterator[T], in_flight: int
) -> Generator[R, None, None]:
    """`act` of each item by the pool's threads, in the items' order, at most `in_flight` begun."""
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(act, item))
            if len(waiting) >= in_flight:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        _cancel(waiting)


def batched(items: Iterator[T], size: int) -> Generator[list[T], None, None]:
    """Lists of `size` items, the last one shorter."""
    batch: list[T] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def split(in_flight: int, best: int, lanes: int) -> tuple[int, int]:
    """How many items make a chunk, `best` at most, and how many chunks are begun at once: one a
    lane at least, where so many items in flight allow it."""
    chunk = max(1, min(best, in_flight // lanes))
    return chunk, max(2, in_flight // chunk)


def _cancel(waiting: deque[Future[R]]) -> None:
    for future in waiting:
        future.cancel()
