"""The dialogue that adds footage: side, path with completion, copy or not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from textual import on
from textual.widget import Widget

from engine.errors import BadInput
from engine.project import SIDES, Project
from fstui.i18n import later, tr, tr_n
from fstui.model import footage
from fstui.model.sidewords import SHOWS
from fstui.places import typed_path
from fstui.rooms.choice import Choice, yes_no
from fstui.rooms.dialog import Dialog, labelled
from fstui.threads import deliver, failure_of, in_thread
from fstui.widgets.pathinput import PathInput


class AddFootage(Dialog[int]):
    """Ends with the number of sources that were added."""

    heading = later("Add footage")
    act = later("Add")
    hint = later("tab complete, then next  enter accept  esc cancel")

    def __init__(self, project: Project, side: str) -> None:
        super().__init__()
        self._project = project
        self._side = side

    def fields(self) -> Iterable[Widget]:
        """Path first: it is what one types."""
        yield labelled(tr("Path"), PathInput(id="path"))
        yield labelled(
            tr("Side"), Choice([(tr(SHOWS[s]), s) for s in SIDES], self._side, id="side")
        )
        yield labelled(
            tr("Copy"), yes_no(False, id="copy"), tr("into the project's media/, or only listed")
        )

    def command(self) -> list[str]:
        """`add PROJECT SIDE PATH`."""
        copy = ["--copy"] if self.query_one("#copy", Choice).value else []
        path = str(typed_path(self.query_one(PathInput).text))
        return ["add", self._project.name, self.query_one("#side", Choice).value, path, *copy]

    def on_mount(self) -> None:
        """Type the path at once."""
        self.query_one(PathInput).focus()

    @on(PathInput.Chosen)
    def _chosen(self, event: PathInput.Chosen) -> None:
        event.stop()
        self.submit()

    def submit(self) -> None:
        """Look at the file in a thread: hashing and probing take a moment."""
        if self.busy:
            return
        text = self.query_one(PathInput).text.strip()
        if not text:
            self.problem(tr("Type the path of a video, a picture or a folder of pictures."))
            return
        self.problem(tr("Looking at it ..."))
        self.busy = True
        side, copy = self.query_one("#side", Choice).value, self.query_one("#copy", Choice).value
        self.add(Path(text), side, copy)

    @in_thread(exclusive=True, group="add")
    def add(self, path: Path, side: str, copy: bool) -> None:
        """Probe, then list it. Esc ends that, but once something is copied it is listed too."""

        def act() -> None:
            looked, added = footage.add(self._project, side, [path], copy=copy)
            for one in looked:
                if one.warning:
                    self.app.call_from_thread(
                        self.app.notify, one.warning, severity="warning", markup=False
                    )
            if not added:
                there = tr("{name} is on side {side} already.")
                raise BadInput(there.format(name=path.name, side=side))
            self.app.call_from_thread(self._added, added)

        if problem := failure_of(act):
            deliver(self, self._refused, problem)

    def _added(self, count: int) -> None:
        if self.is_attached:
            self.dismiss(count)
        else:
            said = tr_n("{n} source added.", "{n} sources added.", count)
            self.app.notify(said.format(n=count), markup=False)

    def _refused(self, text: str) -> None:
        self.busy = False
        self.problem(text)
