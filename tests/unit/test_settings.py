"""Settings: bounds hold whatever is thrown at them, and flags can be made from the fields."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BadInput
from engine.settings import (
    STAGE_SETTINGS,
    ConvertSettings,
    TrainSettings,
    as_list,
    changed,
    fields,
    listed,
    read,
)

KINDS = st.sampled_from(list(STAGE_SETTINGS.values()))
ANYTHING = st.one_of(
    st.integers(), st.floats(), st.text(max_size=8), st.booleans(), st.none(), st.lists(st.none())
)


@given(KINDS, st.data())
def test_any_value_is_refused_in_a_sentence_or_within_bounds(
    kind: type[msgspec.Struct], data: st.DataObject
) -> None:
    field = data.draw(st.sampled_from(fields(kind)))
    value: Any = data.draw(ANYTHING)
    sentence = ""
    try:
        got = getattr(read(kind, {field.name: value}), field.name)
    except BadInput as error:
        sentence = str(error)
    if sentence:
        assert field.name in sentence
        assert sentence.isprintable()
        return
    assert isinstance(got, field.type)
    if field.choices:
        chosen = listed(got) if field.many else [got]
        assert set(chosen) <= set(field.choices)
    if field.type in (int, float):
        assert math.isfinite(got)
        assert field.low is None or got >= field.low
        assert field.high is None or got <= field.high


@given(KINDS)
def test_defaults_are_within_their_own_bounds(kind: type[msgspec.Struct]) -> None:
    defaults = {f.name: f.default for f in fields(kind)}
    assert read(kind, defaults) == kind()
    assert changed(kind()) == {}


@given(KINDS)
def test_every_field_has_help(kind: type[msgspec.Struct]) -> None:
    for field in fields(kind):
        assert field.help
        assert str(field.default) in field.words()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"batch": 0}, "batch can't be '0': it is a whole number, 1 to 256"),
        ({"batch": "many"}, "whole number"),
        ({"seconds": math.nan}, "seconds can't be 'nan'"),
        ({"seconds": "inf"}, "seconds can't be 'inf'"),
        ({"mask": "round"}, "one of none, bisenet_fp, components, custom, extended, oval"),
        ({"colour": "perhaps"}, "true or false"),
        ({"no\x1b[31mne": 1}, "no setting 'no[31mne'"),
    ],
)
def test_a_refusal_says_what_is_allowed(values: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(TrainSettings, values)
    assert words in str(caught.value)
    assert "train" in str(caught.value)


def test_words_of_a_command_line_become_values() -> None:
    got = read(TrainSettings, {"batch": "8", "learning_rate": "1e-4", "model": "quick"})
    assert (got.batch, got.learning_rate, got.model) == (8, 1e-4, "quick")
    assert changed(got) == {"batch": 8, "learning_rate": 1e-4, "model": "quick"}


def test_negative_bounds_show_in_the_help() -> None:
    erosion = next(f for f in fields(ConvertSettings) if f.name == "erosion")
    assert "-20 to 20 %" in erosion.words()
    colour = next(f for f in fields(ConvertSettings) if f.name == "colour")
    known = "none, average, histogram, idt, lab, linear, mkl, seamless, sot"
    assert f"{colour.help}: {known} (default lab)" == colour.words()


TRADE_WORDS = ("transaction", "inotify", "embedding", "tensor", "engine/", "loss", "detection")


@given(KINDS)
def test_help_is_short_and_in_plain_words(kind: type[msgspec.Struct]) -> None:
    for field in fields(kind):
        assert len(field.help) <= 52, field.help
        assert not [word for word in TRADE_WORDS if word in field.help]


@pytest.mark.parametrize(
    ("stage", "name"), [("train", "model"), ("extract", "detector"), ("extract", "aligner")]
)
def test_an_unknown_network_is_refused_naming_those_there_are(stage: str, name: str) -> None:
    (field,) = [f for f in fields(STAGE_SETTINGS[stage]) if f.name == name]
    assert field.default in field.choices
    assert "__init__" not in field.choices
    assert ", ".join(field.choices) in field.words()
    with pytest.raises(BadInput, match=f"it is one of {', '.join(field.choices)}"):
        read(STAGE_SETTINGS[stage], {name: "bogus"})
    assert getattr(read(STAGE_SETTINGS[stage], {name: field.default}), name) == field.default


names = st.text(st.characters(blacklist_categories=("Cc", "Cs")), min_size=1).map(str.strip)


@given(st.lists(names.filter(bool), max_size=5))
def test_a_list_of_any_names_is_read_as_it_was_written(items: list[str]) -> None:
    assert listed(as_list(items)) == items
