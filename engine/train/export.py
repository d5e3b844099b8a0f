"""The swap of a trained model for other programs: weights alone, or a TensorFlow SavedModel.

Only what painting one side needs goes out: no moments, no other decoder. Beside it stand the recipe
and a note that says what it is.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import msgspec
import tensorflow as tf

from engine.errors import BadInput, NotPossible, from_os_error
from engine.project import Project
from engine.protocol import safe_text
from engine.train import checkpoint, models, tensors
from engine.train.checkpoint import Checkpoint
from engine.train.network import Network

FORMS = ("safetensors", "savedmodel")


class Swap(tf.Module):
    """Faces in, the face of one side out, with all weights that takes."""

    def __init__(self, network: Network, side: str) -> None:
        super().__init__()
        self.network, self.side = network, side
        self.tracked = list(network.parts.values())
        shape = [None, network.input_size, network.input_size, 3]
        self.of_bytes = tf.function(self._of_bytes, [tf.TensorSpec(shape, tf.uint8, "faces")])
        self.of_floats = tf.function(self._of_floats, [tf.TensorSpec(shape, tf.float32, "faces")])

    def _of_bytes(self, faces: Any) -> dict[str, Any]:
        return self._of_floats(tf.cast(faces, tf.float32) / 255.0)

    def _of_floats(self, faces: Any) -> dict[str, Any]:
        painted = self.network.rebuild(faces, self.side)
        masks = {} if painted.mask is None else {"mask": painted.mask}
        return {"face": painted.face, **masks}


def export(project: Project, aim: Path, form: str, side: str) -> dict[str, Any]:
    """Write the swap that paints `side` to `aim`. Nothing that is there is written over.

    Raises `BadInput`, `NotPossible` for ONNX, `NoSpace`, and what loading raises.
    """
    if form == "onnx":
        raise NotPossible(
            "ONNX needs tf2onnx, whose protobuf is older than TensorFlow's here: export "
            "'--form savedmodel' and run 'python -m tf2onnx.convert --saved-model FOLDER --output "
            "FILE.onnx' in an environment of its own."
        )
    if form not in FORMS:
        raise BadInput(f"'{safe_text(form)}' is no form: use {' or '.join(FORMS)}.")
    _refuse_taken(aim, form)
    found = checkpoint.load(project.path / "model", lambda _: None)
    part = aim.with_name(f".{aim.name}.{os.getpid()}.part")
    swap = Swap(_network(found), side)
    try:
        aim.parent.mkdir(parents=True, exist_ok=True)
        files = (_weights if form == "safetensors" else _saved_model)(swap, found, part, aim)
    except OSError as error:
        raise from_os_error(error, f"writing {aim}") from error
    finally:
        shutil.rmtree(part) if part.is_dir() else part.unlink(missing_ok=True)
    return {"files": [str(path) for path in files], "iteration": found.state.iteration}


def _beside(aim: Path) -> tuple[Path, Path]:
    """The recipe and the note that stand beside a file of weights."""
    return aim.with_suffix(".recipe.json"), aim.with_suffix(".txt")


def _refuse_taken(aim: Path, form: str) -> None:
    """Raise `BadInput` where something would be written over."""
    beside = _beside(aim) if form == "safetensors" else ()
    if aim in beside:
        raise BadInput(
            f"{safe_text(aim.name)} is what the note beside the weights is called: end the name in "
            ".safetensors."
        )
    for path in (aim, *beside):
        if path.exists():
            taken = safe_text(str(path))
            raise BadInput(f"There is something at {taken} already: name another place.")


def _network(found: Checkpoint) -> Network:
    recipe = found.recipe
    models.trained(recipe.model, recipe.version)
    network = Network(recipe.model, recipe.options, style=recipe.style)
    network.set_weights(found.weights())
    return network


def _weights(swap: Swap, found: Checkpoint, part: Path, aim: Path) -> list[Path]:
    """The weights that the swap reads, as one file under the names of a checkpoint."""
    used = {id(v) for v in swap.of_floats.get_concrete_function().variables}
    weights = {n: v.numpy() for n, v in swap.network.weights().items() if id(v) in used}
    tensors.write(part, weights)
    os.replace(part, aim)
    recipe, note = _beside(aim)
    _describe(swap, found, recipe, note, "Weights by name, float32, in Keras' layouts.")
    return [aim, recipe, note]


def _saved_model(swap: Swap, found: Checkpoint, part: Path, aim: Path) -> list[Path]:
    """A folder that TensorFlow runs without us: `serving_default` takes uint8, `floats` 0..1."""
    signatures = {"serving_default": swap.of_bytes, "floats": swap.of_floats}
    tf.saved_model.save(swap, str(part), signatures=signatures)
    words = "A TensorFlow SavedModel: 'serving_default' takes uint8, 'floats' float32 in 0..1."
    _describe(swap, found, part / "recipe.json", part / "README.txt", words)
    os.replace(part, aim)
    return [aim]


def _describe(swap: Swap, found: Checkpoint, recipe: Path, note: Path, words: str) -> None:
    """Write the recipe and what a stranger to the file needs to know."""
    r, network = found.recipe, swap.network
    recipe.write_bytes(msgspec.json.format(msgspec.json.encode(r), indent=2))
    note.write_text(
        f"{words}\n"
        f"Faces go in as RGB (n, {network.input_size}, {network.input_size}, 3), cut "
        f"{r.centring}-centred with {r.coverage:g} % coverage;\n"
        f"the face of side {swap.side.upper()} comes out in 0..1 "
        f"(n, {network.output_size}, {network.output_size}, 3)"
        f"{', and its mask' if r.style.learn_mask else ''}.\n"
        f"Model '{r.model}' version {r.version}, iteration {found.state.iteration}.\n"
        "It was trained on pictures of real people: what it makes needs their consent.\n",
        "utf-8",
    )
