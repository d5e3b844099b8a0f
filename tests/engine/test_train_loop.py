"""Training jobs in this process: reports, limits, stop, resume, errors, previews, prediction."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tensorflow as tf
from train_project import add_faces, new_project, work_on

from engine import resume, sessions
from engine.errors import BadInput, Damaged, ModelMissing, NoSpace, OutOfMemory, Stopped
from engine.history import read_level
from engine.project import Project
from engine.train import checkpoint, loop, plateau, session, sets, tensors
from engine.train.blocks import Blocks, model
from engine.train.chance import Dropout
from engine.train.clipping import Clipping
from engine.train.models import quick
from engine.train.optimiser import Plan
from engine.train.predict import load_swapper
from engine.train.trainer import Trainer
from engine.work import Work


def events(work: Work, kind: str) -> list[dict[str, Any]]:
    return [e.data for e in work.folder.events()[0] if e.k == kind]


def losses(work: Work) -> list[tuple[int, float, float]]:
    return [(m["iteration"], m["loss_a"], m["loss_b"]) for m in events(work, "metric")]


def forgetful(encoder: Callable[[Blocks], Any]) -> Callable[[Blocks], Any]:
    """An encoder with dropout behind it."""

    def build(blocks: Blocks) -> Any:
        plain = encoder(blocks)
        return model(plain.input, Dropout(0.3, name="dropout")(plain.output), "encoder")

    return build


@pytest.fixture
def every_step_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Report each iteration, as the comparison of runs needs."""
    monkeypatch.setattr(loop, "REPORT_S", 0.0)


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return new_project(tmp_workspace)


@pytest.mark.usefixtures("every_step_reported")
def test_a_training_ends_where_its_losses_stand_still(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plateau, "LEAST", -1.0)  # a loss that falls by less than -100 %: never
    goes_on = work_on(project, iterations=12, plateau=5)
    assert loop.run(goes_on).startswith("trained to iteration 12: ")
    monkeypatch.setattr(plateau, "LEAST", 1.0)  # any loss falls by less than all of it
    ends = work_on(project, iterations=60, plateau=5)
    # Two blocks from where this job began, and the step that was under way.
    assert loop.run(ends).startswith("trained to iteration 23 where the losses stand still: ")
    assert checkpoint.load(project.path / "model", print).state.iteration == 23


@pytest.mark.usefixtures("every_step_reported")
@pytest.mark.parametrize("chances", [False, True])
def test_a_resumed_training_goes_on_as_if_it_had_not_stopped(
    tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch, chances: bool
) -> None:
    if chances:
        monkeypatch.setattr(quick, "encoder", forgetful(quick.encoder))
    settings = {"save_every": 10, "keep": 9, "learn_mask": chances}
    whole = work_on(project, iterations=20, **settings)
    loop.run(whole)
    # Back to iteration 10, as a kill would leave it: the set of 20 is gone, its history is not.
    model = project.path / "model"
    sets = sorted((model / "checkpoints").iterdir())
    (sets[1]).rename(tmp_path / "gone")
    (model / "latest").write_text(sets[0].name)

    resumed = work_on(project, iterations=20, **settings)
    loop.run(resumed)
    have, want = losses(resumed), losses(whole)[10:]
    assert [h[0] for h in have] == [w[0] for w in want] == list(range(11, 21))
    np.testing.assert_allclose(have, want, rtol=1e-5)
    iterations = [p.iteration for p in read_level(model / "history", 0, 0, 100)]
    assert iterations == list(range(1, 21))


