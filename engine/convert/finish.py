"""A converted clip on its way out: joined, marked and released, shown on a sheet, measured."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.convert import reports
from engine.convert.clip import Clip
from engine.convert.identity import Identity, Measured, measure, person_of, summary
from engine.convert.journal import Journal, WorkFolder
from engine.convert.sheet import contact_sheet
from engine.media.write import Look, join
from engine.protocol import safe_text, write_atomic
from engine.quality.report import measured, released
from engine.quality.summary import Quality
from engine.settings import ConvertSettings
from engine.store import Store
from engine.train.checkpoint import Checkpoint
from engine.trust.door import Model, Origin, release
from engine.trust.mark import new_mark
from engine.work import Work


class Finish:
    """The last part of a step, for clips that one model made with one set of settings."""

    def __init__(self, work: Work, settings: ConvertSettings, found: Checkpoint) -> None:
        self._work, self._report = work, work.report
        self._settings = msgspec.to_builtins(settings)
        self._asked = settings
        self._state, self._recipe = found.state, found.recipe
        self._model = Model(found.state.iteration, found.path.name, found.recipe_sha256)

    def clip(self, clip: Clip, look: Look, folder: WorkFolder) -> reports.ClipReport:
        """Video, sheet and report of a clip whose segments are all there."""
        self._report.phase("joining")
        video, remarks = self._video(clip, look, folder)
        self._report.phase("measuring the result")
        sheet = self._sheet(clip, video, folder)
        identity, faces = self._identity(clip, video, folder.journal)
        journal = folder.journal
        full = self._asked.report == "full"
        quality = self._quality(clip, video, folder, faces) if full else None
        report = reports.ClipReport(
            v=reports.VERSION,
            clip=clip.name,
            source=safe_text(clip.path.name),
            video=video.name,
            sheet=sheet.name,
            fingerprint=journal.fingerprint,
            frames=journal.frames,
            frames_swapped=journal.swapped,
            iterations=self._state.iteration,
            seconds_training=self._state.seconds,
            seconds_converting=journal.seconds,
            identity=identity,
            settings=self._settings,
            remarks=remarks,
            faces=faces,
            quality=quality,
        )
        reports.write_clip(video.with_name(f"{clip.name}.json"), report)
        return report

    def _video(self, clip: Clip, look: Look, folder: WorkFolder) -> tuple[Path, list[str]]:
        """The released video, and what could not be taken over from the source."""
        staged = folder.path / "joined.mp4"
        comment = new_mark(self._state.iteration).comment
        remarks = join(folder.segments(), look, clip.path, staged, comment=comment)
        if look.pixel_format.startswith(("yuv444", "yuvj444")):
            size = f"{look.width}x{look.height}"
            remarks.append(f"{size} is odd and kept in 4:4:4, which some hardware players refuse.")
        if folder.journal.problem:
            remarks.insert(0, f"{safe_text(clip.path.name)}: {folder.journal.problem}.")
        for remark in remarks:
            self._report.warn(remark)
        return self._release(clip, staged, f"{clip.name}.mp4", folder.journal), remarks

    def _sheet(self, clip: Clip, video: Path, folder: WorkFolder) -> Path:
        title = f"{clip.name}, model iteration {self._state.iteration}"
        staged = folder.path / "sheet.jpg"
        picture = contact_sheet(clip.path, video, clip.faces, folder.journal.frames, title)
        write_atomic(staged, picture)
        return self._release(clip, staged, f"{clip.name}.sheet.jpg", folder.journal)

    def _identity(
        self, clip: Clip, video: Path, journal: Journal
    ) -> tuple[Identity, list[Measured]]:
        if self._asked.report == "none":
            return summary([], None), []
        with Store(self._work.project.db_path, readonly=True) as store:
            new, replaced = person_of(store, "b"), person_of(store, "a")
        if new is None or replaced is None:
            self._report.warn("Faces have no identity embeddings: the likeness isn't measured.")
            return summary([], new.within if new else None), []
        swapped = {i: f for i, f in clip.faces.items() if i < journal.frames}
        faces = measure(video, swapped, new, replaced)
        return summary(faces, new.within), faces

    def _quality(
        self, clip: Clip, video: Path, folder: WorkFolder, faces: list[Measured]
    ) -> Quality:
        """All figures, with the sheet of the worst frames and the page."""
        journal = folder.journal
        found = measured(clip, video, journal.frames, self._asked, self._recipe, faces)

        def out(name: str, content: bytes) -> Path:
            staged = folder.path / name
            write_atomic(staged, content)
            return self._release(clip, staged, name, journal)

        facts = [
            f"{journal.swapped} of {journal.frames} frames swapped",
            f"model iteration {self._state.iteration}",
            f"source {safe_text(clip.path.name)}",
        ]
        return released(clip, video, found, facts, out)

    def _release(self, clip: Clip, staged: Path, name: str, journal: Journal) -> Path:
        return release(
            self._work.project,
            staged,
            name,
            model=self._model,
            source=Origin(safe_text(clip.path.name), clip.hash),
            settings=self._settings,
            fingerprint=journal.fingerprint,
        )
