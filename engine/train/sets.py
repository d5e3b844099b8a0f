"""The sets of a model's files: which there are, the newest, the best, snapshots, the trash.

`model/checkpoints/<iteration>-<4 hex>/` are the sets that training writes, `model/latest` and
`model/best` hold the name of one of them, `model/snapshots/` has sets that are kept for good: hard
links, so that a snapshot of what was just saved costs no space. A set is whole when it has its
sums. Standard library only; what is in a set is `engine.train.checkpoint`'s.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from pathlib import Path

from engine.errors import from_os_error
from engine.process import fsync_folder
from engine.protocol import write_atomic

SUMS = "SHA256SUMS"
LATEST, BEST = "latest", "best"
PARTS = (
    *(LATEST, "checkpoints", "history", "snapshots", "sessions.jsonl", BEST),
    *("timelapse", "tensorboard"),
)
"""All of a model that training made, but for the cache of its faces."""
_NAME = re.compile(r"\d{9}-[0-9a-f]{4}")


# --- which there are ---


def checkpoints(model: Path) -> list[Path]:
    """Whole sets, the one pointed to, then by name, newest first."""
    found = _whole(model / "checkpoints")
    latest = _pointed(model, LATEST)
    return sorted(found, key=lambda p: p.name != latest)


def snapshots(model: Path) -> list[Path]:
    """Whole sets that are kept for good, newest first."""
    return _whole(model / "snapshots")


def all_sets(model: Path) -> list[Path]:
    """Every whole set in the order in which it is worth using."""
    return checkpoints(model) + snapshots(model)


def best(model: Path) -> Path | None:
    """The set with the lowest losses; None before the first that was measured."""
    name = _pointed(model, BEST)
    path = model / "checkpoints" / name
    return path if _NAME.fullmatch(name) and (path / SUMS).exists() else None


def new_path(folder: Path, iteration: int) -> Path:
    """Where a new set of an iteration goes."""
    return folder / f"{iteration:09d}-{secrets.token_hex(2)}"


def iteration_of(path: Path) -> int:
    """The iteration that a set's name tells."""
    return int(path.name.partition("-")[0])


def _whole(folder: Path) -> list[Path]:
    try:
        names = sorted((n for n in os.listdir(folder) if _NAME.fullmatch(n)), reverse=True)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [folder / name for name in names if (folder / name / SUMS).exists()]


def _pointed(model: Path, pointer: str) -> str:
    try:
        return (model / pointer).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


# --- changes: only a training, or who holds its lock, makes them ---


def point(model: Path, pointer: str, path: Path) -> None:
    """Let `latest` or `best` name a set."""
    write_atomic(model / pointer, f"{path.name}\n".encode())


def remove_torn(folder: Path) -> None:
    """Remove what a crash left of a set: a folder without sums."""
    for path in folder.glob("*"):
        if _NAME.fullmatch(path.name) and not (path / SUMS).exists():
            shutil.rmtree(path, ignore_errors=True)


def prune(model: Path, keep: int) -> None:
    """Remove checkpoints beyond the newest `keep` and the best."""
    kept = best(model)
    for old in checkpoints(model)[keep:]:
        if old != kept:
            # Without its sums it is no set any more, wherever a crash leaves it.
            (old / SUMS).unlink(missing_ok=True)
            shutil.rmtree(old, ignore_errors=True)


def snapshot(model: Path, path: Path) -> Path:
    """Keep a set for good; the snapshot of its iteration that is there already, if there is one.

    Raises `NoSpace`.
    """
    return _linked(path, model / "snapshots")


def bring_back(model: Path, path: Path) -> Path:
    """A snapshot as a checkpoint again. Raises `NoSpace`."""
    return _linked(path, model / "checkpoints")


def _linked(path: Path, folder: Path) -> Path:
    """The set in another folder under its own name: hard links, or copies where there are none."""
    aim = folder / path.name
    if (aim / SUMS).exists():
        return aim
    try:
        remove_torn(folder)
        aim.mkdir(parents=True)
        files = sorted(path.iterdir(), key=lambda file: file.name == SUMS)  # the sums last
        for file in files:
            _link(file, aim / file.name)
        fsync_folder(aim)
        fsync_folder(folder)
        fsync_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(aim, ignore_errors=True)
        raise from_os_error(error, f"keeping the model in {aim}") from error
    return aim


def _link(file: Path, aim: Path) -> None:
    try:
        os.link(file, aim)
    except OSError:  # a file system without hard links
        with open(file, "rb") as reading, open(aim, "xb") as writing:
            shutil.copyfileobj(reading, writing)
            writing.flush()
            os.fsync(writing.fileno())


def set_aside(path: Path, trash: Path) -> Path:
    """Move a set into the trash, where it counts no more and isn't lost."""
    aside = trash / f"{path.parent.name[:-1]}-{path.name}-{secrets.token_hex(2)}"
    try:
        trash.mkdir(exist_ok=True)
        os.replace(path, aside)
    except OSError as error:
        raise from_os_error(error, f"moving {path.name} to {aside}") from error
    return aside


def set_aside_all(model: Path, trash: Path) -> Path | None:
    """Move a model and its history into the trash: training begins again then. The pointer goes
    first: without it the sets are still used. Where it all lies now; None if there was nothing."""
    there = [path for path in (model / name for name in PARTS) if path.exists()]
    if not there:
        return None
    aside = trash / f"model-{secrets.token_hex(2)}"
    try:
        aside.mkdir(parents=True)
        for path in there:
            os.replace(path, aside / path.name)
    except OSError as error:
        raise from_os_error(error, f"moving the model to {aside}") from error
    return aside
