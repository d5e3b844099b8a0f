"""What a conversion's settings need of the footage, looked up in the store before a job starts.

The job looks again, and closer: only that opens the footage. Light.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from engine.convert.roles import Role, require_there
from engine.errors import BadInput, NothingToDo
from engine.project import Project
from engine.protocol import safe_text
from engine.reached import built
from engine.settings import ConvertSettings, listed
from engine.settings.convert import DRAWN, PREDICTED
from engine.spans import ROUNDING_S, frame_spans, time_spans
from engine.store import Store
from engine.tables import Media


def require_footage(project: Project, settings: ConvertSettings, roles: Sequence[Role]) -> None:
    """Raise `BadInput` where the extracted target has no clip, person, frame or stored mask that
    the settings name, `NothingToDo` where it has the frames and no face in them."""
    require_ranges(settings)
    with Store(project.db_path, readonly=True) as store:
        media = _by_path(project, store)
        clips = {path: media[path] for path in named(list(media), settings.clips)}
        require_there(store, roles, project.typed)
        _require_faces(store, clips, settings, project.typed)
        _require_masks(store, clips.values(), settings.mask, project.typed)


def require_ranges(settings: ConvertSettings) -> None:
    """Raise `BadInput` where what lies outside shall be dropped and nothing says of what."""
    if settings.outside == "drop" and not (settings.frames or settings.times):
        raise BadInput("Outside is drop, but neither frames nor times say outside of what.")


def require_learnt_mask(painting: Sequence[Project], mask: str) -> None:
    """Raise `BadInput` where a mask shall be predicted by a model that has learnt none."""
    for project in painting:
        model = built(project.path)
        if mask == PREDICTED and model and not model.style.learn_mask:
            raise no_learnt_mask(project.name)


def no_learnt_mask(project: str) -> BadInput:
    """The error for a mask that a model can't predict."""
    return BadInput(
        f"The model of {safe_text(project)} has learnt no mask to convert with: name another "
        "--mask, or begin a model with --learn-mask."
    )


def named(paths: list[Path], clips: str) -> list[Path]:
    """The paths that the setting clips names, with or without suffix; all where it names none.
    Raises `BadInput` for a name that none has."""
    names = listed(clips)
    for name in names:
        if not any(name in (path.name, path.stem) for path in paths):
            known = ", ".join(path.name for path in paths)
            raise BadInput(safe_text(f"The target has no clip '{name}': there is {known}."))
    return [p for p in paths if not names or p.name in names or p.stem in names]


def _by_path(project: Project, store: Store) -> dict[Path, Media]:
    """The target's media by where they lie now: as they are listed, or in a folder that is."""
    listed_at = {s.hash: project.source_path(s) for s in project.sources("target")}
    media = store.media("target")
    found = {Path(m.path): m for m in media if m.hash not in listed_at}
    return found | {listed_at[m.hash]: m for m in media if m.hash in listed_at}


def _require_faces(
    store: Store, clips: Mapping[Path, Media], settings: ConvertSettings, typed: str
) -> None:
    """One clip with a face in the wanted frames is enough: the job converts that."""
    if not (settings.frames or settings.times):
        return
    frames, times = frame_spans(settings.frames), time_spans(settings.times)
    if any(_has_face(store, clip, frames, times) for clip in clips.values()):
        return
    first, first_s = frames[0].start, min((begin for begin, _ in times), default=0.0)
    ends = [
        (safe_text(path.name), m.frames or store.next_index(m.id), m) for path, m in clips.items()
    ]
    if all(count <= first or _seconds(m, count) < first_s for _, count, m in ends):
        known = ", ".join(f"{name} has {n} frames ({_seconds(m, n):.1f} s)" for name, n, m in ends)
        asked = " and ".join(
            f"{name} {safe_text(value)}"
            for name, value in (("frames", settings.frames), ("times", settings.times))
            if value
        )
        raise BadInput(f"The target has no {asked}: {known}.")
    raise NothingToDo(
        f"The target has no face in the frames that are named: 'faces list {typed} --side target' "
        "shows which have one."
    )


def _has_face(
    store: Store,
    clip: Media,
    frames: Sequence[tuple[int, int | None]],
    times: Sequence[tuple[float, float | None]],
) -> bool:
    """Whether a kept face of a clip lies in the wanted frames and times; also where the store
    can't tell, as it lacks the first frame, which times count from."""
    begin = store.rows("SELECT pts FROM frame WHERE media = ? AND idx = 0", (clip.id,))
    if times and not begin:
        return True
    rows = store.rows(
        "SELECT DISTINCT frame.idx, frame.pts FROM face JOIN frame ON frame.id = face.frame"
        " WHERE frame.media = ? AND NOT face.rejected",
        (clip.id,),
    )
    unit = clip.time_base_num / clip.time_base_den

    def timed(pts: int) -> bool:
        at = (pts - begin[0][0]) * unit
        return any(
            first - ROUNDING_S <= at and (last is None or at < last + ROUNDING_S)
            for first, last in times
        )

    return any(
        any(start <= index and (stop is None or index < stop) for start, stop in frames)
        and (not times or timed(pts))
        for index, pts in rows
    )


def _seconds(clip: Media, frames: int) -> float:
    """How long so many frames of a clip last, by its mean rate."""
    return frames * clip.fps_den / clip.fps_num


def _require_masks(store: Store, clips: Collection[Media], kind: str, typed: str) -> None:
    """One clip whose faces have a stored mask is enough."""
    if kind in (*DRAWN, PREDICTED):
        return
    marks = ", ".join("?" * len(clips))
    has = store.rows(
        "SELECT 1 FROM mask JOIN face ON face.id = mask.face JOIN frame ON frame.id = face.frame"
        f" WHERE mask.name = ? AND frame.media IN ({marks}) LIMIT 1",
        (kind, *(clip.id for clip in clips)),
    )
    if not has:
        raise BadInput(
            f"No face of the target has a mask called {kind}: 'extract {typed} --masks {kind}' "
            "makes it."
        )
