"""The rooms at work: first run, projects, footage, people, forms, stop, crash, pause, previews."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import fake
import pytest
from textual.widgets import Input
from workbench import Bench, Open

from engine.errors import AlreadyRunning, BadInput
from engine.project import Ground, Project
from engine.protocol import VERSION, Job, JobFolder, State, Step
from engine.queue.queue import Queue
from engine.sessions import Diary
from fstui import settings
from fstui.model import jobs
from fstui.model.queue import Place
from fstui.rooms import augmentations, start
from fstui.rooms.choice import Choice
from fstui.rooms.lines import Lines
from fstui.rooms.previews import Previews
from fstui.rooms.start import StartForm, starting
from fstui.widgets.chart import Chart
from fstui.widgets.confirm import Confirm
from fstui.widgets.pathinput import PathInput
from fstui.widgets.picture import Picture


def everything_in(folder: Path) -> list[tuple[str, int]]:
    """Every file with its size."""
    return sorted((str(p), p.stat().st_size) for p in folder.rglob("*"))


def picture_cells(b: Bench, pane: type[Picture] = Previews) -> int:
    """How many cells of the picture's pane are painted."""
    region = b.app.screen.query_one(pane).content_region
    rows = b.lines()[region.y : region.bottom - 1]
    return sum(c != " " for row in rows for c in row[region.x : region.right])


# --- home ------------------------------------------------------------------------------------


async def test_the_first_run_shows_three_steps_with_a_key_each(bench: Open) -> None:
    async with bench() as b:
        await b.sees("Welcome to fstui.")
        for step in ("1. press  + ", "2. press  a ", "3. press  s "):
            assert step in b.text()
        assert b.lines()[-1].startswith("+ new project")


async def test_a_project_is_made_and_a_bad_name_refused(bench: Open, tmp_workspace: Path) -> None:
    async with bench() as b:
        await b.sees("Welcome")
        await b.press("plus")
        await b.sees("New project")
        await b.press(*"a/b", "enter")
        await b.sees("can't be a folder's name")
        await b.press("backspace", "backspace", "enter")
        await b.sees("Next: press  a  to add footage")
        assert (tmp_workspace / "a" / "project.toml").exists()


async def test_home_lists_projects_with_state_and_progress(
    bench: Open, tmp_workspace: Path
) -> None:
    first = fake.make_project(tmp_workspace, "one")
    engine = fake.FakeEngine(first.path)
    engine.train_to(4200)
    fake.make_project(tmp_workspace, "two")
    broken = fake.make_project(tmp_workspace, "three")
    (broken.path / "project.toml").write_text("format = [")
    async with bench() as b:
        await b.sees("iteration 4 200")
        assert "training" in next(line for line in b.lines() if " one " in line)
        assert "damaged" in next(line for line in b.lines() if " three " in line)
        assert "extract" in next(line for line in b.lines() if " two " in line)
        engine.vanish()
        await b.sees("interrupted ")


async def test_projects_are_filtered_by_name(bench: Open, tmp_workspace: Path) -> None:
    for name in ("wedding", "concert", "wedding two"):
        Project.create(tmp_workspace, name)
    async with bench() as b:
        await b.sees("concert")
        await b.press("slash", *"wed")
        await b.sees("2 of 3")
        assert "concert" not in b.text()
        await b.press("enter", "enter")
        await b.until(lambda: b.app.current_mode == "project", "opened")


async def test_a_damaged_project_says_so_and_home_stays(bench: Open, tmp_workspace: Path) -> None:
    broken = fake.make_project(tmp_workspace, "broken")
    (broken.path / "project.toml").write_text("format = [")
    async with bench() as b:
        await b.sees("damaged")
        await b.until(lambda: b.app.focused, "the list has the focus")
        await b.press("enter")
        await b.sees("can't")  # a long path may part the sentence
        assert b.app.current_mode == "home"


# --- project ---------------------------------------------------------------------------------


async def test_footage_is_added_with_completion(bench: Open, tmp_workspace: Path) -> None:
    from PIL import Image

    project = Project.create(tmp_workspace, "demo")
    folder = tmp_workspace / "my footage"
    folder.mkdir()
    Image.new("RGB", (32, 32)).save(folder / "it's me.png")
    async with bench(project.path) as b:
        await b.sees("needs footage")
        await b.press("a")
        await b.sees("Add footage")
        b.app.screen.query_one(PathInput).text = str(tmp_workspace / "my f")
        await b.press("tab")
        await b.sees("my footage/")
        await b.press("tab")
        await b.sees("it's me.png")
        await b.press("down", "right", "enter")
        await b.sees("1 source added")
        await b.until(lambda: Project.open(project.path).sources("b"), "listed under B")
        await b.sees("32x32")


