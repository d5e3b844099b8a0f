"""Clips of a target and their results, as files that extraction and convert leave."""

from __future__ import annotations

import json

from engine.project import Project
from engine.store import Store


def add_clip(project: Project, name: str, frames: int, people: int = 1) -> None:
    """An extracted clip of the target with a face of each person in its first half."""
    with Store(project.db_path) as store, store.batch():
        media = store.add_media(
            hash=name, path=f"media/target/{name}.mp4", side="target", name=name, width=64,
            height=48, time_base_num=1, time_base_den=25, fps_num=25, fps_den=1, frames=frames,
            done=1,
        ).id  # fmt: skip
        start = store.rows("SELECT COALESCE(MAX(id), 0) FROM frame")[0][0] + 1
        half = range(frames // 2)
        store.write(
            "INSERT INTO frame (id, media, pts, idx) VALUES (?, ?, ?, ?)",
            ((start + i, media, i, i) for i in half),
        )
        store.write(
            'INSERT INTO face (frame, n, left, top, "right", bottom, score, detector, points,'
            " aligner, cluster) VALUES (?, ?, 0, 0, 9, 9, 1, 'd', ?, 'm', ?)",
            ((start + i, n, bytes(68 * 8), n) for i in half for n in range(people)),
        )


def add_result(project: Project) -> None:
    """A finished clip with two bad frames."""
    quality = {
        "figures": {
            "sharpness": {"median": 0.9, "tail": 0.5, "faces": 2, "worst": [2]},
            "pose": {"median": 1.5, "tail": 4.0, "faces": 2, "worst": [20]},
        },
        "rows": [
            {"frame": 2, "face": 0, "figures": {"sharpness": 0.412}},
            {"frame": 20, "face": 0, "figures": {"pose": 9.25}},
            *({"frame": n, "face": 0, "figures": {}} for n in range(21, 39)),
        ],
        "lost": [],
    }
    told = {
        "clip": "take", "source": "take.mp4", "video": "take.mp4", "frames": 40,
        "frames_swapped": 20, "iterations": 500, "quality": quality,
    }  # fmt: skip
    out = project.path / "out"
    out.mkdir(exist_ok=True)
    (out / "take.mp4").write_bytes(b"")
    (out / "take.json").write_text(json.dumps(told))
    (out / "report.json").write_text(json.dumps({"iterations": 500, "clips": ["take"]}))
