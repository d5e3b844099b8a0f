"""The models room: trained models with their sets, the store, what can be trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fake
import pytest
from textual.widgets import Input
from workbench import Bench, Open

from engine.project import Project
from fstui.model import networks, stored, trained
from fstui.rooms.lines import Lines
from fstui.rooms.modelforms import Bring

STORE = {
    "name": "fan", "title": "FAN", "for": "aligner", "state": "missing", "size": 0,
    "licence": "BSD", "how": "Bring fan.pth with 'models import'.", "verified": "",
    "origin": "https://example.org/fan.pth", "files": [],
}  # fmt: skip
NETWORK = {
    "name": "iae", "about": "Shared inters.\n\nMore.", "weights": 4_000_000, "input": 64,
    "outputs": [64], "training_bytes": 64_000_000, "flop": 4e9, "parts": {"encoder": 4_000_000},
    "weights_with_mask": None, "options": [],
    "habits": {"loss": "mae", "learning_rate": 5e-5, "decay": False},
}  # fmt: skip
SETS = [
    {"set": f"0000000{n}0-aaaa", "iteration": n * 10, "saved": "2026-11-01T10:00:00+00:00",
     "loss_a": 0.1, "loss_b": 0.2, "bytes": 5_000_000, "best": n == 2}
    for n in (2, 1)
]  # fmt: skip
INFO = {
    "recipe": {"model": "quick", "input_size": 64, "output_size": 96},
    "parts": {"encoder": 1000},
    "checkpoints": SETS,
    "snapshots": [],
}


class Engine:
    """Answers as the engine does, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.trained: list[dict[str, Any]] = []

    def __call__(self, *question: str) -> Any:
        self.asked.append(question)
        return {
            "models-list": [STORE],
            "models-verify": [{**STORE, "state": "there", "how": "", "verified": "as published"}],
            "models-import": {"title": "FAN", "key": "fan"},
            "models-trained": self.trained,
            "networks": [NETWORK],
            "model-info": INFO,
            "model-check": [{"set": "x", "problem": "its sum differs"}],
            "model-restore": {"iteration": 10, "set": "s", "aside": ["y"]},
            "model-export": {"iteration": 20, "files": ["/tmp/swap.safetensors"]},
        }[question[0]]


@pytest.fixture
def engine(project: Project, monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine()
    engine.trained = [{"project": str(project.path), "problem": "", "model": INFO}]
    for module in (trained, stored, networks):
        monkeypatch.setattr(module, "ask", engine)
    monkeypatch.setattr(trained, "checkpoint_iteration", lambda path: 20)
    return engine


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return fake.make_project(tmp_workspace, "film")


def told(b: Bench) -> str:
    """What is said of the row under the cursor."""
    return b.app.screen.query_one("#about", Lines).text


async def test_trained_stored_and_trainable_models_are_shown(
    bench: Open, project: Project, engine: Engine
) -> None:
    async with bench(size=(120, 30)) as b:
        await b.press("9")
        await b.sees("1 network missing")
        await b.sees("4.0 M")
        await b.sees("quick, 64 px in, 96 px out")
        assert "iteration 20, loss A 0.1000 B 0.2000; 2 sets, no snapshots" in told(b)
        await b.press("slash", *"fan", "enter")
        await b.sees("Bring fan.pth with 'models import'.")


async def test_a_set_is_restored_checked_and_exported(
    bench: Open, project: Project, engine: Engine, tmp_path: Path
) -> None:
    async with bench(size=(120, 30)) as b:
        await b.press("9")
        await b.sees("1 network missing")
        await b.press("enter")
        await b.sees("the best")
        await b.press("down", "down", "m")
        await b.sees("go on from this set")
        await b.press("r")
        await b.sees("1 newer set (5.0 MB) goes to trash/.")
        await b.press("y")
        await b.sees("Training goes on from iteration 10")
        assert ("model-restore", str(project.path), "000000010-aaaa") in engine.asked
        await b.sees("1 network missing")
        await b.press("m", "c")
        await b.sees("its sum differs")
        await b.press("m", "e")
        await b.sees("Export the swap")
        b.app.screen.query_one("PathEntry").value = str(tmp_path / "swap.safetensors")
        await b.press("ctrl+g")
        assert b.app.clipboard.startswith("fstui model export film --to ")
        await b.press("enter")
        await b.sees("/tmp/swap.safetensors")
        aim = str(tmp_path / "swap.safetensors")
        assert ("model-export", str(project.path), aim, "safetensors", "b") in engine.asked


async def test_one_can_choose_a_network_before_training(
    bench: Open, project: Project, engine: Engine
) -> None:
    async with bench(size=(120, 30)) as b:
        await b.press("9")
        await b.sees("1 network missing")
        await b.press("slash", *"iae", "enter")
        assert "middling: 12 GFLOP a step and face" in told(b)
        assert "64.0 MB of memory" in told(b)
        await b.press("enter")
        await b.sees("Memory of a training: 64.0 MB for weights")
        await b.sees("Trained with: mae; learning rate 5e-05, which stays")
        await b.press("escape")
    async with bench(size=(120, 30)) as b:
        await b.press("9")
        await b.sees("1 network missing")
    assert engine.asked.count(("networks",)) == 1, "the second time it is known"


async def test_a_missing_network_is_taken_in_and_all_are_verified(
    bench: Open, project: Project, engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "fan.pth"
    file.write_bytes(b"x")
    async with bench(size=(120, 30)) as b:
        await b.press("9")
        await b.sees("1 network missing")
        await b.press("slash", *"fan", "enter", "m")
        await b.sees("take in a file")
        await b.press("i")
        await b.sees("A file with the weights of fan")
        b.app.screen.query_one("PathEntry").value = str(tmp_path / "gone.pth")
        await b.press("enter")
        await b.sees("There is no file")
        b.app.screen.query_one("PathEntry").value = str(file)
        await b.press("enter")
        await b.sees("FAN is in the store: 'fan'.")
        assert ("models-import", str(file), "fan") in engine.asked
        await b.until(lambda: "1 network missing" in b.text(), "it looked again")
        await b.press("m", "v")
        await b.sees("1 network verified, 0 missing.")


async def test_a_model_that_cannot_be_read_says_why(
    bench: Open, project: Project, engine: Engine
) -> None:
    why = "The recipe of 000000020-aaaa can't be read."
    engine.trained = [{"project": str(project.path), "problem": why, "model": None}]
    async with bench(size=(120, 30)) as b:
        await b.press("9")
        await b.sees("damaged")
        assert why in told(b)


async def test_looking_only_offers_no_act(bench: Open, project: Project, engine: Engine) -> None:
    async with bench(size=(120, 30), readonly=True) as b:
        await b.press("9")
        await b.sees("1 network missing")
        await b.press("m", "Y")
        assert "What is to be done" not in b.text()


async def test_a_file_of_weights_is_completed(
    bench: Open, project: Project, tmp_path: Path
) -> None:
    (tmp_path / "fan.pth.tar").touch()
    (tmp_path / "fans.mp4").touch()
    async with bench() as b:
        await b.sees("film")
        b.app.push_screen(Bring("fan"))
        await b.sees("path of a file in .h5, .safetensors")
        entry = b.app.screen.query_one("PathEntry", Input)
        entry.value = f"{tmp_path}/fa"
        entry.focus()
        await b.press("tab")
        await b.until(lambda: entry.value == f"{tmp_path}/fan.pth.tar", "tab")
