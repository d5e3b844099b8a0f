"""What the user is told about the networks."""

from __future__ import annotations

import json

import pytest

from engine.errors import Exit
from engine.settings import fields
from engine.train import models
from engine.train.listing import listing
from fstui import cli


def test_a_network_is_described_as_it_is_built() -> None:
    (row,) = listing("original")
    assert (row["input"], list(row["outputs"])) == (64, [64])
    assert row["weights"] == sum(row["parts"].values()) == 82_062_470
    assert row["weights_with_mask"] == 94_455_560
    assert row["training_bytes"] == 16 * row["weights"]
    assert 3 * 16 * row["flop"] == pytest.approx(366e9, rel=0.01), "as bench measures a step of 16"
    assert [option["name"] for option in row["options"]] == ["lowmem"]
    assert row["habits"]["learning_rate"] == pytest.approx(5e-5)


def test_the_command_tells_sizes_weights_bounds_and_defaults(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["networks", "dlight"]) == Exit.DONE
    text = capsys.readouterr().out
    assert "128 px in, 256 px out" in text
    assert "143,612,726" in text
    assert "148,522,248" in text
    assert "128 to 384 px, in steps of 128); default 256" in text


def test_as_json_it_is_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["networks", "unbalanced", "--json"]) == Exit.DONE
    (row,) = json.loads(capsys.readouterr().out)
    options = {option["name"]: option for option in row["options"]}
    assert options["nodes"]["default"] == 1024
    assert options["lowmem"]["default"] is False


def test_an_unknown_network_is_refused_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["networks", "nosuch"]) == Exit.BAD_INPUT
    assert "dfaker, dfl_h128" in capsys.readouterr().err


@pytest.mark.parametrize("name", models.names())
def test_help_of_options_is_short(name: str) -> None:
    assert all(0 < len(field.help) <= 52 for field in fields(models.load(name).Options))
