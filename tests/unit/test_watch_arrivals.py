"""The watcher with a clock of the test's own: what arrives, and what goes wrong with it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from watch_bench import Bench

from engine import report
from engine.cancel import output_of
from engine.errors import AlreadyRunning, Stopped
from engine.project import Project
from engine.watch import arrivals, listing, runs, watcher
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


@pytest.mark.parametrize(
    ("does", "said"),
    [(b"kills", "The engine died over it."), (b"hangs", "The engine had no answer.")],
)
def test_a_file_that_ends_or_holds_the_engine_takes_no_other_with_it(
    bench: Bench, does: bytes, said: str
) -> None:
    bench.put("a/1.mp4", does)
    bench.put("a/2.mp4", b"two end")
    bench.run(4)
    assert bench.states("a/2.mp4") == ["arriving", "ready"]
    bench.run(70)
    assert bench.told("a/1.mp4")[-1] == ("refused", said)
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


@pytest.mark.parametrize(
    "trouble", [AlreadyRunning("faces.db is in use."), OSError(errno.EIO, "Input/output error")]
)
def test_trouble_that_may_pass_is_told_once_and_tried_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise trouble

    monkeypatch.setattr(listing, "ask", fails)
    bench.put("a/x.mp4")
    bench.run(20)
    assert len(bench.warnings()) == 1
    monkeypatch.setattr(listing, "ask", bench.engine.ask)
    bench.run(4)
    assert bench.states("a/x.mp4") == ["arriving", "ready"]


def test_footage_without_an_answer_is_asked_for_once_more_before_it_is_refused(
    bench: Bench,
) -> None:
    path = bench.put("a/x.mp4", b"hangs")
    bench.run(30)
    assert bench.told("a/x.mp4") == [("arriving", ""), ("waiting", "The engine had no answer.")]
    bench.engine.before = lambda path: path.write_bytes(b"film end")  # the drive answers again
    bench.run(40)
    assert path.read_bytes() == b"film end"
    assert bench.states("a/x.mp4")[-1] == "ready"
    assert bench.warnings() == []


def test_a_full_disk_ends_no_watching(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as book:
        book.setattr("engine.watch.ledger.write_atomic", full)
        with monkeypatch.context() as events:
            events.setattr("engine.protocol.append_event", full)
            bench.put("a/x.mp4")
            bench.run(10)
            assert not bench.watcher.is_over()
        assert bench.warnings() == []
        bench.run(4)
        (warning,) = bench.warnings()
        assert "No space left" in warning
    bench.run(4)
    assert bench.states("a/x.mp4")[-1] == "ready"
    assert bench.sources() == {"media/a/x.mp4": "a"}


class LaterControl:
    """The user asks for a stop once the watcher shows life while the engine is at it."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.asked = bench, False

    @property
    def stopping(self) -> bool:
        return self.asked and any(e.k == "heartbeat" for e in self.bench.folder.events()[0])


def test_while_the_engine_looks_into_footage_life_is_shown_and_a_stop_obeyed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.begin(settle_s=0.5, poll_s=0.1)
    control = LaterControl(bench)

    def hangs(*_: Any, **__: Any) -> Any:
        monkeypatch.setattr(report, "HEARTBEAT_S", 0.0)
        control.asked = True
        return output_of([sys.executable, "-c", "import time; time.sleep(600)"])

    monkeypatch.setattr(report, "HEARTBEAT_S", 600.0)
    monkeypatch.setattr(listing, "ask", hangs)
    bench.put("a/x.mp4")
    with pytest.raises(Stopped, match="stopped watching film"):
        watcher.run(replace(bench.watcher.work, control=control))  # type: ignore[arg-type]
    assert bench.book() == {}


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
