"""Pictures as character cells: half-blocks in colour, braille in black and white, an ASCII ramp.

No Textual, and Pillow is imported on the first picture only.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from engine.cancel import Cancelled
from engine.errors import BadInput
from engine.protocol import safe_text
from fstui.i18n import tr

if TYPE_CHECKING:
    from PIL.Image import Image

Mode = Literal["truecolor", "256", "dots", "ascii"]
RGB = tuple[int, int, int]

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "PPM")
"""Decoders that are tried. Others start programs (EPS) or write on the screen (TIFF's library)."""
COLOURLESS, COLOURFUL = 50, 110
"""With 256 colours: brightest channel up to which a pixel is grey, and from which it is not."""
RAMP = " .:-=+*#%@"
_LEVELS = (0, 95, 135, 175, 215, 255)
# Levels of the 6x6x6 cube of the 256-colour palette (xterm).
_ORIENTATION = 0x0112
"""Tag of EXIF: how the picture is to be turned."""
_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""Its values, and Pillow's name of what makes such a picture upright."""


class Cell(NamedTuple):
    """A character with its colours; None is the terminal's own."""

    character: str
    ink: RGB | int | None = None
    paper: RGB | int | None = None


Cells = list[list[Cell]]


def load(
    path: Path,
    columns: int,
    rows: int,
    mode: Mode,
    *,
    dark: bool = True,
    cancelled: Callable[[], bool] = lambda: False,
) -> Cells:
    """Decode a picture and fit it into `columns` x `rows` cells, keeping its shape.

    Raises `BadInput` with one sentence, or `Cancelled`.
    """
    return cells_of(decoded(path, columns * 2, rows * 4, cancelled), columns, rows, mode, dark=dark)


def cells_of(image: Image, columns: int, rows: int, mode: Mode, *, dark: bool = True) -> Cells:
    """A picture in memory, fitted into `columns` x `rows` cells."""
    if mode == "dots":
        return _dots(_fit(image, columns * 2, rows * 4).convert("L"), dark)
    if mode == "ascii":
        return _ramp(_fit(image, columns, rows * 2).convert("L"), dark)
    fitted = _fit(image, columns, rows * 2)
    return _half_blocks(_palette_256(fitted) if mode == "256" else _rgb(fitted))


def decoded(
    path: Path, width: int, height: int, cancelled: Callable[[], bool] = lambda: False
) -> Image:
    """The picture of a file, upright; a JPEG is decoded at the smallest scale that is enough for a
    width and height in pixels. Raises `BadInput` with one sentence, or `Cancelled`."""
    from PIL import Image
    from PIL.Image import Transpose

    with reading(path), Image.open(path, formats=FORMATS) as image:
        if cancelled():
            raise Cancelled
        image.draft("RGB", (width, height))
        turn = _TURNS.get(_orientation(image))
        upright = (image.transpose(Transpose[turn]) if turn else image).convert("RGB")
    if cancelled():
        raise Cancelled
    return upright


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Say what a decoder has against a file in one sentence, as `BadInput`. A damaged file makes
    Pillow raise anything, and what leaves a thread's top ends the interface."""
    try:
        yield
    except Cancelled:
        raise
    except Exception as error:
        raise BadInput(_reason(error, path)) from error


def _orientation(image: Image) -> int:
    """As EXIF numbers it; upright where the EXIF is damaged: the picture may be whole."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except (OSError, ValueError, TypeError, SyntaxError, LookupError, struct.error):
        return 1


def _reason(error: Exception, path: Path) -> str:
    kind = type(error).__name__
    if isinstance(error, FileNotFoundError):
        return tr("It isn't there any more.")
    if isinstance(error, MemoryError) or kind == "DecompressionBombError":
        return tr("It is too large to show.")
    with suppress(OSError):  # it may be gone by now
        if path.is_dir():
            return tr("It is a folder.")
        if path.stat().st_size == 0:
            return tr("It is empty.")
    if kind == "UnidentifiedImageError":
        return tr("It is no JPEG, PNG, WebP, BMP or GIF.")
    text = safe_text(getattr(error, "strerror", None) or str(error) or kind).strip(".")
    return tr("It can't be read: {why}.").format(why=text)


def _fit(image: Image, width: int, height: int) -> Image:
    """The largest size of the same shape inside `width` x `height` square dots."""
    from PIL.Image import Resampling

    scale = min(width / image.width, height / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Resampling.LANCZOS if scale < 1 else Resampling.NEAREST)


def _rgb(image: Image) -> list[list[RGB | int]]:
    data = image.tobytes()
    pixels: list[RGB | int] = [(data[i], data[i + 1], data[i + 2]) for i in range(0, len(data), 3)]
    return [pixels[i : i + image.width] for i in range(0, len(pixels), image.width)]


def _palette_256(image: Image) -> list[list[RGB | int]]:
    """Indices of the 256-colour palette, dithered: its steps are coarse on skin.

    Below level 95 the palette has greys only, and dithering a dark brown with them and the next
    red would sprinkle it with red dots; so what is dark loses its colour first.
    """
    from PIL import Image as Pillow
    from PIL import ImageChops

    colours = [(r, g, b) for r in _LEVELS for g in _LEVELS for b in _LEVELS]
    colours += [(v, v, v) for v in range(8, 248, 10)]
    flat = [v for colour in colours for v in colour]
    palette = Pillow.new("P", (1, 1))
    palette.putpalette(flat + flat[:3] * (256 - len(colours)))
    red, green, blue = image.split()
    brightest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    low, high = COLOURLESS, COLOURFUL
    share = brightest.point([min(max((v - low) * 255 // (high - low), 0), 255) for v in range(256)])
    image = Pillow.composite(image, image.convert("L").convert("RGB"), share)
    indexed = image.quantize(palette=palette, dither=Pillow.Dither.FLOYDSTEINBERG)
    data = indexed.tobytes()
    known = [16 + v if v < len(colours) else 16 for v in data]
    return [list(known[i : i + image.width]) for i in range(0, len(known), image.width)]


def _half_blocks(pixels: list[list[RGB | int]]) -> Cells:
    """Two dots a cell: the upper half block in the upper dot's colour on the lower dot's."""
    cells: Cells = []
    for y in range(0, len(pixels), 2):
        top = pixels[y]
        bottom: list[RGB | int] | list[None] = (
            pixels[y + 1] if y + 1 < len(pixels) else [None] * len(top)
        )
        cells.append(
            [
                Cell(" ", None, a) if a == b else Cell("▀", a, b)
                for a, b in zip(top, bottom, strict=True)
            ]
        )
    return cells


def _dots(image: Image, dark: bool) -> Cells:
    """2x4 dots a cell, dithered (Floyd and Steinberg); a dot is light on a dark screen."""
    from PIL import ImageFilter, ImageOps

    image = ImageOps.autocontrast(image, cutoff=1).filter(ImageFilter.UnsharpMask(2, 120, 2))
    if not dark:
        image = ImageOps.invert(image)
    black_white = image.convert("1").convert("L")
    data, width, height = black_white.tobytes(), image.width, image.height
    bits = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))

    def cell(x: int, y: int) -> Cell:
        total = sum(
            bits[j][i]
            for j in range(min(4, height - y))
            for i in range(min(2, width - x))
            if data[(y + j) * width + x + i]
        )
        return Cell(chr(0x2800 + total) if total else " ")

    return [[cell(x, y) for x in range(0, width, 2)] for y in range(0, height, 4)]


def _ramp(image: Image, dark: bool) -> Cells:
    """One character a cell by brightness; cells are twice as high as wide."""
    from PIL import ImageOps
    from PIL.Image import Resampling

    image = image.resize((image.width, max(1, image.height // 2)), Resampling.BOX)
    image = ImageOps.autocontrast(image, cutoff=1)
    ramp = RAMP if dark else RAMP[::-1]
    data = image.tobytes()
    text = [Cell(ramp[v * len(ramp) // 256]) for v in data]
    return [text[i : i + image.width] for i in range(0, len(text), image.width)]
