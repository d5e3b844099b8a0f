"""The networks that can be trained, in words: for the command `networks` and the models room."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from engine.launch import ROOT, ask
from engine.protocol import write_atomic
from fstui.i18n import later, tr
from fstui.model.words import size
from fstui.places import cache_folder

FILE = "networks.json"
SPEEDS = ((5e9, later("light")), (5e10, later("middling")), (2e11, later("heavy")))
"""Operations of a step with one face of each side, up to which a network is of a class; more is
very heavy. `original` needs 2.3e10."""


class Known(msgspec.Struct):
    """`networks.json`: an answer of the engine that is true of one state of its code."""

    code: str
    rows: list[dict[str, Any]]


def listed() -> list[dict[str, Any]]:
    """All of them, each as `engine.train.listing` describes it. The engine builds every network for
    that, which takes half a minute: what it said is kept until its code changes."""
    path, code = cache_folder() / FILE, _code()
    try:
        known = msgspec.json.decode(path.read_bytes(), type=Known)
        if known.code == code:
            return known.rows
    except (OSError, msgspec.MsgspecError):
        pass
    rows: list[dict[str, Any]] = ask("networks")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, msgspec.json.encode(Known(code, rows)), durable=False)
    except OSError:
        pass  # it is asked for again next time
    return rows


def _code() -> str:
    """What the engine's files on training are like now."""
    files = sorted((ROOT / "engine" / "train").rglob("*.py"))
    stats = [(str(f.relative_to(ROOT)), f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    return hashlib.sha256(repr(stats).encode()).hexdigest()


def speed(row: dict[str, Any]) -> str:
    """`middling: 23 GFLOP`: the class of a step's operations for a face of each side."""
    return f"{weight_class(row)}: {3.0 * row['flop'] / 1e9:.3g} GFLOP"


def weight_class(row: dict[str, Any]) -> str:
    """`light` to `very heavy`."""
    flop = 3.0 * row["flop"]
    return next((tr(name) for most, name in SPEEDS if flop <= most), tr("very heavy"))


def line(row: dict[str, Any]) -> str:
    """Name, sizes, weights and the options' names."""
    options = ", ".join(option["name"] for option in row["options"])
    with_options = f"  options: {options}" if options else ""
    return f"{row['name']:12} {sizes(row):26} {row['weights']:>12,} weights{with_options}"


def lines(row: dict[str, Any]) -> list[str]:
    """All about one network."""
    mask = row["weights_with_mask"]
    parts = ", ".join(f"{name} {count:,}" for name, count in row["parts"].items())
    habits = row["habits"]
    trained = tr("Trained with: {loss}; learning rate {learning_rate:g}, which stays")
    if habits["decay"]:
        trained = tr(
            "Trained with: {loss}; learning rate {learning_rate:g}, which falls to the end"
        )
    return [
        *row["about"].splitlines(),
        "",
        tr("Sizes: {sizes}").format(sizes=sizes(row)),
        tr("Weights: {n:,} ({parts})").format(n=row["weights"], parts=parts),
        tr("With a learnt mask: {n:,}").format(n=mask) if mask else tr("It learns no mask."),
        tr(
            "Memory of a training: {size} for weights, gradients and moments; what the batch "
            "adds, 'estimate' tells"
        ).format(size=size(row["training_bytes"])),
        tr("A step with one face of each side is {speed}").format(speed=speed(row)),
        trained.format(**habits),
        tr("Options:") if row["options"] else tr("It has no options."),
        *(f"  {option['name']:22} {_words(option)}" for option in row["options"]),
    ]


def sizes(row: dict[str, Any]) -> str:
    """`64 px in, 64 px out`."""
    outputs = ", ".join(str(size) for size in row["outputs"])
    return tr("{input} px in, {outputs} px out").format(input=row["input"], outputs=outputs)


def _words(option: dict[str, Any]) -> str:
    steps = option["multiple_of"]
    steps = tr(", in steps of {n:g}").format(n=steps) if steps else ""
    bounds = f" ({option['bounds']}{steps})" if option["bounds"] else ""
    default = option["default"]
    if isinstance(default, bool):
        default = tr("yes") if default else tr("no")
    told = tr("{help}{bounds}; default {default}")
    return told.format(help=option["help"], bounds=bounds, default=default)
