"""The watcher at work with a clock of the test's own: what arrives, and what goes wrong with it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import BadInput, EngineCrashed, NotPossible
from engine.project import Project
from engine.protocol import Job, JobFolder, Step
from engine.report import Reporter
from engine.watch import arrivals, listing, runs
from engine.watch.inbox import LACKING
from engine.watch.ledger import Ledger, retry
from engine.watch.watcher import Watcher
from engine.work import Work

SETTINGS = {"settle_s": 2.0, "patience_s": 60.0, "poll_s": 1.0, "polling": True}
STORM = 10_000


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


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    found = Engine()
    monkeypatch.setattr(listing, "ask", found.ask)
    return found


@pytest.fixture
def bench(tmp_workspace: Path, engine: Engine) -> Bench:
    return Bench(Project.create(tmp_workspace, "film"), engine)


# --- whole or not ------------------------------------------------------------------------------


def test_a_file_that_grows_for_a_minute_is_taken_once_and_whole(bench: Bench) -> None:
    path = bench.put("a/x.mp4", b"film")
    for _ in range(60):
        with open(path, "ab") as file:
            file.write(b"more")
        bench.run(1)
    assert bench.states("a/x.mp4") == ["arriving"]
    with open(path, "ab") as file:
        file.write(b"end")
    bench.run(4)
    assert bench.states("a/x.mp4") == ["arriving", "ready"]
    assert bench.engine.asked == [["x.mp4"]]


def test_a_stalled_copy_is_waited_for_and_taken_up_again_when_it_grows(bench: Bench) -> None:
    path = bench.put("a/x.mp4", b"film")
    bench.run(30)
    assert bench.told("a/x.mp4") == [("arriving", ""), ("waiting", "it is cut off")]
    assert len(bench.engine.asked) == 1, "it is not opened again while it stands still"
    path.write_bytes(b"film end")
    bench.run(4)
    assert bench.states("a/x.mp4")[-1] == "ready"
    assert bench.warnings() == []


def test_a_copy_that_never_ends_is_used_in_part_with_a_warning(bench: Bench) -> None:
    bench.put("a/x.mp4", b"film")
    bench.run(70)
    assert bench.states("a/x.mp4") == ["arriving", "waiting", "ready"]
    assert bench.warnings() == ["x.mp4: it is cut off"]


def test_what_is_no_video_in_the_end_is_a_dead_letter_until_it_changes(bench: Bench) -> None:
    path = bench.put("a/x.mp4", b"rubbish")
    bench.run(70)
    assert bench.told("a/x.mp4")[-1] == ("refused", "it is no video")
    assert path.exists()
    assert bench.book() == {"media/a/x.mp4": "dead"}
    bench.run(300)
    assert len(bench.told("a/x.mp4")) == 3, "a dead letter is told once"
    path.write_bytes(b"film end")
    bench.run(4)
    assert bench.states("a/x.mp4")[-1] == "ready"
    assert bench.book() == {"media/a/x.mp4": "taken"}


def test_a_dead_letter_is_known_to_the_next_watcher_and_retried_when_asked(bench: Bench) -> None:
    bench.put("a/notes.txt")
    bench.run(4)
    assert bench.states("a/notes.txt") == ["arriving", "refused"]
    bench.begin()
    bench.run(10)
    assert bench.states("a/notes.txt") == []
    retry(Ledger(bench.project), "notes.txt")
    bench.run(4)
    assert bench.states("a/notes.txt") == ["arriving", "refused"]


# --- faults ------------------------------------------------------------------------------------


def test_a_file_that_vanishes_while_it_is_read_is_gone_and_no_dead_letter(bench: Bench) -> None:
    bench.engine.before = lambda path: path.unlink()
    bench.put("a/x.mp4")
    bench.run(4)
    assert bench.states("a/x.mp4") == ["arriving", "gone"]
    assert bench.book() == {}


def test_a_file_that_vanishes_while_it_is_listed_is_gone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = listing.list_sources

    def late(project: Project, side: str, paths: list[Path]) -> Any:
        paths[0].unlink()
        return real(project, side, paths)

    monkeypatch.setattr(arrivals.listing, "list_sources", late)
    bench.put("a/x.mp4")
    bench.run(4)
    assert bench.states("a/x.mp4") == ["arriving", "gone"]
    assert (bench.book(), bench.sources()) == ({}, {})


def test_a_file_that_kills_the_engine_takes_no_other_with_it(bench: Bench) -> None:
    bench.put("a/1.mp4", b"kills")
    bench.put("a/2.mp4", b"two end")
    bench.run(70)
    assert bench.told("a/1.mp4")[-1] == ("refused", "The engine died over it.")
    assert bench.states("a/2.mp4") == ["arriving", "ready"]
    assert bench.sources() == {"media/a/2.mp4": "a"}


@pytest.mark.parametrize("step_ns", [-3_600_000_000_000, 86_400_000_000_000])
def test_a_clock_that_jumps_makes_a_file_wait_again_and_no_more(bench: Bench, step_ns: int) -> None:
    path = bench.put("a/x.mp4")
    bench.run(1)
    now = path.stat().st_mtime_ns
    os.utime(path, ns=(now + step_ns, now + step_ns))
    bench.run(2)
    assert bench.states("a/x.mp4") == ["arriving"]
    bench.run(2)
    assert bench.states("a/x.mp4") == ["arriving", "ready"]


def test_a_file_without_permission_is_refused_and_taken_once_it_has_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bench.put("a/x.mp4")
    path.chmod(0)
    # The tests may run as root, who may read everything.
    monkeypatch.setattr(os, "access", lambda p, mode: bool(Path(p).stat().st_mode & 0o444))
    bench.run(4)
    state, why = bench.told("a/x.mp4")[-1]
    assert (state, "permissions" in why) == ("refused", True)
    path.chmod(0o644)
    bench.run(4)
    assert bench.states("a/x.mp4")[-1] == "ready"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_watcher_killed_over_a_file_takes_it_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    bench.project.set_watch(extract=True)
    real = listing.list_sources

    def killed(project: Project, side: str, paths: list[Path]) -> Any:
        if moment == "after":
            real(project, side, paths)
        raise SystemExit("killed")

    monkeypatch.setattr(arrivals.listing, "list_sources", killed)
    monkeypatch.setattr(runs.Runs, "tick", lambda self: None)
    bench.put("a/x.mp4")
    with pytest.raises(SystemExit):
        bench.run(4)
    assert bench.book() == {"media/a/x.mp4": "taking"}
    monkeypatch.setattr(arrivals.listing, "list_sources", real)
    bench.begin()
    bench.run(4)
    assert bench.states("a/x.mp4") == ["arriving", "ready"]
    assert bench.sources() == {"media/a/x.mp4": "a"}
    assert [run.files for run in Ledger(bench.project).book.runs] == [{"media/a/x.mp4": "a"}]


def test_a_drive_that_does_not_answer_is_told_once_and_tried_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hangs(*_: Any, **__: Any) -> None:
        raise NotPossible("The engine had no answer.")

    monkeypatch.setattr(listing, "ask", hangs)
    bench.put("a/x.mp4")
    bench.run(20)
    assert len(bench.warnings()) == 1
    monkeypatch.setattr(listing, "ask", bench.engine.ask)
    bench.run(4)
    assert bench.states("a/x.mp4") == ["arriving", "ready"]


def test_a_storm_of_ten_thousand_renames_ends_in_one_folder_of_pictures(bench: Bench) -> None:
    shots = bench.project.path / "media" / "target" / "shots"
    shots.mkdir()
    for number in range(STORM):
        (shots / f"{number}.png.part").touch()
    bench.begin(polling=False)
    bench.watcher.eyes.open(bench.watcher.folders.there)
    try:
        bench.run(3)
        assert bench.book() == {}
        for number in range(STORM):
            os.rename(shots / f"{number}.png.part", shots / f"{number}.png")
            if number % 2500 == 0:
                bench.run(1)
        assert bench.states("target/shots") == ["arriving"]
        bench.run(5)
        assert bench.states("target/shots") == ["arriving", "ready"]
        assert bench.sources() == {"media/target/shots": "target"}
        assert len(bench.folder.events()[0]) < 20
    finally:
        bench.watcher.eyes.close()


def test_many_files_at_once_are_listed_together(bench: Bench) -> None:
    for number in range(300):
        bench.put(f"a/{number}.mp4", b"%d end" % number)
    bench.run(4)
    assert len(bench.sources()) == 300
    assert len(bench.engine.asked) == 5


# --- folders that go away ----------------------------------------------------------------------


@pytest.fixture
def nas(bench: Bench, tmp_path: Path) -> Path:
    """A folder outside that the project names, with a clip that was taken and a dead letter."""
    nas = tmp_path / "nas"
    nas.mkdir()
    toml = bench.project.path / "project.toml"
    toml.write_text(toml.read_text() + f'\n[[watch.folder]]\npath = "{nas}"\nside = "b"\n')
    (nas / "x.mp4").write_bytes(b"film end")
    (nas / "notes.txt").write_text("notes")
    bench.begin()
    bench.run(4)
    return nas


def test_footage_of_a_folder_outside_is_listed_where_it_lies(bench: Bench, nas: Path) -> None:
    assert bench.states(str(nas / "x.mp4")) == ["arriving", "ready"]
    assert bench.sources() == {str(nas / "x.mp4"): "b"}
    assert bench.book()[str(nas / "notes.txt")] == "dead"


def test_a_folder_that_goes_away_and_comes_back_is_told_and_nothing_is_lost(
    bench: Bench, nas: Path
) -> None:
    before, events = bench.book(), len(bench.told(str(nas / "x.mp4")))
    away = nas.with_name("away")
    nas.rename(away)
    bench.run(30)
    (warning,) = bench.warnings()
    assert f"{nas} can't be watched" in warning
    assert bench.book() == before
    bench.put("a/meanwhile.mp4", b"meanwhile end")
    bench.run(4)
    assert bench.states("a/meanwhile.mp4")[-1] == "ready", "the other folders are watched on"
    (away / "new.mp4").write_bytes(b"new end")
    away.rename(nas)
    bench.run(4)
    assert bench.states(str(nas / "new.mp4")) == ["arriving", "ready"]
    assert len(bench.told(str(nas / "x.mp4"))) == events, "what was taken is not told again"
    assert before.items() <= bench.book().items()
    phases = [e.data["name"] for e in bench.folder.events()[0] if e.k == "phase"]
    assert f"watching {nas} again" in phases


def test_a_drive_that_leaves_its_bare_place_behind_counts_as_away(
    bench: Bench, nas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bench.book()
    for path in nas.iterdir():
        path.unlink()
    real = Path.stat

    def unmounted(path: Path, **how: Any) -> Any:
        found = real(path, **how)
        return SimpleNamespace(st_dev=found.st_dev + 1) if path == nas else found

    monkeypatch.setattr(Path, "stat", unmounted)
    bench.run(4)
    assert "its drive is not there" in bench.warnings()[0]
    assert bench.book() == before


@pytest.mark.parametrize(
    ("where", "side", "why"),
    [
        ("media/a", "b", "it lies in"),
        (".", "b", "it lies in"),
        ("..", "b", "around it"),
        ("/mnt/nas", "inbox", "its side is a, b or target"),
    ],
)
def test_a_folder_that_cannot_be_watched_is_refused(
    bench: Bench, where: str, side: str, why: str
) -> None:
    toml = bench.project.path / "project.toml"
    toml.write_text(toml.read_text() + f'\n[[watch.folder]]\npath = "{where}"\nside = "{side}"\n')
    with pytest.raises(BadInput, match=r"watch\.folder") as caught:
        bench.begin()
    assert why in str(caught.value)


# --- twice, replaced, meanwhile ----------------------------------------------------------------


def test_the_same_content_twice_is_used_once(bench: Bench) -> None:
    bench.put("a/x.mp4")
    bench.run(4)
    bench.put("a/copy.mp4")
    bench.put("b/copy.mp4")
    bench.run(4)
    assert bench.told("a/copy.mp4")[-1] == (
        *("refused", "the same footage is listed on this side already"),
    )
    assert bench.sources() == {"media/a/x.mp4": "a", "media/b/copy.mp4": "b"}


def test_a_file_that_was_replaced_is_taken_anew_under_its_name(bench: Bench) -> None:
    path = bench.put("a/x.mp4", b"one end")
    bench.run(4)
    (before,) = Project.open(bench.project.path).sources()
    path.write_bytes(b"another end")
    bench.run(4)
    assert bench.states("a/x.mp4") == ["arriving", "ready"] * 2
    (source,) = Project.open(bench.project.path).sources()
    assert source.path == before.path
    assert source.hash != before.hash


def test_a_file_that_is_only_touched_is_not_given_to_recipes_again(bench: Bench) -> None:
    path = bench.put("a/x.mp4")
    bench.run(4)
    bench.project.set_watch(extract=True)
    os.utime(path, (1, 1))
    bench.run(4)
    assert bench.told("a/x.mp4")[-1] == ("ready", "it was listed already")
    assert Ledger(bench.project).book.runs == []


def test_what_changed_while_the_watcher_was_down_is_seen(bench: Bench) -> None:
    for name in ("same", "replaced", "deleted"):
        bench.put(f"a/{name}.mp4", name.encode() + b" end")
    bench.run(4)
    bench.put("a/replaced.mp4", b"other content end")
    (bench.project.path / "media" / "a" / "deleted.mp4").unlink()
    bench.put("a/new.mp4", b"new end")
    bench.begin()
    bench.run(4)
    assert bench.states("a/same.mp4") == []
    assert bench.states("a/replaced.mp4") == ["arriving", "ready"]
    assert bench.states("a/new.mp4") == ["arriving", "ready"]
    assert "media/a/deleted.mp4" not in bench.book()


# --- the inbox ---------------------------------------------------------------------------------


def seen(*faces: tuple[float, float]) -> dict[str, Any]:
    return {"looked": 12, "faces": [[list(face)] for face in faces]}


def test_the_inbox_is_sorted_by_whom_clips_show(bench: Bench) -> None:
    near_a, near_b = (0.2, 0.8), (0.8, 0.2)
    bench.engine.people = {
        "a.mp4": seen(*[near_a] * 8),
        "b.mp4": seen(*[near_b] * 8),
        "both.mp4": seen(*[near_a, near_b] * 4),
        "few.mp4": seen(near_a),
        "broken.mp4": {"error": "it can't be decoded"},
    }
    for name in bench.engine.people:
        bench.put(f"inbox/{name}", name.encode() + b" end")
    bench.put("target/a.mp4", b"another of this name end")
    bench.run(8)
    assert bench.sources() == {
        "media/target/a.mp4": "target",
        "media/target/a-2.mp4": "target",
        "media/b/b.mp4": "b",
    }
    questions = {p: a.why for p, a in Ledger(bench.project).book.of("question").items()}
    assert "both people" in questions["media/inbox/both.mp4"]
    assert "too few faces" in questions["media/inbox/few.mp4"]
    assert questions["media/inbox/broken.mp4"] == "it can't be decoded"
    assert bench.told("inbox/a.mp4")[-1] == ("filed", "it shows A: media/target/a-2.mp4")
    bench.run(30)
    assert bench.states("inbox/both.mp4") == ["arriving", "question"], "it is asked once"


def test_what_came_by_the_inbox_is_given_to_the_inboxs_recipe(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs.Runs, "tick", lambda self: None)
    toml = bench.project.path / "project.toml"
    text = '\n[[recipe]]\nname = "sorted"\nwhen = "inbox"\nsteps = ["extract"]\n'
    toml.write_text(toml.read_text() + text)
    bench.engine.people = {"b.mp4": seen(*[(0.8, 0.2)] * 8)}
    bench.put("inbox/b.mp4", b"b end")
    bench.put("b/direct.mp4", b"direct end")
    bench.run(8)
    assert [run.files for run in Ledger(bench.project).book.runs] == [{"media/b/b.mp4": "b"}]


def test_questions_for_want_of_faces_are_asked_again_after_an_extraction(bench: Bench) -> None:
    bench.engine.people = {"b.mp4": {"lacking": ["b"]}}
    bench.put("inbox/b.mp4")
    bench.run(4)
    assert bench.told("inbox/b.mp4")[-1] == ("question", f"{LACKING}: side b has no faces yet")
    bench.engine.people = {"b.mp4": seen(*[(0.8, 0.2)] * 8)}
    bench.run(10)
    assert bench.states("inbox/b.mp4")[-1] == "question"
    from engine.process import FileLock

    extraction = FileLock(bench.project.path / "locks" / "faces")
    assert extraction.acquire()
    bench.run(2)
    extraction.release()
    bench.run(8)
    assert bench.sources() == {"media/b/b.mp4": "b"}


def test_a_link_in_the_inbox_is_not_filed(bench: Bench) -> None:
    path = bench.put("inbox/x.txt")
    (path.parent / "x.mp4").symlink_to(path)
    bench.run(4)
    assert bench.told("inbox/x.mp4")[-1] == ("refused", "it is a link, which can't be filed")
