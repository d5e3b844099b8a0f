"""A project whose target is a generated clip with faces that are only landmarks, and a model that
paints faces in one colour: all of convert but the networks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from engine.faces.geometry import INNER, MEAN_FACE
from engine.footage import content_hash
from engine.media.probe import probe
from engine.media.read import packet_times
from engine.project import Ground, Project
from engine.protocol import VERSION, Job, JobFolder, Step
from engine.report import Reporter
from engine.store import Store
from engine.train import checkpoint
from engine.work import Work

PAINT = (0.9, 0.1, 0.2)


class Painter:
    """A model whose every face is a flat colour with the input's brightness on top."""

    size = output_size = 64
    centring = "face"
    coverage = 0.875
    down = 0.0
    iteration = 500
    masks = False
    paint = PAINT

    def __init__(self) -> None:
        self.batches: list[int] = []

    def predict(self, faces: np.ndarray) -> np.ndarray:
        """The paint, a little lighter where the input is light."""
        assert faces.shape[1:] == (self.size, self.size, 3)
        self.batches.append(len(faces))
        larger = self.output_size // self.size
        light = faces.mean(-1, keepdims=True).repeat(larger, 1).repeat(larger, 2) / 255.0
        return np.clip(np.array(self.paint) * 0.9 + light * 0.1, 0, 1).astype(np.float32)


class Stopper:
    """Stands in for the user: asks to stop after a number of looks."""

    def __init__(self, after: int | None = None) -> None:
        self.left = after

    @property
    def stopping(self) -> bool:
        """Whether to stop now."""
        if self.left is None:
            return False
        self.left -= 1
        return self.left < 0


def landmarks(x: float, y: float, side: float) -> np.ndarray:
    """(68, 2): the mean face at a place of a frame, with a jaw below."""
    points = np.zeros((68, 2), np.float32)
    points[INNER] = MEAN_FACE
    angle = np.linspace(np.pi, 0, 17)
    points[:17] = np.stack([0.5 + 0.62 * np.cos(angle), 0.3 + 0.9 * np.sin(angle)], -1)
    return points * side + np.array([x, y], np.float32)


def make_project(
    workspace: Path,
    clips: Sequence[Path],
    *,
    people: bool = True,
    with_face: Any = lambda i: True,
    name: str = "film",
) -> Project:
    """A project with target clips and a checkpoint; frame i has a face where `with_face(i)`."""
    project = Project.create(workspace, name)
    if people:
        project.set_person("a", "Ann", Ground.SELF, "test")
        project.set_person("b", "Bea", Ground.CONSENT, "test")
    if clips:
        project.add_sources("target", list(clips))
    for clip in clips:
        add_faces(project, clip, with_face)
    save_checkpoint(project)
    return project


def add_faces(
    project: Project,
    clip: Path,
    with_face: Any = lambda i: True,
    people: Sequence[tuple[float, int | None]] = ((0.3, None),),
    unread: Sequence[int] = (),
) -> None:
    """Rows of an extraction that found a face of each of `people` in every frame, moving to the
    right: place as a share of the width, and number. In odd frames the last is found first. The
    frames of `unread` indices it could not read."""
    info = probe(clip)
    times = packet_times(clip) if info.kind == "video" else range(info.frames or 0)
    side = min(info.width, info.height) * 0.4
    with Store(project.db_path) as store, store.batch():
        media = store.add_media(
            hash=content_hash(clip),
            path=str(clip),
            side="target",
            name=clip.stem,
            width=info.width,
            height=info.height,
            time_base_num=info.time_base_num,
            time_base_den=info.time_base_den,
            fps_num=info.fps_num,
            fps_den=info.fps_den,
        )
        for index, pts in enumerate(times):
            if index in unread:
                continue
            frame = store.add_frame(media.id, index, pts)
            if not with_face(index):
                continue
            for n, (share, cluster) in enumerate(people if index % 2 == 0 else people[::-1]):
                x, y = info.width * share + index * 0.2, info.height * 0.3
                points = landmarks(x, y, side)
                store.add_face(
                    frame,
                    n,
                    left=x,
                    top=y,
                    right=x + side,
                    bottom=y + side,
                    score=0.9,
                    detector="test",
                    points=points.astype("<f4").tobytes(),
                    aligner="test",
                    cluster=cluster,
                )
        store.set_media(media.id, done=1, frames=len(times))


def save_checkpoint(project: Project, iteration: int = 500) -> None:
    """A whole set whose weights nobody reads."""
    recipe = checkpoint.Recipe(
        format=1,
        model="painter",
        options={},
        input_size=64,
        output_size=64,
        centring="face",
        coverage=87.5,
        mask="extended",
        shapes={"x/y/z": [1]},
    )
    state = checkpoint.TrainState(
        format=1, iteration=iteration, seed=1, seconds=12.5, saved="2026-01-01T00:00:00+00:00"
    )
    arrays = {"x/y/z": np.zeros(1, np.float32)}
    checkpoint.save(project.path / "model", recipe, state, arrays, arrays, keep=2)


def make_work(project: Project, *, stop_after: int | None = None, **settings: Any) -> Work:
    """A step of a new job with settings that suit small clips."""
    rated = settings.get("writer", "video") == "video"
    rated = rated and settings.get("codec") not in ("prores", "ffv1")
    quick = {"preset": "ultrafast"} if rated else {}
    values = {"segment_frames": 24, "batch": 4, "report": "identity", **quick, **settings}
    step = Step("convert", None, values)
    folder = JobFolder.create(project.path, Job(VERSION, "convert", [step]))
    folder.append("start", pid=1)
    control: Any = Stopper(stop_after)
    return Work(Project.open(project.path), folder, step, Reporter(folder), control)


def painter(_found: Any = None) -> Painter:
    """What `run` calls to load a model."""
    return Painter()


def events_of(work: Work, kind: str) -> list[SimpleNamespace]:
    """The events of a kind."""
    return [SimpleNamespace(**e.data) for e in work.folder.events()[0] if e.k == kind]
