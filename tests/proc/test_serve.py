"""`serve`: the real server, real workbenches behind its sockets, and a headless Chromium where the
machine has one (else its test is skipped and the sockets' tests stand for it)."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
import subprocess
import sys
import tomllib
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import chromium
import pyte
import pytest
from aiohttp import WSMsgType
from aiohttp.test_utils import TestServer
from proc_tools import PATIENCE_S, fstui, is_gone, until

from engine.errors import Exit
from engine.launch import ROOT, engine_environment
from engine.project import Project
from engine.protocol import find_job
from fstui import cli, web
from fstui.commands import serve
from fstui.terminal import BROWSER_DRIVER

SIZE = (100, 30)


class Served:
    """`fstui serve` with its words, in a process of its own."""

    def __init__(self, *words: str) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-P", "-m", "fstui", "serve", "--port", "0", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**engine_environment(), "TEXTUAL_DRIVER": "nothing:Here", "TERM": "dumb"},
        )
        assert self.child.stdout is not None
        first = self.child.stdout.readline().decode()
        assert first.startswith("The workbench: http://127.0.0.1:"), first
        self.url = first.split()[-1]

    def workbenches(self) -> list[int]:
        """The processes behind its tabs."""
        return children_of(self.child.pid)

    def end(self, number: int) -> int:
        """End it by a signal; its exit code."""
        self.child.send_signal(number)
        return self.child.wait(PATIENCE_S)


class Tab:
    """The socket of a browser's tab, and what is on its screen."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.said = b""
        self._screen = pyte.Screen(*SIZE)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def screen(self) -> str:
        """The text that it shows."""
        return "\n".join(self._screen.display)

    async def type(self, keys: str) -> None:
        """Press keys."""
        await self.ws.send_json(["stdin", keys])

    async def shows(self, text: str) -> None:
        """Wait for a text on the screen."""
        async with asyncio.timeout(PATIENCE_S):
            while text not in self.screen:
                message = await self.ws.receive()
                assert message.type is WSMsgType.BINARY, (message, self.screen)
                self.said += message.data
                self._stream.feed(message.data)

    async def closes(self) -> int | None:
        """Wait until the server closes it; the code that it gives."""
        async with asyncio.timeout(PATIENCE_S):
            while (await self.ws.receive()).type is WSMsgType.BINARY:
                pass
        return self.ws.close_code


Opens = Callable[[Served], Awaitable[Tab]]


