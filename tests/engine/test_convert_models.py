"""Several people in one pass, each by a model of their own: what is painted, recorded, measured,
refused, and when a result counts as made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from clips import frames_of, make_clip
from convert_project import (
    Painter,
    add_faces,
    events_of,
    make_project,
    make_work,
    save_checkpoint,
)
from PIL import Image

from engine.convert import finish, pipeline, reports
from engine.convert.cast import Player, cast_of, load_all
from engine.convert.clip import Clip
from engine.convert.identity import NETWORK, Measured, Pair, pair_of
from engine.convert.roles import Role, roles_of
from engine.convert.shots import set_shot
from engine.convert.targets import clips_of, fingerprint_of
from engine.convert.warm import Warm
from engine.errors import BadInput, Exit, ModelMissing, NothingToDo, Refused, Stopped
from engine.media.read import read_frames
from engine.project import Ground, Project
from engine.settings import ConvertSettings
from engine.store import Store
from engine.trust.door import read_record
from engine.trust.mark import add_mark, mark_of, read_mark
from engine.trust.record import sidecar
from engine.trust.verify import verify
from fstui import cli
from fstui.commands.report import lines

WIDTH, HEIGHT, FRAMES = 320, 120, 60
BOTH = "0=anna,1=carl:a"
LOSSLESS: dict[str, Any] = {"codec": "ffv1", "colour": "none", "sharpen": 0}


class Large(Painter):
    """Paints blue, from other crops and in another size."""

    size, output_size = 48, 96
    centring = "legacy"
    coverage = 0.75
    down = 0.02
    paint = (0.1, 0.2, 0.9)


@pytest.fixture
def project(tmp_workspace: Path, tmp_path: Path) -> Project:
    """A target with two people, 0 on the left and 1 on the right, a project without people and
    model; beside it anna and carl with both."""
    for name in ("anna", "carl"):
        make_project(tmp_workspace, [], name=name)
    clip = make_clip(
        tmp_path / "a.mkv", width=WIDTH, height=HEIGHT, frames=FRAMES, sound=(),
        pixel_format="yuv444p",
    )  # fmt: skip
    film = Project.create(tmp_workspace, "film")
    film.add_sources("target", [clip])
    add_faces(film, clip, people=[(0.15, 0), (0.6, 1)])
    return film


def beside(project: Project, name: str) -> Project:
    return Project.open(project.path.parent / name)


def load(player: Player) -> Painter:
    """The painter of a project: anna's in red, carl's in blue."""
    return {"anna": Painter, "carl": Large}[player.role.project.name]()


def converted(project: Project, models: str = BOTH, **settings: Any) -> list[np.ndarray]:
    """Frames of a conversion, yuv444 planes first."""
    pipeline.run(make_work(project, models=models, **{**LOSSLESS, **settings}), load)
    return frames_of(project.path / "out" / "a.mkv")


def left(frames: list[np.ndarray]) -> np.ndarray:
    return np.stack(frames)[..., : WIDTH // 2]


def right(frames: list[np.ndarray]) -> np.ndarray:
    return np.stack(frames)[..., WIDTH // 2 :]


# --- what is painted ---


def test_each_face_is_painted_by_its_own_model_as_in_a_pass_of_its_own(project: Project) -> None:
    source = frames_of(project.source_path(project.sources("target")[0]))
    both = converted(project)
    anna, carl = converted(project, "0=anna"), converted(project, "1=carl:a")
    assert np.array_equal(left(both), left(anna))
    assert np.array_equal(right(both), right(carl))
    assert np.array_equal(right(anna), right(source))
    assert np.array_equal(left(carl), left(source))
    centres = [np.array(frame)[:, 60, [75, 219]] for frame in both]  # u, v of red and of blue
    assert all(c[2, 0] > 170 and c[1, 0] < 128 for c in centres)
    assert all(c[1, 1] > 170 and c[2, 1] < 128 for c in centres)


def test_a_shot_holds_for_all_models(project: Project) -> None:
    plain = converted(project)
    set_shot(project, "a", 30, {"brightness": 40})
    bright = converted(project)
    for side in (left, right):
        change = (side(bright)[:, 0].astype(int) - side(plain)[:, 0]).mean((1, 2))
        assert np.abs(change[:30]).max() < 0.01
        assert change[30:].min() > 1.0


def test_colours_are_steadied_for_each_model(project: Project) -> None:
    """What is looked at beforehand is looked at with each model's own crop."""
    plain = converted(project, colour="average")
    steady = converted(project, colour="average", smooth_colour=8)
    assert not np.array_equal(left(plain), left(steady))
    alone = converted(project, "0=anna", colour="average", smooth_colour=8)
    assert np.array_equal(left(steady), left(alone))


