"""Models of a workspace as the models room shows them: networks of the store, trained ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple

from engine.errors import FstuiError
from engine.launch import ask
from engine.project import Project, projects_of
from engine.protocol import safe_text
from engine.reached import checkpoint_iteration
from fstui.model import words

Kind = Literal["trained", "set", "store", "network"]


class Entry(NamedTuple):
    """One row."""

    kind: Kind
    key: str
    name: str
    state: str
    size: str
    words: str
    """All about it in one line."""
    project: Path | None = None
    """Of a trained model and its sets."""


def trained_of(workspace: Path) -> list[Entry]:
    """Projects that have a model."""
    found = []
    for path in projects_of(workspace):
        iteration = checkpoint_iteration(path)
        if iteration is None:
            continue
        told = f"iteration {words.count(iteration)}: enter shows its sets"
        found.append(Entry("trained", f"trained {path}", path.name, "trained", "", told, path))
    return found


def sets_of(path: Path) -> list[Entry]:
    """The sets of a project's model, asked of the engine. Raises what that answers."""
    facts: dict[str, Any] = ask("model-info", str(path))
    recipe, parts = facts["recipe"], facts["parts"]
    about = (
        f"{recipe['model']}, {recipe['input_size']} px in, {recipe['output_size']} px out, "
        f"{words.count(sum(parts.values()))} numbers"
    )
    rows = [Entry("trained", f"trained {path}", path.name, "trained", "", about, path)]
    for kind in ("checkpoints", "snapshots"):
        rows += [_set(path, kind[:-1], row) for row in facts[kind]]
    return rows


def _set(path: Path, kind: str, row: dict[str, Any]) -> Entry:
    losses = f"loss A {words.loss(row['loss_a'])} B {words.loss(row['loss_b'])}"
    best = ", the best" if row["best"] else ""
    told = f"{losses}{best}, saved {row['saved'][:16].replace('T', ' ')}"
    return Entry(
        "set", f"set {path} {row['set']}", row["set"], kind, words.size(row["bytes"]), told, path
    )


def store_rows() -> list[Entry]:
    """The networks that find, align, mask and tell faces apart. Raises what the engine answers."""
    rows: list[dict[str, Any]] = ask("models-list")
    return [
        Entry(
            "store",
            f"store {row['name']}",
            row["name"],
            row["state"],
            words.size(row["size"]) if row["size"] else "",
            f"{row['for']}: {row['title']}; {row['licence']}"
            + (f" | {row['how']}" if row["how"] else ""),
        )
        for row in rows
    ]


def network_rows() -> list[Entry]:
    """What can be trained. Raises what the engine answers."""
    rows: list[dict[str, Any]] = ask("networks")
    return [
        Entry(
            "network",
            f"network {row['name']}",
            row["name"],
            "to train",
            f"{row['weights'] / 1e6:.1f} M",
            f"{row['input']} px in, {', '.join(map(str, row['outputs']))} px out; "
            f"{safe_text(row['about'].splitlines()[0])}",
        )
        for row in rows
    ]


def check(path: Path) -> str:
    """Compare every set of a model with its sums; the verdict in words."""
    rows: list[dict[str, Any]] = ask("model-check", str(path))
    bad = [f"{row['set']}: {row['problem']}" for row in rows if row["problem"]]
    return "; ".join(bad) or f"{words.plural(len(rows), 'set')} whole"


def restore(path: Path, name: str) -> str:
    """Make an older set the newest; what was done, in words."""
    done: dict[str, Any] = ask("model-restore", str(path), name)
    aside = f"; in trash/ now: {', '.join(done['aside'])}" if done["aside"] else ""
    return f"Training goes on from iteration {done['iteration']}{aside}."


def export(path: Path, aim: Path, form: str, side: str) -> str:
    """Hand the swap out; the files, in words."""
    done: dict[str, Any] = ask("model-export", str(path), str(aim), form, side)
    return f"Iteration {done['iteration']}: {', '.join(done['files'])}"


def opened(path: Path) -> list[Entry]:
    """The sets of a model, or why they can't be told."""
    try:
        return sets_of(path)
    except FstuiError as error:
        project = Project.open(path)
        told = str(error)
        return [Entry("trained", f"trained {path}", project.name, "damaged", "", told, path)]
