"""A project with faces whose crops are small pictures and whose points look like a face's."""

from __future__ import annotations

import math
import struct
from pathlib import Path

from PIL import Image

from engine.project import Project
from engine.store import Store

SIZE = (320, 240)
POINTS = [
    *((100 + 100 * i / 16, 110 + 80 * math.sin(math.pi * i / 16)) for i in range(17)),  # jaw
    *((108 + 8 * i, 90 - 3 * math.sin(math.pi * i / 4)) for i in range(5)),
    *((158 + 8 * i, 90 - 3 * math.sin(math.pi * i / 4)) for i in range(5)),
    *((150, 100 + 8 * i) for i in range(4)),
    *((140 + 5 * i, 130) for i in range(5)),
    *(
        (125 + 8 * math.cos(a), 105 + 3 * math.sin(a))
        for a in (math.pi + i * 1.05 for i in range(6))
    ),
    *(
        (175 + 8 * math.cos(a), 105 + 3 * math.sin(a))
        for a in (math.pi + i * 1.05 for i in range(6))
    ),
    *(
        (150 + 18 * math.cos(a), 155 + 7 * math.sin(a))
        for a in (math.pi + i * 0.52 for i in range(12))
    ),
    *(
        (150 + 12 * math.cos(a), 155 + 3 * math.sin(a))
        for a in (math.pi + i * 0.78 for i in range(8))
    ),
]
"""68 landmarks in a frame of `SIZE`."""
BOX = {"left": 95.0, "top": 80.0, "right": 205.0, "bottom": 195.0}


def packed(points: list[tuple[float, float]]) -> bytes:
    """Points as faces.db has them."""
    return struct.pack("<136f", *(number for point in points for number in point))


def add_faces(project: Project, count: int, *, pictures: int = 8) -> None:
    """Faces on side a, one a frame, of one medium that is `pictures` frames long and then not
    there: blur, yaw and person rise by their number."""
    folder = project.path / "media" / "a" / "shots"
    crops = project.path / "faces" / "a" / "shots"
    folder.mkdir(parents=True)
    crops.mkdir(parents=True)
    for i in range(min(pictures, count)):
        Image.new("RGB", SIZE, (30 * i % 256, 90, 160)).save(folder / f"{i:03}.png")
        Image.radial_gradient("L").convert("RGB").resize((64, 64)).save(crops / f"{i}.jpg")
    project.add_sources("a", [folder])
    with Store(project.db_path) as store, store.batch():
        media = store.add_media(
            hash="shots", path="media/a/shots", side="a", name="shots", width=SIZE[0],
            height=SIZE[1], time_base_num=1, time_base_den=25, fps_num=25, fps_den=1,
            frames=count, done=1,
        ).id  # fmt: skip
        store.write(
            "INSERT INTO frame (id, media, pts, idx) VALUES (?, ?, ?, ?)",
            ((i + 1, media, i, i) for i in range(count)),
        )
        store.write(
            'INSERT INTO face (id, frame, n, left, top, "right", bottom, score, detector, points,'
            " aligner, yaw, blur, size, cluster, crop, crop_size)"
            " VALUES (?, ?, 0, ?, ?, ?, ?, 0.9, 'd', ?, 'm', ?, ?, 100, ?, ?, 64)",
            (
                (
                    *(i + 1, i + 1, *BOX.values(), packed(POINTS)),
                    *(float(i % 90 - 45), float(i), i % 3),
                    f"faces/a/shots/{i % pictures}.jpg",
                )
                for i in range(count)
            ),
        )


def states(project: Project) -> dict[int, str | None]:
    """Who rejected or kept each face, of those that someone did."""
    with Store(project.db_path, readonly=True) as store:
        return dict(
            store.rows("SELECT id, rejected_by FROM face WHERE rejected_by IS NOT NULL ORDER BY id")
        )


def crop_of(project: Project, number: int) -> Path:
    """The crop of a face, counted from 0."""
    return project.path / "faces" / "a" / "shots" / f"{number}.jpg"
