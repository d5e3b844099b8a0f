"""Beginning with another model's weights, and parts that don't learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from train_project import new_project, work_on

from engine.errors import BadInput
from engine.project import Project
from engine.references import bring
from engine.train import checkpoint, loop, tensors
from engine.train.transfer import fitted


def test_a_frozen_encoder_of_another_model_stays_as_it_came(
    tmp_path: Path, tmp_workspace: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    donor = new_project(other)
    loop.run(work_on(donor, iterations=1))
    given = checkpoint.load(donor.path / "model", pytest.fail).weights()

    project = new_project(tmp_workspace)
    named = bring(project, str(donor.path))
    assert named.startswith("references/drawn-")
    work = work_on(project, iterations=2, weights_from=named, freeze="encoder", snapshot_every=0)
    loop.run(work)
    phases = [e.data["name"] for e in work.folder.events()[0] if e.k == "phase"]
    assert f"{len(given)} of {len(given)} weights come from {named}" in " ".join(phases)
    found = checkpoint.load(project.path / "model", pytest.fail)
    assert found.recipe.weights_from == named
    assert not any(name.startswith("encoder/") for name in found.slots())
    for name, array in found.weights().items():
        assert np.array_equal(array, given[name]) == name.startswith("encoder/"), name

    # The next job lets all of it learn.
    work = work_on(project, iterations=3)
    loop.run(work)
    said = [e.data["text"] for e in work.folder.events()[0] if e.k == "warn"]
    assert said == ["encoder did not learn before: moments begin at 0."]
    after = checkpoint.load(project.path / "model", pytest.fail)
    assert any(name.startswith("encoder/") for name in after.slots())
    assert not np.array_equal(
        after.weights()["encoder/conv_1/kernel"], given["encoder/conv_1/kernel"]
    )


def test_weights_that_fit_nowhere_and_parts_that_are_none_are_refused(tmp_workspace: Path) -> None:
    project = new_project(tmp_workspace)
    path = tmp_workspace / "strange.safetensors"
    tensors.write(path, {"encoder/conv_1/kernel": np.zeros((1, 2), np.float32)})
    named = bring(project, str(path))
    for settings, words in (
        ({"weights_from": named}, "None of the 1 weights"),
        ({"freeze": "encoder, nose"}, "no part 'nose' to freeze: it has encoder, decoder_a"),
        ({"freeze": "encoder, decoder_a, decoder_b"}, "nothing would learn"),
    ):
        with pytest.raises(BadInput, match=words):
            loop.run(work_on(project, iterations=1, **settings))


def test_what_holds_no_weights_is_refused(tmp_workspace: Path) -> None:
    project = Project.create(tmp_workspace, "film")
    folder = tmp_workspace / "empty"
    folder.mkdir()
    with pytest.raises(BadInput, match="no picture"):
        bring(project, str(folder))


def test_moments_fit_the_parts_that_learn() -> None:
    saved = {n: np.ones(2, np.float32) for n in ("encoder/k/m", "decoder_a/k/m", "optimiser/n")}
    slots = {n: np.zeros(2) for n in ("decoder_a/k/m", "decoder_b/k/m", "optimiser/n")}
    arrays, fresh = fitted(slots, saved, ("encoder", "decoder_a", "decoder_b"))
    assert fresh == ["decoder_b"]
    assert arrays.keys() == slots.keys()
    assert (arrays["decoder_b/k/m"].sum(), arrays["decoder_a/k/m"].sum()) == (0.0, 2.0)
