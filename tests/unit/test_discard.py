"""Footage goes to the trash with its faces, whole, and comes back as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import clean, discard
from engine.errors import AlreadyRunning, BadInput, Damaged, NothingToDo
from engine.process import FileLock
from engine.project import Project
from engine.store import Store


def add(project: Project, side: str, name: str, *, faces: int = 2) -> None:
    """A film of a side with faces, masks and crops."""
    path = project.path / "media" / side / f"{name}.mp4"
    path.write_bytes(name.encode() * 1000)
    (source,) = project.add_sources(side, [path])
    with Store(project.db_path) as store, store.batch():
        media = store.add_media(
            hash=source.hash, path=source.path, side=side, name=name, width=64, height=48,
            time_base_num=1, time_base_den=25, fps_num=25, fps_den=1,
        )  # fmt: skip
        folder = project.path / "faces" / side / name
        folder.mkdir(parents=True)
        for index in range(faces):
            crop = folder / f"{index:06d}_0.jpg"
            crop.write_bytes(b"crop")
            face = store.add_face(
                store.add_frame(media.id, index, index), 0, left=0.0, top=0.0, right=9.0,
                bottom=9.0, score=1.0, detector=name, points=bytes(68 * 8), aligner="x",
                crop=str(crop.relative_to(project.path)), cluster=index,
            )  # fmt: skip
            store.add_mask(face, "drawn", b"png", b"matrix", 256)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.create(tmp_path, "film")
    for side, name in (("a", "one"), ("a", "two"), ("b", "three")):
        add(project, side, name)
    return project


def state(project: Project) -> object:
    """Files, listings and what faces.db says, without the numbers of its rows."""
    with Store(project.db_path, readonly=True) as store:
        faces = [(f.idx, f.pts, f.face._replace(id=0, frame=0)) for f in store.faces()]
        media = [m._replace(id=0) for m in store.media()]
        masks = store.rows("SELECT name, picture, matrix, size FROM mask ORDER BY face")
    files = {
        str(p.relative_to(project.path))
        for top in ("media", "faces", "trash")
        for p in (project.path / top).rglob("*")
        if p.is_file()
    }
    sources = {(s.side, s.path, s.hash, s.size, s.added) for s in project.sources()}
    by_name = sorted(faces, key=lambda f: (f[2].detector, f[0]))
    return by_name, sorted(media), masks, files, sources


def test_footage_goes_with_its_faces_and_the_rest_stays(project: Project) -> None:
    one, two = project.sources("a")
    weight = discard.weigh(project, [one])
    assert (weight.faces, weight.outside) == (2, 0)
    assert weight.moved == ["faces/a/one", "media/a/one.mp4"]
    folder = discard.discard(project, [one])
    assert [s.path for s in project.sources("a")] == [two.path]
    assert not (project.path / "media/a/one.mp4").exists()
    assert (folder / "media/a/one.mp4").read_bytes() == b"one" * 1000
    assert (folder / "faces/a/one/000001_0.jpg").exists()
    with Store(project.db_path, readonly=True) as store:
        assert [m.name for m in store.media()] == ["two", "three"]
        assert {f.face.detector for f in store.faces()} == {"two", "three"}
        assert store.rows("SELECT COUNT(*) FROM mask")[0][0] == 4
    assert folder in {one.path for one in clean.removable(project, ("trash",))}


def test_it_comes_back_as_it_was_also_when_rows_have_its_numbers(project: Project) -> None:
    before = state(project)
    folder = discard.discard(project, project.sources("b"))
    add(project, "b", "four")
    assert [f for f, _ in discard.thrown(project)] == [folder]
    assert [s.path for s in discard.take_back(project, folder)] == ["media/b/three.mp4"]
    discard.discard(project, [s for s in project.sources("b") if "four" in s.path])
    after = state(project)
    four = {p for p in after[3] if "four" in p or p.startswith("trash")}  # type: ignore[index]
    assert (*after[:3], after[3] - four, after[4]) == before  # type: ignore[index]
    assert not folder.exists()


def test_footage_outside_the_project_is_only_unlisted(project: Project, tmp_path: Path) -> None:
    film = tmp_path / "outside.mp4"
    film.write_bytes(b"film")
    (source,) = project.add_sources("target", [film])
    assert discard.weigh(project, [source]).outside == 1
    folder = discard.discard(project, [source])
    assert film.exists()
    assert project.sources("target") == []
    discard.take_back(project, folder)
    assert [s.hash for s in project.sources("target")] == [source.hash]


def test_a_folder_stays_while_other_footage_lies_in_it(project: Project) -> None:
    folder = project.path / "media/target/shots"
    folder.mkdir()
    (folder / "1.png").write_bytes(b"png")
    (folder / "film.mp4").write_bytes(b"film")
    project.add_sources("target", [folder, folder / "film.mp4"])
    pictures = next(s for s in project.sources("target") if s.path.endswith("shots"))
    assert discard.weigh(project, [pictures]).moved == []


def test_nothing_moves_while_a_job_uses_it(project: Project) -> None:
    before = state(project)
    for name in ("faces", "model", "out"):
        lock = FileLock(project.path / "locks" / name)
        assert lock.acquire()
        with pytest.raises(AlreadyRunning):
            discard.discard(project, project.sources("a"))
        lock.release()
    assert state(project) == before
    with pytest.raises(NothingToDo):
        discard.discard(project, [])


def test_what_has_its_place_again_is_not_overwritten(project: Project) -> None:
    folder = discard.discard(project, project.sources("b"))
    again = project.path / "media/b/three.mp4"
    again.write_bytes(b"another")
    with pytest.raises(BadInput, match="There is a media/b/three"):
        discard.take_back(project, folder)
    assert again.read_bytes() == b"another"
    again.write_bytes(b"three" * 1000)
    project.add_sources("b", [again])
    with pytest.raises(BadInput, match="footage of side b again"):
        discard.take_back(project, folder)


@pytest.mark.parametrize("after", ["write_out", "drop", "_move"])
def test_what_was_cut_off_is_whole_again(
    project: Project, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    before = state(project)
    where = discard if after == "_move" else discard.mediarows
    real = getattr(where, after)

    def killed(*args: object) -> None:
        real(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(where, after, killed)
    with pytest.raises(KeyboardInterrupt):
        discard.discard(project, project.sources("b"))
    monkeypatch.undo()
    ((folder, _),) = discard.thrown(project)
    discard.take_back(Project.open(project.path), folder)
    project = Project.open(project.path)
    assert state(project) == before


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "project.toml", "model/x"])
def test_a_foreign_trash_moves_nothing_else(project: Project, name: str) -> None:
    folder = discard.discard(project, project.sources("b"))
    file = folder / discard.FILE
    file.write_text(file.read_text().replace("media/b/three.mp4", name))
    assert discard.thrown(project) == []
    with pytest.raises(Damaged, match="is no footage"):
        discard.take_back(project, folder)
