"""HDR: what tells that a picture is, and what it was mastered on.

Transfer characteristics: ITU-T H.273, table 3 (16 is PQ of SMPTE ST 2084, 18 is HLG of ARIB
STD-B67). Mastering display: SMPTE ST 2086; light levels: CTA-861.3. FFmpeg keeps the first as 20
integers (three primaries and white as x and y, darkest and brightest, each a fraction) and two
that say which of them are set.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

HDR_CURVES = {16: "PQ", 18: "HLG"}
"""By transfer characteristics."""
DYNAMIC = {
    "DYNAMIC_HDR_PLUS": "HDR10+",
    "DYNAMIC_HDR_VIVID": "HDR Vivid",
    "DOVI_METADATA": "Dolby Vision",
    "DOVI_RPU_BUFFER": "Dolby Vision",
}
"""What goes with single frames, as FFmpeg names it; no encoder here writes it."""

CHROMA_UNITS = 50_000
LIGHT_UNITS = 10_000
"""A unit of ST 2086 is 1/50000 for a coordinate, 1/10000 cd/m2 for light."""


@dataclass(frozen=True)
class Mastering:
    """The static metadata of HDR10."""

    primaries: tuple[tuple[int, int], ...]
    """Red, green, blue and white, x and y in units of 1/50000; () if the display isn't named."""
    darkest: int
    brightest: int
    """Of the display, units of 0.0001 cd/m2."""
    light: tuple[int, int]
    """The brightest pixel and the brightest frame average, cd/m2; zeros if they aren't said."""

    @classmethod
    def of(cls, frame: Any) -> Mastering | None:
        """What a decoded frame says; None if it says nothing."""
        found = frame.side_data.get("MASTERING_DISPLAY_METADATA")
        light = frame.side_data.get("CONTENT_LIGHT_LEVEL")
        if not found and not light:
            return None
        levels = np.frombuffer(bytes(light), "<u4") if light else (0, 0)
        darkest = brightest = 0
        primaries: tuple[tuple[int, int], ...] = ()
        if found:
            numbers = np.frombuffer(bytes(found), "<i4")
            if numbers[20]:
                units = [_units(numbers, i, CHROMA_UNITS) for i in range(8)]
                primaries = tuple(zip(units[::2], units[1::2], strict=True))
            if numbers[21]:
                darkest, brightest = (_units(numbers, i, LIGHT_UNITS) for i in (8, 9))
        return cls(primaries, darkest, brightest, (int(levels[0]), int(levels[1])))

    def options(self, encoder: str) -> str:
        """The same as options of libx264, libx265 or libsvtav1, with colons between."""
        scale: tuple[int, int] = (CHROMA_UNITS, LIGHT_UNITS) if encoder == "libsvtav1" else (1, 1)
        key, light = {
            "libx264": ("mastering-display", "cll"),
            "libx265": ("master-display", "max-cll"),
            "libsvtav1": ("mastering-display", "content-light"),
        }[encoder]
        told = []
        if self.primaries:
            red, green, blue, white = (
                f"({_plain(x, scale[0])},{_plain(y, scale[0])})" for x, y in self.primaries
            )
            bright, dark = _plain(self.brightest, scale[1]), _plain(self.darkest, scale[1])
            told.append(f"{key}=G{green}B{blue}R{red}WP{white}L({bright},{dark})")
        if any(self.light):
            told.append(f"{light}={self.light[0]},{self.light[1]}")
        return ":".join(told)


def dynamic_of(frame: Any) -> str:
    """The name of the metadata that changes from frame to frame, "" if a frame has none."""
    found = {DYNAMIC[n] for n in (d.type.name for d in frame.side_data) if n in DYNAMIC}
    return ", ".join(sorted(found))


def _units(numbers: Any, index: int, scale: int) -> int:
    top, below = int(numbers[2 * index]), int(numbers[2 * index + 1])
    return round(Fraction(top * scale, below)) if below else 0


def _plain(units: int, scale: int) -> str:
    return str(units) if scale == 1 else f"{units / scale:.10g}"
