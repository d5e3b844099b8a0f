"""The workbench in a browser: a web server on the loopback address, and a process for each tab.

Page, script and protocol are textual-serve's. Only this machine is answered, and of it only who
knows the address: there is no login, and whoever gets in can do what the user can.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import re
import secrets
import shlex
import socket
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import WSCloseCode, web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager
from textual_serve.server import Server, to_int

from engine.errors import BadInput, from_os_error
from engine.launch import engine_environment
from engine.process import on_stop_signals
from fstui import bugs
from fstui.terminal import BROWSER_DRIVER

HOST = "127.0.0.1"
PATIENCE_S = 10.0
"""How long a workbench may take to leave after its tab was closed; then it is killed."""
HEARTBEAT_S = 15.0
"""How often a tab is asked whether it is still there."""
MOST_CELLS = 1000
"""Columns and rows of a tab."""
_HERE = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")
_OTHER_TERMINAL = ("TMUX", "STY", "TERM_PROGRAM", "LC_TERMINAL", "KITTY_WINDOW_ID", "COLORFGBG")
"""What tells of the terminal that the server was started in."""
_MALFORMED = (AssertionError, AttributeError, LookupError, TypeError, ValueError)


class Workbench(AppService):
    """The process behind a tab; `words` start it."""

    def __init__(self, words: Sequence[str], tab: web.WebSocketResponse) -> None:
        async def close() -> None:
            await tab.close()

        super().__init__(
            shlex.join(words),
            write_bytes=tab.send_bytes,
            write_str=tab.send_str,
            close=close,
            download_manager=DownloadManager(),
        )
        self._words = words

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        """The user's own, with the browser as its terminal."""
        own = engine_environment()
        return {name: own[name] for name in own if name not in _OTHER_TERMINAL} | {
            "TEXTUAL_DRIVER": BROWSER_DRIVER,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "COLUMNS": str(width),
            "ROWS": str(height),
        }

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        """Execute the words themselves: textual-serve would have a shell read them. Raises
        `OSError`. A session of its own keeps the server's Ctrl-C from it."""
        self._process = process = await asyncio.create_subprocess_exec(
            *self._words,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=self._build_environment(_cells(width), _cells(height)),
            start_new_session=True,
        )
        self._stdin = process.stdin
        return process

    async def set_terminal_size(self, width: int, height: int) -> None:
        """The tab has another size, in cells."""
        await super().set_terminal_size(_cells(width), _cells(height))

    async def on_data(self, payload: bytes) -> None:
        """Send to the tab. What is written after it was closed is read all the same: a full pipe
        would keep the workbench from leaving."""
        with suppress(ConnectionError):
            await super().on_data(payload)

    async def run(self) -> None:
        """Hand on what it writes; a tab whose workbench ended, however, is told so."""
        try:
            with suppress(asyncio.CancelledError):  # raised too where it was dead at once
                await super().run()
        finally:
            await self.remote_close()

    async def stop(self) -> None:
        """Have it leave as `q` does, or kill it; returns when it is gone. Jobs go on."""
        process, reading = self._process, self._task
        if process is None or reading is None:
            return
        leaving = asyncio.create_task(self._leave(process))
        await asyncio.wait({leaving}, timeout=PATIENCE_S)
        if process.returncode is not None and leaving.done():
            return
        if process.returncode is None:
            process.kill()
        reading.cancel()
        await asyncio.wait({reading})
        with suppress(TimeoutError):  # `wait` alone would wait for pipes that nobody reads
            await asyncio.wait_for(process.communicate(), PATIENCE_S)
        leaving.cancel()

    async def _leave(self, process: Process) -> None:
        await super().stop()
        await process.wait()


