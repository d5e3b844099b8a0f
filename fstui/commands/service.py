"""Start watchers and the queue at boot: a systemd unit of your own. 'run' is what the unit does:
it starts the watchers of projects that ask for one, and lets the queue go on."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.errors import AlreadyRunning, FstuiError
from engine.launch import lingers
from engine.project import Project
from engine.protocol import State
from engine.queue.keeper import kick
from engine.queue.queue import Queue
from engine.workspace import projects_of
from fstui import places, service
from fstui.commands.shared import add_json, print_json, say
from fstui.model import jobs
from fstui.model.answers import ServiceAnswer
from fstui.model.people import user_name


def arguments(parser: argparse.ArgumentParser) -> None:
    """install, remove, status or run."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    verbs.add_parser("install", help="from the next boot on")
    verbs.add_parser("remove", help="no more; what runs goes on")
    add_json(verbs.add_parser("status", help="what there is of it"), ServiceAnswer)
    verbs.add_parser("run", help="start the watchers and let the queue go on, now")


def looks(args: argparse.Namespace) -> bool:
    """Whether the verb only looks."""
    return bool(args.verb == "status")


def run(args: argparse.Namespace) -> int:
    """Do it."""
    workspace = places.workspace(args.workspace)
    match args.verb:
        case "install":
            service.install(workspace)
            say(f"{service.unit_path()} starts the watchers and the queue of {workspace} at boot.")
            if not lingers(user_name()):
                say(f"Lingering is off: {service.LINGER_HINT}.")
        case "remove":
            gone = service.remove()
            say("The service is removed; what runs goes on." if gone else "There is no service.")
        case "status":
            show(service.status(), args.json)
        case "run":
            start_all(workspace)
    return 0


def show(found: ServiceAnswer, as_json: bool) -> None:
    """What there is."""
    if as_json:
        print_json(found)
        return
    if not found.installed:
        say("The service is not installed: 'service install' does it.")
        return
    enabled = "enabled" if found.enabled else "not enabled"
    say(f"{found.unit}: {enabled}, {'active' if found.active else 'not active'}")
    say(f"Lingering is {'on' if found.lingers else f'off: {service.LINGER_HINT}'}.")


def start_all(workspace: Path) -> None:
    """Start the watchers that are asked for, and let the queue go on."""
    queue = Queue(workspace)
    with queue.locked():
        queue.go_on()
    for path in projects_of(workspace):
        try:
            project = Project.open(path)
            if wants_watcher(project):
                say(f"{jobs.start_watch(project).name} watches {project.name}.")
        except AlreadyRunning:
            continue
        except FstuiError as error:  # one project's trouble is not the others'
            say(f"{path.name}: {error}")
    kick(workspace)


def wants_watcher(project: Project) -> bool:
    """Whether a project asks for its watcher, or had one when the machine went down."""
    before = jobs.newest(project, "watch")
    cut_off = before is not None and before.current().state is State.INTERRUPTED
    return project.asks_for_watcher or cut_off
