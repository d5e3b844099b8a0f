"""Arrivals without processes: what is looked at, when it counts, which observer is used."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from watchdog.events import FileModifiedEvent
from watchdog.observers.polling import PollingObserver

from engine.watch import observe
from engine.watch.candidates import Candidate, Signature, candidates, is_ignored, refusal
from engine.watch.settle import GIVE_UP_OPEN, Ready, Settler


def looks(path: str = "m/a/x.mp4", size: int = 1, time: int = 1) -> Candidate:
    return Candidate("a", Path(path), Signature(1, size, time))


def taken(ready: list[Ready]) -> list[Candidate]:
    return [r.candidate for r in ready]


# --- names and kinds -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [".x.mp4", ".x.mp4.Ab3dE1", "x.mp4.part", "x.mp4.PART", "x.crdownload", "x.mp4~", "x.tmp"],
)
def test_unfinished_names_are_left_alone(name: str, tmp_path: Path) -> None:
    assert is_ignored(name)
    (tmp_path / name).write_bytes(b"x")
    assert list(candidates("a", tmp_path)) == []


@given(st.text(min_size=1, max_size=20))
def test_any_name_is_ignored_or_not(name: str) -> None:
    assert is_ignored(name) == (name.startswith(".") or is_ignored(f"x{name}"))


def test_files_videos_in_folders_and_folders_of_pictures(tmp_path: Path) -> None:
    for name in ("b.mp4", "a.png", "day/clip.mov", "shots/1.png", "shots/2.png", "empty/x.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * 10)
    found = {str(c.path.relative_to(tmp_path)): c.signature for c in candidates("a", tmp_path)}
    assert list(found) == ["a.png", "b.mp4", "day/clip.mov", "shots"]
    assert (found["shots"].files, found["shots"].bytes) == (2, 20)


def test_footage_is_found_however_deep_it_lies_but_for_what_drives_keep_there(
    tmp_path: Path,
) -> None:
    for name in (
        *("DCIM/100CANON/CLIP/x.mp4", "DCIM/100CANON/1.jpg", "DCIM/y.mov", "DCIM/.z/v.mp4"),
        *("@eaDir/x.mp4/small.jpg", "DCIM/@eaDir/y.mov/small.jpg", "DCIM/100CANON/notes.txt"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "DCIM" / "round").symlink_to(tmp_path)
    found = [str(c.path.relative_to(tmp_path)) for c in candidates("a", tmp_path)]
    assert found == ["DCIM/y.mov", "DCIM/100CANON", "DCIM/100CANON/CLIP/x.mp4"]


def test_a_folder_with_a_picture_from_elsewhere_is_refused(tmp_path: Path) -> None:
    top, private = tmp_path / "media", tmp_path / "private.png"
    private.write_bytes(b"x")
    shots = top / "shots"
    shots.mkdir(parents=True)
    (shots / "1.png").write_bytes(b"x")
    (shots / "2.png").symlink_to(shots / "1.png")
    assert refusal(shots, top) is None
    (shots / "3.png").symlink_to(private)
    assert refusal(shots, top) == "it holds a link that leads out of the folder: 3.png"


def test_refusals_by_kind(tmp_path: Path) -> None:
    inside, outside = tmp_path / "media", tmp_path / "outside.mp4"
    inside.mkdir()
    outside.write_bytes(b"x")
    (inside / "good.mp4").write_bytes(b"x")
    (inside / "to good.mp4").symlink_to(inside / "good.mp4")
    (inside / "out.mp4").symlink_to(outside)
    (inside / "loop.mp4").symlink_to(inside / "loop.mp4")
    os.mkfifo(inside / "pipe.mp4")
    (inside / "note.txt").write_bytes(b"x")
    said = {p.name: refusal(p, inside) for p in inside.iterdir()}
    assert said["good.mp4"] is None
    assert said["to good.mp4"] is None
    assert "leads out" in str(said["out.mp4"])
    assert "can't be read" in str(said["loop.mp4"])
    assert "pipe" in str(said["pipe.mp4"])
    assert "by its name" in str(said["note.txt"])
    assert "can't be read" in str(refusal(inside / "gone.mp4", inside))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"x")
    path.chmod(0)
    assert "permissions" in str(refusal(path, tmp_path))


# --- settling --------------------------------------------------------------------------------


def test_a_file_counts_once_it_stood_still() -> None:
    settler = Settler(2.0)
    assert settler.see(looks(size=1), 0.0)
    assert not settler.see(looks(size=2), 1.5)
    assert settler.take_ready(set(), 2.5) == []
    assert taken(settler.take_ready(set(), 3.5)) == [looks(size=2)]
    assert len(settler) == 0


def test_a_new_time_stamp_starts_the_wait_again() -> None:
    settler = Settler(2.0)
    settler.see(looks(time=1), 0.0)
    settler.see(looks(time=2), 1.9)
    assert settler.take_ready(set(), 2.1) == []


def test_what_is_not_whole_is_waited_for_and_final_in_the_end() -> None:
    settler = Settler(2.0, patience_s=60.0)
    settler.see(looks(size=1), 0.0)
    (ready,) = settler.take_ready(set(), 2.0)
    assert not ready.final
    settler.wait_longer(ready)
    assert settler.take_ready(set(), 59.0) == []
    (last,) = settler.take_ready(set(), 60.0)
    assert last.final


def test_a_stalled_copy_that_grows_is_looked_at_again_soon() -> None:
    settler = Settler(2.0, patience_s=3600.0)
    settler.see(looks(size=1), 0.0)
    for second in range(2, 62, 2):  # it grows for a minute, each time after a stall
        (ready,) = settler.take_ready(set(), float(second))
        assert not ready.final
        settler.wait_longer(ready)
        assert not settler.see(looks(size=second), float(second))
    (ready,) = settler.take_ready(set(), 62.0)
    assert (ready.candidate, ready.final) == (looks(size=60), False)


def test_an_open_file_waits_for_its_close_but_not_for_ever() -> None:
    settler = Settler(2.0)
    settler.see(looks(), 0.0)
    being_written = {looks().path}
    assert settler.take_ready(being_written, 30.0) == []
    assert taken(settler.take_ready(set(), 30.0)) == [looks()]
    settler.see(looks(), 100.0)
    assert taken(settler.take_ready(being_written, 100.0 + 2.0 * GIVE_UP_OPEN)) == [looks()]


def test_a_folder_waits_for_the_picture_that_is_open_in_it() -> None:
    settler = Settler(2.0)
    settler.see(looks("m/a/shots"), 0.0)
    assert settler.take_ready({Path("m/a/shots/7.png")}, 3.0) == []
    assert settler.take_ready({Path("m/a/other/7.png")}, 3.0) != []


def test_what_vanished_is_forgotten() -> None:
    settler = Settler(2.0)
    settler.see(looks("m/a/1.mp4"), 0.0)
    settler.see(looks("m/a/2.mp4"), 0.0)
    assert settler.drop_missing({Path("m/a/2.mp4")}) == [looks("m/a/1.mp4")]
    assert [ready.candidate for ready in settler.take_ready(set(), 3.0)] == [looks("m/a/2.mp4")]


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 3)), min_size=1, max_size=20))
def test_whatever_a_writer_does_nothing_counts_within_the_wait(
    steps: list[tuple[float, int]],
) -> None:
    settler, now, changed, last = Settler(2.0), 0.0, 0.0, 0
    for pause, size in steps:
        now += pause
        if size != last:
            changed, last = now, size
        new = settler.see(looks(size=size), now)
        if new:
            changed = now
        for _ in settler.take_ready(set(), now):
            assert now - changed >= 2.0


# --- observing -------------------------------------------------------------------------------


def wait_for(notices: observe.Notices, path: Path, written: bool) -> None:
    for _ in range(200):
        if (path in notices.being_written()) == written:
            return
        notices.wait(0.05)
    pytest.fail(f"{path} never became {'written' if written else 'closed'}")


def test_inotify_tells_an_open_file_from_a_closed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observe, "file_system", lambda _: "ext4")
    notices = observe.Notices()
    eyes = observe.Eyes(notices, polling=False)
    eyes.open([tmp_path])
    try:
        assert eyes.words(1) == "by inotify"
        with open(tmp_path / "x.mp4", "wb", buffering=0) as file:
            file.write(b"x")
            wait_for(notices, tmp_path / "x.mp4", True)
        wait_for(notices, tmp_path / "x.mp4", False)
    finally:
        eyes.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EMFILE])
def test_where_inotify_ran_out_it_polls_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    class Exhausted(PollingObserver):
        def start(self) -> None:
            raise OSError(number, "inotify limit reached")

    monkeypatch.setattr(observe, "Observer", Exhausted)
    eyes = observe.Eyes(observe.Notices(), polling=False)
    eyes.open([tmp_path])
    assert set(eyes.polled) == {tmp_path}
    assert eyes.trouble
    assert "by polling every 0.1 s" in eyes.words(0.1)
    assert "inotify ran out: inotify limit reached" in eyes.words(0.1)


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "overlay"])
def test_a_folder_that_tells_nothing_is_polled_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    local, remote = tmp_path / "a", tmp_path / "nas"
    for folder in (local, remote):
        folder.mkdir()
    monkeypatch.setattr(observe, "file_system", lambda f: kind if f == remote else "ext4")
    eyes = observe.Eyes(observe.Notices(), polling=False)
    eyes.open([local, remote])
    said = eyes.words(60)
    eyes.close()
    assert said == f"by inotify and by polling every 60 s (nas: it is on {kind})"


def test_polling_can_be_asked_for(tmp_path: Path) -> None:
    eyes = observe.Eyes(observe.Notices(), polling=True)
    eyes.open([tmp_path])
    assert eyes.words(1) == f"by polling every 1 s ({tmp_path.name}: as asked for)"


def test_notices_of_what_is_no_longer_there_are_forgotten() -> None:
    notices = observe.Notices()
    for name in ("m/a/x.mp4", "m/a/shots/1.png", "m/a/gone.mp4"):
        notices.on_any_event(FileModifiedEvent(name))
    notices.keep({Path("m/a/x.mp4"), Path("m/a/shots")})
    assert notices.being_written() == {Path("m/a/x.mp4"), Path("m/a/shots/1.png")}
