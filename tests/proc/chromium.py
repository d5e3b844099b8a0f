"""A headless Chromium, spoken to by its DevTools protocol.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import asyncio
import base64
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
from proc_tools import PATIENCE_S, until

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable() -> str | None:
    """Where there is one on this machine."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One tab: what its page asked for, and what came through its sockets."""

    def __init__(self, tools: aiohttp.ClientWebSocketResponse) -> None:
        self._tools = tools
        self._numbers = count(1)
        self.answered: list[str] = []
        """Addresses from which something came."""
        self.errors: list[str] = []
        self.received = b""

    async def do(self, method: str, **params: Any) -> dict[str, Any]:
        """A command; its answer."""
        number = next(self._numbers)
        await self._tools.send_json({"id": number, "method": method, "params": params})
        while (message := await self._next()).get("id") != number:
            pass
        assert "error" not in message, message
        return dict(message["result"])

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until what came fulfils a condition."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await self._next()

    async def value(self, script: str) -> Any:
        """What a line of JavaScript says."""
        answer = await self.do("Runtime.evaluate", expression=script)
        return answer["result"].get("value")

    async def type(self, character: str) -> None:
        """Press the key of a character."""
        await self.do("Input.dispatchKeyEvent", type="keyDown", text=character, key=character)
        await self.do("Input.dispatchKeyEvent", type="keyUp", key=character)

    async def _next(self) -> dict[str, Any]:
        message = dict(await self._tools.receive_json())
        params = message.get("params", {})
        match message.get("method"):
            case "Network.webSocketFrameReceived" if params["response"]["opcode"] == 2:
                self.received += base64.b64decode(params["response"]["payloadData"])
            case "Network.responseReceived":
                self.answered.append(params["response"]["url"])
            case "Runtime.exceptionThrown":
                self.errors.append(str(params["exceptionDetails"]))
        return message


@asynccontextmanager
async def page(profile: Path) -> AsyncIterator[Page]:
    """An empty tab in a Chromium of its own, which ends with it."""
    child = begin(profile)
    try:
        port = await asyncio.to_thread(until, lambda: port_of(profile), "Chromium listens")
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                (tab,) = [t for t in await answer.json() if t["type"] == "page"]
            async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as tools:
                opened = Page(tools)
                for domain in ("Network", "Runtime", "Page"):
                    await opened.do(f"{domain}.enable")
                yield opened
    finally:
        child.terminate()
        child.wait()


def begin(profile: Path) -> subprocess.Popen[bytes]:
    """Start one with an empty tab."""
    command = [str(executable()), "--headless", "--no-sandbox", "--disable-gpu"]
    command += [f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def port_of(profile: Path) -> int | None:
    """The port that it tells in a file, once it listens."""
    told = profile / "DevToolsActivePort"
    lines = told.read_text().splitlines() if told.exists() else []
    return int(lines[0]) if len(lines) > 1 else None
