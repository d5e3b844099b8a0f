"""Events as sentences: for the rooms, for commands that follow a job and for `tail`."""

from __future__ import annotations

from typing import Any

from engine.eventlog import Event
from engine.protocol import safe_text
from engine.tables import REASONS
from fstui.i18n import later, tr

from .words import count, duration, loss, plural, reached

SAID = {
    "warn": later("warning: {text}"),
    "save": later("saved at iteration {iteration}"),
    "estimate": later("about {memory_mib} MiB of memory, {disk_mib} MiB for saves"),
    "preview": later("preview {path}"),
    "launch": later("recipe {recipe}: {steps} started: {job}"),
    "kept": later("{media}: converted already with this model and these settings"),
    "step-end": later("step ended: {message}"),
}
"""What is said of events whose fields stand in it as they are."""


class Fields(dict[str, str]):
    """An event's fields as text, safe to show; one that is missing is `None`."""

    def __init__(self, event: Event) -> None:
        known = {k: v for k, v in event.data.items() if v not in (None, "")}
        super().__init__({k: safe_text(str(v)) for k, v in known.items()})

    def __missing__(self, name: str) -> str:
        return str(None)


def event_words(event: Event) -> str:
    """What happened; empty for a mere sign of life; of a kind not known here, its fields."""
    d = Fields(event)
    if event.k in SAID:
        return tr(SAID[event.k]).format_map(d)
    match event.k:
        case "heartbeat":
            return ""
        case "phase":
            return tr(d.get("name", ""))
        case "end":
            return f"{tr(d['state'])}: {d['message']}"
        case "start" | "step" | "progress" | "ack" | "change" | "hook":
            return _of_job(event, d)
        case "trial" | "finder" | "metric":
            return _of_training(event, d)
        case "rejected" | "rejections" | "jitter" | "flicker":
            return _of_faces(event, d)
        case "arrival":
            return f"{d['path']}: {tr(d['state'])}{_why(d)}"
        case "run":
            run = tr("recipe {recipe}: {state}")
            return run.format(recipe=d["recipe"], state=tr(d["state"])) + _why(d)
    return " ".join([safe_text(event.k), *(f"{k}={v}" for k, v in d.items())])


def _of_job(event: Event, d: Fields) -> str:
    """Beginnings, how far it is, commands that it took."""
    match event.k:
        case "start":
            began = tr("started: {kind} by pid {pid} on {host}")
            return began.format(kind=tr(d.get("kind", "job")), pid=d["pid"], host=d["host"])
        case "step":
            at, stage = _whole(event, "index") + 1, tr(d["stage"])
            step = tr("step {n} of {of}: {stage} {side}")
            return step.format(n=at, of=d["of"], stage=stage, side=d.get("side", "")).rstrip()
        case "progress":
            total = event.data.get("total")
            known = total if isinstance(total, int) else None
            return reached(_whole(event, "done"), known, d.get("unit", ""))
        case "change":
            settings = event.data.get("settings")
            named = settings if isinstance(settings, dict) else {}
            words = ", ".join(f"{name} {value}" for name, value in named.items())
            change = tr("from iteration {n} on: {settings}")
            return safe_text(change.format(n=d["iteration"], settings=words))
        case "hook":
            called = d.get("text") or tr("called")
            return tr("hook {name}: {text}").format(name=d["name"], text=called)
    if "refused" in d:
        return tr("command refused: {verb}: {refused}").format_map(d)
    taken = tr("command taken: {verb}").format_map(d)
    return taken if event.data.get("known", True) else taken + tr(" (not known to this step)")


def _of_training(event: Event, d: Fields) -> str:
    """Figures of a training."""
    match event.k:
        case "trial":
            left = event.data.get("left_s")
            some = isinstance(left, int | float)
            hours = tr(", {time} left").format(time=duration(left)) if some else ""
            trial = tr("{s_per_iteration} s an iteration{left}; {memory_mib} MiB of memory")
            d["left"] = hours
            return trial.format_map(d)
        case "finder":
            rate = event.data.get("rate")
            found = f"{rate:.1e}" if isinstance(rate, float) else tr("none")
            finder = tr("learning rate found: {rate} (its curve is {chart} of the job)")
            return finder.format(rate=found, chart=d["chart"])
    metric = tr("iteration {n}: loss {a} {b}")
    return metric.format(n=d["iteration"], a=_loss(event, "a"), b=_loss(event, "b"))


def _of_faces(event: Event, d: Fields) -> str:
    """What became of faces."""
    before, after = (_figure(event, name) for name in ("before", "after"))
    match event.k:
        case "rejected":
            gone = tr("{faces} of side {side} rejected: the crops were deleted")
            return gone.format(faces=plural(_whole(event, "faces"), "face"), side=d["side"])
        case "rejections":
            return f"{d['media']}: {rejection_words(event.data.get('rejected'))}"
        case "jitter":
            fell = tr("{media}: the points' jitter fell from {before} % to {after} %")
            return fell.format(media=d["media"], before=before, after=after)
    return f"{d['media']}: {flicker_words(d['what'], before, after)}"


def flicker_words(what: str, before: str, after: str) -> str:
    """`the points flickered by 0.74 % of the face before smoothing, by 0.33 after`."""
    unit = tr(" % of the face") if what == "points" else tr(" CIE units")
    flickered = tr("the {what} flickered by {before}{unit} before smoothing, by {after} after")
    return flickered.format(what=tr(what), before=before, unit=unit, after=after)


def _why(d: Fields) -> str:
    return f" ({d['why']})" if "why" in d else ""


def rejection_words(rejected: Any) -> str:
    """`3 faces rejected: 2 too small, 1 tilted too far`; empty without any."""
    if not isinstance(rejected, dict):
        return ""
    counts = {safe_text(str(k)): v for k, v in rejected.items() if isinstance(v, int) and v > 0}
    each = ", ".join(f"{count(n)} {tr(REASONS.get(k, k))}" for k, n in counts.items())
    gone = tr("{faces} rejected: {each}")
    return gone.format(faces=plural(sum(counts.values()), "face"), each=each) if counts else ""


def _figure(event: Event, name: str) -> str:
    value = event.data.get(name)
    return f"{value:.2f}" if isinstance(value, float | int) else safe_text(str(value))


def _loss(event: Event, side: str) -> str:
    value = event.data.get(f"loss_{side}")
    return loss(value) if isinstance(value, float | int) else safe_text(str(value))


def _whole(event: Event, name: str) -> int:
    value = event.data.get(name)
    return value if isinstance(value, int) else 0
