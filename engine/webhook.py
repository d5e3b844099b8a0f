"""One POST of JSON to the user's address: http or https alone, with a time limit, no redirects."""

from __future__ import annotations

import http.client
import threading
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from engine import __version__


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A POST that is led elsewhere would arrive as a GET, or with another scheme: it is refused."""

    def redirect_request(self, req: Any, fp: Any, code: int, *more: Any) -> None:
        """None lets the answer stand as the error that it is."""


def post(address: str, body: bytes, limit_s: float) -> str:
    """POST JSON; what went wrong, or "". The address itself may hold a secret and is never
    told."""
    result: list[str] = []
    # A server that drips keeps each read within its own limit: the whole has one too.
    worker = threading.Thread(
        target=lambda: result.append(_post(address, body, limit_s)), daemon=True
    )
    worker.start()
    worker.join(limit_s)
    where = urllib.parse.urlsplit(address).hostname or "the webhook"
    problem = result[0] if result else _late(limit_s)
    return f"{where}: {problem}" if problem else ""


def _late(limit_s: float) -> str:
    return f"no answer within {limit_s:g} s"


def _post(address: str, body: bytes, limit_s: float) -> str:
    request = urllib.request.Request(
        address,
        data=body,
        method="POST",
        headers={"Content-Type": "application/json", "User-Agent": f"fstui/{__version__}"},
    )
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
        _NoRedirects,
    ):
        opener.add_handler(handler())
    try:
        opener.open(request, timeout=limit_s).close()
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (301, 302, 303, 307, 308):
            return "it leads to another address: put that one into the settings"
        return f"it answered {error.code}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        return _late(limit_s) if isinstance(reason, TimeoutError) else str(reason)
    return ""
