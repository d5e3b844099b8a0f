"""The supervisor: holds the locks, runs each step as a child, and always writes the end.

It imports neither TensorFlow nor NumPy, so that it stays small and outlives what kills a step.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from engine import __version__
from engine.devices import Gpu, candidates, device_lock
from engine.errors import Exit, FstuiError, Stopped, from_os_error
from engine.process import FileLock, host, on_stop_signals, signal_name
from engine.protocol import (
    STATE_INTERVAL_S,
    Event,
    Job,
    JobFolder,
    Progress,
    Snapshot,
    State,
    already_running,
    holder_text,
    read_events,
    take_locks,
)

LOOK_S = 0.1
USES_DEVICE = frozenset({"extract", "train", "convert"})
END_STATES: dict[int, State] = {
    Exit.DONE: State.DONE,
    Exit.STOPPED: State.STOPPED,
    Exit.REFUSED: State.REFUSED,
    Exit.CRASHED: State.CRASHED,
}
"""Every other exit code is a failure that a step explained."""


def run(path: Path) -> int:
    """Run the job in a folder to its end; the exit code of the end."""
    folder = JobFolder(path.resolve())
    job = folder.job()
    lock = FileLock(folder.lock_path)
    if not lock.acquire(holder_text(folder.name)):
        raise already_running(folder.lock_path, job.kind)
    supervisor = Supervisor(folder, job)
    on_stop_signals(supervisor.on_signal)
    locks: list[FileLock] = []
    try:
        supervisor.begin()
        locks = take_locks(folder.project, job, folder.name)
        code, message = supervisor.run_steps()
    except FstuiError as error:
        code, message = int(error.exit), str(error)
    except OSError as error:
        failure = from_os_error(error, f"running the job {folder.name}")
        code, message = int(failure.exit), str(failure)
    finally:
        for held in locks:
            held.release()
    supervisor.end(code, message)
    lock.release()
    return code


class Supervisor:
    """One job's run: the child at work, the signals that came, and the snapshot."""

    def __init__(self, folder: JobFolder, job: Job) -> None:
        self.folder = folder
        self.job = job
        self.snapshot = Snapshot(kind=job.kind, steps=len(job.steps), started=time.time())
        self._child: subprocess.Popen[bytes] | None = None
        self._offset = 0
        self._written = 0.0
        self._dirty = True
        self._stop = False
        self._step_end: tuple[int, str] | None = None

    # --- life ---

    def begin(self) -> None:
        """Write the start event that whoever launched us waits for."""
        self.folder.append(
            "start", pid=os.getpid(), host=host(), version=__version__, kind=self.job.kind
        )
        self._write(force=True)

    def run_steps(self) -> tuple[int, str]:
        """Run the steps in order; the first that doesn't end well ends the job."""
        gpu, lock = self._take_device()
        message = "nothing to do"
        try:
            for index in range(len(self.job.steps)):
                if self._stop:
                    raise Stopped("stopped before the next step: run it again to go on")
                code, message = self._run_step(index, gpu)
                if code != Exit.DONE:
                    return code, message
            return int(Exit.DONE), message
        finally:
            if lock:
                lock.release()

    def end(self, code: int, message: str) -> None:
        """Write the end into the snapshot and the event log, whatever happened."""
        self._tail()
        state = END_STATES.get(code, State.FAILED)
        self.snapshot.state = state
        self.snapshot.exit = code
        self.snapshot.message = message
        self.snapshot.phase = ""
        try:
            self.folder.append("end", state=state, exit=code, message=message)
            self.folder.write_snapshot(self.snapshot, durable=True)
        except OSError as error:
            print(f"The end could not be written: {error}", file=sys.stderr)

    def on_signal(self, _number: int) -> None:
        """SIGTERM, SIGINT, SIGHUP: the same path as a stop command."""
        self._stop = True
        if self._child and self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)

    # --- devices ---

    def _take_device(self) -> tuple[Gpu | None, FileLock | None]:
        """The first free device, waiting for one if all are taken; (None, None) for the CPU."""
        wants = any(s.stage in USES_DEVICE for s in self.job.steps)
        choice = candidates(self.job.device) if wants else []
        if not choice:
            self.snapshot.device = "CPU"
            return None, None
        while True:
            for gpu in choice:
                lock = device_lock(gpu)
                if lock.acquire(holder_text(self.folder.name)):
                    self.snapshot.device = gpu.name
                    return gpu, lock
            self._set_state(State.WAITING)
            self._obey_while_alone()
            if self._stop:
                raise Stopped("stopped while it waited for a device")
            time.sleep(1.0)

    def _obey_while_alone(self) -> None:
        """Between steps there is no step to read commands: stop is ours to obey then."""
        for path, command in self.folder.commands():
            self._stop |= command.verb == "stop"
            self.folder.append(
                "ack", verb=command.verb, id=command.id, known=command.verb == "stop"
            )
            path.unlink(missing_ok=True)

    # --- a step ---

    def _run_step(self, index: int, gpu: Gpu | None) -> tuple[int, str]:
        step = self.job.steps[index]
        environment = {**os.environ, "CUDA_VISIBLE_DEVICES": gpu.uuid if gpu else "-1"}
        self._step_end = None
        self.folder.append(
            "step", index=index, of=len(self.job.steps), stage=step.stage, side=step.side
        )
        # Spawned from the main thread, which the kernel's death signal follows.
        self._child = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "engine",
                "step",
                self.folder.path,
                str(index),
                str(os.getpid()),
            ],
            stdin=subprocess.DEVNULL,
            env=environment,
        )
        if self._stop:
            self._child.send_signal(signal.SIGTERM)
        while True:
            try:
                status = self._child.wait(LOOK_S)
                break
            except subprocess.TimeoutExpired:
                self._tail()
                self._write()
        self._child = None
        self._tail()
        return self._verdict(status, step.stage)

    def _verdict(self, status: int, stage: str) -> tuple[int, str]:
        """How a step ended: by its own words, or by the way its process died."""
        if self._step_end is not None:
            return self._step_end
        how = signal_name(-status) if status < 0 else f"exit code {status}"
        hint = ""
        if status == -signal.SIGKILL:
            hint = " It may have run out of memory: a smaller batch helps."
        return int(Exit.CRASHED), (
            f"The {stage} step's process died ({how}).{hint} See {self.folder.log_path.name}; "
            "what it had committed is kept, and running it again goes on from there."
        )

    # --- the snapshot ---

    def _tail(self) -> None:
        events, self._offset = read_events(self.folder.events_path, self._offset)
        for event in events:
            self._fold(event)

    def _fold(self, event: Event) -> None:
        """Take one event into the snapshot."""
        s, data = self.snapshot, event.data
        self._dirty = True
        s.heartbeat = event.t
        match event.k:
            case "step":
                s.step, s.stage, s.side = data["index"], data["stage"], data.get("side")
                s.progress, s.state = Progress(), State.RUNNING
                s.phase, s.phase_since = "starting", event.t
            case "phase":
                s.phase, s.phase_since = data["name"], event.t
            case "progress":
                s.phase = ""
                s.progress = Progress(
                    data["done"], data["total"], data["rate"], data["unit"], data["eta_s"]
                )
            case "metric":
                s.phase = ""
                s.iteration = data["iteration"]
                s.loss_a, s.loss_b = _number(data["loss_a"]), _number(data["loss_b"])
            case "save":
                s.saved_iteration = data["iteration"]
            case "preview":
                s.preview = data["path"]
            case "warn":
                s.warnings += 1
                s.last_warning = data["text"]
            case "ack":
                known = {"stop": State.STOPPING, "pause": State.PAUSED, "resume": State.RUNNING}
                s.state = known.get(data["verb"], s.state)
            case "step-end":
                self._step_end = (data["exit"], data["message"])
            case _:
                self._dirty = event.k == "heartbeat"
        if self._stop and s.state in (State.RUNNING, State.PAUSED):
            s.state = State.STOPPING

    def _set_state(self, state: State) -> None:
        if self.snapshot.state is not state:
            self.snapshot.state = state
            self._write(force=True)

    def _write(self, *, force: bool = False) -> None:
        now = time.monotonic()
        if not force and (not self._dirty or now - self._written < STATE_INTERVAL_S):
            return
        self.folder.write_snapshot(self.snapshot)
        self._written, self._dirty = now, False


def _number(value: float | str) -> float | None:
    return None if isinstance(value, str) else value
