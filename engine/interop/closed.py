"""A closed-world reader of pickles: an interpreter of the data opcodes alone.

It knows dict (with text keys), list, tuple, str, bytes, int, float, bool, None and the array forms
of `closed_forms`. No name is ever imported and nothing is called; all else is refused by name.
Everything is bounded, so a hostile file costs seconds and ends in one sentence. Source of the
opcodes: the comments of Python's own `pickletools` (protocols 2 to 5).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from engine.errors import BadInput, Damaged
from engine.interop.bounded import shown
from engine.interop.closed_forms import (
    FORMS,
    TEXT_TO_BYTES,
    Global,
    Kind,
    Unbuilt,
    Wrong,
    built,
    reduced,
)

MAX_OPCODES = 40_000_000
MAX_CONTAINERS = 6_000_000
FREE_CONTAINERS = 100_000
BYTES_A_CONTAINER = 8
BYTES_A_MEMO = 4
"""A container of use takes at least this much data, beyond the first ones."""
MAX_MEMO = 16_000_000
MAX_DEPTH = 32
MAX_INTEGER_BYTES = 16
MAX_NAME_BYTES = 200
SPARE_VALUES = 10_000

PLAIN = frozenset({str, bytes, int, float, bool, type(None)})
BYTE_RUN = re.compile(rb"\((?:K.)++e", re.DOTALL)
FLOAT_RUN = re.compile(rb"\((?:G.{8})++e", re.DOTALL)
"""A list's numbers in one piece: most of a faceswap 3 file is these."""


class Box:
    """A container, or a piece of an array, while the pickle is read."""

    __slots__ = ("closed", "depth", "raw", "value", "weight")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.raw = isinstance(value, Global | Kind | Unbuilt)
        """Whether it is or holds a piece of an array, which is no value yet."""
        self.weight = 1
        """How many values it has when every repetition counts."""
        self.depth = 1
        self.closed = False
        """Set once it is inside another: changing it then could make a circle."""


def loads(data: bytes, name: str) -> Any:
    """The value in a pickle; arrays are read-only views. `name` is the file's, safe to print.

    Raises `BadInput` for what isn't read, `Damaged` when the pickle is torn or makes no sense.
    """
    return Reader(data, name).whole()


