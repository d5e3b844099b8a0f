"""The swap for other programs: the same faces as convert gets."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
import tensorflow as tf
from train_project import new_project

from engine.errors import BadInput, NotPossible
from engine.project import Project
from engine.settings import TrainSettings
from engine.train import checkpoint, tensors
from engine.train.checkpoint import TrainState
from engine.train.export import export
from engine.train.network import Network
from engine.train.predict import load_swapper
from engine.train.session import asked_for


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A model as it is before the first step, with a mask."""
    project = new_project(tmp_path_factory.mktemp("workspace"))
    recipe = asked_for(TrainSettings(model="quick", learn_mask=True))
    network = Network("quick", seed=3, style=recipe.style)
    weights = {name: v.numpy() for name, v in network.weights().items()}
    shapes = {name: list(w.shape) for name, w in weights.items()}
    recipe = msgspec.structs.replace(recipe, shapes=shapes)
    state = TrainState(1, 7, 1, 0.0, "")
    checkpoint.save(project.path / "model", recipe, state, weights, {}, 2)
    return project


def test_a_saved_model_paints_as_convert_does(project: Project, tmp_path: Path) -> None:
    aim = tmp_path / "out" / "swap"
    done = export(project, aim, "savedmodel", "b")
    assert done == {"files": [str(aim)], "iteration": 7}
    faces = np.random.default_rng(0).integers(0, 255, (3, 64, 64, 3), np.uint8)
    want = load_swapper(project.path).predict(faces)[..., :3]
    signatures = tf.saved_model.load(str(aim)).signatures
    got = signatures["serving_default"](faces=tf.constant(faces))
    np.testing.assert_allclose(got["face"], want, atol=1e-4)
    assert got["mask"].shape == (3, 96, 96, 1)
    floats = signatures["floats"](faces=tf.constant(faces, tf.float32) / 255.0)
    np.testing.assert_allclose(floats["face"], want, atol=1e-4)
    assert json.loads((aim / "recipe.json").read_text())["model"] == "quick"
    assert "side B comes out" in (aim / "README.txt").read_text()
    with pytest.raises(BadInput, match="already"):
        export(project, aim, "savedmodel", "b")
    assert [p.name for p in aim.parent.iterdir()] == ["swap"]


def test_weights_alone_are_those_that_the_side_needs(project: Project, tmp_path: Path) -> None:
    aim = tmp_path / "swap.safetensors"
    done = export(project, aim, "safetensors", "a")
    assert [Path(f).name for f in done["files"]] == [
        "swap.safetensors", "swap.recipe.json", "swap.txt",
    ]  # fmt: skip
    have = tensors.read(aim)
    want = checkpoint.load(project.path / "model", pytest.fail).weights()
    assert have.keys() == {n for n in want if n.split("/")[0] in ("encoder", "decoder_a")}
    assert all(np.array_equal(have[name], want[name]) for name in have)


@pytest.mark.parametrize("name", ["anna.txt", "anna.recipe.json", "anna.safetensors"])
def test_nothing_is_written_over(project: Project, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("my notes")
    with pytest.raises(BadInput, match=rf"at {tmp_path}/{name} already: name another place"):
        export(project, tmp_path / "anna.safetensors", "safetensors", "a")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [(name, "my notes")]


def test_weights_are_not_called_as_their_own_note(project: Project, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"end the name in \.safetensors"):
        export(project, tmp_path / "anna.txt", "safetensors", "a")
    assert list(tmp_path.iterdir()) == []


def test_what_can_not_be_is_said(project: Project, tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match=r"python -m tf2onnx\.convert"):
        export(project, tmp_path / "x.onnx", "onnx", "b")
    with pytest.raises(BadInput, match="'h5' is no form"):
        export(project, tmp_path / "x.h5", "h5", "b")
