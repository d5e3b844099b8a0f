"""What the engine answers, as commands print it: models, networks, forecasts, marks."""

from __future__ import annotations

from typing import Any

from engine.sessions import Session
from engine.trust.record import Provenance
from engine.watch.recipes import Recipe
from fstui.model.answers import Answer
from fstui.model.preview import Looked

# --- a project's trained model ---


class StyleAnswer(Answer, frozen=True):
    """How a network was built, beside its own options."""

    learn_mask: bool
    icnr_init: bool
    conv_aware_init: bool
    reflect_padding: bool


class BuiltAnswer(Answer, frozen=True):
    """What a model is built from and was trained on; fixed for its life."""

    format: int
    model: str
    options: dict[str, Any]
    input_size: int
    """Pixels of a side."""
    output_size: int
    centring: str
    coverage: float
    """Per cent."""
    mask: str
    shapes: dict[str, list[int]]
    """Left empty."""
    version: int
    style: StyleAnswer
    vertical_offset: float
    """Per cent of the crop, as are dilation and blur of the mask."""
    mask_dilation: float
    mask_blur: float
    mask_threshold: int
    eye_multiplier: float
    mouth_multiplier: float
    optimiser: str
    weights_from: str
    """The other model that it began with."""


class SetAnswer(Answer, frozen=True):
    """One saved set of weights."""

    set: str
    iteration: int
    saved: str
    """UTC, ISO 8601."""
    loss_a: float | None
    loss_b: float | None
    seconds: float
    """Training time up to it."""
    bytes: int
    best: bool


class ModelAnswer(Answer, frozen=True):
    """`model info PROJECT --json`."""

    recipe: BuiltAnswer
    parts: dict[str, int]
    """Numbers in each part."""
    checkpoints: list[SetAnswer]
    snapshots: list[SetAnswer]


class CheckedAnswer(Answer, frozen=True):
    """One set that `model check` compared with its sums."""

    set: str
    kept_as: str
    problem: str
    """Empty where it is whole."""


# --- forecasts and measurements ---


class EstimateAnswer(Answer, frozen=True):
    """`estimate PROJECT --json`; what begins with `tried` was measured in a few steps."""

    model: str
    batch: int
    """Faces of each side."""
    memory_mib: int
    tried_memory_mib: int
    free_memory_mib: int | None
    save_mib: int
    disk_mib: int
    free_disk_mib: int
    s_per_iteration: float
    tried_s_per_iteration: float
    iterations_left: int
    hours_left: float


BenchAnswer = dict[str, int | float | dict[str, int | float]]
"""`bench STAGE --json`: figures by name, units in the names; of `bench train` by network."""

# --- networks ---


class OptionAnswer(Answer, frozen=True):
    """An option of a network."""

    name: str
    default: bool | int | float | str
    bounds: str
    multiple_of: float | None
    help: str


class HabitsAnswer(Answer, frozen=True):
    """What a network is trained with where no setting says otherwise."""

    learning_rate: float
    decay: bool
    loss: str
    warp: float
    colour_target: bool
    optimiser: str
    learns_mask: bool


class NetworkAnswer(Answer, frozen=True):
    """One network that can be trained."""

    name: str
    about: str
    input: int
    """Pixels."""
    outputs: list[int]
    parts: dict[str, int]
    weights: int
    weights_with_mask: int | None
    training_bytes: int
    """Memory of weights, gradients and moments, whatever the batch."""
    flop: float
    """Floating-point operations of one pass of a face of each side; a step does three times that
    for each such pair."""
    options: list[OptionAnswer]
    habits: HabitsAnswer


class StoredAnswer(Answer, frozen=True, rename={"for_": "for"}):
    """One network of the store, there or missing."""

    name: str
    title: str
    for_: str
    """What it does: detector, aligner, mask, identity."""
    state: str
    """there, missing or damaged."""
    size: int
    """Bytes."""
    licence: str
    comes: str
    origin: str
    verified: str
    """What was compared; empty where nothing was."""
    how: str
    """How to bring it; empty where it is there."""
    files: list[str]


# --- marks and records ---


class MarkAnswer(Answer, frozen=True):
    """The mark inside a file."""

    digital_source_type: str
    """IPTC's term as an address."""
    comment: str
    tool: str


class VerifyAnswer(Answer, frozen=True):
    """One file that `verify` looked at."""

    path: str
    kind: str
    mark: MarkAnswer | None
    record: Provenance | None
    """As it lies beside the file."""
    hashes_agree: bool | None
    damage: list[str]
    ended: list[str]
    """Grounds that have ended."""
    remarks: list[str]
    exit: int


# --- what the engine or the interface has as a struct already, and a little more ---


class PreviewAnswer(Looked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`preview PROJECT --json`."""

    out: str | None
    """Where it was written too."""


class SessionAnswer(Session, kw_only=True, forbid_unknown_fields=True):
    """One of `sessions PROJECT --json`."""

    rate: float
    """Examples a second."""


class RecipeAnswer(Recipe, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One recipe."""

    would: list[str]
    """With --dry-run, what it would do and what it would wait for, in words."""


class RecipesAnswer(Answer, frozen=True):
    """`recipes PROJECT --json`."""

    recipes: list[RecipeAnswer]
    problems: list[str]
