"""Settings of the watcher."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class WatchSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take in footage as it arrives."""

    settle_s: Annotated[
        float,
        Meta(
            ge=0.5,
            le=3600,
            description="a file counts once it stood still for",
            extra={"unit": "s"},
        ),
    ] = 2.0
    poll_s: Annotated[
        float, Meta(ge=0.1, le=3600, description="time between two looks", extra={"unit": "s"})
    ] = 1.0
    polling: Annotated[bool, Meta(description="look again and again, as network drives need")] = (
        False
    )