def test_limits_reports_saves_previews_and_prediction(project: Project) -> None:
    work = work_on(project, iterations=12, save_every=10)
    work.folder.send("preview")
    work.folder.send("save")
    said = loop.run(work)
    assert said.startswith("trained to iteration 12: loss A 0.")
    acks = events(work, "ack")
    assert [(a["verb"], a["known"]) for a in acks] == [("preview", True), ("save", True)]
    assert [s["iteration"] for s in events(work, "save")] == [10, 12]
    assert losses(work)[-1][0] == 12

    shown = events(work, "preview")
    assert [p["iteration"] for p in shown] == [0, 12]
    assert shown[-1]["columns"] == ["A", "A>A", "A>B", "B", "B>B", "B>A"]
    sheet = cv2.imread(str(work.folder.path / shown[-1]["path"]))
    assert sheet.shape == (2 * (20 + 2 * 128), 3 * 128, 3)

    swapper = load_swapper(project.path)
    assert (swapper.iteration, swapper.size, swapper.output_size) == (12, 64, 96)
    assert (swapper.centring, swapper.coverage, swapper.mask) == ("face", 0.875, "extended")
    faces = np.random.default_rng(0).integers(0, 255, (5, 64, 64, 3), np.uint8)
    swapped = swapper.predict(faces)
    assert swapped.shape == (5, 96, 96, 3)
    assert swapped.dtype == np.float32
    np.testing.assert_allclose(swapper.predict(faces[3:4])[0], swapped[3], atol=1e-4)
    assert swapper.predict(faces[:0]).shape == (0, 96, 96, 3)

    again = loop.run(work_on(project, iterations=12))
    assert again == "trained to iteration 12 already"


def test_training_learns(project: Project) -> None:
    work = work_on(project, iterations=60, learning_rate=1e-3, batch=4)
    loop.run(work)
    means = [a + b for _, a, b in losses(work)]
    assert means[-1] < 0.75 * means[0]


def test_stop_saves_and_says_where_it_goes_on(project: Project) -> None:
    work = work_on(project)
    work.folder.send("stop")
    with pytest.raises(Stopped, match="stopped at iteration 0: train goes on from there"):
        loop.run(work)

    work = work_on(project, seconds=1000.0)
    real = Trainer.step

    def stop_at_five(self: Trainer, crops: Any, iteration: int, rate: float) -> None:
        real(self, crops, iteration, rate)
        if iteration == 5:
            work.control._on_signal(15)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "step", stop_at_five)
        with pytest.raises(Stopped, match="stopped at iteration 5"):
            loop.run(work)
    assert [s["iteration"] for s in events(work, "save")] == [5]
    assert load_swapper(project.path).iteration == 5


def test_the_time_limit_ends_training_as_done(project: Project) -> None:
    work = work_on(project, seconds=0.5)
    assert loop.run(work).startswith("trained to iteration")
    last = events(work, "metric")[-1]
    assert 0.5 <= last["seconds"] < 5.0
    assert last["learning_rate"] < 1e-4  # the rate has come down by the end
    state = checkpoint.load(project.path / "model", pytest.fail).state
    assert state.seconds == pytest.approx(last["seconds"], abs=1.0)


def test_faces_that_changed_between_jobs_are_told_and_trained_on(project: Project) -> None:
    first = work_on(project, iterations=2)
    loop.run(first)
    few = [w["text"] for w in events(first, "warn")]
    assert [text[: text.index(":") + 1] for text in few] == [
        f"There are 30 faces on side {side}:" for side in "AB"
    ]

    same = work_on(project, iterations=3)
    loop.run(same)
    assert events(same, "warn") == []

    add_faces(project, "b", 5, seed=1)
    more = work_on(project, iterations=4)
    assert loop.run(more).startswith("trained to iteration 4")
    said = [w["text"] for w in events(more, "warn")]
    assert said[0] == (
        "The faces of side B are others than at iteration 3: training goes on with the 35 there "
        "are."
    )
    assert said[1].startswith("There are 35 faces on side B")
    assert len(said) == 2


def test_what_belongs_to_the_model_stays_and_asking_for_other_is_said(project: Project) -> None:
    loop.run(work_on(project, iterations=1, centring="legacy", mask="components", seed=3))
    work = work_on(project, iterations=2, model="original", centring="face", coverage=80.0, seed=4)
    loop.run(work)
    warnings = [w["text"] for w in events(work, "warn")]
    assert len(warnings) == 4
    assert "seed 3 and goes on so, not with 4: 'train drawn --anew'" in warnings[3]
    assert "begun with model quick and goes on so, not with original" in warnings[0]
    assert "centring legacy" in warnings[1]
    assert "coverage 87.5" in warnings[2]
    recipe = checkpoint.load(project.path / "model", pytest.fail).recipe
    assert (recipe.model, recipe.centring, recipe.mask) == ("quick", "legacy", "components")


