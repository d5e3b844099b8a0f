"""Hooks: a program and an address are told of an end once, and can change nothing about it."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from engine import hooks, webhook
from engine.errors import BadInput
from engine.eventlog import Event
from engine.process import FileLock, host
from engine.project import Project
from engine.protocol import Job, JobFolder, Snapshot, State, Step
from engine.settings import user
from fstui import settings
from fstui.model.eventwords import event_words

TELL = (
    "import json, os; print(json.dumps({k: v for k, v in os.environ.items() "
    "if k.startswith('FSTUI_JOB_')}))"
)


class Server(ThreadingHTTPServer):
    """Answers with what a test wants, and keeps what it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[dict[str, Any]] = []
        self.status = 200
        self.location = ""
        self.hold = threading.Event()
        self.hold.set()

    @property
    def address(self) -> str:
        """With a secret in its path, as such addresses have."""
        return f"http://127.0.0.1:{self.server_port}/secret"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(json.loads(body))
        self.server.hold.wait(10)
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    one = Server()
    thread = threading.Thread(target=one.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield one
    one.hold.set()
    one.shutdown()
    one.server_close()


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return Project.create(tmp_workspace, "film")


def over(
    project: Project, state: State = State.DONE, code: int = 0, kind: str = "convert"
) -> JobFolder:
    """A job that ended."""
    folder = JobFolder.create(project.path, Job(1, kind, [Step(kind)]))
    folder.lock_path.write_text("{}")
    folder.append("end", state=state, exit=code, message="the \x1b[31mend")
    end = Snapshot(state=state, kind="convert", exit=code, message="the \x1b[31mend")
    folder.write_snapshot(end)
    (folder.path / hooks.DUE).write_text(host())
    return folder


def said(folder: JobFolder) -> list[Event]:
    return [event for event in folder.events()[0] if event.k == "hook"]


@pytest.mark.parametrize(
    ("state", "code", "event"),
    [
        (State.DONE, 0, "done"),
        (State.FAILED, 7, "failure"),
        (State.CRASHED, 12, "failure"),
        (State.REFUSED, 5, "refusal"),
    ],
)
def test_a_program_is_told_all_about_the_end(
    project: Project, state: State, code: int, event: str
) -> None:
    settings.change(f"on_{event}", [sys.executable, "-c", TELL])
    folder = over(project, state, code)
    hooks.call(folder)
    told = json.loads(folder.log_path.read_text())
    assert told == {
        "FSTUI_JOB_EVENT": event,
        "FSTUI_JOB_PROJECT": str(project.path),
        "FSTUI_JOB_NAME": folder.name,
        "FSTUI_JOB_KIND": "convert",
        "FSTUI_JOB_STATE": str(state),
        "FSTUI_JOB_EXIT": str(code),
        "FSTUI_JOB_MESSAGE": "the [31mend",
        "FSTUI_JOB_RESULT": str(project.path / "out") if event == "done" else "",
    }
    assert [e.data["ok"] for e in said(folder)] == [True]
    assert not hooks.are_due(folder)


def test_a_stop_is_no_event(project: Project, server: Server) -> None:
    settings.change("webhook", server.address)
    folder = over(project, State.STOPPED, 9)
    hooks.call(folder)
    assert server.got == []
    assert not hooks.are_due(folder)


def test_a_preview_that_goes_is_no_event(project: Project, server: Server) -> None:
    settings.change("webhook", server.address)
    folder = over(project, kind="preview")
    hooks.call(folder)
    assert server.got == []
    (folder.path / hooks.DUE).unlink()
    hooks.expect(folder)
    assert not hooks.are_due(folder)


def test_an_address_gets_the_same_as_json(project: Project, server: Server) -> None:
    settings.change("webhook", server.address)
    folder = over(project)
    hooks.call(folder)
    (told,) = server.got
    assert told["job"] == folder.name
    assert (told["event"], told["state"], told["exit"]) == ("done", "done", 0)
    assert [e.data["ok"] for e in said(folder)] == [True]


def test_each_is_called_once(project: Project, server: Server, tmp_path: Path) -> None:
    settings.change("webhook", server.address)
    mark = "import sys; open(sys.argv[1], 'a').write('x')"
    count = tmp_path / "count"
    settings.change("on_done", [sys.executable, "-c", mark, str(count)])
    folder = over(project)
    callers = [threading.Thread(target=hooks.call, args=(folder,)) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    hooks.call(folder)
    assert count.read_text() == "x"
    assert len(server.got) == 1


def test_what_was_begun_before_a_kill_is_not_begun_again(project: Project, server: Server) -> None:
    settings.change("webhook", server.address)
    settings.change("on_done", [sys.executable, "-c", TELL])
    folder = over(project)
    (folder.path / hooks.RECORD).write_text('["on_done"]')  # then came the kill
    hooks.call(folder)
    assert [e.data["name"] for e in said(folder)] == ["webhook"]
    assert len(server.got) == 1


def test_that_a_call_is_due_is_on_the_disk_when_the_job_goes_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = JobFolder.create(project.path, Job(1, "train", [Step("train")]))
    user_path = user.config_folder()
    user_path.mkdir()
    (user_path / "settings.toml").write_text('on_done = ["true"]\n')
    synced, real = list[int](), os.fsync

    def fsync(fd: int) -> None:
        synced.append(os.fstat(fd).st_ino)
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    hooks.expect(folder)
    assert hooks.are_due(folder)
    assert synced[0] == (folder.path / hooks.DUE).stat().st_ino


def test_a_running_jobs_hooks_are_not_due(project: Project) -> None:
    folder = over(project)
    lock = FileLock(folder.lock_path)
    assert lock.acquire()
    assert not hooks.are_due(folder)
    lock.release()
    assert hooks.are_due(folder)
    (folder.path / hooks.DUE).write_text("elsewhere")
    assert not hooks.are_due(folder)


def failing(words: list[str]) -> Callable[[Server], None]:
    return lambda _server: settings.change("on_done", words)


def answering(status: int, location: str = "") -> Callable[[Server], None]:
    def prepare(server: Server) -> None:
        server.status, server.location = status, location
        settings.change("webhook", server.address)

    return prepare


def silent(server: Server) -> None:
    server.hold.clear()
    settings.change("hook_limit_s", 0.2)
    settings.change("webhook", server.address)


def unreachable(_server: Server) -> None:
    settings.change("webhook", "http://127.0.0.1:1/secret")


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (failing(["/no/such/program"]), "could not be started"),
        (failing([sys.executable, "-c", "raise SystemExit(3)"]), "ended with 3"),
        (failing(["a\0b"]), "could not be started"),
        (answering(500), "127.0.0.1: it answered 500"),
        (answering(302, "file:///etc/passwd"), "leads to another address"),
        (answering(307, "http://127.0.0.1:1/"), "leads to another address"),
        (silent, "no answer within 0.2 s"),
        (unreachable, "127.0.0.1: "),
    ],
)
def test_a_hook_that_fails_is_an_event_and_changes_no_end(
    project: Project, server: Server, prepare: Callable[[Server], None], words: str
) -> None:
    prepare(server)
    folder = over(project)
    before = folder.current()
    hooks.call(folder)
    (event,) = said(folder)
    assert not event.data["ok"]
    assert words in event.data["text"]
    assert "secret" not in event.data["text"]
    assert words in event_words(event)
    assert folder.current() == before
    end = folder.end_event()  # found behind the hook's words
    assert end is not None
    assert end.data["state"] == "done"
    assert not hooks.are_due(folder)


