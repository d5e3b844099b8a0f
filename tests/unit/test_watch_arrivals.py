"""The watcher with a clock of the test's own: what arrives, and what goes wrong with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from watch_bench import Bench

from engine.errors import NotPossible
from engine.project import Project
from engine.watch import arrivals, listing, runs
from engine.watch.ledger import Ledger, retry

STORM = 10_000


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
    bench.project.change(lambda doc: doc["watch"].update(extract=True))
    real = listing.list_sources

    def killed(project: Project, side: str, paths: list[Path]) -> Any:
        if moment == "after":
            real(project, side, paths)
        raise SystemExit("killed")

    monkeypatch.setattr(arrivals.listing, "list_sources", killed)
    monkeypatch.setattr(runs.Runs, "tick", lambda *_: None)
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


RENAME = """
import os, sys
os.chdir(sys.argv[1])
for number in range(int(sys.argv[2])):
    os.rename(f"{number}.png.part", f"{number}.png")
"""


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
        # By another process, as a storm comes: this one's threads are busy hearing of it.
        storm = subprocess.Popen([sys.executable, "-c", RENAME, str(shots), str(STORM)])
        while storm.poll() is None:
            bench.run(1)
        assert storm.returncode == 0
        bench.run(5)
        assert bench.states("target/shots")[-1] == "ready"
        assert bench.sources() == {"media/target/shots": "target"}
        (taken,) = Ledger(bench.project).book.files.values()
        assert taken.signature.files == STORM
    finally:
        bench.watcher.eyes.close()


def test_many_files_at_once_are_listed_together(bench: Bench) -> None:
    for number in range(300):
        bench.put(f"a/{number}.mp4", b"%d end" % number)
    bench.run(4)
    assert len(bench.sources()) == 300
    assert len(bench.engine.asked) == 2


def test_a_few_bad_files_among_many_are_found(bench: Bench) -> None:
    for number in range(40):
        bench.put(f"a/{number}.mp4", b"%d end" % number)
    for number in (7, 23):
        bench.put(f"a/{number}.mp4", b"kills %d" % number)
    bench.run(70)
    assert len(bench.sources()) == 38
    assert {Path(p).stem for p, fate in bench.book().items() if fate == "dead"} == {"7", "23"}


def test_a_project_file_that_is_away_for_a_moment_does_not_end_the_watching(bench: Bench) -> None:
    toml = bench.project.path / "project.toml"
    text = toml.read_text()
    toml.unlink()
    bench.put("a/x.mp4")
    bench.run(4)
    assert len(bench.warnings()) == 1
    toml.write_text(text)
    bench.run(4)
    assert bench.states("a/x.mp4") == ["arriving", "ready"]
