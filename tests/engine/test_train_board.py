"""Logs for TensorBoard, read back as it reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tensorflow as tf

from engine.errors import NoSpace
from engine.train.board import Board


def messages(folder: Path) -> list[Any]:
    """All messages of a folder in their order; a record with a wrong checksum raises."""
    found = []
    for path in sorted(folder.glob("*tfevents*")):
        records = [r.numpy() for r in tf.data.TFRecordDataset(str(path))]
        events = [tf.compat.v1.Event.FromString(record) for record in records]
        assert events[0].file_version == "brain.Event:2"
        found += events
    return found


def shown(folder: Path, tag: str) -> dict[int, Any]:
    """Values of a tag by step: a start makes a reader forget the steps from its own on."""
    values: dict[int, Any] = {}
    for event in messages(folder):
        if event.session_log.status == tf.compat.v1.SessionLog.START:
            values = {step: v for step, v in values.items() if step < event.step}
        for value in event.summary.value:
            if value.tag == tag:
                values[event.step] = value
    return values


def numbers(folder: Path, tag: str) -> dict[int, float]:
    return {step: value.simple_value for step, value in shown(folder, tag).items()}


def test_figures_come_back_by_step(tmp_path: Path) -> None:
    board = Board(tmp_path / "logs")
    board.numbers(10, {"loss/a": 0.5, "learning rate": 1e-5})
    board.numbers(20, {"loss/a": 0.25})
    assert numbers(tmp_path / "logs", "loss/a") == {10: 0.5, 20: 0.25}
    assert numbers(tmp_path / "logs", "learning rate") == {10: pytest.approx(1e-5)}
    assert all(event.wall_time > 1.6e9 for event in messages(tmp_path / "logs"))


def test_what_was_left_behind_is_forgotten(tmp_path: Path) -> None:
    first = Board(tmp_path)
    for step in range(1, 31):
        first.numbers(step, {"loss/a": 1.0})
    resumed = Board(tmp_path)
    resumed.forget_after(20)
    resumed.numbers(21, {"loss/a": 2.0})
    assert numbers(tmp_path, "loss/a") == {**dict.fromkeys(range(1, 21), 1.0), 21: 2.0}
    resumed.forget_after(5)
    assert set(numbers(tmp_path, "loss/a")) == set(range(1, 6))


def test_a_picture_comes_back(tmp_path: Path) -> None:
    jpeg = cv2.imencode(".jpg", np.full((20, 30, 3), 99, np.uint8))[1].tobytes()
    Board(tmp_path).picture(7, "preview", jpeg, 30, 20)
    image = shown(tmp_path, "preview")[7].image
    assert (image.width, image.height, image.colorspace) == (30, 20, 3)
    assert cv2.imdecode(np.frombuffer(image.encoded_image_string, np.uint8), 1).shape == (20, 30, 3)


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = Board(tmp_path)
    full = tf.io.TFRecordWriter("/dev/full")
    monkeypatch.setattr(board, "_log", full)
    with pytest.raises(NoSpace, match="writing logs to"):
        board.numbers(1, {"loss/a": 0.5})
