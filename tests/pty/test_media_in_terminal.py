"""The media room in a pseudo-terminal: nothing at rest, a film at most as fast as the link."""

from __future__ import annotations

from pathlib import Path

import fake
from meter import Meter
from PIL import Image
from test_rooms_in_terminal import KIB, workbench

from engine.project import Project


def noise(path: Path, frames: int = 50) -> Path:
    """A GIF of ten frames a second in which nearly all changes from frame to frame."""
    pictures = [
        Image.effect_noise((160, 120), 100).convert("P", palette=Image.Palette.ADAPTIVE)
        for _ in range(frames)
    ]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100, loop=0)
    return path


def opened(meter: Meter) -> None:
    """From home into the media room, its film's first frame on the screen."""
    meter.wait_for("demo")
    meter.press("\r")
    meter.wait_for("Target")
    meter.press("6")
    meter.wait_for("film.gif")
    meter.press("G")
    meter.wait_for("1/50")
    meter.settle(1.5)


def film_project(workspace: Path) -> Project:
    project = fake.make_project(workspace)
    project.add_sources("target", [noise(project.path / "media" / "target" / "film.gif")])
    return project


def test_a_film_takes_no_more_than_the_link_and_keys_come_through(tmp_workspace: Path) -> None:
    film_project(tmp_workspace)
    with workbench(tmp_workspace) as meter:
        opened(meter)
        assert meter.bytes_in(3.0) == 0, "nothing is written at rest"
        meter.press("\r")
        meter.wait_for("plays")
        rate = meter.bytes_in(4.0) / 4.0
        assert 2 * KIB < rate < 32 * KIB, f"{rate / KIB:.1f} KiB/s"
        meter.link = 32 * KIB
        meter.press(" ")
        assert meter.wait_for("paused", within=5) < 0.6
        meter.press("q")
        assert meter.wait_end() == 0
