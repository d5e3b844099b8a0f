"""Folders that go away, footage that is there twice or was replaced, and the inbox."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from watch_bench import Bench

from engine.errors import BadInput
from engine.footage import content_hash
from engine.process import FileLock
from engine.project import Project
from engine.watch import observe, runs
from engine.watch.inbox import LACKING
from engine.watch.ledger import Arrival, Ledger, Run, retry

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


def test_a_folder_that_is_not_there_at_the_start_costs_the_others_nothing(
    bench: Bench, nas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observe, "file_system", lambda _: "ext4")
    away = nas.with_name("away")
    nas.rename(away)
    bench.begin(polling=False)
    try:
        (warning,) = bench.warnings()
        assert f"{nas} can't be watched (no such file" in warning
        assert not bench.watcher.eyes.polled, "the others are told of by inotify"
        away.rename(nas)
        (nas / "new.mp4").write_bytes(b"new end")
        bench.run(5)
        assert bench.states(str(nas / "new.mp4")) == ["arriving", "ready"]
        assert not bench.watcher.eyes.polled
    finally:
        bench.watcher.eyes.close()


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


def test_a_file_that_is_renamed_stays_the_source_that_it_was(bench: Bench) -> None:
    path = bench.put("a/x.mp4")
    bench.run(4)
    ledger = Ledger(bench.project)
    with ledger.change() as book:
        book.runs += [Run(s, "gone", {"media/a/x.mp4": "a"}, s) for s in ("done", "running")]
    bench.watcher.runs.tick = lambda _: None  # type: ignore[method-assign]
    bench.project.change(lambda doc: doc["watch"].update(extract=True))
    path.rename(path.with_name("y.mp4"))
    bench.run(4)
    assert bench.told("a/y.mp4")[-1] == ("ready", "it was listed already")
    assert bench.sources() == {"media/a/y.mp4": "a"}
    assert bench.book() == {"media/a/y.mp4": "taken"}
    files = {run.state: list(run.files) for run in ledger.book.runs}
    assert files == {"done": ["media/a/x.mp4"], "running": ["media/a/y.mp4"]}, "nothing is new"


def test_files_that_take_each_others_names_are_all_listed(bench: Bench) -> None:
    first, second = bench.put("a/x.mp4", b"one end"), bench.put("a/y.mp4", b"two end")
    bench.run(4)
    third = second.rename(second.with_name("z.mp4"))
    second = first.rename(first.with_name("y.mp4"))
    bench.run(4)
    assert bench.sources() == {"media/a/y.mp4": "a", "media/a/z.mp4": "a"}
    aside = second.rename(second.with_name(".aside"))
    third.rename(second)
    aside.rename(third)
    bench.run(4)
    assert bench.sources() == {"media/a/y.mp4": "a", "media/a/z.mp4": "a"}
    project = Project.open(bench.project.path)
    assert all(content_hash(project.source_path(s)) == s.hash for s in project.sources("a"))


def test_a_file_that_is_only_touched_is_not_given_to_recipes_again(bench: Bench) -> None:
    path = bench.put("a/x.mp4")
    bench.run(4)
    bench.project.change(lambda doc: doc["watch"].update(extract=True))
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


def test_a_retried_file_of_the_inbox_is_given_to_the_inboxs_recipes(bench: Bench) -> None:
    toml = bench.project.path / "project.toml"
    recipe = '\n[[recipe]]\nname = "r"\nwhen = "inbox"\nsteps = ["extract"]\n'
    toml.write_text(toml.read_text() + recipe)
    bench.put("b/x.mp4")
    ledger = Ledger(bench.project)
    with ledger.change() as book:
        book.files["media/b/x.mp4"] = Arrival("b", "dead", why="a hiccup", from_inbox=True)
    retry(ledger, "x.mp4")
    bench.run(4)
    assert [(run.recipe, run.files) for run in ledger.book.runs] == [("r", {"media/b/x.mp4": "b"})]


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


def test_the_project_says_where_clips_of_a_go(bench: Bench) -> None:
    toml = bench.project.path / "project.toml"
    toml.write_text(toml.read_text() + '\n[settings.watch]\nshows_a = "a"\n')
    bench.begin()
    bench.engine.people = {"x.mp4": seen(*[(0.2, 0.8)] * 8)}
    bench.put("inbox/x.mp4")
    bench.run(8)
    assert bench.sources() == {"media/a/x.mp4": "a"}


def test_what_came_by_the_inbox_is_given_to_the_inboxs_recipe(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs.Runs, "tick", lambda *_: None)
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
