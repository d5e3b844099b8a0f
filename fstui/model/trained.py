"""Models of a workspace as the models room shows them: networks of the store, trained ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple

from engine.errors import FstuiError
from engine.launch import ask
from engine.reached import checkpoint_iteration
from engine.workspace import projects_of
from fstui.model import networks, words

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
    brief: str
    """The same for a column."""
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
        found.append(Entry("trained", f"trained {path}", path.name, "trained", "", told, "", path))
    return found


def all_of(workspace: Path) -> list[Entry]:
    """The same with architecture, losses, sets and sizes. Raises what the engine answers."""
    rows: list[dict[str, Any]] = ask("models-trained", str(workspace))
    return [_model(Path(row["project"]), row["model"], row["problem"]) for row in rows]


def _model(path: Path, facts: dict[str, Any] | None, problem: str = "") -> Entry:
    key = f"trained {path}"
    if facts is None:
        return Entry("trained", key, path.name, "damaged", "", problem, "", path)
    recipe, rows = facts["recipe"], facts["checkpoints"] + facts["snapshots"]
    newest = facts["checkpoints"][0] if facts["checkpoints"] else rows[0]
    about = (
        f"{recipe['model']}, {recipe['input_size']} px in, {recipe['output_size']} px out, "
        f"{words.count(sum(facts['parts'].values()))} numbers; "
        f"iteration {words.count(newest['iteration'])}, {_losses(newest)}; "
        f"{words.plural(len(facts['checkpoints']), 'set')}, "
        f"{words.plural(len(facts['snapshots']), 'snapshot')}"
    )
    held = words.size(sum(row["bytes"] for row in rows))
    brief = f"{recipe['model']}, iteration {words.count(newest['iteration'])}"
    return Entry("trained", key, path.name, "trained", held, about, brief, path)


def sets_of(path: Path) -> list[Entry]:
    """A project's model and its sets, asked of the engine. Raises what that answers."""
    facts: dict[str, Any] = ask("model-info", str(path))
    rows = [_model(path, facts)]
    for kind in ("checkpoints", "snapshots"):
        rows += [_set(path, kind[:-1], row) for row in facts[kind]]
    return rows


def _losses(row: dict[str, Any]) -> str:
    return f"loss A {words.loss(row['loss_a'])} B {words.loss(row['loss_b'])}"


def _set(path: Path, kind: str, row: dict[str, Any]) -> Entry:
    best = ", the best" if row["best"] else ""
    told = f"{_losses(row)}{best}, saved {row['saved'][:16].replace('T', ' ')}"
    held, brief = words.size(row["bytes"]), f"{_losses(row)}{best}"
    return Entry("set", f"set {path} {row['set']}", row["set"], kind, held, told, brief, path)


def store_entry(row: dict[str, Any]) -> Entry:
    """One network that finds, aligns, masks faces or tells them apart."""
    held = words.size(row["size"]) if row["size"] else ""
    how = f" | {row['how']}" if row["how"] else ""
    proven = f" | {row['verified']}" if row["verified"] else ""
    told = f"{row['for']}: {row['title']}; {row['licence']}{how}{proven}"
    return Entry(
        "store", f"store {row['name']}", row["name"], row["state"], held, told, row["title"]
    )


def store_lines(row: dict[str, Any]) -> list[str]:
    """All about one."""
    return [
        row["title"],
        f"For: {row['for']}",
        f"State: {row['state']}",
        f"Size: {words.size(row['size'])}",
        f"Licence: {row['licence']}",
        f"From: {row['origin']}",
        f"Verified: {row['verified'] or 'not in this look: m verifies'}",
        *([row["how"]] if row["how"] else []),
        *(f"File: {file}" for file in row["files"]),
    ]


def network_entry(row: dict[str, Any]) -> Entry:
    """One network that can be trained."""
    told = (
        f"{networks.sizes(row)}; {networks.speed(row)} a step and face; "
        f"{words.size(row['training_bytes'])} of memory and more; {row['about'].splitlines()[0]}"
    )
    weights = f"{row['weights'] / 1e6:.1f} M"
    brief = f"{networks.speed(row).partition(':')[0]}; {networks.sizes(row)}"
    return Entry("network", f"network {row['name']}", row["name"], "to train", weights, told, brief)


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
        return [_model(path, None, str(error))]