def test_a_model_is_loaded_once_and_gets_its_faces_together(project: Project) -> None:
    made: list[Painter] = []

    def counted(player: Player) -> Painter:
        made.append(load(player))
        return made[-1]

    pipeline.run(make_work(project, models="0=anna,1=anna", batch=4), counted)
    (anna,) = made
    assert sum(anna.batches) == 2 * FRAMES
    assert set(anna.batches) == {4}
    made.clear()
    pipeline.run(make_work(project, models=BOTH, batch=4, segment_frames=30), counted)
    assert [p.batches for p in made] == [[4] * 7 + [2] + [4] * 7 + [2]] * 2  # two segments


def test_both_people_of_a_project_come_from_one_checkpoint(project: Project) -> None:
    roles = roles_of(project, ConvertSettings(models="0=anna,1=anna:a"))
    cast = cast_of(roles, "extended", pytest.fail)
    assert cast[0].found is cast[1].found
    asked: list[str] = []

    def load(player: Player) -> Painter:
        asked.append(player.role.put_in)
        return Painter()

    one, other = load_all(cast, load)
    assert asked == ["b", "a"]
    assert one is not other


# --- going on ---


@pytest.mark.parametrize("stop_after", [10, 40])
def test_going_on_equals_an_unbroken_run(project: Project, stop_after: int) -> None:
    with pytest.raises(Stopped):
        converted(project, stop_after=stop_after)
    resumed = converted(project)
    (project.path / "out" / "a.mkv").unlink()
    whole = converted(project)
    assert all(np.array_equal(one, two) for one, two in zip(whole, resumed, strict=True))


def test_a_result_is_known_by_all_its_checkpoints(project: Project) -> None:
    first = converted(project)
    pipeline.run(make_work(project, models=BOTH, **LOSSLESS), pytest.fail)  # it is there already
    save_checkpoint(beside(project, "carl"), 600)
    asked: list[int] = []

    def counted(player: Player) -> Painter:
        asked.append(player.iteration)
        return load(player)

    pipeline.run(make_work(project, models=BOTH, **LOSSLESS), counted)
    assert asked == [500, 600]
    assert len(list((project.path / "trash").glob("*-a.mkv"))) == 1
    assert len(first) == FRAMES


def test_a_result_is_known_by_who_is_who(project: Project) -> None:
    def mark() -> str:
        settings = ConvertSettings(models=BOTH)
        (clip,) = clips_of(make_work(project, models=BOTH), settings)
        return fingerprint_of(clip, settings, "0001 0002")

    before = mark()
    assert mark() == before
    with Store(project.db_path) as store, store.batch():
        faces = [row.face for row in store.faces(side="target")]
        store.write(
            "UPDATE face SET cluster = ? WHERE id = ?", [(1 - f.cluster, f.id) for f in faces]
        )
    assert mark() != before


# --- consent and record ---


def test_everyone_who_is_put_in_is_recorded(project: Project) -> None:
    carl = beside(project, "carl")
    carl.remove_person("b")
    with pytest.raises(Refused, match=r"^Who side b of carl shows is not recorded: 'people carl b"):
        converted(project)
    carl.set_person("b", "Dan", Ground.CONSENT, "test", "2001-02-03")
    with pytest.raises(Refused, match=r"Dan \(side b of carl\) was shown on a ground .* ended"):
        converted(project)
    assert not (project.path / "out" / "a.mkv").exists()
    assert converted(project, "0=anna")  # who isn't put in isn't asked for


