"""Projects: names, footage, people, a file that a person may have edited or broken."""

from __future__ import annotations

import errno
import os
import string
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import project as project_module
from engine.errors import AlreadyRunning, BadInput, Damaged, FstuiError
from engine.footage import check_media, content_hash, natural_key
from engine.process import FileLock
from engine.project import Ground, Project
from engine.workspace import check_name, projects_of


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "ws", "film")


def footage(folder: Path, name: str = "clip.mp4", content: bytes = b"video") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def sentence_of(path: Path) -> str:
    """What opening a project says; its file's path where it opens."""
    try:
        Project.open(path)
    except FstuiError as error:
        return str(error)
    return str(path / "project.toml")


# --- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["", " ", ".", "..", "a/b", "../x", "a\nb", "a\x1b[31m", "-x", ".x", "x" * 101, "a\\b"]
)
def test_a_name_that_is_no_folder_is_refused_in_one_printable_sentence(name: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_name(name)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["film", "my film", "Zoë's cut", "日本", "a.b", "1"])
def test_names_that_people_give_are_taken(name: str, tmp_path: Path) -> None:
    assert Project.create(tmp_path, name).name == name


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_any_name_is_refused_or_stays_one_folder(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    try:
        check_name(name)
    except BadInput:
        return
    workspace = tmp_path_factory.mktemp("ws")
    made = Project.create(workspace, name)
    assert made.path.parent == workspace.resolve()
    assert [p.name for p in workspace.iterdir()] == [name]


def test_a_taken_name_is_refused(project: Project) -> None:
    with pytest.raises(BadInput, match="already"):
        Project.create(project.path.parent, "film")


def test_a_folder_that_is_no_project_is_not_called_one(tmp_path: Path) -> None:
    (tmp_path / "foo").mkdir()
    with pytest.raises(BadInput, match="is there already and is no project"):
        Project.create(tmp_path, "foo")
    (tmp_path / "ws").write_text("")
    with pytest.raises(BadInput, match="is no folder"):
        Project.create(tmp_path / "ws", "film")


def test_a_creation_that_fails_leaves_the_name_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(project_module, "write_atomic", full)
        with pytest.raises(FstuiError):
            Project.create(tmp_path, "film")
    assert list(tmp_path.iterdir()) == []
    Project.create(tmp_path, "film")


# --- project.toml ----------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=80), st.text(string.printable, max_size=80).map(str.encode)))
def test_any_bytes_are_a_project_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("p")
    (path / "project.toml").write_bytes(b"format = 1\n" + data)
    assert "project.toml" in sentence_of(path)


@given(share=st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_a_truncated_file_is_a_project_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    folder = tmp_path_factory.mktemp("p")
    whole = Project.create(folder, "film")
    whole.add_sources("a", [footage(folder)])
    toml = whole.path / "project.toml"
    os.truncate(toml, int(toml.stat().st_size * share))
    assert str(toml) in sentence_of(whole.path)


def test_deep_nesting_is_damage_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "project.toml").write_text("format = 1\nx = " + "[" * 5000)
    with pytest.raises(Damaged):
        Project.open(tmp_path)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "project.toml").write_text("format = 99\n")
    with pytest.raises(BadInput, match="format 99"):
        Project.open(tmp_path)


def test_no_project_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="new NAME"):
        Project.open(tmp_path / "none")


def test_a_users_comments_and_tables_stay(project: Project, tmp_path: Path) -> None:
    toml = project.path / "project.toml"
    toml.write_text(toml.read_text() + "\n# my note\n[mine]\nx = 1\n")
    project.add_sources("a", [footage(tmp_path)])
    project.set_person("a", "The man", Ground.SAMPLE, "me")
    project.set_watch(extract=True)
    text = toml.read_text()
    assert "# my note" in text
    assert tomllib.loads(text)["mine"] == {"x": 1}
    again = Project.open(project.path)
    assert again.file.people["a"].name == "The man"
    assert again.file.watch.extract
    assert len(again.sources("a")) == 1


