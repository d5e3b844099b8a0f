"""Checkpoints: whole sets, sums, the pointer, refusal and falling back."""

from __future__ import annotations

import errno
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from model_sets import AVERAGE, RECIPE, SHAPES, SLOTS, WEIGHTS, no_warning, save

from engine.errors import Damaged, ModelMissing, NoSpace
from engine.train import checkpoint, sets, tensors
from engine.train.checkpoint import Recipe, TrainState


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    save(tmp_path, 250)
    found = checkpoint.load(tmp_path, no_warning)
    assert (found.recipe, found.state.iteration, found.state.seed) == (RECIPE, 250, 7)
    for have, want in ((found.weights(), WEIGHTS), (found.slots(), SLOTS)):
        assert have.keys() == want.keys()
        assert all(np.array_equal(have[n], want[n]) for n in want)


def test_the_newest_are_kept(tmp_path: Path) -> None:
    paths = [save(tmp_path, i) for i in (10, 20, 30, 40)]
    assert [p.exists() for p in paths] == [False, False, True, True]
    assert (tmp_path / "latest").read_text().strip() == paths[-1].name


@pytest.mark.parametrize("name", checkpoint.FILES)
@pytest.mark.parametrize("how", ["flip", "cut", "remove"])
def test_a_tampered_set_is_refused_and_the_one_before_used(
    tmp_path: Path, name: str, how: str
) -> None:
    save(tmp_path, 10)
    newest = save(tmp_path, 20)
    path = newest / name
    data = bytearray(path.read_bytes())
    if how == "flip":
        data[len(data) // 2] ^= 1
    path.write_bytes(data[:-1] if how == "cut" else data)
    if how == "remove":
        path.unlink()
    told: list[str] = []
    assert checkpoint.load(tmp_path, told.append).state.iteration == 10
    assert len(told) == 1
    assert newest.name in told[0]
    assert "iteration 10 is used" in told[0]


def test_none_to_trust(tmp_path: Path) -> None:
    for iteration in (10, 20):
        (save(tmp_path, iteration) / "weights.safetensors").write_bytes(b"x")
    with pytest.raises(Damaged, match="None of the 2 checkpoints"):
        checkpoint.load(tmp_path, lambda _: None)


def test_nothing_saved(tmp_path: Path) -> None:
    assert not checkpoint.exists(tmp_path)
    with pytest.raises(ModelMissing, match="run 'train' first"):
        checkpoint.load(tmp_path, no_warning)


def test_a_set_without_sums_does_not_count_and_goes_with_the_next_save(tmp_path: Path) -> None:
    save(tmp_path, 10)
    torn = tmp_path / "checkpoints" / "000000020-abcd"
    torn.mkdir()
    (torn / "recipe.json").write_text("{}")
    assert checkpoint.load(tmp_path, no_warning).state.iteration == 10
    save(tmp_path, 30)
    assert not torn.exists()


def test_a_set_that_was_not_pointed_to_yet_is_not_used(tmp_path: Path) -> None:
    first = save(tmp_path, 10)
    save(tmp_path, 20)
    (tmp_path / "latest").write_text(first.name)  # as if power was cut before the rename
    assert checkpoint.load(tmp_path, no_warning).state.iteration == 10


def test_refused_sets_go_to_the_trash(tmp_path: Path) -> None:
    save(tmp_path, 10)
    bad = save(tmp_path, 20)
    (bad / "state.json").write_text("{}")
    found = checkpoint.load(tmp_path, lambda _: None)
    checkpoint.set_aside_after(tmp_path, found, tmp_path / "trash")
    assert not bad.exists()
    assert [p.name.startswith(f"checkpoint-{bad.name}") for p in (tmp_path / "trash").iterdir()]
    assert checkpoint.load(tmp_path, no_warning).state.iteration == 10


def test_a_full_disk_leaves_the_set_before_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = save(tmp_path, 10)

    def full(path: Path, arrays: object) -> str:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(tensors, "write", full)
        with pytest.raises(NoSpace, match="saving the model"):
            save(tmp_path, 20)
    assert checkpoint.load(tmp_path, no_warning).path == before
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == [before.name]


def test_weights_that_the_recipe_does_not_name_are_refused(tmp_path: Path) -> None:
    other = Recipe(1, "quick", {}, 64, 96, "face", 87.5, "extended", {"x": [1]})
    state = TrainState(1, 5, 1, 0.0, "")
    checkpoint.save(tmp_path, other, state, WEIGHTS, SLOTS, 2)
    with pytest.raises(Damaged, match="recipe"):
        checkpoint.load(tmp_path, no_warning).weights()


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    newer = Recipe(99, "quick", {}, 64, 96, "face", 87.5, "extended", SHAPES)
    checkpoint.save(tmp_path, newer, TrainState(1, 5, 1, 0.0, ""), WEIGHTS, SLOTS, 2)
    with pytest.raises(Damaged, match="None of the 1 checkpoints"):
        checkpoint.load(tmp_path, no_warning)


def test_weights_are_there_when_a_training_has_removed_the_set(tmp_path: Path) -> None:
    save(tmp_path, 10)
    found = checkpoint.load(tmp_path, no_warning)
    save(tmp_path, 20, keep=1)
    assert not found.path.exists()
    assert found.weights().keys() == WEIGHTS.keys()


def test_a_set_that_goes_while_it_is_read_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, 10)
    real = checkpoint.verify

    def overtaken(path: Path, averaged: bool) -> checkpoint.Checkpoint:
        if path.name.startswith("000000010"):
            save(tmp_path, 20, keep=1)
        return real(path, averaged)

    monkeypatch.setattr(checkpoint, "verify", overtaken)
    assert checkpoint.load(tmp_path, no_warning).state.iteration == 20