def test_whom_the_target_shows_on_a_ground_that_ended(project: Project) -> None:
    project.set_person("a", "Eve", Ground.CONSENT, "test", "2001-02-03")
    with pytest.raises(Refused, match=r"^Eve \(side a\) was shown .*'people film a NAME"):
        converted(project)


def test_people_who_are_taken_back_meanwhile_stay_inside(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = finish.Finish.clip

    def taken_back(self: finish.Finish, *args: Any) -> Any:
        beside(project, "carl").remove_person("a")
        return real(self, *args)

    monkeypatch.setattr(finish.Finish, "clip", taken_back)
    with pytest.raises(Refused, match="Who side a of carl shows is not recorded"):
        converted(project)
    assert not (project.path / "out" / "a.mkv").exists()


def test_mark_and_record_name_all_models_and_people(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    carl = beside(project, "carl")
    save_checkpoint(carl, 700)
    carl.set_person("a", "Carl", Ground.LICENSED, "test")
    converted(project)
    out = project.path / "out" / "a.mkv"
    mark, record = read_mark(out), read_record(out)
    assert mark is not None
    assert "(models: anna iteration 500, carl iteration 700)" in mark.comment
    assert record is not None
    told = [(m.person, m.project, m.put_in, m.model.iteration) for m in record.models]
    assert told == [(0, "anna", "b", 500), (1, "carl", "a", 700)]
    for one in record.models:
        (newest,) = beside(project, one.project).path.glob(
            f"model/checkpoints/*{one.model.iteration}-*"
        )
        assert one.model.checkpoint == newest.name
        assert one.model.recipe_sha256 in (newest / "SHA256SUMS").read_text()
    assert [one.people["a"].name for one in record.models] == ["Ann", "Carl"]
    assert (record.model, record.people) == (record.models[0].model, record.models[0].people)
    assert read_mark(out.with_name("a.sheet.jpg")) == mark
    assert {finding.exit for finding in verify(out.parent)} == {0}
    assert cli.main(["verify", str(out)]) == Exit.DONE
    said = capsys.readouterr().out
    assert "of carl, side a put in for person 1" in said
    assert "Carl (licensed footage" in said


def test_verify_asks_for_every_models_people(project: Project) -> None:
    converted(project)
    place = sidecar(project.path / "out" / "a.mkv")
    record = msgspec.json.decode(place.read_bytes())
    record["models"][1]["people"]["b"]["until"] = "2001-02-03"
    place.write_bytes(msgspec.json.encode(record))
    (found,) = verify(project.path / "out" / "a.mkv")
    assert found.exit == Exit.REFUSED
    assert found.ended[0].startswith("Side b of carl: Bea was shown on a ground")


def test_an_older_record_of_one_model_stays_valid(project: Project) -> None:
    anna = beside(project, "anna")
    clip = project.source_path(project.sources("target")[0])
    anna.add_sources("target", [clip])
    add_faces(anna, clip)
    pipeline.run(make_work(anna, **LOSSLESS), lambda _: Painter())
    out = anna.path / "out" / "a.mkv"
    record = msgspec.json.decode(sidecar(out).read_bytes())
    assert record.pop("models") == []
    sidecar(out).write_bytes(msgspec.json.encode({**record, "v": 1}))
    (found,) = verify(out)
    assert (found.exit, found.hashes_agree, found.remarks) == (Exit.DONE, True, [])
    pipeline.run(make_work(anna, **LOSSLESS), pytest.fail)  # it counts as made


def test_a_mark_of_very_many_models_can_be_read_back(tmp_path: Path) -> None:
    few = mark_of([("anna", 5), ("anna", 5), ("carl & co", 6)])
    assert "(models: anna iteration 5, carl & co iteration 6)" in few.comment
    many = mark_of([("&" * 97 + f"{n:03}", n) for n in range(40)])
    assert ", 39 more)" in many.comment
    for number, mark in enumerate((few, many)):
        path = tmp_path / f"{number}.png"
        Image.new("RGB", (8, 8)).save(path)
        add_mark(path, mark)
        assert read_mark(path) == mark


# --- reports ---


def identities(project: Project, side: str, cluster: int | None, first: float) -> None:
    """Give faces of a side, or of a person of it, an identity with this first number."""
    with Store(project.db_path) as store, store.batch():
        faces = [f.face for f in store.faces(side=side) if cluster in (None, f.face.cluster)]
        identity = np.zeros(128, "<f4")
        identity[0] = first
        for face in faces:
            store.set_face(face.id, identity=identity.tobytes(), identity_network=NETWORK)


def sides(project: Project, tmp_path: Path) -> Project:
    """A project with faces of A and B, 0.0 and 2.0 by their identities."""
    for side, first in (("a", 0.0), ("b", 2.0)):
        clip = make_clip(tmp_path / f"{project.name}-{side}.mp4", frames=2, sound=())
        with Store(project.db_path) as store, store.batch():
            sizes = {"width": 64, "height": 48, "fps_num": 25, "fps_den": 1}
            base = {"time_base_num": 1, "time_base_den": 25, "frames": 1}
            media = store.add_media(
                hash=side, path=str(clip), side=side, name=side, **sizes, **base
            )
            box = {"left": 0, "top": 0, "right": 8, "bottom": 8}
            frame = store.add_frame(media.id, 0, 0)
            store.add_face(frame, 0, score=1, detector="d", aligner="m", points=b"", **box)
        identities(project, side, None, first)
    return project


def test_whom_a_face_is_compared_with(project: Project, tmp_path: Path) -> None:
    """Person 0 of the target is anna's A, person 1 is neither of hers."""
    anna = sides(beside(project, "anna"), tmp_path)
    identities(project, "target", 0, 0.2)
    identities(project, "target", 1, 5.0)

    def pair(person: int | None, put_in: str = "b", threshold: float = 0.5) -> tuple[float, float]:
        found = pair_of(project, Role(person, anna, put_in), threshold)
        assert found is not None
        return float(found.new.mean[0]), float(found.replaced.mean[0])

    assert pair(0) == (2.0, 0.0)
    assert pair(0, threshold=0.1) == pytest.approx((2.0, 0.2))
    assert pair(1) == (2.0, 5.0)
    assert pair(1, "a") == (0.0, 5.0)
    assert pair(None) == (2.0, 0.0)
    assert pair_of(project, Role(0, beside(project, "carl"), "b"), 0.5) is None


def test_a_report_tells_each_models_likeness(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("anna", "carl"):
        sides(beside(project, name), tmp_path)
    save_checkpoint(beside(project, "carl"), 700)
    identities(project, "target", 1, 5.0)

    def measured(
        clip: Clip, _video: Path, faces: dict[int, Any], pairs: list[Pair]
    ) -> list[Measured]:
        """All of anna's are like the new person, half of carl's."""
        assert [float(pair.new.mean[0]) for pair in pairs] == [2.0, 0.0]
        assert [float(pair.replaced.mean[0]) for pair in pairs] == [0.0, 5.0]
        models = [(i, clip.model_of(i, n)) for i, found in faces.items() for n in range(len(found))]
        return [Measured(i, 0.3, 0.2 if m and i % 2 else 0.8, m) for i, m in models]

    monkeypatch.setattr(finish, "measure", measured)
    converted(project)
    report = reports.read_clip(project.path / "out" / "a.json")
    assert report is not None
    told = [(p.person, p.project, p.put_in, p.iterations) for p in report.parts]
    assert told == [(0, "anna", "b", 500), (1, "carl", "a", 700)]
    assert [p.identity.nearer_to_new for p in report.parts] == [1.0, 0.5]
    assert [p.identity.faces_measured for p in report.parts] == [FRAMES, FRAMES]
    assert [p.identity.median_within_new for p in report.parts] == [0.0, 0.0]
    assert (report.identity.nearer_to_new, report.identity.median_within_new) == (0.75, None)
    assert (report.iterations, report.seconds_training) == (700, 25.0)
    whole = msgspec.json.decode((project.path / "out" / "report.json").read_bytes())
    assert [p["identity"]["nearer_to_new"] for p in whole["parts"]] == [1.0, 0.5]
    said = lines(msgspec.to_builtins(report), Path())
    assert said[0].endswith("60 of 60 frames swapped, 2 models")
    assert "person 1: side a of carl, iteration 700, 50% nearer to the new person" in said[2]


def test_a_full_report_cuts_faces_as_their_models_do(project: Project) -> None:
    converted(project, report="full")
    report = reports.read_clip(project.path / "out" / "a.json")
    assert report is not None
    assert report.quality is not None
    assert {(row.frame, row.face) for row in report.quality.rows} >= {(0, 0), (0, 1)}
    assert report.quality.figures["edge"].median > 2
    assert "model iteration 500 of anna and iteration 500 of carl" in (
        project.path / "out" / "a.report.html"
    ).read_text("utf-8")


# --- what can't be done ---


@pytest.mark.parametrize(
    ("models", "sentence"),
    [
        ("0=anna,7=carl", "no person 7: 'faces people film --side target' lists 0, 1\\.$"),
        ("0=anna,1", "convert's models can't be '1'"),
        ("0=anna,1=film", "There is no trained model in"),
        ("0=anna,1=nobody", "There is no project 'nobody' beside film"),
    ],
)
def test_models_that_can_not_be_used(project: Project, models: str, sentence: str) -> None:
    for side in "ab":
        project.set_person(side, "Eve", Ground.SELF, "test")
    with pytest.raises((BadInput, ModelMissing), match=sentence):
        converted(project, models)


def test_people_who_were_not_told_apart(project: Project) -> None:
    with Store(project.db_path) as store, store.batch():
        store.write("UPDATE face SET cluster = NULL", [()])
    with pytest.raises(BadInput, match="not told apart in the target: 'faces people film"):
        converted(project)


def test_a_mask_that_one_model_has_not_learnt(project: Project) -> None:
    with pytest.raises(BadInput, match=r"model of anna has learnt no mask .*--learn-mask"):
        converted(project, mask="predicted")


def test_a_clip_without_the_wanted_people(project: Project, tmp_path: Path) -> None:
    other = make_clip(tmp_path / "b.mkv", width=WIDTH, height=HEIGHT, frames=10, sound=())
    project.add_sources("target", [other])
    add_faces(project, other, people=[(0.15, 4)])
    work = make_work(project, models=BOTH)
    assert [clip.name for clip in clips_of(work, ConvertSettings(models=BOTH))] == ["a"]
    (warning,) = events_of(work, "warn")
    assert "b.mkv has none of the wanted faces" in warning.text
    with pytest.raises(NothingToDo, match=r"b\.mkv has no face in the frames"):
        clips_of(work, ConvertSettings(models="4=anna", frames="30-"))


# --- looked at beforehand ---


def test_a_preview_paints_each_face_by_its_own_model(project: Project) -> None:
    settings = ConvertSettings(models=BOTH, smooth_colour=3, **{**LOSSLESS, "colour": "lab"})
    warm = Warm(make_work(project), load)
    ready = warm.ready("a", settings)
    (seen,) = warm.seen(ready, warm.models(settings), settings, [30])
    assert warm.model_words == "iteration 500 of anna and iteration 500 of carl"
    converted(project, colour="lab", smooth_colour=3)
    (frame,) = read_frames(project.path / "out" / "a.mkv", start=30, stop=31)
    assert np.abs(frame.rgb.astype(int) - seen.after).max() <= 1
    middle = WIDTH // 2
    changed = np.abs(seen.after.astype(int) - seen.before).max((0, 2))
    assert changed[:middle].max() > 60
    assert changed[middle:].max() > 60
