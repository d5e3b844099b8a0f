"""What the sides of a project are called."""

from __future__ import annotations

from fstui.i18n import later

SHOWS = {
    "a": later("A, who is replaced"),
    "b": later("B, who is put in"),
    "target": later("target, shows A"),
}
"""In a list, a menu, a sentence."""
HEADINGS = {
    "a": later("A  is replaced"),
    "b": later("B  is put in"),
    "target": later("Target  shows A"),
}
"""Over what a side has."""
