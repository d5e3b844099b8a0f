"""Start, go on with and stop jobs: the same acts for the command line and the interface."""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import Any

from engine import process
from engine.cancel import stop_if_cancelled
from engine.convert.preflight import require_footage, require_learnt_mask
from engine.convert.roles import roles_of
from engine.devices import choices
from engine.disk import keep_quota
from engine.errors import (
    BadInput,
    Exit,
    FstuiError,
    ModelMissing,
    NothingToDo,
    NotPossible,
    of_exit,
)
from engine.eventlog import Event
from engine.launch import launch
from engine.locks import may_signal, refuse_if_running
from engine.project import SIDES, Project
from engine.protocol import VERSION, Job, JobFolder, Snapshot, State, Step, jobs_of, safe_text
from engine.reached import (
    FEWEST_FACES,
    built,
    checkpoint_iteration,
    face_count,
    is_extracted,
    too_few,
)
from engine.references import bring
from engine.resume import going_on
from engine.settings import STAGE_SETTINGS, ConvertSettings, TrainSettings, fields, live, read, user
from engine.trust.consent import require_cast
from fstui.i18n import tr

from .queue import Place, enqueue

RESUMABLE_ENDS = frozenset({State.STOPPED, State.INTERRUPTED, State.CRASHED})
RESUMABLE_FAILURES = frozenset({Exit.NO_SPACE, Exit.OUT_OF_MEMORY})
MORE_ITERATIONS = 10_000
"""Proposed where a model is trained as far as was asked."""
ANSWER_LOOK_S = 0.02
"""How often the answer to a command is looked for."""
TELL_PATIENCE_S = 600.0
"""How long a command may go unanswered: a network's first step can take minutes to compile."""
STOP_PATIENCE_S = 5.0
"""How long a command file may go unanswered before the supervisor gets a signal."""


# --- starting --------------------------------------------------------------------------------


def start_extract(
    project: Project,
    sides: Sequence[str] = (),
    *,
    device: str | None = None,
    place: Place | None = None,
    **settings: Any,
) -> JobFolder:
    """Extract faces of some sides, of every side that has footage when none is named.

    Raises `NothingToDo` where there is no footage, `AlreadyRunning`, `BadInput` for settings.
    """
    for side in sides:
        if side not in SIDES:
            raise BadInput(
                tr("'{side}' is no side: use a, b or target.").format(side=safe_text(side))
            )
        if not project.sources(side):
            raise NothingToDo(no_footage(project, side))
    sides = sides or [s for s in SIDES if project.sources(s)]
    if not sides:
        raise NothingToDo(no_footage(project, "a"))
    values = checked(project, "extract", settings)
    steps = [Step("extract", side, values) for side in sides]
    return start(project, "extract", steps, device, place)


def start_train(
    project: Project, *, device: str | None = None, place: Place | None = None, **settings: Any
) -> JobFolder:
    """Train on the faces of both sides. A training that can be resumed keeps its settings but for
    those named now. Raises `NothingToDo` when a side has no faces, `BadInput` when it has too few,
    unless another job comes first."""
    for side in ("a", "b") if not comes_later(place) else ():
        faces = face_count(project, side)
        if not faces:
            raise NothingToDo(no_faces(project, side))
        if faces < FEWEST_FACES:
            raise BadInput(too_few(project, side, faces))
    before = cut_off(project, "train")
    values = {**(before.settings if before else {}), **settings}
    known = read(TrainSettings, {**project.settings("train"), **values})
    if not comes_later(place) and not known.anew:
        require_more(project, known, named=settings)
    steps = [Step("train", None, checked(project, "train", values))]
    return start(project, "train", steps, device, place)


def require_more(project: Project, known: TrainSettings, named: Container[str]) -> None:
    """Raise `NothingToDo` for a model that is trained so far already, `BadInput` where another
    network than the model's is named: a model stays what it was begun as."""
    reached, model = checkpoint_iteration(project.path), built(project.path)
    if reached is None:
        return
    if model and "model" in named and model.model != known.model:
        raise BadInput(
            f"The model of {project.name} is {model.model}, at iteration {reached}: leave out the "
            f"setting model to train it on, or begin one as {known.model} with 'train "
            f"{project.typed} --model {known.model} --anew', which puts this one into trash/."
        )
    if known.iterations <= reached:
        raise NothingToDo(
            f"{project.name} is trained to iteration {reached} already: give more, as in 'train "
            f"{project.typed} --iterations {reached + MORE_ITERATIONS}', or begin again with "
            "--anew."
        )


