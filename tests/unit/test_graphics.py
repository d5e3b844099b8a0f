"""Pictures written straight into a terminal."""

from __future__ import annotations

import io
import shlex
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import BadInput
from fstui.graphics import in_protocol, mode_of, print_cells
from fstui.rooms.full import show


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Dark on the left, light on the right."""
    path = tmp_path / "halves.png"
    image = Image.new("RGB", (64, 32))
    image.paste((250, 250, 250), (32, 0, 64, 32))
    image.save(path)
    return path


def test_a_picture_is_printed_as_wide_as_the_terminal(
    picture: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LINES", "24")
    print_cells(picture, ascii_only=True)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    for line in lines:
        assert line.isascii()
        assert line[:18].strip() == ""
        assert set(line[22:40]) == {"@"}


def test_what_is_no_picture_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"no")
    with pytest.raises(BadInput, match="no JPEG"):
        print_cells(tmp_path / "x.jpg", ascii_only=True)


def test_a_protocol_is_written_where_it_is_known(picture: Path) -> None:
    assert in_protocol(picture, "kitty").startswith("\x1b_Ga=T,f=100,")
    assert in_protocol(picture, "iterm2").startswith("\x1b]1337;File=inline=1;")
    assert in_protocol(picture, "sixel") == in_protocol(picture, "") == ""


@pytest.mark.parametrize(
    ("system", "ascii_only", "no_color", "mode"),
    [
        ("truecolor", False, False, "truecolor"),
        ("256", False, False, "256"),
        ("standard", False, False, "dots"),
        (None, False, False, "dots"),
        ("truecolor", False, True, "dots"),
        ("truecolor", True, False, "ascii"),
    ],
)
def test_the_form_follows_the_terminal(
    system: str | None, ascii_only: bool, no_color: bool, mode: str
) -> None:
    assert mode_of(system, ascii_only, no_color) == mode


@pytest.mark.parametrize("graphics", ["kitty", "iterm2", ""])
def test_a_picture_that_cannot_be_written_is_said_with_the_way_to_fetch_it(
    tmp_path: Path, graphics: str
) -> None:
    out = io.StringIO()
    show(tmp_path / "gone.jpg", graphics, out)
    first, *rest = out.getvalue().splitlines()
    assert first == (
        "It isn't there any more."
        if graphics
        else "This terminal shows no pictures at full resolution."
    )
    assert str(tmp_path / "gone.jpg") in rest


def test_the_line_that_fetches_a_picture_is_one_command_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", nobody)
    path = tmp_path / "a'; touch pwned; '.jpg"
    out = io.StringIO()
    show(path, "", out)
    line = next(line for line in out.getvalue().splitlines() if line.startswith("scp "))
    words = shlex.split(line)
    assert [words[0], words[2]] == ["scp", "."]
    assert words[1].startswith("unknown@")
    assert words[1].endswith(f":{path}")
