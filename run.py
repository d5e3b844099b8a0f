#!/usr/bin/env python3
"""The one door to fstui: makes its environment on a fresh machine, then runs what you asked for.

python3 run.py [--cpu] [--repair] [COMMAND ...]    no command opens the terminal interface

Standard library only, and written so that any Python from 3.7 on can say what it needs.
"""

from __future__ import annotations

import hashlib
import os
import sys
from typing import IO, NoReturn

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
MARK = os.path.join(VENV, "fstui-setup")
OLDEST, NEWEST = (3, 11), (3, 13)
NEEDED_MB = {"cpu": 3000, "gpu": 9000}
NO_SPACE, NOT_POSSIBLE, BAD_INPUT = 7, 13, 3
IS_WINDOWS = sys.platform == "win32"
PYTHON = os.path.join(
    VENV, "Scripts" if IS_WINDOWS else "bin", "python.exe" if IS_WINDOWS else "python"
)


def main(argv: list[str]) -> int:
    """Set up what is missing, then become the program."""
    own, rest = [], list(argv)
    while rest and rest[0] in ("--cpu", "--repair"):
        own.append(rest.pop(0))
    variant = wanted_variant("--cpu" in own)
    wants_tests = rest[:1] == ["test"]
    if "--repair" in own or not is_ready(variant, wants_tests):
        with_supported_python(argv)
        set_up(variant, wants_tests, "--repair" in own)
    os.environ["FSTUI_CALLED_AS"] = "python3 run.py"  # what hints tell the user to type
    command = [PYTHON, "-P", "-m", "fstui"] + rest
    if IS_WINDOWS:
        import subprocess

        return subprocess.call(command)
    os.execv(PYTHON, command)


# --- is the environment whole? -------------------------------------------------------------------


def wanted_variant(cpu: bool) -> str:
    """gpu on a machine with an NVIDIA driver, unless --cpu was asked for now or at the set-up."""
    if (
        cpu
        or os.environ.get("FSTUI_CPU") == "1"
        or not os.path.exists("/proc/driver/nvidia/version")
    ):
        return "cpu"
    mark = read_mark()
    return "cpu" if mark.get("cpu-asked") == "yes" and mark.get("variant") == "cpu" else "gpu"


def lock_path(name: str) -> str:
    """A lock of exact versions with hashes."""
    return os.path.join(ROOT, "requirements", name + ".lock")


def fingerprint(name: str) -> str:
    """What a lock and the project's own metadata say now."""
    digest = hashlib.sha256()
    for path in (lock_path(name), os.path.join(ROOT, "pyproject.toml")):
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def read_mark() -> dict[str, str]:
    """What the last set-up that was finished wrote; empty if none was."""
    try:
        with open(MARK, encoding="utf-8") as file:
            return dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)
    except (OSError, ValueError):
        return {}


def packages_print() -> str:
    """A fingerprint of the names in site-packages: a package that went missing changes it."""
    names = []
    library = os.path.join(VENV, "Lib" if IS_WINDOWS else "lib")
    try:
        for python in sorted(os.listdir(library)):
            folder = os.path.join(library, python, "site-packages")
            if os.path.isdir(folder):
                names += [n for n in os.listdir(folder) if n != "__pycache__"]
    except OSError:
        return ""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()


def is_ready(variant: str, wants_tests: bool) -> bool:
    """Whether the environment is finished, belongs to this checkout's locks, and is all there."""
    mark = read_mark()
    return (
        mark.get("lock") == fingerprint(variant)
        and mark.get("root") == ROOT
        and (not wants_tests or mark.get("test") == fingerprint("test"))
        and os.path.exists(PYTHON)
        and mark.get("packages") == packages_print()
    )


# --- a Python that fits ------------------------------------------------------------------------


def with_supported_python(argv: list[str]) -> None:
    """Go on under a Python that TensorFlow supports; end with a sentence if there is none."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    import shutil
    import subprocess

    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        other = shutil.which("python3.%d" % minor)
        check = "import sys; sys.exit(sys.version_info[:2] != (3, %d))" % minor
        if other and subprocess.call([other, "-c", check], stderr=subprocess.DEVNULL) == 0:
            say(
                "Python %d.%d is outside 3.11 to 3.13: going on with %s."
                % (sys.version_info[:2] + (other,))
            )
            sys.exit(subprocess.call([other, os.path.join(ROOT, "run.py")] + list(argv)))
    fail(
        NOT_POSSIBLE,
        "fstui needs Python 3.11, 3.12 or 3.13 (TensorFlow has no build for %d.%d) and found none "
        "on the PATH: install one, for instance 'apt install python3.12'." % sys.version_info[:2],
    )


# --- set-up --------------------------------------------------------------------------------------


def set_up(variant: str, wants_tests: bool, repair: bool) -> None:
    """Make or mend `.venv`, one set-up at a time."""
    try:
        lock = open(os.path.join(ROOT, ".venv.lock"), "w")
    except OSError as error:
        fail(BAD_INPUT, "fstui can't write into its own folder %s: %s." % (ROOT, error.strerror))
    wait_for(lock)
    if not repair and is_ready(variant, wants_tests):
        return
    check_space(variant)
    if repair or not environment_works():
        make_environment()
    try:
        os.remove(MARK)
    except OSError:
        pass
    install(variant)
    if wants_tests:
        install("test")
    run_pip("the project itself", ["--no-deps", "--no-build-isolation", "--editable", ROOT])
    write_mark(variant, wants_tests)
    fetch_networks()
    say("Ready.")


def wait_for(lock: IO[str]) -> None:
    """Wait for another set-up of the same checkout."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        say("Another set-up of this folder is at work: waiting for it.")
        fcntl.flock(lock, fcntl.LOCK_EX)


