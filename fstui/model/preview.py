"""The warm preview of converting: the job that is asked, and what it answered."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.convert.request import Request
from engine.errors import AlreadyRunning, Damaged, EngineCrashed, NothingToDo
from engine.eventlog import Event
from engine.launch import launch
from engine.project import Project
from engine.protocol import VERSION, Job, JobFolder, Step, jobs_of
from fstui.i18n import tr

from . import jobs


class Looked(msgspec.Struct, frozen=True):
    """A picture that a preview made, and where one can look next."""

    path: str
    """Absolute, of a JPEG in the job's folder."""
    media: str
    """The clip's name."""
    clips: list[str]
    """All that can be looked at."""
    frames: list[int]
    """From 1."""
    of: int
    """Frames of the clip."""
    earlier: int
    """The nearest frame with a face before these; 0 where there is none."""
    later: int
    model: str
    """How long it was trained: `iteration 500`."""
    seconds: float
    """From reading the command to the finished picture."""


def look(project: Project, request: Request) -> Looked:
    """Ask the project's preview, which is started if it doesn't run, and wait for the picture.

    Raises what keeps the picture from being made: `BadInput`, `NothingToDo`, `ModelMissing` and
    their like, each with its sentence.
    """
    args = msgspec.to_builtins(request)
    try:
        return _asked(warm(project), args)
    except Gone:
        return _asked(warm(project), args)


def warm(project: Project) -> JobFolder:
    """The project's preview job, started if it doesn't run. It takes no GPU: a training may run on
    that, and a few faces are soon painted without."""
    if folder := running(project):
        return folder
    try:
        return launch(project.path, Job(VERSION, "preview", [Step("preview")], device="cpu"))
    except AlreadyRunning:
        if folder := running(project):  # somebody was faster
            return folder
        raise


def running(project: Project) -> JobFolder | None:
    """The project's preview job, if it runs."""
    return next((j for j in jobs_of(project.path) if j.kind == "preview" and j.alive()), None)


class Gone(NothingToDo):
    """The job went, as nobody had asked for long, before it read what it was asked."""


def _asked(folder: JobFolder, args: dict[str, Any]) -> Looked:
    try:
        asked, events = jobs.tell(folder, "look", **args)
    except NothingToDo as error:
        raise error if folder.alive() else Gone(str(error)) from error
    for event in events:
        if event.k == "preview" and event.data.get("id") == asked:
            return _looked(folder, event)
    raise EngineCrashed(
        tr("The job {folder} made no picture: {log_path} may say why.").format(
            folder=folder.name, log_path=folder.log_path
        )
    )


def _looked(folder: JobFolder, event: Event) -> Looked:
    path = (folder.path / str(event.data["path"])).resolve()
    if not path.is_relative_to(folder.path.resolve()):
        raise Damaged(
            tr("The job {folder} names a picture that is not in its folder.").format(
                folder=folder.name
            )
        )
    return msgspec.convert({**event.data, "path": str(path)}, Looked)
