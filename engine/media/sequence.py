"""Pictures as the frames of a film: which can be read, of what size, and how fast they follow."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from engine.errors import BadInput
from engine.media.codecs import Encoding
from engine.media.limits import scaled_size
from engine.media.pictures import Head, picture_head, read_picture
from engine.media.planes import FULL_RANGE
from engine.media.probe import pictures_in
from engine.media.write import HD_TAGS, RGB, Look
from engine.protocol import safe_text

RATE = Fraction(25)
MAX_FPS = 1000
RGB_TAGS = (RGB, FULL_RANGE, 1, 13)
"""Of a `Look`: sRGB."""


@dataclass(frozen=True)
class Pictures:
    """The pictures of a folder in natural order, or one picture."""

    paths: tuple[Path, ...]
    """All of them, by index."""
    heads: dict[int, Head]
    """Of those that can be read, by index."""

    @classmethod
    def of(cls, path: Path, known: Container[int] = ()) -> Pictures:
        """Look at a medium's pictures; those of `known` indices were read whole before."""
        paths = tuple(pictures_in(path)) if path.is_dir() else (path,)
        heads = {}
        for index, picture in enumerate(paths):
            try:
                head = picture_head(picture)
                if index not in known:
                    read_picture(picture)
            except BadInput:
                continue
            heads[index] = head
        return cls(paths, heads)

    @property
    def deep(self) -> bool:
        """Whether one has 16 bits."""
        return any(head.deep for head in self.heads.values())

    @property
    def clear(self) -> bool:
        """Whether one has transparency."""
        return any(head.clear for head in self.heads.values())

    @property
    def problem(self) -> str:
        """What can't be read, words that go on after the medium's name; "" if all can."""
        bad = [p.name for index, p in enumerate(self.paths) if index not in self.heads]
        if not bad:
            return ""
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        return f"has pictures that can't be read and are left out: {safe_text(bad[0])}{more}"

    def own_look(self, rate: Fraction, scale: float) -> Look:
        """Of pictures that are written one by one, each with its own size and bits; its size is
        the largest one's. Raises `BadInput` for a scale that can't be."""
        sizes = [
            scaled_size(head.width, head.height, scale, safe_text(self.paths[index].name))
            for index, head in self.heads.items()
        ]
        width, height = max(sizes, key=lambda size: size[0] * size[1])
        form = "gbrp16le" if self.deep else "gbrp"
        return Look(width, height, form, rate, 1 / rate, RGB_TAGS, None, None, each=scale)

    def film_look(self, rate: Fraction, scale: float, encoding: Encoding) -> Look:
        """Of a film of them. Raises `BadInput` where they differ in size, or for a size or depth
        that can't be encoded."""
        self.require_one_size()
        first = next(iter(self.heads.values()))
        size = scaled_size(first.width, first.height, scale, "A film of the pictures")
        form = encoding.working_format("rgb48le" if self.deep else "rgb24", *size)
        return Look(*size, form, rate, 1 / rate, HD_TAGS, None, None)

    def require_one_size(self) -> None:
        """Raise `BadInput` where one is of another size than the first."""
        index, first = next(iter(self.heads.items()))
        for other, head in self.heads.items():
            if (head.width, head.height) != (first.width, first.height):
                raise BadInput(
                    f"{safe_text(self.paths[other].name)} is {head.width}x{head.height} and "
                    f"{safe_text(self.paths[index].name)} {first.width}x{first.height}: a film has "
                    "one size, and the writer pictures takes them as they are."
                )


def rate_of(text: str) -> Fraction:
    """`25`, `29.97` or `30000/1001` as a fraction, 25 if nothing is said; NTSC's rounded rates mean
    the exact ones.

    Raises `BadInput`.
    """
    if not text:
        return RATE
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 0 < rate <= MAX_FPS:
        raise BadInput(
            f"'{safe_text(text)}' is no rate: give frames a second, as in 25 or 30000/1001."
        )
    for nominal in (24, 30, 48, 60, 120):
        exact = Fraction(nominal * 1000, 1001)
        if rate != nominal and abs(rate - exact) < Fraction(1, 200):
            return exact
    return rate.limit_denominator(1_000_000)
