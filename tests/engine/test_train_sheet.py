"""The sheet of augmentations: what each column shows, what is off, where it goes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from train_project import new_project

from engine.errors import NothingToDo
from engine.train import sheet
from engine.train.augment import Augmentation
from engine.train.montage import LABEL_PX
from engine.train.montage import SMALL_PX as CELL_PX

NAMES = ["source", "colour", "CLAHE", "affine", "flip", "warp", "landmarks: off"]


def cells(path: Path) -> np.ndarray:
    """(rows, columns, CELL_PX, CELL_PX, 3)."""
    picture = cv2.imread(str(path))[LABEL_PX:].astype(int)
    rows, columns = picture.shape[0] // CELL_PX, picture.shape[1] // CELL_PX
    return picture.reshape(rows, CELL_PX, columns, CELL_PX, 3).swapaxes(1, 2)


def test_each_column_shows_its_step(tmp_workspace: Path) -> None:
    project = new_project(tmp_workspace)
    answer = sheet.save(project, None)
    path = project.path / "out" / "augmentations.jpg"
    assert answer == {"path": str(path), "columns": [*NAMES, "all together", "target", "mask"]}
    shown = cells(path)
    assert shown.shape[:2] == (2 * sheet.ROWS, 10)
    source = shown[:, 0]
    for number in range(1, 9):
        assert np.abs(shown[:, number] - source).mean() > 1.0, number
    assert np.abs(shown[:, 4, :, ::-1] - source).mean() < 3.0, "a flip mirrors"
    assert np.ptp(shown[:, 9].mean(axis=-1), axis=(1, 2)).min() > 200, "a mask is black and white"
    grey = np.abs(shown[:, 9] - shown[:, 9].mean(axis=-1, keepdims=True))
    assert grey.max() < 20
    assert not (project.path / "model" / "cache").exists(), "nothing of a training is touched"


def test_a_sheet_goes_where_it_is_asked_to_and_says_what_is_off(
    tmp_workspace: Path, tmp_path: Path
) -> None:
    project = new_project(tmp_workspace)
    with open(project.path / "project.toml", "a") as file:
        file.write("\n[settings.train]\ncolour = false\nflip = 0\nwarp = false\n")
    out = tmp_path / "deep" / "sheet.jpg"
    answer = sheet.save(type(project).open(project.path), out)
    assert out.is_file()
    off = [name for name in answer["columns"] if name.endswith(": off")]
    assert off == [f"{n}: off" for n in ("colour", "CLAHE", "flip", "warp", "landmarks")]


def test_a_project_without_faces_says_what_to_do(tmp_workspace: Path) -> None:
    with pytest.raises(NothingToDo, match="Side A of drawn has no faces"):
        sheet.save(new_project(tmp_workspace, a=0, b=0), None)


def test_a_step_that_is_on_is_shown_as_strong_as_it_is() -> None:
    how = Augmentation(80, 8, 64, 64, rotation=25.0, zoom=0.0, shift=0.0, to_landmarks=True)
    by_name = {column.name: column for column in sheet.columns_of(how)}
    assert by_name["affine"].how.rotation == 25.0
    assert by_name["affine"].how.zoom == 0.0
    assert by_name["landmarks"].used
    assert not by_name["warp"].used
    assert by_name["all together"].how == how
