"""Networks that can be trained, one a file: the folder is the registry.

A model file holds what `Model` lists. Its `build` makes the sub-models out of the blocks that it
is handed, which know how padding, beginnings and masks are wanted.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from engine.errors import BadInput, Damaged
from engine.protocol import safe_text
from engine.settings import fields, listed, read
from engine.train.architecture import Architecture, Sizes
from engine.train.blocks import Blocks
from engine.train.style import Style


class Habits(msgspec.Struct, frozen=True):
    """How a network is trained where the user says nothing."""

    learning_rate: float = 5e-5
    decay: bool = False
    """Whether the learning rate falls to nothing at the training's end."""
    loss: str = "ssim, mse"
    """Terms of `engine.train.losses` with their weights."""
    warp: float = 5 / 256
    """Standard deviation of the warp's nodes, share of the crop's side."""
    colour_target: bool = True
    """Whether targets take the inputs' colours; not for a network that can't see them."""
    optimiser: str = "adam"
    """The one that it was published with."""
    learns_mask: bool = False
    """Whether its decoders have a mask branch whatever the style says."""


class NoOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A network of one kind."""


class Model(Protocol):
    """What a model file holds; where `Options` has a `preset`, also `PRESETS`: options by name."""

    VERSION: int
    """Raised when the network that it builds changes."""
    HABITS: Habits
    Options: type[msgspec.Struct]
    """What can be chosen of the network, each field with bounds and help as in the settings."""

    def sizes(self, options: Any) -> Sizes:
        """Sizes of the pictures in and out."""

    def build(self, options: Any, blocks: Blocks) -> Architecture:
        """Fresh sub-models."""


def names() -> list[str]:
    """Every model there is."""
    here = Path(__file__).parent
    return sorted(p.stem for p in here.glob("*.py") if not p.stem.startswith("_"))


def load(name: str) -> Model:
    """A model's module. Raises `BadInput` that lists the models for an unknown name."""
    if name not in names():
        raise BadInput(f"No model is called '{safe_text(name)}': there are {', '.join(names())}.")
    module: Any = importlib.import_module(f"engine.train.models.{name}")
    return module


def trained(name: str, version: int) -> Model:
    """The module that a checkpoint was trained with. Raises `Damaged` when it has changed since."""
    module = load(name)
    now = module.VERSION
    if version != now:
        raise Damaged(
            f"This model was trained with version {version} of the network '{name}', and this "
            f"fstui has version {now}: use the fstui that trained it, or begin again "
            "with 'train NAME --anew'."
        )
    return module


def options(name: str, values: dict[str, Any]) -> Any:
    """A model's options, checked; of those not named a preset says some, where there is one.
    Raises `BadInput` that names the option and its bounds."""
    model = load(name)
    kind = model.Options
    known = [f.name for f in fields(kind)]
    for option in values:
        if option not in known:
            there = f"it has {', '.join(known)}" if known else "it has none"
            raise BadInput(f"The model {name} has no option '{safe_text(option)}': {there}.")
    presets: dict[str, dict[str, Any]] = getattr(model, "PRESETS", {})
    return read(kind, {**presets.get(values.get("preset", ""), {}), **values}, f"the model {name}")


def style(name: str, asked: Style) -> Style:
    """The style that a model is built in: some always learn a mask."""
    return msgspec.structs.replace(
        asked, learn_mask=asked.learn_mask or load(name).HABITS.learns_mask
    )


def unused(options: msgspec.Struct, names: Sequence[str], because: str) -> None:
    """Raises `BadInput` where one of the named options was set although it changes nothing."""
    for field in fields(type(options)):
        if field.name in names and getattr(options, field.name) != field.default:
            raise BadInput(f"{field.name} changes nothing with {because}: leave it out.")


def options_of_text(text: str) -> dict[str, str]:
    """`lowmem=yes, nodes=512` by name. Raises `BadInput` for what is no such list."""
    found = {}
    for item in listed(text):
        name, equals, value = (part.strip() for part in item.partition("="))
        if not (name and equals and value):
            raise BadInput(
                f"Options are written as name=value with commas between, not '{safe_text(item)}'."
            )
        found[name] = {"yes": "true", "no": "false"}.get(value, value)
    return found
