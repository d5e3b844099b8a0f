"""What was measured on a project's finished videos: likeness, pose, expression, flicker, edges and
sharpness, with the worst frames. 'convert PROJECT --report full' measures all of it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from engine.errors import BadInput, Damaged
from engine.protocol import safe_text
from fstui.commands.shared import Asked, add_json, add_project, print_json, project_of, say
from fstui.model.eventwords import flicker_words
from fstui.model.report import SHORT, converted
from fstui.model.words import plural

WORST_SHOWN = 5


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT and a clip."""
    add_project(parser)
    parser.add_argument("--clip", metavar="NAME", default="", help="only this one")
    add_json(parser, Asked("report-schema"), "every face's figures, as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the reports of the last conversion's clips."""
    project = project_of(args)
    out = project.path / "out"
    names = converted(project)
    if args.clip and args.clip not in names:
        raise BadInput(
            f"{project.name} has no clip '{safe_text(args.clip)}', but {', '.join(names)}."
        )
    found = [(name, _read(out / f"{name}.json")) for name in names if args.clip in ("", name)]
    reports = [report for _, report in found if report is not None]
    if args.json:
        print_json(reports)
    else:
        for report in reports:
            say(*lines(report, out))
    missing = [name for name, report in found if report is None]
    if missing:
        raise Damaged(f"The report of {', '.join(missing)} is gone: run convert again.")
    return 0


def lines(report: dict[str, Any], out: Path) -> list[str]:
    """One clip's figures."""
    parts = report.get("parts") or []
    models = plural(len(parts), "model") if parts else f"model iteration {report['iterations']}"
    swapped = f"{report['frames_swapped']} of {report['frames']} frames swapped"
    said = [f"{report['video']}: {swapped}, {models}", *map(_part_line, parts)]
    for what, (before, after) in report.get("flicker", {}).items():
        said.append(f"  {flicker_words(safe_text(what), f'{before:.2f}', f'{after:.2f}')}")
    quality = report.get("quality")
    if not quality:
        return [*said, "  not measured in full: 'convert PROJECT --report full' does it"]
    said.append(f"  {'':27} {'median':>8} {'5 % worse':>10}  worst frames")
    for name, figure in quality["figures"].items():
        worst = ", ".join(str(frame + 1) for frame in figure["worst"][:WORST_SHOWN])
        said.append(
            f"  {SHORT.get(name, name):27} {figure['median']:8.3f} {figure['tail']:10.3f}  {worst}"
        )
    if quality["lost"]:
        lost = ", ".join(str(frame + 1) for frame in quality["lost"][:WORST_SHOWN])
        more = " and more" if len(quality["lost"]) > WORST_SHOWN else ""
        said.append(f"  no face is found any more in frames {lost}{more}")
    files = [quality["page"], quality["sheet"]]
    return said + [f"  {out / name}" for name in files if name]


def _part_line(part: dict[str, Any]) -> str:
    """One of several models: whom it was put on, and how much they look like who is put in."""
    said = (
        f"  person {part['person']}: side {part['put_in']} of {part['project']}, iteration "
        f"{part['iterations']}"
    )
    likeness = part["identity"]
    if likeness["median_to_new"] is None:
        return f"{said}, no face found any more" if likeness["faces_measured"] else said
    return (
        f"{said}, {likeness['nearer_to_new']:.0%} nearer to the new person (median "
        f"{likeness['median_to_new']:.2f}, to the replaced one "
        f"{likeness['median_to_replaced']:.2f})"
    )


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
