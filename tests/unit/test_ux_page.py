"""docs/ux.md: all sixty points, and every test that it names is there."""

from __future__ import annotations

import ast
import re

from engine.launch import ROOT

PAGE = (ROOT / "docs" / "ux.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d+) \| (.*?) \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)


def test_all_sixty_points_are_there_in_order() -> None:
    assert [int(number) for number, *_ in ROWS] == list(range(1, 61))


def test_each_point_has_a_test_and_each_named_test_is_there() -> None:
    trees = {}
    for number, _, tests, _ in ROWS:
        named = re.findall(r"`(tests/\S+?)::(test_\w+)`", tests)
        assert named, f"point {number} has no test"
        for path, name in named:
            if path not in trees:
                tree = ast.parse((ROOT / path).read_text("utf-8"))
                kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
                trees[path] = {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
            assert name in trees[path], f"point {number}: {path} has no {name}"
