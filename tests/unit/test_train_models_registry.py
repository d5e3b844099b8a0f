"""The folder of models is the registry."""

from __future__ import annotations

import pytest

from engine.errors import BadInput
from engine.train import models


def test_lists_the_files_of_the_folder() -> None:
    assert {"original", "quick"} <= set(models.names())


def test_an_unknown_model_is_refused_with_the_list() -> None:
    with pytest.raises(BadInput, match=r"No model is called 'nosuch': there are .*original, quick"):
        models.load("nosuch")


def test_a_name_can_not_leave_the_folder() -> None:
    with pytest.raises(BadInput, match="No model is called"):
        models.load("../layers")
