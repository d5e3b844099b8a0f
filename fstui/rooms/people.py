"""The form that records who a side shows, on what ground and until when, and takes it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from textual.widget import Widget
from textual.widgets import Input, Static

from engine.errors import BadInput, NothingToDo
from engine.project import PERSON_SIDES, Ground, Person, Project, day
from engine.trust.consent import problem_of, today
from fstui.i18n import later, tr, tr_n
from fstui.model.people import GROUND_WORDS, person_words, user_name
from fstui.model.sidewords import SHOWS
from fstui.rooms.choice import Choice
from fstui.rooms.dialog import Dialog, labelled
from fstui.threads import deliver, failure_of, in_thread
from fstui.widgets.confirm import Confirm

FIELDS = ("name", "until")
"""The entries of a side, by their ids."""


class Change(NamedTuple):
    """A record that is to be written or taken back."""

    act: Callable[[], None]
    words: list[str]
    """The command that does it."""


class People(Dialog[bool]):
    """Name, ground and last day of both sides."""

    heading = later("People: who is shown, and on what ground their face may be used")
    act = later("Record")

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project

    def fields(self) -> Iterable[Widget]:
        """Three fields a side, as they are recorded now."""
        for side in PERSON_SIDES:
            person = self._project.file.people.get(side)
            yield Static(_heading(side, person), classes="dialog--section", markup=False)
            name = Input(person.name if person else "", id=f"name-{side}")
            yield labelled(tr("Name"), name, tr("empty: take it back") if person else "")
            grounds = [(tr(ground.value), ground) for ground in Ground]
            chosen = person.ground if person else None
            yield labelled(tr("Ground"), Choice(grounds, chosen, id=f"ground-{side}"))
            until = Input(person.until if person else "", id=f"until-{side}")
            yield labelled(tr("Last day"), until, tr("as in 2027-12-31, or empty"))

    def submit(self) -> None:
        """Record; before one is taken back, ask with what goes."""
        if self.busy:
            return
        people = self._project.file.people
        gone = {side: people[side] for side in PERSON_SIDES if side in people and self._empty(side)}
        if not gone:
            self._record()
            return
        told = "; ".join(f"{side.upper()}: {person_words(p)}" for side, p in gone.items())
        question = tr_n("Take {n} record back?", "Take {n} records back?", len(gone))
        lost = tr("{told}. It leaves project.toml, and nothing is converted without it.")
        self.app.push_screen(
            Confirm(
                question.format(n=len(gone)),
                lost.format(told=told),
                act=tr("Take it back"),
                keep=tr("Keep"),
            ),
            lambda yes: self._record() if yes else None,
        )

    def commands(self) -> list[list[str]]:
        """`people PROJECT a NAME --ground GROUND` for each side that is recorded anew, or its
        `--remove`."""
        if not (changes := self._changes()):
            raise NothingToDo(tr("Nothing was changed: esc leaves it as it is."))
        return [change.words for change in changes]

    def _empty(self, side: str) -> bool:
        return not self.query_one(f"#name-{side}", Input).value.strip()

    def _record(self) -> None:
        done, changes = self.attempt(self._changes)
        if done:
            self.busy = True
            self._write(changes)

    def _changes(self) -> list[Change]:
        """What is to be written. Raises `BadInput` for halves."""
        changes = [change for side in PERSON_SIDES if (change := self._change(side))]
        if not changes and not self._project.file.people:
            raise BadInput(tr("Fill in a name and a ground for side A or B."))
        return changes

    @in_thread(exclusive=True)
    def _write(self, changes: list[Change]) -> None:
        """In a thread: a project.toml of many sources takes a second, a watcher may hold it."""

        def write() -> None:
            for change in changes:
                change.act()

        deliver(self, self._written, failure_of(write))

    def _written(self, problem: str) -> None:
        self.busy = False
        if problem:
            self.problem(problem)
        else:
            self.dismiss(True)

    def _change(self, side: str) -> Change | None:
        """What is to be written of a side: a record that stays as it is keeps its date and who
        recorded it."""
        name, until = (self.query_one(f"#{n}-{side}", Input).value.strip() for n in FIELDS)
        ground = self.query_one(f"#ground-{side}", Choice).value
        person, words = self._project.file.people.get(side), ["people", self._project.name, side]
        if person and not name:
            return Change(partial(self._project.remove_person, side), [*words, "--remove"])
        if not name and ground is None and not until:
            return None
        if not name or not isinstance(ground, Ground):
            lacks = tr("Side {side} needs both a name and a ground.")
            raise BadInput(lacks.format(side=side.upper()))
        until = day(until)
        if until and until < today():
            over = tr("Side {side}: {day} is over: a ground that holds is needed.")
            raise BadInput(over.format(side=side.upper(), day=until))
        as_it_is = person and (person.name, person.ground, person.until) == (name, ground, until)
        if as_it_is and not problem_of(person, today()):
            return None
        words += [name, "--ground", GROUND_WORDS[ground], *(["--until", until] if until else [])]
        act = partial(self._project.set_person, side, name, ground, user_name(), until)
        return Change(act, words)


def _heading(side: str, person: Person | None) -> str:
    """Whose fields they are, who recorded them, and what is wrong with them."""
    shows = tr(SHOWS[side])
    if person is None:
        return shows
    if problem := problem_of(person, today()):
        return f"{shows}: {problem}"
    recorded = tr("{shows}: recorded by {who}, {day}")
    return recorded.format(shows=shows, who=person.recorded_by, day=person.recorded_at[:10])
