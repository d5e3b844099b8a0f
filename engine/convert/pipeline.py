"""The convert step: target footage in, swapped video with the source's sound out.

Each clip is encoded in segments under `out/.work/<clip>/`, joined, released through the one door,
and reported on. A killed run goes on from the last whole segment; a clip that is finished with the
same model and settings is left as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import cv2
import msgspec
import numpy as np

from engine.convert import reports
from engine.convert.clip import Clip, Conversion
from engine.convert.identity import measure, references, summary
from engine.convert.journal import WorkFolder
from engine.convert.patch import Item, Swapper
from engine.convert.sheet import contact_sheet
from engine.convert.targets import clips_of, fingerprint_of, project_out
from engine.errors import Stopped, from_os_error
from engine.faces.crops import encode_jpeg
from engine.media.read import to_rgb
from engine.media.write import join
from engine.packs import file_sha256
from engine.protocol import safe_text, write_atomic
from engine.settings import ConvertSettings
from engine.store import Store
from engine.train import checkpoint
from engine.trust.consent import require_people
from engine.trust.door import Model, Origin, read_record, release
from engine.trust.mark import new_mark
from engine.work import Work

PREVIEW_INTERVAL_S = 2.0
PREVIEW_WIDTH_PX = 480

Load = Callable[[checkpoint.Checkpoint], Swapper]


def run(work: Work, load: Load | None = None) -> str:
    """Convert the target footage; the sentence that the step ends with. `load` makes a model of a
    checkpoint, by default the trained one."""
    settings = work.settings(ConvertSettings)
    require_people(work.project)
    clips = clips_of(work, settings)
    found = checkpoint.load(work.project.path / "model", work.report.warn)
    cv2.setNumThreads(1)  # the pool's threads are the parallel part
    try:
        step = Step(work, settings, found, load or _load, clips)
        done = [step.clip(number, clip) for number, clip in enumerate(clips)]
        out = project_out(work.project)
        report = reports.write_all(out / "report.json", done, _seconds_since_start(work))
    except OSError as error:
        raise from_os_error(error, f"converting into {work.project.path / 'out'}") from error
    videos = ", ".join(safe_text(c.video) for c in done)
    return (
        f"{report.frames_swapped} of {report.frames} frames swapped with iteration "
        f"{report.iterations}: {videos} in {out}"
    )


class Step:
    """The clips of one step, one after the other."""

    def __init__(
        self,
        work: Work,
        settings: ConvertSettings,
        found: checkpoint.Checkpoint,
        load: Load,
        clips: list[Clip],
    ) -> None:
        self._work, self._settings, self._found, self._load = work, settings, found, load
        self._swapper: Swapper | None = None
        self._total = sum(clip.frames for clip in clips)
        self._done = 0
        self._next_preview = 0.0
        self._out = project_out(work.project)

    def clip(self, number: int, clip: Clip) -> reports.ClipReport:
        """Convert a clip, unless that was done with this model and these settings."""
        mark = fingerprint_of(clip, self._settings, self._found.path.name)
        if report := self._finished(clip, mark):
            self._done += clip.frames
            self._work.report.event("kept", media=clip.name)
            return report
        folder = WorkFolder(self._out / ".work" / clip.name, mark)
        conversion = Conversion(clip, self._model(), self._settings, folder)
        before = self._done
        self._done = before + folder.journal.frames
        conversion.run(lambda item: self._said(number, clip, item, before))
        report = self._leave(clip, conversion, folder)
        self._done = before + clip.frames
        folder.remove()
        return report

    def _finished(self, clip: Clip, mark: str) -> reports.ClipReport | None:
        """The report of a clip that is finished: video, sheet and report of the same making."""
        report = reports.read_clip(self._out / f"{clip.name}.json")
        files = (self._out / f"{clip.name}.mp4", self._out / f"{clip.name}.sheet.jpg")
        records = [read_record(path) for path in files]
        same = all(r is not None and r.fingerprint == mark for r in records)
        return report if report and same and report.fingerprint == mark else None

    def _model(self) -> Swapper:
        if self._swapper is None:
            self._work.report.phase("loading the model")
            self._swapper = self._load(self._found)
        return self._swapper

    # --- while it runs ---

    def _said(self, number: int, clip: Clip, item: Item, before: int) -> None:
        """After each frame: progress, now and then a picture, and the user's wish to stop."""
        self._done += 1
        report = self._work.report
        total = max(self._total, self._done)
        report.progress(self._done, total, "frame", media=clip.name)
        now = time.monotonic()
        if now >= self._next_preview:
            self._next_preview = now + PREVIEW_INTERVAL_S
            path = self._work.folder.preview_folder / f"convert-{number}-{item.index:06d}.jpg"
            write_atomic(path, _small(item), durable=False)
            report.preview(path, frame=item.index, media=clip.name, kind="convert")
        if self._work.control.stopping:
            raise Stopped(
                f"stopped at frame {self._done - before} of {clip.frames} of "
                f"{safe_text(clip.name)}: run convert again to go on from the last whole segment"
            )

    # --- when it is whole ---

    def _leave(self, clip: Clip, conversion: Conversion, folder: WorkFolder) -> reports.ClipReport:
        """Join, let out, show and report."""
        journal, report = folder.journal, self._work.report
        report.phase("joining")
        comment = new_mark(self._found.state.iteration).comment
        staged = folder.path / "joined.mp4"
        remarks = join(folder.segments(), conversion.look, clip.path, staged, comment=comment)
        if journal.problem:
            remarks.insert(0, f"{safe_text(clip.path.name)} {journal.problem}.")
        for remark in remarks:
            report.warn(remark)
        video = self._release(clip, staged, f"{clip.name}.mp4", journal.fingerprint)
        report.phase("measuring the result")
        title = f"{clip.name}, model iteration {self._found.state.iteration}"
        picture = contact_sheet(clip.path, video, clip.faces, journal.frames, title)
        staged_sheet = folder.path / "sheet.jpg"
        write_atomic(staged_sheet, picture)
        sheet = self._release(clip, staged_sheet, f"{clip.name}.sheet.jpg", journal.fingerprint)
        with Store(self._work.project.db_path, readonly=True) as store:
            new, replaced = references(store, "b"), references(store, "a")
        swapped = {i: f for i, f in clip.faces.items() if i < journal.frames}
        measured = measure(video, swapped, new, replaced)
        if not measured:
            report.warn("The faces have no identity embeddings: how like they are isn't measured.")
        done = reports.ClipReport(
            v=reports.VERSION,
            clip=clip.name,
            source=safe_text(clip.path.name),
            video=video.name,
            sheet=sheet.name,
            fingerprint=journal.fingerprint,
            frames=journal.frames,
            frames_swapped=journal.swapped,
            iterations=self._found.state.iteration,
            seconds_training=self._found.state.seconds,
            seconds_converting=journal.seconds,
            identity=summary(measured),
            settings=msgspec.to_builtins(self._settings),
            remarks=remarks,
            faces=measured,
        )
        reports.write_clip(self._out / f"{clip.name}.json", done)
        return done

    def _release(self, clip: Clip, staged: Path, name: str, mark: str) -> Path:
        found = self._found
        return release(
            self._work.project,
            staged,
            name,
            model=Model(
                found.state.iteration, found.path.name, file_sha256(found.path / "recipe.json")
            ),
            source=Origin(safe_text(clip.path.name), clip.hash),
            settings=msgspec.to_builtins(self._settings),
            fingerprint=mark,
        )


def _load(found: checkpoint.Checkpoint) -> Swapper:
    from engine.train.predict import Swapper as TrainedSwapper  # TensorFlow takes seconds

    return TrainedSwapper(found)


def _small(item: Item) -> bytes:
    """A frame as a small JPEG."""
    rgb = to_rgb(item.frame)
    scale = min(1.0, PREVIEW_WIDTH_PX / rgb.shape[1])
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return encode_jpeg(np.asarray(small, np.uint8))


def _seconds_since_start(work: Work) -> float:
    """Since the job began, other steps included."""
    events, _ = work.folder.events()
    started = next((e.t for e in events if e.k == "start"), time.time())
    return time.time() - started
