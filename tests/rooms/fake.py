"""A project and a training that looks alive: files that a test writes while it holds the lock."""

from __future__ import annotations

import math
import os
import sys
import time
from pathlib import Path

from engine.history import History
from engine.locks import holder_text
from engine.process import FileLock
from engine.project import Ground, Project
from engine.protocol import VERSION, Job, JobFolder, Progress, Snapshot, State, Step, sheet_of
from engine.reached import FEWEST_FACES
from engine.store import Store


def make_project(workspace: Path, name: str = "demo") -> Project:
    """A project with its people recorded and one picture on each side."""
    from PIL import Image

    project = Project.create(workspace, name)
    for number, side in enumerate(("a", "b", "target")):
        path = project.path / "media" / side / f"{side}.png"
        Image.new("RGB", (64, 48), (80 * number, 120, 200 - 60 * number)).save(path)
        project.add_sources(side, [path])
    project.set_person("a", "the man", Ground.SAMPLE, "test")
    project.set_person("b", "the woman", Ground.SAMPLE, "test")
    return project


def add_faces(project: Project) -> None:
    """As many faces on each side as a training needs."""
    with Store(project.db_path) as store, store.batch():
        for side in ("a", "b"):
            media = store.add_media(
                hash=side, path="x.mp4", side=side, name="x", width=64, height=48,
                time_base_num=1, time_base_den=25, fps_num=25, fps_den=1,
            )  # fmt: skip
            frame = store.add_frame(media.id, 0, 0)
            for number in range(FEWEST_FACES):
                store.add_face(
                    frame, number, left=0.0, top=0.0, right=9.0, bottom=9.0, score=1.0,
                    detector="x", points=bytes(68 * 8), aligner="x", crop="x.jpg",
                )  # fmt: skip


class FakeEngine:
    """A job that holds its lock and writes what the test says."""

    def __init__(
        self,
        project: Path,
        kind: str = "train",
        side: str | None = None,
        *,
        steps: list[Step] | None = None,
        **settings: object,
    ) -> None:
        self.steps = steps or [Step(kind, side, settings)]
        self.folder = JobFolder.create(project, Job(VERSION, kind, self.steps))
        self.lock = FileLock(self.folder.lock_path)
        assert self.lock.acquire(holder_text(self.folder.name))
        self.snapshot = Snapshot(
            State.RUNNING, kind, 0, len(self.steps), device="CPU", started=time.time()
        )
        self.history = History(project / "model" / "history") if kind == "train" else None
        self.folder.append("start", pid=os.getpid(), host="box", version="0", kind=kind)
        self.step(0)

    def step(self, index: int) -> None:
        """A step begins."""
        step = self.steps[index]
        self.folder.append(
            "step", index=index, of=len(self.steps), stage=step.stage, side=step.side
        )
        self.put(step=index, stage=step.stage, side=step.side, progress=Progress())

    def put(self, **changes: object) -> None:
        """Write the snapshot."""
        for name, value in changes.items():
            setattr(self.snapshot, name, value)
        self.snapshot.heartbeat = time.time()
        self.folder.write_snapshot(self.snapshot)

    def train_to(self, iteration: int, now: float | None = None, rate: float = 20.0) -> None:
        """One report of a training."""
        loss_a = 0.02 + 0.1 * math.exp(-iteration / 4000) + 0.003 * math.sin(iteration * 0.37)
        loss_b = 0.025 + 0.11 * math.exp(-iteration / 4500) + 0.003 * math.cos(iteration * 0.41)
        at = time.time() if now is None else now
        assert self.history is not None
        self.history.append(iteration, at, loss_a, loss_b, rate)
        figures = {"iteration": iteration, "loss_a": loss_a, "loss_b": loss_b, "rate": rate}
        self.folder.append("metric", **figures, learning_rate=5e-5)
        self.put(iteration=iteration, loss_a=loss_a, loss_b=loss_b)

    def work_to(self, done: int, total: int, unit: str = "frame", **more: object) -> None:
        """One report of an extraction or conversion."""
        progress = Progress(done, total, 12.0, unit, (total - done) / 12.0)
        self.folder.append(
            "progress", done=done, total=total, unit=unit, rate=12.0, eta_s=progress.eta_s, **more
        )
        self.put(progress=progress)

    def say(self, line: str) -> None:
        """One line of the engine's own output."""
        with open(self.folder.log_path, "a") as log:
            log.write(f"{line}\n")

    def preview(self, number: int, *, sheet: bool = False, **extra: object) -> Path:
        """A preview picture with its event, perhaps with the sheet that it is a part of."""
        path = self.picture(self.folder.preview_folder / f"{number:09d}.jpg", sheet=sheet)
        if sheet:
            extra |= {"sheet": f"preview/{sheet_of(path).name}", "sheet_columns": ["A", "mask"]}
        self.folder.append("preview", path=f"preview/{path.name}", **extra)
        return path

    def picture(self, path: Path, *, sheet: bool = False) -> Path:
        """A picture that is another for each name, perhaps with its sheet."""
        from PIL import Image

        number = sum(path.stem.encode())
        picture = Image.new("RGB", (256, 128))
        picture.putdata(
            [((x + number) % 256, 2 * y, (x * y) % 256) for y in range(128) for x in range(256)]
        )
        picture.save(path)
        if sheet:
            picture.resize((512, 256)).save(sheet_of(path))
        return path

    def end(self, state: State, code: int, message: str) -> None:
        """The supervisor's end, then its lock is free."""
        self.put(state=state, exit=code, message=message)
        self.folder.append("end", state=state, exit=code, message=message)
        self.lock.release()

    def vanish(self) -> None:
        """The supervisor is killed: no end, and the lock is free."""
        self.lock.release()


def main(project: str, seconds: str) -> None:
    """As a process: train at two reports a second for some seconds."""
    engine = FakeEngine(Path(project), model="quick", iterations=100_000)
    begin = time.time() - 1800
    for number in range(1, 1801):
        engine.train_to(number * 20, begin + number)
    engine.preview(36_000, iteration=36_000, columns=["A", "A>A", "A>B", "B", "B>B", "B>A"])
    print("ready", flush=True)
    until, number = time.monotonic() + float(seconds), 1800
    while time.monotonic() < until:
        number += 1
        engine.train_to(number * 20 - 10)
        time.sleep(0.5)
    engine.end(State.DONE, 0, "trained")


if __name__ == "__main__":
    main(*sys.argv[1:])
