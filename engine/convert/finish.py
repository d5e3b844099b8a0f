"""A converted clip on its way out: joined, marked and released, shown on a sheet, measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from engine.convert import reports
from engine.convert.cast import Player, training_seconds, words_of
from engine.convert.clip import Clip
from engine.convert.identity import Identity, Measured, Pair, measure, pair_of, summary
from engine.convert.journal import Journal, WorkFolder
from engine.convert.outputs.base import Finished, Output
from engine.convert.sheet import contact_sheet
from engine.faces.landmarks import Landmarks
from engine.protocol import safe_text, write_atomic
from engine.quality import report as quality_report
from engine.quality.worst import Quality
from engine.settings import ConvertSettings
from engine.trust.door import Model, Origin, Painted, mark_for, read_record, release
from engine.work import Work

DEPTH = {"none": 0, "identity": 1, "full": 2}
"""What the setting report asks for, each with all of the one before."""


class Finish:
    """The last part of a step, for clips that the same models made with one set of settings."""

    def __init__(self, work: Work, settings: ConvertSettings, cast: Sequence[Player]) -> None:
        self._work, self._report = work, work.report
        self._settings, self._asked = msgspec.to_builtins(settings), settings
        self._cast, self._words = cast, f"model {words_of(cast, work.project)}"
        models = [Model(p.iteration, p.found.path.name, p.found.recipe_sha256) for p in cast]
        self._model = models[0]
        self._painted = [
            (role.project, Painted(role.person, role.project.name, role.put_in, model))
            for (role, _), model in zip(cast, models, strict=True)
            if settings.models and role.person is not None
        ]

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
        found = output.finish(folder, clip.cut, mark_for(self._model, self._painted).comment)
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
            iterations=max(player.iteration for player in self._cast),
            seconds_training=training_seconds(self._cast),
            seconds_converting=journal.seconds,
            identity=summary([], None),
            settings=self._settings,
            remarks=remarks,
            faces=[],
            beside=[name for _, name in found.beside],
            flicker=flicker,
            kept=_kept(clip, journal.frames),
        )
        return self._measured(clip, report, folder.path)

    def _measured(self, clip: Clip, report: reports.ClipReport, folder: Path) -> reports.ClipReport:
        """A clip's report with all that is asked for, kept."""
        self._report.phase("measuring the result")
        video = self._work.project.inside(f"out/{report.video}")
        faces = _faces_out(clip, report.frames)
        pairs = self._pairs()
        identity, found = self._identity(clip, video if report.sheet else None, faces, pairs)
        report = msgspec.structs.replace(
            report,
            identity=identity,
            faces=found,
            quality=None,
            settings=self._settings,
            parts=reports.summed_up(self._parts(pairs), found),
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
        title = f"{clip.name}, {self._words}"
        staged = folder.path / "sheet.jpg"
        frames, fingerprint = folder.journal.frames, folder.journal.fingerprint
        faces = _faces_out(clip, frames)
        write_atomic(staged, contact_sheet(clip, made, faces, frames, title))
        return self._release(clip, staged, f"{clip.name}.sheet.jpg", fingerprint).name

    def _pairs(self) -> list[Pair]:
        """Whom each model's faces are compared with; none where nothing is measured."""
        if self._asked.report == "none":
            return []
        threshold = self._asked.threshold
        found = [pair_of(self._work.project, player.role, threshold) for player in self._cast]
        for player, pair in zip(self._cast, found, strict=True):
            if pair is None:
                self._report.warn(
                    f"Faces of {safe_text(player.role.project.name)} have no identity embeddings: "
                    "the likeness isn't measured."
                )
                return []
        return [pair for pair in found if pair]

    def _identity(
        self,
        clip: Clip,
        video: Path | None,
        faces: dict[int, list[Landmarks]],
        pairs: Sequence[Pair],
    ) -> tuple[Identity, list[Measured]]:
        """The likeness in what came out; without it where that has no whole frames."""
        within = pairs[0].new.within if len(pairs) == 1 else None
        if video is None and pairs:
            self._report.warn("The likeness isn't measured: no whole frames were written.")
        if video is None or not pairs:
            return summary([], within), []
        measured = measure(clip, video, faces, pairs)
        return summary(measured, within), measured

    def _parts(self, pairs: Sequence[Pair]) -> list[reports.Part]:
        """What each of several models made, before it is measured."""
        within: list[float | None] = [pair.new.within for pair in pairs]
        within = within or [None] * len(self._painted)
        return [
            reports.Part(
                painted.person,
                painted.project,
                painted.put_in,
                painted.model.iteration,
                summary([], own),
            )
            for (_, painted), own in zip(self._painted, within, strict=False)
        ]

    def _quality(
        self,
        clip: Clip,
        report: reports.ClipReport,
        faces: dict[int, list[Landmarks]],
        folder: Path,
    ) -> Quality:
        """All figures, with the sheet of the worst frames and the page."""
        video = self._work.project.inside(f"out/{report.video}")
        recipes = [player.found.recipe for player in self._cast]
        found = quality_report.measured(clip, video, faces, self._asked, recipes, report.faces)

        def out(name: str, content: bytes) -> Path:
            staged = folder / name
            write_atomic(staged, content)
            return self._release(clip, staged, name, report.fingerprint)

        facts = [
            f"{report.frames_swapped} of {report.frames} frames swapped",
            self._words,
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
            cast=self._painted,
        )


def _faces_out(clip: Clip, frames: int) -> dict[int, list[Landmarks]]:
    """The swapped faces by the frames of the result."""
    cut = clip.cut
    found = {cut.number(i) if cut else i: f for i, f in clip.faces.items() if not cut or cut.has(i)}
    return {i: f for i, f in found.items() if i < frames}


def _kept(clip: Clip, frames: int) -> list[tuple[int, int]]:
    """The source's frames that came out; nothing where all did."""
    if clip.cut is None:
        return []
    pieces = clip.cut.pieces
    stops = [piece.number for piece in pieces[1:]] + [frames]
    return [(p.first, p.first + stop - p.number) for p, stop in zip(pieces, stops, strict=True)]


def _is_out(path: Path, fingerprint: str) -> bool:
    record = read_record(path)
    return record is not None and record.fingerprint == fingerprint
