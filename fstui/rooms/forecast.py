"""What stands before a conversion, in lines: people and their records, models, the mark."""

from __future__ import annotations

from fstui.i18n import later, tr
from fstui.model.outlook import Outlook
from fstui.rooms.lines import Line
from fstui.widgets.timeline import person_words

NOT_RECORDED = later("is not recorded")
"""What the engine says of a person most often."""


def outlook_lines(found: Outlook, *, key: str) -> list[Line]:
    """Who is shown and on what ground, or what is missing and the `key` that mends it; who paints
    whom, and what the result will be marked with."""
    if found.problem:
        return [[(f"! {found.problem}", "bad")]]
    lines: list[Line] = []
    mends = tr("! {who} {problem}: {key} records it")
    bad = [(who, problem) for who, problem in found.people if problem]
    lines += [
        [(mends.format(who=who, problem=tr(problem), key=key), "bad")] for who, problem in bad
    ]
    if good := [who for who, problem in found.people if not problem]:
        lines.append([(tr("people: "), "muted"), ", ".join(good)])
    if found.refusal and not bad:
        lines.append([(f"! {found.refusal}", "bad")])
    return [*lines, *_model_lines(found)]


def _model_lines(found: Outlook) -> list[Line]:
    """Who paints whom, and the mark."""
    lines: list[Line] = []
    painted = [
        model if person is None else f"{person_words(person)}: {model}"
        for person, model in found.cast.items()
    ]
    if painted:
        lines.append([(tr("model: "), "muted"), "; ".join(painted)])
    if found.mark:
        lines.append([(tr("marked as: "), "muted"), found.mark])
    return lines
