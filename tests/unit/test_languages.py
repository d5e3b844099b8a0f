"""The interface's languages: which one is spoken, and that the catalogues are whole."""

from __future__ import annotations

import ast
import io
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from fstui import app, i18n, places
from fstui.i18n import tr, tr_n
from fstui.locale.__main__ import as_mo, texts, translated
from fstui.widgets.words import NOUNS, fold, plural

VARIABLES = ("FSTUI_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
SHIPPED = sorted(i18n.FOLDER.glob("*/LC_MESSAGES"))


@pytest.fixture(autouse=True)
def silence(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    yield
    i18n.use([])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A catalogue of two texts, of a language `de`."""
    made = Catalog(locale="de")
    made.add("yes", "ja")
    made.add(("{n} face", "{n} faces"), ("{n} Gesicht", "{n} Gesichter"))
    path = tmp_path / "de" / "LC_MESSAGES" / "fstui.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, made)
    return tmp_path


def test_english_is_spoken_until_the_interface_says_otherwise(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert tr("yes") == "yes"
    i18n.use(i18n.languages(), folder)
    assert (tr("yes"), tr("no"), tr("")) == ("ja", "no", "")
    assert tr_n("{n} face", "{n} faces", 2) == "{n} Gesichter"
    assert plural(1, "face") == "1 Gesicht"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (["de"], "ja"),
        (["de_AT.UTF-8", "en"], "ja"),
        (["fr", "de"], "ja"),
        (["en_GB", "de"], "yes"),
        (["C.UTF-8", "de"], "yes"),
        (["POSIX"], "yes"),
        (["no-such-language"], "yes"),
        ([], "yes"),
    ],
)
def test_the_first_language_that_there_is_is_spoken(
    folder: Path, monkeypatch: pytest.MonkeyPatch, wanted: list[str], said: str
) -> None:
    monkeypatch.setenv("LANG", "de")  # nothing but what is named counts
    i18n.use(wanted, folder)
    assert tr("yes") == said


def test_variable_setting_and_locale_name_the_language_in_this_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert i18n.languages() == []
    monkeypatch.setenv("LANG", "C")
    assert i18n.languages() == ["C"]
    monkeypatch.setenv("LANGUAGE", "de:fr")
    assert i18n.languages() == ["de", "fr"]
    assert i18n.languages("zh_CN") == ["zh_CN"]
    monkeypatch.setenv("FSTUI_LANGUAGE", "en")
    assert i18n.languages("zh_CN") == ["en"]


@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_interface_speaks_the_language_of_the_settings_but_not_in_ascii(
    tmp_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ascii_only: bool
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text('language = "de"\n')
    monkeypatch.setenv("LANG", "C.UTF-8")
    spoken: list[object] = []
    monkeypatch.setattr(i18n, "use", spoken.append)
    monkeypatch.setattr(app.FstuiApp, "run", lambda _self: 0)
    assert app.run(tmp_workspace, ascii_only=ascii_only) == 0
    assert spoken == [[] if ascii_only else ["de"]]


def test_wide_characters_are_folded_by_their_columns() -> None:
    assert fold("one two three", 7) == ["one two", "three"]
    assert fold("\u4e00\u4e8c\u4e09\u56db", 5) == ["\u4e00\u4e8c", "\u4e09\u56db"]
    assert fold("\u4e00\u4e8c\uff0c\u4e09", 4) == ["\u4e00", "\u4e8c\uff0c", "\u4e09"]
    assert fold("ab \u4e00\u4e8c cd", 6) == ["ab \u4e00", "\u4e8c cd"]
    assert fold("", 5) == []


# --- catalogues -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found() -> Catalog:
    return texts()


def ids(catalogue: Catalog) -> set[object]:
    return {m.id if isinstance(m.id, str) else tuple(m.id) for m in catalogue if m.id}


def fields(text: str) -> set[tuple[str, str]]:
    """Names in braces, each with its format."""
    parts = string.Formatter().parse(text)
    return {(name, form or "") for _, name, form, _ in parts if name is not None}


def read(folder: Path) -> Catalog:
    return read_po(io.BytesIO((folder / "fstui.po").read_bytes()), locale=folder.parent.name)


def test_the_template_has_the_texts_of_now(found: Catalog) -> None:
    template = read_po(io.BytesIO((i18n.FOLDER / "fstui.pot").read_bytes()))
    hint = "run 'python -m fstui.locale'"
    assert ids(template) - ids(found) == set(), hint
    assert ids(found) - ids(template) == set(), hint


def test_the_finder_sees_tables_columns_and_bindings(found: Catalog) -> None:
    known = ids(found)
    assert {"learning_rate", "pause/resume", "Codec", "Next bar", "crashed", "Extract"} <= known
    assert {("{n} face", "{n} faces"), "no faces"} <= known
    assert {(f"{{n}} {noun}", f"{{n}} {noun}s") for noun in NOUNS} <= known


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.parent.name)
def test_names_in_braces_agree_with_the_original(folder: Path) -> None:
    for message in read(folder):
        forms = [message.string] if isinstance(message.string, str) else list(message.string)
        originals = [message.id] if isinstance(message.id, str) else list(message.id)
        if message.id and all(forms):
            wanted = {name for text in originals for name in fields(text)}
            assert all(fields(text) <= wanted for text in forms), message.id
            # A form for one thing alone may leave its number out.
            assert fields(forms[-1]) == fields(originals[-1]), message.id


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.parent.name)
def test_what_the_program_reads_is_compiled_of_what_was_written(folder: Path) -> None:
    written = read_mo(io.BytesIO(as_mo(read(folder))))
    compiled = read_mo(io.BytesIO((folder / "fstui.mo").read_bytes()))
    assert [(m.id, m.string) for m in written if m.id] == [
        (m.id, m.string) for m in compiled if m.id
    ]


def test_no_text_stands_within_an_f_string() -> None:
    """There the finder can't see it."""
    hidden = [
        f"{path.name}: {call.args[0].value}"
        for path in sorted((places.ROOT / "fstui").rglob("*.py"))
        for string in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(string, ast.JoinedStr)
        for call in ast.walk(string)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "tr"
        and isinstance(call.args[0], ast.Constant)
    ]
    assert hidden == []


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.parent.name)
def test_no_text_of_a_shipped_language_is_missing(folder: Path, found: Catalog) -> None:
    there = {m.id if isinstance(m.id, str) else tuple(m.id): m.string for m in read(folder)}
    wanted = ids(found)
    assert [text for text in wanted if not translated(there.get(text))] == []
