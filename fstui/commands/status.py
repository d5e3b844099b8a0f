"""What projects have, what runs, and what each needs next. With PROJECT all about one."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from engine.disk import disk_use
from engine.errors import Damaged, FstuiError
from engine.project import Project
from engine.protocol import State
from engine.watch.ledger import Ledger
from fstui import places
from fstui.called import program
from fstui.commands import arrivals
from fstui.commands.shared import add_json, add_project, print_json, say
from fstui.follow import pace_words, step_words
from fstui.model import words
from fstui.model.answers import BookAnswer, ProjectAnswer
from fstui.model.overview import Overview, overview, overviews
from fstui.model.queue import keep_going


def arguments(parser: argparse.ArgumentParser) -> None:
    """[PROJECT]."""
    add_project(parser, optional=True)
    add_json(parser, ProjectAnswer | list[ProjectAnswer])


def run(args: argparse.Namespace) -> int:
    """Print one project or all."""
    workspace = places.workspace(args.workspace)
    if not args.readonly:
        keep_going(workspace)
    if args.project is None:
        show_all(workspace, overviews(workspace), args.json)
        return 0
    one = overview(places.project_path(args.project, workspace))
    if args.json:
        print_json(as_json(one, disk_bytes=disk_use(one.path)))
    elif not one.damaged:
        say(*details(one))
    if one.damaged:
        raise Damaged(one.damaged)
    return 0


def show_all(workspace: Path, found: list[Overview], in_json: bool) -> None:
    """One line a project."""
    if in_json:
        print_json([as_json(o) for o in found])
        return
    if not found:
        say(f"No projects in {workspace} yet: 'new NAME' makes one, 'demo' shows the whole way.")
        return
    rows = [("PROJECT", "STATE", "FACES a b target", "NEXT")] + [row(o) for o in found]
    widths = [max(len(r[column]) for r in rows) for column in range(3)]
    for r in rows:
        cells = [text.ljust(width) for text, width in zip(r, widths, strict=False)]
        say(f"{'  '.join(cells)}  {r[3]}".rstrip())


def row(o: Overview) -> tuple[str, str, str, str]:
    """The cells of one project."""
    if o.damaged:
        return o.name, "damaged", "", o.damaged
    faces = " ".join(str(side.faces) for side in o.sides.values())
    return o.name, job_words(o) or "new", faces, as_typed(o.next.command) if o.next else ""


def as_typed(command: str) -> str:
    """A stage's command with the program before it."""
    return f"{program()} {command}" if command else ""


def job_words(o: Overview) -> str:
    """The newest job's true state in a few words."""
    if o.job is None or o.snapshot is None:
        return ""
    s = o.snapshot
    at = f" at iteration {s.iteration}" if s.iteration is not None else ""
    if o.running:
        return f"{step_words(s)}{at}: {pace_words(s)}"
    if s.state in (State.INTERRUPTED, State.STOPPED):
        return f"{s.kind} {s.state}{at}"
    return f"{s.kind} {s.state}"


def details(o: Overview) -> list[str]:
    """All about one project."""
    lines = [f"{o.name}  {o.path}"]
    for side in o.sides.values():
        who = f"  {o.people[side.side]}" if side.side in o.people else ""
        rejected = f" ({side.rejected} rejected)" if side.rejected else ""
        lines.append(
            f"  {side.side:8} {words.plural(side.sources, 'source')}, {side.done} done, "
            f"{side.frames} frames, {words.plural(side.faces, 'face')}{rejected}{who}"
        )
    for stage in o.stages:
        next_words = f"  (next: {as_typed(stage.command)})" if stage.command else ""
        lines.append(f"  {stage.name:8} {stage.words}{next_words}")
    if o.job and o.snapshot:
        said = f": {o.snapshot.message}" if o.snapshot.message else ""
        lines.append(f"  {'job':8} {o.job.name}: {job_words(o)}{said}")
        if o.snapshot.last_warning:
            lines.append(f"  {'warning':8} {o.snapshot.last_warning}")
    lines += [f"  {'result':8} {path}" for path in o.results]
    lines.append(f"  {'disk':8} {words.size(disk_use(o.path))}")
    return lines


def as_json(o: Overview, disk_bytes: int | None = None) -> ProjectAnswer:
    """The same as an answer."""
    values = {
        "name": o.path.name,
        "path": str(o.path),
        "damaged": o.damaged,
        "last_activity": o.last_activity,
        "sides": {name: side._asdict() for name, side in o.sides.items()},
        "people": o.people,
        "stages": [stage._asdict() for stage in o.stages],
        "iteration": o.iteration,
        "results": [str(path) for path in o.results],
        "job": None if o.job is None else {"name": o.job.name, **msgspec.to_builtins(o.snapshot)},
        "arrivals": msgspec.to_builtins(arrived(o)),
        "disk_bytes": disk_bytes,
    }
    return msgspec.convert(values, ProjectAnswer)


def arrived(o: Overview) -> BookAnswer | None:
    """What became of footage that arrived; None where that or the project can't be read."""
    try:
        return None if o.damaged else arrivals.as_json(Ledger(Project.open(o.path)).book)
    except FstuiError:
        return None
