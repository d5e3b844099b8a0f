"""The report as one page that needs nothing else: pictures inline, no scripts, text escaped."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from engine.protocol import safe_text
from engine.quality.kinds import KINDS, Kind
from engine.quality.worst import Quality

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 1100px; padding: 0 1em;
  background: #18181b; color: #d4d4d8; }
h1 { font-size: 1.3em; } h2 { font-size: 1.05em; margin-top: 2em; }
table { border-collapse: collapse; } td, th { padding: .25em .9em; text-align: right;
  border-bottom: 1px solid #3f3f46; } td:first-child, th:first-child { text-align: left; }
svg { background: #27272a; vertical-align: middle; } polyline { fill: none; stroke: #a5b4fc; }
img { max-width: 100%; } small { color: #a1a1aa; }
"""
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Whatever a name may smuggle in, a browser runs and fetches nothing for this page."""
PLOT = (260, 36)
"""Width and height of a figure's course in px."""


def page(title: str, quality: Quality, facts: Sequence[str], sheet: bytes, fps: float) -> str:
    """HTML of a clip's figures; `sheet` is the JPEG of the worst frames."""
    rows = "\n".join(_row(kind, quality) for kind in KINDS if kind.name in quality.figures)
    said = "".join(f"<li>{_text(fact)}</li>" for fact in facts)
    lost = f"<p>No face is found any more in frames {_frames(quality.lost, fps)}.</p>"
    picture = base64.b64encode(sheet).decode()
    worst = "\n".join(
        f"<tr><td>{_text(kind.about)}</td><td>"
        f"{_frames(quality.figures[kind.name].worst, fps)}</td></tr>"
        for kind in KINDS
        if kind.name in quality.figures
    )
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{_text(title)}</title><style>{STYLE}</style>
</head><body>
<h1>{_text(title)}</h1><ul>{said}</ul>{lost if quality.lost else ""}
<h2>Figures</h2>
<table><tr><th>figure</th><th>median</th><th>5 % are worse than</th><th>faces</th><th>course</th>
</tr>
{rows}
</table>
<h2>The worst frames of each</h2><table>{worst}</table>
<h2>Worst frames</h2><img alt="The worst frames" src="data:image/jpeg;base64,{picture}">
</body></html>
"""


def _row(kind: Kind, quality: Quality) -> str:
    figure = quality.figures[kind.name]
    unit = f" <small>{_text(kind.unit)}</small>" if kind.unit else ""
    return (
        f"<tr><td>{_text(kind.about)}{unit}</td><td>{figure.median:.3g}</td>"
        f"<td>{figure.tail:.3g}</td><td>{figure.faces}</td><td>{_course(kind, quality)}</td></tr>"
    )


def _course(kind: Kind, quality: Quality) -> str:
    """The figure over the clip as a line."""
    points = [(r.frame, r.figures[kind.name]) for r in quality.rows if kind.name in r.figures]
    width, height = PLOT
    last = max(frame for frame, _ in points) or 1
    low = min(value for _, value in points)
    span = max(value for _, value in points) - low or 1.0
    line = " ".join(
        f"{frame / last * width:.1f},{height - 2 - (value - low) / span * (height - 4):.1f}"
        for frame, value in points
    )
    return f'<svg width="{width}" height="{height}"><polyline points="{line}"/></svg>'


def _frames(frames: Sequence[int], fps: float) -> str:
    """Frames from 1 with their times."""
    return ", ".join(f"{f + 1} <small>{f / fps:.1f} s</small>" for f in frames[:20])


def _text(words: str) -> str:
    return escape(safe_text(words))
