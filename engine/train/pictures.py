"""The pictures of a training: when they are due, where they go, who is told."""

from __future__ import annotations

from contextlib import nullcontext

from engine.faces.crops import encode_jpeg
from engine.protocol import sheet_of, write_atomic
from engine.train import montage, timelapse
from engine.train.board import Board
from engine.train.montage import Sides
from engine.train.preview import Preview
from engine.train.session import Session
from engine.train.timelapse import Timelapse


class Pictures:
    """Previews by time and by iteration, and one picture a save for the time-lapse; where the
    weights are averaged they show the average, as convert uses it."""

    def __init__(self, session: Session, seconds: float, board: Board | None = None) -> None:
        self.session, self.board = session, board
        rebuild, average = session.network.rebuild, session.trainer.optimiser.average
        weights = average.shown if average else nullcontext
        crops = {side: faces.crops for side, faces in session.sides.items()}
        self.preview = Preview(rebuild, session.how, crops, session.seed, weights)
        self.timelapse = Timelapse(session.folder)
        self.shown_s = seconds
        self.forget_after(session.iteration)

    def are_due(self, seconds: float) -> bool:
        """Whether it is time for a preview, by the clock or by the iteration."""
        settings, iteration = self.session.settings, self.session.iteration
        every = settings.preview_every
        counted = every > 0 and iteration > 0 and iteration % every == 0
        return counted or seconds - self.shown_s >= settings.preview_s

    def show(self, seconds: float) -> Sides:
        """Make a preview and tell of it; what it shows."""
        self.shown_s = seconds
        settings, iteration = self.session.settings, self.session.iteration
        folder = self.session.work.folder.preview_folder
        seen = self.preview.mixed(settings.preview_faces, iteration)
        how = montage.overlay(settings.mask_colour, settings.mask_opacity)
        whole = montage.whole(seen, iteration, how)
        small_path = folder / f"{iteration}.jpg"
        whole_path = sheet_of(small_path)
        write_atomic(whole_path, jpeg := encode_jpeg(whole), durable=False)
        write_atomic(small_path, encode_jpeg(montage.small(seen)), durable=False)
        if self.board:
            height, width, _ = whole.shape
            self.board.picture(iteration, "preview", jpeg, width, height)
        self.session.work.report.preview(
            small_path,
            whole_path,
            iteration=iteration,
            columns=montage.COLUMNS,
            sheet_columns=montage.WHOLE_COLUMNS,
        )
        return seen

    def saved(self) -> None:
        """Add to the time-lapse what is being saved, once."""
        iteration, wanted = self.session.iteration, self.session.settings.timelapse
        if wanted and iteration and not self.timelapse.has(iteration):
            picture = montage.strip(self.preview.same(montage.ROWS), iteration)
            self.timelapse.add(iteration, picture)

    def forget_after(self, iteration: int) -> None:
        """What the time-lapse and the logs have beyond `iteration` is not of this training."""
        timelapse.forget_after(self.session.folder, iteration)
        if self.board:
            self.board.forget_after(iteration)
