"""What a job needs before it starts, what it goes on from, and its request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.cancel import Cancelled, cancelled_by
from engine.errors import (
    BadInput,
    Exit,
    FstuiError,
    ModelMissing,
    NothingToDo,
    NotPossible,
    Refused,
)
from engine.locks import Holder, holder_text
from engine.process import FileLock
from engine.project import Ground, Project
from engine.protocol import Job, JobFolder, Snapshot, State, Step
from engine.reached import converted_iteration
from engine.store import Store
from fstui.model import jobs


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "ws", "film")


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Requests instead of processes."""
    asked: list[Job] = []

    def launch(path: Path, job: Job) -> JobFolder:
        asked.append(job)
        return JobFolder.create(path, job)

    monkeypatch.setattr(jobs, "launch", launch)
    return asked


def add(project: Project, side: str, *, extracted: bool = True, faces: int = 25) -> None:
    """A source; in the store where it was extracted."""
    path = project.path.parent / f"{side}.mp4"
    path.write_bytes(side.encode())
    (source,) = project.add_sources(side, [path])
    if not extracted:
        return
    with Store(project.db_path) as store, store.batch():
        sizes = {"width": 8, "height": 8, "fps_num": 25, "fps_den": 1}
        base = {"time_base_num": 1, "time_base_den": 25, "frames": 1, "name": side, "path": "x"}
        media = store.add_media(hash=source.hash, side=side, **sizes, **base)
        frame = store.add_frame(media.id, 0, 0)
        for n in range(faces):
            box = {"left": 0, "top": 0, "right": 8, "bottom": 8}
            store.add_face(frame, n, score=1, detector="d", aligner="m", points=b"", **box)
        store.set_media(media.id, done=1)


def ready_to_convert(project: Project, *, target_extracted: bool = True) -> None:
    project.set_person("a", "The man", Ground.SAMPLE, "me")
    project.set_person("b", "The woman", Ground.SAMPLE, "me")
    add(project, "target", extracted=target_extracted)
    (project.path / "model" / "latest").write_text("000001234-ab12")


def ended(project: Project, kind: str, state: State, **more: Any) -> JobFolder:
    """A job that came to an end."""
    settings = more.pop("settings", {})
    folder = JobFolder.create(project.path, Job(1, kind, [Step(kind, None, settings)]))
    folder.lock_path.write_text("{}")
    folder.write_snapshot(Snapshot(state=state, **more))
    return folder


# --- what is needed --------------------------------------------------------------------------


def test_extract_takes_every_side_that_has_footage(project: Project, launched: list[Job]) -> None:
    with pytest.raises(NothingToDo, match="add film a PATH"):
        jobs.start_extract(project)
    add(project, "b", extracted=False)
    add(project, "target", extracted=False)
    jobs.start_extract(project, every="3")
    assert launched[-1].steps == [
        Step("extract", "b", {"every": 3}),
        Step("extract", "target", {"every": 3}),
    ]
    with pytest.raises(NothingToDo, match="Side a"):
        jobs.start_extract(project, ["a", "b"])
    with pytest.raises(BadInput, match="no side"):
        jobs.start_extract(project, ["c"])


def test_train_needs_faces_of_both_sides(project: Project, launched: list[Job]) -> None:
    with pytest.raises(NothingToDo, match="no footage"):
        jobs.start_train(project)
    add(project, "a")
    add(project, "b", faces=0)
    with pytest.raises(NothingToDo, match="extract film --side b"):
        jobs.start_train(project)
    assert launched == []


def test_train_needs_so_many_of_each(project: Project, launched: list[Job]) -> None:
    add(project, "a")
    add(project, "b", faces=24)
    with pytest.raises(
        BadInput, match="Side B of film has 24 faces and training needs at least 25"
    ):
        jobs.start_train(project)
    assert launched == []


def test_commands_in_sentences_quote_the_projects_name(tmp_path: Path, launched: list[Job]) -> None:
    project = Project.create(tmp_path / "ws", "my film")
    assert "'people 'my film' a NAME" in refusal(lambda: jobs.start_convert(project))
    assert "'add 'my film' a PATH'" in refusal(lambda: jobs.start_train(project))
    add(project, "a", faces=0)
    assert "'extract 'my film' --side a'" in refusal(lambda: jobs.start_train(project))
    ready_to_convert(project)
    (project.path / "model" / "latest").unlink()
    assert "'train 'my film''" in refusal(lambda: jobs.start_convert(project))


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(FstuiError) as caught:
        act()
    return str(caught.value)