async def test_tab_leaves_a_path_that_can_get_no_longer(bench: Open, tmp_workspace: Path) -> None:
    project = Project.create(tmp_workspace, "demo")
    async with bench(project.path) as b:
        await b.sees("needs footage")
        await b.press("a")
        await b.sees("tab complete, then next")
        b.app.screen.query_one(PathInput).text = str(tmp_workspace / "none")
        await b.press("tab")
        await b.until(lambda: b.app.focused.id == "side", "the next field has the focus")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.mp4", None, "There is nothing at"),
        ("text.mp4", b"this is text, not a film\n" * 99, ""),
        ("empty.mp4", b"", "is empty (0 bytes)"),
        ("notes.txt", b"x", "is no video or picture by its name"),
    ],
    ids=["missing", "text", "empty", "other"],
)
async def test_footage_that_is_none_gets_one_sentence(
    bench: Open, tmp_workspace: Path, name: str, content: bytes | None, said: str
) -> None:
    project = Project.create(tmp_workspace, "demo")
    path = tmp_workspace / name
    if content is not None:
        path.write_bytes(content)
    async with bench(project.path, size=(120, 40)) as b:
        await b.sees("needs footage")
        await b.press("a")
        await b.sees("Add footage")
        b.app.screen.query_one(PathInput).text = str(path)
        await b.press("enter")
        problem = b.app.screen.query_one(".dialog--problem")
        await b.until(lambda: str(problem.render()) not in ("", "Looking at it ..."), "a sentence")
        assert said in str(problem.render())
        assert "Traceback" not in b.text()
        assert Project.open(project.path).sources() == []


async def test_people_are_recorded_with_a_ground(bench: Open, tmp_workspace: Path) -> None:
    project = Project.create(tmp_workspace, "demo")
    async with bench(project.path) as b:
        await b.sees("! not recorded: press p")
        await b.press("p")
        await b.sees("who is shown")
        await b.press(*"Ada", "enter")
        await b.sees("needs both a name and a ground")
        await b.press("down", "right", "right", "enter")
        await b.sees("written consent")
        person = Project.open(project.path).file.people["a"]
        assert (person.name, person.ground) == ("Ada", Ground.CONSENT)


async def test_a_ground_that_ended_is_renewed_and_the_other_record_stays(
    bench: Open, tmp_workspace: Path
) -> None:
    project = Project.create(tmp_workspace, "demo")
    project.set_person("a", "Ann", Ground.SELF, "someone")
    project.set_person("b", "Bea", Ground.LICENSED, "someone", "2001-02-03")
    async with bench(project.path) as b:
        await b.sees("! out of date: press p")
        await b.press("p")
        await b.sees("(licensed footage) that ended")
        await b.press("enter")
        await b.sees("2001-02-03 is over")
        b.app.screen.query_one("#until-b", Input).value = "soon"
        await b.press("enter")
        await b.sees("'soon' is no day")
        b.app.screen.query_one("#until-b", Input).value = "2999-01-01"
        await b.press("enter")
        await b.until(lambda: "out of date" not in b.text() and "Bea" in b.text(), "renewed")
        people = Project.open(project.path).file.people
        assert people["a"].recorded_by == "someone"
        assert people["b"].until == "2999-01-01"
        assert people["b"].recorded_by != "someone"


async def test_a_record_is_taken_back(bench: Open, tmp_workspace: Path) -> None:
    project = Project.create(tmp_workspace, "demo")
    project.set_person("a", "Ann", Ground.SELF, "someone")
    async with bench(project.path) as b:
        await b.sees("Ann")
        await b.press("colon")
        await b.sees("people  (p)")
        await b.press("escape", "p")
        await b.sees("A, who is replaced: recorded by someone, 20")
        b.app.screen.query_one("#name-a", Input).value = ""
        await b.press("enter")
        await b.sees("Take 1 record back?")
        await b.sees("A: Ann (self; recorded by someone,")
        await b.press("enter")
        assert Project.open(project.path).file.people["a"].name == "Ann", "keeping is the safe one"
        await b.press("enter")
        await b.sees("Take 1 record back?")
        await b.press("y")
        await b.until(lambda: "Ann" not in b.text(), "gone")
        assert Project.open(project.path).file.people == {}


async def test_counts_and_stages_say_what_is_next(bench: Open, tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    async with bench(project.path) as b:
        await b.sees("Next: press  s  to extract")
        assert "needs faces of A, B" in b.text()
        assert "s extract" in b.lines()[-1]
        await b.press("s")
        await b.sees("Extract faces")
        await b.press("escape")
        assert list((project.path / "jobs").iterdir()) == []


# --- the form --------------------------------------------------------------------------------


async def test_the_form_is_made_from_the_settings_and_checks_them(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "gpus", tuple)  # without one the quick network is proposed
    project = fake.make_project(tmp_workspace)
    async with bench(project.path, "train", size=(100, 40)) as b:
        await b.sees("Not trained yet")
        b.app.screen.ask_settings("train")
        await b.sees("More settings")
        form = b.app.screen
        assert isinstance(form, StartForm)
        assert form.query_one("#set-model", Choice).value == "quick"
        form.query_one("#set-iterations").value = "0"
        await b.press("enter")
        await b.sees("iterations can't be '0'")
        form.query_one("#set-iterations").value = "many"
        await b.press("enter")
        await b.sees("iterations can't be 'many'")
        form.query_one("#set-iterations").value = "500"
        form.query_one("#set-batch").value = "4"
        assert form.accept() == {"model": "quick", "iterations": 500, "batch": 4}


async def test_a_list_is_typed_and_a_file_from_elsewhere_is_brought_in(
    bench: Open, tmp_workspace: Path, tmp_path: Path
) -> None:
    project = fake.make_project(tmp_workspace)
    (tmp_path / "boxes.json").write_text("{}")
    async with bench(project.path, "faces", size=(80, 24)) as b:
        await b.sees("1 Project")
        b.app.screen.ask_settings("extract")
        await b.sees("enter accept")
        form = b.app.screen
        form.query_one("#set-masks", Input).value = "oval,extended"
        form.query_one("#set-faces_file", Input).value = str(tmp_path / "boxes.json")
        values = form.accept()
        assert values["masks"] == "oval,extended"
        kept = jobs.checked(project, "extract", values)["faces_file"]
        assert (project.path / kept).read_text() == "{}"
        form.query_one("#set-masks", Input).value = "oval,square"
        await b.press("enter")
        await b.sees("it is any of")


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (140, 50)])
@pytest.mark.parametrize("room", ["faces", "train", "convert"])
async def test_a_form_that_scrolls_keeps_its_button_and_its_problem_in_sight(
    bench: Open, tmp_workspace: Path, size: tuple[int, int], room: str
) -> None:
    project = fake.make_project(tmp_workspace)
    async with bench(project.path, room, size=size) as b:
        await b.sees(room.title())
        stage = {"faces": "extract"}.get(room, room)
        b.app.screen.ask_settings(stage)
        await b.sees("enter accept")
        form = b.app.screen
        inside = form.query_one(".dialog").content_region
        assert inside.contains_region(form.query_one("#accept").region)
        entry = form.query(".dialog--row Input").first(Input)
        entry.value = "-1"
        await b.press("enter")
        await b.sees("can't be '-1'")
        assert inside.contains_region(form.query_one("#accept").region)
        for field in form.query(".dialog--row Input, Choice"):
            field.focus()
            await b.until(
                lambda at=field: (
                    inside.contains_region(at.region)
                    and at.region.bottom <= form.query_one(".dialog--problem").region.y
                ),
                f"{field.id} in sight",
            )


