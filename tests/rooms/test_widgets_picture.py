"""The picture: its forms, what goes wrong with files, moving on, and how it is sent."""

from __future__ import annotations

import random
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image, ImageOps
from textual.app import ComposeResult
from textual.pilot import Pilot

from engine.cancel import Cancelled
from engine.errors import BadInput
from fstui.widgets import picture
from fstui.widgets.display import LeanDisplay
from fstui.widgets.picture import BYTES_PER_TICK, Picture, cost, to_strips
from fstui.widgets.pixels import RAMP, Cell, decoded, load

DEADLINE_S = 10.0


class PictureApp(LeanDisplay):
    """One picture, full screen."""

    def __init__(self, *, ascii_only: bool = False, remote: bool = False) -> None:
        super().__init__()
        self.ascii_only = ascii_only
        self.remote = remote

    def compose(self) -> ComposeResult:
        yield Picture()


def text_of(widget: Picture) -> str:
    """What the picture shows."""
    return "\n".join(widget.render_line(y).text for y in range(widget.content_size.height))


async def until(pilot: Pilot[int], true: Callable[[], bool]) -> None:
    """Let the app go on until something is so."""
    end = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < end, "it never came"
        await pilot.pause(0.01)


@pytest.fixture
def halves(tmp_path: Path) -> Path:
    """Left half red, right half blue; twice as wide as high."""
    image = Image.new("RGB", (200, 100), (255, 0, 0))
    image.paste((0, 0, 255), (100, 0, 200, 100))
    path = tmp_path / "halves.png"
    image.save(path)
    return path


# --- the forms, without a screen -------------------------------------------------------------


def test_half_blocks_keep_shape_and_colours(halves: Path) -> None:
    cells = load(halves, 40, 40, "truecolor")
    assert (len(cells), len(cells[0])) == (10, 40)  # 2:1 in square dots, two of them a row
    assert cells[5][2] == Cell(" ", None, (255, 0, 0))
    assert cells[5][37] == Cell(" ", None, (0, 0, 255))


def test_upper_and_lower_dot_share_a_cell(tmp_path: Path) -> None:
    image = Image.new("RGB", (1, 2))
    image.putdata([(10, 20, 30), (40, 50, 60)])
    image.save(tmp_path / "two.png")
    assert load(tmp_path / "two.png", 1, 1, "truecolor") == [
        [Cell("▀", (10, 20, 30), (40, 50, 60))]
    ]


def test_256_colours_are_those_of_the_palette(halves: Path) -> None:
    cells = load(halves, 40, 40, "256")
    assert cells[5][2] == Cell(" ", None, 196)
    assert cells[5][37] == Cell(" ", None, 21)


def test_dark_brown_is_not_sprinkled_with_red(tmp_path: Path) -> None:
    """The palette's first red is level 95; below it there are greys."""
    Image.new("RGB", (60, 60), (52, 38, 30)).save(tmp_path / "brown.png")
    colours = {c.paper for row in load(tmp_path / "brown.png", 20, 10, "256") for c in row}
    assert colours <= {*range(232, 256), 16, 59}


def test_upright_after_exif_rotation(tmp_path: Path) -> None:
    image = Image.new("RGB", (100, 50), (255, 0, 0))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    image.save(tmp_path / "turned.jpg", exif=exif)
    cells = load(tmp_path / "turned.jpg", 20, 20, "truecolor")
    assert len(cells) * 2 == 2 * len(cells[0])


@pytest.mark.parametrize("mode", ["dots", "ascii"])
def test_bright_is_dense_on_dark_screens_and_sparse_on_light_ones(
    tmp_path: Path, mode: str
) -> None:
    image = Image.new("L", (100, 100), 0)
    image.paste(255, (50, 0, 100, 100))
    image.save(tmp_path / "bw.png")
    full = "⣿" if mode == "dots" else RAMP[-1]
    row = "".join(c.character for c in load(tmp_path / "bw.png", 20, 10, mode)[5])  # type: ignore[arg-type]
    assert row == " " * 10 + full * 10
    row = "".join(c.character for c in load(tmp_path / "bw.png", 20, 10, mode, dark=False)[5])  # type: ignore[arg-type]
    assert row == full * 10 + " " * 10


def test_grey_is_dithered(tmp_path: Path) -> None:
    Image.linear_gradient("L").save(tmp_path / "grey.png")
    shapes = {c.character for row in load(tmp_path / "grey.png", 40, 20, "dots") for c in row}
    assert len(shapes) > 10


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("text.png", b"hello", "is no JPEG, PNG"),
        (
            "starts_a_program.eps",
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
            "is no JPEG",
        ),
        ("empty.png", b"", "empty"),
        ("cut.png", None, "can't be read"),
        ("folder.png", "folder", "folder"),
        ("gone.png", "gone", "isn't there"),
    ],
)
def test_broken_files_have_a_reason(
    tmp_path: Path, halves: Path, name: str, data: bytes | str | None, says: str
) -> None:
    path = tmp_path / name
    if isinstance(data, bytes):
        path.write_bytes(data)
    elif data is None:
        path.write_bytes(halves.read_bytes()[:120])
    elif data == "folder":
        path.mkdir()
    with pytest.raises(BadInput, match=says):
        load(path, 20, 20, "truecolor")


