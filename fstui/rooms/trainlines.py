"""What is said of a training in lines: how far it is, its losses, its model."""

from __future__ import annotations

from typing import Any

from engine.protocol import safe_text
from engine.settings import TrainSettings
from fstui.i18n import tr
from fstui.model import words
from fstui.model.jobview import JobView
from fstui.model.series import Curve, pace, told_until
from fstui.rooms.lines import Line
from fstui.rooms.stage import state_line

DEFAULTS = TrainSettings()


def settings_of(job: JobView) -> dict[str, Any]:
    """What the training was started with, where it differs from the defaults."""
    return next((s.settings for s in job.job.steps if s.stage == "train"), {})


def settings_now(job: JobView) -> dict[str, Any]:
    """The same with what was changed while it ran."""
    return settings_of(job) | job.changed


def batch_of(job: JobView) -> int:
    """Faces of each side in a step, as the training says itself or as it was started."""
    told = (job.metric.get("batch"), settings_now(job).get("batch"))
    return next((value for value in told if isinstance(value, int)), DEFAULTS.batch)


def aim_of(job: JobView) -> int:
    """The iteration at which the training ends by itself."""
    value = settings_now(job).get("iterations")
    return value if isinstance(value, int) else DEFAULTS.iterations


def progress_line(job: JobView, curve: Curve) -> Line:
    """`training  iteration 41 200  12.3 it/s  3 h 10 to 100 000 (about 14:20)`."""
    state, *_ = state_line(job, "")
    iteration = job.snapshot.iteration
    reached = tr("iteration {n}").format(n=words.count(iteration))
    parts = [reached if iteration is not None else ""]
    if job.running:
        parts.append(words.rate(curve.rate, "it"))
        parts.append(end_words(job, curve))
    text = "  ".join(part for part in parts if part)
    return [state, f"  {text}"]


def end_words(job: JobView, curve: Curve) -> str:
    """When it ends: the step's own forecast, which the job's line tells too; nothing once it is
    stopping."""
    left = job.snapshot.progress.eta_s
    if job.stopping:
        return ""
    if left is None:
        return pace(job.snapshot.iteration, aim_of(job), curve.rate)
    if settings_now(job).get("seconds"):  # a limit of time: it ends before its iterations do
        return tr("{time} left").format(time=words.duration(left))
    return told_until(left, aim_of(job))


def warning_lines(job: JobView) -> list[Line]:
    """What the training warned of last, in a line of its own: it is a long sentence."""
    warning = job.snapshot.last_warning
    return [[(f"! {warning}", "warn")]] if warning else []


def loss_line(curve: Curve) -> Line:
    """`loss A 0.0213  B 0.0245  falling 1.8 % over the last 30 min`."""
    if not curve.points:
        return [""]
    last = curve.points[-1]
    losses = tr("loss A {a}  B {b}").format(a=words.loss(last.loss_a), b=words.loss(last.loss_b))
    return [
        losses,
        (f"  {curve.trend}" if curve.trend else "", "muted"),
    ]


def model_line(job: JobView, curve: Curve) -> Line:
    """`original, batch 16, 394 faces/s, rate 5e-05, on CPU, saved at 41 000`."""
    settings = settings_of(job)
    batch, rate = batch_of(job), job.metric.get("learning_rate")
    device = safe_text(job.snapshot.device)
    parts = [
        # A begun model goes on as it is, whatever this job's settings name.
        safe_text(str(job.metric.get("model") or settings.get("model", DEFAULTS.model))),
        tr("batch {n}").format(n=batch),
        words.rate(2 * batch * curve.rate, "face") if job.running else "",
        tr("learning rate {n:.2g}").format(n=rate) if isinstance(rate, float) else "",
        tr("on {device}").format(device=device) if device else "",
    ]
    saved = job.snapshot.saved_iteration
    at = tr("saved at {n}").format(n=words.count(saved))
    parts.append(at if saved is not None else tr("not saved yet"))
    return [(", ".join(part for part in parts if part), "muted")]


def nan_line(curve: Curve, job: JobView) -> Line:
    """The banner of a training that went astray."""
    good = [s for s in job.saves if s < (curve.nan_since or 0)]
    save = tr("no good save in this run")
    if good:
        save = tr("last good save {n}").format(n=words.count(good[-1]))
    told = tr("! loss is NaN since iteration {n}; {save}")
    return [(told.format(n=words.count(curve.nan_since), save=save), "bad")]