def test_a_damaged_checkpoint_is_set_aside_and_said(project: Project) -> None:
    loop.run(work_on(project, iterations=20, save_every=10))
    newest = sorted((project.path / "model" / "checkpoints").iterdir())[-1]
    (newest / "weights.safetensors").write_bytes(b"torn")
    work = work_on(project, iterations=11)
    loop.run(work)
    assert "iteration 10 is used" in events(work, "warn")[0]["text"]
    assert not newest.exists()
    assert len(list((project.path / "trash").iterdir())) == 1


EVERYTHING = Plan(
    rule="nadam",
    clipping=Clipping("autoclip", percentile=50.0),
    accumulate=4,
    average=0.9,
    loss_scale=True,
)


@pytest.mark.usefixtures("every_step_reported")
def test_all_that_surrounds_the_optimiser_goes_on_after_a_stop(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "plan_of", lambda *_: EVERYTHING)
    model = project.path / "model"
    loop.run(work_on(project, iterations=10, keep=9))  # stops between two updates
    first = checkpoint.load(model, pytest.fail)
    loop.run(work_on(project, iterations=15, keep=9))
    stopped = checkpoint.load(model, pytest.fail)
    (model / "latest").write_text(first.path.name)
    for path in sorted((model / "checkpoints").iterdir())[1:]:
        path.rename(project.path / path.name)
    whole = work_on(project, iterations=15)
    loop.run(whole)
    again = checkpoint.load(model, pytest.fail)
    slots = tensors.read(project.path / stopped.path.name / "optimiser.safetensors")
    assert slots["optimiser/updates"] == 3.0
    assert slots["optimiser/summed"] == 3.0
    for name, array in again.slots().items():
        np.testing.assert_allclose(array, slots[name], rtol=1e-3, atol=1e-6, err_msg=name)

    averaged, average = checkpoint.load(model, pytest.fail, averaged=True), again.average()
    assert average is not None
    kernel = "encoder/conv_1/kernel"
    assert np.array_equal(averaged.weights()[kernel], average[kernel])
    assert not np.array_equal(average[kernel], again.weights()[kernel])
    swapper = load_swapper(project.path)
    assert np.array_equal(swapper._network.weights()[kernel].numpy(), average[kernel])


@pytest.mark.usefixtures("every_step_reported")
def test_steps_that_never_are_numbers_end_training_too(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "plan_of", lambda *_: Plan(skip_bad=True))
    real = Trainer._losses
    monkeypatch.setattr(Trainer, "_losses", lambda *given: real(*given) * np.nan)
    with pytest.raises(Damaged, match=r"at iteration 50; nothing had been saved"):
        loop.run(work_on(project, iterations=1000))


def test_the_rate_is_lowered_when_asked_to_and_stays_so(project: Project) -> None:
    work = work_on(project, iterations=30, learning_rate=1e-3)
    work.folder.send("slower")
    loop.run(work)
    assert [a["known"] for a in events(work, "ack")] == [True]
    assert checkpoint.load(project.path / "model", pytest.fail).state.slowed == 0.5
    (mark,) = [m for m in sessions.read(project.path / "model")[0].marks if m.kind == "change"]
    assert mark.words == "learning rate 0.5 of what is set"
    again = work_on(project, iterations=31, learning_rate=1e-3)
    loop.run(again)
    whole = work_on(project, iterations=31, learning_rate=1e-3, anew=True)
    loop.run(whole)
    have, want = (events(w, "metric")[-1]["learning_rate"] for w in (again, whole))
    assert have == pytest.approx(0.5 * want)


@pytest.mark.usefixtures("every_step_reported")
def test_losses_that_are_no_numbers_end_training_and_keep_the_checkpoint(project: Project) -> None:
    loop.run(work_on(project, iterations=10))
    before = checkpoint.load(project.path / "model", pytest.fail).path
    work = work_on(project, iterations=1000)
    real = Trainer.step

    def poisoned(self: Trainer, crops: Any, iteration: int, rate: float) -> None:
        real(self, crops, iteration, float("nan") if iteration == 13 else rate)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "step", poisoned)
        with pytest.raises(Damaged, match=r"at iteration 14; the checkpoint of iteration 10 is"):
            loop.run(work)
    assert ["of 3" in w["text"] for w in events(work, "warn")] == [True] * 3
    assert checkpoint.load(project.path / "model", pytest.fail).path == before


