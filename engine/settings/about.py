"""What is said of a setting, in one call."""

from __future__ import annotations

from typing import Any

from msgspec import Meta


def about(
    help: str,
    low: float | None = None,
    high: float | None = None,
    *,
    unit: str = "",
    step: float | None = None,
    pattern: str | None = None,
    group: str = "",
    live: bool = False,
    **extra: Any,
) -> Meta:
    """Help, bounds (both inclusive) or pattern, unit, multiple and section of a setting; `live`
    settings can change while the stage runs.

    `extra` may say `folder` (its files are the choices), `also` (further choices), `many` (several
    choices, commas between), `path` (it names a file or folder) and `form` (`pattern` in words).
    """
    said = {"unit": unit, "group": group, "live": live, **extra}
    said = {key: value for key, value in said.items() if value}
    if pattern:
        return Meta(pattern=pattern, description=help, extra=said)
    return Meta(ge=low, le=high, multiple_of=step, description=help, extra=said)