@pytest.fixture
def film(tmp_path: Path, tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in a workspace whose name a shell would obey."""
    workspace = tmp_path / "a b; exit 3 #"
    monkeypatch.setenv("FSTUI_WORKSPACE", str(workspace))
    return Project.create(workspace, "film").path


@pytest.fixture
def serving(film: Path) -> Iterator[Callable[..., Served]]:
    """Starts servers, and ends those that a test has left."""
    began: list[Served] = []

    def start(*words: str) -> Served:
        began.append(Served(*words))
        return began[-1]

    yield start
    for served in began:
        served.child.kill()
        served.child.communicate()


@pytest.fixture
async def open_tab() -> AsyncIterator[Opens]:
    """Opens the socket that the page would."""
    async with aiohttp.ClientSession() as session:

        async def opened(served: Served) -> Tab:
            columns, rows = SIZE
            address = f"{served.url}ws?width={columns}&height={rows}"
            return Tab(await session.ws_connect(address, max_msg_size=0))

        yield opened


async def test_a_tab_is_a_workbench_that_ends_with_it(
    serving: Callable[..., Served], open_tab: Opens, film: Path
) -> None:
    served = serving("film")
    tab, other = await open_tab(served), await open_tab(served)
    await tab.shows("film")
    await other.shows("film")
    (first, second) = served.workbenches()
    assert words_of(first)[-4:] == ["--workspace", str(film.parent), "--open", str(film)]
    await tab.type("e")
    await tab.shows("This needs a terminal to itself")
    await tab.type("?")
    await tab.shows("Keys of the project room")
    assert "Keys of" not in other.screen
    await tab.ws.close()
    until(lambda: served.workbenches() == [second], "the closed tab's workbench left")
    assert is_gone(first)
    await other.type("q")
    await other.closes()
    until(lambda: not served.workbenches(), "q ends the other")


async def test_a_job_goes_on_when_its_tab_is_closed(
    serving: Callable[..., Served], open_tab: Opens, film: Path
) -> None:
    tab = await open_tab(served := serving("film"))
    await tab.shows("watch")
    await tab.type("w")
    job = until(lambda: (found := find_job(film)) and found.alive() and found, "w starts a job")
    await tab.ws.close()
    until(lambda: not served.workbenches(), "the tab's workbench left")
    assert served.end(signal.SIGINT) == 0
    assert job.alive()
    job.send("stop")
    until(lambda: not job.alive(), "the job stopped when it was told")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_no_workbench_is_left_by_a_server_that_ends(
    serving: Callable[..., Served], open_tab: Opens, number: int
) -> None:
    tab = await open_tab(served := serving())
    await tab.shows("film")
    (workbench,) = served.workbenches()
    code = served.end(number)
    assert code == (0 if number == signal.SIGTERM else -number)
    until(lambda: is_gone(workbench), "the workbench left")


async def test_readonly_and_ascii_reach_the_workbench(
    serving: Callable[..., Served], open_tab: Opens
) -> None:
    tab = await open_tab(serving("film", "--readonly", "--ascii"))
    await tab.shows("leave")
    await tab.type("p")
    await tab.shows("read-only")
    assert tab.said.isascii()


async def test_only_the_page_itself_is_answered(serving: Callable[..., Served]) -> None:
    served = serving()
    port = served.url.split(":")[2].split("/")[0]
    foreign = [
        {"Host": f"evil.example:{port}"},
        {"Host": f"127.0.0.1.evil.example:{port}"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
    ]
    async with aiohttp.ClientSession() as session:
        for headers in foreign:
            for path in ("", "static/js/textual.js"):
                async with session.get(served.url + path, headers=headers) as answer:
                    assert answer.status == 403, headers
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(f"{served.url}ws", headers=headers)
            assert refused.value.status == 403
        for path in ("/", "/ws", "/static/js/textual.js", "/x" * 11 + "/", "/download/x"):
            async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
                assert answer.status == 404, path
        through_ssh = {"Host": "localhost:9999", "Origin": "http://localhost:9999"}
        async with session.get(served.url, headers=through_ssh) as answer:
            assert "ws://localhost:9999/" in await answer.text()
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert served.workbenches() == []


def test_garbage_at_the_port_is_no_traceback(serving: Callable[..., Served]) -> None:
    served = serving()
    port = int(served.url.split(":")[2].split("/")[0])
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), 10) as client:
            client.sendall(garbage)
            assert b" 400 " in client.recv(100)
    assert served.end(signal.SIGTERM) == 0
    assert served.child.communicate()[1] == b""


def test_the_address_is_another_each_time_and_only_loopback_listens(
    serving: Callable[..., Served],
) -> None:
    one, other = serving(), serving()
    assert one.url.rstrip("/").rpartition("/")[2] != other.url.rstrip("/").rpartition("/")[2]
    port = int(one.url.split(":")[2].split("/")[0])
    with pytest.raises(OSError):  # noqa: PT011 - the whole of 127/8 is this machine
        socket.create_connection(("127.0.0.2", port), 5).close()


BEGINS = """
import os, threading
os.write(1, b"__GANGLION__\\n" + b"D" + (4).to_bytes(4, "big") + b"here")
"""
DEAF = BEGINS + "threading.Event().wait()"
PACKET = "b'D' + (1 << 16).to_bytes(4, 'big') + b'x' * (1 << 16)"
FLOODS = BEGINS + f"for _ in range(1000): os.write(1, {PACKET})\nthreading.Event().wait()"
LEAVES = BEGINS + "os.read(0, 1)"


@asynccontextmanager
async def one_tab(script: str) -> AsyncIterator[Tab]:
    """A tab with a script in the workbench's place; in the end its connection breaks."""
    site = web.Site([sys.executable, "-c", script])
    async with TestServer(await site._make_app()) as server, aiohttp.ClientSession() as session:
        yield Tab(await session.ws_connect(server.make_url(f"{site.path}ws")))


@pytest.mark.parametrize("script", [DEAF, FLOODS])
async def test_a_workbench_that_does_not_leave_is_killed(
    script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "PATIENCE_S", 0.2)
    async with one_tab(script) as tab:
        await tab.shows("here")
        (child,) = children_of(os.getpid())
    assert is_gone(child)


@pytest.mark.parametrize("script", ["raise SystemExit(1)", BEGINS])
async def test_a_workbench_that_dies_closes_its_tab(script: str) -> None:
    async with one_tab(script) as tab:
        assert await tab.closes() == aiohttp.WSCloseCode.OK


async def test_a_workbench_that_is_dead_at_once_closes_its_tab(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_process = web.Workbench._open_app_process

    async def opened(self: web.Workbench, *size: int) -> Process:
        process = await open_process(self, *size)
        while not (process.stdout.at_eof() and process.stderr.at_eof()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return process

    monkeypatch.setattr(web.Workbench, "_open_app_process", opened)
    async with one_tab("raise SystemExit(1)") as tab:
        assert await tab.closes() == aiohttp.WSCloseCode.OK


@pytest.mark.parametrize("text", ["", "{}", "[]", '["stdin"]', '["resize", {"width": "x"}]', "7"])
async def test_what_no_page_sends_closes_the_tab(text: str) -> None:
    async with one_tab(LEAVES) as tab:
        await tab.ws.send_str(text)
        assert await tab.closes() == aiohttp.WSCloseCode.UNSUPPORTED_DATA


def words_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]


def children_of(pid: int) -> list[int]:
    found = (p.read_text() for p in Path(f"/proc/{pid}/task").glob("*/children"))
    return [int(child) for text in found for child in text.split()]


def test_a_port_that_is_taken_is_one_sentence(tmp_workspace: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = fstui("serve", "--port", port)
    assert done.returncode == Exit.BAD_INPUT
    assert f"Port {port} is taken" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "box", "127.0.0.1.evil.example"])
def test_another_host_is_refused_with_the_way_to_it(
    host: str, capsys: pytest.CaptureFixture[str], tmp_workspace: Path
) -> None:
    assert cli.main(["serve", "--host", host]) == Exit.REFUSED
    assert "ssh -L" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "65536", "x", "", "8000.0", "٣"])
