"""A project's room: two sides, the target, the three stages and the key that does what is next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.cells import cell_len
from textual import events
from textual.containers import Horizontal
from textual.geometry import Size
from textual.timer import Timer
from textual.widget import Widget

from engine.project import SIDES, Project, Source
from engine.protocol import safe_text
from engine.trust.consent import problem_of, today
from fstui import keymap
from fstui.i18n import tr
from fstui.model import drafts, media, words
from fstui.model.eventwords import event_words
from fstui.model.jobview import JobView
from fstui.model.overview import Overview, SideCount, Stage
from fstui.model.pipeline import Model, Pipeline, Result, of_pipeline
from fstui.model.sidewords import HEADINGS
from fstui.model.told import Told
from fstui.model.words import moment
from fstui.rooms.edit import edit
from fstui.rooms.lines import Line, Lines, Listing, Run
from fstui.rooms.room import Room
from fstui.rooms.stage import WAYS
from fstui.threads import deliver, failure_of, in_thread
from fstui.widgets.rows import Column, Row, Rows, Tone
from fstui.widgets.words import fit

if TYPE_CHECKING:
    from fstui.rooms.sidebyside import SideBySide

GREAT = Size(200, 40)
"""Columns and rows of a terminal from which faces, training and conversion stand side by side."""
COLUMNS = (Column("Side", 7), Column("Footage", least=16), Column("Size", 10, right=True))
STATE_TONES: dict[str, Tone] = {
    "done": "good",
    "running": "good",
    "ready": "accent",
    "part": "warn",
}
REST_S = 0.3
"""How long the cursor stays on footage before the engine is asked about it."""


class ProjectRoom(Room):
    """What the project has, and what it needs."""

    room = "project"
    CSS_PATH = "../styles/project.tcss"
    BINDINGS: ClassVar[list[Any]] = keymap.bindings("add", "people", "edit")

    def __init__(self) -> None:
        super().__init__()
        self._shown: Path | None = None
        """The project that was shown last."""
        self._pipeline: Pipeline | None = None
        self._parts: tuple[Path, Told[Pipeline]] | None = None
        """The project whose parts are counted, and what counts them; kept from visit to visit."""
        self._facts: dict[str, str] = {}
        """What the engine said of this project's footage, by its keys."""
        self._resting: Timer | None = None

    def body(self) -> Iterable[Widget]:
        """Sides side by side, stages, footage."""
        yield Horizontal(*(Lines(id=f"side-{side}", classes="side") for side in SIDES), id="sides")
        yield Horizontal(Lines(id="stages"), Lines(id="model"), Lines(id="result"), id="pipeline")
        yield Listing(COLUMNS, empty=tr("No footage yet: press a to add some."), id="sources")
        yield Lines(id="facts")
        yield Lines(id="disk")
        yield Lines(id="arrivals")

    def asks(self) -> tuple[Callable[[], object | None], ...]:
        """This project's counts and stages, and what stands beside them."""
        project, looks = self.studio.session.project, self.studio.session.looks
        if project is None or looks is None:
            return ()
        if self._parts is None or self._parts[0] != project.path:
            self._parts = project.path, of_pipeline(project.path)
        more = [ask for pane in self.beside for ask in pane.asks()]
        return (looks, self._parts[1], *more)

    @property
    def beside(self) -> list[SideBySide]:
        """The other rooms' panes, while there is room for them."""
        found = self.query("SideBySide") if self.has_class("-beside") else ()
        return cast("list[SideBySide]", list(found))

    def on_resize(self, event: events.Resize) -> None:
        """In a terminal of great width the other rooms' panes stand here too."""
        wide = event.size.width >= GREAT.width and event.size.height >= GREAT.height
        if wide == self.has_class("-beside"):
            return
        self.set_class(wide, "-beside")
        if wide and not self.query("SideBySide"):
            from fstui.rooms.sidebyside import SideBySide

            self.query_one("#body").mount(SideBySide(self.studio.session))
        self.call_after_refresh(self.on_screen_resume)

    def show(self) -> None:
        """Counts, stages, footage."""
        project, overview = self.studio.session.project, self.studio.session.overview
        if project is None:
            return
        for side in SIDES:
            of_side = side_lines(project, overview, side) if overview and overview.sides else []
            self.query_one(f"#side-{side}", Lines).show(of_side)
        readonly = self.studio.session.readonly
        lines = stage_lines(overview, readonly) if overview and overview.stages else []
        self.query_one("#stages", Lines).show(lines)
        rows = self.query_one("#sources", Rows)
        rows.show([source_row(s) for s in project.sources()])
        if self._shown != project.path:
            self._shown, self._facts = project.path, {}
            self._show_facts("")
            rows.select(self.studio.session.view.source)
            self._ask_for_facts()
        self._show_pipeline(overview)
        watch = self.studio.session.jobs.get("watch")
        self.query_one("#arrivals", Lines).show([arrival_line(watch)])
        for pane in self.beside:
            pane.show()

    def _show_pipeline(self, overview: Overview | None) -> None:
        """Model and result, and what each part takes on disk."""
        known = self._pipeline
        if known is None or overview is None or known.path != overview.path:
            for part in ("model", "result", "disk"):
                self.query_one(f"#{part}", Lines).show([])
            return
        now = time.time()
        train, convert = overview.stages[1:] if overview.stages else (None, None)
        self.query_one("#model", Lines).show(model_lines(known.model, train, now))
        self.query_one("#result", Lines).show(result_lines(known.result, convert, now))
        self.query_one("#disk", Lines).show([disk_line(known.parts)])

    def copied(self) -> str:
        """The project's folder."""
        project = self.studio.session.project
        return str(project.path) if project else ""

    def news(self, update: object = None) -> None:
        """Keep what stands beside the overview."""
        if isinstance(update, Pipeline):
            self._pipeline = update
        super().news(update)

    # --- what is next -------------------------------------------------------------------------

    @property
    def due(self) -> Stage | None:
        """The stage that is next."""
        overview = self.studio.session.overview
        return overview.next if overview else None

    def keys_depend_on(self) -> tuple[object, ...]:
        """What is next, beside the job."""
        return (*super().keys_depend_on(), self.due)

    def words_for(self, action: str) -> str:
        """`s` says which stage it starts."""
        due = self.due
        if action == "start" and due:
            return tr(due.name)
        if action == "copy":
            return tr("copy the folder's path")
        return super().words_for(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Start only what can be started."""
        if action == "start":
            due = self.due
            _, act = WAYS.get(due.command.split(" ")[0], ("", "")) if due else ("", "")
            return act == "start" and bool(super().check_action(action, parameters))
        return super().check_action(action, parameters)

    def action_start(self) -> None:
        """The form of the stage that is next."""
        if self.due is not None:
            self.ask_settings(self.due.name)

    def action_add(self) -> None:
        """Add footage; the form begins with the first side that has none."""
        from fstui.rooms.add import AddFootage

        project = self.studio.session.project
        if project is None:
            return
        side = next((s for s in SIDES if not project.sources(s)), "target")

        def go(added: int | None) -> None:
            if added is not None:
                self.say(tr("{sources} added.").format(sources=words.plural(added, "source")))
                self.reload()

        self.app.push_screen(AddFootage(project, side), go)

    def action_people(self) -> None:
        """Record who a side shows and on what ground."""
        from fstui.rooms.people import People

        project = self.studio.session.project
        if project is None:
            return

        def go(done: bool | None) -> None:
            if done:
                self.reload()

        self.app.push_screen(People(project), go)

    def action_edit(self) -> None:
        """project.toml in the user's editor, outside the workbench."""
        edit_project(self)

    # --- footage ------------------------------------------------------------------------------

    def on_rows_moved(self, message: Rows.Moved) -> None:
        """What the footage under the cursor is; asked of the engine once the cursor rests."""
        self.studio.session.view.source = message.key
        self._show_facts(self._facts.get(message.key, ""))
        if self._resting is not None:
            self._resting.stop()
        if message.key not in self._facts:
            self._resting = self.set_timer(REST_S, self._ask_for_facts)

    def _ask_for_facts(self) -> None:
        project, key = self.studio.session.project, self.query_one("#sources", Rows).key
        found = project.sources() if project else []
        if project and (source := next((s for s in found if key_of(s) == key), None)):
            self.ask_facts(project, source)

    @in_thread(exclusive=True, group="facts")
    def ask_facts(self, project: Project, source: Source) -> None:
        """In a thread: a process is started for it."""
        path = project.source_path(source)

        def ask() -> None:
            text = tr("folder of pictures") if path.is_dir() else media.describe(media.ask(path))
            deliver(self, self._told, project.path, source, text, True)

        if problem := failure_of(ask):
            deliver(self, self._told, project.path, source, problem, False)

    def _told(self, project: Path, source: Source, text: str, known: bool) -> None:
        """What a source is, or why that isn't known: then it is asked again the next time."""
        if project != self._shown:
            return
        text, key = f"{safe_text(Path(source.path).name)}: {text}", key_of(source)
        if known:
            self._facts[key] = text
        if key == self.query_one("#sources", Rows).key:
            self._show_facts(text)

    def _show_facts(self, text: str) -> None:
        self.query_one("#facts", Lines).show([[(safe_text(text), "muted")]] if text else [])


def edit_project(room: Room) -> None:
    """project.toml in the user's editor, taken when it is right."""
    session = room.studio.session
    edit(room, lambda: drafts.of_project(session.writable().path), room.reload)


def side_lines(project: Project, overview: Overview, side: str) -> list[Line]:
    """Title, person, footage, faces."""
    count = overview.sides.get(side) or SideCount(side, 0, 0, 0, 0, 0, 0)
    lines: list[Line] = [[(tr(HEADINGS[side]), "accent")]]
    if side != "target":
        person = project.file.people.get(side)
        if person:
            lines.append([safe_text(person.name), (f"  {tr(person.ground)}", "muted")])
            if problem_of(person, today()):
                lines.append([(tr("! out of date: press p"), "warn")])
        else:
            lines.append([(tr("! not recorded: press p"), "warn")])
    else:
        results = words.plural(len(overview.results), "result")
        there = tr("{results} in out/").format(results=results)
        lines.append([there if overview.results else ""])
    if not count.sources:
        return [*lines, [(tr("needs footage: press a"), "warn")]]
    part = tr(", {n} extracted").format(n=count.done)
    looked = part if count.done < count.sources else tr(", extracted")
    lines.append([words.plural(count.sources, "source"), (looked, "muted")])
    if not count.frames:
        return lines
    frames = tr(" in {frames}").format(frames=words.plural(count.frames, "frame"))
    if count.rejected:
        frames += tr(", {n} rejected").format(n=words.count(count.rejected))
    lines.append([words.plural(count.faces, "face"), (frames, "muted")])
    return lines


def stage_lines(overview: Overview, readonly: bool = False) -> list[Line]:
    """The three stages, and the key that does the next thing."""
    lines: list[Line] = []
    names = [tr(stage.name.title()) for stage in overview.stages]
    states = [tr(stage.state) for stage in overview.stages]
    wide, deep = (max(map(cell_len, texts), default=0) for texts in (names, states))
    for stage, name, state in zip(overview.stages, names, states, strict=True):
        told: Run = (fit(state, max(deep, 8)), STATE_TONES.get(stage.state, ""))
        name = fit(name, max(wide + 1, 9))
        key = keymap.named(WAYS[stage.name][0])
        lines.append([(f"{key} ", "muted"), name, told, f" {stage.words}"])
    return [*lines, next_line(overview, readonly)]


def next_line(overview: Overview, readonly: bool = False) -> Line:
    """`Next: press  s  to extract`; where nothing may be changed without the key."""
    stage = overview.next
    if stage is None:
        more = tr(" {train} trains on, {convert} converts again.")
        more = more.format(train=keymap.named("train"), convert=keymap.named("convert"))
        return [(tr("All three stages are done."), "good"), more]
    verb = stage.command.split(" ")[0]
    if verb == "attach":
        room = keymap.named(WAYS[stage.name][0])
        watch = tr(" to watch {stage}").format(stage=tr(stage.name))
        return [tr("Running: press "), (f" {room} ", "accent"), watch]
    acts = {"add": tr("add footage"), "people": tr("record the people")}
    what = tr(" to {what}").format(what=acts.get(verb) or tr(stage.name))
    if readonly:
        return [tr("Next: {what}").format(what=acts.get(verb) or tr(stage.name))]
    return [tr("Next: press "), (f" {keymap.named(WAYS[verb][1])} ", "accent"), what]


def model_lines(model: Model | None, stage: Stage | None, now: float) -> list[Line]:
    """Network, iteration, when it was saved; or what it needs."""
    lines: list[Line] = [[(tr("Model"), "accent")]]
    if model is None:
        return [*lines, [(stage.words if stage else "", "warn")]]
    sizes = tr("{input} > {output} px").format(input=model.input_px, output=model.output_px)
    return [
        *lines,
        [model.network, (f"  {sizes}", "muted")],
        [tr("iteration {n}").format(n=words.count(model.iteration))],
        [(tr("saved {time}").format(time=moment(model.saved, now)), "muted")],
    ]


def result_lines(result: Result | None, stage: Stage | None, now: float) -> list[Line]:
    """The newest result, its size and when it was made; or what it needs."""
    lines: list[Line] = [[(tr("Result"), "accent")]]
    if result is None:
        return [*lines, [(stage.words if stage else "", "warn")]]
    large = tr("folder of pictures") if result.bytes is None else words.size(result.bytes)
    lines += [[safe_text(result.path.name)], [large]]
    return [*lines, [(tr("made {time}").format(time=moment(result.made, now)), "muted")]]


def disk_line(parts: dict[str, int]) -> Line:
    """`disk 1.4 GB: faces 1.1 GB, model 0.3 GB`: the largest first, for the last ones may not
    fit."""
    total = tr("disk {size}").format(size=words.size(sum(parts.values())))
    each = sorted(((n, part) for part, n in parts.items() if n), reverse=True)
    texts = [f"{part} {words.size(n)}" for n, part in each]
    return [
        (total, "muted"),
        *((f"{', ' if i else ': '}{t}", "muted") for i, t in enumerate(texts)),
    ]


def arrival_line(watch: JobView | None) -> Line:
    """What arrived last in media/, while it is watched."""
    if watch is None or not watch.running:
        return [(tr("media/ is not watched: w watches it"), "muted")]
    told = [e for e in watch.events if e.k in ("arrival", "launch", "run", "warn")]
    if told:
        return [(tr("watch: "), "accent"), event_words(told[-1])]
    return [(tr("watch: "), "accent"), tr("footage that arrives in media/a, b, target and inbox")]


def source_row(source: Source) -> Row:
    """One medium as a row."""
    side = source.side.upper() if len(source.side) == 1 else source.side
    name = safe_text(Path(source.path).name)
    return Row(key_of(source), (side, name, words.size(source.size)))


def key_of(source: Source) -> str:
    """What tells a source from all others."""
    return f"{source.side} {source.hash}"


ROOM = ProjectRoom
