"""The book of arrivals, the inbox's questions and answers, and the commands that show them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import BadInput, Damaged, Exit
from engine.locks import PROJECT_LOCKS
from engine.process import FileLock
from engine.project import Project
from engine.protocol import Step
from engine.settings import WatchSettings
from engine.watch import inbox
from engine.watch.candidates import Signature
from engine.watch.inbox import LACKING, answer, file_to, is_moving, verdict
from engine.watch.ledger import RUNS_KEPT, Arrival, Ledger, Run, retry, stamped
from engine.watch.listing import _judged
from fstui import cli


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return Project.create(tmp_workspace, "film")


def note(ledger: Ledger, path: Path, arrival: Arrival) -> None:
    with ledger.change() as book:
        book.files[ledger.key(path)] = stamped(arrival)


def put(project: Project, name: str, data: bytes = b"x") -> Path:
    path = project.path / "media" / name
    path.write_bytes(data)
    return path


# --- whom a clip shows -------------------------------------------------------------------------

A, B, STRANGER = (0.2, 0.8), (0.8, 0.25), (0.8, 0.9)


@pytest.mark.parametrize(
    ("frames", "side", "why"),
    [
        ([[A]] * 10, "target", "it shows A"),
        ([[B]] * 10, "b", "it shows B"),
        ([[A, STRANGER]] * 10, "target", "it shows A"),
        ([[B]] * 9 + [[A]], "b", "it shows B"),
        ([[A, B]] * 10, "", "both people"),
        ([[A]] * 5 + [[B]] * 5, "", "both people"),
        ([[A]] * 7 + [[B]] * 3, "", "unsure"),
        ([[STRANGER]] * 10, "", "neither"),
        ([[A]] * 2 + [[STRANGER]] * 8, "", "unsure"),
        ([[B]] * 2, "", "too few faces: 2 of 12"),
        ([], "", "too few faces: 0 of 12"),
    ],
)
def test_where_a_clip_goes(frames: list, side: str, why: str) -> None:
    found = verdict(frames, 12, 0.6, "target")
    assert found.side == side
    assert why in found.why


def test_the_project_says_where_clips_of_a_go() -> None:
    assert verdict([[A]] * 5, 12, 0.6, "a").side == "a"


@pytest.mark.parametrize(
    ("face", "side"), [((0.5, 0.3), "b"), ((0.36, 0.3), ""), ((0.9, 0.59), "b"), ((0.9, 0.61), "")]
)
def test_a_face_is_near_to_one_and_not_to_the_other(face: tuple, side: str) -> None:
    assert verdict([[face]] * 5, 12, 0.6, "target").side == side


# --- filing ------------------------------------------------------------------------------------


def test_filing_renames_and_never_overwrites(project: Project) -> None:
    put(project, "a/clip.mp4", b"there before")
    path = put(project, "inbox/clip.mp4", b"new")
    ledger = Ledger(project)
    note(ledger, path, Arrival("inbox", "question", why="both"))
    aim = file_to(project, ledger, path, "a")
    assert aim == project.path / "media" / "a" / "clip-2.mp4"
    assert aim.read_bytes() == b"new"
    assert (project.path / "media" / "a" / "clip.mp4").read_bytes() == b"there before"
    assert not path.exists()
    (filed,) = ledger.book.files.items()
    assert filed[0] == "media/a/clip-2.mp4"
    assert (filed[1].fate, filed[1].from_inbox) == ("filed", True)


def test_somebody_faster_at_the_name_is_not_overwritten(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(project, "inbox/clip.mp4", b"new")
    real, seen = inbox.free_name, []

    def raced(folder: Path, name: Path) -> Path:
        aim = real(folder, name)
        seen.append(aim)
        if len(seen) == 1:
            aim.write_bytes(b"faster")
        return aim

    monkeypatch.setattr(inbox, "free_name", raced)
    aim = file_to(project, Ledger(project), path, "b")
    assert [p.name for p in seen] == ["clip.mp4", "clip-2.mp4"]
    assert (seen[0].read_bytes(), aim.read_bytes()) == (b"faster", b"new")
    assert list(Ledger(project).book.files) == ["media/b/clip-2.mp4"]


@pytest.mark.parametrize("name", ["../a/clip.mp4", "", "nothing.mp4", "/etc/hostname"])
def test_an_answer_stays_inside_the_inbox(project: Project, name: str) -> None:
    put(project, "a/clip.mp4")
    with pytest.raises(BadInput, match="inbox"):
        answer(project, name, "b")


def test_questions_are_listed_and_answered(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put(project, "inbox/who.mp4")
    put(project, "inbox/new.mp4")
    note(Ledger(project), path, Arrival("inbox", "question", why="it shows both people"))
    assert cli.main(["inbox", "film"]) == 0
    out = capsys.readouterr().out
    assert "media/inbox/who.mp4: it shows both people" in out
    assert "media/inbox/new.mp4: not looked at yet" in out
    assert cli.main(["inbox", "film", "--file", "who.mp4"]) == Exit.USAGE
    assert cli.main(["inbox", "film", "--file", "who.mp4", "--to", "b", "--readonly"]) == 5
    assert path.exists()
    assert cli.main(["inbox", "film", "--file", "who.mp4", "--to", "b"]) == 0
    assert (project.path / "media" / "b" / "who.mp4").exists()
    capsys.readouterr()
    assert cli.main(["arrivals", "film"]) == 0
    out = capsys.readouterr().out
    assert "media/b/who.mp4: not looked at yet" in out
    assert "No watcher runs: 'fstui watch film --detach' starts one." in out
    assert cli.main(["inbox", "film", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {}


# --- the book ----------------------------------------------------------------------------------


def test_two_who_change_the_book_see_each_other(project: Project) -> None:
    one, other = Ledger(project), Ledger(project)
    note(one, project.path / "media" / "a" / "1.mp4", Arrival("a", "dead", Signature(1, 2, 3)))
    assert list(other.book.files) == ["media/a/1.mp4"]
    note(other, Path("/mnt/nas/2.mp4"), Arrival("b", "taken"))
    assert list(one.book.files) == ["media/a/1.mp4", "/mnt/nas/2.mp4"]
    assert one.book.files["media/a/1.mp4"].signature == Signature(1, 2, 3)


def test_a_book_that_cannot_be_read_is_told_and_not_thrown_away(project: Project) -> None:
    path = project.path / "arrivals.json"
    path.write_text("[broken")
    with pytest.raises(Damaged, match=r"arrivals\.json can't be read"):
        _ = Ledger(project).book
    assert cli.main(["arrivals", "film"]) == Exit.DAMAGED
    assert cli.main(["status", "film", "--json"]) == 0
    assert path.read_text() == "[broken"
    path.write_text('{"v": 9}')
    with pytest.raises(Damaged, match="newer"):
        _ = Ledger(project).book


def test_a_book_from_elsewhere_starts_nothing_that_recipes_may_not(project: Project) -> None:
    with Ledger(project).change() as book:
        book.runs.append(Run("1", "r", {}, steps=[Step("import", "a", {"file": "/etc/passwd"})]))
    with pytest.raises(Damaged, match="none of a recipe's: import"):
        _ = Ledger(Project.open(project.path)).book


def test_finished_runs_are_forgotten_in_the_end(project: Project) -> None:
    ledger = Ledger(project)
    with ledger.change() as book:
        book.runs = [Run(str(n), "r", {}, state="done") for n in range(RUNS_KEPT + 5)]
        book.runs.insert(0, Run("waits", "r", {}))
    ids = [run.id for run in Ledger(project).book.runs]
    assert ids == ["waits", *map(str, range(5, RUNS_KEPT + 5))]


def test_dead_letters_are_listed_with_reason_and_time_and_retried(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = Ledger(project)
    note(ledger, put(project, "a/bad.mp4"), Arrival("a", "dead", why="it is empty"))
    with ledger.change() as book:
        failed = Run("1", "night", {"media/b/x.mp4": "b"}, "failed", "no face was found")
        book.runs.append(failed)
    assert cli.main(["arrivals", "film"]) == 0
    out = capsys.readouterr().out
    assert "media/a/bad.mp4: not used, it is empty (20" in out
    assert "recipe night failed for media/b/x.mp4: no face was found" in out

    assert cli.main(["status", "film", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["arrivals"]
    assert told["dead"][0]["path"] == "media/a/bad.mp4"
    assert told["dead"][0]["why"] == "it is empty"
    assert told["runs"][0]["state"] == "failed"

    assert cli.main(["arrivals", "film", "--retry", "nothing"]) == Exit.BAD_INPUT
    assert "media/a/bad.mp4" in capsys.readouterr().err
    assert cli.main(["arrivals", "film", "--retry", "bad.mp4"]) == 0
    lone = (
        "media/a/bad.mp4 is tried again; no watcher runs: 'fstui watch film --detach' starts one."
    )
    assert capsys.readouterr().out.strip() == lone
    watcher = FileLock(project.path / "locks" / PROJECT_LOCKS["watch"])
    assert watcher.acquire()
    assert cli.main(["arrivals", "film", "--retry", "night"]) == 0
    assert capsys.readouterr().out == "recipe night is tried again.\n"
    watcher.release()
    book = Ledger(project).book
    assert book.files == {}
    assert [run.state for run in book.runs] == ["waiting"]
    capsys.readouterr()
    assert cli.main(["--readonly", "arrivals", "film", "--retry", "night"]) == Exit.REFUSED


def test_a_dead_letter_that_came_by_the_inbox_is_retried_as_such(project: Project) -> None:
    ledger = Ledger(project)
    note(ledger, put(project, "b/x.mp4"), Arrival("b", "dead", why="?", from_inbox=True))
    assert retry(ledger, "x.mp4") == "media/b/x.mp4"
    (again,) = Ledger(project).book.files.values()
    assert again.came_by == {"b", "inbox"}
    assert not again.decided
    assert is_moving(again), "it is not forgotten before anybody looks"


def test_a_question_for_want_of_faces_begins_so_that_it_is_asked_again() -> None:
    found = _judged({"lacking": ["a", "b"]}, WatchSettings())
    assert (found.side, found.why) == ("", f"{LACKING}: side a and b have no faces yet")
