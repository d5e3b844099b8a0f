"""ONNX files through onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.errors import Damaged


def session(path: Path, name: str, *, gpu: bool = False) -> Any:
    """An onnxruntime session on a file. `name` is safe to print.

    Raises `Damaged` for a file that is none, torn, or leans on other files.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    there = onnxruntime.get_available_providers()
    wanted = ["CUDAExecutionProvider", "CPUExecutionProvider"] if gpu else ["CPUExecutionProvider"]
    try:
        return onnxruntime.InferenceSession(
            path.read_bytes(), options, providers=[p for p in wanted if p in there]
        )
    except Exception as error:  # onnxruntime's errors share no class of their own
        raise Damaged(f"{name} is no ONNX network or is damaged.") from error
