"""The files of the networks: found, checked, taken in.

A file that is brought by hand is copied as `<key><suffix>` into the user's `models` folder, with
`<key>.json` beside it: what was imported, and the SHA-256 that it is held to from then on.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from engine import packs
from engine.digest import file_sha256
from engine.errors import BadInput, Damaged, ModelMissing, from_os_error
from engine.models.manifest import MODELS, Model
from engine.process import fsync_folder
from engine.protocol import safe_text, write_atomic

State = Literal["there", "missing", "damaged"]
MAX_FILE_BYTES = 1 << 30


class Import(msgspec.Struct, frozen=True):
    """What is noted of a file that was brought by hand."""

    file: str
    """Its name in the store."""
    sha256: str
    came_as: str
    """Its name where it came from."""
    at: str
    """When, UTC."""


def known(key: str) -> Model:
    """A model by its key. Raises `BadInput` naming all."""
    if key not in MODELS:
        raise BadInput(f"'{safe_text(key)}' is no network of ours: there is {', '.join(MODELS)}.")
    return MODELS[key]


def find(key: str) -> Path:
    """The file of a network's weights, checked by its hash; of a package, the folder of all.

    Raises `ModelMissing`, which says how to bring it, or `Damaged`.
    """
    model = known(key)
    paths = files(model)
    if state(model) == "missing":
        raise ModelMissing(how_to_bring(model))
    for path, sha256 in paths:
        if file_sha256(path) != sha256:
            raise Damaged(
                f"{path} is not the file that it was (SHA-256): delete it and bring it again."
            )
    return paths[0][0] if len(paths) == 1 else paths[0][0].parent


def files(model: Model) -> list[tuple[Path, str]]:
    """Where a model's files are or belong, with the SHA-256 of each; none of one by hand that was
    never imported."""
    match model.bringing:
        case "pack":
            return [(packs.place(model.key), model.files[0].sha256)]
        case "package":
            spec = importlib.util.find_spec(model.key)
            folders = list(spec.submodule_search_locations or []) if spec else []
            return [(Path(folder) / f.name, f.sha256) for folder in folders for f in model.files]
    note = imported(model)
    return [(folder() / Path(note.file).name, note.sha256)] if note else []


def state(model: Model, *, thorough: bool = False) -> State:
    """Whether its files are there; `thorough` also checks their hashes."""
    try:
        paths = files(model)
    except Damaged:
        return "damaged"
    if not paths or not all(path.is_file() for path, _ in paths):
        return "missing"
    if thorough and any(file_sha256(path) != sha256 for path, sha256 in paths):
        return "damaged"
    return "there"


def how_to_bring(model: Model) -> str:
    """The sentence for a model that is missing."""
    first = model.files[0]
    if model.bringing == "pack":
        piece = packs.PIECES[model.key]
        return (
            f"{model.title} is missing ({first.name}): 'models fetch {model.key}' downloads it "
            f"({piece.pack.size_mb} MB)."
        )
    if model.bringing == "package":
        return f"{model.title} is missing ({first.origin}): 'run.py --repair' sets it up."
    size = f", {first.size / 1e6:.1f} MB" if first.size else ""
    return (
        f"{model.title} is missing: get {first.name}{size} from {first.origin} and run "
        f"'models import FILE'."
    )


def folder() -> Path:
    """Where weights live."""
    return packs.data_folder() / "models"


def imported(model: Model) -> Import | None:
    """The note of a model that was brought by hand. Raises `Damaged`."""
    path = folder() / f"{model.key}.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Import)
    except FileNotFoundError:
        return None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Damaged(f"{path} can't be read: import {model.title} again.") from error
    except OSError as error:
        raise from_os_error(error, f"reading {path}") from error


def bring(source: Path, key: str = "") -> Model:
    """Take a file of weights in: recognised by its hash, else by its arrays.

    `key` says which network it is meant for. It is copied aside, looked at there, synced and
    renamed; nothing in it is ever run. Raises `BadInput` when it is none of ours.
    """
    model = known(key) if key else None
    if model and model.bringing != "hand":
        raise BadInput(f"{model.title} is not brought by hand: {_comes(model)}.")
    name = safe_text(source.name)
    try:
        _check(source, name)
        folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".import-", dir=folder()) as aside:
            copy = Path(aside) / f"weights{_suffix(source.name)}"
            shutil.copyfile(source, copy)
            sha256 = file_sha256(copy)
            model = _recognised(copy, sha256, name, model)
            _keep(
                copy, model, Import("", sha256, name, datetime.now(UTC).isoformat("T", "seconds"))
            )
    except OSError as error:
        raise from_os_error(error, f"importing {name}") from error
    return model


def _check(source: Path, name: str) -> None:
    if not source.is_file():
        raise BadInput(f"{name} is no file." if source.exists() else f"Nothing is at {name}.")
    if source.stat().st_size > MAX_FILE_BYTES:
        raise BadInput(f"{name} is larger than the {MAX_FILE_BYTES >> 20} MiB that weights have.")


def _comes(model: Model) -> str:
    if model.bringing == "pack":
        return f"'models fetch {model.key}' downloads it"
    return f"it is part of {model.files[0].origin}"


def _suffix(name: str) -> str:
    """The form of a file, by its name."""
    return ".pth.tar" if name.endswith(".pth.tar") else Path(name).suffix.lower()


def _recognised(copy: Path, sha256: str, name: str, wanted: Model | None) -> Model:
    """Which model a file is. Raises `BadInput` when it is none, or not the one that is wanted."""
    by_hand = [m for m in MODELS.values() if m.bringing == "hand"]
    for model in by_hand:
        if any(f.sha256 == sha256 for f in model.files):
            if wanted and wanted is not model:
                raise BadInput(f"{name} is {model.title}, not {wanted.title}.")
            return model
    form = _suffix(copy.name)
    able = [m for m in ([wanted] if wanted else by_hand) if form in m.forms]
    if not able:
        forms = wanted.forms if wanted else sorted({f for m in by_hand for f in m.forms})
        raise BadInput(f"{name} is not of a form that is read here: {', '.join(forms)}.")
    from engine.models.fit import Content

    content = Content.of(copy, name)
    found = next((m for m in able if content.fits(m)), None)
    if found is None:
        whose = wanted.title if wanted else "any network of ours"
        raise BadInput(f"{name} is not the weights of {whose}: {content.words}.")
    return found


def _keep(copy: Path, model: Model, note: Import) -> None:
    """Put a file that was looked at into its place, with its note."""
    before = imported_or_none(model)
    place = folder() / f"{model.key}{_suffix(copy.name)}"
    note = msgspec.structs.replace(note, file=place.name)
    with open(copy, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(copy, place)
    fsync_folder(folder())
    write_atomic(folder() / f"{model.key}.json", msgspec.json.encode(note))
    if before and before.file != place.name:
        (folder() / Path(before.file).name).unlink(missing_ok=True)


def imported_or_none(model: Model) -> Import | None:
    """As `imported`, None also for a note that can't be read."""
    try:
        return imported(model)
    except Damaged:
        return None
