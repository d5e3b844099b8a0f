"""Events as sentences: for the rooms, for commands that follow a job and for `tail`."""

from __future__ import annotations

from typing import Any

from engine.eventlog import Event
from engine.protocol import safe_text
from engine.tables import REASONS

from .words import count, duration, loss, plural


def event_words(event: Event) -> str:
    """What happened; empty for a mere sign of life; of a kind not known here, its fields."""
    d = {k: safe_text(str(v)) for k, v in event.data.items() if v not in (None, "")}
    match event.k:
        case "start":
            return f"started: {d.get('kind', 'job')} by pid {d.get('pid')} on {d.get('host')}"
        case "step":
            number = _whole(event, "index") + 1
            return f"step {number} of {d.get('of')}: {d.get('stage')} {d.get('side', '')}".rstrip()
        case "phase":
            return d.get("name", "")
        case "warn":
            return f"warning: {d.get('text')}"
        case "save":
            return f"saved at iteration {d.get('iteration')}"
        case "estimate":
            return f"about {d.get('memory_mib')} MiB of memory, {d.get('disk_mib')} MiB for saves"
        case "trial":
            left = event.data.get("left_s")
            hours = f", {duration(left)} left" if isinstance(left, int | float) else ""
            memory = f"{d.get('memory_mib')} MiB of memory"
            return f"{d.get('s_per_iteration')} s an iteration{hours}; {memory}"
        case "finder":
            rate = event.data.get("rate")
            found = f"{rate:.1e}" if isinstance(rate, float) else "none"
            return f"learning rate found: {found} (its curve is {d.get('chart')} of the job)"
        case "metric":
            return f"iteration {d.get('iteration')}: loss {_loss(event, 'a')} {_loss(event, 'b')}"
        case "progress":
            total = f" of {d['total']}" if "total" in d else ""
            return f"{d.get('done')}{total} {d.get('unit', '')}s"
        case "heartbeat":
            return ""
        case "preview":
            return f"preview {d.get('path')}"
        case "change":
            settings = event.data.get("settings") or {}
            words = ", ".join(f"{name} {value}" for name, value in settings.items())
            return safe_text(f"from iteration {d.get('iteration')} on: {words}")
        case "ack" if "refused" in d:
            return f"command refused: {d.get('verb')}: {d['refused']}"
        case "ack":
            known = "" if event.data.get("known", True) else " (not known to this step)"
            return f"command taken: {d.get('verb')}{known}"
        case "arrival":
            why = f" ({d['why']})" if "why" in d else ""
            return f"{d.get('path')}: {d.get('state')}{why}"
        case "launch":
            return f"recipe {d.get('recipe')}: {d.get('steps')} started: {d.get('job')}"
        case "run":
            why = f" ({d['why']})" if "why" in d else ""
            return f"recipe {d.get('recipe')}: {d.get('state')}{why}"
        case "kept":
            return f"{d.get('media')}: converted already with this model and these settings"
        case "rejected":
            gone = plural(_whole(event, "faces"), "face")
            return f"{gone} of side {d.get('side')} rejected: the crops were deleted"
        case "rejections":
            return f"{d.get('media')}: {rejection_words(event.data.get('rejected'))}"
        case "jitter":
            before, after = (_figure(event, name) for name in ("before", "after"))
            return f"{d.get('media')}: the points' jitter fell from {before} % to {after} %"
        case "flicker":
            before, after = (_figure(event, name) for name in ("before", "after"))
            unit = " % of the face" if d.get("what") == "points" else " CIE units"
            return f"{d.get('media')}: the {d.get('what')} flickered by {before}{unit}, now {after}"
        case "hook":
            return f"hook {d.get('name')}: {d.get('text') or 'called'}"
        case "step-end":
            return f"step ended: {d.get('message')}"
        case "end":
            return f"{d.get('state')}: {d.get('message')}"
    return " ".join([safe_text(event.k), *(f"{k}={v}" for k, v in d.items())])


def rejection_words(rejected: Any) -> str:
    """`3 faces rejected: 2 too small, 1 tilted too far`; empty without any."""
    if not isinstance(rejected, dict):
        return ""
    counts = {safe_text(str(k)): v for k, v in rejected.items() if isinstance(v, int) and v > 0}
    each = ", ".join(f"{count(n)} {REASONS.get(k, k)}" for k, n in counts.items())
    return f"{plural(sum(counts.values()), 'face')} rejected: {each}" if counts else ""


def _figure(event: Event, name: str) -> str:
    value = event.data.get(name)
    return f"{value:.2f}" if isinstance(value, float | int) else safe_text(str(value))


def _loss(event: Event, side: str) -> str:
    value = event.data.get(f"loss_{side}")
    return loss(value) if isinstance(value, float | int) else safe_text(str(value))


def _whole(event: Event, name: str) -> int:
    value = event.data.get(name)
    return value if isinstance(value, int) else 0