def test_damaged_files_never_raise_anything_else(tmp_path: Path, halves: Path) -> None:
    """Each byte of a small PNG turned over, and the file cut at each place."""
    Image.open(halves).resize((8, 8)).save(tmp_path / "small.png")
    whole = (tmp_path / "small.png").read_bytes()
    path = tmp_path / "damaged.png"
    for i in range(len(whole)):
        turned = whole[:i] + bytes([whole[i] ^ 0xFF]) + whole[i + 1 :]
        for data in (turned, whole[:i]):
            path.write_bytes(data)
            with suppress(BadInput):
                assert load(path, 4, 4, "truecolor")


def test_every_turn_is_made_upright(tmp_path: Path) -> None:
    picture = Image.effect_noise((40, 24), 90).convert("RGB")
    for number in range(10):
        exif = Image.Exif()
        exif[0x0112] = number
        picture.save(tmp_path / "turned.png", exif=exif)
        with Image.open(tmp_path / "turned.png") as saved:
            upright = ImageOps.exif_transpose(saved)
        assert decoded(tmp_path / "turned.png", 40, 40).tobytes() == upright.tobytes(), number


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow tells of the damage
def test_damage_in_the_exif_costs_the_turn_at_most(tmp_path: Path) -> None:
    """Each byte of a JPEG's EXIF replaced: what lies behind it is whole."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a description"
    exif[0x8825] = {1: "N", 2: (1.0, 2.0, 3.0)}
    path = tmp_path / "taken.jpg"
    Image.new("RGB", (24, 16), (200, 30, 30)).save(path, exif=exif.tobytes())
    whole = path.read_bytes()
    begin = whole.index(b"Exif\0\0") + 6
    assert len(exif.tobytes()) > 100
    for at in range(begin, begin + len(exif.tobytes()) - 6):
        for value in {0, 1, 2, 7, 12, 0x80, 0xFF, whole[at] ^ 0x10}:
            path.write_bytes(whole[:at] + bytes([value]) + whole[at + 1 :])
            assert load(path, 4, 4, "truecolor"), (at, value)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_damage_anywhere_is_a_reason(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x8825] = 6, {1: "N", 2: (1.0, 2.0, 3.0)}
    path = tmp_path / "damaged"
    Image.effect_noise((24, 16), 50).convert("RGB").save(path, kind, exif=exif.tobytes())
    whole, chance = path.read_bytes(), random.Random(3)
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 2, 4, 8))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        with suppress(BadInput):
            assert load(path, 4, 4, "truecolor")


@pytest.mark.parametrize("error", [struct.error("short"), TypeError("no"), MemoryError()])
def test_whatever_a_decoder_raises_is_a_reason(
    halves: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_args: object, **_more: object) -> None:
        raise error

    monkeypatch.setattr(Image, "open", broken)
    with pytest.raises(BadInput, match=r"can't be read|too large"):
        load(halves, 4, 4, "truecolor")


def test_a_place_that_cannot_be_looked_at_has_a_reason(halves: Path) -> None:
    with pytest.raises(BadInput, match="Not a directory"):
        load(halves / "below_a_file.png", 20, 20, "truecolor")


def test_unwanted_picture_is_not_decoded(halves: Path) -> None:
    with pytest.raises(Cancelled):
        load(halves, 20, 20, "truecolor", cancelled=lambda: True)


def test_equal_neighbours_are_one_segment(halves: Path) -> None:
    strips = to_strips(load(halves, 40, 40, "truecolor"))
    assert len(list(strips[5])) <= 10, "only the edge between the halves is mixed"
    assert cost(strips[5]) < 350


# --- on the screen ---------------------------------------------------------------------------


async def test_picture_and_caption_are_shown(halves: Path) -> None:
    app = PictureApp(ascii_only=True)
    async with app.run_test(size=(40, 20)) as pilot:
        shown = app.query_one(Picture)
        assert "No picture yet." in text_of(shown)
        shown.show(halves, "it 41 200, 12 s ago")
        await until(pilot, lambda: "@" in text_of(shown))
        assert text_of(shown).splitlines()[-1].startswith("it 41 200, 12 s ago")
        shown.show(None)
        await until(pilot, lambda: "No picture yet." in text_of(shown))


async def test_broken_picture_is_a_box_with_name_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "\x1b[31mbad[b].png"
    path.write_bytes(b"nothing")
    app = PictureApp()
    async with app.run_test(size=(40, 20)) as pilot:
        shown = app.query_one(Picture)
        shown.show(path)
        await until(pilot, lambda: "is no JPEG, PNG" in text_of(shown))
        assert "[31mbad[b].png" in text_of(shown)
        assert "\x1b" not in text_of(shown)
        assert "┌──" in text_of(shown)


async def test_moving_on_decodes_only_where_one_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[str] = []

    def spy(path: Path, *args: object, **kwargs: object) -> list[list[Cell]]:
        decoded.append(path.name)
        return [[Cell(path.name[0])]]

    monkeypatch.setattr(picture, "load", spy)
    app = PictureApp()
    async with app.run_test(size=(40, 20)) as pilot:
        shown = app.query_one(Picture)
        for i in range(200):
            shown.show(tmp_path / f"{i}.png")
        shown.show(tmp_path / "Z.png")
        await until(pilot, lambda: "Z" in text_of(shown))
        assert decoded == ["Z.png"]


async def test_slow_old_decode_never_replaces_the_new_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(path: Path, *args: object, **kwargs: object) -> list[list[Cell]]:
        if path.name.startswith("O"):
            started.set()
            go_on.wait(DEADLINE_S)
            ended.set()
        return [[Cell(path.name[0])]]

    monkeypatch.setattr(picture, "load", slow)
    app = PictureApp()
    async with app.run_test(size=(40, 20)) as pilot:
        shown = app.query_one(Picture)
        shown.show(tmp_path / "Old.png")
        await until(pilot, started.is_set)
        shown.show(tmp_path / "New.png")
        await until(pilot, lambda: "N" in text_of(shown))
        go_on.set()
        await until(pilot, ended.is_set)
        await pilot.pause(0.05)
        assert "N" in text_of(shown)
        assert "O" not in text_of(shown)


async def test_new_size_is_a_new_fit(halves: Path) -> None:
    app = PictureApp(ascii_only=True)
    async with app.run_test(size=(40, 20)) as pilot:
        shown = app.query_one(Picture)
        shown.show(halves)
        await until(pilot, lambda: "@" in text_of(shown))

        def bright() -> int:
            return max(row.count("@") for row in text_of(shown).splitlines())

        assert bright() in range(18, 22)
        await pilot.resize_terminal(80, 40)
        await until(pilot, lambda: bright() in range(38, 42))


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """A picture whose lines are dear."""
    path = tmp_path / "noise.png"
    Image.effect_noise((300, 300), 100).convert("RGB").save(path)
    return path


@pytest.mark.parametrize("remote", [True, False])
async def test_remote_lines_go_out_within_the_budget(
    noise: Path, monkeypatch: pytest.MonkeyPatch, remote: bool
) -> None:
    monkeypatch.setattr(Picture, "mode", "truecolor")
    app = PictureApp(remote=remote)
    async with app.run_test(size=(60, 24)) as pilot:
        shown = app.query_one(Picture)
        steps: list[int] = []
        send = shown._send_some

        def spy(room: int) -> bool:
            before = shown._sent
            more = send(room)
            steps.append(sum(cost(s) for s in shown._lines[before : shown._sent]))
            return more

        monkeypatch.setattr(shown, "_send_some", spy)
        shown.show(noise)
        await until(pilot, lambda: bool(shown._lines) and shown._sent == len(shown._lines))
        if remote:
            assert len(steps) > 3
            assert max(steps) <= BYTES_PER_TICK
        else:
            assert len(steps) == 1, "locally it comes at once"


async def test_newer_picture_drops_what_was_not_sent(
    noise: Path, halves: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Picture, "mode", "truecolor")
    app = PictureApp(remote=True)
    async with app.run_test(size=(60, 24)) as pilot:
        shown = app.query_one(Picture)
        shown.show(noise)
        await until(pilot, lambda: shown._sent > 0)
        shown.show(halves)

        def grounds() -> set[tuple[int, int, int] | None]:
            styles = (s.style for y in range(22) for s in shown.render_line(y) if s.style)
            return {s.bgcolor.triplet for s in styles if s.bgcolor}

        await until(pilot, lambda: {(255, 0, 0), (0, 0, 255)} <= grounds())
        await until(pilot, lambda: len(grounds()) < 12)  # nothing of the noise is left


async def test_waiting_keys_come_before_the_picture(
    noise: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Picture, "mode", "truecolor")
    app = PictureApp(remote=True)
    async with app.run_test(size=(60, 24)) as pilot:
        shown = app.query_one(Picture)
        monkeypatch.setattr(PictureApp, "message_queue_size", 1)
        shown.show(noise)
        await until(pilot, lambda: bool(shown._lines))
        await pilot.pause(0.3)
        assert shown._sent == 0
        monkeypatch.setattr(PictureApp, "message_queue_size", 0)
        await until(pilot, lambda: shown._sent == len(shown._lines))
