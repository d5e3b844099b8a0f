"""Every command that answers in JSON says what it answers with."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator

import pytest

from fstui import cli


def parsers(of: cli.Parser, words: tuple[str, ...] = ()) -> Iterator[tuple]:
    """Each parser below one, with the words that lead to it."""
    of.load()
    yield words, of
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from parsers(below, (*words, name))


ANSWERING = [
    words
    for words, parser in parsers(cli.parser())
    if any("--json" in action.option_strings for action in parser._actions)
]


def test_many_commands_answer_in_json() -> None:
    firsts = {words[0] for words in ANSWERING}
    assert {"status", "queue", "faces", "model", "models", "media", "report", "logs"} <= firsts
    assert len(ANSWERING) >= 25


@pytest.mark.parametrize("words", ANSWERING, ids=" ".join)
def test_a_json_answer_has_a_schema(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main([*words, "--schema"])
    assert end.value.code in (0, None)
    schema = json.loads(capsys.readouterr().out)
    assert {"$ref", "type", "anyOf"} & set(schema)
    named = [s for s in schema.get("$defs", {}).values() if s.get("type") == "object"]
    assert named or words[0] == "bench"
    assert all(definition["properties"] for definition in named)
