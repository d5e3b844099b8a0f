"""Recipes: what is read, what is refused and where, when they hold and what they come to."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from test_jobs import add, ready_to_convert

from engine.convert.targets import named
from engine.errors import Exit
from engine.locks import holder_text
from engine.process import FileLock
from engine.project import Ground, Project
from engine.protocol import Job, JobFolder, Step
from engine.queue.conditions import hours_of, within
from engine.watch import plan
from engine.watch.ledger import Arrival, Ledger, Run
from engine.watch.recipes import ALWAYS, Recipe, recipes_of
from engine.watch.runs import give
from fstui import cli

GOOD = """
[[recipe]]
name = "night"
when = ["b", "target"]
steps = ["extract", "train", "convert"]
more_iterations = 500
hours = "22:00-06:00"
device_free = true
disk_free_gb = 0.001
at_most = 2

[recipe.settings.train]
batch = 4
"""


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return Project.create(tmp_workspace, "film")


def written(project: Project, text: str) -> Project:
    toml = project.path / "project.toml"
    toml.write_text(toml.read_text() + text)
    return Project.open(project.path)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 5, 1, hour, minute, tzinfo=UTC)


# --- reading -----------------------------------------------------------------------------------


def test_a_recipe_is_read_as_it_was_written(project: Project) -> None:
    (recipe,) = recipes_of(written(project, GOOD)).good
    assert recipe.places == ("b", "target")
    assert recipe.steps == ["extract", "train", "convert"]
    assert (recipe.more_iterations, recipe.settings["train"]) == (500, {"batch": 4})
    assert (recipe.hours, recipe.device_free, recipe.at_most) == ("22:00-06:00", True, 2)


def test_extract_under_watch_is_a_recipe_for_all_sides(project: Project) -> None:
    project.set_watch(extract=True)
    (recipe,) = recipes_of(project).good
    assert (recipe.name, recipe.places, recipe.steps) == (ALWAYS, ("a", "b", "target"), ["extract"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('when = ["b", "target"]', 'when = "c"'), "when: name one or more of a, b"),
        (('when = ["b", "target"]', "when = 3"), "when: Expected"),
        (('when = ["b", "target"]', "when = []"), "when: name one or more"),
        (('["extract", "train", "convert"]', '["train", "extract"]'), "steps: they are done in"),
        (('["extract", "train", "convert"]', '["dance"]'), "steps: name one or more of extract"),
        (("batch = 4", "batch = 0"), "settings.train.batch: train's batch can't be '0'"),
        (("batch = 4", "bach = 4"), "settings.train.bach: train has no setting 'bach'"),
        (("batch = 4", "anew = true"), "settings.train.anew: it would throw the model away"),
        (("batch = 4", 'weights_from = "/etc"'), "settings.train.weights_from: /etc lies outside"),
        (("settings.train", "settings.watch"), "settings.watch: watch is none of its steps"),
        (
            ("batch = 4", "iterations = 9"),
            "more_iterations: settings.train.iterations",
        ),
        (("more_iterations = 500", ""), "steps: a training needs an end"),
        (("more_iterations = 500", "more_iterations = -1"), "more_iterations: it is 0 or more"),
        (("at_most = 2", "at_most = 0"), "at_most: it is 1 or more"),
        (("at_most = 2", "most = 2"), "unknown field `most`"),
        (("22:00-06:00", "late"), "hours: 'late' is no span of the day"),
        (("22:00-06:00", "22:00-26:00"), "hours: '22:00-26:00' is no span"),
        (('name = "night"', 'name = ""'), "name: it needs a name"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_key(
    project: Project, change: tuple[str, str], said: str
) -> None:
    found = recipes_of(written(project, GOOD.replace(*change)))
    assert found.good == []
    (problem,) = found.problems
    assert str(project.path / "project.toml") in problem
    assert said in problem


def test_a_bad_recipe_takes_neither_the_project_nor_the_others_with_it(project: Project) -> None:
    bad = GOOD.replace("night", "day").replace("at_most = 2", "at_most = 0")
    found = recipes_of(written(project, bad + GOOD))
    assert [r.name for r in found.good] == ["night"]
    assert "recipe day" in found.problems[0]


def test_two_of_one_name_are_one_and_a_problem(project: Project) -> None:
    found = recipes_of(written(project, GOOD + GOOD))
    assert [r.name for r in found.good] == ["night"]
    assert "no other has" in found.problems[0]


def test_a_setting_of_the_project_can_end_a_training(project: Project) -> None:
    text = GOOD.replace("more_iterations = 500", "") + "\n[settings.train]\nplateau = 1000\n"
    assert recipes_of(written(project, text)).problems == []


# --- hours -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "moment", "inside"),
    [
        ("22:00-06:00", at(23), True),
        ("22:00-06:00", at(0), True),
        ("22:00-06:00", at(5, 59), True),
        ("22:00-06:00", at(6), False),
        ("22:00-06:00", at(21, 59), False),
        ("22:00-06:00", at(22), True),
        ("12:00-13:00, 20:00-24:00", at(12, 30), True),
        ("12:00-13:00, 20:00-24:00", at(23, 59), True),
        ("12:00-13:00, 20:00-24:00", at(0), False),
        ("", at(3), True),
        ("08:00-08:00", at(3), True),
    ],
)
def test_hours_of_the_day_also_over_midnight(hours: str, moment: datetime, inside: bool) -> None:
    assert within(hours_of(hours), moment) is inside


# --- conditions --------------------------------------------------------------------------------


def recipe(**more: Any) -> Recipe:
    return Recipe(**{"name": "r", "when": "b", "steps": ["extract"], **more})


def test_conditions_hold_with_their_figures(project: Project) -> None:
    assert plan.holds(project, recipe(), at(12)) == []
    (hours,) = plan.holds(project, recipe(hours="22:00-06:00"), at(12, 5))
    assert hours == "it begins within 22:00-06:00 and it is 12:05"


def test_a_clock_that_jumps_back_only_moves_the_hours(project: Project) -> None:
    night = recipe(hours="22:00-06:00")
    moments = [at(23), at(20), at(23)]
    assert [bool(plan.holds(project, night, m)) for m in moments] == [False, True, False]


def test_what_the_queue_judges_is_left_to_it(project: Project) -> None:
    folder = JobFolder.create(project.path, Job(1, "import", [Step("import", "a")]))
    locks = [FileLock(folder.lock_path), FileLock(project.path / "locks" / "faces")]
    assert all(lock.acquire(holder_text(folder.name)) for lock in locks)
    whole = recipe(device_free=True, disk_free_gb=1e9, at_most=1)
    assert plan.holds(project, whole, at(12)) == []
    for lock in locks:
        lock.release()


def test_what_the_steps_would_stop_at_is_told_first(project: Project) -> None:
    whole = recipe(steps=["train", "convert"], more_iterations=5)
    held = "; ".join(plan.holds(project, whole, at(12)))
    for part in ("side a has no footage", "side b has no footage", "no target footage"):
        assert part in held
    assert "who side a shows is not recorded" in held
    only = "; ".join(plan.holds(project, recipe(steps=["convert"]), at(12)))
    assert "there is no trained model" in only


def test_a_conversion_waits_for_what_other_projects_models_lack(project: Project) -> None:
    anna = Project.create(project.path.parent, "anna")
    settings = {"convert": {"models": "0=anna"}}
    models = recipe(steps=["convert"], settings=settings)
    held = "; ".join(plan.holds(project, models, at(12)))
    assert "there is no trained model of anna" in held
    assert "who side b of anna shows is not recorded" in held
    (anna.path / "model" / "latest").write_text("000000010-ab12")
    for side in "ab":
        anna.set_person(side, "Ann", Ground.SELF, "me")
    assert plan.holds(project, models, at(12)) == ["there is no target footage"]
    settings["convert"]["models"] = "0=zoe"
    assert "There is no project 'zoe'" in "; ".join(plan.holds(project, models, at(12)))


# --- steps -------------------------------------------------------------------------------------


def test_only_extract_takes_the_side_that_something_arrived_on(project: Project) -> None:
    add(project, "a", extracted=False)
    add(project, "b", extracted=False)
    steps = plan.steps_of(project, recipe(), {"media/b/x.mp4": "b"})
    assert [(s.stage, s.side) for s in steps] == [("extract", "b")]


def test_training_on_is_to_a_number_so_that_twice_is_once(project: Project) -> None:
    ready_to_convert(project)  # a model of iteration 1234
    more = recipe(steps=["extract", "train"], more_iterations=100, settings={"train": {"batch": 2}})
    (train,) = plan.steps_of(project, more, {})
    assert train.settings == {"batch": 2, "iterations": 1334}


def test_each_new_target_is_converted_and_extracted_before(project: Project) -> None:
    ready_to_convert(project)
    new = project.path / "media" / "target" / "new.mp4"
    new.write_bytes(b"new")
    project.add_sources("target", [new])
    files = {"media/target/new.mp4": "target", "media/b/x.mp4": "b"}
    steps = plan.steps_of(project, recipe(steps=["convert"], when="target"), files)
    assert [(s.stage, s.side) for s in steps] == [("extract", "target"), ("convert", None)]
    assert steps[-1].settings == {"clips": "new.mp4"}
    steps = plan.steps_of(project, recipe(steps=["convert"]), {"media/b/x.mp4": "b"})
    assert steps[-1].settings == {}, "with a better model the whole target is converted"


def test_a_comma_in_a_name_parts_no_clips(project: Project) -> None:
    names = ["rome, night.mp4", 'the "best".mp4', "plain.mp4"]
    files = {f"media/target/{name}": "target" for name in names}
    steps = plan.steps_of(project, recipe(steps=["convert"], when="target"), files)
    paths = [Path(name) for name in [*names, "rome.mp4"]]
    assert [p.name for p in named(paths, steps[-1].settings["clips"])] == names


def test_nothing_is_left_where_all_is_extracted(project: Project) -> None:
    add(project, "b")
    assert plan.steps_of(project, recipe(), {"media/b/x.mp4": "b"}) == []


# --- given -------------------------------------------------------------------------------------


def test_what_arrives_is_given_to_the_recipes_that_are_for_it(project: Project) -> None:
    text = GOOD + GOOD.replace("night", "filed").replace('["b", "target"]', '"inbox"')
    recipes = recipes_of(written(project, text))
    taken = {
        "media/a/1.mp4": Arrival("a", "taken", from_inbox=True),
        "media/b/2.mp4": Arrival("b", "taken"),
        "media/a/3.mp4": Arrival("a", "taken"),
    }
    with Ledger(project).change() as book:
        give(book, recipes, taken)
        give(book, recipes, {"media/b/4.mp4": Arrival("b", "taken")})
    runs = {run.recipe: run.files for run in Ledger(project).book.runs}
    assert runs == {
        "filed": {"media/a/1.mp4": "a"},
        "night": {"media/b/2.mp4": "b", "media/b/4.mp4": "b"},
    }


# --- the command -------------------------------------------------------------------------------


def test_the_command_lists_and_names_what_is_wrong(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    written(project, GOOD)
    assert cli.main(["recipes", "film"]) == 0
    out = capsys.readouterr().out
    assert "night: when something arrives in b, target: extract, train, convert" in out
    assert "within 22:00-06:00" in out
    written(project, GOOD.replace("night", "bad").replace("batch = 4", "batch = -4"))
    assert cli.main(["recipes", "film"]) == Exit.BAD_INPUT
    said = capsys.readouterr()
    assert "night" in said.out
    assert "settings.train.batch" in said.err


def test_a_dry_run_shows_what_would_happen_and_changes_nothing(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.set_person("a", "Ann", Ground.SELF, "test")
    written(project, GOOD.replace('hours = "22:00-06:00"', ""))
    (project.path / "media" / "b" / "new.mp4").write_bytes(b"x")
    before = sorted(project.path.rglob("*"))
    assert cli.main(["recipes", "film", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "for media/b/new.mp4: extract b, train (batch 4, iterations 500), convert" in out
    assert "it waits: side a has no footage" in out
    assert "who side b shows is not recorded" in out
    assert "side b has no footage" not in out
    assert sorted(project.path.rglob("*")) == before
    inbox = GOOD.replace("night", "sorted").replace('["b", "target"]', '"inbox"')
    written(project, inbox.replace('hours = "22:00-06:00"', ""))
    (project.path / "media" / "inbox" / "one.mp4").write_bytes(b"y")
    assert cli.main(["inbox", "film", "--file", "one.mp4", "--to", "target"]) == 0
    capsys.readouterr()
    assert cli.main(["recipes", "film", "--dry-run"]) == 0
    assert capsys.readouterr().out.count("media/target/one.mp4") == 2  # for both recipes
    assert cli.main(["recipes", "film", "--dry-run", "--json"]) == 0
    table, _ = json.loads(capsys.readouterr().out)["recipes"]
    assert any("new.mp4" in line for line in table["would"])
    run = Run("1", "night", {"media/b/old.mp4": "b"}, "queued", "device: it is taken", job="a-job")
    with Ledger(project).change() as book:
        book.runs.append(run)
    assert cli.main(["recipes", "film", "--dry-run"]) == 0
    assert "for media/b/old.mp4: a-job (device: it is taken)" in capsys.readouterr().out


def test_what_no_watcher_has_decided_about_is_told_as_new(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("taking.mp4", "taken.mp4", "unknown.mp4"):
        (project.path / "media" / "b" / name).write_bytes(b"x")
    with Ledger(project).change() as book:  # a watcher was killed as it took the first one in
        book.files["media/b/taking.mp4"] = Arrival("b", "taking")
        book.files["media/b/taken.mp4"] = Arrival("b", "taken")
    new = ["media/b/taking.mp4", "media/b/unknown.mp4"]
    assert cli.main(["arrivals", "film", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (sorted(told["new"]), told["watched"]) == (new, False)
    watching = FileLock(project.path / "locks" / "watch")
    assert watching.acquire(holder_text())
    assert cli.main(["arrivals", "film", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (sorted(told["new"]), told["watched"]) == (new, True)
    watching.release()