def check_space(variant: str) -> None:
    """Refuse before the download what could not be unpacked; a set-up that exists needs little."""
    import shutil

    needed = 300 if os.path.exists(PYTHON) else NEEDED_MB[variant]
    free = shutil.disk_usage(ROOT).free // 1000000
    if free < needed:
        fail(
            NO_SPACE,
            "The set-up needs about %d MB in %s and %d MB are free." % (needed, ROOT, free),
        )


def environment_works() -> bool:
    """Whether `.venv` has an interpreter that starts, fits, and has pip."""
    import subprocess

    check = "import sys, pip; sys.exit(not (%r <= sys.version_info[:2] <= %r))" % (OLDEST, NEWEST)
    try:
        return subprocess.call([PYTHON, "-c", check], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def make_environment() -> None:
    """A new, empty `.venv`."""
    import shutil
    import subprocess

    if os.path.lexists(VENV):
        say("The environment in .venv is broken or half made: making it anew.")
        shutil.rmtree(VENV, ignore_errors=True)
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        fail(
            NOT_POSSIBLE,
            "This Python has no ensurepip, which makes environments: install it, on Debian and "
            "Ubuntu with 'apt install python%d.%d-venv'." % sys.version_info[:2],
        )
    say("Making an environment in .venv with Python %d.%d.%d." % sys.version_info[:3])
    made = subprocess.run(
        [sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False
    )
    if made.returncode:
        fail(
            NOT_POSSIBLE,
            "The environment could not be made: %s" % last_line(made.stdout + made.stderr),
        )


def install(name: str) -> None:
    """Install a lock's exact versions, each checked by its hash."""
    with open(lock_path(name), encoding="utf-8") as file:
        count = sum("==" in line and not line.startswith((" ", "#")) for line in file)
    what = {
        "cpu": "TensorFlow for the CPU",
        "gpu": "TensorFlow with CUDA",
        "test": "the test tools",
    }
    run_pip(
        "%d packages with %s" % (count, what[name]),
        ["--require-hashes", "--requirement", lock_path(name)],
    )


def run_pip(what: str, arguments: list[str]) -> None:
    """Run pip, showing each larger download in one line."""
    import subprocess

    say("Installing %s." % what)
    command = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
    ]
    child = subprocess.Popen(
        command + arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    said = []
    for line in child.stdout or ():
        said.append(line)
        words = line.split()
        if words[:1] == ["Downloading"] and ("MB" in line or "GB" in line):
            say("  " + " ".join(words))
    if child.wait():
        errors = (
            [line for line in said if line.startswith("ERROR")] or said[-1:] or ["no reason given"]
        )
        fail(
            NOT_POSSIBLE,
            "pip could not install %s: %s Nothing is lost: run the same command again."
            % (what, errors[-1].strip()),
        )


def write_mark(variant: str, wants_tests: bool) -> None:
    """Say that the set-up was finished; written last, aside and renamed."""
    known = read_mark()
    test = fingerprint("test") if wants_tests else known.get("test", "")
    lines = {
        "lock": fingerprint(variant),
        "test": test,
        "variant": variant,
        "cpu-asked": "yes" if "--cpu" in sys.argv[1:3] else known.get("cpu-asked", "no"),
        "root": ROOT,
        "packages": packages_print(),
    }
    with open(MARK + ".part", "w", encoding="utf-8") as file:
        file.writelines("%s=%s\n" % item for item in lines.items())
        file.flush()
        os.fsync(file.fileno())
    os.replace(MARK + ".part", MARK)


def fetch_networks() -> None:
    """Bring the default networks' weights, so that everything works offline from here on."""
    import subprocess

    code = "from engine import packs; packs.fetch(packs.NETWORKS, print)"
    done = subprocess.run(
        [PYTHON, "-P", "-c", code], stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        say("The networks' weights are not here yet: %s" % last_line(done.stderr))


# --- words ---------------------------------------------------------------------------------------


def last_line(text: str) -> str:
    """The last line that says something."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason given."


def say(text: str) -> None:
    """One line about the set-up, apart from the program's own output."""
    print(text, file=sys.stderr, flush=True)


def fail(code: int, text: str) -> NoReturn:
    """One sentence and the exit code of its class."""
    say(text)
    sys.exit(code)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        fail(9, "Stopped: run the same command again to go on.")
