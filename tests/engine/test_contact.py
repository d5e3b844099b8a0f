"""The contact sheet of footage."""

from __future__ import annotations

from pathlib import Path

import pytest
from clips import make_clip
from PIL import Image

from engine.errors import BadInput
from engine.media import contact


def test_frames_are_spread_over_a_film(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", frames=50)
    out = tmp_path / "sheet.jpg"
    assert contact.contact(clip, out) == {"path": str(out), "frames": 20, "of": 50}
    with Image.open(out) as sheet:
        assert sheet.size == (5 * (64 + contact.GAP_PX), 4 * (48 + contact.GAP_PX))


def test_few_pictures_are_each_there_once(tmp_path: Path) -> None:
    for number in range(3):
        Image.new("RGB", (40, 30), (255, 0, 0)).save(tmp_path / f"{number}.png")
    out = tmp_path / "sheet.jpg"
    told = contact.contact(tmp_path, out)
    assert (told["frames"], told["of"]) == (3, 3)
    with Image.open(out) as sheet:
        assert sheet.size == (3 * (40 + contact.GAP_PX), 30 + contact.GAP_PX)
        assert sheet.getpixel((20, 4))[0] > 200


def test_what_is_no_film_is_said(tmp_path: Path) -> None:
    path = tmp_path / "text.mp4"
    path.write_text("no film")
    with pytest.raises(BadInput):
        contact.contact(path, tmp_path / "sheet.jpg")
    assert not (tmp_path / "sheet.jpg").exists()
