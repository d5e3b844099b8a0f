"""The supervisor: holds the locks, runs each step as a child, and always writes the end.

It imports neither TensorFlow nor NumPy, so that it stays small and outlives what kills a step.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

from engine import __version__, hooks
from engine.devices import Choice, choices, computes, take, visibility
from engine.errors import (
    EXIT_MEANINGS,
    AlreadyRunning,
    Exit,
    FstuiError,
    Stopped,
    from_os_error,
)
from engine.eventlog import read_events
from engine.fold import fold
from engine.locks import already_running, holder_text, take_locks
from engine.process import FileLock, host, log, on_kill_signal, on_stop_signals, signal_name
from engine.protocol import STATE_INTERVAL_S, Job, JobFolder, Snapshot, State, Step, safe_text
from engine.queue import entry as entries
from engine.queue.keeper import kick

LOOK_S = 0.1
RESERVE_BYTES = 65_536
END_STATES: dict[int, State] = {
    Exit.DONE: State.DONE,
    Exit.STOPPED: State.STOPPED,
    Exit.REFUSED: State.REFUSED,
    Exit.CRASHED: State.CRASHED,
}
"""Every other exit code is a failure that a step explained."""
BY_SIGNAL = "(a signal asked for it, as at a shutdown)"
"""Behind the words of a stop that the user did not ask for."""


def run(path: Path) -> int:
    """Run the job in a folder to its end; the exit code of the end."""
    folder = JobFolder(path.resolve())
    lock = FileLock(folder.lock_path)
    if not lock.acquire(holder_text(folder.name)):
        raise already_running(folder.lock_path, folder.kind)
    job = folder.job()  # under the lock: from now on nobody changes it
    if folder.has_run:  # started twice: what starts it was killed before it saw that it had begun
        raise AlreadyRunning(f"The job {folder.name} has run already: a job runs once.")
    supervisor = Supervisor(folder, job)
    on_stop_signals(supervisor.on_stop_signal)
    on_kill_signal(supervisor.on_kill_signal)
    locks: list[FileLock] = []
    try:
        entry = entries.read(folder)
        if entry is None:
            locks = take_locks(folder.project, job, folder.name)
            supervisor.begin()
        else:
            supervisor.begin()
            locks = supervisor.wait_for_locks(cancelled=entry.cancelled)
        code, message = supervisor.run_steps()
    except FstuiError as error:
        code, message = int(error.exit), str(error)
    except OSError as error:
        failure = from_os_error(error, f"running the job {folder.name}")
        code, message = int(failure.exit), str(failure)
    except Exception as error:  # a worker's top: the end is written whatever happened
        log(traceback.format_exc())
        code, message = int(Exit.BUG), f"A bug of ours: {type(error).__name__}: {error}."
    finally:
        for held in locks:
            held.release()
    supervisor.end(code, message)
    lock.release()
    afterwards(folder, supervisor.snapshot.state)
    return code


def afterwards(folder: JobFolder, state: State) -> None:
    """What follows an end and can't change it: the user's hooks, and the queue goes on. Not after
    a signal: at a shutdown what begins now would only hold it up."""

    def go_on() -> None:
        if state is not State.INTERRUPTED:
            kick(folder.project.parent)

    for act in (lambda: hooks.call(folder), go_on):
        try:
            act()
        except (FstuiError, OSError) as error:
            log(f"After the end: {error}")


def step_command(folder: JobFolder, index: int) -> list[str]:
    """The words that start a step as a child of this process."""
    words = [sys.executable, "-P", "-m", "engine", "step"]
    return [*words, str(folder.path), str(index), str(os.getpid())]


def closing_words(said: list[tuple[Step, str]]) -> str:
    """What the last stage came to: the sentences of all its steps, one for each side."""
    if not said:
        return "nothing to do"
    stage = said[-1][0].stage
    return "; ".join(words for step, words in said if step.stage == stage)


class Supervisor:
    """One job's run: the child at work, the signals that came, and the snapshot."""

    def __init__(self, folder: JobFolder, job: Job) -> None:
        self.folder = folder
        self.job = job
        self.snapshot = Snapshot(kind=job.kind, steps=len(job.steps), started=time.time())
        self._reserve = folder.path / "reserve"
        self._offset = 0
        self._written = 0.0
        self._dirty = True
        self._stop = False
        self._kill = False
        self._asked = False
        """Whether it was the user who asked for the stop, and not a signal alone."""
        self._step_end: tuple[int, str] | None = None

    # --- life ---

    def begin(self) -> None:
        """Keep room for the end, then write the start event that whoever launched us waits for."""
        self._reserve.write_bytes(os.urandom(RESERVE_BYTES))
        self.folder.append(
            "start", pid=os.getpid(), host=host(), version=__version__, kind=self.job.kind
        )
        self._write(force=True)
        hooks.expect(self.folder)

    def wait_for_locks(self, *, cancelled: bool) -> list[FileLock]:
        """The project's locks for a job of the queue: another one may have been faster."""
        if cancelled:
            self._asked = True
            raise Stopped("taken out of the queue as it began")
        while True:
            try:
                return take_locks(self.folder.project, self.job, self.folder.name)
            except AlreadyRunning:
                self._set_state(State.WAITING)
            self._obey_while_alone()
            if self._stop or self._kill:
                raise Stopped("stopped while it waited for its project: run it again to go on")
            time.sleep(1.0)

    def run_steps(self) -> tuple[int, str]:
        """Run the steps in order; the first that doesn't end well ends the job."""
        devices, locks = self._take_devices()
        self._write(force=True)  # the queue waits to see which device it has
        said: list[tuple[Step, str]] = []
        try:
            for index in range(len(self.job.steps)):
                if self._stop or self._kill:
                    raise Stopped("stopped before the next step: run it again to go on")
                code, message = self._run_step(index, devices)
                if code != Exit.DONE:
                    return code, message
                said.append((self.job.steps[index], message))
            return int(Exit.DONE), closing_words(said)
        finally:
            for lock in locks:
                lock.release()

    def end(self, code: int, message: str) -> None:
        """Write the end into the snapshot and the event log, whatever happened. A stop that only a
        signal asked for reads as a cut: the queue, recipes and the service go on with it."""
        # On a full disk this makes the room that the end is written into.
        self._reserve.unlink(missing_ok=True)
        self._tail()
        self.snapshot.state = END_STATES.get(code, State.FAILED)
        if self.snapshot.state is State.STOPPED and not self._is_wanted():
            self.snapshot.state = State.INTERRUPTED
            message = f"{message.rstrip('.')} {BY_SIGNAL}"
        self.snapshot.exit = code
        self.snapshot.message = safe_text(message)
        self.snapshot.phase = ""
        try:
            self.folder.append(
                "end", state=self.snapshot.state, exit=code, message=self.snapshot.message
            )
            self.folder.write_snapshot(self.snapshot, durable=True)
        except OSError as error:
            log(f"The end could not be written: {error}")

    def on_stop_signal(self, _number: int) -> None:
        """SIGTERM, SIGINT, SIGHUP: the step saves and ends as for a stop command, but whoever wants
        a job stopped leaves a command first (`stop`): alone it is the machine that goes down."""
        self._stop = True

    def on_kill_signal(self) -> None:
        """The user doesn't want to wait for the step to save."""
        self._kill = self._asked = True

    def _is_wanted(self) -> bool:
        """Whether the user asked for the end: by a command, read or not, or by a kill."""
        return self._asked or any(c.verb == "stop" for _, c in self.folder.commands())

    # --- devices ---

    def _take_devices(self) -> tuple[Choice, list[FileLock]]:
        """The first free device or devices, waiting where all are taken; nothing for the CPU."""
        possible = choices(self.job.device) if computes(self.job) else []
        if not possible:
            self.snapshot.device = "CPU"
            return (), []
        while True:
            for choice in possible:
                locks = take(choice, holder_text(self.folder.name))
                if locks is not None:
                    self.snapshot.device = " + ".join(gpu.name for gpu in choice)
                    return choice, locks
            self._set_state(State.WAITING)
            self._obey_while_alone()
            if self._stop or self._kill:
                raise Stopped("stopped while it waited for a device: run it again to go on")
            time.sleep(1.0)

    def _obey_while_alone(self) -> None:
        """While there is no step to read commands, stop is ours to obey."""
        for path, command in self.folder.commands():
            known = command.verb == "stop"
            self._stop |= known
            self._asked |= known
            self.folder.append("ack", verb=command.verb, id=command.id, known=known)
            path.unlink(missing_ok=True)

    # --- a step ---

    def _run_step(self, index: int, devices: Choice) -> tuple[int, str]:
        step = self.job.steps[index]
        self._step_end = None
        self.folder.append(
            "step", index=index, of=len(self.job.steps), stage=step.stage, side=step.side
        )
        # Spawned from the main thread, which the kernel's death signal follows.
        child = subprocess.Popen(
            step_command(self.folder, index),
            stdin=subprocess.DEVNULL,
            env={**os.environ, **visibility(devices, self.job.device)},
        )
        try:
            status = self._wait(child)
        finally:
            if child.returncode is None:
                child.kill()
                child.wait()
        self._tail()
        return self._verdict(status, step.stage)

    def _wait(self, child: subprocess.Popen[bytes]) -> int:
        """Follow the step's events to its end and pass the user's signals on, each once."""
        told_to_stop = False
        while True:
            if self._kill:
                child.kill()
            elif self._stop and not told_to_stop:
                child.terminate()
                told_to_stop = True
            try:
                return child.wait(LOOK_S)
            except subprocess.TimeoutExpired:
                self._tail()
                self._write()

    def _verdict(self, status: int, stage: str) -> tuple[int, str]:
        """How a step ended: by its own words, or by the way its process died."""
        if self._step_end is not None:
            return self._step_end
        kept = "what it had committed is kept, and running it again goes on from there."
        if self._kill and status == -signal.SIGKILL:
            return int(Exit.STOPPED), f"The {stage} step was killed as you asked: {kept}"
        if self._stop and status == -signal.SIGTERM:
            return int(Exit.STOPPED), f"The {stage} step was stopped before it had begun."
        if status in EXIT_MEANINGS and status != Exit.DONE:
            # It ended in order but could not write that: the disk is full, most likely.
            meaning = EXIT_MEANINGS[Exit(status)]
            return status, f"The {stage} step ended without its last words: {meaning}; {kept}"
        how = signal_name(-status) if status < 0 else f"exit code {status}"
        hint = ""
        if status == -signal.SIGKILL:
            hint = " It may have run out of memory: a smaller batch helps."
        log = self.folder.log_path.name
        return int(Exit.CRASHED), (
            f"The {stage} step's process died ({how}).{hint} See {log}; {kept}"
        )

    # --- the snapshot ---

    def _tail(self) -> None:
        """Take the step's new events into the snapshot."""
        events, self._offset = read_events(self.folder.events_path, self._offset)
        for event in events:
            fold(self.snapshot, event)
            if event.k == "step-end":
                self._step_end = (event.data["exit"], event.data["message"])
            if event.k == "ack" and event.data.get("verb") == "stop":
                # Also holds for the steps that have not begun.
                self._stop = self._asked = True
        if self._stop and self.snapshot.state in (State.RUNNING, State.PAUSED):
            self.snapshot.state = State.STOPPING
        self._dirty |= bool(events)

    def _set_state(self, state: State) -> None:
        if self.snapshot.state is not state:
            self.snapshot.state = state
            self._write(force=True)

    def _write(self, *, force: bool = False) -> None:
        now = time.monotonic()
        if not force and (not self._dirty or now - self._written < STATE_INTERVAL_S):
            return
        self._written, self._dirty = now, False
        try:
            self.folder.write_snapshot(self.snapshot)
        except OSError as error:  # the next one may find room; the step must not die of this
            log(f"The state could not be written: {error}")
