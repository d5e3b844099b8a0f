"""Models of a workspace as the models room shows them: networks of the store, trained ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple

from engine.cancel import cancelled_by
from engine.errors import FstuiError
from engine.launch import ask
from engine.reached import checkpoint_iteration
from engine.workspace import projects_of
from fstui.i18n import later, tr
from fstui.model import networks, words

Kind = Literal["trained", "set", "store", "network"]
KEPT = (("checkpoint", "set"), ("snapshot", "snapshot"))
"""Kinds of sets, and what they are called."""
STATES = (
    later("trained"),
    later("to train"),
    later("checkpoint"),
    later("snapshot"),
    later("there"),
    later("missing"),
    later("damaged"),
)
"""What `Entry.state` may be."""


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
    newer: tuple[int, int] = (0, 0)
    """Of a set: as `newer` tells it."""


def trained_of(workspace: Path) -> list[Entry]:
    """Projects that have a model."""
    found = []
    for path in projects_of(workspace):
        iteration = checkpoint_iteration(path)
        if iteration is None:
            continue
        told = tr("iteration {n}: enter shows its sets").format(n=words.count(iteration))
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
    iteration = tr("iteration {n}").format(n=words.count(newest["iteration"]))
    told = tr(
        "{network}, {input} px in, {output} px out, {numbers} numbers; {iteration}, {losses}; "
    )
    about = told.format(
        network=recipe["model"],
        input=recipe["input_size"],
        output=recipe["output_size"],
        numbers=words.count(sum(facts["parts"].values())),
        iteration=iteration,
        losses=_losses(newest),
    )
    about += ", ".join(words.plural(len(facts[f"{kind}s"]), noun) for kind, noun in KEPT)
    held = words.size(sum(row["bytes"] for row in rows))
    brief = f"{recipe['model']}, {iteration}"
    return Entry("trained", key, path.name, "trained", held, about, brief, path)


def summary(facts: dict[str, Any]) -> list[str]:
    """A model's recipe and parts in lines, from what the engine answers to `model-info`."""
    recipe, parts = facts["recipe"], facts["parts"]
    return [
        tr(
            "model      {model}, {input_size} px in, {output_size} px out, {centring}-centred, "
            "{coverage:g} % coverage, mask {mask}"
        ).format(**recipe),
        *(
            [tr("began with {file}").format(file=begun)]
            if (begun := recipe["weights_from"])
            else []
        ),
        tr("numbers    {n}: {parts}").format(
            n=words.count(sum(parts.values())),
            parts=", ".join(f"{name} {words.count(count)}" for name, count in parts.items()),
        ),
    ]


def newer(facts: dict[str, Any], name: str) -> tuple[int, int]:
    """How many checkpoints go to the trash when training goes on from a set, and their bytes."""
    rows = [row for row in facts["checkpoints"] if row["set"] > name]
    return len(rows), sum(row["bytes"] for row in rows)


def sets_of(path: Path) -> list[Entry]:
    """A project's model and its sets, asked of the engine. Raises what that answers."""
    facts: dict[str, Any] = ask("model-info", str(path))
    rows = [_model(path, facts)]
    for kind in ("checkpoints", "snapshots"):
        rows += [_set(path, kind[:-1], row, facts) for row in facts[kind]]
    return rows


def _losses(row: dict[str, Any]) -> str:
    return tr("loss A {a} B {b}").format(a=words.loss(row["loss_a"]), b=words.loss(row["loss_b"]))


def _set(path: Path, kind: str, row: dict[str, Any], facts: dict[str, Any]) -> Entry:
    best = tr(", the best") if row["best"] else ""
    saved = tr(", saved {time}").format(time=row["saved"][:16].replace("T", " "))
    told = f"{_losses(row)}{best}{saved}"
    held, brief = words.size(row["bytes"]), f"{_losses(row)}{best}"
    name, after = row["set"], newer(facts, row["set"])
    return Entry("set", f"set {path} {name}", name, kind, held, told, brief, path, after)


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
        tr("For: {what}").format(what=row["for"]),
        tr("State: {state}").format(state=tr(row["state"])),
        tr("Size: {size}").format(size=words.size(row["size"])),
        tr("Licence: {licence}").format(licence=row["licence"]),
        tr("From: {origin}").format(origin=row["origin"]),
        tr("Verified: {how}").format(how=row["verified"] or tr("not in this look: m verifies")),
        *([row["how"]] if row["how"] else []),
        *(tr("File: {file}").format(file=file) for file in row["files"]),
    ]


def network_entry(row: dict[str, Any]) -> Entry:
    """One network that can be trained."""
    told = tr("{sizes}; {speed} a step and face; {memory} of memory and more; {about}").format(
        sizes=networks.sizes(row),
        speed=networks.speed(row),
        memory=words.size(row["training_bytes"]),
        about=row["about"].splitlines()[0],
    )
    weights = f"{row['weights'] / 1e6:.1f} M"
    brief = f"{networks.weight_class(row)}; {networks.sizes(row)}"
    return Entry("network", f"network {row['name']}", row["name"], "to train", weights, told, brief)


def check(path: Path) -> str:
    """Compare every set of a model with its sums; the verdict in words."""
    rows: list[dict[str, Any]] = ask("model-check", str(path))
    bad = [f"{row['set']}: {row['problem']}" for row in rows if row["problem"]]
    return "; ".join(bad) or tr("{sets} whole").format(sets=words.plural(len(rows), "set"))


def restore(path: Path, name: str) -> str:
    """Make an older set the newest; what was done, in words."""
    with cancelled_by(lambda: False):  # sets are moved: that is done to its end, whoever leaves
        done: dict[str, Any] = ask("model-restore", str(path), name)
    told = tr("Training goes on from iteration {iteration}.")
    if done["aside"]:
        told = tr("Training goes on from iteration {iteration}; in trash/ now: {aside}.")
    return told.format(iteration=done["iteration"], aside=", ".join(done["aside"]))


def export(path: Path, aim: Path, form: str, side: str) -> str:
    """Hand the swap out; the files, in words."""
    done: dict[str, Any] = ask("model-export", str(path), str(aim), form, side)
    told = tr("Iteration {n}: {files}")
    return told.format(n=done["iteration"], files=", ".join(done["files"]))


def opened(path: Path) -> list[Entry]:
    """The sets of a model, or why they can't be told."""
    try:
        return sets_of(path)
    except FstuiError as error:
        return [_model(path, None, str(error))]