def test_a_set_of_an_older_fstui_is_read(tmp_path: Path) -> None:
    path = save(tmp_path, 10)
    old = b'{"format":1,"iteration":10,"seed":7,"seconds":3.5,"saved":""}'
    (path / "state.json").write_bytes(old)
    state = checkpoint.read_state(path)
    assert state is not None
    assert (state.slowed, state.roll_backs, state.loss_a) == (1.0, 0, None)


def test_a_model_goes_to_the_trash_with_its_history(tmp_path: Path) -> None:
    model, trash = tmp_path / "model", tmp_path / "trash"
    assert sets.set_aside_all(model, trash) is None
    save(model, 10)
    (model / "history").mkdir()
    (model / "cache").mkdir()
    aside = sets.set_aside_all(model, trash)
    assert aside is not None
    assert sorted(p.name for p in aside.iterdir()) == ["checkpoints", "history", "latest"]
    assert not checkpoint.exists(model)
    assert [p.name for p in model.iterdir()] == ["cache"]
    assert checkpoint.load(aside, no_warning).state.iteration == 10


def test_an_average_is_a_set_of_weights_of_its_own(tmp_path: Path) -> None:
    save(tmp_path, 10, average=AVERAGE)
    plain = checkpoint.load(tmp_path, no_warning)
    averaged = checkpoint.load(tmp_path, no_warning, averaged=True)
    for have, want in (
        (plain.weights(), WEIGHTS),
        (plain.average(), AVERAGE),
        (averaged.weights(), AVERAGE),
    ):
        assert have is not None
        assert have.keys() == want.keys()
        assert all(np.array_equal(have[n], want[n]) for n in want)


def test_without_an_average_the_weights_are_used(tmp_path: Path) -> None:
    save(tmp_path, 10)
    found = checkpoint.load(tmp_path, no_warning, averaged=True)
    assert found.average() is None
    assert all(np.array_equal(found.weights()[n], WEIGHTS[n]) for n in WEIGHTS)


def test_a_set_whose_average_was_changed_is_refused(tmp_path: Path) -> None:
    save(tmp_path, 10)
    path = save(tmp_path, 20, average=AVERAGE) / "average.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    told: list[str] = []
    assert checkpoint.load(tmp_path, told.append).state.iteration == 10
    assert "average.safetensors is not as saved" in told[0]


def test_a_set_from_before_the_rate_could_be_lowered_has_its_full_rate(tmp_path: Path) -> None:
    path = save(tmp_path, 10)
    state = json.loads((path / "state.json").read_text())
    del state["slowed"]
    text = json.dumps(state).encode()
    (path / "state.json").write_bytes(text)
    sums = (path / "SHA256SUMS").read_text().splitlines()[:-1]
    sums.append(f"{hashlib.sha256(text).hexdigest()}  state.json")
    (path / "SHA256SUMS").write_text("\n".join(sums) + "\n")
    assert checkpoint.load(tmp_path, no_warning).state.slowed == 1.0