def test_convert_needs_people_target_and_model_in_that_order(
    project: Project, launched: list[Job]
) -> None:
    with pytest.raises(Refused, match="side a and side b"):
        jobs.start_convert(project)
    project.set_person("a", "The man", Ground.SAMPLE, "me")
    with pytest.raises(Refused, match="people film b NAME"):
        jobs.start_convert(project)
    project.set_person("b", "The woman", Ground.SAMPLE, "me")
    with pytest.raises(NothingToDo, match="target"):
        jobs.start_convert(project)
    add(project, "target")
    with pytest.raises(ModelMissing, match="train film"):
        jobs.start_convert(project)
    assert launched == []


@pytest.mark.parametrize(
    ("extracted", "stages"), [(True, ["convert"]), (False, ["extract", "convert"])]
)
def test_convert_extracts_the_target_where_that_is_not_done(
    project: Project, launched: list[Job], extracted: bool, stages: list[str]
) -> None:
    ready_to_convert(project, target_extracted=extracted)
    jobs.start_convert(project, crf="20")
    assert [s.stage for s in launched[-1].steps] == stages
    assert launched[-1].steps[-1].settings == {"crf": 20}
    if not extracted:
        assert launched[-1].steps[0].side == "target"


FRAMES_OF_TARGET = 50


@pytest.fixture
def of_fifty_frames(project: Project) -> Project:
    """The target has 50 frames, 2 s; frames 11 to 20 have a face, of person 0. It was extracted
    where it lay before."""
    ready_to_convert(project)
    with Store(project.db_path) as store, store.batch():
        (media,) = store.media("target")
        store.set_media(media.id, frames=FRAMES_OF_TARGET, path="/far/before.mp4")
        store.write("DELETE FROM face WHERE ?", [(1,)])
        box = {"left": 0, "top": 0, "right": 8, "bottom": 8, "score": 1, "points": b""}
        for idx in range(1, FRAMES_OF_TARGET):
            frame = store.add_frame(media.id, idx, idx)
            if 10 <= idx < 20:
                store.add_face(frame, 0, detector="d", aligner="m", cluster=0, **box)
    return project


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"frames": "51-"}, BadInput, "no frames 51-: target.mp4 has 50 frames (2.0 s)"),
        ({"times": "0:02.5-"}, BadInput, "no times 0:02.5-: target.mp4 has 50 frames"),
        ({"frames": "1-10,21-"}, NothingToDo, "no face in the frames that are named"),
        ({"times": "0-0.3"}, NothingToDo, "no face in the frames that are named"),
        ({"frames": "1-15", "times": "1-"}, NothingToDo, "no face in the frames"),
        ({"person": 7}, BadInput, "no person 7: 'faces people film --side target' lists 0."),
        ({"clips": "before"}, BadInput, "no clip 'before': there is target.mp4."),
        ({"mask": "bisenet_fp"}, BadInput, "'extract film --masks bisenet_fp' makes it"),
        ({"outside": "drop"}, BadInput, "neither frames nor times"),
        ({"frames": "x"}, BadInput, "The setting frames can't have 'x'"),
    ],
)
def test_what_the_footage_lacks_is_refused_before_a_job_starts(
    of_fifty_frames: Project,
    launched: list[Job],
    settings: dict[str, Any],
    error: type[FstuiError],
    words: str,
) -> None:
    with pytest.raises(error) as caught:
        jobs.start_convert(of_fifty_frames, **settings)
    assert words in str(caught.value)
    assert launched == []


@pytest.mark.parametrize(
    "settings",
    [
        {"frames": "20-"},
        {"frames": "1-11"},
        {"times": "0:00.4-0:00.5"},
        {"times": "0.76-9"},
        {"person": 0, "clips": "target"},
        {"mask": "oval"},
        {"frames": "11", "outside": "drop"},
    ],
)
def test_what_the_footage_has_is_converted(
    of_fifty_frames: Project, launched: list[Job], settings: dict[str, Any]
) -> None:
    jobs.start_convert(of_fifty_frames, **settings)
    assert launched[-1].steps[-1].settings == settings


def test_footage_that_is_not_extracted_yet_is_left_to_the_job(
    project: Project, launched: list[Job]
) -> None:
    ready_to_convert(project, target_extracted=False)
    jobs.start_convert(project, frames="500-", person=7)
    assert [step.stage for step in launched[-1].steps] == ["extract", "convert"]


