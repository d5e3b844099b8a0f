"""Check this machine: terminal, tmux, GPU, TensorFlow, disk, limits, weights. --fetch downloads
the weights that are missing. The exit code is 10 when weights are missing, 13 when something
else that is needed is, else 0."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

import msgspec

from engine import packs
from engine.errors import Exit
from engine.filesystems import NETWORK_FILE_SYSTEMS, file_system
from engine.launch import ask
from engine.protocol import safe_text
from fstui import places, terminal
from fstui.commands.shared import add_json, print_json, require_writing, say
from fstui.model import words
from fstui.model.answers import FindingAnswer

MIN_FREE_BYTES = 5_000_000_000
MARKS = {"good": "ok ", "note": "-  ", "bad": "BAD"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Flags."""
    add_json(parser, list[FindingAnswer])
    parser.add_argument(
        "--fetch", action="store_true", help="download the weights that are missing"
    )


def run(args: argparse.Namespace) -> int:
    """Fetch if asked to, then look and print."""
    if args.fetch:
        require_writing(args)
        packs.fetch(packs.NETWORKS, say)
    findings = [about_terminal(args), about_workspace(args), *ask("doctor")]
    if args.json:
        print_json(msgspec.convert(findings, list[FindingAnswer]))
    else:
        say(*(f"{MARKS[f['verdict']]} {f['name']:11} {f['words']}" for f in findings))
    bad = {f["name"] for f in findings if f["verdict"] == "bad"}
    if bad == {"weights"}:
        return int(Exit.MODEL_MISSING)
    return int(Exit.NOT_POSSIBLE if bad else Exit.DONE)


def about_terminal(args: argparse.Namespace) -> dict[str, Any]:
    """What the terminal can show. None at all is no fault: commands work without one."""
    facts = terminal.look(colour="none" if args.color == "never" else "auto")
    parts = [
        f"TERM={safe_text(facts.term) or 'not set'}",
        f"{facts.columns}x{facts.rows}",
        f"colours: {facts.colours}",
        "UTF-8" if facts.utf8 else "no UTF-8",
        facts.multiplexer or "no tmux",
        f"pictures: {facts.graphics}" if facts.graphics else "pictures: half blocks",
    ]
    if facts.ssh:
        parts.append("over SSH")
    problem = f" ({facts.problem})" if facts.problem else ""
    verdict = "note" if facts.problem else "good"
    return {"name": "terminal", "verdict": verdict, "words": ", ".join(parts) + problem}


def about_workspace(args: argparse.Namespace) -> dict[str, Any]:
    """Room and kind of the disk that projects are on."""
    workspace = places.workspace(args.workspace)
    there = nearest(workspace)
    free = shutil.disk_usage(there).free
    kind = file_system(there)
    text = f"{words.size(free)} free for {workspace} ({kind or 'unknown file system'})"
    if kind in NETWORK_FILE_SYSTEMS:
        text += ": a network file system, new footage is found by polling"
    if free < MIN_FREE_BYTES:
        text += ": little, crops and checkpoints take gigabytes"
    verdict = "note" if free < MIN_FREE_BYTES or kind in NETWORK_FILE_SYSTEMS else "good"
    return {"name": "disk", "verdict": verdict, "words": text}


def nearest(path: Path) -> Path:
    """The folder itself or the closest one above that exists."""
    return next(p for p in (path, *path.parents) if p.exists())