def start_convert(
    project: Project, *, device: str | None = None, place: Place | None = None, **settings: Any
) -> JobFolder:
    """Convert the target footage, extracting it before where that is not done.

    Raises `Refused` when people are not recorded, `NothingToDo` without target footage,
    `ModelMissing` before the first checkpoint of a model, unless another job comes first,
    `BadInput` for settings.
    """
    known = read(ConvertSettings, {**project.settings("convert"), **settings})
    roles = roles_of(project, known)
    painting = [role.project for role in roles]
    require_cast(project, painting)
    if not project.sources("target"):
        raise NothingToDo(no_footage(project, "target"))
    for one in painting if not comes_later(place) else ():
        if checkpoint_iteration(one.path) is None:
            raise ModelMissing(
                tr("{one} has no trained model yet: 'train {typed}' makes one.").format(
                    one=one.name, typed=one.typed
                )
            )
    extracted = is_extracted(project, "target")
    if not comes_later(place):
        require_learnt_mask(painting, known.mask)
        if extracted:
            require_footage(project, known, roles)
    steps = [Step("convert", None, checked(project, "convert", settings))]
    if not extracted:
        steps.insert(0, Step("extract", "target"))
    return start(project, "convert", steps, device, place)


def start_watch(project: Project, **settings: Any) -> JobFolder:
    """Take in footage as it arrives in the project's `media/`."""
    return start(project, "watch", [Step("watch", None, checked(project, "watch", settings))])


def start_import(
    project: Project, side: str, file: Path, media: str = "", *, replace: bool = False
) -> JobFolder:
    """Take in faces that another program found. Raises `BadInput`, `NothingToDo`."""
    if not file.exists():
        raise BadInput(tr("There is nothing at {file}.").format(file=safe_text(str(file))))
    if not project.sources(side):
        raise NothingToDo(no_footage(project, side))
    settings = {"file": str(file.resolve()), "media": media, "replace": replace}
    # An import that was cut off begins anew: it goes on from no job.
    return launch(project.path, Job(VERSION, "import", [Step("import", side, settings)]))


def start(
    project: Project,
    kind: str,
    steps: list[Step],
    device: str | None = None,
    place: Place | None = None,
) -> JobFolder:
    """Start a job of any steps, or queue it where it is given a place; it names the one it goes on
    from. Raises `NoSpace` where it would outgrow the user's quota."""
    choices(device)  # a device that isn't there is refused here already
    before = resumable(project, kind)
    job = Job(VERSION, kind, steps, device, before.name if before else None)
    if place is not None:
        return enqueue(project, job, place)
    refuse_if_running(project.path, job)
    keep_quota(project, job, user.load())
    return launch(project.path, job)


def comes_later(place: Place | None) -> bool:
    """Whether another job is to be done before, which may make what this one needs."""
    return place is not None and bool(place.after)


