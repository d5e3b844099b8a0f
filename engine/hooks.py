"""The user's hooks: a program and an address that are told how a job ended, each once.

They stand in the user's own settings, never in a project. Whoever calls them first notes in the
job's `hooks.json` what it begins, under a lock: after a kill in the middle a hook that was begun is
not begun again. What they came to is a `hook` event behind the end, which it can't change.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable

import msgspec

from engine.errors import FstuiError
from engine.process import FileLock, host, kill_session
from engine.protocol import ENDS, JobFolder, Snapshot, State, safe_text, write_atomic
from engine.settings import user
from engine.settings.user import UserSettings

RECORD, DUE, LOCK = "hooks.json", "hooks.due", "hooks.lock"
EVENTS: dict[State, str] = {
    State.DONE: "done",
    State.FAILED: "failure",
    State.CRASHED: "failure",
    State.INTERRUPTED: "failure",
    State.REFUSED: "refusal",
}
"""What an end is to a hook. A job that the user stopped is none: the user knows."""
SILENT = frozenset({"preview"})
"""Kinds that only wait to be asked: that they go is no news to anybody."""
MADE = {"extract": "faces", "import": "faces", "train": "model", "convert": "out"}
"""Where in the project a stage's result is."""


class Told(msgspec.Struct, frozen=True):
    """What a hook is told; the body of the webhook's POST."""

    event: str
    """done, failure or refusal."""
    project: str
    """The project's folder."""
    job: str
    """The job's name; one job has one end, so it tells two calls for one apart from two ends."""
    kind: str
    state: str
    exit: int
    message: str
    result: str
    """Where in the project the result is; empty where there is none."""


def wanted(settings: UserSettings) -> bool:
    """Whether the user has any hooks."""
    return bool(settings.webhook or settings.on_done or settings.on_failure or settings.on_refusal)


def expect(folder: JobFolder) -> None:
    """Note at a job's start that its end is to be told, also when its supervisor is killed."""
    with contextlib.suppress(FstuiError, OSError):  # said at the end
        if folder.kind not in SILENT and wanted(user.load()):
            write_atomic(folder.path / DUE, host().encode())


def are_due(folder: JobFolder) -> bool:
    """Whether a job of this machine ended and its hooks were not called; a project that was copied
    here calls none."""
    try:
        return (folder.path / DUE).read_text() == host() and not folder.alive()
    except (OSError, UnicodeDecodeError):
        return False


def call(folder: JobFolder) -> None:
    """Call what the user has for the end of a job, each once. What goes wrong with a hook, or with
    the settings that name it, is an event of the job."""
    if folder.kind in SILENT or not folder.path.is_dir():
        return  # of a project that was moved whoever looks there calls them
    lock = FileLock(folder.path / LOCK)
    if not lock.acquire():
        return  # somebody is at it
    try:
        end = folder.current()
        if end.state not in ENDS:
            return
        try:
            if event := EVENTS.get(end.state):
                for name, act in _acts(folder, tell(folder, event, end), user.load()):
                    _once(folder, name, act)
        except FstuiError as error:  # settings that can't be read, a damaged request
            folder.append("hook", name="settings", ok=False, text=safe_text(str(error)))
        (folder.path / DUE).unlink(missing_ok=True)
    finally:
        lock.release()


def tell(folder: JobFolder, event: str, end: Snapshot) -> Told:
    """What there is to say of an end."""
    stages = [step.stage for step in folder.job().steps]
    made = MADE.get(stages[-1]) if stages and event == "done" else None
    return Told(
        event=event,
        project=str(folder.project),
        job=folder.name,
        kind=end.kind,
        state=str(end.state),
        exit=end.exit if end.exit is not None else 0,
        message=safe_text(end.message),
        result=str(folder.project / made) if made else "",
    )


def _acts(
    folder: JobFolder, told: Told, settings: UserSettings
) -> list[tuple[str, Callable[[], str]]]:
    """The hooks of an event by name; each returns what it came to, "" when all is well."""
    acts: list[tuple[str, Callable[[], str]]] = []
    words = getattr(settings, f"on_{told.event}")
    if words:
        acts.append((f"on_{told.event}", lambda: run(words, told, folder, settings.hook_limit_s)))
    if settings.webhook:
        acts.append(("webhook", lambda: post(settings, told)))
    return acts


def _once(folder: JobFolder, name: str, act: Callable[[], str]) -> None:
    """Do it if nobody began it yet; the note is on the disk before that."""
    record = folder.path / RECORD
    try:
        begun = msgspec.json.decode(record.read_bytes(), type=list[str])
    except (OSError, msgspec.MsgspecError):
        begun = []
    if name in begun:
        return
    write_atomic(record, msgspec.json.encode([*begun, name]))
    problem = act()
    folder.append("hook", name=name, ok=not problem, text=safe_text(problem))


# --- a program ---


def run(words: tuple[str, ...], told: Told, folder: JobFolder, limit_s: float) -> str:
    """Run a program with what there is to tell in its environment, no shell; its output goes to
    the job's engine.log. What went wrong, or ""."""
    try:
        with open(folder.log_path, "ab") as log:
            child = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **environment(told)},
                # Never the project's folder: "./tell" means the user's program.
                cwd=user.config_folder(),
            )
    except (OSError, ValueError) as error:
        return f"{words[0]} could not be started: {error}"
    try:
        code = child.wait(limit_s)
    except subprocess.TimeoutExpired:
        kill_session(child.pid)
        child.wait()
        return f"{words[0]} took longer than {limit_s:g} s and was ended"
    return f"{words[0]} ended with {code}" if code else ""


def environment(told: Told) -> dict[str, str]:
    """FSTUI_JOB_EVENT, _PROJECT, _NAME, _KIND, _STATE, _EXIT, _MESSAGE and _RESULT."""
    values = {k: str(v) for k, v in msgspec.to_builtins(told).items()}
    values["name"] = values.pop("job")
    return {f"FSTUI_JOB_{k.upper()}": v for k, v in values.items()}


def post(settings: UserSettings, told: Told) -> str:
    """Send what there is to tell to the user's address. What went wrong, or ""."""
    from engine import webhook  # urllib takes a while to import, and few have an address

    return webhook.post(settings.webhook, msgspec.json.encode(told), settings.hook_limit_s)