class Site(Server):
    """Page and socket under a path that can't be guessed; `words` start a workbench."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(shlex.join(words), HOST, title="fstui")
        self.path = f"/{secrets.token_urlsafe(16)}/"
        self._words = words
        self._tabs: dict[asyncio.Task[Any], web.WebSocketResponse] = {}
        self._leaving = set[asyncio.Task[None]]()

    async def _make_app(self) -> web.Application:
        """What is served, without textual-serve's downloads: the workbench hands out no file."""
        inner = web.Application()
        aiohttp_jinja2.setup(inner, loader=jinja2.FileSystemLoader(self.templates_path))
        inner.add_routes(
            [
                web.get("/", self.handle_index),
                web.get("/ws", self.handle_websocket),
                web.static("/static", self.statics_path),
            ]
        )
        app = web.Application(middlewares=[only_from_here])
        app.add_subapp(self.path, inner)
        app.on_response_prepare.append(close_off)
        app.on_shutdown.append(self.on_shutdown)
        return app

    @aiohttp_jinja2.template("app_index.html")
    async def handle_index(self, request: web.Request) -> dict[str, Any]:
        """The page. Its addresses are those that it was asked by, which `ssh -L` may change."""
        return {
            "font_size": to_int(request.query.get("fontsize", ""), 16),
            "app_websocket_url": f"ws://{request.host}{self.path}ws",
            "config": {"static": {"url": f"{self.path}static/"}},
            "application": {"name": self.title},
        }

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """A tab: its workbench lives as long as this."""
        tab = web.WebSocketResponse(heartbeat=HEARTBEAT_S)
        await tab.prepare(request)
        if (task := asyncio.current_task()) is not None:
            self._tabs[task] = tab
            task.add_done_callback(self._tabs.pop)
        workbench = Workbench(self._words, tab)
        size = (to_int(request.query.get(name, ""), 80) for name in ("width", "height"))
        try:
            await workbench.start(*size)
            await self._process_messages(tab, workbench)
        except _MALFORMED:  # nothing that the page would send
            await tab.close(code=WSCloseCode.UNSUPPORTED_DATA)
        except OSError as error:
            print(f"A workbench could not be started: {error.strerror}.", flush=True)
            await tab.close(code=WSCloseCode.INTERNAL_ERROR)
        finally:
            leaving = asyncio.create_task(workbench.stop())
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
            await asyncio.shield(leaving)  # aiohttp ends a handler whose connection is lost
        return tab

    async def on_shutdown(self, app: web.Application) -> None:
        """Close the tabs that are open; returns when the last workbench is gone."""
        tabs = dict(self._tabs)
        await asyncio.gather(*(tab.close() for tab in tabs.values()))
        for tasks in (list(tabs), self._leaving):
            await asyncio.gather(*tasks, return_exceptions=True)


def _cells(number: int) -> int:
    return max(1, min(number, MOST_CELLS))


@web.middleware
async def only_from_here(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse what a page of another site asks, under its own name or under one that it has made
    to mean this machine (DNS rebinding). What goes wrong in an answer is told here."""
    origin = request.headers.get("Origin")
    if not _HERE.fullmatch(request.host) or origin not in (None, f"http://{request.host}"):
        raise web.HTTPForbidden(text=f"Only http://{HOST} and http://localhost are answered.\n")
    try:
        return await handler(request)
    except (web.HTTPException, OSError):
        raise
    except Exception as error:  # a request's top: one sentence, the traceback in a log
        print(bugs.told(error), flush=True)
        raise web.HTTPInternalServerError from error


async def close_off(request: web.Request, response: web.StreamResponse) -> None:
    """Keep the page to this server: nothing is loaded from elsewhere (textual-serve's page asks for
    a font), no other page may frame it, and no link tells its address."""
    inline = "'self' 'unsafe-inline'"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; script-src {inline}; style-src {inline}; img-src 'self' data:; "
        f"connect-src 'self' ws://{request.host}; frame-ancestors 'none'; form-action 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"


def listen(port: int) -> socket.socket:
    """A port of the loopback address, 0 for any that is free. Raises `BadInput`."""
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise from_os_error(error, f"opening port {port} of {HOST}") from error
        raise BadInput(
            f"Port {port} is taken by another program: choose one with --port, or 0 for any that "
            "is free."
        ) from error


async def serve(site: Site, door: socket.socket) -> None:
    """Serve until a signal says stop; then every workbench leaves."""
    ended, loop = asyncio.Event(), asyncio.get_running_loop()

    def stop(_number: int) -> None:
        loop.call_soon_threadsafe(ended.set)

    on_stop_signals(stop)
    # Garbage that anybody on this machine can send would be tracebacks on the user's screen.
    quiet = logging.Logger("fstui.web", logging.CRITICAL)
    runner = web.AppRunner(
        await site._make_app(), access_log=None, logger=quiet, shutdown_timeout=2 * PATIENCE_S
    )
    await runner.setup()
    try:
        await web.SockSite(runner, door).start()
        await ended.wait()
    finally:
        await runner.cleanup()
