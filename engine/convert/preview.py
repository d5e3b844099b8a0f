"""The step of a preview job: frames converted with any settings, asked for by the command `look`.

It reads only, so it may run beside everything else of its project. The model stays loaded, clips
and frames stay at hand; what a picture shows comes of the same code as a conversion's frames. It
goes when it is told to stop, and by itself when nobody has asked for a while.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from engine.convert.cast import Load
from engine.convert.clip import Clip
from engine.convert.request import VIEWS, request_of
from engine.convert.views import composed
from engine.convert.warm import Warm
from engine.errors import BadInput, NothingToDo, from_os_error
from engine.faces.crops import encode_jpeg
from engine.protocol import Command, safe_text, write_atomic
from engine.work import Work

IDLE_S = 600.0
POLL_S = 0.03
"""Commands are looked for this often: someone waits for the picture."""


def run(work: Work, load: Load | None = None, idle_s: float = IDLE_S) -> str:
    """Answer looks until told to stop, or until none came for `idle_s`; the sentence that the step
    ends with. `load` makes the model of a role, by default the trained one."""
    preview = Preview(work, load)
    work.control.poll_s = POLL_S
    work.control.on("look", preview.look)
    work.control.on("pause", _has_no_pause)
    while not work.control.stopping:
        work.report.heartbeat()
        if time.monotonic() - preview.asked >= idle_s:
            return f"{preview.words}; nobody asked for more"
        time.sleep(POLL_S)
    return f"{preview.words}; ended as asked"


class Preview:
    """Answers looks, one after the other."""

    def __init__(self, work: Work, load: Load | None = None) -> None:
        self._folder, self._report = work.folder, work.report
        self._warm = Warm(work, load)
        self._count = 0
        self.asked = time.monotonic()
        """When the last look was over."""

    @property
    def words(self) -> str:
        """What was done."""
        return f"{self._count} preview{'' if self._count == 1 else 's'} made"

    def look(self, command: Command) -> None:
        """Make the picture that a command asks for, and tell of it. Raises `FstuiError`."""
        try:
            self._look(command)
        except OSError as error:
            doing = f"making a preview with {error.filename or self._folder.path}"
            raise from_os_error(error, doing) from error
        finally:
            self.asked = time.monotonic()

    def _look(self, command: Command) -> None:
        began, request = time.monotonic(), request_of(command.args)
        settings = self._warm.settings(request.settings)
        clips = list(self._warm.clips(settings))
        ready = self._warm.ready(request.clip or clips[0], settings)
        clip, wanted = ready.clip, frames_in(ready.clip, request.frames, near=request.near)
        seen = self._warm.seen(ready, self._warm.models(settings), settings, wanted)
        picture = composed(seen, VIEWS[request.show], request.close)
        path = self._folder.preview_folder / f"look-{self._count:06d}.jpg"
        write_atomic(path, encode_jpeg(picture), durable=False)
        self._count += 1
        self._report.preview(
            path,
            id=command.id,
            media=clip.name,
            clips=clips,
            frames=[index + 1 for index in wanted],
            of=clip.frames,
            earlier=max((i + 1 for i in clip.faces if i < wanted[0]), default=0),
            later=min((i + 1 for i in clip.faces if i > wanted[-1]), default=0),
            model=self._warm.model_words,
            seconds=round(time.monotonic() - began, 3),
        )


def frames_in(clip: Clip, frames: Sequence[int], *, near: bool = False) -> list[int]:
    """The indices, from 0, of frames that are counted from 1, each once and in order; without any,
    of the middle one of those with a face. Raises `BadInput` for a frame that the clip hasn't,
    `NothingToDo` for one without a face that is swapped, in whose place stands the nearest one that
    has one where `near` says so."""
    with_face = sorted(i for i, found in clip.faces.items() if found)
    wanted = sorted({frame - 1 for frame in frames}) or [with_face[len(with_face) // 2]]
    name = safe_text(clip.name)
    if wanted[-1] >= clip.frames:
        raise BadInput(
            f"{name} has {clip.frames} frames, counted from 1: it has no frame {wanted[-1] + 1}."
        )
    if near:
        return sorted({_nearest(with_face, index) for index in wanted})
    for index in wanted:
        if index not in clip.faces:
            raise NothingToDo(
                f"Frame {index + 1} of {name} has no face that is swapped: the nearest one that "
                f"has is frame {_nearest(with_face, index) + 1}."
            )
    return wanted


def _nearest(with_face: Sequence[int], index: int) -> int:
    return min(with_face, key=lambda other: abs(other - index))


def _has_no_pause(_command: Command) -> None:
    raise BadInput("A preview only waits for looks: there is nothing to pause.")