def checked(project: Project, stage: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Settings that were named, each in its type; files that they name are brought into the
    project. Raises `BadInput` if they or the project's own can't be used."""
    kind = STAGE_SETTINGS[stage]
    known = read(kind, {**project.settings(stage), **settings})
    values = {name: getattr(known, name) for name in settings}
    for field in fields(kind):
        if field.is_path and values.get(field.name):
            values[field.name] = bring(project, values[field.name])
    return values


def resumable(project: Project, kind: str) -> JobFolder | None:
    """The newest job of a kind, if it ended before its work was done."""
    before = newest(project, kind)
    return before if before and can_resume(before) else None


def newest(project: Project, kind: str) -> JobFolder | None:
    """The newest job of a kind that has begun; what waits in the queue counts not yet."""
    found = (j for j in jobs_of(project.path) if f"-{kind}-" in j.name and not j.never_began)
    return next(found, None)


def newest_with(jobs: Iterable[JobFolder], stage: str) -> tuple[JobFolder, int] | None:
    """The newest job that has a step of a stage, whatever its kind, and that step's index; `jobs`
    have the newest first."""
    for folder in jobs:
        if folder.never_began:
            continue
        try:
            stages = [step.stage for step in folder.job().steps]
        except FstuiError:
            continue  # its request is lost; what it made is not
        if stage in stages:
            return folder, stages.index(stage)
    return None


def cut_off(project: Project, stage: str) -> Step | None:
    """The newest step of a stage, if its job ended before the step was done."""
    found = newest_with(jobs_of(project.path), stage)
    return going_on(*found) if found and is_cut_off(*found) else None


def is_cut_off(folder: JobFolder, index: int) -> bool:
    """Whether a job ended before one of its steps was done, and can go on."""
    return can_resume(folder) and folder.current().step <= index


def can_resume(folder: JobFolder) -> bool:
    """Whether a job ended in a way that starting it again goes on from."""
    return goes_on(folder.current())


def goes_on(now: Snapshot) -> bool:
    """Whether a job that is in this state is gone on with when it is started again."""
    if now.state is State.FAILED:
        return now.exit in RESUMABLE_FAILURES
    return now.state in RESUMABLE_ENDS


# --- what a job needs ------------------------------------------------------------------------


def no_footage(project: Project, side: str) -> str:
    """The sentence for a side without footage."""
    return tr(
        "Side {side} of {project} has no footage: 'add {typed} {side} PATH' lists it."
    ).format(side=side, project=project.name, typed=quote(project.name))


def no_faces(project: Project, side: str) -> str:
    """The sentence for a side without faces."""
    if not project.sources(side):
        return no_footage(project, side)
    return tr(
        "Side {side} of {project} has no faces: 'extract {typed} --side {side}' finds them."
    ).format(side=side, project=project.name, typed=quote(project.name))


# --- ending ----------------------------------------------------------------------------------


def stop(folder: JobFolder) -> None:
    """Ask a job to finish its batch, save and end. Raises `NothingToDo` when it has ended."""
    if not folder.alive():
        raise NothingToDo(tr("The job {folder} has ended already.").format(folder=folder.name))
    folder.send("stop")


def change(folder: JobFolder, values: dict[str, Any]) -> None:
    """Let a running training go on with other settings.

    Raises `BadInput` for what can't be or can't change, `NothingToDo` when it has ended.
    """
    live(TrainSettings, values)
    known = read(TrainSettings, values)
    tell(folder, "change", **{name: getattr(known, name) for name in values})


def tell(folder: JobFolder, verb: str, **args: Any) -> tuple[str, list[Event]]:
    """Send a command and wait until it was obeyed: its id, and what the job said meanwhile.

    Raises what it answered when it refuses, `NotPossible` when it knows no such command or doesn't
    answer for `TELL_PATIENCE_S`; when it ends before that, what it ended with, `NothingToDo` where
    that was no failure; `Cancelled` when nobody waits for the answer any more.
    """
    _, offset = folder.events()
    asked, said = folder.send(verb, **args), list[Event]()
    until = time.monotonic() + TELL_PATIENCE_S
    while time.monotonic() < until:
        stop_if_cancelled()
        alive = folder.alive()
        events, offset = folder.events(offset)
        said += events
        for event in events:
            if event.k == "ack" and event.data.get("id") == asked:
                if refused := event.data.get("refused"):
                    raise of_exit(event.data.get("exit", Exit.BAD_INPUT), safe_text(str(refused)))
                if not event.data.get("known"):
                    raise NotPossible(
                        tr("The job {folder} can't {verb}.").format(folder=folder.name, verb=verb)
                    )
                return asked, said
        if not alive:
            raise _ended_unread(folder)
        time.sleep(ANSWER_LOOK_S)
    late = tr("The job {folder} has not answered '{verb}' within {n:g} s: it follows when it can.")
    raise NotPossible(late.format(folder=folder.name, verb=verb, n=TELL_PATIENCE_S))


def _ended_unread(folder: JobFolder) -> FstuiError:
    """The error of a job that ended with a command unread."""
    end = folder.current()
    if end.state in (State.FAILED, State.CRASHED, State.REFUSED) and end.exit:
        return of_exit(end.exit, safe_text(end.message))
    return NothingToDo(tr("The job {folder} ended before it read that.").format(folder=folder.name))


def press(folder: JobFolder) -> None:
    """Send the stop signal too, for a job that left the command file unread."""
    process.ask_to_stop(_supervisor(folder))


def kill(folder: JobFolder, patience_s: float = STOP_PATIENCE_S) -> None:
    """End a job at once, without saving: its supervisor kills the step and records that; one
    that doesn't answer is killed itself, and the step dies with it."""
    process.ask_to_kill(_supervisor(folder))
    if wait_for_end(folder, patience_s):
        return
    with suppress(NothingToDo):  # it has just ended
        process.kill(_supervisor(folder))
    wait_for_end(folder, patience_s)


def wait_for_end(folder: JobFolder, patience_s: float) -> bool:
    """Wait until the job's lock is free; whether it became free in time."""
    until = time.monotonic() + patience_s
    while folder.alive():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _supervisor(folder: JobFolder) -> int:
    """The pid to signal, surely the one that holds the lock."""
    holder = folder.holder()
    if holder is None or not folder.alive():
        raise NothingToDo(tr("The job {folder} has ended already.").format(folder=folder.name))
    if holder.host != process.host():
        raise NotPossible(
            tr("The job {folder} runs on {host}: stop it there.").format(
                folder=folder.name, host=safe_text(holder.host)
            )
        )
    if not may_signal(holder):
        raise NotPossible(
            tr("The process of the job {folder} can't be told apart from others.").format(
                folder=folder.name
            )
        )
    return holder.pid
