"""A project with drawn faces, and a training job run in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine.control import Control
from engine.faces.crops import encode_jpeg
from engine.faces.geometry import HEAD, MEAN_FACE, crop_matrix, warp
from engine.project import Project
from engine.protocol import Job, JobFolder, Step
from engine.report import Reporter
from engine.store import Store
from engine.work import Work

FRAME_PX = 400
CROP_PX = 256


def landmarks(rng: np.random.Generator) -> np.ndarray:
    """(68, 2) points of a frontal face somewhere in the frame."""
    angles = np.linspace(np.pi, 0.0, 17)
    jaw = np.stack([0.5 + 0.62 * np.cos(angles), 0.25 + 0.95 * np.sin(angles)], axis=1)
    points = np.concatenate([jaw, MEAN_FACE])
    points += rng.normal(0.0, 0.01, points.shape)
    return (points * 130.0 + 130.0 + rng.uniform(-20, 20, 2)).astype(np.float32)


def drawn_face(points: np.ndarray, skin: tuple[int, int, int]) -> np.ndarray:
    """A frame with a drawn face on a grey wall."""
    frame = np.full((FRAME_PX, FRAME_PX, 3), 90, np.uint8)
    cv2.fillConvexPoly(frame, cv2.convexHull(np.rint(points).astype(np.int32)), skin)
    for part in (range(36, 42), range(42, 48), range(48, 60)):
        cv2.fillPoly(frame, [np.rint(points[list(part)]).astype(np.int32)], (40, 20, 30))
    return frame


def add_faces(project: Project, side: str, count: int, seed: int = 0) -> None:
    """Put faces of one side into the store and their crops beside it."""
    assert max(HEAD) < 68
    rng = np.random.default_rng(seed + ord(side[0]))
    skin = (220, 180, 160) if side == "a" else (150, 100, 80)
    folder = project.path / "faces" / side / "clip"
    folder.mkdir(parents=True, exist_ok=True)
    with Store(project.db_path) as store, store.batch():
        media = store.add_media(
            hash=f"{side}{seed}", path="clip.mp4", side=side, name="clip", width=FRAME_PX,
            height=FRAME_PX, time_base_num=1, time_base_den=25, fps_num=25, fps_den=1,
        )  # fmt: skip
        for number in range(count):
            points = landmarks(rng)
            crop = warp(drawn_face(points, skin), crop_matrix(points, CROP_PX), CROP_PX)
            path = folder / f"{number:06d}_0.jpg"
            path.write_bytes(encode_jpeg(np.asarray(crop, np.uint8)))
            store.add_face(
                store.add_frame(media.id, number, number), 0, left=0.0, top=0.0, right=1.0,
                bottom=1.0, score=1.0, detector="drawn", points=points.tobytes(), aligner="drawn",
                crop=str(path.relative_to(project.path)), crop_size=CROP_PX, misalignment=0.01,
            )  # fmt: skip


def work_on(project: Project, **settings: Any) -> Work:
    """A training step ready to run in this process; commands by `work.folder.send`."""
    job = Job(1, "train", [Step("train", settings={"model": "quick", "batch": 2, **settings})])
    folder = JobFolder.create(project.path, job)
    report = Reporter(folder)
    return Work(project, folder, job.steps[0], report, Control(report))


def new_project(workspace: Path, a: int = 30, b: int = 30) -> Project:
    """A project with that many drawn faces on its sides."""
    project = Project.create(workspace, "drawn")
    for side, count in (("a", a), ("b", b)):
        if count:
            add_faces(project, side, count)
    return project
