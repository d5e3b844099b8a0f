"""The journal names what is whole; anything else in the work folder is made again."""

from __future__ import annotations

from pathlib import Path

from engine.convert.journal import Made, WorkFolder, fingerprint
from engine.media.write import Segment


def filled(path: Path, print_: str = "one", parts: int = 3) -> WorkFolder:
    """A work folder with finished segments of 24 frames."""
    folder = WorkFolder(path, print_)
    for number in range(parts):
        file = folder.segment_path("mp4")
        file.write_bytes(b"x" * (number + 1))
        segment = Segment(file, number * 24, number * 24 + 23, number * 24 + 24)
        folder.add(Made(segment, number + 1), 24, 20, 1.5)
    return folder


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    filled(tmp_path / "w")
    journal = WorkFolder(tmp_path / "w", "one").journal
    assert (journal.frames, journal.swapped, journal.seconds) == (72, 60, 4.5)
    assert journal.last_pts == 71
    assert WorkFolder(tmp_path / "w", "one").segment_path("mp4").name == "segment-00003.mp4"


def test_other_settings_begin_anew(tmp_path: Path) -> None:
    filled(tmp_path / "w")
    folder = WorkFolder(tmp_path / "w", "two")
    assert folder.journal.frames == 0
    assert [p.name for p in folder.path.iterdir() if p.suffix == ".mp4"] == []


def test_a_segment_that_is_gone_or_torn_is_made_again(tmp_path: Path) -> None:
    folder = filled(tmp_path / "w")
    folder.journal.whole = True
    folder.write()
    (tmp_path / "w" / "segment-00001.mp4").write_bytes(b"")
    again = WorkFolder(tmp_path / "w", "one")
    assert again.journal.frames == 24
    assert not again.journal.whole
    assert sorted(p.name for p in again.path.glob("*.mp4")) == ["segment-00000.mp4"]


def test_torn_segments_and_a_torn_journal_are_cleared(tmp_path: Path) -> None:
    filled(tmp_path / "w")
    (tmp_path / "w" / ".segment-00003.mp4.part").write_bytes(b"torn")
    (tmp_path / "w" / "journal.json").write_bytes(b'{"v": 1, "fing')
    folder = WorkFolder(tmp_path / "w", "one")
    assert folder.journal.frames == 0
    assert list(folder.path.glob("*.part")) == []


def test_a_journal_can_not_name_files_elsewhere(tmp_path: Path) -> None:
    outside = tmp_path / "precious.mp4"
    outside.write_bytes(b"x")
    folder = filled(tmp_path / "w", parts=1)
    text = (folder.path / "journal.json").read_text()
    (folder.path / "journal.json").write_text(text.replace("segment-00000.mp4", "../precious.mp4"))
    assert WorkFolder(tmp_path / "w", "one").journal.frames == 0
    assert outside.exists()


def test_files_of_others_in_the_work_folder_stay(tmp_path: Path) -> None:
    folder = filled(tmp_path / "w")
    (folder.path / "joined.mp4").write_bytes(b"x")
    (folder.path / "diary.txt").write_text("mine")
    WorkFolder(tmp_path / "w", "two").remove()
    assert [p.name for p in folder.path.iterdir()] == ["diary.txt"]


def test_a_finished_work_folder_is_gone(tmp_path: Path) -> None:
    folder = filled(tmp_path / "w")
    (folder.path / ".sheet.jpg.12.ab12cd.part").write_bytes(b"x")
    folder.remove()
    assert not folder.path.exists()


def test_fingerprints_tell_facts_apart() -> None:
    assert fingerprint(a=1, b="x") == fingerprint(b="x", a=1)
    assert fingerprint(a=1, b="x") != fingerprint(a=2, b="x")