def test_settings_that_cannot_be_read_are_said(project: Project) -> None:
    folder = over(project)
    user.config_folder().mkdir(parents=True)
    (user.config_folder() / "settings.toml").write_text("on_done = 'no list'")
    hooks.call(folder)
    (event,) = said(folder)
    assert "settings.toml can't be used" in event.data["text"]
    assert not hooks.are_due(folder)


def test_a_program_is_never_taken_from_the_project(project: Project) -> None:
    settings.change("on_done", ["./tell"])
    folder = over(project)
    for place in (project.path, folder.path):
        (place / "tell").write_text("#!/bin/sh\necho from the project\n")
        (place / "tell").chmod(0o755)
    hooks.call(folder)
    (event,) = said(folder)
    assert "./tell could not be started" in event.data["text"]
    mine = user.config_folder() / "tell"
    mine.write_text("#!/bin/sh\necho from the user\n")
    mine.chmod(0o755)
    other = over(project)
    hooks.call(other)
    assert other.log_path.read_text() == "from the user\n"


def test_a_project_names_no_hooks(project: Project) -> None:
    toml = project.path / "project.toml"
    toml.write_text(toml.read_text() + '\n[settings]\non_done = ["touch", "x"]\n')
    with pytest.raises(Exception, match=r"project\.toml can't be used"):
        Project.open(project.path)
    assert not hooks.wanted(user.load())


@pytest.mark.parametrize(
    "address", ["ftp://x/y", "file:///etc/passwd", "http:///x", "x", "http://a b"]
)
def test_an_address_is_http(tmp_workspace: Path, address: str) -> None:
    with pytest.raises(BadInput, match="webhook can't be"):
        settings.change("webhook", address)


def test_a_foreign_scheme_is_not_opened_even_by_itself() -> None:
    assert "unknown url type: file" in webhook.post("file:///etc/passwd", b"{}", 5.0)
