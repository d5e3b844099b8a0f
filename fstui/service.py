"""A systemd unit of the user's own that starts watchers and the queue at boot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from engine.errors import NotPossible, from_os_error
from engine.launch import ROOT, lingers
from engine.protocol import safe_text, write_atomic
from fstui.model.answers import ServiceAnswer
from fstui.model.people import user_name

UNIT = "fstui.service"
RUNNING = Path("/run/systemd/system")
"""Is there where systemd is the system's first process."""
STOP_S = 300
"""A training gets that long to save at shutdown."""
LINGER_HINT = "'loginctl enable-linger' once, or it starts at your log-in, not at boot"


def unit_path() -> Path:
    """Where the user's units are."""
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "systemd" / "user" / UNIT


def unit_text(workspace: Path, python: str = sys.executable, root: Path = ROOT) -> str:
    """The unit. It ends at once and its jobs go on in its group; at shutdown each of them gets
    SIGTERM, which is to save and stop. The environment's FSTUI_* go along."""
    own = {k: v for k, v in os.environ.items() if k.startswith("FSTUI_") and k != "FSTUI_CALLED_AS"}
    given = {"PYTHONPATH": str(root), **own}
    words = [python, "-P", "-m", "fstui", "--workspace", str(workspace), "service", "run"]
    return "\n".join(
        [
            "[Unit]",
            f"Description=fstui: watchers and queue of {_escaped(str(workspace))}",
            "",
            "[Service]",
            "Type=oneshot",
            "RemainAfterExit=yes",
            *(f'Environment="{_quoted(f"{k}={v}")}"' for k, v in sorted(given.items())),
            "ExecStart=" + " ".join(f'"{_quoted(word).replace("$", "$$")}"' for word in words),
            f"TimeoutStopSec={STOP_S}",
            "",
            "[Install]",
            "WantedBy=default.target",
            "",
        ]
    )


def _escaped(text: str) -> str:
    """Text of a unit: % would begin a specifier, a line's end another setting."""
    return safe_text(text).replace("%", "%%")


def _quoted(text: str) -> str:
    """Text between double quotes of a unit."""
    return _escaped(text.replace("\\", "\\\\").replace('"', '\\"'))


def require_systemd() -> None:
    """Raise `NotPossible` where there is no systemd of the user's."""
    if not RUNNING.is_dir() or shutil.which("systemctl") is None:
        raise NotPossible(
            "There is no systemd here, so nothing can be started at boot: start 'service run' "
            "from what this machine has for that (cron's @reboot, for example)."
        )


def systemctl(*words: str) -> tuple[int, str]:
    """Run `systemctl --user` with words; its exit code and what it said."""
    try:
        done = subprocess.run(
            ["systemctl", "--user", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotPossible(f"systemctl could not be asked: {safe_text(str(error))}.") from error
    return done.returncode, safe_text((done.stdout or done.stderr).strip())


def install(workspace: Path) -> None:
    """Write the unit and enable it; what runs now is left alone. Raises `NotPossible`."""
    require_systemd()
    path = unit_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, unit_text(workspace).encode())
    except OSError as error:
        raise from_os_error(error, f"writing {path}") from error
    for words in (("daemon-reload",), ("enable", UNIT)):
        code, said = systemctl(*words)
        if code:
            raise NotPossible(f"systemctl {words[0]} failed ({code}): {said}.")


def remove() -> bool:
    """Disable the unit and take it away; whether there was one. Its jobs go on."""
    require_systemd()
    path = unit_path()
    if not path.exists():
        return False
    systemctl("disable", UNIT)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise from_os_error(error, f"removing {path}") from error
    systemctl("daemon-reload")
    return True


def status() -> ServiceAnswer:
    """What there is of it. Raises `NotPossible` without systemd."""
    require_systemd()
    path = unit_path()
    return ServiceAnswer(
        installed=path.exists(),
        enabled=systemctl("is-enabled", UNIT)[0] == 0,
        active=systemctl("is-active", UNIT)[0] == 0,
        lingers=lingers(user_name()),
        unit=str(path),
    )