def test_a_full_disk_ends_training_and_keeps_the_checkpoint(project: Project) -> None:
    loop.run(work_on(project, iterations=10))

    def full(path: Path, arrays: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tensors, "write", full)
        with pytest.raises(NoSpace, match="saving the model"):
            loop.run(work_on(project, iterations=20))
    assert load_swapper(project.path).iteration == 10


def test_out_of_memory_goes_on_with_fewer_faces(project: Project) -> None:
    loop.run(work_on(project, iterations=10, batch=4))
    real = Trainer.step

    def narrow(self: Trainer, batch: Any, iteration: int, rate: float) -> None:
        if len(batch.crops) > 4:
            self.network.weights()["encoder/conv_1/bias"].assign_add(tf.ones(64))  # half a step
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        real(self, batch, iteration, rate)

    work = work_on(project, iterations=12, batch=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "step", narrow)
        loop.run(work)
    (said,) = [w["text"] for w in events(work, "warn")]
    assert said == (
        "Memory ran out with 4 faces of each side in a step: on with 2 from iteration 10."
    )
    last = sessions.read(project.path / "model")[-1]
    assert [m.kind for m in last.marks] == ["memory", "save"]
    assert (last.first, last.last, last.examples) == (10, 12, 2 * 2 * 2)

    # What the step that failed had changed already is gone.
    other = work_on(project, iterations=12, batch=2)
    model = project.path / "model"
    newest, before = sets.checkpoints(model)
    weights = checkpoint.verify(newest).weights()
    sets.set_aside(newest, project.path / "trash")
    sets.point(model, sets.LATEST, before)
    loop.run(other)
    for name, array in checkpoint.load(model, pytest.fail).weights().items():
        np.testing.assert_allclose(weights[name], array, rtol=1e-4, atol=1e-6)


def test_out_of_memory_with_one_face_ends_training(project: Project) -> None:
    def too_much(*_: object) -> None:
        raise MemoryError

    work = work_on(project, iterations=5, batch=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "step", too_much)
        with pytest.raises(OutOfMemory, match="with one face of each side"):
            loop.run(work)
    said = [w["text"] for w in events(work, "warn") if "Memory ran out" in w["text"]]
    assert len(said) == 2


def test_an_unknown_model_is_refused_before_anything_is_made(project: Project) -> None:
    with pytest.raises(BadInput, match="'nosuch': it is one of"):
        loop.run(work_on(project, model="nosuch"))
    assert not (project.path / "model" / "cache").exists()


def test_nothing_trained_yet(project: Project) -> None:
    with pytest.raises(ModelMissing, match="run 'train' first"):
        load_swapper(project.path)


def test_training_begins_again_when_asked_to(project: Project) -> None:
    loop.run(work_on(project, iterations=3))
    work = work_on(project, iterations=2, anew=True, mask="components")
    loop.run(work)
    found = checkpoint.load(project.path / "model", pytest.fail)
    assert (found.state.iteration, found.recipe.mask) == (2, "components")
    (aside,) = (project.path / "trash").glob("model-*")
    assert checkpoint.load(aside, pytest.fail).state.iteration == 3
    assert [w["text"] for w in events(work, "warn") if "faces" not in w["text"]] == [
        f"The model that there was lies in {aside} now."
    ]


def test_a_model_of_another_version_of_its_network_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop.run(work_on(project, iterations=1))
    monkeypatch.setattr("engine.train.models.quick.VERSION", 99)
    for use in (
        lambda: loop.run(work_on(project, iterations=2)),
        lambda: load_swapper(project.path),
    ):
        with pytest.raises(Damaged, match="version 99: use the fstui that trained it"):
            use()
    loop.run(work_on(project, iterations=1, anew=True))
    assert load_swapper(project.path).iteration == 1


