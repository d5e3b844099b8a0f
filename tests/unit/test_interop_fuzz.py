"""Mutated files: every one ends in faces or in one sentence, soon."""

from __future__ import annotations

import json
import random
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import foreign_files as made
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_interop_formats import header

from engine.errors import BadInput, Damaged, NothingToDo
from engine.interop import collect, dfl, png

SEEDS: dict[str, list[bytes]] = {
    ".fsa": [
        made.fsa_bytes(made.fsa_value(v, arrays=arrays, frames=1), protocol)
        for v, arrays, protocol in ((2.0, True, 2), (2.4, True, 4), (2.4, True, 5), (2.4, False, 4))
    ],
    ".png": [made.png_bytes(repr(header()))],
    ".jpg": [made.dfl_bytes(made.dfl_value(), protocol=p) for p in (2, 4)],
    ".json": [
        json.dumps(
            {"a.png": [{"detected": [1, 2, 30, 40], "landmarks_2d": made.points().tolist()}]}
        ).encode()
    ],
}
PIECES = [b"(", b"]", b"}", b"e", b"t", b"R", b"b", b"\x94", b"h\x00", b"\x93", b"cos\nsystem\n"]
PIECES += [b"\xff\xff\xff\xff", b"\x00" * 8, b"K\x01", b".", b"'", b"{", b"\\", b"-"]


def mutated(suffix: str, data: bytes, rng: random.Random) -> bytes:
    """A file with a few changes: mostly behind packing, lengths and check sums, which are made
    right again so that the readers are reached."""
    if rng.random() < 0.1:
        return changed(data, rng)
    if suffix == ".fsa":
        return zlib.compress(changed(zlib.decompress(data), rng), 1)
    if suffix == ".png":
        text = png.header_text(data, "x") or ""
        return made.png_bytes(changed(text.encode(), rng).decode("utf-8", "replace"))
    if suffix == ".jpg":
        pickled, _ = dfl.segments(data, "x")
        assert pickled is not None
        at = data.index(pickled)
        new = changed(pickled, rng)[:65_000]
        return data[: at - 2] + struct.pack(">H", len(new) + 2) + new + data[at + len(pickled) :]
    return changed(data, rng)


def changed(data: bytes, rng: random.Random) -> bytes:
    """Bytes replaced, put in, cut out, doubled, or with a bit turned."""
    body = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        at = rng.randrange(len(body) + 1)
        match rng.randrange(5):
            case 0:
                body[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                body[at:at] = rng.choice(PIECES)
            case 2:
                del body[at : at + rng.choice((1, 2, 10, 1000))]
            case 3:
                body[at:at] = body[at : at + rng.choice((1, 10, 100))]
            case 4 if at < len(body):
                body[at] ^= 1 << rng.randrange(8)
    return bytes(body)


def check(suffix: str, data: bytes, folder: Path) -> bool:
    """Read it; whether faces came out. Any other error than ours fails the test."""
    path = folder / f"clip{suffix}"
    path.write_bytes(data)
    start = time.process_time()
    try:
        found, sentence = collect.read(path, lambda _: None).face_count > 0, "x"
    except (BadInput, Damaged, NothingToDo) as error:
        found, sentence = False, str(error)
    assert time.process_time() - start < 5
    assert sentence.isprintable()
    assert len(sentence) < 600
    return found


@pytest.mark.parametrize("suffix", SEEDS)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32), pick=st.integers(0, 3))
def test_mutated_files(tmp_path: Path, suffix: str, seed: int, pick: int) -> None:
    seeds = SEEDS[suffix]
    check(suffix, mutated(suffix, seeds[pick % len(seeds)], random.Random(seed)), tmp_path)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=300), suffix=st.sampled_from(sorted(SEEDS)))
def test_noise(tmp_path: Path, data: bytes, suffix: str) -> None:
    starts: dict[str, Callable[[bytes], bytes]] = {
        ".fsa": zlib.compress,
        ".png": lambda d: made.png_bytes(d.decode("latin-1")),
        ".jpg": lambda d: b"\xff\xd8\xff\xef" + (len(d) + 2).to_bytes(2, "big") + d,
        ".json": bytes,
    }
    check(suffix, starts[suffix](data), tmp_path)


@pytest.mark.all
@pytest.mark.timeout(1200)
def test_a_hundred_thousand_mutated_files(tmp_path: Path) -> None:
    rng = random.Random(20261122)
    good = dict.fromkeys(SEEDS, 0)
    for _ in range(100_000):
        suffix = rng.choices(list(SEEDS), (5, 2, 2, 1))[0]
        file = mutated(suffix, rng.choice(SEEDS[suffix]), rng)
        good[suffix] += check(suffix, file, tmp_path)
    assert all(good.values())  # some survive their mutation, so the readers themselves were reached
