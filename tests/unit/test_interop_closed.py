"""The closed reader of pickles: what it reads, what it refuses, and that nothing exhausts it."""

from __future__ import annotations

import collections
import datetime
import os
import pathlib
import pickle
import pickletools
import subprocess
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BadInput, Damaged
from engine.interop.bounded import inflate
from engine.interop.closed import loads

PROTOCOLS = (2, 3, 4, 5)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**100), 2**100)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=40,
)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@given(value=PLAIN)
def test_plain_values_come_back(protocol: int, value: Any) -> None:
    assert loads(pickle.dumps(value, protocol), "x") == value


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(10, dtype=np.int16)[::2],
        np.arange(3, dtype=">i4"),
        np.zeros((0, 2)),
        np.array(3.5),
        np.array([True, False]),
        np.arange(256, dtype=np.uint8),
    ],
)
def test_arrays_come_back(protocol: int, array: np.ndarray) -> None:
    found = loads(pickle.dumps({"a": array, "again": array}, protocol), "x")
    for key in ("a", "again"):
        assert found[key].dtype == array.dtype
        np.testing.assert_array_equal(found[key], array)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_numpy_1_and_2_spell_arrays_differently(protocol: int) -> None:
    data = pickle.dumps([np.zeros(3), np.float32(1.5)], protocol)
    if protocol < 4:  # lengths stand before names from 4 on
        old = data.replace(b"numpy._core", b"numpy.core")
    else:
        value = [np.zeros(3), np.float32(1.5)]
        old = pickle.dumps(value, 3).replace(b"numpy._core", b"numpy.core")
    found = loads(old, "x")
    assert found[0].tolist() == [0, 0, 0]
    assert found[1] == 1.5


class Runs:
    """Would run a command if it were unpickled."""

    def __reduce__(self) -> Any:
        return os.system, ("touch /tmp/must-not-exist",)


FORBIDDEN = [
    (Runs(), "posix.system"),
    ([subprocess.Popen], "Popen"),
    ({"f": eval}, "eval"),
    (collections.OrderedDict(a=1), "collections.OrderedDict"),
    (pathlib.PurePosixPath("/etc"), "PurePosixPath"),
    (datetime.date(2020, 1, 1), "datetime.date"),
    (1j, "complex"),
    (np.float64, "numpy.float64"),
    ([np.ndarray], "numpy.ndarray"),
    (np.dtype("f4"), "array"),
    (np.array(["text"]), "'U4'"),
    (np.array([Runs()], object), "'O8'"),
    (np.zeros(2, [("a", "f4")]), "'V4'"),
    (np.array(["2020"], "M8[s]"), "'M8'"),
    (2**400, "integer"),
    ({1: 2}, "key"),
]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(("value", "named"), FORBIDDEN)
def test_everything_else_is_refused_by_name(value: Any, named: str, protocol: int) -> None:
    data = pickle.dumps(value, protocol)
    with pytest.raises(BadInput, match=named) as caught:
        loads(data, "x.fsa")
    assert str(caught.value).count("\n") == 0
    assert not os.path.exists("/tmp/must-not-exist")


KNOWN = (
    "PROTO FRAME STOP MARK NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 LONG4 BINFLOAT "
    "SHORT_BINUNICODE BINUNICODE BINUNICODE8 SHORT_BINBYTES BINBYTES BINBYTES8 BYTEARRAY8 "
    "EMPTY_LIST EMPTY_DICT EMPTY_TUPLE TUPLE1 TUPLE2 TUPLE3 TUPLE APPEND APPENDS SETITEM SETITEMS "
    "BINPUT LONG_BINPUT MEMOIZE BINGET LONG_BINGET GLOBAL STACK_GLOBAL REDUCE BUILD"
).split()


@pytest.mark.parametrize(
    "opcode", [o for o in pickletools.opcodes if o.name not in KNOWN], ids=lambda o: o.name
)
def test_every_other_opcode_is_refused_by_name(opcode: Any) -> None:
    data = b"\x80\x04]" + opcode.code.encode("latin-1") + b"0\n0\n" + b"." * 20
    with pytest.raises(BadInput, match=f"instruction {opcode.name},"):
        loads(data, "x")


CALLS = {
    "a global with other arguments": b"cnumpy\ndtype\n(X\x02\0\0\0f4K\x05K\x07tR.",
    "an array that is longer than its bytes": pickle.dumps(np.zeros(4), 3).replace(
        b"K\x04\x85", b"K\x09\x85"
    ),
    "a call of a value": b"]\x85)R.",
    "the state of a list": b"]}b.",
    "text that is no bytes": b"c_codecs\nencode\n(X\x03\0\0\0\xe2\x82\xacX\x06\0\0\0latin1tR.",
    "another encoding": b"c_codecs\nencode\n(X\x01\0\0\0aX\x05\0\0\0rot13tR.",
}


