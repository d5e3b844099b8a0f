"""A converted clip on its way out: joined, marked and released, shown on a sheet, measured."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.convert import reports
from engine.convert.clip import Clip
from engine.convert.identity import Identity, Measured, measure, person_of, summary
from engine.convert.journal import Journal, WorkFolder
from engine.convert.outputs.base import Finished, Output
from engine.convert.sheet import contact_sheet
from engine.faces.landmarks import Landmarks
from engine.protocol import safe_text, write_atomic
from engine.quality import report as quality_report
from engine.quality.summary import Quality
from engine.settings import ConvertSettings
from engine.store import Store
from engine.train.checkpoint import Checkpoint
from engine.trust.door import Model, Origin, read_record, release
from engine.trust.mark import new_mark
from engine.work import Work

DEPTH = {"none": 0, "identity": 1, "full": 2}
"""What the setting report asks for, each with all of the one before."""


class Finish:
    """The last part of a step, for clips that one model made with one set of settings."""

    def __init__(self, work: Work, settings: ConvertSettings, found: Checkpoint) -> None:
        self._work, self._report = work, work.report
        self._settings, self._put_in = msgspec.to_builtins(settings), settings.put_in
        self._asked = settings
        self._state, self._recipe = found.state, found.recipe
        self._model = Model(found.state.iteration, found.path.name, found.recipe_sha256)

    def finished(self, clip: Clip, fingerprint: str) -> reports.ClipReport | None:
        """The report of a clip that is out already: all files and the report of this making."""
        out = self._work.project.inside("out")
        report = reports.read_clip(out / f"{clip.name}.json")
        if report is None or report.fingerprint != fingerprint:
            return None
        files = [out / name for name in (report.video, report.sheet, *report.beside) if name]
        return report if all(_is_out(path, fingerprint) for path in files) else None

    def as_asked(self, clip: Clip, report: reports.ClipReport) -> reports.ClipReport:
        """The report of a clip that is out; what is asked for now and was not measured then, or
        whose files are gone, is measured."""
        out, quality = self._work.project.inside("out"), report.quality
        told = [out / name for name in (quality.page, quality.sheet) if name] if quality else []
        deep = DEPTH.get(str(report.settings.get("report")), 0) >= DEPTH[self._asked.report]
        if not report.sheet or (deep and all(_is_out(path, report.fingerprint) for path in told)):
            return report
        folder = WorkFolder(out / ".work" / clip.name, report.fingerprint)
        report = self._measured(clip, report, folder.path)
        folder.remove()
        return report

    def clip(
        self,
        clip: Clip,
        output: Output,
        folder: WorkFolder,
        flicker: dict[str, tuple[float, float]],
    ) -> reports.ClipReport:
        """What came out, sheet and report of a clip whose segments are all there."""
        self._report.phase("joining")
        journal = folder.journal
        found = output.finish(folder, clip.cut, new_mark(self._state.iteration).comment)
        remarks = self._remarks(clip, journal, found.remarks)
        made = self._let_out(clip, found, journal)
        report = reports.ClipReport(
            v=reports.VERSION,
            clip=clip.name,
            source=safe_text(clip.path.name),
            video=made.name,
            sheet=self._sheet(clip, made, folder) if found.shows else "",
            fingerprint=journal.fingerprint,
            frames=journal.frames,
            frames_swapped=journal.swapped,
            iterations=self._state.iteration,
            seconds_training=self._state.seconds,
            seconds_converting=journal.seconds,
            identity=summary([], None),
            settings=self._settings,
            remarks=remarks,
            faces=[],
            beside=[name for _, name in found.beside],
            flicker=flicker,
        )
        return self._measured(clip, report, folder.path)

    def _measured(self, clip: Clip, report: reports.ClipReport, folder: Path) -> reports.ClipReport:
        """A clip's report with all that is asked for, kept."""
        self._report.phase("measuring the result")
        video = self._work.project.inside(f"out/{report.video}")
        faces = _faces_out(clip, report.frames)
        identity, found = self._identity(clip, video if report.sheet else None, faces)
        report = msgspec.structs.replace(
            report, identity=identity, faces=found, quality=None, settings=self._settings
        )
        if report.sheet and self._asked.report == "full":
            quality = self._quality(clip, report, faces, folder)
            report = msgspec.structs.replace(report, quality=quality)
        reports.write_clip(video.with_name(f"{clip.name}.json"), report)
        return report

    def _remarks(self, clip: Clip, journal: Journal, remarks: list[str]) -> list[str]:
        """What the user should know, the source's own problem first; each is warned of."""
        if problem := journal.problem or (clip.pictures.problem if clip.pictures else ""):
            remarks = [f"{safe_text(clip.path.name)}: {problem}.", *remarks]
        for remark in remarks:
            self._report.warn(remark)
        return remarks

    def _let_out(self, clip: Clip, found: Finished, journal: Journal) -> Path:
        """Release a result and what goes with it; the path of the result."""
        for staged, name in found.beside:
            out = self._work.project.inside(f"out/{name}")
            if staged.exists() or not _is_out(out, journal.fingerprint):
                self._release(clip, staged, name, journal.fingerprint)
        made = self._release(clip, found.staged, found.name, journal.fingerprint)
        for staged, name in found.notes:
            write_atomic(made.with_name(name), staged.read_bytes())
            staged.unlink()
        return made

    def _sheet(self, clip: Clip, made: Path, folder: WorkFolder) -> str:
        title = f"{clip.name}, model iteration {self._state.iteration}"
        staged = folder.path / "sheet.jpg"
        frames, fingerprint = folder.journal.frames, folder.journal.fingerprint
        faces = _faces_out(clip, frames)
        write_atomic(staged, contact_sheet(clip, made, faces, frames, title))
        return self._release(clip, staged, f"{clip.name}.sheet.jpg", fingerprint).name

    def _identity(
        self, clip: Clip, video: Path | None, faces: dict[int, list[Landmarks]]
    ) -> tuple[Identity, list[Measured]]:
        """The likeness in what came out; without it where that has no whole frames."""
        if self._asked.report == "none":
            return summary([], None), []
        with Store(self._work.project.db_path, readonly=True) as store:
            new = person_of(store, self._put_in)
            replaced = person_of(store, "a" if self._put_in == "b" else "b")
        if new is None or replaced is None:
            self._report.warn("Faces have no identity embeddings: the likeness isn't measured.")
            return summary([], new.within if new else None), []
        if video is None:
            self._report.warn("The likeness isn't measured: no whole frames were written.")
            return summary([], new.within), []
        measured = measure(clip, video, faces, new, replaced)
        return summary(measured, new.within), measured

    def _quality(
        self,
        clip: Clip,
        report: reports.ClipReport,
        faces: dict[int, list[Landmarks]],
        folder: Path,
    ) -> Quality:
        """All figures, with the sheet of the worst frames and the page."""
        video = self._work.project.inside(f"out/{report.video}")
        found = quality_report.measured(clip, video, faces, self._asked, self._recipe, report.faces)

        def out(name: str, content: bytes) -> Path:
            staged = folder / name
            write_atomic(staged, content)
            return self._release(clip, staged, name, report.fingerprint)

        facts = [
            f"{report.frames_swapped} of {report.frames} frames swapped",
            f"model iteration {self._state.iteration}",
            f"source {safe_text(clip.path.name)}",
            *reports.flicker_words(report.flicker),
        ]
        return quality_report.released(clip, video, faces, found, facts, out)

    def _release(self, clip: Clip, staged: Path, name: str, fingerprint: str) -> Path:
        return release(
            self._work.project,
            staged,
            name,
            model=self._model,
            source=Origin(safe_text(clip.path.name), clip.hash),
            settings=self._settings,
            fingerprint=fingerprint,
        )


def _faces_out(clip: Clip, frames: int) -> dict[int, list[Landmarks]]:
    """The swapped faces by the frames of the result."""
    cut = clip.cut
    found = {cut.number(i) if cut else i: f for i, f in clip.faces.items() if not cut or cut.has(i)}
    return {i: f for i, f in found.items() if i < frames}


def _is_out(path: Path, fingerprint: str) -> bool:
    record = read_record(path)
    return record is not None and record.fingerprint == fingerprint
