"""What `fstui` may import of the engine is the list in CONTRIBUTING.md, and none of it is heavy."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

from engine.launch import ROOT, engine_environment

HEAVY = {"numpy", "cv2", "av", "tensorflow", "textual", "watchdog", "tomlkit", "PIL"}


def light_modules() -> set[str]:
    """The documented list as module names."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    (rule,) = [line for line in text.splitlines() if "only its light modules" in line]
    words = [w for part in re.findall(r"`([^`]+)`", rule)[2:] for w in part.split()]
    return {f"engine.{word}" for word in words}


def imported_by_fstui() -> dict[str, str]:
    """Each engine module that a file of fstui imports, wherever in the file, and that file."""
    found = {}
    for path in (ROOT / "fstui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.ImportFrom)
                and (node.module or "").partition(".")[0] == "engine"
            ):
                names = [f"engine.{alias.name}" for alias in node.names]
                modules = names if node.module == "engine" else [str(node.module)]
            elif isinstance(node, ast.Import):
                modules = [a.name for a in node.names if a.name.startswith("engine.")]
            else:
                continue
            found |= {module: str(path.relative_to(ROOT)) for module in modules}
    found.pop("engine.__version__", None)
    return found


def test_fstui_imports_only_the_light_modules() -> None:
    light = light_modules()
    assert {"engine.errors", "engine.trust.consent"} <= light
    assert {m: where for m, where in imported_by_fstui().items() if m not in light} == {}


def test_the_light_modules_are_light() -> None:
    code = "\n".join(f"import {module}" for module in sorted(light_modules()))
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        env=engine_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert not HEAVY & {name.partition(".")[0] for name in done.stdout.split()}
