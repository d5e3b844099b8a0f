"""Which sets of a model are kept: the newest, the best, snapshots; and what the trash takes."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from model_sets import RECIPE, SLOTS, WEIGHTS, no_warning, save, state

from engine.errors import NoSpace
from engine.train import checkpoint, sets


def iterations(paths: list[Path]) -> list[int]:
    return [sets.iteration_of(path) for path in paths]


def test_the_best_is_never_removed_while_it_is_the_best(tmp_path: Path) -> None:
    for iteration, loss in ((10, 0.3), (20, 0.1), (30, 0.2), (40, None), (50, 0.4)):
        save(tmp_path, iteration, loss=loss)
    assert iterations(sets.checkpoints(tmp_path)) == [50, 40, 20]
    best = sets.best(tmp_path)
    assert best is not None
    assert sets.iteration_of(best) == 20
    save(tmp_path, 60, loss=0.05)
    assert iterations(sets.checkpoints(tmp_path)) == [60, 50]


def test_only_losses_of_one_measure_are_compared(tmp_path: Path) -> None:
    save(tmp_path, 10, loss=0.1)
    other = state(20, 0.5, measure="another loss")
    path = checkpoint.save(tmp_path, RECIPE, other, WEIGHTS, SLOTS, 2)
    assert sets.best(tmp_path) == path


def test_a_snapshot_is_kept_for_good_and_costs_no_space(tmp_path: Path) -> None:
    path = save(tmp_path, 10)
    kept = sets.snapshot(tmp_path, path)
    assert (kept / "weights.safetensors").stat().st_ino == (
        path / "weights.safetensors"
    ).stat().st_ino
    assert sets.snapshot(tmp_path, path) == kept
    for iteration in (20, 30, 40):
        save(tmp_path, iteration)
    assert not path.exists()
    assert checkpoint.verify(kept).state.iteration == 10


def test_a_snapshot_is_a_copy_where_there_are_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    path = save(tmp_path, 10)
    monkeypatch.setattr(os, "link", no_links)
    kept = sets.snapshot(tmp_path, path)
    assert checkpoint.verify(kept).state.iteration == 10


def test_a_full_disk_leaves_no_half_of_a_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = save(tmp_path, 10)
    monkeypatch.setattr(sets, "_link", full)
    with pytest.raises(NoSpace, match="keeping the model"):
        sets.snapshot(tmp_path, path)
    assert list((tmp_path / "snapshots").iterdir()) == []


def test_a_snapshot_serves_when_no_checkpoint_does(tmp_path: Path) -> None:
    sets.snapshot(tmp_path, save(tmp_path, 10))
    for iteration in (20, 30):
        (save(tmp_path, iteration) / "state.json").write_text("{}")
    told: list[str] = []
    found = checkpoint.load(tmp_path, told.append)
    assert (found.state.iteration, len(told)) == (10, 2)
    checkpoint.set_aside_after(tmp_path, found, tmp_path / "trash")
    assert len(list((tmp_path / "trash").iterdir())) == 2
    assert checkpoint.load(tmp_path, no_warning).path == found.path


def test_sets_that_are_named_bad_come_last(tmp_path: Path) -> None:
    paths = [save(tmp_path, i) for i in (10, 20)]
    bad = {paths[1].name}
    assert checkpoint.load(tmp_path, no_warning, bad).path == paths[0]
    assert checkpoint.load(tmp_path, no_warning, {p.name for p in paths}).path == paths[1]


def test_a_torn_snapshot_goes_with_the_next(tmp_path: Path) -> None:
    torn = tmp_path / "snapshots" / "000000005-abcd"
    torn.mkdir(parents=True)
    sets.snapshot(tmp_path, save(tmp_path, 10))
    assert not torn.exists()
    assert iterations(sets.snapshots(tmp_path)) == [10]


def test_a_pointer_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    save(tmp_path, 10)
    (tmp_path / "best").write_text("../..")
    assert sets.best(tmp_path) is None
