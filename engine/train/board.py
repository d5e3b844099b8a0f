"""Logs for TensorBoard: losses, rates and previews by iteration, in `model/tensorboard`.

A log is a TFRecord file of `Event` messages; that is all TensorBoard reads. Sources: TensorFlow's
`core/util/event.proto` and `core/framework/summary.proto`; a `SessionLog` of a start makes a
reader forget the steps from its own on.
"""

from __future__ import annotations

import errno
import time
from pathlib import Path
from typing import Any

import tensorflow as tf

from engine.errors import from_os_error

Event = tf.compat.v1.Event
Summary = tf.compat.v1.Summary
SessionLog = tf.compat.v1.SessionLog


class Board:
    """Appends to a log of its own; the logs of one folder are read as one, in their names' order.

    Raises `NoSpace` and its like.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"events.out.tfevents.{time.time_ns():019d}"
        self._log = tf.io.TFRecordWriter(str(path))
        self._append(Event(file_version="brain.Event:2"))

    def forget_after(self, iteration: int) -> None:
        """What came after `iteration` counts no more: the training goes on from there."""
        start = SessionLog(status=SessionLog.START)
        self._append(Event(step=iteration + 1, session_log=start))

    def numbers(self, iteration: int, values: dict[str, float]) -> None:
        """Figures by their names, as `loss/a`."""
        self._summary(iteration, [Summary.Value(tag=t, simple_value=v) for t, v in values.items()])

    def picture(self, iteration: int, name: str, jpeg: bytes, width: int, height: int) -> None:
        """An RGB picture."""
        image = Summary.Image(width=width, height=height, colorspace=3, encoded_image_string=jpeg)
        self._summary(iteration, [Summary.Value(tag=name, image=image)])

    def _summary(self, iteration: int, values: list[Any]) -> None:
        self._append(Event(step=iteration, summary=Summary(value=values)))

    def _append(self, event: Any) -> None:
        """Write and flush: someone may be looking."""
        event.wall_time = time.time()
        try:
            self._log.write(event.SerializeToString())
            self._log.flush()
        except tf.errors.OpError as error:
            full = isinstance(error, tf.errors.ResourceExhaustedError)
            failure = OSError(errno.ENOSPC if full else errno.EIO, error.message)
            raise from_os_error(failure, f"writing logs to {self.folder}") from error
