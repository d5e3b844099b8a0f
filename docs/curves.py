"""Makes docs/curves.svg: how the losses of `quick` and `original` fell on the sample footage.

    python docs/curves.py [SECONDS]

Both are trained for so many seconds (600) in a workspace of their own, which is removed again.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NETWORKS = {"quick": "#2a78d6", "original": "#c2571a"}
WIDTH, HEIGHT, MARGIN = 760, 340, 56
LOWEST, HIGHEST = 0.02, 1.0
"""Of the loss axis, which is logarithmic."""
GRID = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def trained(workspace: Path, seconds: float) -> dict[str, list[tuple[float, float, float]]]:
    """For each network (seconds, loss A, loss B), averaged over 16 reports."""
    from engine import packs
    from engine.history import read_level
    from engine.project import Project

    packs.fetch(["man", "woman"])
    curves = {}
    for name in NETWORKS:
        project = Project.create(workspace, name)
        project.add_sources("a", [packs.find("man")])
        project.add_sources("b", [packs.find("woman")])
        settings = ["--model", name, "--seconds", str(seconds)]
        for command in (["extract", name], ["train", name, *settings]):
            subprocess.run([sys.executable, "-m", "fstui", *command], cwd=ROOT, check=True)
        points = read_level(project.path / "model" / "history", 1, 0, 100_000)
        start = points[0].time
        curves[name] = [(p.time - start, p.loss_a, p.loss_b) for p in points]
        print(name, points[-1].iteration, "iterations")
    return curves


def drawn(curves: dict[str, list[tuple[float, float, float]]]) -> str:
    """The picture."""
    longest = max(points[-1][0] for points in curves.values())
    span = math.log(HIGHEST / LOWEST)

    def x_of(second: float) -> float:
        return MARGIN + (WIDTH - 2 * MARGIN) * second / longest

    def y_of(loss: float) -> float:
        part = math.log(max(loss, LOWEST) / LOWEST) / span
        return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * part

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        written(MARGIN, 24, "loss (full line: A, dashed: B)"),
        written(WIDTH / 2, HEIGHT - 12, "minutes of training", "middle"),
    ]
    for loss in GRID:
        lines.append(f'<path d="M{MARGIN},{y_of(loss):.1f} H{WIDTH - MARGIN}" stroke="#dddddd"/>')
        lines.append(written(MARGIN - 8, y_of(loss) + 4, str(loss), "end"))
    for minute in range(int(longest // 60) + 1):
        lines.append(written(x_of(60.0 * minute), HEIGHT - MARGIN + 18, str(minute), "middle"))
    for number, (name, points) in enumerate(curves.items()):
        colour = NETWORKS[name]
        for side, dash in ((1, ""), (2, ' stroke-dasharray="5 4"')):
            path = " ".join(f"{x_of(p[0]):.1f},{y_of(p[side]):.1f}" for p in points)
            lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}"{dash}/>')
        lines.append(written(WIDTH - MARGIN - 90, 60 + 18 * number, name, colour=colour))
    return "\n".join([*lines, "</svg>", ""])


def written(x: float, y: float, text: str, anchor: str = "start", colour: str = "#333333") -> str:
    """A text at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{text}</text>'


def main(arguments: list[str]) -> None:
    """Train, draw, write."""
    sys.path.insert(0, str(ROOT))
    seconds = float(arguments[0]) if arguments else 600.0
    with tempfile.TemporaryDirectory() as folder:
        for name in ("FSTUI_WORKSPACE", "FSTUI_CONFIG", "FSTUI_STATE"):
            os.environ[name] = folder
        svg = drawn(trained(Path(folder), seconds))
    (ROOT / "docs" / "curves.svg").write_text(svg, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