def recipe(project: Project, **values: Any) -> None:
    """The newest checkpoint's recipe."""
    folder = project.path / "model/checkpoints/000001234-ab12"
    folder.mkdir(parents=True)
    (folder / "recipe.json").write_text(json.dumps({"format": 1, **values}))


def test_a_mask_that_the_model_has_not_learnt_is_refused(
    project: Project, launched: list[Job]
) -> None:
    ready_to_convert(project)
    recipe(project, model="quick", style={"learn_mask": False})
    with pytest.raises(BadInput, match="has learnt no mask to convert with"):
        jobs.start_convert(project, mask="predicted")
    assert launched == []


def test_a_training_that_would_do_nothing_is_not_started(
    project: Project, launched: list[Job]
) -> None:
    for side in ("a", "b"):
        add(project, side)
    ready_to_convert(project)
    for few in (5, 1234):
        with pytest.raises(NothingToDo, match=r"1234 already: .*'train film --iterations 11234'"):
            jobs.start_train(project, iterations=few)
    assert launched == []
    jobs.start_train(project, iterations=1235)
    jobs.start_train(project, iterations=5, anew=True)
    assert [job.steps[0].settings["iterations"] for job in launched] == [1235, 5]


def test_a_model_is_not_trained_on_as_another_network(
    project: Project, launched: list[Job]
) -> None:
    for side in ("a", "b"):
        add(project, side)
    ready_to_convert(project)
    recipe(project, model="quick")
    words = r"film is quick, at iteration 1234: .*'train film --model dfaker --anew'"
    with pytest.raises(BadInput, match=words):
        jobs.start_train(project, model="dfaker")
    assert launched == []
    jobs.start_train(project, model="quick")
    jobs.start_train(project)  # the default is another, and was not asked for
    jobs.start_train(project, model="dfaker", anew=True)
    assert len(launched) == 3


def test_convert_with_other_projects_models_needs_theirs_alone(
    project: Project, launched: list[Job]
) -> None:
    add(project, "target")
    others = [Project.create(project.path.parent, name) for name in ("anna", "carl")]
    for other in others:
        ready_to_convert(other)
    carl = others[1]
    (carl.path / "model" / "latest").unlink()
    with pytest.raises(ModelMissing, match=r"^carl has no trained model yet: 'train carl' makes"):
        jobs.start_convert(project, models="0=anna,1=carl")
    (carl.path / "model" / "latest").write_text("000000010-ab12")
    carl.remove_person("b")
    with pytest.raises(Refused, match="Who side b of carl shows is not recorded"):
        jobs.start_convert(project, models="0=anna,1=carl")
    with pytest.raises(BadInput, match="names person 0 twice"):
        jobs.start_convert(project, models="0=anna,0=carl")
    with pytest.raises(BadInput, match="People were not told apart in the target"):
        jobs.start_convert(project, models="0=anna")
    with Store(project.db_path) as store:
        store.write("UPDATE face SET cluster = ?", [(0,)])
    with pytest.raises(BadInput, match=r"no person 1: .* lists 0"):
        jobs.start_convert(project, models="0=anna,1=anna")
    assert launched == []
    jobs.start_convert(project, models="0=anna")
    assert launched[-1].steps[-1].settings == {"models": "0=anna"}


@pytest.mark.parametrize(
    ("models", "iteration"), [([], 700), (["anna", "film"], 500), (["anna"], None)]
)
def test_the_iteration_of_a_result_is_the_projects_own(
    project: Project, models: list[str], iteration: int | None
) -> None:
    parts = [{"project": name, "iterations": 500} for name in models]
    report = {"iterations": 700, "parts": parts}
    (project.path / "out" / "report.json").write_text(json.dumps(report))
    assert converted_iteration(project.path) == iteration


def test_settings_are_refused_before_a_job_is_made(project: Project, launched: list[Job]) -> None:
    add(project, "a")
    add(project, "b")
    with pytest.raises(BadInput, match="batch"):
        jobs.start_train(project, batch="0")
    with pytest.raises(BadInput, match="model can't be 'bogus'"):
        jobs.start_train(project, model="bogus")
    with pytest.raises(BadInput, match="detector can't be 'bogus'"):
        jobs.start_extract(project, detector="bogus")
    with pytest.raises(NotPossible, match="gpu:7"):
        jobs.start_train(project, device="gpu:7")
    assert list((project.path / "jobs").iterdir()) == []


