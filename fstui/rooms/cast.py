"""The form of the setting models: which project's model paints each person of the target."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from engine import facelist
from engine.convert.roles import named_in
from engine.errors import BadInput, NothingToDo
from engine.facelist import Person
from engine.project import Project
from engine.protocol import safe_text
from engine.reached import checkpoint_iteration
from engine.settings import as_list
from engine.store import Store
from engine.workspace import projects_of
from fstui.i18n import later, tr, tr_n
from fstui.rooms.choice import Choice
from fstui.rooms.dialog import Dialog, labelled
from fstui.threads import begin_thread, deliver
from fstui.widgets.timeline import person_words

MOST_PEOPLE = 40
"""People who are asked about, those with most faces."""


class Cast(Dialog[str]):
    """A line for each person; ends with what the setting models is."""

    heading = later("Who is painted by which model")
    act = later("Take")
    long = True

    def __init__(self, people: Sequence[Person], models: Sequence[str], roles: dict[int, str]):
        super().__init__()
        self._people, self._models, self._roles = people, models, roles

    def title_text(self) -> str:
        """The heading."""
        return tr(self.heading)

    def fields(self) -> Iterable[Widget]:
        """Each person with the models that there are."""
        about = tr("left and right choose; a project's b is who was trained to be put in")
        yield Static(about, classes="dialog--help", markup=False)
        for person in self._people:
            faces = tr_n("{n} face", "{n} faces", person.faces).format(n=person.faces)
            where, frame = person.first
            first = tr("{faces}, first in {clip}, frame {frame}")
            hint = first.format(faces=faces, clip=safe_text(where), frame=frame + 1)
            value = self._roles.get(person.person, "")
            models = {name: name for name in (*self._models, value) if name}
            options = [(tr("stays as they are"), ""), *((safe_text(n), n) for n in models)]
            choice = Choice(options, value, id=f"cast-{person.person}")
            yield labelled(person_words(person.person), choice, hint)

    def accept(self) -> str:
        """`0=anna,2=carl:a`; empty where everyone stays: then the project's own model paints."""
        numbers = [person.person for person in self._people]
        chosen = {n: self.query_one(f"#cast-{n}", Choice).value for n in numbers}
        roles = self._roles | chosen  # those without a line stay as they were
        return as_list(f"{person}={model}" for person, model in roles.items() if model)


def ask_cast(
    screen: Screen[Any], project: Project, models: str, take: Callable[[str | None], None]
) -> None:
    """Read in a thread who there is, then show the form over a screen; `take` gets its result."""

    def show(cast: Cast) -> None:
        screen.app.push_screen(cast, take)

    def look() -> None:
        deliver(screen, show, read_cast(project, models))

    begin_thread(screen, look, group="cast", exclusive=True)


def read_cast(project: Project, models: str) -> Cast:
    """The form for a project whose setting models is so far this. Raises `NothingToDo` where people
    were not told apart or no project has a model."""
    people = []
    if project.db_path.is_file():
        with Store(project.db_path, readonly=True) as store:
            people = facelist.people(store, "target")
    if not people:
        refused = tr(
            "People were not told apart in the target: 'faces people {project} --side target "
            "--threshold 0.5' does it."
        )
        raise NothingToDo(refused.format(project=project.typed))
    trained = [p for p in projects_of(project.path.parent) if checkpoint_iteration(p) is not None]
    if not trained:
        refused = tr("No project beside {project} has a trained model yet: train one.")
        raise NothingToDo(refused.format(project=project.name))
    names = [f"{path.name}{side}" for path in trained for side in ("", ":a")]
    people.sort(key=lambda person: -person.faces)
    return Cast(people[:MOST_PEOPLE], names, _roles(models))


def _roles(models: str) -> dict[int, str]:
    """The models of a setting by person; none where it can't be read."""
    try:
        named = named_in(models) if models else {}
    except BadInput:
        return {}
    return {person: f"{name}{':a' * (side == 'a')}" for person, (name, side) in named.items()}
