"""Settings of the watcher."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from engine.settings.about import about


class WatchSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take in footage as it arrives."""

    settle_s: Annotated[
        float, about("a file counts once it stood still for", 0.5, 3600, unit="s")
    ] = 2.0
    patience_s: Annotated[
        float, about("one that isn't whole by then is waited for", 0.5, 86_400, unit="s")
    ] = 120.0
    poll_s: Annotated[float, about("time between two looks", 0.1, 3600, unit="s")] = 1.0
    polling: Annotated[bool, about("look again and again, as network drives need")] = False
    shows_a: Annotated[
        Literal["target", "a"], about("where a clip of media/inbox that shows A goes")
    ] = "target"
    inbox_frames: Annotated[
        int, about("frames of a clip of media/inbox that are looked at", 4, 200)
    ] = 12
    inbox_threshold: Annotated[
        float, about("how near to a person's mean face that person is", 0.1, 1.5)
    ] = 0.6
