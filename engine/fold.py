"""Events folded into a job's snapshot: what the supervisor writes and every reader sees."""

from __future__ import annotations

from typing import Any

from engine.eventlog import Event
from engine.protocol import Progress, Snapshot, State

_ACKNOWLEDGED = {"stop": State.STOPPING, "pause": State.PAUSED, "resume": State.RUNNING}


def fold(snapshot: Snapshot, event: Event) -> None:
    """Take one event into the snapshot; one that lacks its fields counts as a sign of life."""
    snapshot.heartbeat = event.t
    try:
        _fold(snapshot, event.t, event.k, event.data)
    except (KeyError, TypeError, ValueError):
        return


def _fold(s: Snapshot, time: float, kind: str, data: dict[str, Any]) -> None:
    match kind:
        case "step":
            s.step, s.stage, s.side = data["index"], data["stage"], data.get("side")
            s.progress, s.state = Progress(), State.RUNNING
            s.phase, s.phase_since = "starting", time
        case "phase":
            s.phase, s.phase_since = data["name"], time
        case "progress":
            s.phase = ""
            s.progress = Progress(
                data["done"], data["total"], data["rate"], data["unit"], data["eta_s"]
            )
        case "metric":
            s.phase = ""
            s.iteration = data["iteration"]
            s.loss_a, s.loss_b = _number(data["loss_a"]), _number(data["loss_b"])
        case "save":
            s.saved_iteration = data["iteration"]
        case "preview":
            s.preview = data["path"]
        case "warn":
            s.warnings += 1
            s.last_warning = data["text"]
        case "ack" if "refused" not in data:
            s.state = _ACKNOWLEDGED.get(data["verb"], s.state)


def _number(value: float | str) -> float | None:
    """NaN and infinity are written as words; a snapshot shows them as no number."""
    return None if isinstance(value, str) else value
