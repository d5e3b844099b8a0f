"""How the watcher starts a job: the one place that does."""

from __future__ import annotations

from engine.launch import launch
from engine.project import Project
from engine.protocol import VERSION, Job, Step


def start_job(project: Project, steps: list[Step], goes_on_from: str = "") -> str:
    """Start a job that does the steps one after the other; its name. `goes_on_from` names the job
    that was cut off at them.

    Raises `AlreadyRunning` while another job holds what it needs, `EngineCrashed`.
    """
    job = Job(VERSION, steps[-1].stage, steps, resumes=goes_on_from or None)
    return launch(project.path, job).name
