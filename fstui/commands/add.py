"""List footage of a side: a is the person replaced, b the person put in, target what is converted.

Each file is opened by the engine first; when one can't be used nothing is added."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.launch import ask
from engine.project import SIDES, VIDEO_SUFFIXES, Project, check_media, media_in
from engine.protocol import safe_text
from fstui.commands.shared import add_project, project_of, require_writing, say
from fstui.model import words
from fstui.model.media import describe


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT SIDE PATH..."""
    add_project(parser)
    parser.add_argument("side", choices=SIDES, metavar="a|b|target")
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="a video, a picture, or a folder of them"
    )
    parser.add_argument(
        "--copy", action="store_true", help="copy it into the project (else it is used in place)"
    )


def run(args: argparse.Namespace) -> int:
    """Check all of it, add it, say what each is."""
    require_writing(args)
    project = project_of(args)
    media = expand([Path(p) for p in args.paths])
    answers = [(path, ask("media", str(path))) for path in media]
    before = {s.hash for s in project.sources(args.side)}
    project.add_sources(args.side, media, copy=args.copy)
    for path, facts in answers:
        say(f"{path}: {describe(facts)}")
        if problem := facts.get("problem"):
            say(f"Warning: {path}: {problem}")
    say(summary(project, args.side, len(before), len(media)))
    return 0


def expand(paths: list[Path]) -> list[Path]:
    """Files and folders of pictures; a folder's videos count each for itself."""
    found: list[Path] = []
    for path in paths:
        path = check_media(path)
        inside = media_in(path) if path.is_dir() else []
        videos = [p for p in inside if p.suffix.lower() in VIDEO_SUFFIXES]
        found += videos
        if not inside or len(videos) < len(inside):
            found.append(path)
    return found


def summary(project: Project, side: str, before: int, given: int) -> str:
    """How much was new."""
    now = len(project.sources(side))
    new = now - before
    known = f", {given - new} of them listed already" if new < given else ""
    return (
        f"Side {side} of {safe_text(project.name)} has {words.plural(now, 'source')} "
        f"({words.plural(new, 'new one')}{known}). Next: 'extract {project.name}'."
    )
