"""A watcher in this process: time that only the test moves, and an engine that is told what files
are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from engine.errors import EngineCrashed, NotPossible
from engine.project import Project
from engine.protocol import Job, JobFolder, Step
from engine.report import Reporter
from engine.watch.ledger import Ledger
from engine.watch.watcher import Watcher
from engine.work import Work

SETTINGS = {"settle_s": 2.0, "patience_s": 60.0, "poll_s": 1.0, "polling": True}


class Engine:
    """Stands in for the engine's own process: a file is whole when it says so."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.before: Callable[[Path], None] = lambda path: None
        self.people: dict[str, Any] = {}

    def ask(self, what: str, *words: str, **_: Any) -> list[dict[str, Any]]:
        if what == "recognise":
            return [self.people[Path(word).name] for word in words[2:]]
        self.asked.append([Path(word).name for word in words])
        return [self.one(Path(word)) for word in words]

    def one(self, path: Path) -> dict[str, str]:
        self.before(path)
        if path.is_dir():
            return {"problem": ""}
        if not path.exists():
            return {"error": f"There is nothing at {path}."}
        data = path.read_bytes()
        if data.startswith(b"kills"):
            raise EngineCrashed("The engine died over it.")
        if data.startswith(b"hangs"):
            raise NotPossible("The engine had no answer.")
        if data.startswith(b"rubbish"):
            return {"error": "it is no video"}
        return {"problem": "" if data.endswith(b"end") else "it is cut off"}


class Bench:
    """A project, a watcher, and time that only the test moves."""

    def __init__(self, project: Project, engine: Engine) -> None:
        self.project, self.engine, self.now = project, engine, 1000.0
        self.begin()

    def begin(self, **settings: Any) -> None:
        """A watcher is started, as after a kill of the one before."""
        values = {**SETTINGS, **settings}
        step = Step("watch", None, values)
        self.folder = JobFolder.create(self.project.path, Job(1, "watch", [step]))
        control = SimpleNamespace(stopping=False, look=lambda: None)
        project = Project.open(self.project.path)
        work = Work(project, self.folder, step, Reporter(self.folder), control)  # type: ignore[arg-type]
        self.watcher = Watcher(work)
        self.watcher.folders.make()
        self.run(0)

    def run(self, seconds: float, each: float = 1.0) -> None:
        """Let time pass, and the watcher look."""
        for _ in range(max(1, round(seconds / each))):
            self.now += each
            self.watcher.step(self.now, True)

    def put(self, name: str, data: bytes = b"film end") -> Path:
        path = self.project.path / "media" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return path

    def told(self, name: str) -> list[tuple[str, str]]:
        """States of a file and why, of this watcher."""
        found = [e.data for e in self.folder.events()[0] if e.k == "arrival"]
        return [(d["state"], d["why"]) for d in found if d["path"] in (name, f"media/{name}")]

    def states(self, name: str) -> list[str]:
        return [state for state, _ in self.told(name)]

    def warnings(self) -> list[str]:
        return [e.data["text"] for e in self.folder.events()[0] if e.k == "warn"]

    def sources(self) -> dict[str, str]:
        return {s.path: s.side for s in Project.open(self.project.path).sources()}

    def book(self) -> dict[str, str]:
        return {path: a.fate for path, a in Ledger(self.project).book.files.items()}