def test_anew_is_no_default_of_a_project(project: Project) -> None:
    loop.run(work_on(project, iterations=1))
    project.change(lambda doc: doc.update(settings={"train": {"anew": True}}))
    with pytest.raises(BadInput, match="can't stand in project"):
        loop.run(work_on(project, iterations=2))
    assert load_swapper(project.path).iteration == 1


def test_settings_change_while_it_runs_and_the_next_job_keeps_them(project: Project) -> None:
    work = work_on(project, iterations=30)
    work.folder.send("change", batch=4, rotation=0.0, iterations=20)
    work.folder.send("change", model="original")
    work.folder.send("change", zoom=99.0)
    loop.run(work)
    answers = [ack.get("refused", "") for ack in events(work, "ack")]
    assert answers[0] == ""
    assert "model can't change on the way" in answers[1]
    assert "zoom can't be '99.0'" in answers[2]
    (change,) = events(work, "change")
    assert change["settings"] == {"batch": 4, "rotation": 0.0, "iterations": 20}
    model = project.path / "model"
    assert checkpoint.load(model, pytest.fail).state.iteration == 20
    last = sessions.read(model)[-1]
    assert last.examples == 20 * 2 * 4
    assert [m.kind for m in last.marks if m.kind == "change"] == ["change"]
    assert resume.changes(work.folder) == change["settings"]


def test_settings_of_learning_reach_the_step(project: Project) -> None:
    wanted = {
        "optimiser": "lion",
        "losses": "ms_ssim, mae:0.5",
        "clip": "autoclip",
        "clip_history": 7,
        "accumulate": 2,
        "average": 0.9,
        "eye_multiplier": 3.0,
        "mask_blur": 3.0,
        "warp_to_landmarks": True,
        "weight_decay": 0.25,
        "learn_mask": True,
    }
    loop.run(work_on(project, iterations=10, **wanted))
    found = checkpoint.load(project.path / "model", pytest.fail)
    assert (found.recipe.optimiser, found.recipe.eye_multiplier) == ("lion", 3.0)
    assert found.average() is not None
    assert "ms_ssim:1, mae:0.5" in found.state.measure
    slots = found.slots()
    assert slots["optimiser/clip_history"].shape == (7,)
    assert "encoder/conv_1/kernel/m" in slots
    assert "encoder/conv_1/kernel/v" not in slots
    other = work_on(project, iterations=11, **{**wanted, "optimiser": "adam"})
    loop.run(other)
    assert any("optimiser lion" in w["text"] for w in events(other, "warn"))


def test_losses_that_are_not_there_are_refused_before_anything_is_made(project: Project) -> None:
    with pytest.raises(BadInput, match="nosuch"):
        loop.run(work_on(project, iterations=10, losses="nosuch"))
    assert not (project.path / "model" / "checkpoints").exists()


def test_a_found_rate_is_used_and_kept(project: Project) -> None:
    model = project.path / "model"
    only = work_on(project, iterations=5, find_rate="only", find_iterations=100)
    assert "nothing was trained" in loop.run(only)
    assert not checkpoint.exists(model)
    first = work_on(project, iterations=5, find_rate="set", find_iterations=100, warm_up=0)
    loop.run(first)
    (found,) = events(first, "finder")
    state = checkpoint.load(model, pytest.fail).state
    assert state.found_rate == pytest.approx(found["rate"])
    assert found["rate"] == pytest.approx(events(only, "finder")[0]["rate"], rel=0.3)
    again = work_on(project, iterations=6, find_rate="set", warm_up=0, schedule="constant")
    loop.run(again)
    assert events(again, "finder") == []
    assert events(again, "metric")[-1]["learning_rate"] == pytest.approx(found["rate"])


def test_what_cannot_be_is_refused_before_a_model_is_put_away(project: Project) -> None:
    loop.run(work_on(project, iterations=3))
    with pytest.raises(BadInput, match="nosuch"):
        loop.run(work_on(project, iterations=3, anew=True, losses="nosuch"))
    assert checkpoint.load(project.path / "model", pytest.fail).state.iteration == 3
