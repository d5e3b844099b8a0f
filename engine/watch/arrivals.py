"""What arrives, from the first sight on: taken in, waited for, asked about, refused."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from engine.errors import BadInput
from engine.project import INBOX, SIDES, Project
from engine.settings import WatchSettings
from engine.watch import inbox, listing
from engine.watch.candidates import BESIDE, Candidate, places_of, refusal
from engine.watch.ledger import Arrival, Book, Fate, Ledger, stamped
from engine.watch.looking import Seen
from engine.watch.observe import Notices
from engine.watch.runs import Runs, give, rename
from engine.watch.settle import Ready, Settler
from engine.work import Work

TOGETHER = 256
"""Media that are looked into and listed at once."""
LIES_BESIDE = "it lies beside the folders: put it into a, b, target or inbox"


class Arrivals:
    """Watched footage, judged against what the book says of it already."""

    def __init__(
        self, work: Work, settings: WatchSettings, ledger: Ledger, settler: Settler, runs: Runs
    ) -> None:
        self._work, self._settings, self._ledger = work, settings, ledger
        self._settler, self._runs = settler, runs
        self._tops = [place.path for place in places_of(work.project)]
        self._undecided: dict[Path, Candidate] = {}
        self.taken = self.refused = 0

    @property
    def busy(self) -> bool:
        """Whether something is arriving."""
        return len(self._settler) > 0

    def catch_up(self, seen: Seen) -> None:
        """At the start: footage that was listed by hand is nothing new. What an earlier watcher was
        killed over is still `taking` in the book and arrives again."""
        project = self._project()
        known = {side: listing.sources_of(project, side) for side in SIDES}
        with self._ledger.change() as book:
            for place, path, signature in seen.candidates:
                key = self._ledger.key(path)
                if key in book.files or place not in known:
                    continue
                if listing.is_listed(known[place], path.resolve()):
                    book.files[key] = stamped(Arrival(place, "taken", signature))

    def ask_again(self) -> None:
        """Faces were found since: judge anew what there was nothing to compare with for."""
        with self._ledger.change() as book:
            for key, arrival in book.of("question").items():
                if arrival.why.startswith(inbox.LACKING):
                    del book.files[key]

    # --- a look ---

    def note(self, seen: Seen, now: float) -> None:
        """Note what is new or has changed, and forget what is gone."""
        book, present = self._ledger.book, set()
        for candidate in seen.candidates:
            present.add(candidate.path)
            known = book.files.get(self._ledger.key(candidate.path))
            if known and known.decided and known.signature == candidate.signature:
                continue
            if self._settler.see(candidate, now):
                self._tell(candidate, "arriving")
        for candidate in self._settler.drop_missing(present):
            if not seen.is_away(candidate.path):
                self._tell(candidate, "gone")
        self._forget(seen, present)

    def _forget(self, seen: Seen, present: set[Path]) -> None:
        """Leave out of the book what has vanished, but not what lies in a folder that is away."""
        keys = {self._ledger.key(path) for path in present}
        gone = [
            key
            for key, arrival in self._ledger.book.files.items()
            if key not in keys
            and not seen.is_away(self._ledger.project / key)
            and not inbox.is_moving(arrival)
        ]
        if gone:
            with self._ledger.change() as book:
                for key in gone:
                    book.files.pop(key, None)

    # --- what stands still ---

    def decide(self, notices: Notices, now: float) -> None:
        """Judge what stood still for long enough. Raises what may pass; what wasn't decided then is
        ready again after standing still for as long again."""
        ready = self._settler.take_ready(notices.being_written(), now)
        self._undecided = {r.candidate.path: r.candidate for r in ready}
        try:
            for start in range(0, len(ready), TOGETHER):
                if self._work.control.stopping:
                    return  # the next watching finds the rest
                self._judge(ready[start : start + TOGETHER])
        finally:
            for path in self._undecided:
                notices.forget(path)
                self._settler.see(self._undecided[path], now)

    def _judge(self, ready: Sequence[Ready]) -> None:
        kinds = [(r.candidate, self._no_footage(r.candidate)) for r in ready]
        self._refuse(*((candidate, why) for candidate, why in kinds if why is not None))
        possible = [r for r, (_, why) in zip(ready, kinds, strict=True) if why is None]
        whole = sorted(self._whole(possible), key=lambda candidate: candidate.place)
        for place, found in groupby(whole, key=lambda candidate: candidate.place):
            if place == INBOX:
                self._sort(list(found))
            else:
                self._take(place, list(found))

    def _no_footage(self, candidate: Candidate) -> str | None:
        """Why it can't be any, by its name and kind; None if it can."""
        place, path, _ = candidate
        if place == BESIDE:
            return LIES_BESIDE
        why = refusal(path, self._top(path))
        if why is None and place == INBOX and path.is_symlink():
            return "it is a link, which can't be filed"
        return why

    def _top(self, path: Path) -> Path:
        """The watched folder that something lies in."""
        return next(top for top in self._tops if path.is_relative_to(top))

    def _whole(self, ready: Sequence[Ready]) -> list[Candidate]:
        """Those that can be used; what isn't whole is waited for, and refused in the end."""
        whole = []
        paths = [r.candidate.path.resolve() for r in ready]
        for r, found in zip(ready, listing.examine(paths) if paths else [], strict=True):
            candidate, why = r.candidate, found.error or found.problem
            if why and not r.final and candidate.path.exists():
                del self._undecided[candidate.path]
                self._settler.wait_longer(r)
                self._tell(candidate, "waiting", why)
                continue
            if found.error:
                self._refuse((candidate, found.error))
                continue
            if found.problem:
                self._work.report.warn(f"{candidate.path.name}: {found.problem}")
            whole.append(candidate)
        return whole

    def _sort(self, found: Sequence[Candidate]) -> None:
        """File what lies in the inbox, or leave it with a question."""
        project = self._project()
        verdicts = listing.sort(project, [c.path for c in found], self._settings)
        for candidate, (side, why) in zip(found, verdicts, strict=True):
            if not side:
                self._ask(candidate, why)
                continue
            try:
                aim = inbox.file_to(project, self._ledger, candidate.path, side)
            except BadInput as error:
                self._refuse((candidate, str(error)))
                continue
            self._end(candidate, "filed", f"{why}: {self._ledger.key(aim)}")

    def _take(self, side: str, found: Sequence[Candidate]) -> None:
        """List footage as sources of a side and give what is new to the recipes. Written down
        before and after: a watcher killed in between takes it up, and gives it once."""
        project, book = self._project(), self._ledger.book
        before = {c.path: book.files.get(self._ledger.key(c.path)) for c in found}
        with self._ledger.change() as book:
            for c in found:
                self._enter(book, c, "taking")
        listed = listing.list_sources(project, side, [c.path.resolve() for c in found])
        fresh: dict[str, Arrival] = {}
        with self._ledger.change() as book:
            for c, (why, was_there, lay) in zip(found, listed, strict=True):
                if why:
                    continue
                if lay:
                    rename(book, self._ledger.key(lay), self._ledger.key(c.path))
                known = before[c.path]
                arrival = self._enter(book, c, "taken")
                if not was_there or (known and not known.decided):
                    fresh[self._ledger.key(c.path)] = arrival
            give(book, self._runs.read(project), fresh)
        said = zip(found, listed, strict=True)
        self._refuse(*((c, why) for c, (why, *_) in said if why))
        for c, (why, was_there, _) in zip(found, listed, strict=True):
            if not why:
                self.taken += self._ledger.key(c.path) in fresh
                self._end(c, "ready", "it was listed already" if was_there else "")

    # --- what is written and told ---

    def _refuse(self, *letters: tuple[Candidate, str]) -> None:
        """Dead letters, each with why; what has vanished meanwhile is none."""
        left = [(candidate, why) for candidate, why in letters if not self._vanished(candidate)]
        if left:
            with self._ledger.change() as book:
                for candidate, why in left:
                    self._enter(book, candidate, "dead", why)
        self.refused += len(left)
        for candidate, why in left:
            self._end(candidate, "refused", why)

    def _ask(self, candidate: Candidate, why: str) -> None:
        """A question to the user; what has vanished meanwhile is none."""
        if self._vanished(candidate):
            return
        with self._ledger.change() as book:
            self._enter(book, candidate, "question", why)
        self._end(candidate, "question", why)

    def _vanished(self, candidate: Candidate) -> bool:
        path = candidate.path
        if path.is_symlink() or path.exists():
            return False
        self._ledger.drop(path)
        self._end(candidate, "gone")
        return True

    def _enter(self, book: Book, candidate: Candidate, fate: Fate, why: str = "") -> Arrival:
        """Write into the book what becomes of a candidate; that it came by the inbox stays."""
        key = self._ledger.key(candidate.path)
        known = book.files.get(key)
        from_inbox = known is not None and known.from_inbox
        book.files[key] = stamped(
            Arrival(candidate.place, fate, candidate.signature, why=why, from_inbox=from_inbox)
        )
        return book.files[key]

    def _end(self, candidate: Candidate, state: str, why: str = "") -> None:
        """It is decided."""
        self._undecided.pop(candidate.path, None)
        self._tell(candidate, state, why)

    def _tell(self, candidate: Candidate, state: str, why: str = "") -> None:
        shown = self._ledger.key(candidate.path)
        self._work.report.event("arrival", path=shown, side=candidate.place, state=state, why=why)

    def _project(self) -> Project:
        """As it is now: it may be edited meanwhile."""
        return Project.open(self._work.project.path)
