"""The editor of a face: landmarks, box and mask, by keys alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from engine import curate
from engine.curate import Shape
from engine.protocol import safe_text
from engine.store import Store
from fstui import keymap
from fstui.i18n import later, tr
from fstui.model import shape as shapes
from fstui.model.editing import GROW, TURN_DEGREES, Editing
from fstui.model.faceviews import MASK_PX, Frames
from fstui.rooms.bars import KeyBar
from fstui.rooms.curation import Curation
from fstui.rooms.lines import Line, Lines
from fstui.threads import deliver, failure_of, in_thread, read
from fstui.widgets.editpad import EditPad
from fstui.widgets.pixels import decoded

if TYPE_CHECKING:
    from PIL.Image import Image

    from fstui.app import FstuiApp
    from fstui.state import FacesView

READING = later("The frame is being decoded ...")
FOR_POINTS = frozenset({"clockwise", "anticlockwise"})
FOR_SHAPES = frozenset({"following", "preceding", "grow", "shrink"})
FOR_MASK = frozenset({"pen", "wider", "finer"})


class Loaded(NamedTuple):
    """A face with its frame, as it was read."""

    face: int
    shape: Shape
    editing: Editing
    image: Image
    where: str


class Editor(ModalScreen[None]):
    """Edits one face after the other; each is saved by itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Leave"),
        *keymap.bindings(
            *(key.id for key in keymap.KEYS if key.group == "Editor"),
            *("undo", "redo", "zoom", "overlay", "earlier", "later", "help"),
        ),
    ]

    def __init__(self, curation: Curation, face: int, frames: Frames) -> None:
        super().__init__()
        self._curation, self._frames = curation, frames
        self._loaded: Loaded | None = None
        self._face = face

    def compose(self) -> ComposeResult:
        """What is edited, the picture, the keys."""
        yield Lines(id="what")
        yield EditPad()
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Read the face."""
        self.query_one(EditPad).focus()
        self._turn_to(self._face)

    @property
    def editing(self) -> Editing | None:
        """The draft, once the face was read."""
        return self._loaded.editing if self._loaded else None

    @property
    def _view(self) -> FacesView:
        """How the project's faces are looked at."""
        state = cast("FstuiApp", self.app).session.state
        return state.view(self._curation.project.path).faces

    # --- reading ------------------------------------------------------------------------------

    def _turn_to(self, face: int) -> None:
        self._face, self._loaded = face, None
        self.query_one(EditPad).show(None, None, READING)
        self._say()
        self._read(face)

    @in_thread(exclusive=True, group="read")
    def _read(self, face: int) -> None:
        """In a thread: the engine decodes the frame."""
        if problem := failure_of(lambda: deliver(self, self._show, self._load(face))):
            deliver(self, self._failed, problem)

    def _load(self, face: int) -> Loaded:
        project = self._curation.project
        frame = self._frames.ask(project.path, face)
        with Store(project.db_path, readonly=True) as store:
            shape = curate.shape_of(store, face)
            where = curate.place_of(store, face)
        draft = shapes.draft_of(shape)
        image = decoded(frame.path, frame.width, frame.height)
        return Loaded(face, shape, Editing(draft, frame.region, frame.mask), image, where)

    def _show(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._take_up(loaded)
        self.query_one(EditPad).show(loaded.image, loaded.editing)
        self._say()

    def _take_up(self, loaded: Loaded) -> None:
        """Go on with what was not saved when the interface ended."""
        begun, draft = self._view.unsaved.pop(loaded.face, (None, None))
        if draft is None:
            return
        if begun == loaded.editing.saved:
            loaded.editing.put(draft)
            told = tr("What was not saved here is there again; u takes it back.")
        else:
            told = tr("What was not saved here is left out: the face was changed since.")
        self.notify(told, timeout=10)

    def _failed(self, text: str) -> None:
        self.query_one(EditPad).show(None, None, safe_text(text))

    def _say(self) -> None:
        """What is edited, and whether it is saved."""
        loaded, pad = self._loaded, self.query_one(EditPad)
        line: Line = [(tr(READING), "muted")]
        if loaded is not None:
            unsaved = "  " + tr("not saved") if loaded.editing.dirty else ""
            zoom = tr("zoom {n}").format(n=pad.zoom)
            what = f"  {loaded.editing.words()}  {zoom}"
            line = [loaded.where, (what, "accent"), (unsaved, "warn")]
        self.query_one("#what", Lines).show([line])
        self.refresh_bindings()

    def on_edit_pad_moved(self) -> None:
        """A key of the pad changed something."""
        self._say()

    # --- keys ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is valid for points, for the box, for the mask."""
        if action in ("back", "help"):
            return True
        editing = self.editing
        if editing is None:
            return False
        if action == "undo":
            return len(editing.steps) > 0
        if action == "redo":
            return editing.steps.undone > 0
        if action == "save":
            return editing.dirty
        if action in FOR_POINTS:
            return editing.aim == "points"
        if action in FOR_SHAPES:
            return editing.aim != "mask"
        return editing.aim == "mask" if action in FOR_MASK else True

    def words_for(self, action: str) -> str:
        """The footer's words for keys of other rooms."""
        return {
            "part(1)": tr("part"),
            "back": tr("leave"),
            "earlier": tr("frames"),
            "later": tr("frame after"),
            "zoom": tr("zoom in"),
            "overlay": tr("points, box and mask at once"),
            "clockwise": tr("turn"),
            "grow": tr("size"),
            "following": tr("point"),
            "wider": tr("brush"),
        }.get(action, "")

    def _do(self, act: Callable[[Editing], object]) -> None:
        """Change the draft and show it."""
        if self.editing is not None:
            act(self.editing)
            self.query_one(EditPad).repaint()
            self._say()

    def action_help(self) -> None:
        """The keys that are valid now."""
        from fstui.rooms.help import Help

        self.app.push_screen(Help(self))

    def action_aim(self) -> None:
        """Points, box or mask."""
        self._do(Editing.turn_aim)

    def action_following(self) -> None:
        """The next point of the part alone."""
        self._do(lambda editing: editing.turn_point(1))

    def action_preceding(self) -> None:
        """The point before."""
        self._do(lambda editing: editing.turn_point(-1))

    def action_clockwise(self) -> None:
        """Turn the chosen points to the right."""
        self._do(lambda editing: editing.turn(TURN_DEGREES))

    def action_anticlockwise(self) -> None:
        """Turn them to the left."""
        self._do(lambda editing: editing.turn(-TURN_DEGREES))

    def action_grow(self) -> None:
        """Larger about the middle."""
        self._do(lambda editing: editing.scale(GROW))

    def action_shrink(self) -> None:
        """Smaller about the middle."""
        self._do(lambda editing: editing.scale(1 / GROW))

    def action_pen(self) -> None:
        """Down to paint, down to erase, up."""
        self._do(Editing.turn_pen)

    def action_wider(self) -> None:
        """A wider brush."""
        self._do(lambda editing: editing.size_brush(1))

    def action_finer(self) -> None:
        """A finer brush."""
        self._do(lambda editing: editing.size_brush(-1))

    def action_undo(self) -> None:
        """As before the last change."""
        self._do(Editing.undo)

    def action_redo(self) -> None:
        """As before it was undone."""
        self._do(Editing.redo)

    def action_zoom(self) -> None:
        """Larger around what is chosen; after the largest the whole region."""
        self.query_one(EditPad).turn_zoom()
        self._say()

    def action_overlay(self) -> None:
        """Points, box and mask at once, or only what is edited."""
        pad = self.query_one(EditPad)
        pad.everything = not pad.everything
        pad.repaint()

    # --- copy from other frames ---------------------------------------------------------------

    def action_copy_before(self) -> None:
        """Take it from the frame before."""
        self._copy(-1)

    def action_copy_after(self) -> None:
        """Take it from the frame after."""
        self._copy(1)

    @in_thread(exclusive=True, group="copy")
    def _copy(self, by: int) -> None:
        """In a thread: the mask comes from the engine, points and box from faces.db."""
        loaded = self._loaded
        if loaded is None:
            return
        act = self._copied(loaded, by)
        if loaded is self._loaded:
            deliver(self, self._do, act)

    def _copied(self, loaded: Loaded, by: int) -> Callable[[Editing], object]:
        project = self._curation.project
        with Store(project.db_path, readonly=True) as store:
            other = curate.neighbour(store, loaded.face, by)
            draft = shapes.draft_of(curate.shape_of(store, other))
        if loaded.editing.aim != "mask":
            return lambda editing: editing.copy(draft)
        frame = self._frames.ask(project.path, other)
        return lambda editing: editing.copy_mask(frame.mask, frame.region)

    # --- saving and leaving -------------------------------------------------------------------

    def action_save(self) -> None:
        """Store points, box and mask; the next extraction cuts the face anew."""
        loaded = self._loaded
        if loaded is None:
            return
        draft, mask = loaded.editing.draft, loaded.shape.mask
        if draft.mask is not None:
            png, matrix = shapes.mask_png(draft.mask), shapes.mask_matrix(loaded.editing.region)
            mask = (png, matrix, MASK_PX)

        def saved() -> None:
            loaded.editing.saved = draft
            if self.is_attached:
                self.notify(tr("Saved: the next extraction cuts this face anew."), timeout=3)
                self._say()

        self._curation.save(loaded.face, shapes.shape_of(draft, loaded.shape, mask), saved)

    async def action_earlier(self) -> None:
        """The face of the frame before."""
        await self._step(-1)

    async def action_later(self) -> None:
        """The face of the frame after."""
        await self._step(1)

    async def _step(self, by: int) -> None:
        def look() -> int:
            with Store(self._curation.project.db_path, readonly=True) as store:
                return curate.neighbour(store, self._face, by)

        other = await read(self, look)
        if other is not None:
            self.unless_lost(lambda: self._turn_to(other))

    def action_back(self) -> None:
        """Leave; what is not saved is asked about."""
        self.unless_lost(lambda: self.dismiss(None))

    async def on_unmount(self) -> None:
        """The interface may end without a question: keep what is not saved for the next time."""
        loaded, view = self._loaded, self._view
        if loaded is None or not loaded.editing.dirty:
            return
        await self._curation.writes.finished()
        if loaded.editing.dirty:
            view.unsaved[loaded.face] = loaded.editing.saved, loaded.editing.draft
            view.face = loaded.face  # the cursor comes back to it

    def unless_lost(self, act: Callable[[], Any]) -> None:
        """Do something that forgets the draft, if nothing is lost or the user says so."""
        if self.editing is None or not self.editing.dirty:
            act()
            return
        from fstui.widgets.confirm import Confirm

        def go(yes: bool | None) -> None:
            if yes:
                self._loaded = None
                act()

        question = tr("Leave this face without saving?")
        lost = tr("What was moved or painted since it was saved last is lost.")
        self.app.push_screen(Confirm(question, lost, act=tr("Leave"), keep=tr("Stay")), go)
