"""The convert step: target footage in, swapped video with the source's sound out.

Each clip is encoded in segments under `out/.work/<clip>/`, joined, released through the one door,
and reported on. A killed run goes on from the last whole segment; a clip that is finished with the
same model and settings is left as it is.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.convert import reports
from engine.convert.cast import Load, Player, cast_of, load_all, loader, words_of
from engine.convert.clip import Clip, Conversion, small
from engine.convert.finish import Finish
from engine.convert.journal import WorkFolder
from engine.convert.outputs.base import Output
from engine.convert.outputs.choose import output_of
from engine.convert.patch import FrameInFlight, Swapper
from engine.convert.roles import roles_of
from engine.convert.targets import clips_of, fingerprint_of, project_out
from engine.errors import Stopped, from_os_error
from engine.faces.crops import encode_jpeg
from engine.protocol import safe_text, write_atomic
from engine.settings import ConvertSettings
from engine.trust.band import with_band
from engine.trust.consent import require_cast
from engine.work import Work

COLUMNS = ("before", "after")
"""What a preview shows, from left to right."""


def run(work: Work, load: Load | None = None) -> str:
    """Convert the target footage; the sentence that the step ends with. `load` makes the model of a
    role, by default the trained one."""
    settings = work.settings(ConvertSettings)
    roles = roles_of(work.project, settings)
    require_cast(work.project, [role.project for role in roles])
    clips = clips_of(work, settings)
    jobs = [(clip, output_of(clip, settings)) for clip in clips]
    cast = cast_of(roles, settings.mask, work.report.warn)
    cv2.setNumThreads(1)  # the pool's threads are the parallel part
    try:
        step = Step(work, settings, cast, load or loader(), clips)
        done = [step.clip(number, clip, output) for number, (clip, output) in enumerate(jobs)]
        out = project_out(work.project)
        report = reports.write_all(out / "report.json", done, _seconds_since_start(work))
    except OSError as error:
        raise from_os_error(error, f"converting into {work.project.path / 'out'}") from error
    videos = ", ".join(safe_text(c.video) for c in done)
    return (
        f"{report.frames_swapped} of {report.frames} frames swapped with "
        f"{words_of(cast, work.project)}: {videos} in {out}"
    )


class Step:
    """The clips of one step, one after the other."""

    def __init__(
        self,
        work: Work,
        settings: ConvertSettings,
        cast: Sequence[Player],
        load: Load,
        clips: list[Clip],
    ) -> None:
        self._work, self._settings, self._cast, self._load = work, settings, cast, load
        self._swappers: list[Swapper] = []
        self._total = sum(clip.frames_out for clip in clips)
        self._done = 0
        self._finish = Finish(work, settings, cast)

    def clip(self, number: int, clip: Clip, output: Output) -> reports.ClipReport:
        """Convert a clip, unless that was done with these models and settings."""
        checkpoints = " ".join(player.found.path.name for player in self._cast)
        mark = fingerprint_of(clip, self._settings, checkpoints)
        if report := self._finish.finished(clip, mark):
            self._done += clip.frames_out
            self._work.report.event("kept", media=clip.name)
            return self._finish.as_asked(clip, report)
        folder = WorkFolder(self._work.project.inside(f"out/.work/{clip.name}"), mark)
        conversion = Conversion(clip, self._models(), self._settings, folder, output)
        before = self._done
        flicker = self._steadied(clip, conversion)
        self._done = before + folder.journal.frames
        conversion.run(lambda item: self._said(number, clip, item, before))
        report = self._finish.clip(clip, output, folder, flicker)
        self._done = before + clip.frames_out
        folder.remove()
        return report

    def _models(self) -> list[Swapper]:
        if not self._swappers:
            self._work.report.phase(f"loading the model{'s' if len(self._cast) > 1 else ''}")
            self._swappers = load_all(self._cast, self._load)
        return self._swappers

    def _steadied(self, clip: Clip, conversion: Conversion) -> dict[str, tuple[float, float]]:
        """Smooth what is to be smoothed over time; how much it shook before and after, by what."""
        told, report = {}, self._work.report
        if clip.jitter:
            told["points"] = clip.jitter
        if self._settings.smooth_colour:
            report.phase("looking at the colours")
            told["colours"] = conversion.steady_colours(lambda done: self._looked(clip, done))
        for what, shaking in told.items():
            before, after = round(shaking.before, 3), round(shaking.after, 3)
            report.event("flicker", media=clip.name, what=what, before=before, after=after)
        if self._settings.smooth_colour:
            report.phase("converting")
        return {what: (shaking.before, shaking.after) for what, shaking in told.items()}

    def _looked(self, clip: Clip, done: int) -> None:
        self._work.report.progress(done, len(clip.faces), "frame", media=clip.name)
        if self._work.control.stopping:
            raise Stopped(
                f"stopped while looking at the colours of {safe_text(clip.name)}: run convert "
                "again to go on"
            )

    # --- while it runs ---

    def _said(self, number: int, clip: Clip, item: FrameInFlight, before: int) -> None:
        """After each frame: progress, now and then a picture, and the user's wish to stop."""
        self._done += 1
        report = self._work.report
        total = max(self._total, self._done)
        report.progress(self._done, total, "frame", media=clip.name)
        if item.before is not None:
            path = self._work.folder.preview_folder / f"convert-{number}-{item.index:06d}.jpg"
            write_atomic(path, _beside(item.before, item), durable=False)
            columns = COLUMNS[:1] if item.layers else COLUMNS
            report.preview(
                path, frame=item.index + 1, media=clip.name, kind="convert", columns=columns
            )
        if self._work.control.stopping:
            raise Stopped(
                f"stopped at frame {self._done - before} of {clip.frames_out} of "
                f"{safe_text(clip.name)}: run convert again to go on from the last whole segment"
            )


def _beside(before: NDArray[np.uint8], item: FrameInFlight) -> bytes:
    """A frame before and, where it was changed, after as a small JPEG, seen to be a preview: it
    never passes the door."""
    shown = [before] if item.layers else [before, small(item.frame)]
    return encode_jpeg(with_band(np.hstack(shown)))


def _seconds_since_start(work: Work) -> float:
    """Since the job began, other steps included."""
    events, _ = work.folder.events()
    started = next((e.t for e in events if e.k == "start"), time.time())
    return time.time() - started