@pytest.mark.parametrize("data", CALLS.values(), ids=CALLS)
def test_forms_of_arrays_take_their_own_arguments_alone(data: bytes) -> None:
    with pytest.raises((BadInput, Damaged)):
        loads(b"\x80\x03" + data, "x")


def doubled(start: bytes, rounds: int) -> bytes:
    """Lists of the same list twice, over and over: 2 ** rounds values in a few bytes."""
    body = b"\x80\x04" + start + b"\x94"
    for i in range(rounds):
        body += b"](h" + bytes([i]) + b"h" + bytes([i]) + b"e\x94"
    return body + b"."


BOMBS = {
    "deep": b"\x80\x04" + b"]" * 5000 + b"a" * 4999 + b".",
    "deep tuples": b"\x80\x04)" + b"\x85" * 100_000 + b".",
    "many marks": b"\x80\x04" + b"(" * 1_000_000 + b".",
    "doubling lists": doubled(b"]", 30),
    "doubling tuples": b"\x80\x04)\x94"
    + b"".join(b"h" + bytes([i]) + b"h" + bytes([i]) + b"\x86\x94" for i in range(30))
    + b".",
    "a circle": b"\x80\x04]\x94h\x00a.",
    "a circle of two": b"\x80\x04]\x94]\x94h\x00ah\x01a.",
    "bytes spelled again and again": b"\x80\x03c_codecs\nencode\nq\x00(X\x00\x00\x01\x00"
    + b"a" * 65536
    + b"X\x06\0\0\0latin1tq\x010"[:-1]
    + b"".join([b"h\x00h\x01R"] * 200_000)
    + b".",
    "a huge length": b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f" + b".",
    "a huge integer": b"\x80\x04\x8b\xff\xff\xff\x7f.",
    "a huge array": pickle.dumps(np.zeros(4), 3).replace(b"K\x04\x85", b"J\xff\xff\xff\x7f\x85"),
    "a frame past the end": b"\x80\x04\x95\xff\xff\xff\xff\0\0\0\0N.",
    "an endless name": b"\x80\x03c" + b"a" * 1_000_000,
    "values left": b"\x80\x04NN.",
    "nothing": b"",
    "no pickle": b"hello",
    "protocol 9": b"\x80\x09N.",
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
def test_bombs_end_in_one_sentence_soon(data: bytes) -> None:
    start = time.process_time()
    with pytest.raises((BadInput, Damaged)) as caught:
        loads(data, "x.fsa")
    assert time.process_time() - start < 5
    assert str(caught.value).startswith("x.fsa ")
    assert len(str(caught.value)) < 300


def test_many_containers_and_instructions_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.interop.closed.MAX_CONTAINERS", 1000)
    with pytest.raises(BadInput, match="containers"):
        loads(b"\x80\x04" + b"]" * 2000 + b".", "x")
    monkeypatch.setattr("engine.interop.closed.MAX_OPCODES", 1000)
    with pytest.raises(BadInput, match="instructions"):
        loads(b"\x80\x04" + b"N" * 2000 + b".", "x")
    monkeypatch.setattr("engine.interop.closed.MAX_MEMO", 100)
    with pytest.raises(BadInput, match="remembers"):
        loads(b"\x80\x04N" + b"\x94" * 200 + b".", "x")


@given(st.integers(0, 400))
def test_every_cut_is_damage(at: int) -> None:
    data = pickle.dumps({"a": np.arange(4.0), "b": [1, 2.5, "text", b"bytes"]}, 4)
    with pytest.raises(Damaged, match="cut off or damaged"):
        loads(data[: min(at, len(data) - 1)], "x")


def test_zlib_bombs_and_torn_data(monkeypatch: pytest.MonkeyPatch) -> None:
    import zlib

    bomb = zlib.compress(bytes(64 << 20), 9)
    with pytest.raises(BadInput, match="bomb"):
        inflate(bomb, "x.fsa")
    assert inflate(zlib.compress(bytes(1000)), "x") == bytes(1000)
    with pytest.raises(Damaged, match="cut off"):
        inflate(zlib.compress(os.urandom(1000))[:-5], "x")
    with pytest.raises(Damaged, match="no zlib data"):
        inflate(b"hello", "x")