def test_sources_written_by_hand_as_an_array_are_added_to(project: Project, tmp_path: Path) -> None:
    toml = project.path / "project.toml"
    line = '{side="b", path="/x.mp4", hash="h", size=1, added="2026-01-01T00:00:00+00:00"}'
    toml.write_text(f"source = [{line}]\n" + toml.read_text())
    opened = Project.open(project.path)
    opened.add_sources("a", [footage(tmp_path)])
    assert [s.side for s in Project.open(project.path).sources()] == ["b", "a"]


def test_two_programs_add_without_losing_each_other(project: Project, tmp_path: Path) -> None:
    other = Project.open(project.path)
    project.add_sources("a", [footage(tmp_path, "1.mp4", b"one")])
    other.add_sources("a", [footage(tmp_path, "2.mp4", b"two"), tmp_path / "1.mp4"])
    assert [Path(s.path).name for s in Project.open(project.path).sources()] == ["1.mp4", "2.mp4"]


def test_a_change_waits_for_the_others_lock_and_then_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_module, "CHANGE_PATIENCE_S", 0.05)
    lock = FileLock(project.path / "locks" / "project")
    assert lock.acquire()
    with pytest.raises(AlreadyRunning, match="try again"):
        project.set_watch(extract=True)
    lock.release()
    project.set_watch(extract=True)


# --- footage ---------------------------------------------------------------------------------


def test_footage_is_referenced_or_copied(project: Project, tmp_path: Path) -> None:
    clip = footage(tmp_path / "elsewhere")
    (listed,) = project.add_sources("a", [clip])
    assert project.source_path(listed) == clip
    (copied,) = project.add_sources("b", [clip], copy=True)
    assert copied.path == "media/b/clip.mp4"
    assert project.source_path(copied).read_bytes() == b"video"


def test_the_same_content_is_listed_once_a_side(project: Project, tmp_path: Path) -> None:
    one, two = footage(tmp_path, "1.mp4"), footage(tmp_path, "2.mp4")
    assert len(project.add_sources("a", [one, two])) == 1
    assert project.add_sources("a", [two]) == []
    assert len(project.add_sources("b", [two])) == 1


def test_footage_that_was_moved_is_listed_where_it_lies_now(
    project: Project, tmp_path: Path
) -> None:
    clip = footage(tmp_path)
    (before,) = project.add_sources("a", [clip])
    moved = clip.rename(tmp_path / "renamed.mp4")
    assert [s.path for s in project.add_sources("a", [moved])] == [str(moved)]
    (source,) = Project.open(project.path).sources("a")
    assert (source.hash, source.path) == (before.hash, str(moved))


def test_footage_that_was_moved_over_other_footage_takes_its_place(
    project: Project, tmp_path: Path
) -> None:
    one, two = footage(tmp_path, "1.mp4", b"one"), footage(tmp_path, "2.mp4", b"two")
    (first, _) = project.add_sources("a", [one, two])
    one.rename(two)
    project.add_sources("a", [two])
    (source,) = Project.open(project.path).sources("a")
    assert (source.hash, source.path) == (first.hash, str(two))


def test_footage_that_fails_as_it_is_read_has_its_sentence(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_path: Path) -> str:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("engine.project.content_hash", fails)
    with pytest.raises(BadInput, match=r"while reading .*clip\.mp4: input/output error"):
        project.add_sources("a", [footage(tmp_path)])


def test_new_content_in_the_same_place_takes_the_old_ones_line(
    project: Project, tmp_path: Path
) -> None:
    clip = footage(tmp_path)
    project.add_sources("a", [clip])
    clip.write_bytes(b"another take")
    project.add_sources("a", [clip])
    (source,) = Project.open(project.path).sources("a")
    assert source.hash == content_hash(clip)


