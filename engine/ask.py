"""Short questions to the engine, answered as one line of JSON: `python -m engine ask ...`.

The interface asks through a process, so that it never loads what computes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.errors import UsageError


def answer(question: list[str]) -> int:
    """Print the answer."""
    print(json.dumps(_answer(question)))
    return 0


def _answer(question: list[str]) -> Any:
    match question:
        case ["media", *paths]:
            return [_medium(Path(path)) for path in paths]
        case ["examine", *paths]:
            from engine.watch.examine import examined

            return examined([Path(path) for path in paths])
        case ["recognise", project, frames, *paths]:
            from engine.project import Project
            from engine.watch.examine import recognised

            return recognised(Project.open(Path(project)), int(frames), [Path(p) for p in paths])
        case ["media-tool", action, settings]:
            from engine.media.tools import act

            return act(action, json.loads(settings))
        case ["bench", stage, *what]:
            from engine.bench import bench

            return bench(stage, *what)
        case ["export", project, side, form, out, media]:
            from engine.interop.hand import hand
            from engine.project import Project

            return hand(Project.open(Path(project)), side, form, Path(out) if out else None, media)
        case ["augmentations", project, out]:
            from engine.project import Project
            from engine.train.sheet import save

            return save(Project.open(Path(project)), Path(out) if out else None)
        case ["estimate", project, given]:
            from engine.project import Project
            from engine.train.trial import told

            return told(Project.open(Path(project)), json.loads(given))
        case ["timelapse", project, fps, name]:
            from engine.project import Project
            from engine.train.timelapse import film

            return film(Project.open(Path(project)), int(fps), name)
        case ["face-frame", project, face, folder]:
            from engine.extract.shown import frame_of
            from engine.project import Project

            return frame_of(Project.open(Path(project)), int(face), Path(folder))
        case ["face-places", project, *faces]:
            from engine.extract.shown import places_of
            from engine.project import Project

            return places_of(Project.open(Path(project)), [int(face) for face in faces])
        case ["people", project, side, threshold]:
            from engine.extract.group import asked

            return asked(Path(project), side, threshold)
        case ["model", verb, project, *more]:
            from engine.project import Project

            return _model(verb, Project.open(Path(project)), more)
        case ["models", "list"]:
            from engine.models.fit import listing

            return listing()
        case ["models", "verify"]:
            from engine.models.fit import verified

            return verified()
        case ["models", "import", path, key]:
            from engine.models.store import bring

            return bring(Path(path), key)._asdict()
        case ["networks", *name]:
            from engine.train.listing import listing

            return listing(*name)
        case ["cuts", path]:
            from engine.media.cuts import cuts_of

            return cuts_of(Path(path))
        case ["verify", path]:
            from engine.trust.verify import answer as verified_file

            return verified_file(Path(path))
        case ["doctor"]:
            from engine.doctor import facts

            return facts()
    raise UsageError(f"The engine has no answer to '{' '.join(question)}'.")


def _model(verb: str, project: Any, more: list[str]) -> Any:
    """A trained model: `info`, `check`, `restore SET`, `export AIM FORM SIDE`."""
    from engine.train import care

    match verb, more:
        case "info", []:
            return care.info(project)
        case "check", []:
            return care.check(project)
        case "restore", [wanted]:
            return care.restore(project, wanted)
        case "export", [aim, form, side]:
            from engine.train.export import export

            return export(project, Path(aim), form, side)
    raise UsageError(f"The engine can't '{verb}' a model.")


def _medium(path: Path) -> dict[str, Any]:
    """What the probe says, and what of a video's end is missing."""
    import msgspec

    from engine.media.probe import probe
    from engine.media.whole import missing_end

    info = probe(path)
    problem = missing_end(path) if info.kind == "video" else None
    return {**msgspec.to_builtins(info), "problem": problem}
