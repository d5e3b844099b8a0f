"""What a screen with a list and its filter has."""

from __future__ import annotations

from textual.dom import DOMNode

from fstui.widgets.filter import Filter
from fstui.widgets.rows import Rows


class Filtered(DOMNode):
    """`/` opens the filter, each key narrows the list, which has the focus again after it. Stands
    behind the screen's own class: Textual takes styles and bindings of the first."""

    def show(self) -> None:
        """Bring the list up to the filter's text."""
        raise NotImplementedError

    def action_filter(self) -> None:
        """Only what has some words."""
        self.query_one(Filter).open()

    def on_filter_changed(self) -> None:
        """Each key filters."""
        self.show()

    def on_filter_left(self) -> None:
        """Back to the list."""
        self.query_one(Rows).focus()
