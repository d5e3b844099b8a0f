"""Brings the translations up to the texts of the program: `python -m fstui.locale`.

Writes `fstui.pot` (all texts), merges it into each language's `fstui.po` and compiles that to the
`fstui.mo` that the program reads. A new language: make its folder `LANGUAGE/LC_MESSAGES` first.
Needs Babel, which the test requirements bring.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from engine.project import Ground
from engine.protocol import State, write_atomic
from engine.quality.kinds import KINDS
from engine.settings import STAGE_SETTINGS, fields
from engine.settings.user import UserSettings
from engine.tables import REASONS
from fstui import keymap
from fstui.i18n import FOLDER
from fstui.model.overview import StageState
from fstui.widgets.words import NOUNS, UNITS

PACKAGE = Path(__file__).resolve().parents[1]
KEYWORDS = {"tr": None, "later": None, "tr_n": (1, 2), "Column": None, "Binding": (3,)}
"""Calls whose text, or whose text at that place, is shown in the user's language."""
COLUMNS = 100


def texts() -> Catalog:
    """All texts that the interface shows, with the files they stand in."""
    catalogue = Catalog(project="fstui", charset="utf-8")
    method = [("**.py", "python")]
    for name, _line, message, _comments, _context in extract_from_dir(
        PACKAGE, method, keywords=KEYWORDS
    ):
        catalogue.add(message, locations=[(f"fstui/{name}", 0)])
    for text, place in of_tables():
        catalogue.add(text, locations=[(place, 0)])
    for forms in of_nouns():
        catalogue.add(forms, locations=[("fstui/widgets/words.py", 0)])
    return catalogue


def of_tables() -> Iterator[tuple[str, str]]:
    """(text, where it stands) of tables that mark nothing: keys, and what the engine defines."""
    for key in keymap.KEYS:
        yield from ((text, "fstui/keymap.py") for text in (key.words, key.group))
    for stage, kind in STAGE_SETTINGS.items():
        for field in fields(kind):
            words = (field.name, field.help, field.unit, field.group)
            yield from ((text, f"engine/settings/{stage}.py") for text in words if text)
        yield from ((text, "engine/settings") for text in (stage, stage.title()))
    for field in fields(UserSettings):
        yield from ((text, "engine/settings/user.py") for text in (field.help, field.unit) if text)
    for state in State:
        yield str(state), "engine/protocol.py"
    for state in get_args(StageState):
        yield state, "fstui/model/overview.py"
    for ground in Ground:
        yield str(ground), "engine/project.py"
    for reason in REASONS.values():
        yield reason, "engine/store.py"
    for figure in KINDS:
        yield figure.short, "engine/quality/kinds.py"
    for unit in UNITS:
        yield unit, "fstui/widgets/words.py"
    for noun in NOUNS:
        yield f"no {noun}s", "fstui/widgets/words.py"


def of_nouns() -> Iterator[tuple[str, str]]:
    """Both forms of what `plural` counts."""
    for noun in NOUNS:
        yield f"{{n}} {noun}", f"{{n}} {noun}s"


def merged(po: Path, found: Catalog) -> Catalog:
    """A language's catalogue with the texts of now; what is gone is dropped."""
    catalogue = (
        read_po(io.BytesIO(po.read_bytes()), locale=po.parents[1].name)
        if po.exists()
        else Catalog(locale=po.parents[1].name, project="fstui", charset="utf-8")
    )
    # Likeness of texts is no translation: a guess would be shown as if somebody had made it.
    catalogue.update(found, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.revision_date = catalogue.creation_date
    return catalogue


def as_po(catalogue: Catalog) -> bytes:
    """A catalogue as its file, the same for the same texts."""
    file = io.BytesIO()
    write_po(file, catalogue, width=COLUMNS, sort_by_file=True, omit_header=False)
    kept = [line for line in file.getvalue().splitlines() if not line.startswith(VOLATILE)]
    return b"\n".join(kept) + b"\n"


VOLATILE = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By')
"""Lines of the header that would change with each run."""


def as_mo(catalogue: Catalog) -> bytes:
    """A catalogue as the program reads it."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def main() -> None:
    """Write template, languages and their compiled forms; say what is missing."""
    found = texts()
    write_atomic(FOLDER / "fstui.pot", as_po(found))
    for folder in sorted(FOLDER.glob("*/LC_MESSAGES")):
        po = folder / "fstui.po"
        catalogue = merged(po, found)
        text = as_po(catalogue)
        write_atomic(po, text)
        compiled = read_po(io.BytesIO(text), locale=folder.parent.name)
        write_atomic(po.with_suffix(".mo"), as_mo(compiled))
        missing = len([m for m in catalogue if m.id and not translated(m.string)])
        print(f"{folder.parent.name}: {len(catalogue)} texts, {missing} not translated")


def translated(text: str | tuple[str, ...] | list[str] | None) -> bool:
    """Whether a message has a translation in each of its forms."""
    return bool(text) if isinstance(text, str) or text is None else all(text)


if __name__ == "__main__":
    main()
