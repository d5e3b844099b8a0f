"""What `fstui` imports of the engine loads nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys

from engine.launch import ROOT, engine_environment

HEAVY = {"numpy", "cv2", "av", "tensorflow", "textual", "watchdog", "tomlkit", "PIL"}


def is_module(name: str) -> bool:
    """Whether a name that is imported from a package is a module of it."""
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def imported_by_fstui() -> dict[str, str]:
    """Each engine module that a file of fstui imports, wherever in the file, and that file."""
    found = {}
    for path in (ROOT / "fstui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.ImportFrom)
                and (node.module or "").partition(".")[0] == "engine"
            ):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
                modules = [str(node.module), *filter(is_module, names)]
            elif isinstance(node, ast.Import):
                modules = [a.name for a in node.names if a.name.startswith("engine.")]
            else:
                continue
            found |= {module: str(path.relative_to(ROOT)) for module in modules}
    return found


def test_what_fstui_imports_of_the_engine_is_light() -> None:
    found = imported_by_fstui()
    assert {"engine.errors", "engine.trust.consent"} <= set(found)
    code = "\n".join(f"import {module}" for module in sorted(found))
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        env=engine_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert not HEAVY & {name.partition(".")[0] for name in done.stdout.split()}