# --- going on --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "code", "resumable"),
    [
        (State.STOPPED, 9, True),
        (State.CRASHED, 12, True),
        (State.RUNNING, None, True),  # without its lock: interrupted
        (State.FAILED, Exit.NO_SPACE, True),
        (State.FAILED, Exit.OUT_OF_MEMORY, True),
        (State.FAILED, Exit.BAD_INPUT, False),
        (State.DONE, 0, False),
        (State.REFUSED, 5, False),
    ],
)
def test_a_job_names_the_one_it_goes_on_from(
    project: Project, launched: list[Job], state: State, code: int | None, resumable: bool
) -> None:
    add(project, "a")
    add(project, "b")
    before = ended(project, "train", state, exit=code, settings={"model": "quick", "batch": 4})
    jobs.start_train(project, batch=8)
    assert launched[-1].resumes == (before.name if resumable else None)
    kept = {"model": "quick"} if resumable else {}
    assert launched[-1].steps[0].settings == {**kept, "batch": 8}


def test_only_the_newest_of_its_kind_is_gone_on_with(project: Project, launched: list[Job]) -> None:
    add(project, "a")
    add(project, "b")
    ended(project, "extract", State.STOPPED)
    jobs.start_train(project)
    assert launched[-1].resumes is None


def test_a_training_that_another_job_began_keeps_its_settings(
    project: Project, launched: list[Job]
) -> None:
    add(project, "a")
    add(project, "b")
    steps = [Step("extract", "a"), Step("train", None, {"model": "quick"}), Step("convert")]
    folder = JobFolder.create(project.path, Job(1, "demo", steps))
    folder.lock_path.write_text("{}")
    folder.write_snapshot(Snapshot(state=State.STOPPED, step=1))
    jobs.start_train(project, batch="2")
    assert launched[-1].steps == [Step("train", None, {"model": "quick", "batch": 2})]


def test_a_model_is_begun_anew_once(project: Project, launched: list[Job]) -> None:
    add(project, "a")
    add(project, "b")
    ended(project, "train", State.STOPPED, settings={"batch": 4, "anew": True})
    jobs.start_train(project)
    assert launched[-1].steps[0].settings == {"batch": 4}
    jobs.start_train(project, anew=True)
    assert launched[-1].steps[0].settings["anew"] is True


# --- ending ----------------------------------------------------------------------------------


def test_a_job_that_ended_is_not_stopped(project: Project) -> None:
    folder = ended(project, "train", State.DONE)
    for act in (jobs.stop, jobs.kill, jobs.press):
        with pytest.raises(NothingToDo, match="ended already"):
            act(folder)


@pytest.mark.parametrize(
    ("change", "words"), [({"host": "elsewhere"}, "runs on elsewhere"), ({"started": 1.0}, "told")]
)
def test_no_signal_goes_to_a_process_that_may_be_another(
    project: Project, change: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ended(project, "train", State.RUNNING)
    lock = FileLock(folder.lock_path)
    assert lock.acquire(holder_text())
    holder = folder.holder()
    assert holder is not None
    plain = {"pid": holder.pid, "started": holder.started, "host": holder.host}
    wrong = Holder(**{**plain, **change}, boot=holder.boot, since=0.0)
    monkeypatch.setattr(JobFolder, "holder", lambda _: wrong)
    for act in (jobs.kill, jobs.press):
        with pytest.raises(NotPossible, match=words):
            act(folder)
    lock.release()


@pytest.mark.parametrize(
    ("text", "iteration"), [("000001234-ab12", 1234), ("", None), ("x-1", None), ("../evil", None)]
)
def test_the_checkpoints_iteration_is_read_from_its_name(
    project: Project, text: str, iteration: int | None
) -> None:
    (project.path / "model" / "latest").write_text(text)
    assert jobs.checkpoint_iteration(project.path) == iteration


# --- asking -----------------------------------------------------------------------------------


@pytest.fixture
def deaf(project: Project) -> Iterator[JobFolder]:
    """A job that is at work and answers nothing."""
    folder = ended(project, "train", State.RUNNING)
    lock = FileLock(folder.lock_path)
    assert lock.acquire(holder_text())
    yield folder
    lock.release()


def test_a_job_that_does_not_answer_is_not_waited_for_without_end(
    deaf: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "TELL_PATIENCE_S", 0.05)
    with pytest.raises(NotPossible, match="has not answered 'save' within"):
        jobs.tell(deaf, "save")
    assert [command.verb for _, command in deaf.commands()] == ["save"]


def test_an_answer_that_nobody_waits_for_is_not_waited_for(deaf: JobFolder) -> None:
    with cancelled_by(lambda: True), pytest.raises(Cancelled):
        jobs.tell(deaf, "save")