def test_a_port_that_is_none_is_wrong_usage(
    port: str, capsys: pytest.CaptureFixture[str], tmp_workspace: Path
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["serve", f"--port={port}"])
    assert ended.value.code == Exit.USAGE
    assert "is no port" in capsys.readouterr().err


def test_a_project_that_is_not_there_is_said_before_anything_is_served(
    capsys: pytest.CaptureFixture[str], tmp_workspace: Path
) -> None:
    assert cli.main(["serve", "nobody", "--port", "0"]) == Exit.BAD_INPUT
    assert "nobody" in capsys.readouterr().err


def test_without_textual_serve_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "fstui.web")
    monkeypatch.delattr("fstui.web")
    monkeypatch.setitem(sys.modules, "textual_serve.app_service", None)
    assert cli.main(["serve", "--port", "0"]) == Exit.NOT_POSSIBLE
    said = capsys.readouterr().err
    assert shlex.split(said.partition("installed: ")[2])[1:4] == ["-m", "pip", "install"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["optional-dependencies"]["web"] == [serve.PACKAGE]
    assert f"'{serve.PACKAGE}'" in said


def test_a_tab_is_the_terminal_whatever_the_server_was_started_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TMUX", "/tmp/tmux-0/default,1,0")
    monkeypatch.setenv("KITTY_WINDOW_ID", "1")
    monkeypatch.setenv("TERM", "linux")
    monkeypatch.setenv("LC_ALL", "C")
    from fstui.terminal import look

    workbench = web.Workbench([], web.web.WebSocketResponse())
    facts = look(workbench._build_environment(90, 20), interactive=False)
    assert (facts.browser, facts.problem, facts.graphics, facts.multiplexer) == (True, "", "", "")
    assert (facts.colours, facts.utf8, facts.term) == ("truecolor", True, "xterm-256color")
    assert not look({"TEXTUAL_DRIVER": BROWSER_DRIVER + "x"}, interactive=False).browser


@pytest.mark.skipif(not chromium.executable(), reason="there is no Chromium on this machine")
async def test_a_chromium_shows_it_and_types_in_it(
    serving: Callable[..., Served], tmp_path: Path
) -> None:
    served = serving("film")
    async with chromium.page(tmp_path / "profile") as page:
        await page.do("Page.navigate", url=served.url)
        await page.until(lambda: b"film" in page.received)
        await page.value("document.querySelector('.xterm-helper-textarea').focus()")
        await page.type("?")
        await page.until(lambda: b"Keys of the project room" in page.received)
        assert "-first-byte" in await page.value("document.body.className")
        assert page.errors == []
        here = served.url.rpartition("/")[0].rpartition("/")[0]
        assert all(url.startswith(here) for url in page.answered), page.answered
        assert served.workbenches()
    until(lambda: not served.workbenches(), "the workbench left with its tab")