async def test_training_without_faces_is_refused_with_a_sentence(
    bench: Open, tmp_workspace: Path
) -> None:
    project = fake.make_project(tmp_workspace)
    async with bench(project.path, "train", size=(100, 40)) as b:
        await b.sees("Not trained yet")
        b.app.screen.ask_settings("train")
        await b.sees("More settings")
        await b.press("enter")
        await b.sees("has no faces")
        assert list((project.path / "jobs").iterdir()) == []


async def test_a_stage_that_lacks_something_names_the_keys_instead_of_offering_start(
    bench: Open, tmp_workspace: Path
) -> None:
    bare = Project.create(tmp_workspace, "bare")
    async with bench(bare.path, "faces", size=(100, 30)) as b:
        await b.sees("needs footage: press 1, then a")
        assert "s start" not in b.lines()[-1]
    project = fake.make_project(tmp_workspace)
    async with bench(project.path, "train", size=(140, 30)) as b:
        await b.sees("needs faces of A, B: press 2, then s")
        await b.until(lambda: "s start" not in b.lines()[-1], "start is hidden")
        await b.press("s")
        assert b.app.screen is b.app.room
        await b.press("4")
        await b.sees("needs a trained model: press 2, then s")
        await b.until(lambda: "s start" not in b.lines()[-1], "start is hidden")
        await b.press("2")
        await b.until(lambda: "s start extract" in b.lines()[-1], "start is offered")


# --- the train room --------------------------------------------------------------------------


