"""faces.db: counts, one writer at a time, files that are damaged, foreign or not writable."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from engine import filesystems
from engine.errors import AlreadyRunning, BadInput, Damaged, NoSpace
from engine.filesystems import file_system
from engine.store import Store, journal_mode
from engine.tables import FORMAT

POINTS = b"\0" * 544


def add_media(store: Store, side: str = "a", content: str = "h1", **more: Any) -> int:
    values = {
        "hash": content,
        "path": "x.mp4",
        "side": side,
        "name": "x",
        "width": 64,
        "height": 48,
        "time_base_num": 1,
        "time_base_den": 25,
        "fps_num": 25,
        "fps_den": 1,
        "frames": None,
    }
    with store.batch():
        return store.add_media(**{**values, **more}).id


def add_faces(store: Store, media: int, frames: int, each: int = 1) -> list[int]:
    ids = []
    with store.batch():
        for idx in range(frames):
            frame = store.add_frame(media, idx, idx * 10)
            for n in range(each):
                box = {"left": 0, "top": 0, "right": 9, "bottom": 9}
                ids.append(
                    store.add_face(
                        frame, n, score=0.9, detector="d", aligner="m", points=POINTS, **box
                    )
                )
    return ids


def test_counts_tell_frames_faces_and_rejections(tmp_path: Path) -> None:
    with Store(tmp_path / "faces.db") as store:
        faces = add_faces(store, add_media(store), frames=3, each=2)
        add_faces(store, add_media(store, "b", "h2"), frames=1)
        store.reject(faces[:2])
        assert store.counts("a") == {
            "frames": 3,
            "frames_with_face": 3,
            "faces": 6,
            "rejected": 2,
            "media": 1,
            "media_done": 0,
        }
        assert len(store.faces(side="a")) == 4
        assert len(store.faces(side="a", rejected=None)) == 6
        assert store.next_index(1) == 3
        store.clear_media(1)
        assert store.counts("a")["faces"] == 0


def test_the_same_content_on_a_side_is_one_medium(tmp_path: Path) -> None:
    with Store(tmp_path / "faces.db") as store:
        first = add_media(store)
        assert add_media(store, path="moved.mp4") == first
        assert store.media_by_id(first).path == "moved.mp4"
        other = add_media(store, content="h9")
        assert store.media_by_id(other).name == "x-2"


def test_a_batch_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with Store(tmp_path / "faces.db") as store:
        media = add_media(store)
        with pytest.raises(ZeroDivisionError), store.batch():
            store.add_frame(media, 0, 1 // 0 if store.add_frame(media, 1, 1) else 0)
        assert store.counts("a")["frames"] == 0


def test_a_killed_writer_loses_only_its_open_batch(tmp_path: Path) -> None:
    path = tmp_path / "faces.db"
    child = os.fork()
    if child == 0:
        store = Store(path)
        media = add_media(store)
        add_faces(store, media, frames=4)
        store._db.execute("BEGIN")
        store.add_frame(media, 4, 40)
        os._exit(0)  # no close, no commit: what SIGKILL leaves
    os.waitpid(child, 0)
    with Store(path) as store:
        assert store.next_index(1) == 4
        assert store.counts("a")["faces"] == 4


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "faces.db"
    path.write_bytes(b"not a database, but long enough to have a header" * 100)
    with pytest.raises(Damaged, match=r"faces\.db"):
        Store(path)
    with pytest.raises(Damaged):
        Store(path, readonly=True)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_database_is_damaged_not_wrong(tmp_path: Path, share: float) -> None:
    path = tmp_path / "faces.db"
    with Store(path) as store:
        add_faces(store, add_media(store), frames=300)
    os.truncate(path, int(path.stat().st_size * share))
    with pytest.raises(Damaged), Store(path, readonly=True) as store:
        store.faces()


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "faces.db"
    Store(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")
    with pytest.raises(BadInput, match=f"format {FORMAT + 1}"):
        Store(path)


def test_reading_what_is_not_there_yet(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"There are no faces yet .*'extract "):
        Store(tmp_path / "faces.db", readonly=True)
    (tmp_path / "faces.db").touch()
    with pytest.raises(BadInput, match=r"There are no faces yet .*'extract "):
        Store(tmp_path / "faces.db", readonly=True)


def test_two_may_make_the_file_at_once(tmp_path: Path) -> None:
    first, second = (Store(tmp_path / "faces.db") for _ in range(2))
    second._check_format(readonly=False)
    add_media(first)
    assert len(second.media()) == 1


def test_a_database_in_use_says_so(tmp_path: Path) -> None:
    with Store(tmp_path / "faces.db") as one, Store(tmp_path / "faces.db") as two:
        two._db.execute("PRAGMA busy_timeout = 10")
        with one.batch(), pytest.raises(AlreadyRunning, match="in use"), two.batch():
            pass


def test_a_full_database_is_no_space(tmp_path: Path) -> None:
    with Store(tmp_path / "faces.db") as store:
        media = add_media(store)
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(NoSpace):
            add_faces(store, media, frames=2000)
        assert store.counts("a")["frames"] == 0


def test_masks_are_kept_with_their_face(tmp_path: Path) -> None:
    with Store(tmp_path / "faces.db") as store:
        (face,) = add_faces(store, add_media(store), frames=1)
        with store.batch():
            store.add_mask(face, "extended", b"png", b"matrix", 64)
        assert store.masks(face) == {"extended": (b"png", b"matrix", 64)}


def test_file_systems_by_the_mount_table(tmp_path: Path) -> None:
    assert file_system(Path("/proc/self")) == "proc"
    assert file_system(tmp_path) not in ("", "proc")
    assert journal_mode(tmp_path) == "WAL"


def test_a_mount_of_any_name_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["Größe", "two words", "back\\slash", os.fsdecode(b"latin-\xe9")]
    table = b"root / ext4 rw 0 0\n"
    for name in names:
        escaped = os.fsencode(tmp_path / name).replace(b"\\", b"\\134").replace(b" ", b"\\040")
        table += b"nas:/x " + escaped + b" nfs4 rw 0 0\n"
    mounts = tmp_path / "mounts"
    mounts.write_bytes(table)
    monkeypatch.setattr(filesystems, "MOUNTS", mounts)
    assert [file_system(tmp_path / name / "film") for name in names] == ["nfs4"] * len(names)
    assert file_system(tmp_path) == "ext4"
    assert journal_mode(tmp_path / "Größe") == "DELETE"


@pytest.mark.parametrize("name", ["../../../../victim", "..", ".", "", "a/b", "a\\b", "a\0b"])
def test_a_medium_with_a_name_that_leads_elsewhere_is_damage(tmp_path: Path, name: str) -> None:
    with Store(tmp_path / "faces.db") as store:
        media = add_media(store)
        store.set_media(media, name=name)
        for read in (
            store.media,
            lambda: store.media_by_id(media),
            lambda: store.media_by_hash("h1", "a"),
        ):
            with pytest.raises(Damaged, match="no name of a medium"):
                read()


def older_file(path: Path) -> None:
    """A file of format 1: as format 2, without what that added."""
    with Store(path) as store:
        faces = add_faces(store, add_media(store), frames=3)
        store.reject(faces[:1])
    db = sqlite3.connect(path)
    db.execute("DROP INDEX face_figures")
    for column in ("rejected_by", "stale", "raw_points", "spectrum", "occlusion"):
        db.execute(f"ALTER TABLE face DROP COLUMN {column}")
    db.execute("DROP TABLE person")
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()


def test_an_older_file_is_migrated_and_kept_beside(tmp_path: Path) -> None:
    path = tmp_path / "faces.db"
    older_file(path)
    with Store(path, readonly=True) as store:
        before = store.faces(rejected=None)
    assert [f.face.rejected_by for f in before] == ["user", None, None]
    with Store(path) as store:
        assert store.faces(rejected=None) == before
        store.set_face(before[1].face.id, stale=1, occlusion=0.25)
        assert store.faces()[0].face[-4:] == (1, None, None, 0.25)
    kept = sqlite3.connect(tmp_path / "faces.db.format-1")
    assert kept.execute("PRAGMA user_version").fetchone() == (1,)
    assert kept.execute("SELECT COUNT(*) FROM face").fetchone() == (3,)
    kept.close()