class Reader:
    """The machine: a stack, marks in it, and a memo."""

    def __init__(self, data: bytes, name: str) -> None:
        self._data, self._name = data, name
        self.at = 0
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._count = self._boxes = self._respelled = 0
        likely = FREE_CONTAINERS + len(data) // BYTES_A_CONTAINER
        self._most_boxes = min(MAX_CONTAINERS, likely)
        self._most_memo = min(MAX_MEMO, FREE_CONTAINERS + len(data) // BYTES_A_MEMO)

    def whole(self) -> Any:
        """The value; what is wrong as `BadInput` or `Damaged`."""
        try:
            return self.run()
        except Wrong as wrong:
            raise BadInput(f"{self._name} {shown(wrong, 200)}: it is refused.") from wrong
        except (IndexError, KeyError, ValueError, struct.error) as error:
            raise Damaged(
                f"{self._name} is cut off or damaged at byte {self.at} of its data."
            ) from error

    def run(self) -> Any:
        """Interpret up to STOP."""
        table, data = self._table(), self._data
        while (code := data[self.at]) != 0x2E:
            self._count += 1
            if self._count > MAX_OPCODES:
                raise Wrong(f"has more than {MAX_OPCODES} instructions")
            self.at += 1
            act = table[code]
            if act is None:
                self._refuse(code)
            act()
        result = self._stack.pop()
        if self._stack or self._marks:
            raise ValueError("values are left")
        return self._value(result)

    def _refuse(self, code: int) -> NoReturn:
        import pickletools

        names = [op.name for op in pickletools.opcodes if ord(op.code) == code]
        if not names:
            raise ValueError("no opcode")
        raise Wrong(f"uses the pickle instruction {names[0]}, which alignments don't need")

    def _table(self) -> list[Callable[[], None] | None]:
        """What each opcode does; None is refused."""
        push = self._stack.append
        acts: dict[int, Callable[[], None]] = {
            0x80: lambda: self._protocol(),
            0x95: lambda: self._frame(),
            ord("("): self._mark,
            ord("N"): lambda: push(None),
            0x88: lambda: push(True),
            0x89: lambda: push(False),
            ord("J"): lambda: push(self._number("<i", 4)),
            ord("K"): lambda: push(self._number("<B", 1)),
            ord("M"): lambda: push(self._number("<H", 2)),
            0x8A: lambda: push(self._long(1)),
            0x8B: lambda: push(self._long(4)),
            ord("G"): lambda: push(self._number(">d", 8)),
            0x8C: lambda: push(self._text(1)),
            ord("X"): lambda: push(self._text(4)),
            0x8D: lambda: push(self._text(8)),
            ord("C"): lambda: push(self._bytes(1)),
            ord("B"): lambda: push(self._bytes(4)),
            0x8E: lambda: push(self._bytes(8)),
            0x96: lambda: push(self._bytes(8)),
            ord("]"): lambda: self._push_box([]),
            ord("}"): lambda: self._push_box({}),
            ord(")"): lambda: self._tuple([]),
            0x85: lambda: self._tuple(self._pop(1)),
            0x86: lambda: self._tuple(self._pop(2)),
            0x87: lambda: self._tuple(self._pop(3)),
            ord("t"): lambda: self._tuple(self._pop_mark()),
            ord("a"): lambda: self._extend(self._pop(1)),
            ord("e"): lambda: self._extend(self._pop_mark()),
            ord("s"): lambda: self._set(self._pop(2)),
            ord("u"): lambda: self._set(self._pop_mark()),
            ord("q"): lambda: self._remember(self._number("<B", 1)),
            ord("r"): lambda: self._remember(self._number("<I", 4)),
            0x94: lambda: self._remember(len(self._memo)),
            ord("h"): lambda: push(self._memo[self._number("<B", 1)]),
            ord("j"): lambda: push(self._memo[self._number("<I", 4)]),
            ord("c"): lambda: self._global(self._line(), self._line()),
            0x93: lambda: self._global(*self._pop(2)),
            ord("R"): self._reduce,
            ord("b"): self._build,
        }
        return [acts.get(code) for code in range(256)]

    # --- taking bytes ---

    def _take(self, count: int) -> bytes:
        start, end = self.at, self.at + count
        if end > len(self._data):
            raise IndexError
        self.at = end
        return self._data[start:end]

    def _number(self, form: str, size: int) -> Any:
        return struct.unpack(form, self._take(size))[0]

    def _sized(self, width: int) -> bytes:
        return self._take(int.from_bytes(self._take(width), "little"))

    def _bytes(self, width: int) -> bytes:
        return self._sized(width)

    def _text(self, width: int) -> str:
        return self._sized(width).decode("utf-8")

    def _long(self, width: int) -> int:
        data = self._sized(width)
        if len(data) > MAX_INTEGER_BYTES:
            raise Wrong(f"has an integer of {len(data)} bytes")
        return int.from_bytes(data, "little", signed=True)

    def _line(self) -> str:
        end = self._data.index(b"\n", self.at, self.at + MAX_NAME_BYTES)
        line = self._data[self.at : end].decode("utf-8")
        self.at = end + 1
        return line

    def _protocol(self) -> None:
        number = self._number("<B", 1)
        if number > 5:
            raise Wrong(f"is a pickle of protocol {number}, and 2 to 5 are read")

    def _frame(self) -> None:
        if self._number("<Q", 8) > len(self._data) - self.at:
            raise IndexError

    # --- the stack ---

    def _pop(self, count: int) -> list[Any]:
        if len(self._stack) < count:
            raise IndexError
        items = self._stack[-count:]
        del self._stack[-count:]
        return items

    def _pop_mark(self) -> list[Any]:
        start = self._marks.pop()
        items = self._stack[start:]
        del self._stack[start:]
        return items

    def _mark(self) -> None:
        if self._run_of_numbers():
            return
        if len(self._marks) >= MAX_DEPTH:
            raise Wrong(f"is nested deeper than {MAX_DEPTH}")
        self._marks.append(len(self._stack))

    def _run_of_numbers(self) -> bool:
        """Append a list's bytes or floats at one go, if that is what follows the mark."""
        start = self.at - 1
        box = self._stack[-1] if self._stack else None
        if not (isinstance(box, Box) and isinstance(box.value, list) and not box.closed):
            return False
        if found := BYTE_RUN.match(self._data, start):
            numbers: Any = self._data[start + 2 : found.end() - 1 : 2]
        elif found := FLOAT_RUN.match(self._data, start):
            dtype = np.dtype([("op", "u1"), ("number", ">f8")])
            numbers = np.frombuffer(self._data[start + 1 : found.end() - 1], dtype)["number"]
            numbers = numbers.tolist()
        else:
            return False
        self.at = found.end()
        self._count += len(numbers)
        box.value.extend(numbers)
        box.weight += len(numbers)
        return True

    def _remember(self, index: int) -> None:
        if len(self._memo) >= self._most_memo:
            raise Wrong(f"remembers more than {self._most_memo} values")
        self._memo[index] = self._stack[-1]

    # --- containers ---

    def _push_box(self, value: Any) -> None:
        self._boxes += 1
        if self._boxes > self._most_boxes:
            raise Wrong(f"has more than {self._most_boxes} containers")
        self._stack.append(Box(value))

    def _open(self, kind: type) -> Box:
        box = self._stack[-1]
        if not (isinstance(box, Box) and isinstance(box.value, kind)):
            raise ValueError("not that container")
        if box.closed:
            raise Wrong("changes a value after it was used, as only circles do")
        return box

    def _count_in(self, box: Box, item: Any) -> None:
        """Note that `item` is inside `box` from now on."""
        if not isinstance(item, Box):
            box.weight += 1
            return
        if item is box:
            raise Wrong("holds itself")
        item.closed = True
        box.weight += item.weight
        box.depth = max(box.depth, item.depth + 1)
        if box.depth > MAX_DEPTH:
            raise Wrong(f"is nested deeper than {MAX_DEPTH}")
        if box.weight > 2 * self._count + SPARE_VALUES:
            raise Wrong("repeats its own parts over and over")

    def _value(self, item: Any) -> Any:
        """A stack item as a value. A piece of an array is none."""
        if not isinstance(item, Box):
            return item
        if item.raw:
            what = item.value.name if isinstance(item.value, Global) else "a piece of an array"
            raise Wrong(f"has {what} where a value should be")
        return item.value

    def _extend(self, items: list[Any]) -> None:
        box = self._open(list)
        for item in items:
            self._count_in(box, item)
        box.value.extend(map(self._value, items))

    def _set(self, items: list[Any]) -> None:
        box = self._open(dict)
        if len(items) % 2:
            raise ValueError("a key without a value")
        for key, item in zip(items[::2], items[1::2], strict=True):
            if type(key) is not str:
                raise Wrong("has a dictionary whose key is no text")
            self._count_in(box, item)
            box.weight += 1
            box.value[key] = self._value(item)

    def _tuple(self, items: list[Any]) -> None:
        """Tuples also carry the pieces of arrays to `_reduce` and `_build`."""
        self._push_box(tuple(item.value if isinstance(item, Box) else item for item in items))
        box: Box = self._stack[-1]
        for item in items:
            self._count_in(box, item)
            box.raw |= isinstance(item, Box) and item.raw

    # --- arrays ---

    def _global(self, module: Any, name: Any) -> None:
        full = f"{module}.{name}"
        if full not in FORMS:
            raise Wrong(f"asks for {shown(full)}, which is not among the plain values")
        self._push_box(Global(full))

    def _reduce(self) -> None:
        form, args = self._pop(2)
        if not (isinstance(form, Box) and isinstance(form.value, Global)):
            raise Wrong("calls something that is no form of an array")
        if not (isinstance(args, Box) and type(args.value) is tuple):
            raise ValueError("no arguments")
        made = reduced(form.value.name, args.value)
        if form.value.name == TEXT_TO_BYTES:
            self._respelled += len(made)
            if self._respelled > len(self._data) + SPARE_VALUES:
                raise Wrong("repeats its own parts over and over")
        if type(made) in PLAIN:
            self._stack.append(made)
        else:
            self._push_box(made)

    def _build(self) -> None:
        thing, state = self._pop(2)
        if not (isinstance(thing, Box) and isinstance(state, Box)):
            raise Wrong("sets the state of something that is no array")
        if thing.closed:
            raise Wrong("changes a value after it was used, as only circles do")
        thing.value = built(thing.value, state.value)
        thing.raw = isinstance(thing.value, Kind)
        self._stack.append(thing)