def trained(project: Project, to: int = 4000) -> fake.FakeEngine:
    """A training with a history and one preview."""
    engine = fake.FakeEngine(project.path, model="quick", iterations=100_000)
    begin = time.time() - to / 20
    for number in range(1, to // 20 + 1):
        engine.train_to(number * 20, begin + number)
    engine.preview(to, iteration=to, columns=["A", "A>A", "A>B"])
    return engine


async def test_the_train_room_shows_losses_pace_trend_and_preview(
    bench: Open, tmp_workspace: Path
) -> None:
    engine = trained(fake.make_project(tmp_workspace))
    async with bench(engine.folder.project, "train") as b:
        await b.sees("iteration 4 000")
        await b.sees("A A→A A→B · it 4 000")
        for words in ("20.0 it/s", "to 100 000", "falling", "over the last", "quick, batch 16"):
            await b.sees(words.replace("20.0", "20"))  # history and counts come one by one
        await b.sees("640 face/s, learning rate 5e-05")
        chart = b.app.screen.query_one(Chart)
        assert chart.region.height >= 8
        assert "log" in b.lines()[1]
        await b.press("y")
        await b.sees("linear")
        engine.train_to(4020)
        await b.sees("iteration 4 020")
        await b.until(lambda: picture_cells(b) > 100, "the picture")
    engine.vanish()


async def test_stop_pause_and_preview_are_sent_as_commands(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = trained(fake.make_project(tmp_workspace), 400)
    async with bench(engine.folder.project, "train") as b:
        await b.sees("iteration 400")
        await b.press("P", "r")
        await b.until(lambda: len(list(engine.folder.commands())) == 2, "two commands")
        assert [c.verb for _, c in engine.folder.commands()] == ["pause", "preview"]
        engine.put(state=State.PAUSED)
        await b.sees("go on")
        await b.press("P")
        await b.until(lambda: len(list(engine.folder.commands())) == 3, "resume")
        assert [c.verb for _, c in engine.folder.commands()][-1] == "resume"
        engine.put(state=State.RUNNING)
        await b.press("x")
        await b.sees("stopping (saving)")
        await b.press("x")
        assert not isinstance(b.app.screen, Confirm), "too early to kill"
        job = b.app.session.jobs["train"]
        assert job.stop_asked is not None
        job.stop_asked -= 21
        await b.press("x")
        await b.until(lambda: isinstance(b.app.screen, Confirm), "the question")
        await b.sees("Kill it")
        await b.press("n")
        assert engine.folder.alive()
        assert [c.verb for _, c in engine.folder.commands()].count("stop") == 1
        engine.end(State.STOPPED, 9, "stopped at iteration 400")
        await b.sees("s resume training")


async def test_a_crash_shows_its_signal_and_the_last_twenty_lines(
    bench: Open, tmp_workspace: Path
) -> None:
    engine = trained(fake.make_project(tmp_workspace), 400)
    async with bench(engine.folder.project, "train", size=(120, 40)) as b:
        await b.sees("iteration 400")
        engine.folder.log_path.write_text("".join(f"line {n}\n" for n in range(60)))
        start = time.monotonic()
        engine.end(State.CRASHED, 12, "The train step's process died (signal 9 (SIGKILL)).")
        await b.sees("crashed (signal 9)")
        assert time.monotonic() - start < 2
        await b.sees("line 59")
        assert "line 40" in b.text()
        assert "line 39" not in b.text()
        assert "s resume training" in b.lines()[-1]


async def test_a_small_terminal_shows_the_crash_too(bench: Open, tmp_workspace: Path) -> None:
    engine = trained(fake.make_project(tmp_workspace), 400)
    engine.folder.log_path.write_text("".join(f"line {n}\n" for n in range(60)))
    engine.end(State.CRASHED, 12, "The train step's process died (signal 9 (SIGKILL)).")
    async with bench(engine.folder.project, "train") as b:
        await b.sees("line 59")
        assert "crashed (signal 9)" in b.text()
        assert "line 46" in b.text()


async def test_a_killed_supervisor_reads_interrupted_and_can_be_resumed(
    bench: Open, tmp_workspace: Path
) -> None:
    engine = trained(fake.make_project(tmp_workspace), 400)
    async with bench(engine.folder.project, "train") as b:
        await b.sees("iteration 400")
        engine.vanish()
        await b.sees("interrupted at iteration 400")
        assert "s resume training" in b.lines()[-1]


@pytest.mark.parametrize(("code", "words"), [(3, "start training"), (7, "resume training")])
async def test_only_what_can_go_on_is_offered_to_be_resumed(
    bench: Open, tmp_workspace: Path, code: int, words: str
) -> None:
    engine = trained(fake.make_project(tmp_workspace))
    engine.end(State.FAILED, code, "It could not go on.")
    async with bench(engine.folder.project, "train") as b:
        await b.sees("It could not go on.")
        await b.until(lambda: words in b.lines()[-1], words)
        if words.startswith("resume"):
            await b.sees("from what was saved")
        else:
            assert "from what was saved" not in b.text()


async def test_each_room_shows_its_own_stage_of_a_job_of_several(
    bench: Open, tmp_workspace: Path
) -> None:
    project = fake.make_project(tmp_workspace)
    engine = fake.FakeEngine(
        project.path, "demo", steps=[Step("extract", "a"), Step("train"), Step("convert")]
    )
    engine.work_to(7, 9)
    engine.preview(1, frame=1, media="a")
    engine.preview(2, frame=2, media="a")
    engine.folder.append("step-end", exit=0, message="5 faces found")
    engine.step(1)
    engine.preview(400, iteration=400, columns=["A"])
    engine.folder.append("step-end", exit=0, message="trained to 400")
    engine.step(2)
    engine.preview(3, frame=3, media="t")
    engine.work_to(4, 10)
    async with bench(project.path, "faces") as b:
        await b.sees("5 faces found")
        await b.sees("frame 2")
        assert "frame 3" not in b.text()
        await b.press("3")
        await b.sees("it 400")
        assert "trained to 400" in b.text()
        await b.press("4")
        await b.sees("t frame 3")
        assert "4 of 10 frames" in b.text()
        engine.end(State.FAILED, 7, "The disk is full.")
        await b.sees("The disk is full.")
        await b.press("2")
        await b.sees("5 faces found")
        await b.until(lambda: "s start extract" in b.lines()[-1], "extraction isn't resumed")


async def test_nan_is_a_banner(bench: Open, tmp_workspace: Path) -> None:
    engine = trained(fake.make_project(tmp_workspace), 400)
    engine.folder.append("save", iteration=250)
    assert engine.history is not None
    engine.history.append(420, time.time(), float("nan"), 0.1, 20.0)
    async with bench(engine.folder.project, "train") as b:
        await b.sees("loss is NaN since iteration 420; last good save 250")
    engine.vanish()


async def test_freezing_holds_the_view_and_not_the_job(bench: Open, tmp_workspace: Path) -> None:
    engine = trained(fake.make_project(tmp_workspace), 400)
    async with bench(engine.folder.project, "train", size=(120, 40)) as b:
        await b.sees("iteration 400")
        await b.press("f")
        await b.sees("frozen")
        engine.train_to(420)
        await b.until(lambda: b.app.session.jobs["train"].snapshot.iteration == 420, "news")
        assert "iteration 420" not in b.text()
        await b.press("f")
        await b.sees("iteration 420")
    engine.vanish()


async def test_earlier_previews_come_back(bench: Open, tmp_workspace: Path) -> None:
    engine = trained(fake.make_project(tmp_workspace), 400)
    for number in (420, 440):
        engine.preview(number, iteration=number, columns=["A", "A>B"])
    async with bench(engine.folder.project, "train") as b:
        await b.sees("it 440")
        assert "[ ] previews" in b.lines()[-1]
        await b.press("left_square_bracket")
        await b.sees("it 420")
        await b.sees("(2 of 3)")
        await b.press("right_square_bracket")
        await b.sees("it 440")
    engine.vanish()


async def test_a_key_shows_the_sheet_with_all_faces_and_masks(
    bench: Open, tmp_workspace: Path
) -> None:
    engine = trained(fake.make_project(tmp_workspace), 400)
    for number in (420, 440):
        engine.preview(number, sheet=True, iteration=number, columns=["A", "A>B"])
    async with bench(engine.folder.project, "train") as b:
        pane = b.app.screen.query_one(Previews)
        await b.sees("A A→B · it 440")
        assert pane.path is not None
        assert pane.path.name == "000000440.jpg"
        assert pane.largest is not None
        assert pane.largest.name == "000000440-sheet.jpg", "o shows all there is"
        await b.press("b")
        await b.sees("A mask · it 440")
        assert pane.path.name == "000000440-sheet.jpg"
        await b.press("left_square_bracket")
        await b.sees("A mask · it 420")
        await b.sees("(2 of 3)")
        await b.press("left_square_bracket")
        await b.sees("it 400")
        assert pane.path.name == "000000400.jpg", "an older one without a sheet"
        await b.press("right_square_bracket", "b")
        await b.sees("A A→B · it 420")
    engine.vanish()


async def test_the_key_of_sheets_is_valid_where_there_are_some(
    bench: Open, tmp_workspace: Path
) -> None:
    engine = trained(fake.make_project(tmp_workspace), 400)
    async with bench(engine.folder.project, "train") as b:
        await b.sees("it 400")
        await b.press("b")
        assert "A A→A A→B · it 400" in b.text()
        assert b.app.screen.query_one(Previews).largest == b.app.screen.query_one(Previews).path
    engine.vanish()


async def test_a_new_picture_comes_at_most_every_five_seconds(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = trained(fake.make_project(tmp_workspace), 400)
    shown: list[str] = []
    show = Picture.show

    def record(self: Picture, path: Path | None, caption: str = "") -> None:
        if path is not None and path != self.path:
            shown.append(path.name)
        show(self, path, caption)

    monkeypatch.setattr(Picture, "show", record)
    async with bench(engine.folder.project, "train") as b:
        await b.until(lambda: len(shown) == 1, "the first picture")
        engine.preview(420, iteration=420, columns=["A"])
        await b.until(lambda: len(b.app.session.jobs["train"].previews) == 2, "the news of it")
        await b.pilot.pause()
        assert len(shown) == 1, "it came too early"
        pane = b.app.screen.query_one(Previews)
        pane._put_at -= 5
        engine.train_to(440)
        await b.until(lambda: len(shown) == 2, "the second picture")
        await b.press("r")
        engine.preview(460, iteration=460, columns=["A"])
        await b.until(lambda: len(shown) == 3, "the one that was asked for, at once")
    engine.vanish()


async def test_two_workbenches_show_the_same(bench: Open, tmp_workspace: Path) -> None:
    engine = trained(fake.make_project(tmp_workspace), 400)
    async with bench(engine.folder.project, "train") as b:
        await b.sees("iteration 400")
        engine.folder.send("stop")  # by the other one
        engine.put(state=State.STOPPING)
        await b.sees("stopping (saving)")
    engine.vanish()


# --- faces, convert, log ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("room", "stage", "side"), [("faces", "extract", "a"), ("convert", "convert", None)]
)
async def test_progress_with_the_last_frame(
    bench: Open, tmp_workspace: Path, room: str, stage: str, side: str | None
) -> None:
    project = fake.make_project(tmp_workspace)
    engine = fake.FakeEngine(project.path, stage, side)
    engine.work_to(30, 120)
    engine.preview(30, frame=30, media="clip.mp4")
    async with bench(project.path, room) as b:
        await b.sees("30 of 120 frames, 12 frame/s, 8 s left")
        await b.sees("25%")
        await b.sees("clip.mp4 frame 30")
        await b.until(lambda: picture_cells(b) > 100, "the picture")
        engine.end(State.DONE, 0, "all 120 frames")
        await b.sees("all 120 frames")


async def test_extraction_tells_faces_and_what_its_filters_reject(
    bench: Open, tmp_workspace: Path
) -> None:
    engine = fake.FakeEngine(fake.make_project(tmp_workspace).path, "extract", "a")
    engine.work_to(30, 120, faces=33, per_frame=1.1, rejected={"min_face": 2, "roll": 1})
    async with bench(engine.folder.project, "faces", size=(80, 24)) as b:
        await b.sees("33 faces so far, 1.10 a frame")
        await b.sees("3 faces rejected: 2 too small, 1 tilted too far")
    engine.vanish()


async def log_follows(b: Bench) -> str:
    return b.app.screen.query_one("#follow", Lines).text


async def test_the_log_follows_until_one_scrolls_up(bench: Open, tmp_workspace: Path) -> None:
    engine = trained(fake.make_project(tmp_workspace), 40)
    noise = "2026-11-22 21:37:29.123456: I external/local_xla/xla/stream.cc:32] noise\n"
    engine.folder.log_path.write_text("".join(f"line {n}\n" for n in range(100)) + noise * 3)
    async with bench(engine.folder.project, "log") as b:
        await b.sees("... 3 lines of TensorFlow's own")
        await b.sees("started: train by pid")
        await b.press("v")
        await b.sees("xla/stream.cc")
        await b.press("v", "tab")
        await b.until(lambda: b.app.focused is not None and b.app.focused.id == "output", "focus")
        engine.say("newest")
        await b.sees("newest")
        assert "following the end" in await log_follows(b)
        await b.press("g")
        engine.say("later")
        await b.sees("1 new line - G")
        engine.say("last")
        await b.sees("2 new lines - G")
        assert "later" not in b.text()
        await b.press("G")
        await b.sees("later")
        assert "following the end" in await log_follows(b)
    engine.vanish()


async def test_the_log_is_filtered_as_one_types(bench: Open, tmp_workspace: Path) -> None:
    engine = trained(fake.make_project(tmp_workspace), 40)
    engine.folder.log_path.write_text("".join(f"line {n}\n" for n in range(100)))
    async with bench(engine.folder.project, "log") as b:
        await b.sees("line 99")
        await b.press("slash", *"line 4")
        await b.sees("19 of 100")
        assert "line 49" in b.text()
        assert "line 99" not in b.text()
        await b.press("escape")
        await b.sees("line 99")
    engine.vanish()


async def test_hostile_text_is_shown_as_text(bench: Open, tmp_workspace: Path) -> None:
    engine = trained(fake.make_project(tmp_workspace, "[red]x"), 40)
    engine.folder.log_path.write_text("\x1b[2J[bold]boom[/] \x1b]0;evil\x07end\n")
    engine.end(State.FAILED, 3, "[link=x]bad[/] \x1b[31mthing")
    async with bench(engine.folder.project, "log") as b:
        await b.sees("[bold]boom[/] end")
        await b.sees("[link=x]bad[/]")
        assert "[red]x" in b.lines()[0]


@pytest.mark.parametrize("room", ["project", "faces", "train", "convert", "log"])
async def test_no_escape_of_a_job_reaches_the_terminal(
    bench: Open, tmp_workspace: Path, room: str
) -> None:
    project = fake.make_project(tmp_workspace, "demo")
    kind = {"faces": "extract", "convert": "convert"}.get(room, "train")
    hostile = "\x1b[2J\x9b\u202eX"
    engine = fake.FakeEngine(project.path, kind)
    engine.work_to(3, 10, f"frame{hostile}")
    engine.put(phase=f"loading{hostile}", side=hostile, device=hostile, last_warning=hostile)
    moved = engine.folder.path.rename(engine.folder.path.parent / f"{engine.folder.name}{hostile}")
    async with bench(project.path, room) as b:
        await b.sees("loading")
        assert not set("\x1b\x9b\u202e") & set(b.text())
        b.app.screen.say(f"notice {moved.name}")
        await b.sees("notice ")
        assert not set("\x1b\x9b\u202e") & set(b.text())
    engine.vanish()


async def test_a_long_sentence_hides_no_side(bench: Open, tmp_workspace: Path) -> None:
    engine = fake.FakeEngine(fake.make_project(tmp_workspace).path, "extract")
    engine.end(State.DONE, 0, "many words about the faces that were found " * 4)
    async with bench(engine.folder.project, "faces") as b:
        await b.sees("target ")


# --- sizes, read-only, themes ----------------------------------------------------------------


@pytest.mark.parametrize(
    "room", ["project", "faces", "train", "convert", "log", "queue", "arrivals"]
)
@pytest.mark.parametrize("size", [(60, 16), (80, 24), (100, 30), (140, 40), (200, 50)])
async def test_every_room_at_every_size(
    bench: Open, tmp_workspace: Path, room: str, size: tuple[int, int]
) -> None:
    engine = trained(fake.make_project(tmp_workspace), 400)
    async with bench(engine.folder.project, room, size=size) as b:
        await b.sees("training")
        screen = b.app.screen
        for widget in screen.query("#body > *"):
            if widget.display and widget.id not in ("facts",):
                assert screen.region.contains_region(widget.region), (widget, widget.region)
        assert b.lines()[-1].strip()
        assert len(b.lines()) == size[1]
    engine.vanish()


async def test_too_small_says_so_and_recovers(bench: Open, tmp_workspace: Path) -> None:
    engine = trained(fake.make_project(tmp_workspace), 400)
    async with bench(engine.folder.project, "train") as b:
        await b.sees("iteration 400")
        await b.pilot.resize_terminal(50, 12)
        await b.sees("need 60x16, have 50x12")
        assert "train: training" in b.text()
        await b.pilot.resize_terminal(80, 24)
        await b.sees("iteration 400")
        assert "need 60x16" not in b.text()
    engine.vanish()


async def test_readonly_shows_everything_and_changes_nothing(
    bench: Open, tmp_workspace: Path
) -> None:
    engine = trained(fake.make_project(tmp_workspace), 400)
    before = everything_in(tmp_workspace)
    async with bench(engine.folder.project, "train", readonly=True, size=(100, 30)) as b:
        await b.sees("read-only")
        await b.sees("iteration 400")
        for key in ("x", "P", "r", "s", "w", "1", "a", "p", "x", "s", "w"):
            await b.press(key)
        assert b.app.current_mode == "project"
        assert len(b.app.screen_stack) == 1
    assert everything_in(tmp_workspace) == before
    engine.vanish()


async def test_themes_change_and_are_remembered(bench: Open, tmp_workspace: Path) -> None:
    async with bench() as b:
        await b.sees("Welcome")
        first = b.app.theme
        seen = {first}
        for _ in range(4):
            await b.press("t")
            seen.add(b.app.theme)
        assert len(seen) >= 2
        assert b.app.session.state.theme == b.app.theme


async def test_ascii_has_nothing_beyond_ascii(bench: Open, tmp_workspace: Path) -> None:
    engine = trained(fake.make_project(tmp_workspace), 400)
    async with bench(engine.folder.project, "train", ascii_only=True) as b:
        await b.sees("iteration 400")
        await b.sees("A A>A A>B - it 400")
        for key, painted in (
            ("1", "is replaced"),
            ("2", "Faces were not extracted yet"),
            ("3", "A A>A A>B - it 400"),
            ("4", "convert"),
            ("5", "What happened"),
            ("question_mark", "Keys of the log room"),
        ):
            before = b.app.screen
            await b.press(key)
            await b.until(lambda before=before: b.app.screen is not before, "another screen")
            await b.sees(painted)
            assert b.text().isascii(), [c for c in b.text() if not c.isascii()]
    engine.vanish()


async def test_hidden_rooms_do_no_work(bench: Open, tmp_workspace: Path) -> None:
    engine = trained(fake.make_project(tmp_workspace), 400)
    async with bench(engine.folder.project, "train") as b:
        await b.sees("iteration 400")
        train = b.app.screen
        await b.press("5")
        await b.sees("Output")
        shows: list[int] = []
        train.show = lambda: shows.append(1)  # type: ignore[attr-defined]
        engine.train_to(420)
        await b.until(lambda: b.app.session.jobs["train"].snapshot.iteration == 420, "news")
        assert shows == []
        del train.show  # type: ignore[attr-defined]
        await b.press("3")
        await b.sees("iteration 420")
    engine.vanish()


async def test_the_project_is_watched_where_it_says_so(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fstui.model import jobs

    asked: list[str] = []
    monkeypatch.setattr(jobs, "start_watch", lambda project, **_: asked.append(project.name))
    plain = fake.make_project(tmp_workspace, "plain")
    keen = fake.make_project(tmp_workspace, "keen")
    keen.change(lambda doc: doc["watch"].update(extract=True))
    async with bench(plain.path) as b:
        await b.sees("Target")
        await b.press("w")
        await b.until(lambda: asked == ["plain"], "started by its key")
    asked.clear()
    async with bench(keen.path) as b:
        await b.until(lambda: asked == ["keen"], "started by itself")


async def test_zoom_shows_one_pane_after_the_other(bench: Open, tmp_workspace: Path) -> None:
    engine = trained(fake.make_project(tmp_workspace), 400)
    async with bench(engine.folder.project, "train", size=(120, 40)) as b:
        await b.sees("iteration 400")
        chart, picture = b.app.screen.query_one(Chart), b.app.screen.query_one(Previews)
        width = chart.region.width
        await b.press("z")
        assert chart.region.width > width
        assert not picture.display
        await b.press("z")
        assert picture.region.width == 120
        assert not chart.display
        await b.press("z")
        assert chart.region.width == width
        assert picture.display
    engine.vanish()


async def test_what_training_sees_comes_from_the_engine_and_nothing_waits_for_it(
    bench: Open, tmp_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    sheet = tmp_path / "sheet.jpg"
    Image.effect_noise((640, 256), 80).save(sheet)
    answers = [threading.Event() for _ in range(3)]
    answers[2].set()
    asked: list[tuple[str, ...]] = []

    def ask(*question: str, patience_s: float) -> dict[str, object]:
        asked.append(question)
        answers[len(asked) - 1].wait(patience_s)
        if len(asked) == 1:
            raise BadInput("Side A of demo has 3 faces and training needs at least 25.")
        return {"path": str(sheet), "columns": ["source", "warp"]}

    monkeypatch.setattr(augmentations, "ask", ask)
    project = fake.make_project(tmp_workspace)
    fake.add_faces(project)
    async with bench(project.path, "train", size=(100, 40)) as b:
        await b.sees("25 and 25 faces")
        await b.press("i")
        await b.sees("The faces are being cut and varied")
        answers[0].set()
        await b.sees("training needs at least 25")
        await b.press("escape", "i")
        await b.sees("The faces are being cut and varied")
        await b.press("escape")
        await b.until(lambda: "What training sees" not in b.text(), "closed while it is asked")
        answers[1].set()
        await b.press("i")
        await b.sees("source, warp")
        await b.until(lambda: picture_cells(b, Picture) > 100, "a picture")
    assert set(asked) == {("augmentations", str(project.path), "")}


async def test_what_training_sees_needs_faces_and_a_right_to_write(
    bench: Open, tmp_workspace: Path
) -> None:
    project = fake.make_project(tmp_workspace)
    async with bench(project.path, "train") as b:
        await b.sees("Not trained yet")
        assert not b.app.screen.check_action("augmentations", ())
    fake.add_faces(project)
    async with bench(project.path, "train", readonly=True) as b:
        await b.sees("Not trained yet")
        assert not b.app.screen.check_action("augmentations", ())


def test_a_full_picture_is_written_in_the_terminals_protocol(tmp_path: Path) -> None:
    import base64
    import io
    import re

    from PIL import Image

    from fstui.rooms import full

    path = tmp_path / "p.jpg"
    noise = Image.effect_noise((64, 64), 80)
    noise.save(path)
    out = io.StringIO()
    full.show(path, "kitty", out)
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", out.getvalue())
    assert pieces[0][0] == "a=T,f=100,m=1"
    assert pieces[-1][0] == "m=0"
    png = base64.b64decode("".join(data for _, data in pieces))
    assert Image.open(io.BytesIO(png)).size == (64, 64)
    out = io.StringIO()
    full.show(path, "", out)
    assert f":{path} .\n" in out.getvalue()
    assert "\x1b" not in out.getvalue()


async def test_arrivals_are_told_in_the_projects_room(bench: Open, tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    async with bench(project.path) as b:
        await b.sees("media/ is not watched: w watches it")
        engine = fake.FakeEngine(project.path, "watch")
        await b.sees("footage that arrives in media/a")
        assert "w end watch" in b.lines()[-1]
        engine.folder.append(
            "arrival", path="media/a/clip.mp4", side="a", state="refused", why="no video in it"
        )
        await b.sees("media/a/clip.mp4: refused (no video in it)")
        await b.press("w")
        await b.until(lambda: list(engine.folder.commands()), "the command")
        assert [c.verb for _, c in engine.folder.commands()] == ["stop"]
        engine.end(State.STOPPED, 9, "stopped watching")
        await b.sees("media/ is not watched")


async def test_another_project_shows_nothing_of_the_one_before(
    bench: Open, tmp_workspace: Path
) -> None:
    engine = trained(fake.make_project(tmp_workspace, "first"), 400)
    other = fake.make_project(tmp_workspace, "second")
    async with bench(engine.folder.project, "train") as b:
        await b.sees("iteration 400")
        await b.press("y")
        await b.until(lambda: picture_cells(b) > 100, "the picture")
        await b.press("1")
        await b.sees("Next:")
        await b.press("0")
        await b.sees("Last activity")
        b.app.open_project(other.path, "train")
        await b.sees("Not trained yet")
        assert "second" in b.lines()[0]
        assert "first" not in b.text()
        assert b.app.screen.query_one(Previews).path is None
        assert b.app.screen.query_one(Chart).log_scale
        await b.press("1")
        await b.sees("needs faces of A, B")
        assert "second" in b.lines()[0]
        await b.press("5")
        await b.sees("No job yet")
        assert "first" not in b.text()
    engine.vanish()


async def test_lasting_trouble_is_a_banner(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    free = [10**9]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 0, free[0]))
    project = fake.make_project(tmp_workspace)
    async with bench(project.path) as b:
        await b.sees("! Only 1.0 GB are free")
        free[0] = 10**11
        await b.until(lambda: "Only" not in b.text(), "the banner is gone")


async def test_silence_is_said_though_nothing_is_written(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fstui.model.tail.TICK_S", 0.2)
    engine = trained(fake.make_project(tmp_workspace), 400)
    async with bench(engine.folder.project, "train") as b:
        await b.sees("iteration 400")
        b.app.session.jobs["train"].snapshot.heartbeat -= 65
        await b.sees("stalled: silent for")
    engine.vanish()


def test_a_model_begun_anew_is_not_offered_to_be_thrown_away_again(tmp_workspace: Path) -> None:
    project = fake.make_project(tmp_workspace)
    settings = {"model": "quick", "anew": True}
    folder = JobFolder.create(project.path, Job(VERSION, "train", [Step("train", None, settings)]))
    folder.lock_path.write_text("{}")  # begun and cut off: no end, and nobody holds the lock
    values = starting(project, "train").values
    assert values["model"] == "quick"
    assert "anew" not in values


async def test_a_job_that_cannot_start_waits_where_the_user_said_so(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = fake.make_project(tmp_workspace)
    fake.add_faces(project)
    settings.change("queue", True)

    def start(project: Project, place: Place | None = None, **_: object) -> JobFolder:
        if place is None:
            raise AlreadyRunning("another training runs")
        return Queue(tmp_workspace).add(project.path, Job(1, "train", [Step("train")]))

    kept: list[Path] = []
    monkeypatch.setattr("fstui.model.queue.kick", kept.append)
    monkeypatch.setattr(jobs, "start_train", start)
    async with bench(project.path, "train") as b:
        await b.press("s")
        await b.sees("Start")
        await b.press("enter")
        await b.sees("train waits in the queue")
        assert len(Queue(tmp_workspace).waiting()) == 1
        await b.until(lambda: kept, "whoever looks sees that the queue is kept")


async def test_the_train_room_has_sessions_and_changes_what_runs(
    bench: Open, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = fake.make_project(tmp_workspace)
    engine = fake.FakeEngine(project.path, batch=4)
    engine.train_to(10)
    diary = Diary(project.path / "model")
    diary.begin(engine.folder.name, 0, batch=4, settings={"batch": 4})
    sent: list[dict[str, object]] = []
    monkeypatch.setattr("fstui.model.jobs.change", lambda _folder, values: sent.append(values))
    async with bench(project.path, "train", size=(120, 40)) as b:
        await b.sees("loss A")
        await b.sees("memory")
        await b.press("ctrl+e", "s")
        await b.sees("Sessions of this model")
        await b.sees("no end was written")
        await b.press("escape", "m", "c")
        await b.sees("Change while it runs")
        await b.press("enter")
        b.app.screen.query_one("#set-learning_rate", Input).value = "1e-05"
        await b.press("ctrl+g")
        assert b.app.clipboard == "fstui change demo --learning-rate 1e-05"
        b.app.screen.query_one("#set-warp", Choice).put(False)
        await b.press("ctrl+g")
        assert b.app.clipboard == "fstui change demo --learning-rate 1e-05 --no-warp"
        b.app.screen.query_one("#set-warp", Choice).put(True)
        b.app.screen.submit()
        await b.sees("It goes on with learning_rate 1e-05")
        assert sent == [{"learning_rate": 1e-05}]
    engine.vanish()
