"""Frames for a screen: any one of a clip, small, from a process that keeps it open."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from clips import make_clip
from PIL import Image

from engine.errors import BadInput, EngineCrashed
from engine.media.read import read_frames
from engine.media.show import Film, fitted
from fstui.model.film import Films


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", frames=40, gop=10)


@pytest.fixture
def films() -> Iterator[Films]:
    made = Films()
    yield made
    made.close()


def test_any_frame_comes_in_any_order(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.media.show.AHEAD", 5)
    want = [frame.rgb for frame in read_frames(clip)]
    film = Film(clip)
    for index in (0, 1, 4, 30, 29, 12, 39, 38, 39, 0):
        at, seconds, picture, last = film.frame(index)
        assert at == index
        assert seconds == pytest.approx(index / 25)
        assert np.array_equal(picture, want[index])
        assert not last or index == 39
    film.close()


@pytest.mark.parametrize("path", [(50, 39), (38, 39), (39, 45), (0, 99, 99), (41, 3, 50)])
def test_behind_the_last_frame_is_the_last(clip: Path, path: tuple[int, ...]) -> None:
    film = Film(clip)
    for index in path:
        assert film.frame(index)[0] == min(index, 39)
    assert film.frame(99)[3], "the last is known as such"
    film.close()


def test_pictures_of_a_folder_are_frames(tmp_path: Path) -> None:
    for number in range(3):
        Image.new("RGB", (8, 6), (number * 80, 0, 0)).save(tmp_path / f"{number}.png")
    film = Film(tmp_path)
    assert [film.frame(n)[2][0, 0, 0] for n in (2, 0, 1, 7)] == [160, 0, 80, 160]


def test_a_picture_is_made_smaller_never_larger() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    assert fitted(picture, 50, 50).shape == (25, 50, 3)
    assert fitted(picture, 999, 999).shape == (100, 200, 3)
    assert fitted(picture, 1, 1).shape == (1, 1, 3)


def test_the_process_shows_one_clip_after_the_other(
    films: Films, clip: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.png"
    Image.new("RGB", (20, 10), (9, 8, 7)).save(other)
    shot = films.frame(clip, 7, 32, 32)
    assert (shot.frame, shot.width, shot.height, len(shot.rgb)) == (7, 32, 24, 32 * 24 * 3)
    assert not shot.last
    assert films.frame(other, 0, 20, 20).rgb[:3] == bytes((9, 8, 7))
    with pytest.raises(BadInput, match="nothing at"):
        films.frame(tmp_path / "none.mp4", 0, 9, 9)
    assert films.frame(clip, 8, 32, 32).frame == 8, "the process lives on"


def test_a_process_that_died_is_said_and_started_anew(films: Films, clip: Path) -> None:
    films.frame(clip, 0, 9, 9)
    process = films._process
    assert isinstance(process, subprocess.Popen)
    process.kill()
    process.wait()
    assert films.frame(clip, 1, 9, 9).frame == 1
    films.close()
    assert films._process is None


def test_no_answer_is_an_error_not_a_hang(
    films: Films, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fstui.model.film.engine_command", lambda *_: ["true"])
    with pytest.raises(EngineCrashed):
        films.frame(clip, 0, 9, 9)
