"""A face in words: signs, figures, its line in a list, the letters that sort. No Textual."""

from __future__ import annotations

from rich.cells import cell_len

from engine.facelist import Listed
from engine.protocol import safe_text
from engine.tables import REASONS
from fstui.i18n import later, tr
from fstui.model import words
from fstui.widgets.columns import Cell, Column, Tone

SORT_KEYS = {
    "frame": "f",
    "blur": "b",
    "spectrum": "s",
    "size": "i",
    "yaw": "y",
    "pitch": "p",
    "roll": "r",
    "brightness": "t",
    "misalignment": "m",
    "occlusion": "o",
    "score": "c",
    "person": "n",
    "distance": "d",
    "why": "w",
}
"""The letter of each figure in the menu that sorts."""
LISTED = "blur"
"""The figure of a list that is sorted by frame."""
UNITS = {"size": " px"}
MEANINGS = {
    "frame": later("medium and frame"),
    "blur": later("variance of the Laplacian: low is blurred"),
    "spectrum": later("share of fine detail: low is blurred"),
    "size": later("side of the face in the frame, px"),
    "yaw": later("degrees to the picture's left (-) or right"),
    "pitch": later("degrees down (-) or up"),
    "roll": later("degrees of tilt"),
    "brightness": later("0 to 1"),
    "misalignment": later("how unlike a mean face the points lie"),
    "occlusion": later("guess of how much is covered, 0 to 1"),
    "score": later("how sure the detector was"),
    "person": later("who extraction told apart"),
    "distance": later("of the identity to the one that stands for its person"),
    "why": later("rejected ones together, by who or what rejected them"),
}


def list_columns(sort: str) -> tuple[Column, ...]:
    """The columns of the list; the second is the figure that it is sorted by."""
    return (
        Column("", 4),
        Column((sort or LISTED).title(), 9, right=True),
        Column("Frame", 8, right=True),
        Column("Side", 6),
        Column("Person", 6, right=True),
        Column("State", 12),
        Column("Footage", least=10),
    )


def signs(face: Listed) -> str:
    """`x` rejected, `+` kept by the user, `e` edited, `~` cut anew by the next extraction."""
    state = "\N{MULTIPLICATION SIGN}" if face.rejected_by else "+" if face.kept else " "
    return state + ("~" if face.stale else "e" if face.edited else " ")


def cells_of(face: Listed, sort: str) -> tuple[Cell, ...]:
    """One line of the list."""
    tone: Tone = "bad" if face.rejected_by else "good" if face.kept else ""
    return (
        (signs(face), tone),
        figure_text(face, sort or LISTED),
        str(face.frame + 1),
        face.side,
        "-" if face.person is None else str(face.person),
        (state_words(face), tone),
        face.media,
    )


def label(face: Listed, sort: str) -> str:
    """What stands below a thumbnail: its signs, and the figure it is sorted by or its frame."""
    return f"{signs(face)} {figure_text(face, sort or 'frame')}"


def figure_text(face: Listed, name: str) -> str:
    """A figure with four digits that count, a dash where it is not known."""
    if name == "frame":
        return f"{face.frame + 1}"
    if name == "why":
        return state_words(face) or "-"
    value = face.person if name == "person" else face.figures.get(name)
    return "-" if value is None else f"{value:.4g}{UNITS.get(name, '')}"


def state_words(face: Listed) -> str:
    """`too small`, `kept by you`, `edited`; empty for a face like most."""
    if face.rejected_by:
        return tr(REASONS.get(face.rejected_by, safe_text(face.rejected_by)))
    if face.kept:
        return tr("kept by you")
    return tr("cut anew next") if face.stale else tr("edited") if face.edited else ""


def caption(face: Listed, width: int) -> str:
    """`a take1 frame 12, rejected: too small, 285 px, yaw 2, blur 310, person 0`: as much of it as
    has room in `width` columns."""
    text = tr("{side} {clip} frame {n}").format(
        side=face.side, clip=safe_text(face.media), n=words.count(face.frame + 1)
    )
    why = state_words(face)
    if face.rejected_by:
        why = tr("rejected: {why}").format(why=why)
    figures = [f"{name} {figure_text(face, name)}" for name in ("yaw", "blur", "person")]
    for part in filter(None, [why, figure_text(face, "size"), *figures]):
        if cell_len(text) + cell_len(part) + 2 > width:
            break
        text += f", {part}"
    return text


def sort_words(sort: str, descending: bool, ascii_only: bool = False) -> str:
    """`by blur [b]` and which way, as the header says it."""
    name = sort or "frame"
    down, up = ("v", "^") if ascii_only else ("↓", "↑")
    by = tr("by {figure}").format(figure=name)
    return f"{by} [{SORT_KEYS[name]}]{up if descending else down}"
