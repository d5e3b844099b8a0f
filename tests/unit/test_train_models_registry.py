"""The folder of models is the registry."""

from __future__ import annotations

import pytest

from engine.errors import BadInput, Damaged
from engine.train import models


def test_lists_the_files_of_the_folder() -> None:
    assert {"original", "quick"} <= set(models.names())


def test_an_unknown_model_is_refused_with_the_list() -> None:
    with pytest.raises(BadInput, match=r"'nosuch': there are .*original, .*quick"):
        models.load("nosuch")


def test_a_name_can_not_leave_the_folder() -> None:
    with pytest.raises(BadInput, match="No model is called"):
        models.load("../layers")


def test_a_network_that_has_changed_since_is_refused_in_a_sentence() -> None:
    now = models.load("quick").VERSION
    assert models.trained("quick", now) is models.load("quick")
    with pytest.raises(Damaged, match=rf"version {now + 1} of .*has version {now}: .*--anew"):
        models.trained("quick", now + 1)
