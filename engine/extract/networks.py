"""The networks of extraction: a folder a kind, a file a network, and what they have in common.

`detect/` finds faces in frames, `align/` the points of a face, `segment/` which pixels are face,
`identify/` who it is. A new file in a folder is a new choice of its setting.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any, ClassVar

from engine.errors import BadInput
from engine.protocol import safe_text

WARM = 8
"""Frames or faces that a thread gives its own network in a row: its weights then lie in the cache
of the core, which the next network's would take."""


class Network:
    """A network of any kind, made with the step's settings."""

    name: ClassVar[str]
    """As its file is called."""
    shared: ClassVar[bool] = False
    """Whether one instance serves all threads: it then computes on many cores or a GPU by itself
    and has a lock. Otherwise each thread makes its own."""
    batch: ClassVar[int] = 1
    """How many frames (of faces: how many faces) it is best given at once."""

    def begin(self, medium: Path) -> None:
        """The frames of another medium follow."""


class Lent:
    """A network that many threads call: an instance for each, or the one that they share.

    A call waits for an instance that no other thread uses.
    """

    def __init__(self, kind: type[Network], make: Callable[[], Any], threads: int) -> None:
        self.chunk = kind.batch if kind.shared else WARM
        """How many frames or faces it is best given at once."""
        self.lanes = 2 if kind.shared else threads + 1
        """How many such calls are best begun: one more than can be at work."""
        self._all = [make() for _ in range(1 if kind.shared else threads)]
        self._free: SimpleQueue[Any] = SimpleQueue()
        for instance in self._all:
            self._free.put(instance)

    def begin(self, medium: Path) -> None:
        """The frames of another medium follow."""
        for instance in self._all:
            instance.begin(medium)

    def __call__(self, items: Any) -> Any:
        """What the network answers."""
        instance = self._free.get()
        try:
            return instance(items)
        finally:
            self._free.put(instance)


def names(kind: str) -> list[str]:
    """The networks of a kind: the files of its folder."""
    folder = Path(__file__).parent / kind
    return sorted(p.stem for p in folder.glob("*.py") if not p.stem.startswith("_"))


def network(kind: str, name: str) -> Any:
    """The module `engine/extract/<kind>/<name>.py`. Raises `BadInput` if there is none."""
    if name not in names(kind):
        raise BadInput(
            f"'{safe_text(name)}' is no network to {kind} faces with: "
            f"there is {', '.join(names(kind))}."
        )
    return importlib.import_module(f"engine.extract.{kind}.{name}")