def test_copies_never_overwrite(project: Project, tmp_path: Path) -> None:
    project.add_sources("a", [footage(tmp_path / "1", content=b"one")], copy=True)
    project.add_sources("a", [footage(tmp_path / "2", content=b"two")], copy=True)
    assert sorted(p.name for p in (project.path / "media/a").iterdir()) == [
        "clip-2.mp4",
        "clip.mp4",
    ]


def test_a_folder_is_copied_without_what_is_no_media(project: Project, tmp_path: Path) -> None:
    shots = tmp_path / "shots"
    footage(shots, "1.png", b"p")
    footage(shots, "secret.txt", b"s")
    os.mkfifo(shots / "pipe.png")
    (source,) = project.add_sources("a", [shots], copy=True)
    copied = project.source_path(source)
    assert [p.name for p in copied.iterdir()] == ["1.png"]
    assert content_hash(copied) == source.hash


def test_nothing_is_added_when_one_path_is_bad(project: Project, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        project.add_sources("a", [footage(tmp_path), tmp_path / "missing.mp4"], copy=True)
    assert Project.open(project.path).sources() == []
    assert list((project.path / "media" / "a").iterdir()) == []


@pytest.mark.parametrize("name", ["with space.mp4", 'it\'s "q".mp4', "日本.mp4", "-dash.mp4"])
def test_awkward_names_are_footage_too(project: Project, tmp_path: Path, name: str) -> None:
    (source,) = project.add_sources("a", [footage(tmp_path, name)])
    assert Project.open(project.path).source_path(source).name == name


def test_bad_media_each_has_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    os.symlink(tmp_path / "loop.mp4", tmp_path / "loop.mp4")
    footage(tmp_path, "empty.mp4", b"")
    footage(tmp_path, "note.txt")
    for name, words in {
        "none": "no video and no picture",
        "pipe.mp4": "neither a file nor a folder",
        "empty.mp4": "empty",
        "note.txt": "no video or picture by its name",
        "missing\x1b[2J.mp4": "There is nothing at",
        "loop.mp4": "can't be read",
    }.items():
        with pytest.raises(BadInput, match=words) as caught:
            check_media(tmp_path / name)
        assert str(caught.value).isprintable()


def test_what_a_project_names_stays_inside_it(project: Project) -> None:
    assert project.inside("faces/a/1.jpg").is_relative_to(project.path)
    for name in ("../other", "/etc/passwd", "faces/../../x"):
        with pytest.raises(BadInput, match="leads out"):
            project.inside(name)
    (project.path / "out" / "link").symlink_to("/etc")
    with pytest.raises(BadInput):
        project.inside("out/link/passwd")


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=10))
def test_pictures_come_in_the_order_of_their_numbers(numbers: list[int]) -> None:
    names = [f"shot {n}.png" for n in numbers]
    assert sorted(names, key=natural_key) == [f"shot {n}.png" for n in sorted(numbers)]


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_two_names_can_be_ordered(one: str, two: str) -> None:
    sorted([one, two], key=natural_key)


# --- people and lists ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", " ", "a\x1b[31mb", "x\ny"])
def test_a_persons_name_is_printable(project: Project, name: str) -> None:
    with pytest.raises(BadInput):
        project.set_person("a", name, Ground.SELF, "me")


def test_projects_are_listed_newest_first(tmp_path: Path) -> None:
    for number, name in enumerate(["old", "new"]):
        made = Project.create(tmp_path, name)
        for path in [made.path / "project.toml", *made.path.iterdir()]:
            os.utime(path, (1000 + number, 1000 + number))
    (tmp_path / "no project").mkdir()
    assert [p.name for p in projects_of(tmp_path)] == ["new", "old"]
    assert projects_of(tmp_path / "missing") == []


def test_a_new_project_has_a_folder_for_each_side_and_the_inbox(project: Project) -> None:
    assert sorted(p.name for p in (project.path / "media").iterdir()) == [
        *("a", "b", "inbox", "target")
    ]
