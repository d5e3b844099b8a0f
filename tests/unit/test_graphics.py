"""Pictures written straight into a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from engine.errors import BadInput
from fstui.graphics import in_protocol, mode_of, print_cells


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
