"""The cuts of a clip: what the command shots and the room look for alike."""

from __future__ import annotations

from pathlib import Path

from engine.convert.shots import clip_name, unknown_clip
from engine.launch import ask
from engine.project import Project
from engine.store import Store


def footage_of(project: Project, clip: str) -> Path:
    """The footage of a clip of the target. Raises `BadInput` naming the clips that there are."""
    media = {}
    if project.db_path.is_file():
        with Store(project.db_path, readonly=True) as store:
            media = {clip_name(m): project.path / m.path for m in store.media("target")}
    if clip not in media:
        raise unknown_clip(clip, media)
    return media[clip]


def find_cuts(project: Project, clip: str) -> list[int]:
    """The frames of a clip that begin another shot, for `begin_shots`. The engine reads the clip
    through in a process of its own, which takes its time."""
    return list(ask("cuts", str(footage_of(project, clip))))
